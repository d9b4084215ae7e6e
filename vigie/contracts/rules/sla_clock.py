"""The clock of a promise: a pure function of (terms, facts, now). Replaying gives the same result for ever.

Facts are taken in the order of their instants (``order`` where equal); those after ``now`` have not happened.
The life of the clock is cut in pieces; all the rest (used, due, breach, thresholds) is read off the pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from vigie.contracts.rules.clock_facts import ClockFact, FactKind, Side
from vigie.contracts.rules.openings import Openings
from vigie.contracts.rules.promise import (
    ClockKind,
    PriorityPolicy,
    ReopenPolicy,
    Terms,
    pause_key,
)
from vigie.contracts.rules.reading import (
    Breach,
    BreachOrigin,
    ClockState,
    Reading,
    Segment,
    Standing,
    Threshold,
    joined,
)
from vigie.kernel.refusal import Refusal

RUNNING, RESOLVED, BEFORE_RESTART = "running", "resolved", "before_restart"
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
    used, state, first = clock.used(), _state(clock), _first_breach(clock)
    due_at = _due(clock, state, used)
    return Standing(state, used, clock.budget, clock.stopped_at, due_at, first.at if first else None)


def _lived(terms: Terms, facts: Iterable[ClockFact], now: int) -> _Clock:
    """The clock after all that happened up to ``now``."""
    clock = _Clock(terms, terms.target.openings(terms.calendar))
    for fact in sorted(facts, key=_ORDER):
        if fact.at <= now:
            clock.take(fact)
    if clock.started_at is None:
        raise Refusal("contracts.clock_not_started")
    clock.advance(now)
    return clock


@dataclass(slots=True)
class _Piece:
    start: int
    end: int
    counted: bool
    cause: str
    wait: tuple[str, bool] | None
    holder: str
    hours: Openings
    target: int
    seconds: int = 0

    def measure(self) -> _Piece:
        self.seconds = self.hours.elapsed(self.start, self.end)
        return self


@dataclass(slots=True)
class _Clock:
    terms: Terms
    hours: Openings  # what measures the terms
    at: int = 0
    started_at: int | None = None
    stopped_at: int | None = None
    cancelled: bool = False
    cancel_reason: str = ""
    wait: tuple[str, bool] | None = None
    holder: str = ""
    budget: int = 0
    origin: int = 0  # where J+n is counted from: the start, or the last restart
    target_since: int = 0
    warn_since: int = 0
    pieces: list[_Piece] = field(default_factory=list)
    superseded: list[Breach] = field(default_factory=list)
    passed: list[Threshold] = field(default_factory=list)
    deferred: ClockFact | None = None
    error_accepted_at: int | None = None
    first_verdict: ClockState | None = None
    reopened: int = 0

    # -- reading the pieces --

    @property
    def running(self) -> bool:
        return self.started_at is not None and self.stopped_at is None and not self.cancelled

    def used(self) -> int:
        return sum(piece.seconds for piece in self.pieces if piece.counted)

    def reached(self, amount: int) -> int | None:
        """The earliest instant at which ``amount`` seconds were used, if they were."""
        used = 0
        for piece in self.pieces:
            if piece.counted:
                if used + piece.seconds >= amount:
                    return piece.hours.due(piece.start, amount - used)
                used += piece.seconds
        return None

    def exceeded(self, amount: int) -> int | None:
        """The first instant at which more than ``amount`` seconds were used, if they were."""
        used = 0
        for piece in self.pieces:
            if piece.counted:
                if used + piece.seconds > amount:
                    left = amount - used
                    return piece.start if left < 0 else piece.hours.last_ok(piece.start, left) + 1
                used += piece.seconds
        return None

    def breach(self) -> Breach | None:
        """Of the target in force."""
        virtual = self.exceeded(self.budget)
        if virtual is None:
            return None
        found = virtual <= self.target_since and self.target_since != self.started_at
        origin = BreachOrigin.RETARGET if found else BreachOrigin.TIME
        return Breach(max(virtual, self.target_since), origin, self.budget, virtual)

    def verdict(self) -> ClockState:
        missed = self.used() > self.budget or bool(self.superseded)
        return ClockState.MISSED if missed else ClockState.MET

    # -- moving on --

    def take(self, fact: ClockFact) -> None:
        if not self.cancelled:
            self.advance(fact.at)
            _HANDLERS[fact.kind](self, fact)

    def advance(self, to: int) -> None:
        """Close the running piece at ``to``."""
        if to > self.at and self.running:
            counted = self.wait is None or not self.terms.pauses(*self.wait)
            cause = RUNNING if self.wait is None else f"pending_{pause_key(*self.wait)}"
            self.add(to, counted, cause)

    def add(self, to: int, counted: bool, cause: str) -> None:
        piece = _Piece(self.at, to, counted, cause, self.wait, self.holder, self.hours, self.budget)
        self.pieces.append(piece.measure())
        self.at = to

    def settle_thresholds(self) -> None:
        """Note the thresholds reached. Of those found behind at a change, only the highest is announced."""
        if not self.terms.thresholds:
            return
        fresh: list[tuple[int, int]] = []
        for percent in sorted(set(self.terms.thresholds) - {step.percent for step in self.passed}):
            at = self.reached(-(-percent * self.budget // 100))
            if at is not None:
                fresh.append((percent, at))
        behind = [p for p, at in fresh if at <= self.warn_since and self.warn_since != self.started_at]
        for percent, at in fresh:
            told = percent not in behind or percent == behind[-1]
            self.passed.append(Threshold(percent, max(at, self.warn_since), told))

    # -- facts --

    def start(self, fact: ClockFact) -> None:
        if self.started_at is None:
            self.hours.check(fact.at)
            self.started_at = self.at = self.origin = self.target_since = self.warn_since = fact.at
            self.budget = self.terms.target.budget(self.terms.calendar, fact.at)

    def pause(self, fact: ClockFact) -> None:
        if self.stopped_at is None:
            self.wait = (fact.reason, fact.agreed)

    def resume(self, fact: ClockFact) -> None:
        self.wait = None

    def hold(self, fact: ClockFact) -> None:
        self.holder = fact.holder

    def stop(self, fact: ClockFact) -> None:
        if self.running:
            self.settle_thresholds()
            self.stopped_at, self.wait = fact.at, None
            self.first_verdict = self.first_verdict or self.verdict()

    def cancel(self, fact: ClockFact) -> None:
        self.settle_thresholds()
        self.cancelled, self.cancel_reason = True, fact.reason

    def reopen(self, fact: ClockFact) -> None:
        if self.stopped_at is None or self.terms.kind == ClockKind.RESPONSE:
            return
        policy = self.terms.on_reopen
        self.at, self.stopped_at = self.stopped_at, None
        if fact.at > self.at:
            self.add(fact.at, policy == ReopenPolicy.COUNT, RESOLVED)
        self.reopened += 1
        if policy != ReopenPolicy.RESUME:
            self.warn_since = fact.at
        if policy == ReopenPolicy.RESTART:
            self.supersede()
            self.restart()
            self.budget = self.terms.target.budget(self.terms.calendar, self.origin)
        deferred, self.deferred = self.deferred, None
        if deferred is not None:
            _HANDLERS[deferred.kind](self, deferred)

    def retarget(self, fact: ClockFact) -> None:
        new = _terms_of(fact)
        if self.stopped_at is not None:
            self.deferred = fact
            return
        if self.started_at is None:
            self.adopt(new)
            return
        self.settle_thresholds()
        self.supersede()
        policy = self.policy_for(fact, new)
        if policy == PriorityPolicy.RESTART:
            self.restart()
        self.adopt(new)
        if policy == PriorityPolicy.RETROACTIVE_FULL:
            self.remeasure()
        self.budget = new.target.budget(new.calendar, self.origin)
        self.target_since = self.warn_since = self.at

    def policy_for(self, fact: ClockFact, new: Terms) -> PriorityPolicy:
        """The response clock keeps its time whatever the contract says: it is never restarted."""
        if self.terms.kind == ClockKind.RESPONSE:
            return PriorityPolicy.CARRY_OVER
        policy = fact.policy or self.terms.on_retarget
        if policy != PriorityPolicy.RESTART_IF_CLIENT_INITIATED:
            return policy
        raised = new.target.budget(new.calendar, self.origin) < self.budget
        return PriorityPolicy.RESTART if raised and fact.by == Side.CLIENT else PriorityPolicy.CARRY_OVER

    def recalendar(self, fact: ClockFact) -> None:
        new = _terms_of(fact)
        if self.stopped_at is not None:
            self.deferred = self.deferred or fact
        else:
            self.adopt(new)

    def correct(self, fact: ClockFact) -> None:
        """As if the new terms had always been right: earlier targets and their breaches never were."""
        new = _terms_of(fact)
        if self.started_at is None:
            self.adopt(new)
            return
        self.settle_thresholds()
        self.adopt(new)
        self.remeasure()
        self.superseded.clear()
        self.budget = new.target.budget(new.calendar, self.origin)
        self.target_since, self.warn_since = self.started_at, fact.at
        self.judge_again()

    def accept_error(self, fact: ClockFact) -> None:
        self.error_accepted_at = fact.at
        self.superseded.clear()
        self.judge_again()

    # -- parts of facts --

    def adopt(self, new: Terms) -> None:
        """The policies stay those that were stamped first."""
        self.terms = replace(new, on_retarget=self.terms.on_retarget, on_reopen=self.terms.on_reopen)
        self.hours = new.target.openings(new.calendar)

    def supersede(self) -> None:
        breach = self.breach()
        if breach is not None:
            self.superseded.append(breach)

    def restart(self) -> None:
        self.origin = self.target_since = self.at
        for piece in self.pieces:
            if piece.counted:
                piece.counted, piece.cause, piece.wait = False, BEFORE_RESTART, None

    def remeasure(self) -> None:
        for piece in self.pieces:
            piece.hours = self.hours
            piece.measure()
            if piece.wait is not None:
                piece.counted = not self.terms.pauses(*piece.wait)

    def judge_again(self) -> None:
        """The verdict of the first stop follows what is decided before any reopening."""
        if self.stopped_at is not None and not self.reopened:
            self.first_verdict = self.verdict()


_HANDLERS: dict[FactKind, Callable[[_Clock, ClockFact], None]] = {
    FactKind.START: _Clock.start,
    FactKind.PAUSE: _Clock.pause,
    FactKind.RESUME: _Clock.resume,
    FactKind.RETARGET: _Clock.retarget,
    FactKind.RECALENDAR: _Clock.recalendar,
    FactKind.CORRECT: _Clock.correct,
    FactKind.STOP: _Clock.stop,
    FactKind.CANCEL: _Clock.cancel,
    FactKind.REOPEN: _Clock.reopen,
    FactKind.ACCEPT_PRIORITY_ERROR: _Clock.accept_error,
    FactKind.HOLDER: _Clock.hold,
}


def _terms_of(fact: ClockFact) -> Terms:
    if fact.terms is None:
        raise Refusal("contracts.fact_without_terms", kind=str(fact.kind))
    return fact.terms


def _reading(clock: _Clock, now: int) -> Reading:
    assert clock.started_at is not None
    used, state = clock.used(), _state(clock)
    due_at, last_ok = _due(clock, state, used), _last_ok(clock, state, used)
    first = _first_breach(clock)
    return Reading(
        now=now,
        state=state,
        terms=clock.terms,
        used_seconds=used,
        target_seconds=clock.budget,
        started_at=clock.started_at,
        stopped_at=clock.stopped_at,
        due_at=due_at,
        last_ok=last_ok,
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
        next_threshold=_next_threshold(clock, used) if state is ClockState.RUNNING else None,
    )


def _first_breach(clock: _Clock) -> Breach | None:
    breach = clock.breach()
    found = [*clock.superseded, breach] if breach else clock.superseded
    return min(found, key=attrgetter("at"), default=None)


def _state(clock: _Clock) -> ClockState:
    if clock.cancelled:
        return ClockState.CANCELLED
    if clock.stopped_at is not None:
        return clock.verdict()
    paused = clock.wait is not None and clock.terms.pauses(*clock.wait)
    return ClockState.PAUSED if paused else ClockState.RUNNING


def _due(clock: _Clock, state: ClockState, used: int) -> int | None:
    """When the time runs out."""
    if state in (ClockState.PAUSED, ClockState.CANCELLED):
        return None
    reached = clock.reached(clock.budget)
    return clock.hours.due(clock.at, clock.budget - used) if reached is None else reached


def _last_ok(clock: _Clock, state: ClockState, used: int) -> int | None:
    """The last instant that is still in time."""
    if state in (ClockState.PAUSED, ClockState.CANCELLED):
        return None
    exceeded = clock.exceeded(clock.budget)
    return clock.hours.last_ok(clock.at, clock.budget - used) if exceeded is None else exceeded - 1


def _next_threshold(clock: _Clock, used: int) -> Threshold | None:
    known = {step.percent for step in clock.passed}
    for percent in sorted(set(clock.terms.thresholds) - known):
        left = -(-percent * clock.budget // 100) - used
        return Threshold(percent, clock.hours.due(clock.at, left))
    return None


def _segments(clock: _Clock) -> tuple[Segment, ...]:
    return joined(
        Segment(p.start, p.end, p.counted, p.cause, p.holder, p.seconds, p.hours.calendar.code, p.target)
        for p in clock.pieces
    )
