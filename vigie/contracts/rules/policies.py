"""What a version says of the course of a ticket, and where one of its commitments differs. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vigie.contracts.rules.promise import Audience, ClockKind, PauseMatrix

LONG, UPDATE = "resolution", "update"
COLUMNS: Mapping[str, ClockKind] = {LONG: ClockKind.RESOLUTION, UPDATE: ClockKind.UPDATE}
"""The columns of a version's own pauses, each with the clock that shows its default."""

_NEVER = frozenset({ClockKind.RESPONSE, ClockKind.REPLY})

Own = Mapping[str, Mapping[str, bool]]
"""``{"resolution": {"supplier": True}, "update": {}}``: only what differs from the default matrix."""


def column_of(kind: ClockKind) -> str:
    """The column that a clock reads; empty for those that a version never suspends."""
    if kind in _NEVER:
        return ""
    return UPDATE if kind == ClockKind.UPDATE else LONG


def pause_reasons(kind: ClockKind, of_version: Own, of_commitment: Mapping[str, bool]) -> frozenset[str]:
    """What suspends a clock: the default matrix, then the version, then the commitment.

    Refuses ``contracts.response_never_paused`` and ``contracts.pause_unknown_reason``.
    """
    own = {**of_version.get(column_of(kind), {}), **of_commitment}
    return PauseMatrix({(Audience.SLA, kind): own} if own else {}).reasons(Audience.SLA, kind)
