"""A service calendar: when service time counts, written in local wall time.

For a local date, in this order: a special day gives its intervals (none = closed); a holiday is closed,
unless the calendar works on holidays; else the weekly pattern. An interval that crosses midnight belongs to
the date where it starts. A calendar may also be the union of others, each in its own zone: what overlaps
counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from vigie.contracts.rules.holiday_sets import check_rule, rule_days, set_days
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.refusal import Refusal

Hours = tuple[tuple[int, int], ...]
"""Intervals of one date in minutes from its midnight, sorted, disjoint; past 1440 = next morning."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 1440
CLOSED: Hours = ()
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_KEYS = {"code", "timezone", "hours", "dates", "holiday_sets", "holidays", "works_on_holidays", "union"}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Immutable, hashable; ``code`` is its name in explanations. Made by ``from_json`` or ``weekly``."""

    zone: str
    week: tuple[Hours, ...] = (CLOSED,) * 7
    code: str = ""
    special: tuple[tuple[date, Hours], ...] = ()
    holiday_sets: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    works_on_holidays: bool = False
    parts: tuple[Calendar, ...] = field(default=())

    def hours_on(self, day: date) -> Hours:
        """Intervals of that local date, of this calendar alone (its ``parts`` have their own dates)."""
        special = dict(self.special).get(day)
        if special is not None:
            return special
        if not self.works_on_holidays and self.is_holiday(day):
            return CLOSED
        return self.week[day.weekday()]

    def is_holiday(self, day: date) -> bool:
        """Is the date in an attached set or rule, whatever the calendar does of it?"""
        return day in self.holidays_in(day.year)

    def holidays_in(self, year: int) -> frozenset[date]:
        """All holidays of one year, from the sets and the rules."""
        named = (day for code in self.holiday_sets for day in set_days(code, year))
        return frozenset([*named, *(day for rule in self.holidays for day in rule_days(rule, year))])

    def for_site(self, zone: str, holiday_sets: Iterable[str]) -> Calendar:
        """The same hours in the zone and with the holiday sets of a beneficiary's site; parts keep theirs."""
        return replace(self, zone=_zone(zone), holiday_sets=tuple(_set(code) for code in holiday_sets))

    def to_json(self) -> dict[str, Any]:
        """The form that ``from_json`` reads back to an equal calendar."""
        return {
            "code": self.code,
            "timezone": self.zone,
            "hours": {WEEKDAYS[i]: _written(hours) for i, hours in enumerate(self.week) if hours},
            "dates": {day.isoformat(): _written(hours) for day, hours in self.special},
            "holiday_sets": list(self.holiday_sets),
            "holidays": list(self.holidays),
            "works_on_holidays": self.works_on_holidays,
            "union": [part.to_json() for part in self.parts],
        }

    @classmethod
    def from_json(cls, data: object) -> Calendar:
        """Read and check. Every fault is a ``Refusal`` whose code starts with ``contracts.calendar_``."""
        table = _mapping(data, "calendar")
        unknown = set(table) - _KEYS
        if unknown:
            raise Refusal("contracts.calendar_bad_shape", field=sorted(map(str, unknown))[0])
        hours = _mapping(table.get("hours") or {}, "hours")
        if set(hours) - set(WEEKDAYS):
            raise Refusal("contracts.calendar_bad_weekday", field="hours")
        dates = _mapping(table.get("dates") or {}, "dates")
        calendar = cls(
            zone=_zone(table.get("timezone")),
            week=tuple(read_hours(hours.get(name) or [], name) for name in WEEKDAYS),
            code=str(table.get("code") or ""),
            special=tuple(sorted((_date(day), read_hours(dates[day], str(day))) for day in dates)),
            holiday_sets=tuple(_set(code) for code in _list(table.get("holiday_sets"), "holiday_sets")),
            holidays=tuple(check_rule(rule) for rule in _list(table.get("holidays"), "holidays")),
            works_on_holidays=bool(table.get("works_on_holidays", False)),
            parts=tuple(cls.from_json(part) for part in _list(table.get("union"), "union")),
        )
        return _that_opens(calendar)

    @classmethod
    def weekly(cls, zone: str, days: Iterable[str], *hours: tuple[str, str], **more: Any) -> Calendar:
        """The same hours on some weekdays: ``weekly("Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"))``."""
        intervals = [list(pair) for pair in hours]
        return cls.from_json({"timezone": zone, "hours": dict.fromkeys(days, intervals), **more})

    @classmethod
    def always(cls, zone: str = "UTC", code: str = "24x7") -> Calendar:
        """Open day and night: the calendar of ``calendar_time``."""
        return cls.weekly(zone, WEEKDAYS, ("00:00", "24:00"), code=code)

    @classmethod
    def union(cls, zone: str, *parts: Calendar, code: str = "") -> Calendar:
        """Open when one of the parts is. ``zone`` gives the local date where a count of days starts."""
        return _that_opens(cls(zone=_zone(zone), parts=parts, code=code))


def read_hours(pairs: object, where: str) -> Hours:
    """Check the ``[from, to]`` wall times of one date: ``HH:MM``, ``24:00`` as an end only, no overlap."""
    intervals = sorted(_interval(pair, where) for pair in _list(pairs, where))
    for (_, end), (start, _) in pairwise(intervals):
        if start < end:
            raise Refusal("contracts.calendar_overlap", field=where)
    return tuple(intervals)


def _interval(pair: object, where: str) -> tuple[int, int]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise Refusal("contracts.calendar_bad_interval", field=where, interval=str(pair))
    start, end = (_minutes(text, where) for text in pair)
    if start >= MIDNIGHT:
        raise Refusal("contracts.calendar_bad_time", field=where, time="24:00")
    return start, end if end > start else end + MIDNIGHT


def _minutes(text: object, where: str) -> int:
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text <= MIDNIGHT:
        return text
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise Refusal("contracts.calendar_bad_time", field=where, time=str(text))
    return int(text[:2]) * 60 + int(text[3:])


def _written(hours: Hours) -> list[list[str]]:
    return [[_clock(start), _clock(end if end <= MIDNIGHT else end - MIDNIGHT)] for start, end in hours]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _that_opens(calendar: Calendar) -> Calendar:
    """Refuse what can never open; what does not open soon is refused by ``openings.check_opens``."""
    if any(calendar.week) or any(hours for _, hours in calendar.special) or calendar.parts:
        return calendar
    raise Refusal("contracts.calendar_never_opens", field="hours", calendar=calendar.code)


def _zone(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise Refusal("contracts.calendar_unknown_zone", field="timezone", zone=str(name))
    zone_of(name)
    return name


def _set(code: object) -> str:
    if not isinstance(code, str) or not code:
        raise Refusal("contracts.calendar_unknown_holiday_set", field="holiday_sets", set=str(code))
    set_days(code, 2024)
    return code


def _date(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise Refusal("contracts.calendar_bad_date", field="dates", date=str(text)) from None


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refusal("contracts.calendar_bad_shape", field=where)
    return value


def _list(value: object, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise Refusal("contracts.calendar_bad_shape", field=where)
    return list(value)
