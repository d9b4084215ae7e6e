"""Gaps: hours promised to clients when nobody would answer, and why. Spans of UTC epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vigie.kernel.spans import Spans, intersection, subtraction, tidy, union
from vigie.rota.rules.shifts import Away, Shift, open_spans, present, staffed

Cause = Literal["absence", "nobody", "holiday", "on_call_away", "outside"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody answers from ``start`` to ``end``, though it is promised."""

    start: int
    end: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Cover:
    """What a team (and those it hands over to) can answer with.

    ``planned``: its shifts. ``ordinary``: its shifts if there were no holiday. ``others``: when the teams after it, or people
    on call, answer. ``on_call_away``: when whoever is on call is away.
    """

    planned: Sequence[Shift]
    ordinary: Sequence[Shift]
    away: Away
    others: Spans = ()
    on_call_away: Spans = ()


def gaps(promised: Spans, cover: Cover) -> tuple[Gap, ...]:
    """Promised spans with nobody, cut by cause. They add up to exactly the promised time that is not covered."""
    left = subtraction(promised, union(staffed(cover.planned, cover.away), cover.others))
    found: list[Gap] = []
    for cause, spans in _causes(cover):
        found.extend(Gap(start, end, cause) for start, end in intersection(left, spans))
        left = subtraction(left, spans)
    found.extend(Gap(start, end, "outside") for start, end in left)
    return joined(found)


def _causes(cover: Cover) -> Iterable[tuple[Cause, Spans]]:
    """The nearest cause first."""
    gone = (
        span
        for shift in cover.planned
        for person in shift.people
        for span in subtraction(((shift.start, shift.end),), present(shift, person, cover.away))
    )
    yield "absence", tidy(gone)
    yield "nobody", open_spans(cover.planned)
    yield "holiday", subtraction(open_spans(cover.ordinary), open_spans(cover.planned))
    yield "on_call_away", cover.on_call_away


def joined(found: Iterable[Gap]) -> tuple[Gap, ...]:
    """By start; those that touch and have one cause are one."""
    one: list[Gap] = []
    for gap in sorted(found, key=lambda gap: gap.start):
        if one and one[-1].end == gap.start and one[-1].cause == gap.cause:
            one[-1] = replace(one[-1], end=gap.end)
        else:
            one.append(gap)
    return tuple(one)
