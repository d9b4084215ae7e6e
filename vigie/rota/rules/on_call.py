"""On-call: who is called, instant by instant. Instants are UTC epoch seconds, turns change on the team's wall clock.

Layers, each over the one before: the rotation; swaps that were accepted, in the order of their decisions; overrides, the latest
made last. Somebody who is away leaves a hole in their own part until another layer covers it. Each rank has its own
layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from vigie.contracts.rules.instants import local_day, wall_to_epoch, zone_of
from vigie.kernel.refusal import Refusal
from vigie.kernel.spans import Span, Spans, intersection, subtraction, tidy
from vigie.rota.rules.shifts import Away

Source = Literal["rotation", "swap", "override"]
WEEK = 7


@dataclass(frozen=True, slots=True)
class Turns:
    """People in turn: from ``starts_on`` at ``seconds`` after midnight, ``turn_days`` each, until ``ends_on`` at that time.

    Turns of whole weeks change on ``weekday``: the first one is the shorter for it, where ``starts_on`` is another day.
    """

    zone: str
    starts_on: date
    seconds: int
    weekday: int
    turn_days: int
    people: tuple[int, ...]
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if not self.people:
            raise Refusal("rota.rotation_of_nobody", field="people")


@dataclass(frozen=True, slots=True)
class Replacement:
    """From ``start`` to ``end`` on call is ``person``; where ``instead_of`` is given, only in that person's part."""

    start: int
    end: int
    person: int
    instead_of: int | None = None
    source: Source = "override"


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of on-call. ``away``: the person cannot be called then, nobody is."""

    start: int
    end: int
    person: int
    source: Source
    away: bool = False


def slots(
    rotations: Iterable[Turns], replacements: Sequence[Replacement], away: Away, low: int, high: int
) -> tuple[Slot, ...]:
    """What the layers of one rank say in ``[low, high)``, by start; adjacent pieces that say the same are one.

    A rotation ends where the next one begins; ``replacements`` are in the order in which they hold.
    """
    ordered = sorted(rotations, key=lambda turns: turns.starts_on)
    stops = [min(high, _begin(turns)) for turns in ordered[1:]] + [high]
    pieces = [slot for turns, stop in zip(ordered, stops, strict=False) for slot in _turns(turns, low, stop)]
    for layer in replacements:
        pieces = list(_under(pieces, layer, low, high))
    parted = (part for slot in pieces for part in _parted(slot, away))
    return _joined(sorted(parted, key=lambda slot: slot.start))


def called(ranks: Iterable[Sequence[Slot]], at: int) -> tuple[int, ...]:
    """Whom to call at that instant, first to be called first; those away are left out, nobody comes twice."""
    found = (slot.person for rank in ranks for slot in rank if slot.start <= at < slot.end and not slot.away)
    return tuple(dict.fromkeys(found))


def covered(ranks: Iterable[Iterable[Slot]]) -> Spans:
    """When at least one person can be called."""
    return tidy((slot.start, slot.end) for rank in ranks for slot in rank if not slot.away)


def begins(turns: Turns, n: int) -> date:
    """The date on which turn ``n`` (from 0) begins."""
    if n == 0:
        return turns.starts_on
    if turns.turn_days % WEEK:
        return turns.starts_on + timedelta(days=n * turns.turn_days)
    ahead = (turns.weekday - turns.starts_on.weekday() - 1) % WEEK + 1
    return turns.starts_on + timedelta(days=ahead + (turns.turn_days - WEEK) + (n - 1) * turns.turn_days)


def _begin(turns: Turns) -> int:
    """The instant at which a rotation begins."""
    return wall_to_epoch(turns.starts_on.toordinal(), turns.seconds, zone_of(turns.zone))


def _turns(turns: Turns, low: int, high: int) -> Iterator[Slot]:
    zone = zone_of(turns.zone)

    def instant(day: date) -> int:
        return wall_to_epoch(day.toordinal(), turns.seconds, zone)

    stop = min(high, instant(turns.ends_on)) if turns.ends_on else high
    n = max(0, (local_day(low, zone) - turns.starts_on.toordinal()) // turns.turn_days - 2)
    while (start := instant(begins(turns, n))) < stop:
        end = min(stop, instant(begins(turns, n + 1)))
        if end > max(start, low):
            yield Slot(max(start, low), end, turns.people[n % len(turns.people)], "rotation")
        n += 1


def _under(pieces: Sequence[Slot], layer: Replacement, low: int, high: int) -> Iterator[Slot]:
    """The pieces with one more layer over them."""
    over = (max(layer.start, low), min(layer.end, high))
    if over[0] >= over[1]:
        yield from pieces
        return
    for slot in pieces:
        if layer.instead_of is not None and slot.person != layer.instead_of:
            yield slot
            continue
        for start, end in subtraction(((slot.start, slot.end),), (over,)):
            yield replace(slot, start=start, end=end)
        if layer.instead_of is not None:
            for start, end in intersection(((slot.start, slot.end),), (over,)):
                yield Slot(start, end, layer.person, layer.source)
    if layer.instead_of is None:
        yield Slot(*over, layer.person, layer.source)


def _parted(slot: Slot, away: Away) -> Iterator[Slot]:
    """A piece cut where its person comes and goes."""
    whole: tuple[Span, ...] = ((slot.start, slot.end),)
    gone = intersection(whole, away.get(slot.person, ()))
    for start, end in gone:
        yield replace(slot, start=start, end=end, away=True)
    for start, end in subtraction(whole, gone):
        yield replace(slot, start=start, end=end)


def _joined(parts: Iterable[Slot]) -> tuple[Slot, ...]:
    found: list[Slot] = []
    for slot in parts:
        last = found[-1] if found else None
        same = last and (last.person, last.source, last.away) == (slot.person, slot.source, slot.away)
        if last and same and last.end == slot.start:
            found[-1] = replace(last, end=slot.end)
        else:
            found.append(slot)
    return tuple(found)
