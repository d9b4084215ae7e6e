"""On-call: turns on the wall clock, layers, holes of the absent."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.refusal import Refusal
from vigie.kernel.spans import subtraction, tidy, total
from vigie.rota.rules.on_call import Replacement, Turns, begins, called, covered, slots
from vigie.rota.tests.test_shifts import MONTREAL, PARIS, at, zones

MONDAY = dt.date(2026, 1, 12)
NINE = 9 * 3600
HOUR, DAY = 3600, 86400


def turns(*people: int, zone: str = PARIS, days: int = 7, weekday: int = 0, **more: object) -> Turns:
    return Turns(zone, MONDAY, NINE, weekday, days, people or (1, 2, 3), **more)  # type: ignore[arg-type]


LOW, HIGH = at(PARIS, 2026, 1, 12, 9), at(PARIS, 2026, 2, 2, 9)


def who(found: object, *when: int) -> tuple[int, ...]:
    return called([found], at(PARIS, *when))  # type: ignore[list-item]


def test_people_follow_each_other_week_by_week() -> None:
    found = slots([turns()], [], {}, LOW, HIGH)
    assert [(s.start, s.end, s.person) for s in found] == [
        (LOW, LOW + 7 * DAY, 1), (LOW + 7 * DAY, LOW + 14 * DAY, 2), (LOW + 14 * DAY, HIGH, 3)
    ]  # fmt: skip
    assert who(found, 2026, 1, 19, 8, 59) == (1,)
    assert who(found, 2026, 1, 19, 9) == (2,)


def test_a_rotation_begun_on_a_thursday_changes_on_mondays() -> None:
    late = Turns(PARIS, dt.date(2026, 1, 15), NINE, 0, 7, (1, 2))
    assert [begins(late, n).isoformat() for n in range(3)] == ["2026-01-15", "2026-01-19", "2026-01-26"]
    fortnight = Turns(PARIS, dt.date(2026, 1, 15), NINE, 0, 14, (1, 2))
    assert [begins(fortnight, n).isoformat() for n in range(3)] == ["2026-01-15", "2026-01-26", "2026-02-09"]
    daily = Turns(PARIS, dt.date(2026, 1, 15), NINE, 0, 3, (1, 2))
    assert [begins(daily, n).isoformat() for n in range(3)] == ["2026-01-15", "2026-01-18", "2026-01-21"]


def test_the_hour_of_hand_over_stays_on_the_wall_when_the_clock_changes() -> None:
    found = slots([turns()], [], {}, at(PARIS, 2026, 3, 23, 9), at(PARIS, 2026, 4, 6, 9))
    assert [s.end - s.start for s in found] == [7 * DAY - HOUR, 7 * DAY]
    assert found[1].start == at(PARIS, 2026, 3, 30, 9)


def test_a_hand_over_at_an_hour_that_does_not_exist_takes_place_at_the_jump() -> None:
    night = Turns(PARIS, dt.date(2026, 3, 22), 2 * HOUR + 1800, 6, 7, (1, 2))
    found = slots([night], [], {}, at(PARIS, 2026, 3, 28, 0), at(PARIS, 2026, 3, 30, 0))
    assert [s.person for s in found] == [1, 2]
    assert found[1].start == at(PARIS, 2026, 3, 29, 3)


def test_a_new_rotation_takes_over_where_it_begins_whatever_the_hour() -> None:
    second = Turns(PARIS, dt.date(2026, 1, 22), 14 * HOUR, 0, 7, (9, 8))
    found = slots([second, turns()], [], {}, LOW, HIGH)
    assert [s.person for s in found] == [1, 2, 9, 8]
    assert found[2].start == at(PARIS, 2026, 1, 22, 14)
    assert all(a.end == b.start for a, b in pairwise(found))


def test_a_rotation_that_ends_leaves_nobody() -> None:
    found = slots([turns(ends_on=dt.date(2026, 1, 22))], [], {}, LOW, HIGH)
    assert found[-1].end == at(PARIS, 2026, 1, 22, 9)


def test_an_override_wins_over_the_rotation_and_the_latest_over_the_earlier() -> None:
    day = (at(PARIS, 2026, 1, 13, 0), at(PARIS, 2026, 1, 14, 0))
    evening = (at(PARIS, 2026, 1, 13, 18), at(PARIS, 2026, 1, 14, 9))
    found = slots([turns()], [Replacement(*day, 5), Replacement(*evening, 6)], {}, LOW, HIGH)
    assert who(found, 2026, 1, 13, 12) == (5,)
    assert who(found, 2026, 1, 13, 18) == (6,)
    assert who(found, 2026, 1, 14, 8) == (6,)
    assert who(found, 2026, 1, 14, 9) == (1,)
    assert {s.source for s in found} == {"rotation", "override"}


def test_an_override_stands_where_there_is_no_rotation() -> None:
    found = slots([], [Replacement(LOW, LOW + DAY, 5)], {}, LOW, HIGH)
    assert [(s.start, s.end, s.person) for s in found] == [(LOW, LOW + DAY, 5)]


def test_a_swap_gives_only_the_part_of_the_one_who_asked() -> None:
    given, back = (LOW + 5 * DAY, LOW + 8 * DAY), (LOW + 9 * DAY, LOW + 10 * DAY)
    layers = [Replacement(*given, 2, 1, "swap"), Replacement(*back, 1, 2, "swap")]
    found = slots([turns()], layers, {}, LOW, HIGH)
    assert [(s.start, s.person, s.source) for s in found[:5]] == [
        (LOW, 1, "rotation"), (LOW + 5 * DAY, 2, "swap"), (LOW + 7 * DAY, 2, "rotation"),
        (LOW + 9 * DAY, 1, "swap"), (LOW + 10 * DAY, 2, "rotation"),
    ]  # fmt: skip


def test_who_is_away_leaves_a_hole_until_somebody_covers_it() -> None:
    away = {1: ((LOW + DAY, LOW + 3 * DAY),)}
    found = slots([turns()], [], away, LOW, HIGH)
    assert called([found], LOW + 2 * DAY) == ()
    assert subtraction(((LOW, HIGH),), covered([found])) == ((LOW + DAY, LOW + 3 * DAY),)
    covering = [Replacement(LOW + DAY, LOW + 3 * DAY, 3)]
    found = slots([turns()], covering, away, LOW, HIGH)
    assert covered([found]) == ((LOW, HIGH),)


def test_ranks_are_called_in_their_order_and_nobody_twice() -> None:
    first, second = slots([turns(1, 2)], [], {}, LOW, HIGH), slots([turns(2, 1)], [], {}, LOW, HIGH)
    assert called([first, second], LOW) == (1, 2)
    assert called([first, first], LOW) == (1,)


def test_a_rotation_of_nobody_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        Turns(PARIS, MONDAY, NINE, 0, 7, ())
    assert refused.value.code == "rota.rotation_of_nobody"


@st.composite
def rotations(draw: st.DrawFn) -> Turns:
    people = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True)))
    start = dt.date(2026, 1, 1) + dt.timedelta(days=draw(st.integers(0, 200)))
    return Turns(draw(zones), start, draw(st.integers(0, 95)) * 900, draw(st.integers(0, 6)),
                 draw(st.sampled_from([1, 2, 3, 7, 10, 14, 21])), people)  # fmt: skip


@given(rotations(), st.integers(0, 300), st.integers(1, 60))
def test_a_rotation_covers_without_hole_or_overlap(rotation: Turns, ahead: int, days: int) -> None:
    began = slots([rotation], [], {}, 0, at("UTC", 2028, 1, 1))[0].start
    low = began + ahead * DAY
    found = slots([rotation], [], {}, low, low + days * DAY)
    assert (found[0].start, found[-1].end) == (low, low + days * DAY)
    assert all(a.end == b.start for a, b in pairwise(found))


layers = st.lists(
    st.builds(
        lambda start, length, person, instead: Replacement(
            LOW + start * HOUR, LOW + (start + length) * HOUR, person, instead
        ),
        st.integers(-50, 500), st.integers(1, 200), st.integers(1, 9), st.none() | st.integers(1, 9),
    ),
    max_size=6,
)  # fmt: skip
absences = st.dictionaries(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(-50, 500), st.integers(1, 100)), max_size=3).map(
        lambda rows: tidy((LOW + a * HOUR, LOW + (a + n) * HOUR) for a, n in rows)
    ),
    max_size=9,
)


@given(layers, absences, st.integers(0, 21 * 24 - 1), st.sampled_from([PARIS, MONTREAL]))
def test_every_instant_has_exactly_the_person_that_the_layers_say(
    replacements: list[Replacement], away: dict[int, tuple[tuple[int, int], ...]], hour: int, zone: str
) -> None:
    """The oracle asks layer by layer at one instant; it knows nothing of pieces."""
    rotation = turns(1, 2, 3, zone=zone)
    instant = LOW + hour * HOUR + 1234
    plain = [s.person for s in slots([rotation], [], {}, LOW, HIGH) if s.start <= instant < s.end]
    expected = plain[0] if plain else None
    for layer in replacements:
        if layer.start <= instant < layer.end and layer.instead_of in (None, expected):
            expected = layer.person
    gone = expected is not None and any(a <= instant < b for a, b in away.get(expected, ()))
    found = slots([rotation], replacements, away, LOW, HIGH)
    here = [s for s in found if s.start <= instant < s.end]
    assert [s.person for s in here] == ([] if expected is None else [expected])
    assert called([found], instant) == (() if gone or expected is None else (expected,))


@given(layers, absences)
def test_pieces_never_overlap_and_none_is_empty(
    replacements: list[Replacement], away: dict[int, tuple[tuple[int, int], ...]]
) -> None:
    found = slots([turns()], replacements, away, LOW, HIGH)
    assert all(s.start < s.end for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert total(tidy((s.start, s.end) for s in found)) == HIGH - LOW
