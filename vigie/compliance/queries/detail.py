"""A measure of a month in full: the figures it comes from, and every record behind it with what it counted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from vigie.compliance import access, labels, rules
from vigie.compliance.models import RateCommitment, Statement, StatementLine, StatementRecord
from vigie.compliance.queries.corrections import judged_of
from vigie.compliance.queries.measured import is_measure, measured
from vigie.compliance.queries.sheet import MeasureRow, measure_row
from vigie.compliance.queries.terms import Terms, terms_in
from vigie.compliance.rules.measures import designed
from vigie.contracts.models import Contract
from vigie.contracts.rules.availability import Availability
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access as tickets_access
from vigie.toolkit.jinja import duration

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Behind:
    """A record in words. ``asked``: the id and state of what was asked about it; ``ticket_id`` where it is one in sight."""

    nature: str
    kind: str
    record_id: int
    title: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    due_on: dt.date | None
    done_on: dt.date | None
    counted: str
    days: int
    amount: str
    excluded: bool
    missed: bool
    why: str
    asked: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Detail:
    """``state`` is that of the statement it is read from, or ``simulated``. ``facts``: names and values."""

    contract: Contract
    month: dt.date
    words: str
    state: str
    row: MeasureRow
    facts: tuple[tuple[str, str], ...]
    records: tuple[Behind, ...]
    more: int


def detail_of(
    actor: Actor, contract: Contract, month: dt.date, rate_id: int, *, now: dt.datetime, live: bool = False
) -> Detail:
    """The measure as its statement holds it, or as the records stand. NotFound where the month promised no such thing."""
    terms = terms_in(actor, contract, [month])[month]
    row = next((one for one in terms.commitments if one.pk == rate_id and is_measure(one)), None)
    if row is None or month > rules.month_of(now, contract.organisation.timezone):
        raise NotFound()
    statement = access.visible_statements(actor).filter(contract=contract, month=month).first()
    line, entries = None, ()  # type: tuple[Any, Any]
    if statement is not None and not live:
        line, entries = _stated(statement, row)
    if line is None:
        statement, (line, entries) = None, _live(actor, contract, month, terms, row, now)
    currency = statement.currency if statement else contract.organisation.currency
    found = tuple(_behind(actor, entries[:SHOWN], currency))
    return Detail(
        contract, month, labels.month_words(month), statement.state if statement else "simulated",
        measure_row(row, line, currency), _facts(row, line), found, max(len(entries) - SHOWN, 0),
    )  # fmt: skip


def _stated(statement: Statement, row: RateCommitment) -> tuple[rules.Judged | None, Any]:
    line = StatementLine.objects.filter(statement=statement, commitment=row).first()
    rows = StatementRecord.objects.filter(statement=statement, commitment=row).order_by("pk")
    return (None, ()) if line is None else (judged_of(line), list(rows))


def _live(
    actor: Actor, contract: Contract, month: dt.date, terms: Terms, row: RateCommitment, now: dt.datetime
) -> Any:
    promise = next(one for one in terms.promises() if one.key == row.pk)
    return measured(actor, contract, {month: [(row, promise)]}, now)[month][0]


def _facts(row: RateCommitment, line: rules.Judged) -> tuple[tuple[str, str], ...]:
    """Of an availability: agreed time, downtime, what follows from them."""
    if row.kind != RateCommitment.Measure.AVAILABILITY:
        return ()
    numbers = {name: Fraction(text) for name, text in line.numbers}
    found = Availability(int(numbers["agreed"]), numbers["down"], int(numbers["failures"]))
    told: dict[str, Fraction | None] = {
        "agreed": numbers["agreed"], "planned": numbers["planned"], "down": found.down, "budget": numbers["budget"],
        "restore": found.mean_time_to_restore, "between_failures": found.mean_time_between_failures,
        "between_incidents": found.mean_time_between_incidents,
    }  # fmt: skip
    if numbers["raw_down"] != found.down:
        told["raw_down"] = numbers["raw_down"]
    rows = [
        (str(labels.NUMBERS[name]), duration(int(value))) for name, value in told.items() if value is not None
    ]
    rows.append((str(labels.NUMBERS["failures"]), str(found.failures)))
    if parts := row.measured.get("parts"):
        share = designed((Decimal(percent), count) for _, percent, count in parts)
        rows.append((str(labels.NUMBERS["designed"]), labels.share_words(share, row.kind)))
    return tuple(rows)


def _behind(actor: Actor, entries: Iterable[Any], currency: str) -> Iterable[Behind]:
    entries = list(entries)
    asked = _asked(actor, entries)
    tickets = [one.record_id for one in entries if one.nature == "ticket"]
    titles = (
        dict(tickets_access.visible(actor).filter(pk__in=tickets).values_list("pk", "title"))
        if tickets
        else {}
    )
    for one in entries:
        title = one.title
        if one.nature == "ticket":
            title = f"{one.title} · {titles[one.record_id]}" if one.record_id in titles else one.title
        elif one.nature == "report":
            title = labels.month_words(dt.date.fromisoformat(f"{one.title}-01"))
        yield Behind(
            one.nature, str(labels.NATURES[one.nature]), one.record_id if one.nature != "ticket" or one.record_id in titles else 0,
            title, one.starts_at, one.ends_at, one.due_on, one.done_on, duration(int(one.seconds)), one.days,
            "" if one.amount is None else labels.money(one.amount, currency), one.excluded,
            bool(one.counts and (one.days or (one.nature in ("outage", "overrun") and one.seconds))),
            str(labels.WHY.get(one.why, "")), asked.get((one.nature, one.record_id)),
        )  # fmt: skip


def _asked(actor: Actor, entries: list[Any]) -> dict[tuple[str, int], tuple[int, str]]:
    """The latest exclusion asked about each outage or delivery."""
    ids = {
        nature: [one.record_id for one in entries if one.nature == nature]
        for nature in ("outage", "delivery")
    }
    found: dict[tuple[str, int], tuple[int, str]] = {}
    for nature, wanted in ids.items():
        if wanted:
            rows = access.visible_exclusions(actor).filter(**{f"{nature}_id__in": wanted}).order_by("pk")
            for pk, state, of in rows.values_list("pk", "state", f"{nature}_id"):
                found[nature, of] = (pk, state)
    return found
