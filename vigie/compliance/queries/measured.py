"""Commitments that are not tickets, measured from their records: a few statements for all months asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from vigie.compliance import access, rules
from vigie.compliance.models import Exclusion, RateCommitment, Reading
from vigie.compliance.queries import clocks
from vigie.compliance.queries.hours import Hours
from vigie.compliance.rules import measures
from vigie.compliance.rules.measures import Entry, Fall, Item, Line, Planned, ServiceTime
from vigie.contracts.models import Contract
from vigie.contracts.rules.availability import Work
from vigie.contracts.rules.compliance import Measure
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.kernel.actor import Actor
from vigie.tickets.models import Ticket

KINDS = frozenset(RateCommitment.Measure.values)
Asked = Mapping[dt.date, Sequence[tuple[RateCommitment, rules.Promise]]]


def is_measure(row: RateCommitment) -> bool:
    """Is it judged from records, rather than from clocks?"""
    return row.kind in KINDS


@dataclass(frozen=True, slots=True)
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

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(zone_of(self.contract.organisation.timezone)).date()


def measured(actor: Actor, contract: Contract, asked: Asked, now: dt.datetime) -> dict[dt.date, list[Line]]:
    """For each month its lines, in the order in which the commitments were given; nothing is read for none."""
    rows = [row for month in asked.values() for row, _ in month]
    if not rows:
        return {month: [] for month in asked}
    months = sorted(asked)
    start, end = (clocks.period_of(contract, month, now) for month in (months[0], months[-1]))
    records = _read(actor, contract, rows, start.start, end.end, now)
    return {
        month: [_line(records, row, promise, month) for row, promise in pairs]
        for month, pairs in asked.items()
    }


def _read(
    actor: Actor,
    contract: Contract,
    rows: Sequence[RateCommitment],
    start: dt.datetime,
    end: dt.datetime,
    now: dt.datetime,
) -> Records:
    kinds = {row.kind for row in rows}
    of_client = {"organisation_id": contract.organisation_id, "cancelled_for": ""}
    services = {row.service_id for row in rows if row.kind == "availability"}
    lived = {**of_client, "service_id__in": services, "starts_at__lt": end}
    outages: list[dict[str, Any]] = []
    works, deliveries, readings = outages, outages, outages
    if services:
        lasting = Q(ends_at=None) | Q(ends_at__gt=start)
        outages = _rows(access.visible_outages(actor).filter(lasting, **lived), OUTAGE)
        lasting = Q(ends_at__gt=start) | Q(finished_at__gt=start)
        works = _rows(access.visible_maintenance(actor).filter(lasting, **lived), WORK)
    if "delivery" in kinds:
        found = access.visible_deliveries(actor).filter(contract=contract, **of_client)
        day = (start - dt.timedelta(days=1)).date()
        found = found.filter(Q(delivered_on=None) | Q(delivered_on__gte=day) | Q(agreed_on__gte=day))
        deliveries = _rows(found, DELIVERY)
    if kinds & {"report", "satisfaction"}:
        readings = _rows(access.visible_readings(actor).filter(contract=contract), READING)
    return Records(
        contract, now, Hours(id for row in rows for id in (row.calendar_id, row.window_id)),
        outages, works, deliveries, readings, _excluded(actor, contract) if services or deliveries else frozenset(),
        _since(actor, contract) if "report" in kinds else {},
    )  # fmt: skip


OUTAGE = ("id", "service_id", "title", "starts_at", "ends_at", "weight", "users")
WORK = ("id", "service_id", "title", "announced_at", "starts_at", "ends_at", "finished_at")
DELIVERY = ("id", "title", "value", "agreed_on", "delivered_on")
READING = ("id", "kind", "service_id", "month", "answers", "satisfied", "delivered_on", "source")


def _rows(found: QuerySet[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    return list(found.order_by("pk").values(*names))


def _excluded(actor: Actor, contract: Contract) -> frozenset[tuple[str, int]]:
    """Outages and deliveries that are left out by agreement."""
    agreed = access.visible_exclusions(actor).filter(
        organisation_id=contract.organisation_id, state=Exclusion.State.APPROVED, clock=None
    )
    return frozenset(
        ("outage", outage) if outage else ("delivery", delivery)
        for outage, delivery in agreed.values_list("outage_id", "delivery_id")
    )


def _since(actor: Actor, contract: Contract) -> dict[int | None, dt.date]:
    """The first month whose report was promised, by service."""
    rows = access.visible_commitments(actor).filter(contract=contract, kind="report").order_by("-valid_from")
    return dict(rows.values_list("service_id", "valid_from"))


# -- one line ------------------------------------------------------------------------------------------------------------


def _line(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    if row.kind == "availability":
        return _availability(records, row, promise, month)
    if row.kind in ("delivery", "report"):
        items = _deliveries(records) if row.kind == "delivery" else _reports(records, row, month)
        return measures.of_items(promise, items, month, records.today)
    if row.kind == "satisfaction":
        return _satisfaction(records, row, promise, month)
    if row.kind == "backlog":
        return _backlog(records, row, promise, month)
    return _volume(records, row, promise, month)


def _availability(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    period = clocks.period_of(records.contract, month, records.now)
    start, end, now = epoch(period.start), epoch(period.end), epoch(records.now)
    falls = [
        Fall(
            one["id"], one["title"], epoch(one["starts_at"]), min(epoch(one["ends_at"]) if one["ends_at"] else now, end),
            one["weight"], one["users"], ("outage", one["id"]) in records.excluded,
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


def _deliveries(records: Records) -> list[Item]:
    return [
        Item(
            "delivery", one["id"], one["title"], one["agreed_on"], one["delivered_on"], one["value"],
            ("delivery", one["id"]) in records.excluded,
        )
        for one in records.deliveries
    ]  # fmt: skip


def _reports(records: Records, row: RateCommitment, month: dt.date) -> list[Item]:
    """The reports of the months before: each is due some business days after its month."""
    days = int(row.measured["days"])
    delivered = {
        one["month"]: one
        for one in records.readings
        if one["kind"] == Reading.Kind.REPORT and one["service_id"] == row.service_id
    }
    found, of = [], records.since.get(row.service_id, row.valid_from)
    while of < month:
        last = rules.later(of) - dt.timedelta(days=1)
        due = records.hours.workday_after(row.calendar_id, last, days)
        one = delivered.get(of)
        found.append(
            Item(
                "report",
                one["id"] if one else 0,
                of.isoformat()[:7],
                due,
                one["delivered_on"] if one else None,
            )
        )
        of = rules.later(of)
    return found


def _satisfaction(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    found = [
        one
        for one in records.readings
        if one["kind"] == Reading.Kind.SATISFACTION
        and one["service_id"] == row.service_id
        and one["month"] == month
    ]
    entries = [Entry("survey", one["id"], one["source"], due_on=one["month"]) for one in found]
    satisfied = sum(one["satisfied"] for one in found)
    answers = sum(one["answers"] for one in found)
    return measures.of_share(promise, Measure(satisfied, answers - satisfied), entries)


def _tickets(records: Records, row: RateCommitment) -> QuerySet[Ticket]:
    contract = records.contract
    found = Ticket.objects.filter(organisation_id=contract.organisation_id, contract_id=contract.pk)
    found = found.filter(ticket_type=row.ticket_type) if row.ticket_type else found
    found = found if row.priority is None else found.filter(priority=row.priority)
    return found if row.service_id is None else found.filter(service_id=row.service_id)


def _backlog(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    """Tickets open at the end, those older than so many days missed."""
    end = clocks.period_of(records.contract, month, records.now).end
    zone = zone_of(records.contract.organisation.timezone)
    day = records.hours.workday_after(
        row.calendar_id, end.astimezone(zone).date(), -int(row.measured["days"])
    )
    limit = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    still = (Q(resolved_at=None) | Q(resolved_at__gte=end)) & (Q(closed_at=None) | Q(closed_at__gte=end))
    rows = _tickets(records, row).filter(still, opened_at__lt=end)
    numbers = rows.aggregate(all=Count("pk"), old=Count("pk", filter=Q(opened_at__lt=limit)))
    old = rows.filter(opened_at__lt=limit).order_by("opened_at", "pk")
    entries = [
        Entry("ticket", pk, reference, starts_at=opened)
        for pk, reference, opened in old.values_list("pk", "reference", "opened_at")
    ]
    return measures.of_share(promise, Measure(numbers["all"] - numbers["old"], numbers["old"]), entries)


def _volume(records: Records, row: RateCommitment, promise: rules.Promise, month: dt.date) -> Line:
    """Tickets opened in the month, duplicates apart."""
    period = clocks.period_of(records.contract, month, records.now)
    rows = _tickets(records, row).filter(opened_at__gte=period.start, opened_at__lt=period.end)
    count = rows.filter(duplicate_of=None).count()
    over = records.now >= rules.span_of(month, records.contract.organisation.timezone)[1]
    return measures.of_volume(promise, row.measured, count, over=over)
