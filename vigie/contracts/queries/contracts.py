"""Reads of contracts: the list, what one promises in words, and which promise a ticket would get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from vigie.contracts import access, labels
from vigie.contracts.models import Commitment, Contract
from vigie.contracts.queries.book import Scope, promise_book
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.promise import THRESHOLDS, Audience, ClockKind, PauseMatrix, Terms, Unit
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import local_name
from vigie.toolkit.paging import Order, Page, page_of
from vigie.workflow.labels import TYPES, label

BY_CLIENT = Order(("organisation__name", "reference", "id"))
LISTED = (
    "organisation_id",
    "reference",
    "name_fr",
    "name_en",
    "status",
    "nature",
    "starts_on",
    "ends_on",
    "promises",
)
SPANS_SHOWN = 12


def contracts_page(
    actor: Actor, *, search: str = "", status: str = "", cursor: str | None = None, size: int = 50
) -> Page:
    """Contracts in sight by client, each with the number of promises it holds."""
    contracts = access.visible(actor)
    for word in search.split()[:6]:
        contracts = contracts.filter(
            Q(reference__icontains=word) | Q(name_fr__icontains=word) | Q(name_en__icontains=word)
            | Q(organisation__name__icontains=word) | Q(organisation__code__iexact=word)
        )  # fmt: skip
    if status in Contract.Status.values:
        contracts = contracts.filter(status=status)
    rows = Commitment.objects.filter(contract_id=OuterRef("pk"), valid_until=None).order_by()
    counted = rows.values("contract_id").annotate(n=Count("pk")).values("n")
    contracts = contracts.annotate(promises=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
    return page_of(contracts, BY_CLIENT, fields=LISTED, size=size, cursor=cursor)


def counts_by_status(actor: Actor) -> dict[str, int]:
    """How many contracts in sight are in each status."""
    return dict(access.visible(actor).order_by().values_list("status").annotate(n=Count("pk")))


def contracts_of(actor: Actor, organisation_id: int, *, today: dt.date) -> list[dict[str, Any]]:
    """A client's contracts, the one in force first (``in_force``), then the latest."""
    rows = access.visible(actor).filter(organisation_id=organisation_id).order_by("-starts_on", "-pk")
    found = rows.values("id", "reference", "name_fr", "name_en", "status", "starts_on", "ends_on")
    listed: list[dict[str, Any]] = [
        {
            **row,
            "in_force": row["status"] != Contract.Status.DRAFT
            and row["starts_on"] <= today
            and (row["ends_on"] is None or today < row["ends_on"]),
        }
        for row in found
    ]
    return sorted(listed, key=lambda row: not row["in_force"])


def first_to_end(actor: Actor, *, today: dt.date) -> dict[int, dict[str, Any]]:
    """For each client in sight, the contract in force that ends first; one without an end comes last."""
    in_force = access.visible(actor).exclude(status=Contract.Status.DRAFT).filter(starts_on__lte=today)
    in_force = in_force.filter(Q(ends_on=None) | Q(ends_on__gt=today))
    rows = in_force.order_by("organisation_id", F("ends_on").asc(nulls_last=True), "pk")
    firsts = rows.distinct("organisation_id").values("organisation_id", "id", "reference", "ends_on")
    return {row["organisation_id"]: dict(row) for row in firsts}


# -- what a contract promises --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pauses:
    """What suspends a clock: a short name, and the reasons in words."""

    name: str
    reasons: tuple[str, ...]


def commitments_of(actor: Actor, contract: Contract, *, today: dt.date) -> list[dict[str, Any]]:
    """Every commitment of a contract in sight, in reading order: scope, priority, clock, day.

    ``when`` is ``now``, ``later`` or ``past``.
    """
    rows = (
        access.visible_commitments(actor)
        .filter(contract=contract)
        .select_related("service", "category", "site", "calendar")
    )
    found = [{**_written(row), "when": _when(row, today)} for row in rows]
    return sorted(
        found, key=lambda row: (row["order"], row["priority"] or 0, row["kind_order"], row["valid_from"])
    )


def grouped(rows: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows under the words of their scope."""
    return [(scope, list(group)) for scope, group in groupby(rows, key=lambda row: row["scope"])]


def _when(row: Commitment, today: dt.date) -> str:
    if row.valid_until is not None and row.valid_until <= max(today, row.valid_from):
        return "past"
    return "later" if row.valid_from > today else "now"


def _written(row: Commitment) -> dict[str, Any]:
    kinds = list(ClockKind)
    return {
        "id": row.pk,
        "kind": labels.KINDS.get(row.kind, row.kind),
        "kind_order": kinds.index(ClockKind(row.kind)),
        "scope": scope_words(row),
        "order": _scope_order(row),
        "priority": row.priority,
        "target": labels.target_words(row.target_seconds, row.target_days),
        "calendar_id": row.calendar_id,
        "calendar": local_name(row.calendar),
        "follow_site": row.follow_site,
        "pauses": pauses_of(row),
        "thresholds": row.thresholds or list(THRESHOLDS),
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }


def _scope_order(row: Commitment) -> tuple[Any, ...]:
    """General rows first; among the others, by what they state."""
    stated = (row.ticket_type, row.service_id or 0, row.site_id or 0, row.vip_only, row.category_id or 0)
    return (sum(map(bool, stated)), *stated)


def scope_words(row: Commitment) -> str:
    """For which tickets, in words: ``Incident · Mail · VIP``."""
    parts = [
        label(TYPES, row.ticket_type) if row.ticket_type else "",
        local_name(row.service) if row.service else "",
        local_name(row.category) if row.category else "",
        row.site.name if row.site else "",
        label({"vip": labels.VIP}, "vip") if row.vip_only else "",
    ]
    return " · ".join(part for part in parts if part) or str(labels.EVERY_TICKET)


def pauses_of(row: Commitment) -> Pauses:
    """What suspends the clock of a commitment."""
    kind = ClockKind(row.kind)
    overrides = {(Audience.SLA, kind): row.pauses} if row.pauses else {}
    reasons = PauseMatrix(overrides).reasons(Audience.SLA, kind)
    if kind == ClockKind.RESPONSE or not reasons:
        return Pauses(str(labels.NEVER), ())
    words = tuple(str(word) for code, word in labels.PAUSES.items() if code in reasons)
    return Pauses(str(labels.OWN if row.pauses else labels.STANDARD), words)


# -- which promise for this ticket? --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A promise that a ticket would get: from which commitment, until when, and the open time that leads there."""

    kind: str
    commitment_id: int
    scope: str
    target: str
    calendar: str
    zone: str
    due: dt.datetime | None
    pauses: Pauses
    spans: tuple[tuple[dt.datetime, dt.datetime, int], ...]
    more_spans: bool


def foresee(actor: Actor, contract: Contract, scope: Scope) -> list[Foreseen]:
    """What this contract alone would promise; empty outside its period or where it says nothing."""
    access.one(actor, contract.pk)
    book = replace(promise_book(contract.organisation_id, with_drafts=True), contracts=(contract,))
    rows = {row.pk: row for row in Commitment.objects.filter(contract=contract).select_related(
        "service", "category", "site", "calendar")}  # fmt: skip
    terms = book.terms_for(scope)
    return [_foreseen(kind, found, rows[int(found.commitment_id)], scope) for kind, found in terms.items()]


def _foreseen(kind: ClockKind, terms: Terms, row: Commitment, scope: Scope) -> Foreseen:
    start = epoch(scope.opened_at)
    reading = read_clock(terms, [ClockFact(FactKind.START, start)], start)
    hours, due = terms.target.openings(terms.calendar), reading.due_at
    spans = hours.spans(start, due) if due else ()
    zone = terms.zone
    days = terms.target.value if terms.target.unit == Unit.BUSINESS_DAYS_EOD else None
    return Foreseen(
        kind=str(labels.KINDS.get(str(kind), kind)),
        commitment_id=row.pk,
        scope=scope_words(row),
        target=labels.target_words(terms.target.value, days),
        calendar=local_name(row.calendar),
        zone=zone,
        due=moment(due, zone) if due else None,
        pauses=pauses_of(row),
        spans=tuple((moment(a, zone), moment(b, zone), b - a) for a, b in spans[:SPANS_SHOWN]),
        more_spans=len(spans) > SPANS_SHOWN,
    )
