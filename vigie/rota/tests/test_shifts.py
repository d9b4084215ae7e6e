"""Shifts: dates, nights past midnight, changes, absences, changes of clock."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.kernel.spans import total, union
from vigie.rota.rules.shifts import (
    Change,
    Pattern,
    Place,
    clash,
    on_at,
    open_spans,
    present,
    shifts_of,
    staffed,
)

PARIS, MONTREAL = "Europe/Paris", "America/Toronto"
WEEK = frozenset(range(5))
MONDAY = dt.date(2026, 1, 12)


def at(zone: str, *when: int) -> int:
    from zoneinfo import ZoneInfo

    return epoch(dt.datetime(*when, tzinfo=ZoneInfo(zone)))


def pattern(zone: str = PARIS, start: str = "08:00", end: str = "18:00", **more: object) -> Pattern:
    days = WEEKDAYS[:5] if "days" not in more else more.pop("days")
    calendar = Calendar.weekly(zone, days, (start, end), holiday_sets=["CA-QC" if zone == MONTREAL else "FR"])  # type: ignore[arg-type]
    return Pattern(1, calendar, **more)  # type: ignore[arg-type]


def test_a_night_belongs_to_the_date_where_it_starts() -> None:
    night = pattern(start="22:00", end="06:00")
    (shift,) = shifts_of([night], [Place(1, 7, frozenset({0}))], [], MONDAY, MONDAY)
    assert (shift.start, shift.end) == (at(PARIS, 2026, 1, 12, 22), at(PARIS, 2026, 1, 13, 6))
    assert shift.people == (7,)


def test_a_holiday_of_the_hub_takes_the_whole_night() -> None:
    night = pattern(start="22:00", end="06:00", days=WEEKDAYS)
    days = [s.day for s in shifts_of([night], [], [], dt.date(2026, 4, 30), dt.date(2026, 5, 2))]
    assert days == [dt.date(2026, 4, 30), dt.date(2026, 5, 2)]  # 1 May is closed, its morning after with it


def test_the_last_word_about_a_day_holds() -> None:
    places = [Place(1, 7, WEEK)]
    stays, comes = Change(1, 7, MONDAY, False), Change(1, 7, MONDAY, True)
    assert shifts_of([pattern()], places, [stays], MONDAY, MONDAY)[0].people == ()
    assert shifts_of([pattern()], places, [stays, comes], MONDAY, MONDAY)[0].people == (7,)
    assert shifts_of([pattern()], [], [Change(1, 8, MONDAY, True)], MONDAY, MONDAY)[0].people == (8,)


def test_a_place_and_a_pattern_end_before_their_last_date() -> None:
    until = MONDAY + dt.timedelta(days=2)
    places = [Place(1, 7, WEEK, MONDAY, until)]
    found = shifts_of([pattern()], places, [], MONDAY, until)
    assert [s.people for s in found] == [(7,), (7,), ()]
    assert len(shifts_of([pattern(until=until)], places, [], MONDAY, until)) == 2


def test_who_is_away_is_not_there_and_the_hole_shows() -> None:
    (shift,) = shifts_of([pattern()], [Place(1, 7, WEEK)], [], MONDAY, MONDAY)
    noon = at(PARIS, 2026, 1, 12, 12)
    away = {7: ((noon, shift.end),)}
    assert present(shift, 7, away) == ((shift.start, noon),)
    assert staffed([shift], away) == ((shift.start, noon),)
    assert on_at([shift], away, noon - 1) == (7,)
    assert on_at([shift], away, noon) == ()
    assert on_at([shift], {}, shift.end) == ()  # the closing instant is closed


@pytest.mark.parametrize(
    ("day", "hours"), [(dt.date(2026, 3, 28), 7), (dt.date(2026, 10, 24), 9), (dt.date(2026, 1, 10), 8)]
)
def test_a_night_lasts_its_real_length_when_the_clock_changes(day: dt.date, hours: int) -> None:
    night = pattern(start="22:00", end="06:00", days=WEEKDAYS)
    (shift,) = shifts_of([night], [], [], day, day)
    assert shift.end - shift.start == hours * 3600


def follow_the_sun(first: dt.date, last: dt.date) -> tuple[tuple[int, int], ...]:
    hubs = (pattern(PARIS), pattern(MONTREAL))
    return union(*(open_spans(shifts_of([hub], [], [], first, last)) for hub in hubs))


def test_w27_two_hubs_in_winter_are_one_day_of_service() -> None:
    """08:00–18:00 in Paris and in Montréal: 07:00–23:00 UTC on 14 January, 16 hours once overlaps count once."""
    day = dt.date(2026, 1, 14)
    assert follow_the_sun(day, day) == ((at("UTC", 2026, 1, 14, 7), at("UTC", 2026, 1, 14, 23)),)


def test_w26_montreal_is_an_hour_nearer_between_the_two_changes_of_clock() -> None:
    """9 March 2026: Canada is in summer time already, its desk opens at 13:00 of Paris; on 13 April at 14:00 again."""
    for day, opens in ((dt.date(2026, 3, 9), 13), (dt.date(2026, 4, 13), 14)):
        (shift,) = shifts_of([pattern(MONTREAL)], [], [], day, day)
        assert shift.start == at(PARIS, day.year, day.month, day.day, opens)


def test_e4_10_a_holiday_of_one_hub_leaves_the_other_open() -> None:
    """Easter Monday is a holiday in France, not a closure of Montréal."""
    day = dt.date(2026, 4, 6)
    assert shifts_of([pattern(PARIS)], [], [], day, day) == ()
    montreal = Pattern(1, Calendar.weekly(MONTREAL, WEEKDAYS[:5], ("08:00", "18:00")))
    assert total(open_spans(shifts_of([montreal], [], [], day, day))) == 10 * 3600


def test_shifts_that_touch_do_not_clash_those_that_overlap_do() -> None:
    early, late = pattern(start="06:00", end="14:00"), pattern(start="14:00", end="22:00")
    late = Pattern(2, late.calendar)
    long = Pattern(3, pattern(start="05:00", end="22:00").calendar)
    places = [Place(n, 7, WEEK) for n in (1, 2, 3)]
    assert clash(shifts_of([early, late], places, [], MONDAY, MONDAY), 7) is None
    found = clash(shifts_of([early, late, long], places, [], MONDAY, MONDAY), 7)
    assert found is not None
    assert [s.pattern for s in found] == [3, 1]
    assert clash(shifts_of([early, late, long], places, [], MONDAY, MONDAY), 8) is None


zones = st.sampled_from([PARIS, MONTREAL, "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"])
times = st.integers(0, 95).map(lambda n: f"{n // 4:02d}:{n % 4 * 15:02d}")


@given(zones, times, times, st.integers(0, 360))
def test_shifts_open_exactly_when_the_calendar_of_the_pattern_does(
    zone: str, start: str, end: str, ahead: int
) -> None:
    calendar = Calendar.weekly(zone, WEEKDAYS, (start, end))
    day = dt.date(2026, 1, 5) + dt.timedelta(days=ahead)
    low, high = at(zone, day.year, day.month, day.day), at(zone, day.year, day.month, day.day) + 5 * 86400
    shifts = shifts_of([Pattern(1, calendar)], [], [], day - dt.timedelta(days=2), day + dt.timedelta(days=6))
    clipped = [(max(a, low), min(b, high)) for a, b in open_spans(shifts) if a < high and b > low]
    assert tuple(clipped) == openings(calendar).spans(low, high)
