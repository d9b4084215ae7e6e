"""Usual levels to begin a contract with: what a service desk of each sort can keep. A starting point, never a rule.

Every type and priority of ticket gets an answer and an end; updates are promised for the most urgent incidents alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vigie.contracts.rules.promise import ClockKind

Hours = str
"""``office``: the calendar of the desk. ``always``: day and night."""


@dataclass(frozen=True, slots=True)
class Line:
    """One promise of a preset. ``ticket_type`` and ``priority`` empty = any; ``target`` as people write it."""

    kind: ClockKind
    target: str
    priority: int | None = None
    ticket_type: str = ""
    hours: Hours = "office"

    @property
    def key(self) -> str:
        """Tells it apart within its preset, and names its field."""
        return f"{self.kind}-{self.ticket_type or 'any'}-{self.priority or 'any'}"


def _incidents(kind: ClockKind, targets: Mapping[int, str], always: int = 0) -> Iterator[Line]:
    for priority, target in targets.items():
        yield Line(kind, target, priority, "incident", "always" if priority <= always else "office")


def _preset(
    response: Mapping[int, str],
    resolution: Mapping[int, str],
    update: Mapping[int, str],
    request: str,
    question: str,
    always: int = 0,
) -> tuple[Line, ...]:
    return (
        *_incidents(ClockKind.RESPONSE, response, always),
        *_incidents(ClockKind.RESOLUTION, resolution, always),
        *_incidents(ClockKind.UPDATE, update, always),
        Line(ClockKind.RESPONSE, "8h", None, "request"),
        Line(ClockKind.RESOLUTION, request, None, "request"),
        Line(ClockKind.RESPONSE, "8h", None, "question"),
        Line(ClockKind.RESOLUTION, question, None, "question"),
    )


PRESETS: dict[str, tuple[Line, ...]] = {
    "essential": _preset(
        {1: "1h", 2: "2h", 3: "4h", 4: "8h", 5: "16h"}, {1: "8h", 2: "16h", 3: "J+3", 4: "J+5", 5: "J+10"}, {1: "4h"},
        request="J+5", question="J+5",
    ),
    "standard": _preset(
        {1: "30 min", 2: "1h", 3: "4h", 4: "8h", 5: "16h"}, {1: "4h", 2: "8h", 3: "16h", 4: "J+5", 5: "J+10"}, {1: "2h", 2: "4h"},
        request="J+3", question="J+3",
    ),
    "critical": _preset(
        {1: "15 min", 2: "30 min", 3: "2h", 4: "4h", 5: "8h"}, {1: "4h", 2: "8h", 3: "16h", 4: "40h", 5: "J+8"}, {1: "1h", 2: "2h"},
        request="J+2", question="J+2", always=1,
    ),
}  # fmt: skip
