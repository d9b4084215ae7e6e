"""Which steps of a ladder are due on a clock, and since when. Level-triggered: it looks at what is behind ``now`` and was
not fired, never at a tick. Instants are epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vigie.contracts.rules.openings import Openings, openings
from vigie.contracts.rules.reading import ClockState, Reading
from vigie.escalation.rules.ladder import MINUTE, Point, Rung

LIVE = (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Mark:
    """A step already fired on this clock. ``waits``: people were told at ``told_at`` and nobody answered yet; ``nobody``: there
    was nobody to tell."""

    key: int
    told_at: int
    waits: bool = False
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """A step that fires: reached at ``at``. Only one of several is ``told``; ``kept_quiet`` is not journalled either.

    ``by_climb``: the step before was not answered in time.
    """

    key: int
    at: int
    told: bool
    kept_quiet: bool = False
    by_climb: bool = False


@dataclass(frozen=True, slots=True)
class Climb:
    """What to do now: steps that fire, lowest first; steps whose answer did not come; when to look again."""

    firings: tuple[Firing, ...] = ()
    unanswered: tuple[int, ...] = ()
    next_at: int | None = None


def climb(rungs: Sequence[Rung], reading: Reading, marks: Iterable[Mark], now: int) -> Climb:
    """What the ladder ``rungs`` (lowest first) asks for on a clock read at ``now``.

    A paused or stopped clock does not climb. A step fires once, and never after a higher one: a ladder is only climbed. Of
    several found behind, the highest alone is told. Those that a change of target, or the ladder itself, found
    behind are kept quiet, all but the highest of a change of target.
    """
    if reading.state is not ClockState.RUNNING:
        return Climb()
    fired = {mark.key: mark for mark in marks}
    top = max((place for place, rung in enumerate(rungs) if rung.key in fired), default=-1)
    ahead = rungs[top + 1 :]
    reached = {rung.key: reach(rung.point, reading) for rung in ahead}
    deadlines = {
        rung.key: deadline(rung, fired[rung.key].told_at, reading)
        for rung in rungs
        if rung.key in fired and fired[rung.key].waits
    }
    unanswered = {key: at for key, at in deadlines.items() if at is not None and at <= now}
    firings = _behind(ahead, reached, reading, now)
    if not firings and ahead and top >= 0:
        last = fired[rungs[top].key]
        late = last.told_at if last.nobody else unanswered.get(last.key)
        if late is not None:
            firings = (Firing(ahead[0].key, late, told=True, by_climb=True),)
    to_come = [*reached.values(), *deadlines.values()]
    next_at = min((at for at in to_come if at is not None and at > now), default=None)
    return Climb(firings, tuple(unanswered), next_at)


def _behind(
    ahead: Sequence[Rung], reached: Mapping[int, int | None], reading: Reading, now: int
) -> tuple[Firing, ...]:
    """Those reached by time, lowest first."""
    changed = retargeted_at(reading)
    found = [(rung, at) for rung in ahead if (at := reached[rung.key]) is not None and at <= now]
    jumped = [rung.key for rung, at in found if changed is not None and at <= changed]
    firings = []
    for rung, at in found:
        when = at if changed is None else max(at, changed) if rung.key in jumped else at
        quiet = when < rung.since or (rung.key in jumped and rung.key != jumped[-1])
        firings.append(Firing(rung.key, when, told=False, kept_quiet=quiet))
    if firings and not firings[-1].kept_quiet:
        firings[-1] = replace(firings[-1], told=True)
    return tuple(firings)


# -- instants --------------------------------------------------------------------------------------------------------


def reach(point: Point, reading: Reading) -> int | None:
    """When the point was or will be reached, if the clock goes on running; ``None`` where that cannot be told."""
    if point.unit == "percent" or (point.unit == "service" and point.calendar is None):
        return used_up(reading, point.used(reading.target_seconds))
    if reading.due_at is None:
        return None
    if point.calendar is not None:
        hours = openings(point.calendar)
        seconds = abs(point.value) * MINUTE
        return hours.back(reading.due_at, seconds) if point.value < 0 else hours.due(reading.due_at, seconds)
    return reading.due_at + point.value * MINUTE


def used_up(reading: Reading, amount: int) -> int | None:
    """When ``amount`` seconds of the promise were or will be used; ``None`` where it was not and the clock does not run."""
    hours, used = _hours(reading), 0
    for segment in reading.segments:
        if not segment.counted:
            continue
        if used + segment.service_seconds >= amount:
            return min(hours.due(segment.start, amount - used), segment.end)
        used += segment.service_seconds
    return hours.due(reading.now, amount - used) if reading.state is ClockState.RUNNING else None


def used_at(reading: Reading, at: int) -> int:
    """Seconds of the promise used at an instant behind."""
    hours, used = _hours(reading), 0
    for segment in reading.segments:
        if segment.counted and segment.start < at:
            whole = segment.end <= at
            used += segment.service_seconds if whole else hours.elapsed(segment.start, at)
    return used


def deadline(rung: Rung, told_at: int, reading: Reading) -> int | None:
    """Until when the step must be answered: minutes of the time it is itself counted in. ``None``: no answer is asked."""
    if rung.acknowledge is None:
        return None
    seconds = rung.acknowledge * MINUTE
    if rung.point.calendar is not None:
        return openings(rung.point.calendar).due(told_at, seconds)
    if rung.point.unit == "wall":
        return told_at + seconds
    return used_up(reading, used_at(reading, told_at) + seconds)


def retargeted_at(reading: Reading) -> int | None:
    """When the target in force was put in the place of another; ``None`` where it is the first."""
    found = None
    for before, after in pairwise(reading.segments):
        if before.target_seconds != after.target_seconds:
            found = after.start
    if reading.segments and reading.segments[-1].target_seconds != reading.target_seconds:
        found = reading.segments[-1].end
    return found


def _hours(reading: Reading) -> Openings:
    return reading.terms.target.openings(reading.terms.calendar)
