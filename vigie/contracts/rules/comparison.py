"""Two versions of a contract side by side: what is added, gone, tighter, looser, or otherwise changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vigie.contracts.rules.promise import Target


class Move(StrEnum):
    """Which way a promise goes, seen by the client: tighter binds the provider more."""

    ADDED = "added"
    GONE = "gone"
    TIGHTER = "tighter"
    LOOSER = "looser"
    OTHER = "other"


Clause = Mapping[str, Any]
"""What a promise says, by the name of each of its parts. A ``Target`` and a set of pauses have a direction."""

Scope = Mapping[str, Any]
"""The clock of a promise and what it states of its tickets; what it leaves open is left out."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a promise that reads otherwise."""

    name: str
    before: Any
    after: Any
    move: Move


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one line; ``parts`` is empty where it is added or gone."""

    line: int
    move: Move
    parts: tuple[Difference, ...] = ()


def compare(before: Mapping[int, Clause], after: Mapping[int, Clause]) -> list[Change]:
    """Line by line, in the order of the lines; a line that reads the same is left out."""
    found = []
    for line in sorted({*before, *after}):
        if line not in before:
            found.append(Change(line, Move.ADDED))
        elif line not in after:
            found.append(Change(line, Move.GONE))
        elif parts := differences(before[line], after[line]):
            found.append(Change(line, overall(parts), parts))
    return found


def paired(before: Mapping[int, Scope], after: Mapping[int, Scope]) -> dict[int, int]:
    """Of the lines of another contract, the one whose place each line of ``after`` takes: all that it states is stated by
    the new line too; of several, the one that states most."""
    found = {}
    for line, scope in after.items():
        if fits := [other for other, stated in before.items() if stated.items() <= scope.items()]:
            found[line] = max(fits, key=lambda other: (len(before[other]), -other))
    return found


def differences(before: Clause, after: Clause) -> tuple[Difference, ...]:
    """The parts that read otherwise, in the order of ``after``."""
    return tuple(
        Difference(name, before[name], value, direction(before[name], value))
        for name, value in after.items()
        if before[name] != value
    )


def direction(before: Any, after: Any) -> Move:
    """A shorter target and fewer pauses are tighter; what cannot be ranked is otherwise changed."""
    if isinstance(before, Target) and isinstance(after, Target):
        if before.unit != after.unit:
            return Move.OTHER
        return Move.TIGHTER if after.value < before.value else Move.LOOSER
    if isinstance(before, frozenset) and isinstance(after, frozenset):
        if after < before:
            return Move.TIGHTER
        return Move.LOOSER if after > before else Move.OTHER
    return Move.OTHER


def overall(parts: tuple[Difference, ...]) -> Move:
    """The one way that all parts go; otherwise changed where they do not agree."""
    moves = {part.move for part in parts}
    return moves.pop() if len(moves) == 1 else Move.OTHER
