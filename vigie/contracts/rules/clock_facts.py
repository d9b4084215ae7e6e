"""What happened to a clock: the only input of ``read_clock`` beside the terms."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from vigie.contracts.rules.promise import PriorityPolicy, Terms


class FactKind(StrEnum):
    """Kinds of facts; what each one reads is written on ``ClockFact``."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RETARGET = "retarget"
    RECALENDAR = "recalendar"
    CORRECT = "correct"
    STOP = "stop"
    CANCEL = "cancel"
    REOPEN = "reopen"
    ACCEPT_PRIORITY_ERROR = "accept_priority_error"
    HOLDER = "holder"


class Side(StrEnum):
    """Who asked for a change of target."""

    CLIENT = "client"
    PROVIDER = "provider"


class ClockFact(NamedTuple):
    """One fact. ``at`` is an instant (epoch seconds); ``order`` tells apart facts of the same instant.

    ``start`` opens the clock, once. ``pause`` reads ``reason`` and ``agreed`` (client agreed to the window);
    a second one replaces the first; the terms say whether it stops this clock. ``resume`` ends it.
    ``retarget`` reads ``terms`` (the new ones, whole), ``by``, and ``policy`` where this change does not
    follow the stamped policy. ``recalendar`` reads ``terms``: a new version of the calendar, from now on, for
    the same target. ``correct`` reads ``terms``: as if they had always been right. ``stop``, ``reopen``.
    ``cancel`` reads ``reason``. ``accept_priority_error``: the client wrote that the first priority was an
    error. ``holder`` reads ``holder``: who has the ticket in hand, for the explanation.
    """

    kind: FactKind
    at: int
    order: int = 0
    reason: str = ""
    agreed: bool = True
    terms: Terms | None = None
    by: Side = Side.PROVIDER
    policy: PriorityPolicy | None = None
    holder: str = ""


def inherited(facts: Iterable[ClockFact]) -> list[ClockFact]:
    """What a new clock takes over from an older one of the ticket (type change): waits and holders only.

    Add its own ``start``, at the original opening by default.
    """
    kept = (FactKind.PAUSE, FactKind.RESUME, FactKind.HOLDER)
    return [fact for fact in facts if fact.kind in kept]
