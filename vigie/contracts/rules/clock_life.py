"""The life of a clock, cut in pieces as its facts are taken in; all that is told of it is read off the pieces (``sla_clock``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from vigie.contracts.rules.clock_facts import ClockFact, FactKind, Side
from vigie.contracts.rules.openings import Openings
from vigie.contracts.rules.promise import (
    ClockKind,
    PriorityPolicy,
    ReopenPolicy,
    Terms,
    pause_key,
)
from vigie.contracts.rules.reading import Breach, BreachOrigin, ClockState, Threshold
from vigie.kernel.refusal import Refusal

RUNNING, RESOLVED, BEFORE_RESTART = "running", "resolved", "before_restart"
MET, MISSED = ClockState.MET, ClockState.MISSED


@dataclass(slots=True)
class Piece:
    """A stretch of the clock's life in which nothing changed; ``seconds`` of the hours that measure it."""

    start: int
    end: int
    counted: bool
    cause: str
    wait: tuple[str, bool] | None
    holder: str
    hours: Openings
    target: int
    seconds: int


@dataclass(slots=True)
class Life:
    """The clock while its facts are taken in, one after the other (:meth:`take`)."""

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
    used: int = 0  # seconds of the pieces that count
    pieces: list[Piece] = field(default_factory=list)
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

    def reached(self, amount: int) -> int | None:
        """The earliest instant at which ``amount`` seconds were used, if they were."""
        if amount > self.used:
            return None
        used = 0
        for piece in self.pieces:
            if piece.counted:
                if used + piece.seconds >= amount:
                    return piece.hours.due(piece.start, amount - used)
                used += piece.seconds
        return None

    def exceeded(self, amount: int) -> int | None:
        """The first instant at which more than ``amount`` seconds were used, if they were."""
        if amount >= self.used:
            return None
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
        return MISSED if self.used > self.budget or self.superseded else MET

    # -- moving on --

    def take(self, fact: ClockFact) -> None:
        if not self.cancelled:
            self.advance(fact.at)
            _HANDLERS[fact.kind](self, fact)

    def advance(self, to: int) -> None:
        """Close the running piece at ``to``."""
        if to <= self.at or self.stopped_at is not None or self.started_at is None or self.cancelled:
            return
        wait = self.wait
        if wait is None:
            self.add(to, True, RUNNING)
        else:
            self.add(to, not self.terms.pauses(*wait), f"pending_{pause_key(*wait)}")

    def add(self, to: int, counted: bool, cause: str) -> None:
        start, hours = self.at, self.hours
        seconds = hours.elapsed(start, to)
        self.pieces.append(
            Piece(start, to, counted, cause, self.wait, self.holder, hours, self.budget, seconds)
        )
        if counted:
            self.used += seconds
        self.at = to

    def settle_thresholds(self) -> None:
        """Note the thresholds reached. Of those found behind at a change, only the highest is announced."""
        if not self.terms.thresholds:
            return
        fresh: list[tuple[int, int]] = []
        known = [step.percent for step in self.passed]
        for percent in _rising(self.terms.thresholds):
            if percent not in known:
                at = self.reached(-(-percent * self.budget // 100))
                if at is not None:
                    fresh.append((percent, at))
                elif self.budget >= 0:
                    break  # the higher ones are further still
        if not fresh:
            return
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
        self.used = 0

    def remeasure(self) -> None:
        for piece in self.pieces:
            piece.hours = self.hours
            piece.seconds = self.hours.elapsed(piece.start, piece.end)
            if piece.wait is not None:
                piece.counted = not self.terms.pauses(*piece.wait)
        self.used = sum(piece.seconds for piece in self.pieces if piece.counted)

    def judge_again(self) -> None:
        """The verdict of the first stop follows what is decided before any reopening."""
        if self.stopped_at is not None and not self.reopened:
            self.first_verdict = self.verdict()


_HANDLERS: dict[FactKind, Callable[[Life, ClockFact], None]] = {
    FactKind.START: Life.start,
    FactKind.PAUSE: Life.pause,
    FactKind.RESUME: Life.resume,
    FactKind.RETARGET: Life.retarget,
    FactKind.RECALENDAR: Life.recalendar,
    FactKind.CORRECT: Life.correct,
    FactKind.STOP: Life.stop,
    FactKind.CANCEL: Life.cancel,
    FactKind.REOPEN: Life.reopen,
    FactKind.ACCEPT_PRIORITY_ERROR: Life.accept_error,
    FactKind.HOLDER: Life.hold,
}


@cache
def _rising(thresholds: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(thresholds)))


def _terms_of(fact: ClockFact) -> Terms:
    if fact.terms is None:
        raise Refusal("contracts.fact_without_terms", kind=str(fact.kind))
    return fact.terms
