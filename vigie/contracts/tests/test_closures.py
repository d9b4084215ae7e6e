"""Closed time by reason: every second has one."""

from __future__ import annotations

import datetime as dt

import pytest

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.closures import closures
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.contracts.rules.openings import openings

OFFICE = Calendar.weekly(
    "Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"), holiday_sets=["FR"], dates={"2026-11-13": []}
)
NIGHTS = Calendar.weekly("America/Toronto", WEEKDAYS, ("20:00", "06:00"))
JOINED = Calendar.union("Europe/Paris", OFFICE, NIGHTS)
HOUR = 3600


def at(text: str, zone: str = "Europe/Paris") -> int:
    return epoch(dt.datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)))


def test_a_week_with_a_holiday_and_a_closed_day_is_told_by_reason() -> None:
    """From Tuesday 10 November 17:00 to Monday 16 November 09:00; the 11th is a holiday, the 13th was closed by hand."""
    found = closures(openings(OFFICE), at("2026-11-10T17:00"), at("2026-11-16T09:00"))
    assert [(one.reason, one.day.day, one.seconds / HOUR) for one in found] == [
        ("hours", 10, 6 + 14 + 8),
        ("holiday", 11, 24),
        ("special", 13, 24),
        ("weekday", 14, 24),
        ("weekday", 15, 24),
    ]


@pytest.mark.parametrize("calendar", [OFFICE, NIGHTS, JOINED, Calendar.always()])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-24T12:00:07", "2026-10-27T03:30:01"),  # an hour more
        ("2026-03-27T12:00:00", "2026-03-30T09:59:59"),  # an hour less
        ("2026-01-01T00:00:00", "2026-12-31T23:59:59"),
        ("2026-11-11T04:48:12", "2026-11-11T04:48:13"),
        ("2026-11-11T04:48:12", "2026-11-11T04:48:12"),
    ],
)
def test_open_and_closed_make_the_whole(calendar: Calendar, start: str, end: str) -> None:
    hours, first, last = openings(calendar), at(start), at(end)
    closed = sum(one.seconds for one in closures(hours, first, last))
    assert closed + hours.elapsed(first, last) == last - first
