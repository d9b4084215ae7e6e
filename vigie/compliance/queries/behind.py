"""The tickets behind a rate or an amount, page by page: of a statement as it was frozen, of another month as its clocks stand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, QuerySet

from vigie.compliance import access, rules
from vigie.compliance.models import RateCommitment, Statement, StatementClock, StatementLine
from vigie.compliance.queries import clocks, figures
from vigie.compliance.queries.terms import terms_in
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Verdict
from vigie.contracts.rules.penalties import PerTicket
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access as tickets_access
from vigie.tickets.queries.corrected import corrected_among
from vigie.toolkit.paging import Order, Page, page_of

Only = Literal["", "met", "missed", "excluded", "open"]
CHOICES: tuple[Only, ...] = ("", "met", "missed", "excluded", "open")
SIZE = 50
LATEST = Order(("-at", "-id"))
FIELDS = (
    "ticket_id",
    "kind",
    "ticket_type",
    "priority",
    "late",
    "excluded",
    "target_seconds",
    "used_seconds",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets: of a commitment (``None``: of any), and what became of them (``open``: still open and late at the end)."""

    contract: Contract
    month: dt.date
    commitment: RateCommitment | None = None
    only: Only = ""
    live: bool = False
    """As the clocks stand now, even where the month has its statement."""


def behind(
    actor: Actor, wanted: Wanted, *, now: dt.datetime, cursor: str | None = None, size: int = SIZE
) -> Page:
    """Rows, latest first: ``ticket_id reference title kind priority at late excluded target_seconds used_seconds amount
    exclusion``. ``title`` is empty for a confidential ticket out of sight; ``exclusion`` is ``None`` or its id and state.
    """
    statement, rows = _source(actor, wanted, now)
    return _page(actor, wanted, statement, rows, now=now, cursor=cursor, size=size)


def counted(actor: Actor, wanted: Wanted, *, now: dt.datetime, cursor: str | None = None) -> tuple[Page, int]:
    """A page of :func:`behind`, and how many rows there are in all."""
    statement, rows = _source(actor, wanted, now)
    page = _page(actor, wanted, statement, rows, now=now, cursor=cursor, size=SIZE)
    return page, len(page.rows) if page.is_all else rows.count()


def _source(actor: Actor, wanted: Wanted, now: dt.datetime) -> tuple[Statement | None, QuerySet[Any]]:
    statement = None if wanted.live else _statement(actor, wanted)
    return statement, _live(actor, wanted, now) if statement is None else _frozen(statement, wanted)


def _page(
    actor: Actor,
    wanted: Wanted,
    statement: Statement | None,
    rows: QuerySet[Any],
    *,
    now: dt.datetime,
    cursor: str | None,
    size: int,
) -> Page:
    clock = F("clock_id") if rows.model is StatementClock else F("pk")
    page = page_of(
        rows.annotate(of_clock=clock, reference=F("ticket__reference")), LATEST,
        fields=(*FIELDS, "of_clock", "reference"), size=size, cursor=cursor,
    )  # fmt: skip
    _complete(actor, _cost(actor, wanted, statement, now), page.rows)
    return page


def _statement(actor: Actor, wanted: Wanted) -> Statement | None:
    return access.visible_statements(actor).filter(contract=wanted.contract, month=wanted.month).first()


def _live(actor: Actor, wanted: Wanted, now: dt.datetime) -> QuerySet[Any]:
    period = clocks.period_of(wanted.contract, wanted.month, now)
    if wanted.only == "open":
        rows = clocks.still_late(wanted.contract, period.end)
    else:
        terms = terms_in(actor, wanted.contract, [wanted.month])[wanted.month]
        found = clocks.population(wanted.contract, [period], terms.method)
        rows = _chosen(found.filter(clocks.any_of(terms.commitments)), wanted, "ticket__")
    named: QuerySet[Any] = rows.annotate(ticket_type=F("ticket__ticket_type"), priority=F("ticket__priority"))
    return named


def _frozen(statement: Statement, wanted: Wanted) -> QuerySet[Any]:
    rows: QuerySet[Any] = StatementClock.objects.filter(statement=statement, is_open=wanted.only == "open")
    return rows if wanted.only == "open" else _chosen(rows, wanted, "")


def _chosen(rows: QuerySet[Any], wanted: Wanted, ticket: str) -> QuerySet[Any]:
    """Those of the commitment that ended as wanted; ``ticket`` is the way to the ticket's columns."""
    if wanted.commitment is not None:
        rows = rows.filter(clocks.any_of([wanted.commitment], ticket=ticket))
    if wanted.only == "excluded":
        return rows.filter(excluded=True)
    return rows.filter(late=wanted.only == "missed", excluded=False) if wanted.only else rows


def _complete(actor: Actor, formula: PerTicket | None, rows: list[dict[str, Any]]) -> None:
    """Titles in sight, what each ticket costs, and what was asked about its clock."""
    ids = {row["ticket_id"] for row in rows}
    titles = dict(tickets_access.visible(actor).filter(pk__in=ids).values_list("pk", "title"))
    asked = access.visible_exclusions(actor).filter(clock_id__in=[row["of_clock"] for row in rows])
    states = {
        pk: (number, state)
        for pk, number, state in asked.order_by("pk").values_list("clock_id", "pk", "state")
    }
    corrected = corrected_among(ids)
    for row in rows:
        row["corrected"] = corrected.get(row["ticket_id"], "")
        row["title"] = titles.get(row["ticket_id"], "")
        row["in_sight"] = row["ticket_id"] in titles
        row["exclusion"] = states.get(row["of_clock"])
        costs = formula is not None and row["late"] and not row["excluded"]
        row["amount"] = (
            formula.amount(row["used_seconds"] - row["target_seconds"]) if formula and costs else None
        )


def _cost(actor: Actor, wanted: Wanted, statement: Statement | None, now: dt.datetime) -> PerTicket | None:
    """What each missed ticket costs; ``None`` unless the commitment costs by the ticket and is missed that month."""
    row = wanted.commitment
    formula = rules.formula_of(row.formula, row.terms) if row else None
    if row is None or not isinstance(formula, PerTicket):
        return None
    if statement is not None:
        missed = StatementLine.objects.filter(
            statement=statement, commitment=row, verdict=Verdict.NOT_CONFORMING
        ).exists()
    else:
        found = figures.simulated(actor, wanted.contract, wanted.month, now=now).lines
        missed = any(line.key == row.pk and line.verdict == Verdict.NOT_CONFORMING for line in found)
    return formula if missed else None


def is_frozen(ticket_id: int) -> bool:
    """Does a frozen statement rest on a clock of this ticket?"""
    rows = StatementClock.objects.filter(ticket_id=ticket_id, statement__state=Statement.State.FROZEN)
    return rows.exists()


def commitment_of(actor: Actor, contract: Contract, commitment_id: int) -> RateCommitment:
    """The commitment of this contract with this id, or :class:`NotFound`."""
    found = access.visible_commitments(actor).filter(contract=contract, pk=commitment_id).first()
    if found is None:
        raise NotFound()
    return found
