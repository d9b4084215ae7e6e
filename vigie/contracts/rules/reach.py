"""How long a target may be and still fall due: what hours give, at least, to what opens on any day of a year. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import wall_to_epoch, zone_of
from vigie.contracts.rules.openings import LONGEST_CLOSURE, openings
from vigie.kernel.refusal import Refusal

YEAR = 365

Hours = Sequence[tuple[dt.date, Calendar]]
"""Versions of a calendar with the day each starts on, by day; before the first one, the first counts."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The least that 400 days give from some day on: ``seconds`` of service, and the n of the furthest J+n."""

    seconds: int
    days: int

    def holds(self, seconds: int | None, days: int | None) -> bool:
        """Does a target of so many seconds, or of J+days, always fall due in time?"""
        return days <= self.days if days else (seconds or 0) <= self.seconds


NOTHING = Reach(0, 0)


def reach(hours: Hours, first: dt.date) -> Reach:
    """The reach of what opens on ``first`` or on any day of the year after it."""
    least: Reach | None = None
    for n in range(YEAR + 1):
        day = first + dt.timedelta(days=n)
        calendar = _on(hours, day)
        if calendar is None:
            return NOTHING
        try:
            start = wall_to_epoch(day.toordinal(), 0, zone_of(calendar.zone))
            seconds, days = openings(calendar).given(start, start + LONGEST_CLOSURE)
        except Refusal:  # beyond the years in which clocks are measured
            return NOTHING
        least = Reach(min(seconds, least.seconds), min(days, least.days)) if least else Reach(seconds, days)
        if least == NOTHING:
            return NOTHING
    return least or NOTHING


def _on(hours: Hours, day: dt.date) -> Calendar | None:
    started = [calendar for start, calendar in hours if start <= day]
    return started[-1] if started else hours[0][1] if hours else None
