"""Time left on each row of a list: one statement for the clocks, then the calendar's own arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.contracts.queries import terms_of_many
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.tickets.models import Clock

AT_RISK = 0.75
# Of several clocks of a ticket the one that matters now: what runs, then what waits, then the last verdict.
_RANK = {"running": 0, "paused": 1, "missed": 2, "met": 2}


@dataclass(frozen=True, slots=True)
class Meter:
    """``left`` seconds of service time (negative when late), ``used`` share of the promise, as the kit draws it.

    ``state`` is ``closed`` outside service hours: nothing runs out before the calendar opens again.
    """

    kind: str
    left: int
    used: float
    state: str


def meters(ticket_ids: Iterable[int], *, now: dt.datetime) -> dict[int, Meter]:
    """The clock that matters now for each ticket already in sight; a ticket without a promise has none."""
    rows = Clock.objects.filter(ticket_id__any_of=list(ticket_ids)).exclude(state=Clock.State.CANCELLED)
    chosen: dict[int, Mapping[str, Any]] = {}
    for row in rows.values(
        "ticket_id", "kind", "state", "terms_id", "target_seconds", "used_seconds", "due_at"
    ):
        held = chosen.get(row["ticket_id"])
        if held is None or _weight(row) < _weight(held):
            chosen[row["ticket_id"]] = row
    running = {row["terms_id"] for row in chosen.values() if row["state"] == "running"}
    terms = terms_of_many(running) if running else {}
    at = epoch(now)
    return {pk: _meter(row, terms, at) for pk, row in chosen.items()}


def _weight(row: Mapping[str, Any]) -> tuple[int, float, int]:
    due = row["due_at"].timestamp() if row["state"] == "running" and row["due_at"] else float("inf")
    return _RANK.get(row["state"], 3), due, 0 if row["kind"] == "resolution" else 1


def _meter(row: Mapping[str, Any], terms: dict[int, Any], at: int) -> Meter:
    target = max(row["target_seconds"], 1)
    kind, state = row["kind"], row["state"]
    left = target - row["used_seconds"]
    if state == "running" and row["due_at"]:
        due = epoch(row["due_at"])
        calendar = openings(terms[row["terms_id"]].calendar)
        left = calendar.elapsed(at, due) if due > at else -calendar.elapsed(due, at)
        late, closed = due <= at, not calendar.is_open(at)
    else:
        late, closed = left < 0, False
    used = 1 - left / target
    if state == "met":
        return Meter(kind, left, used, "met")
    if late or state == "missed":
        return Meter(kind, min(left, 0), max(used, 1.0), "late")
    if state == "paused":
        return Meter(kind, left, used, "paused")
    if closed:
        return Meter(kind, left, used, "closed")
    return Meter(kind, left, used, "warn" if used >= AT_RISK else "ok")
