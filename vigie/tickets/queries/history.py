"""The whole life of a ticket, fact by fact, with what was before and after in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vigie.kernel.actor import Actor
from vigie.tickets import access, labels
from vigie.tickets.models import Ticket
from vigie.tickets.queries.choices import names_of_values
from vigie.tickets.queries.clock_view import exact
from vigie.tickets.queries.named import Named, names_in, with_team_names
from vigie.tickets.queries.told import Told, doer, field_name, tell
from vigie.tickets.rules import facts
from vigie.toolkit.jinja import hms, when
from vigie.workflow.labels import PENDING_REASONS, STATES, label

UNCHANGED = (facts.WARNED, facts.BREACHED, facts.SUPPORT_WARNED)
"""What a clock announces changes nothing of the ticket: the team and the priority in it say whose clock it is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    at: dt.datetime
    who: str
    side: str
    audience: str
    told: Told
    changes: list[tuple[str, str, str]]


def history(actor: Actor, ticket_id: int) -> tuple[Ticket, list[Entry]]:
    """The ticket and every fact of it in sight, oldest first."""
    ticket = access.one(actor, ticket_id)
    found = access.visible_facts(actor, ticket).order_by("at", "id")
    columns = ("at", "kind", "actor_name", "side", "audience", "before", "after")
    rows: list[dict[str, Any]] = [dict(row) for row in found.values(*columns)]
    named = names_in(rows)
    values = names_of_values(rows)
    entries = []
    source: dict[str, str] = {}  # what the rows of another tool said so far
    for row in with_team_names(rows, named):
        told = tell(row, named.people)
        if told is not None:
            is_import = row["kind"] == facts.IMPORTED
            changes = _cells(row, source) if is_import else _changes(row, named, values)
            entries.append(Entry(row["at"], doer(row), row["side"], row["audience"], told, changes))
    return ticket, entries


def _cells(row: Mapping[str, Any], source: dict[str, str]) -> list[tuple[str, str, str]]:
    """``(column, before, after)`` of a row of another tool; it holds what differs from the row before."""
    cells: dict[str, str] = (row["after"] or {}).get("cells", {})
    found = [
        (column, source.get(column) or "—", cell or "—")
        for column, cell in cells.items()
        if source.get(column, "") != cell
    ]
    source.update(cells)
    return found


def _changes(
    row: Mapping[str, Any],
    named: Named,
    values: Mapping[str, Mapping[int, str]],
) -> list[tuple[str, str, str]]:
    """``(what, before, after)`` in words for each value that changed."""
    if row["kind"] in UNCHANGED:
        return []
    before, after = row["before"] or {}, row["after"] or {}
    found = []
    reasons = labels.BREACH_REASONS if row["kind"] == facts.CAUSED else PENDING_REASONS
    for key in {**before, **after}:
        name = _name(key)
        if name is None or before.get(key) == after.get(key):
            continue
        was, now = (_word(key, side.get(key), named, values, reasons) for side in (before, after))
        if was != now:
            found.append((name, was, now))
    return found


def _name(key: str) -> str | None:
    """What a key of a fact is called; ``None`` for what says nothing to a person."""
    names = {
        "state": _("State"), "reason": _("Reason"), "priority": _("Priority"), "impact": _("Impact"),
        "urgency": _("Urgency"), "type": _("Type"), "reference": _("Reference"), "team": _("Team"),
        "assignee": _("Assignee"), "computed": _("Computed priority"), "target": _("Promised"), "used": _("Used"),
        "missed_at": _("Missed since"),
    }  # fmt: skip
    if key in names:
        return names[key]
    named = field_name(key)
    return named if named != key else None


def _word(
    key: str,
    value: Any,
    named: Named,
    values: Mapping[str, Mapping[int, str]],
    reasons: dict[str, labels.Label],
) -> str:
    if value in (None, "", []):
        return "—"
    if key in values:
        return values[key].get(value, str(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    words = {
        "state": lambda: label(STATES, value),
        "reason": lambda: label(reasons, value),
        "type": lambda: str(labels.TYPES.get(value, value)),
        "team": lambda: named.teams.get(value, str(value)),
        "assignee": lambda: named.people.get(value, str(value)),
        "priority": lambda: f"P{value}",
        "computed": lambda: f"P{value}",
        "impact": lambda: str(labels.IMPACTS.get(value, value)),
        "urgency": lambda: str(labels.URGENCIES.get(value, value)),
        "target": lambda: exact(value),
        "used": lambda: hms(value),
        "missed_at": lambda: when(dt.datetime.fromisoformat(value), "long"),
    }
    found = words.get(key)
    return found() if found else str(value)
