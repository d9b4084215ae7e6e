"""The life of a clock as one bar: wall time from its start to its due instant, nights and holds shown as what they are."""

from __future__ import annotations

from itertools import groupby
from typing import Literal, NamedTuple

from vigie.contracts.rules.openings import Openings
from vigie.contracts.rules.reading import ClockState, Reading

# Beyond, a night is thinner than a hair: the bar shows the segments whole.
NIGHTS_SHOWN = 90 * 86_400

Kind = Literal["run", "late", "pause", "off", "left"]


class Part(NamedTuple):
    """``run`` and ``late`` count, ``pause`` and ``off`` (outside service hours) do not, ``left`` is still to come."""

    kind: Kind
    seconds: int


def strip(reading: Reading) -> list[Part]:
    """The bar of ``reading``; neighbours of one kind are one part. Empty before the clock has lived a second."""
    if not reading.segments:
        return []
    hours = reading.terms.target.openings(reading.terms.calendar)
    until, due = reading.segments[-1].end, reading.due_at
    comes = reading.state == ClockState.RUNNING and due is not None and due > until
    whole = (due if comes and due else until) - reading.segments[0].start > NIGHTS_SHOWN
    edge = until if reading.breached_at is None else reading.breached_at - 1
    parts: list[Part] = []
    for segment in reading.segments:
        if not segment.counted:
            parts.append(Part("pause", segment.calendar_seconds))
            continue
        middle = min(max(edge, segment.start), segment.end)
        parts += _opened(hours, segment.start, middle, "run", whole)
        parts += _opened(hours, middle, segment.end, "late", whole)
    if comes and due:
        parts += _opened(hours, until, due, "left", whole)
    return [
        Part(kind, sum(part.seconds for part in run))
        for kind, run in groupby((part for part in parts if part.seconds), key=lambda part: part.kind)
    ]


def _opened(hours: Openings, start: int, end: int, kind: Kind, whole: bool) -> list[Part]:
    """``[start, end)`` cut where service opens and closes."""
    if whole:
        return [Part(kind, end - start)]
    parts, at = [], start
    for opening, closing in hours.spans(start, end):
        parts += [Part("off", opening - at), Part(kind, closing - opening)]
        at = closing
    return [*parts, Part("off", end - at)]
