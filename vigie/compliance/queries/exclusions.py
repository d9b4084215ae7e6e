"""Reads of exclusions: the list, those that wait, what was asked about some clocks."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
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


CONTRACT = stand_in(1)


@kept
def _asked(actor: Actor) -> Written | None:
    rows = access.visible_exclusions(actor).filter(state=Exclusion.State.ASKED, ticket__contract_id=CONTRACT)
    return written(rows.values("clock_id"))


def asked_of(actor: Actor, contract: Contract) -> list[int]:
    """The contract's clocks whose exclusion waits for a decision: until then they count as missed."""
    return [row["clock_id"] for row in rows_of(_asked(actor), {CONTRACT: contract.pk})]


def excluded_in(actor: Actor, clock_ids: list[int]) -> dict[int, dict[str, Any]]:
    """What was asked about these clocks and what was decided, by clock: ``pk kind reason state decision``."""
    rows = access.visible_exclusions(actor).filter(clock_id__in=clock_ids).order_by("pk")
    names = ("clock_id", "pk", "kind", "reason", "evidence", "state", "decision")
    return {row["clock_id"]: dict(row) for row in rows.values(*names)}


def asked_about(actor: Actor, clock_ids: list[int]) -> dict[int, tuple[int, str]]:
    """The latest exclusion asked about each of these clocks: its id and state."""
    rows = access.visible_exclusions(actor).filter(clock_id__in=clock_ids).order_by("pk")
    return {clock: (pk, state) for clock, pk, state in rows.values_list("clock_id", "pk", "state")}


# what the client may read: neither who asked, nor who decided
TOLD = (
    "pk", "ticket_id", "clock_id", "outage_id", "delivery_id", "kind", "reason", "evidence", "state", "asked_at", "decided_at",
    "decision", "reference", "title", "clock_kind", "used", "promised", "starts_at", "ends_at", "agreed_on",
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
