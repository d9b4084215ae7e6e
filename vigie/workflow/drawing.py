"""Where the states of a machine stand on a picture, and the curves of its steps."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.workflow.labels import PHASES, STATES, label
from vigie.workflow.rules.machine import Machine

WIDTH, HEIGHT, GAP, LANE = 132, 44, 44, 104


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    phase: str
    name: str
    sub: str


@dataclass(frozen=True, slots=True)
class Curve:
    path: str
    main: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def draw(machine: Machine) -> Drawing:
    """The main line on top in the order of a life, what waits below it, what ends aside at the bottom."""
    place = _places(machine)
    boxes = {
        state: Box(
            2 + column * (WIDTH + GAP),
            34 + row * LANE,
            machine.phase(state),
            label(STATES, state),
            label(PHASES, machine.phase(state)),
        )
        for state, (column, row) in place.items()
    }
    pairs = list(dict.fromkeys((s.source, s.target) for s in machine.steps))
    curves = tuple(_curve(boxes[a], boxes[b], _follows(place, a, b)) for a, b in pairs)
    width = max(box.x for box in boxes.values()) + WIDTH + 4
    return Drawing(width, max(box.y for box in boxes.values()) + HEIGHT + 12, tuple(boxes.values()), curves)


def _places(machine: Machine) -> dict[str, tuple[int, int]]:
    """Column and row of each state."""
    depth = _depths(machine)
    ordered = sorted(machine.states, key=lambda state: (depth[state], state))
    final = next((s.target for s in machine.steps if s.verb == "close"), "")
    line = [s for s in ordered if machine.phase(s) in ("active", "done")] + [s for s in ordered if s == final]
    place = {state: (i, 0) for i, state in enumerate(line)}
    for state in ordered:
        if state not in place:
            row = 1 if machine.phase(state) == "waiting" else 2
            before = [s.source for s in machine.steps if s.target == state and s.source in place]
            column = max((place[s][0] for s in before if place[s][1] == 0), default=0)
            place[state] = (_free(place, row, column), row)
    return place


def _depths(machine: Machine) -> dict[str, int]:
    """The longest way from the first state to each, the steps that go back left out."""
    depth = dict.fromkeys(machine.states, 0)
    for _ in machine.states:
        for step in machine.steps:
            if step.verb not in ("reopen", "resume") and step.source != step.target:
                depth[step.target] = max(depth[step.target], min(depth[step.source] + 1, len(machine.states)))
    return depth


def _free(place: dict[str, tuple[int, int]], row: int, column: int) -> int:
    taken = {i for i, r in place.values() if r == row}
    while column in taken:
        column += 1
    return column


def _follows(place: dict[str, tuple[int, int]], a: str, b: str) -> bool:
    return place[a][1] == place[b][1] == 0 and place[b][0] == place[a][0] + 1


def _curve(a: Box, b: Box, main: bool) -> Curve:
    """Straight to the next box, an arc above the line over several, a slope to another row."""
    if main:
        return Curve(f"M{a.x + WIDTH} {a.y + HEIGHT // 2} H{b.x - 7}", True)
    if a.y == b.y:
        shift = 12 if a.x < b.x else -12
        start, end, lift = a.x + WIDTH // 2 + shift, b.x + WIDTH // 2 - shift, 12 + abs(b.x - a.x) // 40
        return Curve(f"M{start} {a.y} C{start} {a.y - lift} {end} {b.y - lift} {end} {b.y - 6}", False)
    down = a.y < b.y
    start, end = a.x + WIDTH // 2 + (10 if down else -10), b.x + WIDTH // 2 + (10 if down else -10)
    top, bottom = (a.y + HEIGHT, b.y - 7) if down else (a.y, b.y + HEIGHT + 7)
    middle = (top + bottom) // 2
    return Curve(f"M{start} {top} C{start} {middle} {end} {middle} {end} {bottom}", False)
