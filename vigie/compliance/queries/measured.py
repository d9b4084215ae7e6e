"""Commitments that are not tickets, measured from their records: a few statements for all months asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from vigie.compliance import access, rules
from vigie.compliance.models import Exclusion, RateCommitment, Reading
from vigie.compliance.queries import clocks, tickets
from vigie.compliance.queries.clocks import Period
from vigie.compliance.queries.hours import Hours
from vigie.compliance.queries.terms import MEASURES
from vigie.compliance.rules import measures
from vigie.compliance.rules.measures import Entry, Fall, Item, Line, Planned, ServiceTime
from vigie.contracts.models import Contract
from vigie.contracts.rules.availability import Work
from vigie.contracts.rules.compliance import Measure
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.kernel.actor import Actor
from vigie.toolkit.written import Written, instant, kept, rows_of, stand_in, written

Asked = Mapping[dt.date, Sequence[tuple[RateCommitment, rules.Promise]]]


def is_measure(row: RateCommitment) -> bool:
    """Is it judged from records, rather than from clocks?"""
    return row.kind in MEASURES


@dataclass(frozen=True)
class Records:
    """What was recorded about a contract around the months asked for; rows as ``values()`` gives them."""

    contract: Contract
    now: dt.datetime
    hours: Hours
    outages: Sequence[dict[str, Any]]
    works: Sequence[dict[str, Any]]
    deliveries: Sequence[dict[str, Any]]
    readings: Sequence[dict[str, Any]]
    excluded: frozenset[tuple[str, int]]
    since: Mapping[int | None, dt.date]
    open: Mapping[tuple[int, dt.date], tickets.Open]
    opened: Mapping[tuple[int, dt.date], int]
    reports: dict[tuple[int | None, int | None, int, dt.date], list[tuple[dt.date, Item]]] = field(
        default_factory=dict
    )
    """Those made so far, by what they depend on: every month asks for them."""

    @cached_property
    def items(self) -> list[Item]:
        """The deliveries as things due on a day."""
        return [
            Item(
                "delivery", one["id"], one["title"], one["agreed_on"], one["delivered_on"], one["value"],
                ("delivery", one["id"]) in self.excluded,
            )
            for one in self.deliveries
        ]  # fmt: skip

    @cached_property
    def today(self) -> dt.date:
        return self.now.astimezone(zone_of(self.contract.organisation.timezone)).date()


def measured(
    actor: Actor, contract: Contract, asked: Asked, now: dt.datetime, *, listed: bool = True
) -> dict[dt.date, list[Line]]:
    """For each month its lines, in the order in which the commitments were given; nothing is read for none.

    ``listed``: with the tickets that are too old one by one, and not only how many they are.
    """
    if not any(asked.values()):
        return {month: [] for month in asked}
    months = sorted(asked)
    start, end = (clocks.period_of(contract, month, now) for month in (months[0], months[-1]))
    records = _read(actor, contract, asked, Period(start.start, end.end), now, listed)
    return {
        month: [_line(records, row, promise, month) for row, promise in pairs]
        for month, pairs in asked.items()
    }


def _read(
    actor: Actor,
    contract: Contract,
    asked: Asked,
    period: Period,
    now: dt.datetime,
    listed: bool,
) -> Records:
    rows = [row for month in asked.values() for row, _ in month]
    hours = Hours(id for row in rows for id in (row.calendar_id, row.window_id))
    kinds = {row.kind for row in rows}
    services = sorted({row.service_id for row in rows if row.kind == "availability" and row.service_id})
    given = {
        CLIENT: contract.organisation_id, CONTRACT: contract.pk, SERVICES: services, START: period.start, END: period.end,
        DAY: (period.start - dt.timedelta(days=1)).date(),
    }  # fmt: skip
    outages: list[dict[str, Any]] = []
    works, deliveries, readings = outages, outages, outages
    if services:
        outages, works = rows_of(_outages(actor), given), rows_of(_works(actor), given)
    if "delivery" in kinds:
        deliveries = rows_of(_delivered(actor), given)
    if kinds & {"report", "satisfaction"}:
        readings = rows_of(_readings(actor), given)
    return Records(
        contract, now, hours,
        outages, works, deliveries, readings, _excluded(actor, given) if services or deliveries else frozenset(),
        _since(actor, given) if "report" in kinds else {}, _open(contract, asked, hours, now, listed), _opened(contract, asked, now),
    )  # fmt: skip


OUTAGE = ("id", "service_id", "title", "starts_at", "ends_at", "weight", "users")
WORK = ("id", "service_id", "title", "announced_at", "starts_at", "ends_at", "finished_at")
DELIVERY = ("id", "title", "value", "agreed_on", "delivered_on")
READING = ("id", "kind", "service_id", "month", "answers", "satisfied", "delivered_on", "source")


CLIENT, CONTRACT, SERVICES = stand_in(1), stand_in(2), stand_in(3)
START, END, DAY = instant(1), instant(2), instant(3).date()
STANDS = {"organisation_id": CLIENT, "cancelled_for": ""}
LIVED = {**STANDS, "service_id__any_of": [SERVICES], "starts_at__lt": END}


def _rows(found: QuerySet[Any], names: Sequence[str]) -> Written | None:
    return written(found.order_by("pk").values(*names))


@kept
def _outages(actor: Actor) -> Written | None:
    lasting = Q(ends_at=None) | Q(ends_at__gt=START)
    return _rows(access.visible_outages(actor).filter(lasting, **LIVED), OUTAGE)


@kept
def _works(actor: Actor) -> Written | None:
    lasting = Q(ends_at__gt=START) | Q(finished_at__gt=START)
    return _rows(access.visible_maintenance(actor).filter(lasting, **LIVED), WORK)


@kept
def _delivered(actor: Actor) -> Written | None:
    found = access.visible_deliveries(actor).filter(contract_id=CONTRACT, **STANDS)
    around = Q(delivered_on=None) | Q(delivered_on__gte=DAY) | Q(agreed_on__gte=DAY)
    return _rows(found.filter(around), DELIVERY)


@kept
def _readings(actor: Actor) -> Written | None:
    return _rows(access.visible_readings(actor).filter(contract_id=CONTRACT), READING)


@kept
def _left_out(actor: Actor) -> Written | None:
    agreed = {"organisation_id": CLIENT, "state": Exclusion.State.APPROVED, "clock": None}
    return _rows(access.visible_exclusions(actor).filter(**agreed), ("outage_id", "delivery_id"))


def _excluded(actor: Actor, given: Mapping[Any, Any]) -> frozenset[tuple[str, int]]:
    """Outages and deliveries that are left out by agreement."""
    return frozenset(
        ("outage", row["outage_id"]) if row["outage_id"] else ("delivery", row["delivery_id"])
        for row in rows_of(_left_out(actor), given)
    )


@kept
def _reported(actor: Actor) -> Written | None:
    rows = access.visible_commitments(actor).filter(contract_id=CONTRACT, kind="report")
    return written(rows.order_by("-valid_from").values("service_id", "valid_from"))


def _since(actor: Actor, given: Mapping[Any, Any]) -> dict[int | None, dt.date]:
    """The first month whose report was promised, by service."""
    return {row["service_id"]: row["valid_from"] for row in rows_of(_reported(actor), given)}


# -- one line ------------------------------------------------------------------------------------------------------------


def _line(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    if row.kind == "availability":
        return _availability(records, row, promise, month)
    if row.kind in ("delivery", "report"):
        items = records.items if row.kind == "delivery" else _reports(records, row, month)
        return measures.of_items(promise, items, month, records.today)
    if row.kind == "satisfaction":
        return _satisfaction(records, row, promise, month)
    if row.kind == "backlog":
        return _backlog(records, row, promise, month)
    return _volume(records, row, promise, month)


def _availability(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    period = _in_life(records.contract, clocks.period_of(records.contract, month, records.now))
    start, end, now = epoch(period.start), epoch(period.end), epoch(records.now)
    falls = [
        Fall(
            one["id"], one["title"], epoch(one["starts_at"]), min(epoch(one["ends_at"]) if one["ends_at"] else now, end),
            one["weight"], one["users"], ("outage", one["id"]) in records.excluded, one["ends_at"] is None and now <= end,
        )
        for one in _within(records.outages, row, period)
    ]  # fmt: skip
    works = [Planned(one["id"], one["title"], _work(one, end)) for one in _within(records.works, row, period)]
    first = min((fall.start for fall in falls), default=start)
    hours = records.hours
    time = ServiceTime(
        hours.spans(row.calendar_id, start, end), hours.spans(row.calendar_id, first, start),
        None if row.window_id is None else hours.spans(row.window_id, start, end),
    )  # fmt: skip
    return measures.of_availability(promise, measures.Terms.of(row.measured), time, works, falls)


def _in_life(contract: Contract, period: Period) -> Period:
    """What of the period the contract runs in: nobody promised the service before its first day or after its last one."""
    zone, until = zone_of(contract.organisation.timezone), contract.promises_until
    start = max(period.start, dt.datetime.combine(contract.starts_on, dt.time(), zone))
    end = period.end if until is None else min(period.end, dt.datetime.combine(until, dt.time(), zone))
    return Period(start, max(start, end))


def _is_after(contract: Contract, month: dt.date) -> bool:
    """Does the whole month come after the last day of the contract?"""
    return contract.promises_until is not None and contract.promises_until <= month


def _within(
    rows: Iterable[dict[str, Any]], row: RateCommitment, period: clocks.Period
) -> list[dict[str, Any]]:
    """Records of the service that reach into the period."""
    return [
        one
        for one in rows
        if one["service_id"] == row.service_id
        and one["starts_at"] < period.end
        and (_end_of(one) is None or _end_of(one) > period.start)  # type: ignore[operator]
    ]


def _end_of(one: dict[str, Any]) -> dt.datetime | None:
    found: dt.datetime | None = one.get("finished_at") or one["ends_at"]
    return found


def _work(one: dict[str, Any], end: int) -> Work:
    """As it reads at the end of the period: what is still to come takes nothing yet."""
    announced, starts, ends = (epoch(one[name]) for name in ("announced_at", "starts_at", "ends_at"))
    finished = epoch(one["finished_at"]) if one["finished_at"] else None
    return Work(announced, starts, min(ends, end), None if finished is None else min(finished, end))


def _reports(records: Records, row: RateCommitment, month: dt.date) -> list[Item]:
    """The reports of the months before: each is due some business days after its month."""
    days, first = int(row.measured["days"]), records.since.get(row.service_id, row.valid_from)
    key = row.service_id, row.calendar_id, days, first
    if key not in records.reports:
        records.reports[key] = _reports_since(records, row, days, first)
    return [item for of, item in records.reports[key] if of < month]


def _reports_since(
    records: Records, row: RateCommitment, days: int, first: dt.date
) -> list[tuple[dt.date, Item]]:
    """The report of each month from the first one on, up to those that are due today; of the last month too, once it is over."""
    delivered = {
        one["month"]: one
        for one in records.readings
        if one["kind"] == Reading.Kind.REPORT and one["service_id"] == row.service_id
    }
    found, of = [], first
    while of <= records.today and not _is_after(records.contract, of):
        last = rules.later(of) - dt.timedelta(days=1)
        due = records.hours.workday_after(row.calendar_id, last, days)
        one = delivered.get(of)
        number, done = (one["id"], one["delivered_on"]) if one else (0, None)
        found.append((of, Item("report", number, of.isoformat()[:7], due, done)))
        of = rules.later(of)
    return found


def _satisfaction(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    found = [
        one
        for one in records.readings
        if one["kind"] == Reading.Kind.SATISFACTION
        and one["service_id"] == row.service_id
        and one["month"] == month
        and not _is_after(records.contract, month)
    ]
    entries = [Entry("survey", one["id"], one["source"], due_on=one["month"]) for one in found]
    satisfied = sum(one["satisfied"] for one in found)
    answers = sum(one["answers"] for one in found)
    return measures.of_share(promise, Measure(satisfied, answers - satisfied), entries)


def _backlog(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    """Tickets open at the end, those older than so many days missed."""
    found = tickets.Open() if _is_after(records.contract, month) else records.open[row.pk, month]
    entries = [Entry("ticket", one.id, one.reference, starts_at=one.opened_at) for one in found.old]
    return measures.of_share(promise, Measure(found.total - found.late, found.late), entries)


def _volume(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    """Tickets opened in the month, duplicates apart; a month that the contract did not see whole is told and not judged."""
    contract = records.contract
    start, end = rules.span_of(month, contract.organisation.timezone)
    whole = _in_life(contract, Period(start, end)) == Period(start, end)
    over = whole and records.now >= end
    return measures.of_volume(promise, row.measured, records.opened[row.pk, month], over=over)


# -- tickets, for all months together ---------------------------------------------------------------------------------------


def _months_of(asked: Asked, kind: str) -> list[tuple[RateCommitment, list[dt.date]]]:
    """The commitments of a kind, each with the months in which it is asked about."""
    found: dict[int, tuple[RateCommitment, list[dt.date]]] = {}
    for month, pairs in asked.items():
        for row, _ in pairs:
            if row.kind == kind:
                found.setdefault(row.pk, (row, []))[1].append(month)
    return list(found.values())


def _open(
    contract: Contract, asked: Asked, hours: Hours, now: dt.datetime, listed: bool
) -> dict[tuple[int, dt.date], tickets.Open]:
    found: dict[tuple[int, dt.date], tickets.Open] = {}
    for row, months in _months_of(asked, "backlog"):
        ends = [clocks.period_of(contract, month, now).end for month in months]
        limits = [_limit(contract, row, hours, end) for end in ends]
        counted = tickets.open_at(contract, row, ends, limits, listed=listed)
        found |= {(row.pk, month): one for month, one in zip(months, counted, strict=True)}
    return found


def _limit(contract: Contract, row: RateCommitment, hours: Hours, end: dt.datetime) -> dt.datetime:
    """A ticket opened before it is too old at the end."""
    zone = zone_of(contract.organisation.timezone)
    day = hours.workday_after(row.calendar_id, end.astimezone(zone).date(), -int(row.measured["days"]))
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone)


def _opened(contract: Contract, asked: Asked, now: dt.datetime) -> dict[tuple[int, dt.date], int]:
    found: dict[tuple[int, dt.date], int] = {}
    for row, months in _months_of(asked, "volume"):
        counted = tickets.opened_in(contract, row, [clocks.period_of(contract, one, now) for one in months])
        found |= {(row.pk, month): count for month, count in zip(months, counted, strict=True)}
    return found
