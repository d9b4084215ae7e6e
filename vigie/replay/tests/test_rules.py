"""Months of a replay count as the rule of compliance says, whatever the clocks; a variant changes what it names and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from vigie.compliance import rules as compliance
from vigie.contracts.rules import compliance as rule
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.compliance import Method, Outcome
from vigie.contracts.rules.promise import ClockKind, Delays, PriorityPolicy, ReopenPolicy, Target, Terms
from vigie.contracts.rules.sla_clock import stand_of
from vigie.contracts.tests.test_clock_properties import lives, policies, relaxed, reopenings
from vigie.replay.queries.journal import APART, Journal, Raw
from vigie.replay.rules import Board, Change, Clause, Months, Stood, Subject, alters
from vigie.tickets.rules.clock_facts import Row, clock_facts

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


# -- facts read once, clocks left alone -------------------------------------------------------------------------------

PHASES = st.sampled_from(["active", "waiting", "done", "ended"])
SAID = st.one_of(
    st.tuples(st.just("opened"), st.just({}), st.just({})),
    st.tuples(st.just("responded"), st.just({}), st.just({})),
    st.builds(
        lambda now, was, more: ("state", {"phase": now, **more}, {"phase": was}),
        PHASES,
        PHASES,
        st.fixed_dictionaries(
            {},
            optional={
                "reason": st.sampled_from(["client_info", "supplier", "change_window"]),
                "agreed": st.booleans(),
                "state": st.sampled_from(["cancelled", "closed"]),
            },
        ),
    ),
)


@example(
    [(LOW, ("state", {"phase": "waiting", "reason": "change_window", "agreed": False}, {}))],
    ClockKind.RESOLUTION,
)
@example(
    [(LOW, ("state", {"phase": "ended", "state": "cancelled"}, {"phase": "active"}))], ClockKind.RESPONSE
)
@given(st.lists(st.tuples(st.integers(LOW, HIGH), SAID), max_size=12), st.sampled_from(list(ClockKind)))
def test_r4_6_a_journal_read_text_by_text_says_what_the_clock_reads(
    lived: list[tuple[int, tuple[str, dict[str, object], dict[str, object]]]], kind: ClockKind
) -> None:
    journal = Journal()
    raw: list[Raw] = [
        (1, pk, at, APART.join((what, json.dumps(after), json.dumps(before))))
        for pk, (at, (what, after, before)) in enumerate(lived, 1)
    ]
    rows = [
        Row(pk, dt.datetime.fromtimestamp(at, dt.UTC), what, after, before)
        for pk, (at, (what, after, before)) in enumerate(lived, 1)
    ]
    for _ in range(2):  # asked, then known
        found = journal.plain_facts(raw)
        assert found is not None
        mine = found.response if kind == ClockKind.RESPONSE else found.other
        assert mine == clock_facts(str(kind), 7, rows, dict)  # type: ignore[arg-type]
    assert journal.rows(raw) == sorted(rows, key=lambda row: (row.at, row.id))


def test_promises_and_corrections_are_not_plain() -> None:
    opened: Raw = (1, 1, LOW, f"opened{APART}{APART}")
    for kind in ("promised", "corrected"):
        more: Raw = (1, 2, LOW, f"{kind}{APART}{{}}{APART}")
        assert Journal().plain_facts([opened, more]) is None


@relaxed
@given(lives(), policies, reopenings, st.integers(0, 90_000))
def test_r4_6_a_clock_whose_measured_terms_are_equal_stands_the_same(
    facts: list[ClockFact], policy: PriorityPolicy, reopening: ReopenPolicy, later: int
) -> None:
    """What ``alters`` leaves out decides nothing: thresholds, delays, which commitment and which version said so."""
    old = terms(on_retarget=policy, on_reopen=reopening)
    new = replace(
        old, thresholds=(10,), delays=Delays(3, 4, (1, 2)), commitment_id="8", contract_id="9", calendar_version="v2"
    )  # fmt: skip
    assert not alters(old, new)
    now = facts[-1].at + later
    assert stand_of(new, facts, now) == stand_of(old, facts, now)


def test_a_clause_stands_in_the_place_of_a_promise_of_its_kind() -> None:
    promise, london = terms(), Calendar.weekly("Europe/London", WEEKDAYS, ("09:00", "17:00"))
    said = Clause(
        ClockKind.RESOLUTION, Target(60), frozenset({"supplier"}), PriorityPolicy.RESTART, ReopenPolicy.COUNT, Delays(3)
    )  # fmt: skip
    new = Change(clauses={"7": said}).applied(promise)
    assert (new.target, new.pause_reasons, new.on_retarget, new.on_reopen, new.delays, new.calendar) == (
        Target(60), frozenset({"supplier"}), PriorityPolicy.RESTART, ReopenPolicy.COUNT, Delays(3), K1
    )  # fmt: skip
    assert Change(clauses={"8": said}).applied(promise) == promise
    assert Change(clauses={"7": said._replace(kind=ClockKind.RESPONSE)}).applied(promise) == promise
    assert Change(clauses={"7": said}, targets={"7": Target(90)}).applied(promise).target == Target(90)
    there = Change(clauses={"7": said._replace(calendar=london)}).applied(promise).calendar
    assert (there.zone, there.week) == ("Europe/Paris", london.week)
    assert (
        Change(clauses={"7": said._replace(calendar=london, of_site=False)}).applied(promise).calendar
        == london
    )
