"""The figures without the telling are those of the clock itself, whatever happened to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind, PriorityPolicy, ReopenPolicy
from vigie.contracts.rules.sla_clock import read_clock, stand_of
from vigie.contracts.tests.samples import H, terms
from vigie.contracts.tests.test_clock_properties import lives, policies, relaxed, reopenings


@relaxed
@given(
    lives(),
    policies,
    reopenings,
    st.sampled_from((ClockKind.RESPONSE, ClockKind.RESOLUTION)),
    st.booleans(),
    st.integers(0, 60 * H),
)
def test_r4_6_the_standing_is_that_of_the_reading(
    facts: list[ClockFact],
    policy: PriorityPolicy,
    reopening: ReopenPolicy,
    kind: ClockKind,
    warns: bool,
    later: int,
) -> None:
    promise, now = replace(terms(on_retarget=policy, on_reopen=reopening), kind=kind), facts[-1].at + later
    if not warns:
        promise = replace(promise, thresholds=())
        facts = [f._replace(terms=replace(f.terms, thresholds=())) if f.terms else f for f in facts]
    reading = read_clock(promise, facts, now)
    stood = stand_of(promise, [fact for fact in facts if fact.kind != FactKind.HOLDER], now)
    assert stood == (
        reading.state, reading.used_seconds, reading.target_seconds, reading.stopped_at, reading.due_at,
        reading.breached_at,
    )  # fmt: skip


@given(st.datetimes(datetime(1903, 1, 1), datetime(2198, 1, 1)), st.sampled_from(["Europe/Paris", "UTC"]))  # noqa: DTZ001
def test_an_instant_is_the_same_from_any_zone(at: datetime, zone: str) -> None:
    there = at.replace(tzinfo=ZoneInfo(zone))
    assert epoch(there) == epoch(there.astimezone(UTC))
