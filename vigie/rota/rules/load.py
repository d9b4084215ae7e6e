"""How the load of on-call is shared: nights, weekend days and holidays per person. Pure.

A night is counted for whoever is on call at 03:00 of the team's zone, a day of weekend or a holiday for whoever is at noon:
each night and each day counts once, so that the parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from vigie.contracts.rules.instants import wall_to_epoch, zone_of
from vigie.rota.rules.on_call import Slot, called

NIGHT, NOON = 3 * 3600, 12 * 3600
SATURDAY = 5


@dataclass(slots=True)
class Share:
    """What one person carried."""

    nights: int = 0
    weekend_days: int = 0
    holidays: int = 0
    call_outs: int = 0
    seconds_out: int = 0


def shares(
    slots: Sequence[Slot], zone: str, holidays: Collection[date], first: date, last: date
) -> dict[int, Share]:
    """Shares of the days from ``first`` to ``last`` (both in). A weekend day that is a holiday is counted in both."""
    found: dict[int, Share] = {}
    clock = zone_of(zone)

    def at(day: date, seconds: int) -> Iterable[Share]:
        instant = wall_to_epoch(day.toordinal(), seconds, clock)
        return (found.setdefault(person, Share()) for person in called([slots], instant))

    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        for share in at(day, NIGHT):
            share.nights += 1
        for share in at(day, NOON):
            share.weekend_days += day.weekday() >= SATURDAY
            share.holidays += day in holidays
    return found


def deviation(mine: int, all_of_them: Sequence[int]) -> Fraction:
    """How far from the mean of those who share the load; 0 where nobody does."""
    if not all_of_them:
        return Fraction(0)
    return mine - Fraction(sum(all_of_them), len(all_of_them))
