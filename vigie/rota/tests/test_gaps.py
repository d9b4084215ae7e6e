"""Gaps: promised hours with nobody, each with its cause; load shared; the plan as iCalendar."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.spans import intersection, subtraction, tidy, total, union
from vigie.rota.rules.feed import Event, calendar
from vigie.rota.rules.gaps import Cover, gaps
from vigie.rota.rules.load import deviation, shares
from vigie.rota.rules.on_call import slots
from vigie.rota.rules.shifts import Shift, staffed
from vigie.rota.tests.test_on_call import HIGH, HOUR, LOW, MONDAY, turns
from vigie.rota.tests.test_shifts import PARIS

DAY = dt.timedelta(days=1)


def shift(start: int, end: int, *people: int) -> Shift:
    return Shift(1, MONDAY, start * HOUR, end * HOUR, 1, people)


def causes(promised: tuple[tuple[int, int], ...], cover: Cover) -> list[tuple[int, int, str]]:
    hours = tuple((start * HOUR, end * HOUR) for start, end in promised)
    return [(gap.start // HOUR, gap.end // HOUR, gap.cause) for gap in gaps(hours, cover)]


def test_each_gap_has_its_cause() -> None:
    away = {7: ((10 * HOUR, 12 * HOUR),)}
    planned = [shift(8, 18, 7), shift(20, 22)]
    ordinary = [*planned, shift(32, 42)]
    cover = Cover(planned, ordinary, away, (), ((44 * HOUR, 46 * HOUR),))
    assert causes(((6, 48),), cover) == [
        (6, 8, "outside"), (10, 12, "absence"), (18, 20, "outside"), (20, 22, "nobody"), (22, 32, "outside"),
        (32, 42, "holiday"), (42, 44, "outside"), (44, 46, "on_call_away"), (46, 48, "outside"),
    ]  # fmt: skip


def test_one_of_two_who_is_away_leaves_no_gap() -> None:
    cover = Cover([shift(8, 18, 7, 8)], [], {7: ((0, 100 * HOUR),)})
    assert causes(((8, 18),), cover) == []


def test_the_next_hub_and_on_call_cover() -> None:
    """E4.10: a holiday here is no gap where the other hub works."""
    cover = Cover([], [shift(8, 18)], {}, ((8 * HOUR, 18 * HOUR),))
    assert causes(((8, 18),), cover) == []
    assert causes(((8, 20),), cover) == [(18, 20, "outside")]


def test_nothing_promised_is_no_gap() -> None:
    assert gaps((), Cover([], [], {})) == ()


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=5).map(
    lambda rows: tidy((a * HOUR, (a + n) * HOUR) for a, n in rows)
)
crews = st.lists(
    st.builds(lambda a, n, people: shift(a, a + n, *people), st.integers(0, 60), st.integers(1, 12),
              st.lists(st.integers(1, 4), max_size=3, unique=True)),
    max_size=5,
)  # fmt: skip


@given(spans, crews, crews, st.dictionaries(st.integers(1, 4), spans, max_size=4), spans, spans)
def test_gaps_add_up_to_exactly_the_promised_time_not_covered(
    promised, planned, ordinary, away, others, gone
) -> None:  # type: ignore[no-untyped-def]
    found = gaps(promised, Cover(planned, ordinary, away, others, gone))
    covered = union(staffed(planned, away), others)
    assert tidy((gap.start, gap.end) for gap in found) == subtraction(promised, covered)
    assert sum(gap.end - gap.start for gap in found) == total(promised) - total(
        intersection(promised, covered)
    )


def test_each_night_and_each_day_counts_once() -> None:
    pieces = slots([turns()], [], {}, LOW, HIGH)  # three weeks from Monday 09:00
    holidays = {MONDAY + 3 * DAY, MONDAY + 6 * DAY}
    found = shares(pieces, PARIS, holidays, MONDAY, MONDAY + 20 * DAY)
    assert {p: (s.nights, s.weekend_days, s.holidays) for p, s in found.items()} == {
        1: (7, 2, 2), 2: (7, 2, 0), 3: (6, 2, 0)  # the night before Monday 09:00 is nobody's
    }  # fmt: skip


def test_nobody_is_credited_while_away() -> None:
    pieces = slots([turns(1)], [], {1: ((LOW, LOW + 7 * 24 * HOUR),)}, LOW, HIGH)
    assert shares(pieces, PARIS, set(), MONDAY, MONDAY + 6 * DAY) == {}


def test_deviations_add_up_to_nothing() -> None:
    nights = [7, 7, 6]
    assert sum(deviation(n, nights) for n in nights) == 0
    assert deviation(7, nights) == Fraction(1, 3)
    assert deviation(4, []) == 0


def test_a_feed_is_folded_escaped_and_in_utc() -> None:
    event = Event("1-0-5", LOW, HIGH, "Astreinte ; nuit, week-end \\ été" + " é" * 40)
    text = calendar("Léa", [event], dt.datetime(2026, 1, 12, 8, tzinfo=dt.UTC))
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "DTSTART:20260112T080000Z" in lines
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:Astreinte \\; nuit\\, week-end \\\\ été" in unfolded
    assert unfolded.count("BEGIN:VEVENT") == unfolded.count("END:VEVENT") == 1
