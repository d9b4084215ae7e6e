"""Properties of the service clock, and an oracle that counts minute by minute without any of its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import ClockKind, PriorityPolicy, ReopenPolicy, Target
from vigie.contracts.rules.reading import Reading
from vigie.contracts.rules.sla_clock import read_clock
from vigie.contracts.tests.samples import (
    K1,
    K2,
    K3,
    K4,
    K5,
    K6,
    K7,
    K8,
    H,
    at,
    due,
    elapsed,
    fact,
    pause,
    read,
    start,
    stop,
    terms,
)  # fmt: skip

ALL = (K1, K2, K3, K4, K5, K6, K7, K8)
FIRST = at("2025-12-01 00:00")
calendars = st.sampled_from(ALL)
instants = st.integers(FIRST, FIRST + 400 * 86_400)
durations = st.integers(1, 60 * H)
relaxed = settings(deadline=None, max_examples=80)


@relaxed
@given(calendars, st.tuples(instants, instants, instants))
def test_r4_1_elapsed_is_additive_and_bounded(calendar: Calendar, marks: tuple[int, int, int]) -> None:
    a, b, c = sorted(marks)
    assert elapsed(calendar, a, b) + elapsed(calendar, b, c) == elapsed(calendar, a, c)
    assert 0 <= elapsed(calendar, a, b) <= b - a
    assert elapsed(calendar, b, a) == (0 if a < b else elapsed(calendar, a, b))


@relaxed
@given(calendars, instants, durations)
def test_r4_2_due_is_the_earliest_instant_with_that_elapsed(calendar: Calendar, a: int, d: int) -> None:
    u = due(calendar, a, d)
    assert elapsed(calendar, a, u) == d
    assert elapsed(calendar, a, u - 1) == d - 1


@relaxed
@given(calendars, instants, durations)
def test_r4_3_last_ok_is_the_latest_instant_with_that_elapsed(calendar: Calendar, a: int, d: int) -> None:
    hours = openings(calendar)
    u, last = hours.due(a, d), hours.last_ok(a, d)
    assert last >= u
    assert elapsed(calendar, a, last) == d
    assert elapsed(calendar, a, last + 1) == d + 1
    if hours.is_open(u):
        assert last == u


@relaxed
@given(calendars, instants, durations)
def test_back_undoes_due(calendar: Calendar, a: int, d: int) -> None:
    hours = openings(calendar)
    u = hours.back(a, d)
    assert elapsed(calendar, u, a) == d
    assert elapsed(calendar, u + 1, a) == d - 1
    assert hours.due(u, d) == hours.prev_open(a)


@relaxed
@given(calendars, instants, instants)
def test_openings_answer_the_same_whatever_was_asked_before(calendar: Calendar, a: int, b: int) -> None:
    fresh = type(openings(calendar))(calendar)
    assert fresh.elapsed(a, b) == elapsed(calendar, a, b)
    assert fresh.next_open(a) == openings(calendar).next_open(a)
    assert fresh.prev_open(b) == openings(calendar).prev_open(b)


@relaxed
@given(st.lists(calendars, min_size=1, max_size=3), instants, st.integers(0, 30 * 86_400))
def test_r4_13_a_union_counts_overlaps_once(parts: list[Calendar], a: int, length: int) -> None:
    each = [elapsed(part, a, a + length) for part in parts]
    whole = elapsed(Calendar.union("Europe/Paris", *parts), a, a + length)
    assert max(each) <= whole <= sum(each)


@relaxed
@given(calendars, instants, st.integers(0, 8))
def test_business_days_move_forward(calendar: Calendar, a: int, n: int) -> None:
    hours = openings(calendar)
    assert a < hours.business_days_eod(a, n) < hours.business_days_eod(a, n + 1)


# -- the clock --

REASONS = ("client_info", "supplier", "change_window", "internal_part", "client_third_party")


@st.composite
def lives(draw: st.DrawFn) -> list[ClockFact]:
    """A life of a ticket: pauses, holders, new targets, stops, reopenings, at distinct instants."""
    opened = draw(instants)
    steps = draw(st.lists(st.integers(1, 20 * H), min_size=1, max_size=8))
    facts, now = [start(opened)], opened
    for step in steps:
        now += step
        kind = draw(
            st.sampled_from(["pause", "resume", "holder", "retarget", "stop", "reopen", "recalendar"])
        )
        promise = terms(draw(calendars), draw(st.integers(1, 40)))
        facts.append(
            fact(
                kind,
                now,
                reason=draw(st.sampled_from(REASONS)),
                agreed=draw(st.booleans()),
                holder=draw(st.sampled_from(["N1", "N2", "client"])),
                terms=promise,
            )
        )
    return facts


policies = st.sampled_from(list(PriorityPolicy))
reopenings = st.sampled_from(list(ReopenPolicy))


@relaxed
@given(lives(), st.randoms(), policies, reopenings, st.integers(0, 60 * H))
def test_r4_6_replay_and_order_of_arrival_change_nothing(
    facts: list[ClockFact], shuffler: object, policy: PriorityPolicy, reopening: ReopenPolicy, later: int
) -> None:
    promise, now = terms(on_retarget=policy, on_reopen=reopening), facts[-1].at + later
    first = read(promise, now, facts)  # checks R4.16 too
    shuffled = list(facts)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert read(promise, now, shuffled) == first
    assert read(type(promise).from_json(promise.to_json()), now, facts) == first


@relaxed
@given(lives(), policies, st.integers(0, 60 * H))
def test_r4_4_verdict_follows_the_seconds(facts: list[ClockFact], policy: PriorityPolicy, later: int) -> None:
    reading = read(terms(on_retarget=policy), facts[-1].at + later, facts)
    late = reading.used_seconds > reading.target_seconds
    if reading.state in ("met", "missed"):
        assert (reading.state == "missed") == (late or bool(reading.superseded))
    assert reading.breached == (late or bool(reading.superseded))


@relaxed
@given(lives(), st.integers(0, 60 * H))
def test_due_is_where_the_time_runs_out(facts: list[ClockFact], later: int) -> None:
    promise, now = terms(), facts[-1].at + later
    reading = read(promise, now, facts)
    if reading.state == "running" and reading.remaining_seconds > 0:
        assert reading.due_at is not None
        assert reading.last_ok is not None
        assert read(promise, reading.due_at, facts).remaining_seconds == 0
        assert not read_late(read(promise, reading.last_ok, facts))
        assert read_late(read(promise, reading.last_ok + 1, facts))


def read_late(reading: Reading) -> bool:
    return reading.used_seconds > reading.target_seconds


@relaxed
@given(lives(), st.sampled_from(["holder"]), instants)
def test_r4_7_reassignment_never_changes_a_clock(facts: list[ClockFact], kind: str, when: int) -> None:
    now = facts[-1].at + H
    before = read(terms(), now, facts)
    after = read(terms(), now, facts, fact(kind, when, holder="somebody else", order=-1))
    same = ("used_seconds", "state", "due_at", "last_ok", "breached_at", "thresholds", "first_verdict")
    assert all(getattr(before, name) == getattr(after, name) for name in same)


@relaxed
@given(lives(), instants, st.integers(1, 100 * H))
def test_r4_9_response_clock_ignores_pauses_and_reopening(
    facts: list[ClockFact], a: int, length: int
) -> None:
    response = terms(kind=ClockKind.RESPONSE, pause_reasons=frozenset(REASONS))
    now = facts[-1].at + H
    plain = [f for f in facts if f.kind in ("start", "retarget", "recalendar", "stop")]
    kept = [f._replace(terms=replace(f.terms, kind=ClockKind.RESPONSE)) if f.terms else f for f in plain]
    noise = [*pause(a, a + length), fact("reopen", a + length + 1)]
    noisy, quiet = read(response, now, kept, noise), read(response, now, kept)
    assert (noisy.used_seconds, noisy.state) == (quiet.used_seconds, quiet.state)


@relaxed
@given(st.sampled_from((K1, K2, K8)), instants, st.integers(1, 90 * H), st.integers(1, 20))
def test_r4_5_a_pause_outside_hours_changes_nothing(
    calendar: Calendar, opened: int, length: int, target: int
) -> None:
    hours = openings(calendar)
    closed_from = hours.closing(opened)
    assert closed_from is not None
    closed_to = hours.next_open(closed_from)
    end = opened + length
    promise = terms(calendar, target)
    without = read(promise, end, start(opened), stop(end))
    with_pause = read(promise, end, start(opened), pause(closed_from, closed_to), stop(end))
    for name in ("used_seconds", "state", "due_at", "last_ok", "breached_at", "thresholds"):
        assert getattr(without, name) == getattr(with_pause, name)


@relaxed
@given(calendars, instants, durations, st.integers(0, 30 * H), st.integers(1, 30 * H), st.integers(0, 30 * H))
def test_a_longer_client_pause_never_makes_a_met_clock_missed(
    calendar: Calendar, opened: int, solved_after: int, wait_after: int, length: int, longer: int
) -> None:
    solved, waits = opened + solved_after, opened + wait_after
    short = read(terms(calendar), solved, start(opened), pause(waits, waits + length), stop(solved))
    long = read(terms(calendar), solved, start(opened), pause(waits, waits + length + longer), stop(solved))
    assert long.used_seconds <= short.used_seconds
    assert short.state == "missed" or long.state == "met"


@relaxed
@given(calendars, instants, durations, st.integers(1, 40), st.integers(1, 40))
def test_a_lower_target_never_turns_missed_into_met(
    calendar: Calendar, opened: int, length: int, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    facts = [start(opened), stop(opened + length)]
    lower = read(terms(calendar, low), opened + length, facts)
    higher = read(terms(calendar, high), opened + length, facts)
    assert higher.state == "met" or lower.state == "missed"


@relaxed
@given(lives(), st.integers(1, 10 * H), st.integers(41, 90))
def test_r4_10_a_downgrade_never_turns_missed_into_met(
    facts: list[ClockFact], later: int, hours: int
) -> None:
    facts = [f for f in facts if f.kind not in ("retarget", "recalendar", "stop", "reopen")]
    changed = facts[-1].at + later
    before = read(terms(), changed, facts, stop(changed))
    lowered = fact("retarget", changed, terms=terms(K1, hours))
    after = read(terms(), changed + 1, facts, lowered, stop(changed + 1))
    assert before.state == "met" or after.state == "missed"
    forgiven = fact("accept_priority_error", changed + 1, order=1)
    if after.used_seconds <= after.target_seconds:
        assert read(terms(), changed + 1, facts, lowered, stop(changed + 1), forgiven).state == "met"


@relaxed
@given(lives(), policies, reopenings, st.lists(st.integers(0, 200 * H), min_size=1, max_size=8))
def test_r4_18_thresholds_fire_once_and_never_while_paused(
    facts: list[ClockFact], policy: PriorityPolicy, reopening: ReopenPolicy, ticks: list[int]
) -> None:
    promise = terms(on_retarget=policy, on_reopen=reopening)
    known: dict[int, int] = {}
    for tick in sorted(ticks):
        reading = read(promise, facts[0].at + tick, facts)
        percents = [step.percent for step in reading.thresholds]
        assert len(percents) == len(set(percents))
        now = {step.percent: step.at for step in reading.thresholds}
        assert {percent: now[percent] for percent in known} == known
        known = now
        assert (reading.next_threshold is None) or reading.state == "running"
        for step in reading.thresholds:
            assert not any(
                s.start < step.at < s.end and not s.counted and s.cause.startswith("pending")
                for s in reading.segments
            )


# -- the oracle: one minute after the other, on the wall --

ZONES = ("Europe/Paris", "America/Sao_Paulo", "Pacific/Auckland", "Asia/Kathmandu")
CHANGES = {
    "Europe/Paris": [date(2026, 3, 28), date(2026, 10, 24)],
    "America/Sao_Paulo": [date(2018, 11, 3), date(2018, 2, 17)],
    "Pacific/Auckland": [date(2026, 4, 4), date(2026, 9, 26)],
    "Asia/Kathmandu": [date(1985, 12, 31), date(2026, 1, 1)],
}


def walked(calendar: Calendar, a: int, b: int) -> int:
    """Open seconds of ``[a, b)``, whole minutes, by asking each minute whether it is open.

    A minute is open if its wall time lies in an interval of its date (or of the day before, past midnight).
    In autumn the wall repeats an hour: a boundary is its first occurrence, so once an interval has ended its
    minutes do not come back, and once it has begun it goes on: told from the order of real minutes.
    """
    zone = ZoneInfo(calendar.zone)
    first = datetime.fromtimestamp(a, UTC) - timedelta(days=3)
    minutes = [first + timedelta(minutes=i) for i in range((b - a) // 60 + 6 * 1440)]
    walls = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
    reached: list[datetime] = []  # the furthest wall time seen so far: boundaries behind it have happened
    top = walls[0]
    for wall in walls:
        top = max(top, wall)
        reached.append(top)
    count = 0
    for minute, top in zip(minutes, reached, strict=True):
        if a <= minute.timestamp() < b and any(s <= top < e for s, e in _near(calendar, top)):
            count += 60
    return count


def _near(calendar: Calendar, wall: datetime) -> list[tuple[datetime, datetime]]:
    found = []
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock
        for s, e in calendar.hours_on(day):
            found.append((midnight + timedelta(minutes=s), midnight + timedelta(minutes=e)))
    return found


@st.composite
def odd_calendars(draw: st.DrawFn) -> Calendar:
    """Hours at random over the night of a change of clock: nights, lunch breaks, closed days."""
    zone = draw(st.sampled_from(ZONES))
    table: dict[str, list[list[str]]] = {}
    for name in WEEKDAYS:
        marks = draw(st.lists(st.integers(0, 95), min_size=0, max_size=4, unique=True).map(sorted))
        if len(marks) % 2:
            marks = marks[1:]
        table[name] = [[_quarter(marks[i]), _quarter(marks[i + 1])] for i in range(0, len(marks), 2)]
        if draw(st.booleans()) and (not marks or marks[-1] < 92):
            table[name].append([_quarter(92), _quarter(draw(st.integers(0, 40)))])
    table["wed"] = table["wed"] or [["08:00", "18:00"]]
    return Calendar.from_json({"timezone": zone, "hours": table})


def _quarter(n: int) -> str:
    return f"{n // 4:02d}:{n % 4 * 15:02d}"


def _starts_in_a_jump(calendar: Calendar, a: int, b: int) -> bool:
    """Does an interval start on a wall time that does not exist? (its own rule, tested by value)"""
    zone = ZoneInfo(calendar.zone)
    day = datetime.fromtimestamp(a, zone).date() - timedelta(days=2)
    while day <= datetime.fromtimestamp(b, zone).date():
        for s, _ in calendar.hours_on(day):
            wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=s)
            if wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
                return True
        day += timedelta(days=1)
    return False


@settings(max_examples=50, deadline=None)
@given(odd_calendars(), st.integers(0, 1), st.integers(0, 2879), st.integers(1, 2880))
def test_oracle_minute_by_minute_around_a_change_of_clock(
    calendar: Calendar, which: int, offset: int, length: int
) -> None:
    a = at(f"{CHANGES[calendar.zone][which].isoformat()} 00:00", calendar.zone) // 60 * 60 + offset * 60
    b = a + length * 60
    if _starts_in_a_jump(calendar, a, b):
        return
    open_seconds = walked(calendar, a, b)
    assert elapsed(calendar, a, b) == open_seconds
    if open_seconds:
        u = due(calendar, a, open_seconds)
        assert u <= b
        assert walked(calendar, a, u) == open_seconds


@settings(max_examples=20, deadline=None)
@given(odd_calendars(), st.integers(0, 2879), st.lists(st.integers(1, 600), min_size=3, max_size=5))
def test_oracle_pauses_across_a_change(calendar: Calendar, offset: int, steps: list[int]) -> None:
    a = at(f"{CHANGES[calendar.zone][1].isoformat()} 00:00", calendar.zone) // 60 * 60 + offset * 60
    marks = [a]
    for step in steps:
        marks.append(marks[-1] + step * 60)
    if _starts_in_a_jump(calendar, a, marks[-1]):
        return
    waits = pause(marks[1], marks[2])
    reading = read_clock(
        replace(terms(calendar), target=Target(10_000 * H)), [start(a), *waits, stop(marks[-1])], marks[-1]
    )
    expected = walked(calendar, a, marks[1]) + walked(calendar, marks[2], marks[-1])
    assert reading.used_seconds == expected
