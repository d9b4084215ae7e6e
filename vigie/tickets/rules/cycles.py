"""From a ticket's journal to the cycles of its repeated promises. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vigie.contracts.rules.cycles import CYCLE_KINDS, Beat, Cycle, cycles
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row
from vigie.tickets.rules.corrections import effective

KINDS = frozenset(map(str, CYCLE_KINDS))


def promises(rows: Iterable[Row]) -> dict[str, list[int | None]]:
    """Of each kind of cycle promised on the ticket, the terms stamped for it, oldest first (``None``: withdrawn)."""
    found: dict[str, list[int | None]] = {}
    for row in rows:
        if row.kind == facts.PROMISED and row.after.get("cycles"):
            found.setdefault(str(row.after["cycles"]), []).append(row.after.get("terms_id"))
    return found


def cycles_of(kind: str, rows: Iterable[Row]) -> list[Cycle]:
    """The cycles of one kind, corrections taken in; ``rows`` hold the ticket's public messages too."""
    return cycles(ClockKind(kind), [beat for row in effective(rows) if (beat := _beat(kind, row))])


def _beat(kind: str, row: Row) -> tuple[Beat, int] | None:
    found: Beat | None = None
    if row.kind == facts.PROMISED and row.after.get("cycles") == kind:
        found = Beat.PROMISED if row.after.get("terms_id") else Beat.WITHDRAWN
    elif row.kind == facts.RESPONDED:
        found = Beat.RESPONDED
    elif row.kind == facts.MESSAGE and not row.after.get("unverified"):
        found = {"provider": Beat.SAID, "client": Beat.HEARD}.get(row.side)
    elif row.kind == facts.STATE:
        found = _step(row)
    return (found, epoch(row.at)) if found else None


def _step(row: Row) -> Beat | None:
    was, now = row.before.get("phase"), row.after.get("phase")
    if now == "done":
        return Beat.RESOLVED
    if now == "ended":
        return None if was == "done" else Beat.ENDED
    if was == "done":
        return Beat.REOPENED_BY_CLIENT if row.side == "client" else Beat.REOPENED
    return None
