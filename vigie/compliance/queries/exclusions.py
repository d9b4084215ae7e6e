"""Reads of exclusions: the list, those that wait, what was asked about some clocks."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from vigie.compliance import access
from vigie.compliance.models import Exclusion
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.toolkit.paging import Order, Page, page_of
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written


def exclusions_page(actor: Actor, *, state: str = "", cursor: str | None = None, size: int = 50) -> Page:
    """Exclusions in sight, latest first; of one state if asked."""
    actor.demand("compliance:view")
    rows = access.visible_exclusions(actor)
    if state in Exclusion.State.values:
        rows = rows.filter(state=state)
    named = rows.annotate(
        client=F("organisation__name"), reference=F("ticket__reference"),
        title=Coalesce("ticket__title", "outage__title", "delivery__title"),
        asked_name=F("asked_by__name"), clock_kind=F("clock__kind"), used=F("clock__used_seconds"),
        promised=F("clock__target_seconds"),
    )  # fmt: skip
    fields = (
        "client", "reference", "title", "asked_name", "clock_kind", "kind", "state", "asked_at", "asked_by_id", "used", "promised",
        "outage_id",
    )  # fmt: skip
    return page_of(named, Order(("-id",)), fields=fields, size=size, cursor=cursor)


CONTRACT, CLIENT = stand_in(1), stand_in(2)
Asked = tuple[str, int]
"""``clock``, ``outage`` or ``delivery``, and its id."""


@kept
def _asked(actor: Actor) -> Written | None:
    of_contract = Q(ticket__contract_id=CONTRACT) | Q(ticket=None, organisation_id=CLIENT)
    rows = access.visible_exclusions(actor).filter(of_contract, state=Exclusion.State.ASKED)
    return written(rows.values("clock_id", "outage_id", "delivery_id"))


def asked_of(actor: Actor, contract: Contract) -> set[Asked]:
    """What waits for a decision: clocks of the contract, outages and deliveries of its client. Until then they count as missed."""
    rows = rows_of(_asked(actor), {CONTRACT: contract.pk, CLIENT: contract.organisation_id})
    return {
        (nature, row[f"{nature}_id"])
        for row in rows
        for nature in ("clock", "outage", "delivery")
        if row[f"{nature}_id"] is not None
    }


def excluded_in(actor: Actor, clock_ids: list[int]) -> dict[int, dict[str, Any]]:
    """What was asked about these clocks and what was decided, by clock: ``pk kind reason state decision``."""
    rows = access.visible_exclusions(actor).filter(clock_id__in=clock_ids).order_by("pk")
    names = ("clock_id", "pk", "kind", "reason", "evidence", "state", "decision")
    return {row["clock_id"]: dict(row) for row in rows.values(*names)}


def asked_about(actor: Actor, clock_ids: list[int]) -> dict[int, tuple[int, str]]:
    """The latest exclusion asked about each of these clocks: its id and state."""
    rows = access.visible_exclusions(actor).filter(clock_id__in=clock_ids).order_by("pk")
    return {clock: (pk, state) for clock, pk, state in rows.values_list("clock_id", "pk", "state")}


# what the client's manager reads
TOLD = (
    "pk", "ticket_id", "clock_id", "outage_id", "delivery_id", "kind", "reason", "evidence", "state", "asked_at", "decided_at",
    "decision", "reference", "title", "clock_kind", "used", "promised", "starts_at", "ends_at", "agreed_on",
    "asked_by_id", "decided_by_id",
)  # fmt: skip


def _told(rows: QuerySet[Exclusion]) -> QuerySet[Exclusion, dict[str, Any]]:
    named: QuerySet[Exclusion, dict[str, Any]] = rows.annotate(
        reference=F("ticket__reference"), title=Coalesce("ticket__title", "outage__title", "delivery__title"),
        clock_kind=F("clock__kind"), used=F("clock__used_seconds"), promised=F("clock__target_seconds"),
        starts_at=F("outage__starts_at"), ends_at=F("outage__ends_at"), agreed_on=F("delivery__agreed_on"),
    ).values(*TOLD)  # fmt: skip
    return named


def to_answer(actor: Actor, exclusion_id: int) -> dict[str, Any]:
    """One exclusion for the client's manager (:data:`TOLD`), or :class:`NotFound`."""
    return _told(access.exclusion_to_answer(actor, exclusion_id)).get()


def waiting_for(actor: Actor, *, most: int = 20) -> list[dict[str, Any]]:
    """What waits for the answer of the client's manager (:data:`TOLD`), the oldest first."""
    rows = access.visible_exclusions(actor).filter(state=Exclusion.State.ASKED)
    return list(_told(rows.order_by("pk"))[:most])
