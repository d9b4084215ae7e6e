"""Promises kept again and again on one ticket: news every so often (``update``), an answer to each message (``reply``).

The life of a ticket cuts them in cycles; each cycle is a clock of its own, judged separately. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from vigie.contracts.rules.promise import ClockKind

CYCLE_KINDS = (ClockKind.UPDATE, ClockKind.REPLY)


class Beat(StrEnum):
    """What of a ticket's life opens and closes cycles."""

    PROMISED = "promised"  # cycles of that kind are promised from now on
    WITHDRAWN = "withdrawn"  # and no longer
    RESPONDED = "responded"  # the provider's first response
    SAID = "said"  # a public message of the provider's people
    HEARD = "heard"  # a message of the client's
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REOPENED_BY_CLIENT = "reopened_by_client"
    ENDED = "ended"  # without a resolution


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle, numbered from 0: ``[start, stop]`` in epoch seconds, ``stop`` ``None`` while it runs."""

    number: int
    start: int
    stop: int | None = None
    cancelled: bool = False


def cycles(kind: ClockKind, beats: Iterable[tuple[Beat, int]]) -> list[Cycle]:
    """The cycles of one kind, from ``(beat, instant)`` in the order in which they happened.

    ``update``: from the first response, each public message of the provider closes one and opens the next; the
    last one ends at the resolution. ``reply``: from the first message of the client that nobody has answered,
    after the first response, to the next public message of the provider; more messages do not restart it.
    A reopening opens a cycle again (``reply``: where the client asked for it); an end without resolution cancels.
    """
    found = _Cycles(kind)
    for beat, at in beats:
        found.take(beat, at)
    return found.done if found.open is None else [*found.done, found.open]


class _Cycles:
    def __init__(self, kind: ClockKind) -> None:
        self.is_update = kind == ClockKind.UPDATE
        self.done: list[Cycle] = []
        self.open: Cycle | None = None
        self.promised = self.responded = self.resolved = False

    def take(self, beat: Beat, at: int) -> None:
        if beat == Beat.PROMISED:
            self.promised = True
        elif beat == Beat.WITHDRAWN:
            self.close(at, cancelled=True)
            self.promised = False
        elif beat == Beat.RESPONDED:
            self.responded = True
        elif beat == Beat.SAID:
            self.said(at)
        elif beat == Beat.HEARD:
            self.begin(at, not self.is_update)
        elif beat == Beat.RESOLVED:
            self.resolve(at)
        elif beat == Beat.ENDED:
            self.close(at, cancelled=True)
            self.resolved = True
        else:
            self.resolved = False
            self.begin(at, self.is_update or beat == Beat.REOPENED_BY_CLIENT)
        if beat in (Beat.PROMISED, Beat.RESPONDED):
            self.begin(at, self.is_update)

    def begin(self, at: int, wanted: bool) -> None:
        if wanted and self.open is None and self.promised and self.responded and not self.resolved:
            self.open = Cycle(len(self.done), at)

    def close(self, at: int, cancelled: bool = False) -> None:
        if self.open is not None:
            self.done.append(replace(self.open, stop=at, cancelled=cancelled))
            self.open = None

    def said(self, at: int) -> None:
        """The message that is the first response opens the first cycle: it does not close it too."""
        if self.open is not None and (not self.is_update or at > self.open.start):
            self.close(at)
            self.begin(at, self.is_update)

    def resolve(self, at: int) -> None:
        """A resolution answers; a cycle that its own message has just opened never was one."""
        if self.open is not None and self.open.start == at:
            self.open = None
        self.close(at)
        self.responded = self.resolved = True
