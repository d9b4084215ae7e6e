"""The clock of a promise: a pure function of (terms, facts, now). Replaying gives the same result for ever.

Facts are taken in the order of their instants (``order`` where equal); those after ``now`` have not happened.
The life of the clock is cut in pieces (``clock_life``); all the rest (used, due, breach, thresholds) is read off the pieces.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.clock_life import Life
from vigie.contracts.rules.promise import Terms, pause_key
from vigie.contracts.rules.reading import (
    Breach,
    ClockState,
    Reading,
    Segment,
    Standing,
    Threshold,
    joined,
)
from vigie.kernel.refusal import Refusal

_ORDER = attrgetter("at", "order")


def read_clock(terms: Terms, facts: Iterable[ClockFact], now: int) -> Reading:
    """The clock at ``now``.

    Refuses ``contracts.clock_not_started`` (no start fact up to ``now``), ``contracts.calendar_never_opens``
    (closed for 400 days from the start), ``contracts.fact_without_terms``, ``contracts.target_not_a_clock``.
    """
    clock = _lived(terms, facts, now)
    clock.settle_thresholds()
    return _reading(clock, now)


def stand_of(terms: Terms, facts: Iterable[ClockFact], now: int) -> Standing:
    """The figures of ``read_clock`` and nothing to tell; terms without thresholds make it cheaper."""
    clock = _lived(terms, facts, now)
    state, first = _state(clock), _first_breach(clock)
    due_at = _due(clock, state)
    return Standing(state, clock.used, clock.budget, clock.stopped_at, due_at, first.at if first else None)


def _lived(terms: Terms, facts: Iterable[ClockFact], now: int) -> Life:
    """The clock after all that happened up to ``now``."""
    clock = Life(terms, terms.target.openings(terms.calendar))
    for fact in sorted(facts, key=_ORDER):
        if fact.at <= now:
            clock.take(fact)
    if clock.started_at is None:
        raise Refusal("contracts.clock_not_started")
    clock.advance(now)
    return clock


def _reading(clock: Life, now: int) -> Reading:
    assert clock.started_at is not None
    state, first = _state(clock), _first_breach(clock)
    due_at = _due(clock, state)
    return Reading(
        now=now,
        state=state,
        terms=clock.terms,
        used_seconds=clock.used,
        target_seconds=clock.budget,
        started_at=clock.started_at,
        stopped_at=clock.stopped_at,
        due_at=due_at,
        last_ok=_last_ok(clock, due_at),
        breached_at=first.at if first else None,
        breach_origin=first.origin if first else None,
        superseded=tuple(clock.superseded),
        error_accepted_at=clock.error_accepted_at,
        first_verdict=clock.first_verdict,
        pending_reason=pause_key(*clock.wait) if clock.wait else "",
        cancel_reason=clock.cancel_reason,
        reopened=clock.reopened,
        segments=_segments(clock),
        thresholds=tuple(clock.passed),
        next_threshold=_next_threshold(clock) if state is ClockState.RUNNING else None,
    )


def _first_breach(clock: Life) -> Breach | None:
    breach = clock.breach()
    if not clock.superseded:
        return breach
    found = [*clock.superseded, breach] if breach else clock.superseded
    return min(found, key=attrgetter("at"), default=None)


def _state(clock: Life) -> ClockState:
    if clock.cancelled:
        return ClockState.CANCELLED
    if clock.stopped_at is not None:
        return clock.verdict()
    paused = clock.wait is not None and clock.terms.pauses(*clock.wait)
    return ClockState.PAUSED if paused else ClockState.RUNNING


def _due(clock: Life, state: ClockState) -> int | None:
    """When the time runs out."""
    if state is ClockState.PAUSED or state is ClockState.CANCELLED:
        return None
    reached = clock.reached(clock.budget)
    return clock.hours.due(clock.at, clock.budget - clock.used) if reached is None else reached


def _last_ok(clock: Life, due_at: int | None) -> int | None:
    """The last instant that is still in time."""
    if due_at is None:
        return None
    exceeded = clock.exceeded(clock.budget)
    if exceeded is not None:
        return exceeded - 1
    return clock.hours.next_open(due_at if clock.used < clock.budget else clock.at)


def _next_threshold(clock: Life) -> Threshold | None:
    known = {step.percent for step in clock.passed}
    for percent in sorted(set(clock.terms.thresholds) - known):
        left = -(-percent * clock.budget // 100) - clock.used
        return Threshold(percent, clock.hours.due(clock.at, left))
    return None


def _segments(clock: Life) -> tuple[Segment, ...]:
    return joined(
        Segment(p.start, p.end, p.counted, p.cause, p.holder, p.seconds, p.hours.calendar.code, p.target)
        for p in clock.pieces
    )
