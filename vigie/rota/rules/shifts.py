"""Shifts: when a team works, and who is there. Instants are UTC epoch seconds, days are local dates of the team.

A shift is one interval of a pattern on one date; an interval past midnight belongs to the date where it starts. Who works
it: those whose weekly place holds that date, then the dated changes in their order (the last word holds), less
those who are away at that instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import wall_span, zone_of
from vigie.kernel.spans import Span, Spans, subtraction, tidy, union


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hours of a shift; ``first`` and ``until`` bound the dates on which it takes place (``until`` is out)."""

    id: int
    calendar: Calendar
    needed: int = 1
    first: date = date.min
    until: date = date.max


@dataclass(frozen=True, slots=True)
class Place:
    """``person`` works ``pattern`` on ``weekdays`` (0 = Monday) of the dates in ``[first, until)``."""

    pattern: int
    person: int
    weekdays: frozenset[int]
    first: date = date.min
    until: date = date.max

    def holds(self, day: date) -> bool:
        return self.first <= day < self.until and day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Change:
    """On ``day``, ``person`` comes in to ``pattern`` (or stays out of it)."""

    pattern: int
    person: int
    day: date
    comes: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one date, and whom it is planned for."""

    pattern: int
    day: date
    start: int
    end: int
    needed: int
    people: tuple[int, ...]


Away = Mapping[int, Spans]
"""Spans in which each person is away."""


def shifts_of(
    patterns: Iterable[Pattern], places: Sequence[Place], changes: Sequence[Change], first: date, last: date
) -> tuple[Shift, ...]:
    """Shifts of the dates from ``first`` to ``last`` (both in), by start. ``changes`` are in the order they were made."""
    found = []
    for pattern in patterns:
        zone = zone_of(pattern.calendar.zone)
        mine = [place for place in places if place.pattern == pattern.id]
        of_day: dict[date, list[Change]] = {}
        for change in changes:
            if change.pattern == pattern.id:
                of_day.setdefault(change.day, []).append(change)
        for day in _days(max(first, pattern.first), last):
            if day >= pattern.until:
                break
            people = _people(mine, of_day.get(day, ()), day)
            for start, end in pattern.calendar.hours_on(day):
                span = wall_span(day.toordinal(), start * 60, end * 60, zone)
                if span is not None:
                    found.append(Shift(pattern.id, day, *span, pattern.needed, people))
    return tuple(sorted(found, key=lambda shift: (shift.start, shift.end, shift.pattern)))


def _days(first: date, last: date) -> Iterable[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def _people(places: Iterable[Place], changes: Iterable[Change], day: date) -> tuple[int, ...]:
    there = dict.fromkeys(place.person for place in places if place.holds(day))
    for change in changes:
        if change.comes:
            there.setdefault(change.person)
        else:
            there.pop(change.person, None)
    return tuple(there)


def present(shift: Shift, person: int, away: Away) -> Spans:
    """When a person of the shift is really there."""
    return subtraction(((shift.start, shift.end),), away.get(person, ()))


def open_spans(shifts: Iterable[Shift]) -> Spans:
    """When the team's shifts take place, people or not."""
    return tidy((shift.start, shift.end) for shift in shifts)


def staffed(shifts: Iterable[Shift], away: Away) -> Spans:
    """When at least one person of the team is on shift."""
    return union(*(present(shift, person, away) for shift in shifts for person in shift.people))


def on_at(shifts: Iterable[Shift], away: Away, at: int) -> tuple[int, ...]:
    """Who is on shift at that instant, once each."""
    there = [shift for shift in shifts if shift.start <= at < shift.end]
    here = (p for shift in there for p in shift.people if not within(away.get(p, ()), at))
    return tuple(dict.fromkeys(here))


def within(spans: Iterable[Span], at: int) -> bool:
    """Is the instant in one of the spans?"""
    return any(start <= at < end for start, end in spans)


def clash(shifts: Iterable[Shift], person: int) -> tuple[Shift, Shift] | None:
    """The first two shifts of one person that overlap; those that only touch do not."""
    latest: Shift | None = None
    for shift in sorted((s for s in shifts if person in s.people), key=lambda s: (s.start, s.end)):
        if latest is not None and shift.start < latest.end:
            return latest, shift
        latest = shift if latest is None or shift.end > latest.end else latest
    return None
