"""Why service time did not run: the closed time of a span, day after day, folded by reason."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Literal, NamedTuple

from vigie.contracts.rules.calendar import CLOSED, Calendar
from vigie.contracts.rules.instants import local_day, wall_to_epoch
from vigie.contracts.rules.openings import Openings

Reason = Literal["hours", "weekday", "holiday", "special"]


class Closure(NamedTuple):
    """Closed seconds of one reason: ``hours`` (nights and breaks of days that open), ``weekday`` (a day of the week
    that never opens; ``day`` is the first one), ``holiday`` and ``special`` (that one ``day``)."""

    reason: Reason
    day: date
    seconds: int


def closures(hours: Openings, start: int, end: int) -> list[Closure]:
    """The closed time of ``[start, end)``, in the order in which each reason first came. With
    ``hours.elapsed(start, end)`` it sums up to ``end - start``, to the second."""
    sums: Counter[tuple[Reason, date | int]] = Counter()
    first: dict[tuple[Reason, date | int], date] = {}
    at = start
    while at < end:
        ordinal = local_day(at, hours.zone)
        midnight = wall_to_epoch(ordinal + 1, 0, hours.zone)
        until = min(midnight, end)
        closed = until - at - hours.elapsed(at, until)
        if closed:
            day = date.fromordinal(ordinal)
            reason = _reason(hours, day, midnight)
            key = (reason, {"hours": 0, "weekday": day.weekday()}.get(reason, day))
            sums[key] += closed
            first.setdefault(key, day)
        at = until
    return [Closure(key[0], first[key], seconds) for key, seconds in sums.items()]


def _reason(hours: Openings, day: date, midnight: int) -> Reason:
    """Why the date ``day``, which ends at ``midnight``, is closed, wholly or in part."""
    if hours.elapsed(wall_to_epoch(day.toordinal(), 0, hours.zone), midnight):
        return "hours"
    calendars = hours.calendar.parts or (hours.calendar,)
    if any(dict(calendar.special).get(day) == CLOSED for calendar in calendars):
        return "special"
    return "holiday" if any(_is_off(calendar, day) for calendar in calendars) else "weekday"


def _is_off(calendar: Calendar, day: date) -> bool:
    return not calendar.works_on_holidays and bool(calendar.week[day.weekday()]) and calendar.is_holiday(day)
