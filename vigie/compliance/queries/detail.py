"""A measure of a month in full: the figures it comes from, and every record behind it with what it counted for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from vigie.compliance import access, labels, rules
from vigie.compliance.models import RateCommitment, Statement, StatementLine, StatementRecord
from vigie.compliance.queries.corrections import judged_of
from vigie.compliance.queries.measured import is_measure, measured
from vigie.compliance.queries.sheet import MeasureRow, measure_row
from vigie.compliance.queries.terms import Terms, terms_in
from vigie.compliance.rules.measures import Entry, Line, designed
from vigie.contracts.models import Contract
from vigie.contracts.rules.availability import Availability
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access as tickets_access
from vigie.toolkit.jinja import duration
from vigie.toolkit.paging import Order, page_of, stretch

SIZE = 50
PRINTED = 200
BY_ID = Order(("id",))
COLUMNS = tuple(column.name for column in fields(Entry))


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
    """``state`` is that of the statement it is read from, or ``simulated``. ``facts``: names and values. ``records`` are a
    page of ``total``; ``live``: as they stand, though the month has its statement."""

    contract: Contract
    month: dt.date
    words: str
    state: str
    row: MeasureRow
    facts: tuple[tuple[str, str], ...]
    records: tuple[Behind, ...]
    total: int
    next: str | None
    previous: str | None
    live: bool


def detail_of(
    actor: Actor,
    contract: Contract,
    month: dt.date,
    rate_id: int,
    *,
    now: dt.datetime,
    live: bool = False,
    cursor: str | None = None,
    size: int = SIZE,
) -> Detail:
    """The measure as its statement holds it, or as the records stand. NotFound where the month promised no such thing."""
    source = _source(actor, contract, month, rate_id, now, live)
    statement = source.statement
    currency = statement.currency if statement else contract.organisation.currency
    entries, total, following, previous = source.page(cursor, size)
    return Detail(
        contract, month, labels.month_words(month), statement.state if statement else "simulated",
        measure_row(source.row, source.line, currency), _facts(source.row, source.line),
        tuple(_behind(actor, entries, currency)), total, following, previous, live,
    )  # fmt: skip


def costing(
    actor: Actor, contract: Contract, month: dt.date, rate_id: int, *, now: dt.datetime, live: bool, most: int
) -> tuple[tuple[Behind, ...], int]:
    """The records of the measure that were missed or cost something: the first ``most``, and how many more there are."""
    source = _source(actor, contract, month, rate_id, now, live)
    found = [one for one in source.whole() if one.amount or _is_missed(one)]
    currency = source.statement.currency if source.statement else contract.organisation.currency
    return tuple(_behind(actor, found[:most], currency)), max(len(found) - most, 0)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a measure is read: of its ``statement`` (its records in the database), or of ``entries`` at hand."""

    row: RateCommitment
    line: rules.Judged
    statement: Statement | None = None
    entries: Sequence[Entry] = ()

    def stated(self) -> QuerySet[StatementRecord]:
        return StatementRecord.objects.filter(statement=self.statement, commitment=self.row)

    def whole(self) -> Sequence[Entry]:
        """Every record."""
        if self.statement is None:
            return self.entries
        return [Entry(**values) for values in self.stated().order_by("pk").values(*COLUMNS)]

    def page(self, cursor: str | None, size: int) -> tuple[Sequence[Entry], int, str | None, str | None]:
        """Records, how many there are in all, and the cursors of the pages after and before."""
        if self.statement is None:
            entries = sorted(self.entries, key=_place)
            part = stretch([_place(one) for one in entries], size=size, cursor=cursor)
            return entries[part.start : part.end], len(entries), part.next, part.previous
        rows = self.stated()
        page = page_of(rows, BY_ID, fields=COLUMNS, size=size, cursor=cursor)
        found = [Entry(**{name: row[name] for name in COLUMNS}) for row in page.rows]
        return found, len(found) if page.is_all else rows.count(), page.next, page.previous


def _place(one: Entry) -> tuple[str, str, int, str]:
    """Where the record stands in the list; a report that was not delivered has no id, and its month instead."""
    at = one.starts_at or one.due_on
    return at.isoformat() if at else "", one.nature, one.record_id, "" if one.record_id else one.title


def _source(
    actor: Actor, contract: Contract, month: dt.date, rate_id: int, now: dt.datetime, live: bool
) -> _Source:
    terms = terms_in(actor, contract, [month])[month]
    row = next((one for one in terms.commitments if one.pk == rate_id and is_measure(one)), None)
    if row is None or month > rules.month_of(now, contract.organisation.timezone):
        raise NotFound()
    statement = access.visible_statements(actor).filter(contract=contract, month=month).first()
    if statement is not None and not live:
        line = StatementLine.objects.filter(statement=statement, commitment=row).first()
        if line is not None:
            return _Source(row, judged_of(line), statement)
    judged, entries = _live(actor, contract, month, terms, row, now)
    return _Source(row, judged, entries=entries)


def _live(
    actor: Actor, contract: Contract, month: dt.date, terms: Terms, row: RateCommitment, now: dt.datetime
) -> Line:
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


def _is_missed(one: Entry) -> bool:
    return bool(one.counts and (one.days or (one.nature in ("outage", "overrun") and one.seconds)))


def _behind(actor: Actor, entries: Sequence[Entry], currency: str) -> Iterable[Behind]:
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
            _is_missed(one),
            str(labels.WHY.get(one.why, "")), asked.get((one.nature, one.record_id)),
        )  # fmt: skip


def _asked(actor: Actor, entries: Sequence[Entry]) -> dict[tuple[str, int], tuple[int, str]]:
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
