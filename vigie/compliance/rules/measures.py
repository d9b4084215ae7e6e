"""Commitments that are not tickets, over a month: availability, delivery dates, reports, satisfaction, backlog, volume.

Each answers a judged line and the entries behind it: what every record counted for, and why where it counts for nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from vigie.compliance.rules.rates import Judged, Promise, cost, earned, later
from vigie.contracts.rules.availability import (
    Availability,
    Outage,
    Work,
    admitted,
    availability,
    in_series,
    redundant,
    shares,
    weighted_by_users,
)
from vigie.contracts.rules.compliance import Measure, Verdict, judge
from vigie.contracts.rules.penalties import NOTHING, Lateness, PerDay
from vigie.kernel.spans import Span, Spans, intersection, subtraction, tidy, total

MASS_EVENT = 120  # percent of the forecast beyond which a volume is a mass event


@dataclass(frozen=True, slots=True)
class Entry:
    """A record behind a line. ``seconds`` of service time (weighted), ``days`` late and ``amount`` are what it counts for."""

    nature: str
    record_id: int
    title: str = ""
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    due_on: dt.date | None = None
    done_on: dt.date | None = None
    seconds: Decimal = NOTHING
    days: int = 0
    amount: Decimal | None = None
    counts: bool = True
    excluded: bool = False
    why: str = ""


Line = tuple[Judged, tuple[Entry, ...]]


def _numbers(**named: int | Fraction) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in named.items()))


# -- availability ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fall:
    """An outage as recorded: instants, percent lost, users without service (``None``: not counted). ``lasts``: its end is the
    present, and nobody has said yet that it is over."""

    record_id: int
    title: str
    start: int
    end: int
    weight: int = 100
    users: int | None = None
    excluded: bool = False
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A maintenance as recorded."""

    record_id: int
    title: str
    work: Work


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """Open spans of the period, those before it that an outage may reach back to, and of the maintenance window."""

    opening: Spans
    before: Spans = ()
    window: Spans | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds of notice and of quota (``None``: no limit) of a maintenance; users of the service where they weigh outages."""

    notice: int = 0
    quota: int | None = None
    users: int | None = None

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Terms:
        """From ``{"notice_hours", "quota_hours", "users"}``."""
        quota, users = measured.get("quota_hours"), measured.get("users")
        hours = Decimal(str(measured.get("notice_hours") or 0))
        return cls(int(hours * 3600), None if quota is None else int(Decimal(str(quota)) * 3600), users)


def of_availability(
    promise: Promise, terms: Terms, time: ServiceTime, works: Sequence[Planned], falls: Sequence[Fall]
) -> Line:
    """``A = (AST − DT) / AST``; what of a maintenance was not admitted is downtime like an outage."""
    return _availability(promise, terms, time, tuple(works), tuple(falls))


@lru_cache(maxsize=2048)  # of all that it depends on: months of the past read the same again and again
def _availability(
    promise: Promise, terms: Terms, time: ServiceTime, known: tuple[Planned, ...], falls: tuple[Fall, ...]
) -> Line:
    works = sorted(known, key=lambda one: (one.work.start, one.record_id))
    taken = admitted(
        [one.work for one in works], time.opening, notice=terms.notice, window=time.window, quota=terms.quota
    )
    off = tidy(span for spans in taken for span in spans)
    agreed = subtraction(time.opening, off)
    lost = [*(_outage(one, terms) for one in falls), *_overruns(works, taken)]
    kept = [outage for entry, outage in lost if not entry.excluded]
    found = whole = availability(time.opening, off, kept, time.before)
    if len(kept) < len(lost):
        whole = availability(time.opening, off, [outage for _, outage in lost], time.before)
    value, raw = _rate(found, agreed, kept, terms.users), whole.rate
    verdict = Verdict.NOT_APPLICABLE
    if value is not None:
        verdict = Verdict.CONFORMING if value >= promise.share else Verdict.NOT_CONFORMING
    numbers = _numbers(
        agreed=found.agreed, down=found.down, failures=found.failures, budget=found.budget(promise.share),
        planned=total(off), raw_down=whole.down,
    )  # fmt: skip
    line = Judged(
        promise.key, Measure(), verdict, cost(promise, value, verdict), earned(promise, value, verdict), value, raw, numbers
    )  # fmt: skip
    planned = [_maintenance(one, spans) for one, spans in zip(works, taken, strict=True)]
    return line, tuple(sorted([*planned, *_entries(agreed, lost)], key=_first))


def _rate(
    found: Availability, agreed: Spans, outages: Sequence[Outage], users: int | None
) -> Fraction | None:
    if not users:
        return found.rate
    losses = [(round(one.weight * users), total(spans)) for one, spans in shares(agreed, outages)]
    return weighted_by_users(users, found.agreed, losses)


def _outage(fall: Fall, terms: Terms) -> tuple[Entry, Outage]:
    weight = Fraction(fall.weight, 100)
    if terms.users and fall.users is not None:
        weight = min(Fraction(fall.users, terms.users), Fraction(1))
    ended = None if fall.lasts else _at(fall.end)
    entry = Entry("outage", fall.record_id, fall.title, _at(fall.start), ended, excluded=fall.excluded)
    return entry, Outage(fall.start, fall.end, weight)


def _overruns(works: Sequence[Planned], taken: Sequence[Spans]) -> list[tuple[Entry, Outage]]:
    """What of each maintenance was not admitted."""
    return [
        (Entry("overrun", one.record_id, one.title, _at(start), _at(end)), Outage(start, end))
        for one, spans in zip(works, taken, strict=True)
        for start, end in subtraction(tidy([one.work.real]), spans)
    ]


def _entries(agreed: Spans, lost: Sequence[tuple[Entry, Outage]]) -> list[Entry]:
    """Each outage with the downtime that is its own: together they sum to the downtime of the month."""
    counted = [(entry, outage) for entry, outage in lost if not entry.excluded]
    # equal outages (same span and weight) share one place in ``shares``: hand them out one by one
    own = shares(agreed, [outage for _, outage in counted])
    found: list[Entry] = []
    for entry, outage in lost:
        inside = intersection(agreed, tidy([(outage.start, outage.end)]))
        if entry.excluded:
            spans = inside
        else:
            place = next(n for n, (one, _) in enumerate(own) if one == outage)
            spans = own.pop(place)[1]
        why = "excluded" if entry.excluded else "" if spans else "overlap" if inside else "outside_hours"
        if entry.nature == "overrun" and not inside:
            continue  # a maintenance at night beyond its announced end takes nothing from anybody
        seconds = _two_digits(outage.weight * total(spans))
        found.append(replace(entry, seconds=seconds, counts=bool(spans) and not entry.excluded, why=why))
    return found


def _maintenance(one: Planned, taken: Spans) -> Entry:
    start, end = one.work.real
    entry = Entry("maintenance", one.record_id, one.title, _at(start), _at(end))
    return replace(
        entry, seconds=Decimal(total(taken)), counts=bool(taken), why="" if taken else "not_admitted"
    )


def _first(entry: Entry) -> tuple[dt.datetime, str, int]:
    assert entry.starts_at is not None
    return entry.starts_at, entry.nature, entry.record_id


def _at(instant: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, dt.UTC)


def _two_digits(seconds: Fraction) -> Decimal:
    return Decimal(round(seconds * 100)) / 100


def designed(parts: Iterable[tuple[Decimal, int]]) -> Fraction:
    """What a chain of parts can give: each (percent, how many of it stand in for each other) is needed."""
    return in_series(redundant(Fraction(percent) / 100, count) for percent, count in parts)


# -- things due on a day -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """A delivery or a report: due and done (``None``: not yet) on local days; ``value`` is what lateness is counted on."""

    nature: str
    record_id: int
    title: str
    due: dt.date
    done: dt.date | None
    value: Decimal = NOTHING
    excluded: bool = False


def of_items(promise: Promise, items: Iterable[Item], month: dt.date, today: dt.date) -> Line:
    """Items due in the month, and those that were late already: met, or late so many days *of this month*.

    Days late add up over the months to the whole lateness; nothing escapes by not being delivered. An item that is neither
    delivered nor late yet is not in the population.
    """
    last = later(month) - dt.timedelta(days=1)
    # one that was done, or is due, in another month alone takes nothing of this one
    felt = (one for one in items if one.due <= last and (one.done is None or max(one.done, one.due) >= month))
    entries = [
        entry for item in felt if (entry := _of_item(promise, item, month, min(last, today))) is not None
    ]
    measure = Measure(
        sum(1 for one in entries if not one.days and not one.excluded),
        sum(1 for one in entries if one.days and not one.excluded),
        sum(1 for one in entries if not one.days and one.excluded),
        sum(1 for one in entries if one.days and one.excluded),
    )
    rate = measure.adjusted.rate
    verdict = judge(measure.adjusted, promise.share, promise.n_min, promise.allowed_misses)
    due = cost(promise, rate, verdict)
    if verdict == Verdict.NOT_CONFORMING:
        due += sum((one.amount for one in entries if one.amount and not one.excluded), NOTHING)
    else:
        entries = [one if one.amount is None else replace(one, amount=None) for one in entries]
    numbers = _numbers(days=sum(one.days for one in entries if not one.excluded))
    line = Judged(
        promise.key, measure, verdict, due, earned(promise, rate, verdict), rate, measure.raw.rate, numbers
    )
    return line, tuple(sorted(entries, key=lambda one: (one.due_on or month, one.record_id)))


def _of_item(promise: Promise, item: Item, month: dt.date, last: dt.date) -> Entry | None:
    """What the item came to up to ``last``, a day of the month at the latest; its day is none of a later month."""
    eve = month - dt.timedelta(days=1)
    late = max((min(item.done or last, last) - max(item.due, eve)).days, 0)
    in_time = month <= item.due and item.done is not None and item.done <= item.due
    if not late and not in_time:
        return None
    formula, amount = promise.formula, None
    if late and isinstance(formula, Lateness | PerDay):
        amount = formula.amount(item.value, late)
    return Entry(
        item.nature, item.record_id, item.title, due_on=item.due, done_on=item.done, days=late, amount=amount,
        counts=not item.excluded, excluded=item.excluded, why="excluded" if item.excluded else "",
    )  # fmt: skip


# -- counted -------------------------------------------------------------------------------------------------------------


def of_share(promise: Promise, measure: Measure, entries: Sequence[Entry] = ()) -> Line:
    """A share of answers (satisfaction) or of open tickets (age of the backlog), judged as a rate."""
    rate = measure.adjusted.rate
    verdict = judge(measure.adjusted, promise.share, promise.n_min, promise.allowed_misses)
    line = Judged(
        promise.key, measure, verdict, cost(promise, rate, verdict), earned(promise, rate, verdict), rate, measure.raw.rate
    )  # fmt: skip
    return line, tuple(entries)


def of_volume(promise: Promise, measured: Mapping[str, Any], count: int, *, over: bool) -> Line:
    """Tickets opened beside the forecast: in its band or not; beyond 120 % it is a mass event. It costs nothing.

    A month that is not ``over`` is judged only once it is beyond its band.
    """
    forecast, low, high = int(measured["forecast"]), int(measured["low"]), int(measured["high"])
    beyond = count * 100 > forecast * (100 + high)
    within = not beyond and (count * 100 >= forecast * (100 - low))
    verdict = Verdict.CONFORMING if within else Verdict.NOT_CONFORMING
    if not over and not beyond:
        verdict = Verdict.NOT_APPLICABLE
    value = Fraction(count, forecast)
    numbers = _numbers(
        count=count,
        forecast=forecast,
        low=low,
        high=high,
        mass_event=int(count * 100 > MASS_EVENT * forecast),
    )
    return Judged(promise.key, Measure(), verdict, NOTHING, NOTHING, value, value, numbers), ()


__all__ = [
    "MASS_EVENT", "Entry", "Fall", "Item", "Line", "Planned", "ServiceTime", "Span", "Terms", "designed", "of_availability",
    "of_items", "of_share", "of_volume",
]  # fmt: skip
