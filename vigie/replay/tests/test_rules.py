"""Months of a replay count as the rule of compliance says, whatever the clocks; a variant changes what it names and nothing else."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from vigie.compliance import rules as compliance
from vigie.contracts.rules import compliance as rule
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.compliance import Method, Outcome
from vigie.contracts.rules.promise import ClockKind, ReopenPolicy, Target, Terms
from vigie.replay.rules import Board, Change, Months, Stood, Subject, alters

FIRST = [dt.date(2026, n, 1) for n in range(1, 5)]
NOW = dt.datetime(2026, 4, 17, 9, 30, tzinfo=dt.UTC)
K1 = Calendar.weekly("Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"), holiday_sets=["FR"], code="K1")
LOW, HIGH = int(dt.datetime(2025, 11, 1, tzinfo=dt.UTC).timestamp()), int(NOW.timestamp())


@st.composite
def clocks(draw: st.DrawFn) -> tuple[Subject, Stood]:
    opened = draw(st.integers(LOW, HIGH))
    stopped = draw(st.none() | st.integers(opened, HIGH))
    state = draw(st.sampled_from(["met", "missed", "cancelled"])) if stopped else "running"
    due = None if state == "cancelled" else draw(st.none() | st.integers(opened, HIGH + 40 * 86_400))
    return Subject("resolution", "incident", 3, draw(st.booleans()), opened), Stood(state, stopped, due, 0, 0)


@given(st.lists(clocks(), max_size=20), st.sampled_from(list(Method)))
def test_a_month_counts_what_the_rule_counts(found: list[tuple[Subject, Stood]], method: Method) -> None:
    months = Months.up_to(FIRST, "Europe/Paris", [method] * len(FIRST), NOW)
    board = Board(months)
    for subject, stood in found:
        board.add(subject, stood)
    outcomes = [
        Outcome(s.opened, c.due, c.stopped, c.state == "missed", s.excluded, c.state == "cancelled")
        for s, c in found
    ]
    for place, (start, end) in enumerate(zip(months.bounds, months.ends, strict=False)):
        expected = rule.measure(outcomes, method, start, end)
        assert compliance.measure_of(board.counted(place)) == expected
        late = [
            c
            for _, c in found
            if c.due is not None and c.due < end and (c.stopped is None or c.stopped >= end)
        ]
        assert board.open_late[place] == len(late)


def terms(**more: object) -> Terms:
    return Terms(
        ClockKind.RESOLUTION,
        Target(28_800),
        K1,
        commitment_id="7",
        pause_reasons=frozenset({"client_info"}),
        **more,
    )  # type: ignore[arg-type]


def test_a_variant_changes_what_it_names() -> None:
    promise = terms()
    assert not alters(promise, Change().applied(promise))
    assert Change(targets={"8": Target(60)}).applied(promise) == promise
    assert Change(targets={"7": Target(60)}).applied(promise).target == Target(60)
    assert Change(pauses={"supplier": True, "client_info": False}).applied(promise).pause_reasons == {
        "supplier"
    }
    assert Change(on_reopen=ReopenPolicy.COUNT).applied(promise).on_reopen == ReopenPolicy.COUNT


def test_other_hours_keep_the_zone_and_the_closed_days_of_the_promise() -> None:
    promise = terms()
    wide = Change(week=(((420, 1200),),) * 7).applied(promise).calendar
    assert (wide.zone, wide.holiday_sets, wide.week[6]) == ("Europe/Paris", ("FR",), ((420, 1200),))
    london = Calendar.weekly("Europe/London", WEEKDAYS, ("09:00", "17:00"), holiday_sets=["GB-ENG"])
    there = Change(calendar=london).applied(promise).calendar
    assert (there.zone, there.holiday_sets, there.week) == ("Europe/Paris", ("FR",), london.week)
    union = Calendar.union("UTC", K1, london)
    assert Change(calendar=union).applied(promise).calendar == union


def test_the_response_is_never_suspended() -> None:
    answer = Terms(ClockKind.RESPONSE, Target(1800), K1)
    assert Change(pauses={"supplier": True}).applied(answer) == answer
