"""Which steps are due, by value and by property."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import PriorityPolicy
from vigie.contracts.rules.reading import ClockState
from vigie.contracts.rules.sla_clock import read_clock
from vigie.contracts.tests.samples import K1, K4, M, fact, jan, pause, read, start, stop, terms, wall
from vigie.escalation.rules.climb import Climb, Firing, Mark, climb, reach, retargeted_at, used_at
from vigie.escalation.rules.ladder import Point, Rung

EIGHT = terms(K1, 8)
OPENED = jan(12, "09:00")  # Monday; due at 17:00
STEPS = (
    Rung(1, Point("percent", 50), acknowledge=30),
    Rung(2, Point("percent", 75), acknowledge=30),
    Rung(3, Point("percent", 100)),
    Rung(4, Point("wall", 120)),
)


def told(found: Climb) -> list[tuple[int, str]]:
    return [(one.key, wall(one.at)) for one in found.firings if one.told]


def at(now: int, *facts: ClockFact | list[ClockFact], marks: tuple[Mark, ...] = (), steps=STEPS) -> Climb:  # type: ignore[no-untyped-def]
    return climb(steps, read(EIGHT, now, start(OPENED), *facts), marks, now)


class TestByTime:
    def test_nothing_before_the_first_step(self) -> None:
        found = at(jan(12, "12:59"))
        assert found.firings == ()
        assert wall(found.next_at) == "2026-01-12 13:00"

    def test_the_first_step_at_half_of_the_promise(self) -> None:
        found = at(jan(12, "13:00"))
        assert found.firings == (Firing(1, jan(12, "13:00"), told=True),)
        assert wall(found.next_at) == "2026-01-12 15:00"

    def test_after_an_absence_each_is_kept_and_the_highest_alone_told(self) -> None:
        found = at(jan(12, "17:30"))
        assert [(f.key, f.told, f.kept_quiet) for f in found.firings] == [
            (1, False, False), (2, False, False), (3, True, False),
        ]  # fmt: skip
        assert [wall(f.at)[11:] for f in found.firings] == ["13:00", "15:00", "17:00"]
        assert wall(found.next_at) == "2026-01-12 19:00"

    def test_what_was_fired_does_not_fire_again(self) -> None:
        marks = (Mark(1, jan(12, "13:00")), Mark(2, jan(12, "15:00")))
        assert at(jan(12, "16:00"), marks=marks).firings == ()

    def test_a_paused_clock_does_not_climb(self) -> None:
        found = at(jan(13, "12:00"), fact("pause", jan(12, "12:00"), reason="client_info"))
        assert found == Climb()

    def test_a_pause_moves_what_is_counted_in_service_time(self) -> None:
        waited = pause(jan(12, "10:00"), jan(12, "12:00"))
        assert at(jan(12, "14:59"), waited).firings == ()
        assert told(at(jan(12, "15:00"), waited)) == [(1, "2026-01-12 15:00")]

    def test_a_stopped_clock_asks_for_nothing(self) -> None:
        assert at(jan(13, "12:00"), stop(jan(12, "16:00"))) == Climb()

    def test_a_reopening_does_not_fire_again(self) -> None:
        life = (stop(jan(12, "13:30")), fact("reopen", jan(13, "09:00")))
        marks = (Mark(1, jan(12, "13:00")),)
        assert at(jan(13, "09:01"), *life, marks=marks).firings == ()
        # 4 h 30 were used: 75 % after an hour and a half more
        assert told(at(jan(13, "10:30"), *life, marks=marks)) == [(2, "2026-01-13 10:30")]

    def test_a_retarget_fires_the_highest_newly_passed_alone(self) -> None:
        shorter = fact("retarget", jan(12, "12:00"), terms=terms(K1, 4))  # 3 of 4 hours used
        found = at(jan(12, "12:00"), shorter)
        assert [(f.key, f.told, f.kept_quiet, wall(f.at)[11:]) for f in found.firings] == [
            (1, False, True, "12:00"), (2, True, False, "12:00"),
        ]  # fmt: skip
        later = at(jan(12, "12:10"), shorter)
        assert later.firings == found.firings

    def test_a_longer_target_takes_nothing_back(self) -> None:
        longer = fact("retarget", jan(12, "13:30"), terms=terms(K1, 16))
        marks = (Mark(1, jan(12, "13:00")),)
        found = at(jan(12, "14:00"), longer, marks=marks)
        assert found.firings == ()
        assert wall(found.next_at) == "2026-01-13 11:00"

    def test_what_was_behind_before_the_ladder_came_is_not_told(self) -> None:
        since = jan(12, "16:00")
        steps = tuple(replace(step, since=since) for step in STEPS)
        found = at(jan(12, "16:30"), steps=steps)
        assert [(f.key, f.told, f.kept_quiet) for f in found.firings] == [(1, False, True), (2, False, True)]
        marks = tuple(Mark(f.key, jan(12, "16:30")) for f in found.firings)
        assert told(at(jan(12, "17:00"), steps=steps, marks=marks)) == [(3, "2026-01-12 17:00")]

    def test_a_ladder_is_only_climbed(self) -> None:
        """A step put under one that fired stays silent."""
        assert at(jan(12, "15:10"), marks=(Mark(2, jan(12, "15:00")),)).firings == ()


class TestPoints:
    def read_at(self, now: int, *facts: ClockFact | list[ClockFact]):  # type: ignore[no-untyped-def]
        return read(EIGHT, now, start(OPENED), *facts)

    def test_minutes_of_service_time_leave_closed_hours_out(self) -> None:
        late = read(EIGHT, jan(12, "14:00"), start(jan(12, "12:00")))  # due on Tuesday at 10:00
        assert wall(reach(Point("service", -180), late)) == "2026-01-12 17:00"
        assert wall(reach(Point("service", -60), late)) == "2026-01-13 09:00"
        assert wall(reach(Point("service", 30), late)) == "2026-01-13 10:30"

    def test_minutes_on_the_wall_count_the_night(self) -> None:
        late = read(EIGHT, jan(12, "14:00"), start(jan(12, "12:00")))
        assert wall(reach(Point("wall", -180), late)) == "2026-01-13 07:00"
        assert wall(reach(Point("wall", 600), late)) == "2026-01-13 20:00"

    def test_minutes_of_a_calendar_of_its_own(self) -> None:
        night = read(
            terms(K4, 4), jan(12, "16:00"), start(jan(12, "15:00"))
        )  # due at 19:00, K1 closes at 18:00
        assert wall(reach(Point("service", -60, K1), night)) == "2026-01-12 17:00"
        assert wall(reach(Point("service", 60, K1), night)) == "2026-01-13 09:00"

    def test_a_paused_clock_tells_no_instant_from_its_breach(self) -> None:
        paused = self.read_at(jan(12, "12:00"), fact("pause", jan(12, "10:00"), reason="client_info"))
        assert reach(Point("wall", -60), paused) is None
        assert reach(Point("percent", 75), paused) is None

    def test_used_at_an_instant_behind(self) -> None:
        reading = self.read_at(jan(12, "16:00"), pause(jan(12, "10:00"), jan(12, "12:00")))
        assert [used_at(reading, jan(12, t)) // M for t in ("09:00", "09:30", "11:00", "13:00")] == [
            0,
            30,
            60,
            120,
        ]

    def test_since_when_the_target_holds(self) -> None:
        assert retargeted_at(self.read_at(jan(12, "16:00"))) is None
        changed = fact("retarget", jan(12, "12:00"), terms=terms(K1, 4))
        assert retargeted_at(self.read_at(jan(12, "12:00"), changed)) == jan(12, "12:00")
        assert retargeted_at(self.read_at(jan(12, "16:00"), changed)) == jan(12, "12:00")


class TestAnswers:
    WAITING = (Mark(1, jan(12, "13:00"), waits=True),)

    def test_unanswered_it_climbs_to_the_next_step(self) -> None:
        assert at(jan(12, "13:29"), marks=self.WAITING) == Climb(next_at=jan(12, "13:30"))
        found = at(jan(12, "13:30"), marks=self.WAITING)
        assert found.firings == (Firing(2, jan(12, "13:30"), told=True, by_climb=True),)
        assert found.unanswered == (1,)

    def test_answered_it_waits_for_its_time(self) -> None:
        found = at(jan(12, "14:00"), marks=(Mark(1, jan(12, "13:00")),))
        assert (found.firings, wall(found.next_at)) == ((), "2026-01-12 15:00")

    def test_the_wait_counts_from_when_people_were_told(self) -> None:
        """Told an hour late after an absence: the half hour starts then."""
        found = at(jan(12, "14:29"), marks=(Mark(1, jan(12, "14:00"), waits=True),))
        assert (found.firings, wall(found.next_at)) == ((), "2026-01-12 14:30")

    def test_a_pause_suspends_the_wait(self) -> None:
        waited = pause(jan(12, "13:10"), jan(12, "14:10"))
        assert at(jan(12, "14:29"), waited, marks=self.WAITING).firings == ()
        assert told(at(jan(12, "14:30"), waited, marks=self.WAITING)) == [(2, "2026-01-12 14:30")]

    def test_time_takes_precedence_over_a_climb(self) -> None:
        found = at(jan(12, "15:00"), marks=(Mark(1, jan(12, "14:30"), waits=True),))
        assert found.firings == (Firing(2, jan(12, "15:00"), told=True),)
        assert found.unanswered == (1,)

    def test_one_sweep_climbs_one_step(self) -> None:
        """Nobody could answer a step that was not told yet."""
        found = at(jan(12, "14:50"), marks=self.WAITING)
        assert [f.key for f in found.firings] == [2]

    def test_with_nobody_to_tell_it_climbs_at_once(self) -> None:
        found = at(jan(12, "13:01"), marks=(Mark(1, jan(12, "13:00"), nobody=True),))
        assert found.firings == (Firing(2, jan(12, "13:00"), told=True, by_climb=True),)
        assert found.unanswered == ()

    def test_nothing_is_above_the_last_step(self) -> None:
        steps = (Rung(1, Point("percent", 50), acknowledge=30),)
        found = at(jan(12, "16:00"), marks=self.WAITING, steps=steps)
        assert (found.firings, found.unanswered, found.next_at) == ((), (1,), None)


# -- properties ------------------------------------------------------------------------------------------------------

DAY = st.integers(0, 4 * 24 * 60).map(lambda minutes: OPENED + minutes * M)


@st.composite
def lives(draw: st.DrawFn) -> list[ClockFact]:
    """A clock started on Monday, with pauses, changes of target, a stop and a reopening, in any order."""
    moments = sorted(draw(st.lists(DAY, max_size=6, unique=True)))
    kinds = draw(
        st.lists(st.sampled_from(["pause", "resume", "retarget", "stop", "reopen"]), min_size=6, max_size=6)
    )
    facts = [start(OPENED)]
    for instant, kind in zip(moments, kinds, strict=False):
        more = {
            "pause": {"reason": "client_info"},
            "retarget": {"terms": terms(K1, draw(st.sampled_from([2, 4, 8, 16])))},
        }
        facts.append(fact(kind, instant, **more.get(kind, {})))
    return facts


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Rung, ...]:
    percents = sorted(draw(st.sets(st.sampled_from([25, 50, 75, 90, 100, 150]), min_size=1)))
    return tuple(
        Rung(n, Point("percent", percent), draw(st.sampled_from([None, 10, 45])))
        for n, percent in enumerate(percents)
    )


def lived(steps: tuple[Rung, ...], facts: list[ClockFact], sweeps: list[int], promise=EIGHT) -> list[Firing]:  # type: ignore[no-untyped-def]
    """Swept at these instants, nobody answering: all that fired, in order."""
    marks: dict[int, Mark] = {}
    fired: list[Firing] = []
    for now in sorted(sweeps):
        found = climb(steps, read_clock(promise, facts, now), marks.values(), now)
        for key in found.unanswered:
            marks[key] = Mark(key, marks[key].told_at)
        for one in found.firings:
            assert one.key not in marks, "a step fires once"
            asked = next(step.acknowledge for step in steps if step.key == one.key) is not None
            marks[one.key] = Mark(one.key, now, waits=one.told and asked)
            fired.append(one)
        assert climb(steps, read_clock(promise, facts, now), marks.values(), now).firings == (), "idempotent"
    return fired


@settings(max_examples=200, deadline=None)
@given(ladders(), lives(), st.lists(DAY, min_size=1, max_size=8))
def test_each_fires_once_upwards_and_one_alone_is_told(
    steps: tuple[Rung, ...], facts: list[ClockFact], sweeps: list[int]
) -> None:
    fired = lived(steps, facts, sweeps)
    keys = [one.key for one in fired]
    assert keys == sorted(set(keys))
    assert all(one.at <= max(sweeps) for one in fired)


@settings(max_examples=200, deadline=None)
@given(ladders(), lives(), DAY)
def test_never_while_paused_or_stopped(steps: tuple[Rung, ...], facts: list[ClockFact], now: int) -> None:
    reading = read_clock(EIGHT, facts, now)
    if reading.state is not ClockState.RUNNING:
        assert climb(steps, reading, (), now) == Climb()


@settings(max_examples=150, deadline=None)
@given(ladders(), lives(), DAY)
def test_looking_again_when_told_to_misses_nothing(
    steps: tuple[Rung, ...], facts: list[ClockFact], now: int
) -> None:
    """Between now and ``next_at`` nothing is due, as long as no fact comes."""
    known = [one for one in facts if one.at <= now]
    found = climb(steps, read_clock(EIGHT, known, now), (), now)
    marks = tuple(Mark(one.key, now) for one in found.firings)
    settled = climb(steps, read_clock(EIGHT, known, now), marks, now)
    if settled.next_at is None:
        return
    before = settled.next_at - 1
    assert climb(steps, read_clock(EIGHT, known, before), marks, before).firings == ()
    assert climb(steps, read_clock(EIGHT, known, settled.next_at), marks, settled.next_at).firings


@settings(max_examples=150, deadline=None)
@given(lives(), st.sampled_from([25, 50, 75, 90, 100, 150]), DAY)
def test_a_percent_is_reached_when_the_clock_says_so(facts: list[ClockFact], percent: int, now: int) -> None:
    """The clock's own thresholds are the oracle: nothing of this code."""
    carried = [
        one if one.terms is None else one._replace(terms=_announcing(one.terms, percent)) for one in facts
    ]
    reading = read_clock(_announcing(EIGHT, percent), carried, now)
    at = reach(Point("percent", percent), reading)
    clock = next((step for step in reading.thresholds if step.percent == percent), None)
    if reading.state is not ClockState.RUNNING or any(one.kind == "retarget" for one in carried):
        return  # a threshold stays passed after a longer target; a ladder reads the target in force
    assert (at is not None and at <= now) == (clock is not None)
    if clock is not None:
        assert at == clock.at


def _announcing(promise, percent: int):  # type: ignore[no-untyped-def]
    return replace(promise, thresholds=(percent,), on_retarget=PriorityPolicy.CARRY_OVER)


@given(st.integers(1, 400))
def test_service_minutes_before_the_breach_are_counted_back_from_it(minutes: int) -> None:
    now = OPENED + M
    reading = read(EIGHT, now, start(OPENED))
    at = reach(Point("service", -minutes), reading)
    assert at is not None
    assert reading.due_at is not None
    assert openings(K1).elapsed(at, reading.due_at) == minutes * M
