"""What a clock says at one instant, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from enum import StrEnum
from typing import NamedTuple

from vigie.contracts.rules.promise import Terms


class ClockState(StrEnum):
    """``running`` and ``paused`` may already be beyond target: see ``Reading.breached_at``."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


class BreachOrigin(StrEnum):
    """Time ran out, or a change of target found more time used than the new one allows."""

    TIME = "time"
    RETARGET = "retarget"


class Breach(NamedTuple):
    """First instant beyond a target of ``target_seconds``. ``virtual_at``: where the time itself ran out."""

    at: int
    origin: BreachOrigin
    target_seconds: int
    virtual_at: int


class Threshold(NamedTuple):
    """A warning threshold reached. ``announced`` is false for those that a change of target jumped over."""

    percent: int
    at: int
    announced: bool = True


class Segment(NamedTuple):
    """A piece of the clock's life ``[start, end)`` with one cause, one holder, one target, one calendar.

    ``service_seconds`` is the open time inside it; it belongs to the result where ``counted``. Causes:
    ``running``, ``pending_<reason>`` (counted or not, as the terms say), ``resolved``, ``before_restart``.
    """

    start: int
    end: int
    counted: bool
    cause: str
    holder: str
    service_seconds: int
    calendar: str
    target_seconds: int

    @property
    def calendar_seconds(self) -> int:
        """Length on the wall, open or not."""
        return self.end - self.start


class Reading(NamedTuple):
    """A clock read at ``now``. Instants are epoch seconds, durations are seconds of the promise's unit.

    ``due_at`` and ``last_ok`` are ``None`` while paused and once cancelled; of a stopped clock they are those
    of the target in force at stop. ``superseded`` are breaches of earlier targets: they make the verdict
    ``missed`` until the client accepts that the first priority was an error. ``first_verdict`` is the verdict
    of the first stop. ``next_threshold`` is ``None`` unless running.
    """

    now: int
    state: ClockState
    terms: Terms
    used_seconds: int
    target_seconds: int
    started_at: int
    stopped_at: int | None
    due_at: int | None
    last_ok: int | None
    breached_at: int | None
    breach_origin: BreachOrigin | None
    superseded: tuple[Breach, ...]
    error_accepted_at: int | None
    first_verdict: ClockState | None
    pending_reason: str
    cancel_reason: str
    reopened: int
    segments: tuple[Segment, ...]
    thresholds: tuple[Threshold, ...]
    next_threshold: Threshold | None

    @property
    def remaining_seconds(self) -> int:
        """May be negative."""
        return self.target_seconds - self.used_seconds

    @property
    def breached(self) -> bool:
        """Beyond target, now or under an earlier target not forgiven, whatever the state."""
        return self.breached_at is not None


class Standing(NamedTuple):
    """What a list or a rate needs of a reading; the names mean what they mean there."""

    state: ClockState
    used_seconds: int
    target_seconds: int
    stopped_at: int | None
    due_at: int | None
    breached_at: int | None


def joined(found: Iterable[Segment]) -> tuple[Segment, ...]:
    """The segments, made one where nothing but an eventless fact lies between two."""
    segments: list[Segment] = []
    for one in found:
        if segments and _continues(segments[-1], one):
            last = segments.pop()
            one = one._replace(start=last.start, service_seconds=last.service_seconds + one.service_seconds)
        segments.append(one)
    return tuple(segments)


def _continues(last: Segment, one: Segment) -> bool:
    return (
        last.cause == one.cause
        and last.counted == one.counted
        and last.holder == one.holder
        and last.target_seconds == one.target_seconds
        and last.calendar == one.calendar
    )


def next_warning(reading: Reading, announced: Container[int] = ()) -> Threshold | None:
    """The next threshold to announce: one already behind and not announced, else the one to come.

    ``announced`` holds the percents already told. ``None`` while paused or stopped with nothing left to tell.
    """
    return next(iter(to_announce(reading, announced)), reading.next_threshold)


def to_announce(reading: Reading, announced: Container[int] = ()) -> list[Threshold]:
    """Thresholds behind ``now`` not announced yet; those a change of target jumped over are left out."""
    return [step for step in reading.thresholds if step.announced and step.percent not in announced]


def shares(reading: Reading) -> list[tuple[str, str, int]]:
    """Counted service seconds per (holder, cause), largest first: where the time of the promise went."""
    sums: Counter[tuple[str, str]] = Counter()
    for segment in reading.segments:
        if segment.counted and segment.service_seconds:
            sums[segment.holder, segment.cause] += segment.service_seconds
    return sorted(((*key, seconds) for key, seconds in sums.items()), key=lambda row: (-row[2], row))
