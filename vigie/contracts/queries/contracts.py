"""Reads of contracts: the list, and which promise a ticket would get."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from vigie.contracts import access, labels
from vigie.contracts.models import Commitment, Contract, ContractVersion
from vigie.contracts.queries.book import Scope, promise_book
from vigie.contracts.queries.versions import Pauses, pauses_of, scope_words
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.promise import ClockKind, Terms, Unit
from vigie.contracts.rules.renewal import last_day
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.toolkit.jinja import local_name
from vigie.toolkit.letters import holding
from vigie.toolkit.paging import Order, Page, page_of

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
    actor: Actor,
    *,
    today: dt.date,
    search: str = "",
    status: str = "",
    cursor: str | None = None,
    size: int = 50,
) -> Page:
    """Contracts in sight by client, each with the number of promises that its version of today holds.

    Those given up are listed where one searches, or asks for them.
    """
    contracts = access.visible(actor).annotate(version_now=_version_now(today))
    looked_in = ("reference", "name_fr", "name_en", "organisation__name", "organisation__code")
    if wanted := holding(search, *looked_in):
        contracts = contracts.filter(wanted)
    if status in Contract.Status.values:
        contracts = contracts.filter(status=status)
    elif not search:
        contracts = contracts.exclude(status=Contract.Status.GIVEN_UP)
    rows = Commitment.objects.filter(version_id=OuterRef("version_now")).order_by()
    counted = rows.values("version_id").annotate(n=Count("pk")).values("n")
    contracts = contracts.annotate(promises=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
    page = page_of(contracts, BY_CLIENT, fields=LISTED, size=size, cursor=cursor)
    for row in page.rows:
        row["last_day"] = last_day(row["ends_on"])
    return page


def _version_now(today: dt.date) -> Subquery:
    """The id of the version in force on a day; of a contract that is not yet, its first version."""
    versions = ContractVersion.objects.filter(contract_id=OuterRef("pk")).filter(
        Q(state=ContractVersion.State.IN_FORCE, effective_on__lte=today) | Q(number=1)
    )
    return Subquery(versions.order_by("-number").values("pk")[:1])


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
            "last_day": last_day(row["ends_on"]),
            "in_force": row["status"] not in Contract.UNPROMISED
            and row["starts_on"] <= today
            and (row["ends_on"] is None or today < row["ends_on"]),
        }
        for row in found
    ]
    return sorted(listed, key=lambda row: not row["in_force"])


def first_to_end(actor: Actor, *, today: dt.date) -> dict[int, dict[str, Any]]:
    """For each client in sight, the contract in force that ends first; one without an end comes last."""
    in_force = access.visible(actor).exclude(status__in=Contract.UNPROMISED).filter(starts_on__lte=today)
    in_force = in_force.filter(Q(ends_on=None) | Q(ends_on__gt=today))
    rows = in_force.order_by("organisation_id", F("ends_on").asc(nulls_last=True), "pk")
    firsts = rows.distinct("organisation_id").values("organisation_id", "id", "reference", "ends_on")
    return {row["organisation_id"]: {**row, "last_day": last_day(row["ends_on"])} for row in firsts}


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


def governing(actor: Actor, contract: Contract, scope: Scope, *, with_draft: bool) -> ContractVersion | None:
    """The version, of whichever contract of the client, that such a ticket would get its promises from.

    ``with_draft``: as if the draft of this contract were put in force.
    """
    access.one(actor, contract.pk)
    drafted = with_draft or contract.status in Contract.UNPROMISED
    return promise_book(contract.organisation_id, draft_of=contract.pk if drafted else 0).version_for(scope)


def foresee(actor: Actor, contract: Contract, scope: Scope, *, with_draft: bool) -> list[Foreseen]:
    """What this contract alone would promise; empty outside its period or where it says nothing.

    ``with_draft``: as if its draft were put in force.
    """
    access.one(actor, contract.pk)
    drafted = with_draft or contract.status in Contract.UNPROMISED
    book = promise_book(contract.organisation_id, draft_of=contract.pk if drafted else 0)
    book = replace(book, contracts=tuple(one for one in book.contracts if one.pk == contract.pk))
    version = book.version_for(scope)
    if version is None:
        return []
    rows = {row.pk: row for row in Commitment.objects.filter(version=version).select_related(
        "service", "category", "site", "calendar")}  # fmt: skip
    terms = book.terms_under(version, scope)
    return [
        _foreseen(kind, found, rows[int(found.commitment_id)], version, scope)
        for kind, found in terms.items()
    ]


def _foreseen(
    kind: ClockKind, terms: Terms, row: Commitment, version: ContractVersion, scope: Scope
) -> Foreseen:
    start = epoch(scope.opened_at)
    try:
        due = read_clock(terms, [ClockFact(FactKind.START, start)], start).due_at
    except Refusal:  # hours that open no more: it never falls due
        due = None
    spans = terms.target.openings(terms.calendar).spans(start, due) if due else ()
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
        pauses=pauses_of(row, version),
        spans=tuple((moment(a, zone), moment(b, zone), b - a) for a, b in spans[:SPANS_SHOWN]),
        more_spans=len(spans) > SPANS_SHOWN,
    )
