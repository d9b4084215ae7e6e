"""Promises to the client against the promises behind them: W47, and the worst opening against a count minute by minute."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.chain import HORIZON, Leg, follow, worst
from vigie.contracts.rules.instants import DAY
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import Target, Unit
from vigie.contracts.tests.samples import K1, K2, K4, K5, K6, K8, H, M, at, wall
from vigie.kernel.refusal import Refusal

LONDON = "Europe/London"


def leg(hours: float, calendar: Calendar = K1, holder: str = "") -> Leg:
    return Leg(holder, Target(int(hours * H)), calendar)


def days(n: int, calendar: Calendar = K1) -> Leg:
    return Leg("", Target(n, Unit.BUSINESS_DAYS_EOD), calendar)


def week(promise: Leg, *path: Leg, since: str = "2026-01-05 00:00", weeks: int = 1):
    start = at(since)
    return worst(promise, path, start, start + weeks * 7 * DAY)


def test_w47_a_supplier_of_office_hours_does_not_support_eight_hours_day_and_night() -> None:
    promise, supplier = leg(8, K4), leg(4, K8, "fibre")
    found = follow(promise, (supplier,), at("2026-01-09 16:59", LONDON))
    assert wall(found.end, LONDON) == "2026-01-12 12:59"
    assert found.seconds == 68 * H
    assert not found.supported
    assert found.missing == 60 * H
    assert week(promise, supplier).seconds == 68 * H


def test_w47_over_a_year_the_weekend_of_the_autumn_change_is_an_hour_worse() -> None:
    start = at("2026-01-05 00:00")
    found = worst(leg(8, K4), (leg(4, K8),), start, start + HORIZON)
    assert found.seconds == 69 * H
    assert wall(found.start, LONDON).startswith("2026-10-2")


def test_the_same_hours_on_both_sides_add_up_plainly() -> None:
    assert week(leg(8), leg(2), leg(6)).supported
    found = week(leg(8), leg(2), leg(6.5))
    assert (found.seconds, found.missing) == (int(8.5 * H), H // 2)


def test_a_holder_that_opens_later_than_the_client_costs_the_time_between() -> None:
    """Received at 17:00 in Paris by a team of 09:00-12:30 and 13:30-18:00, one hour of work may end at 09:00 the next day."""
    found = week(leg(2), leg(1, K2))
    assert found.seconds == 2 * H
    assert found.supported
    late = Calendar.weekly("Europe/Paris", WEEKDAYS[:5], ("11:00", "18:00"))
    assert week(leg(2), leg(1, late)).seconds == 4 * H


def test_the_worst_case_is_told_step_by_step() -> None:
    found = week(leg(8, K4), leg(2, K1, "desk"), leg(4, K8, "fibre"))
    assert [step.leg.holder for step in found.steps] == ["desk", "fibre"]
    assert found.steps[0].start == found.start
    assert found.steps[0].end == found.steps[1].start
    assert found.steps[1].end == found.end


def test_the_edge_of_the_window_counts_where_the_time_still_rises() -> None:
    """Before the client opens at 08:00, each minute later is a minute more of a holder that works day and night."""
    found = worst(leg(1), (leg(2, K4),), at("2026-01-05 07:00"), at("2026-01-05 07:30"))
    assert (wall(found.start), found.seconds) == ("2026-01-05 07:30", int(1.5 * H))


def test_working_days_of_a_team_against_working_days_of_the_client() -> None:
    assert week(days(2), days(1)).supported
    assert not week(days(1), days(2)).supported
    assert week(days(1), leg(10)).supported
    assert not week(days(1), leg(10.1)).supported


def test_a_date_or_a_rate_is_no_leg() -> None:
    with pytest.raises(Refusal) as refused:
        Leg("", Target(95, Unit.RATE), K1)
    assert refused.value.code == "contracts.target_not_a_clock"


# -- against a count minute by minute -----------------------------------------------------------------------------

SINCE = at("2026-03-23 00:00")  # a change of clock within, and Easter Monday soon after
SPAN = 8 * DAY
LENGTH = 85 * DAY // M
LUNCH = Calendar.weekly("America/Toronto", WEEKDAYS[:6], ("06:30", "11:00"), ("12:15", "16:00"), code="lunch")
CALENDARS = (K1, K2, K4, K5, K6, K8, LUNCH)


class Minutes:
    """Open minutes of a calendar from ``SINCE`` on, counted one by one."""

    _kept: dict[str, Minutes] = {}

    def __init__(self, calendar: Calendar) -> None:
        hours = openings(calendar)
        opened = [hours.is_open(SINCE + i * M) for i in range(LENGTH)]
        self.sums = list(accumulate(opened, initial=0))

    @classmethod
    def of(cls, calendar: Calendar) -> Minutes:
        return cls._kept.setdefault(calendar.code, cls._kept.get(calendar.code) or cls(calendar))

    def last_ok(self, minute: int, length: int) -> int:
        """The last minute mark at which no more than ``length`` open minutes have gone by."""
        return bisect_right(self.sums, self.sums[minute] + length) - 1


def by_minutes(promise: Leg, path: tuple[Leg, ...], first: int, last: int) -> int:
    measured = Minutes.of(promise.calendar)
    most = 0
    for minute in range(first, last + 1):
        end = minute
        for one in path:
            end = Minutes.of(one.calendar).last_ok(end, one.target.value // M)
        most = max(most, measured.sums[end] - measured.sums[minute])
    return most * M


windows = st.tuples(
    st.integers(0, SPAN // M), st.integers(0, 1500)
)  # short ones, so that no weekend hides a day
legs = st.builds(
    lambda minutes, calendar: Leg("", Target(minutes * M), calendar),
    st.integers(1, 900),
    st.sampled_from(CALENDARS),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CALENDARS), st.lists(legs, min_size=1, max_size=3), windows)
def test_no_opening_of_a_window_is_worse_than_the_one_found(
    calendar: Calendar, path: list[Leg], window: tuple[int, int]
) -> None:
    promise, (first, length) = leg(8, calendar), window
    found = worst(promise, tuple(path), SINCE + first * M, SINCE + (first + length) * M)
    assert found.seconds == by_minutes(promise, tuple(path), first, first + length)


mixed = st.one_of(
    legs, st.builds(days, st.integers(1, 3), st.sampled_from([c for c in CALENDARS if c is not K4]))
)


@settings(max_examples=60, deadline=None)
@given(mixed, st.lists(mixed, min_size=1, max_size=3), st.data())
def test_no_opening_drawn_at_random_is_worse(promise: Leg, path: list[Leg], data: st.DataObject) -> None:
    found = worst(promise, tuple(path), SINCE, SINCE + SPAN)
    for start in data.draw(st.lists(st.integers(SINCE, SINCE + SPAN), min_size=20, max_size=20)):
        other = follow(promise, tuple(path), start)
        assert other.seconds - other.allowed <= found.seconds - found.allowed
    for day in range(SPAN // DAY):
        for minute in range(0, 1440, 15):
            for second in (-1, 0):
                other = follow(promise, tuple(path), SINCE + day * DAY + minute * M + second)
                if SINCE <= other.start <= SINCE + SPAN:
                    assert other.seconds - other.allowed <= found.seconds - found.allowed
