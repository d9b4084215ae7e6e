"""What a step, an answer or a priority change does to a ticket's own columns. Pure: actions and imports share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vigie.workflow.rules.machine import Machine, Step


@dataclass(slots=True)
class Life:
    """The columns of a ticket that its life moves. A model row has the same attributes."""

    state: str
    phase: str
    opened_at: datetime
    priority: int = 3
    computed_priority: int = 3
    impact: int = 3
    urgency: int = 2
    pending_reason: str = ""
    follow_up_at: datetime | None = None
    team_id: int | None = None
    assignee_id: int | None = None
    resolution_code: str = ""
    cancel_reason: str = ""
    duplicate_of_id: int | None = None
    first_response_at: datetime | None = None
    restored_at: datetime | None = None
    resolved_at: datetime | None = None
    first_resolved_at: datetime | None = None
    closed_at: datetime | None = None
    awaiting_reply_since: datetime | None = None
    reopen_count: int = 0
    reassignment_count: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def step_changes(
    life: Any, machine: Machine, step: Step, given: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Columns changed by taking ``step`` at ``at``. ``life`` is a :class:`Life` or a ticket row."""
    phase = machine.phase(step.target)
    changes: dict[str, Any] = {
        "state": step.target,
        "phase": phase,
        "pending_reason": "",
        "follow_up_at": None,
    }
    if phase == "waiting":
        changes["pending_reason"] = given.get("pending_reason") or (
            "client_approval" if step.target == "pending_approval" else ""
        )
        changes["follow_up_at"] = given.get("follow_up_at")
    if step.verb == "start" and given.get("assignee_id"):
        changes["assignee_id"] = given["assignee_id"]
    if phase == "done":
        changes.update(_done(life, given, at))
    elif step.verb == "reopen":
        # the service was not restored after all, nor was it another ticket's matter
        changes.update(
            resolved_at=None, restored_at=None, closed_at=None, resolution_code="", duplicate_of_id=None,
            reopen_count=life.reopen_count + 1,
        )  # fmt: skip
    elif phase == "ended":
        changes["closed_at"] = at
        if step.verb == "cancel":
            changes["cancel_reason"] = given.get("reason") or ""
    return changes


def _done(life: Any, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "resolved_at": at,
        "first_resolved_at": life.first_resolved_at or at,
        "restored_at": life.restored_at or at,
        "first_response_at": life.first_response_at or at,
        "resolution_code": given["resolution_code"],
        "awaiting_reply_since": None,
    }


def answer_changes(life: Any, side: str, at: datetime, *, automatic: bool = False) -> dict[str, Any]:
    """Columns changed by a public message: the first human one from the provider is the response."""
    if automatic:
        return {}
    if side == "provider":
        changes: dict[str, Any] = {"awaiting_reply_since": None}
        if life.first_response_at is None:
            changes["first_response_at"] = at
        return changes
    return {} if life.awaiting_reply_since else {"awaiting_reply_since": at}


def assignment_changes(life: Any, team_id: int | None, assignee_id: int | None) -> dict[str, Any]:
    """Columns changed by an assignment; counted as a reassignment when somebody already held the ticket."""
    changes: dict[str, Any] = {"team_id": team_id, "assignee_id": assignee_id}
    moved_team = life.team_id is not None and team_id != life.team_id
    moved_person = (
        life.assignee_id is not None and assignee_id is not None and assignee_id != life.assignee_id
    )
    if moved_team or moved_person:
        changes["reassignment_count"] = life.reassignment_count + 1
    return changes
