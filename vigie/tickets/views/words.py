"""Words of the queue in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.tickets.labels import PRIORITIES, TYPES
from vigie.tickets.queries.queue import Names
from vigie.tickets.rules.filters import Filters
from vigie.toolkit.jinja import locale

Label = str | Promise

VIEWS: dict[str, tuple[Label, str]] = {
    "to_handle": (p("view", "To handle"), "inbox"),
    "replied": (p("view", "After resolution"), "message"),
    "mine": (p("view", "Mine"), "user"),
    "unassigned": (p("view", "Unassigned"), "users"),
    "risk": (p("view", "Breach risk"), "clock"),
    "waiting": (p("view", "Waiting"), "player-pause"),
    "open": (p("view", "All open"), "list"),
    "all": (p("view", "All tickets"), "ticket"),
}
STATUSES: dict[str, Label] = {
    "live": p("status", "Open"),
    "active": p("status", "In our hands"),
    "waiting": p("status", "Waiting"),
    "done": p("status", "Solved"),
    "replied": p("status", "Replied to after resolution"),
    "closed": p("status", "Closed"),
    "all": p("status", "All"),
}
DUE: dict[str, Label] = {"4h": _("within 4 hours or late"), "late": p("due", "late")}
SORTS: dict[str, Label] = {
    "left": p("sort", "Due first"),
    "newest": p("sort", "Newest first"),
    "oldest": p("sort", "Oldest first"),
    "updated": p("sort", "Last change"),
    "priority": p("sort", "Priority"),
}
COLUMNS: dict[str, Label] = {
    "client": _("Client"),
    "requester": _("Requester"),
    "service": _("Service"),
    "priority": _("Priority"),
    "state": _("State"),
    "assignee": _("Assigned to"),
    "team": _("Team"),
    "opened": _("Opened"),
    "updated": _("Changed"),
    "left": _("Due"),
}
DEFAULT_COLUMNS = ("client", "requester", "priority", "state", "assignee", "updated", "left")
# The order each column's heading asks for, and how a reader of the table hears it.
COLUMN_SORTS = {
    "priority": ("priority", "ascending"),
    "opened": ("newest", "descending"),
    "updated": ("updated", "descending"),
    "left": ("left", "ascending"),
}
KEYS: dict[str, Label] = {
    "status": _("State"),
    "for": _("For"),
    "type": _("Type"),
    "priority": _("Priority"),
    "client": _("Client"),
    "team": _("Team"),
    "service": _("Service"),
    "assignee": _("Assigned to"),
    "requester": _("Requester"),
    "tag": _("Tag"),
    "due": _("Due"),
    "breached": _("Promise missed in"),
    "vip": _("Person"),
    "q": _("Words"),
}

SHAPES = {
    "new": "new",
    "submitted": "new",
    "assigned": "open",
    "approved": "open",
    "in_progress": "progress",
    "in_fulfilment": "progress",
    "closed": "closed",
    "cancelled": "cancelled",
    "rejected": "cancelled",
}
_PHASE_SHAPES = {"active": "open", "waiting": "waiting", "done": "resolved", "ended": "closed"}


def shape(state: str, phase: str) -> str:
    """The kit's drawing of a state; an installation's own states are drawn by their phase."""
    return SHAPES.get(state) or _PHASE_SHAPES.get(phase, "open")


def month_name(month: str) -> str:
    """ "2026-11" as "November 2026"."""
    return format_date(dt.date.fromisoformat(f"{month}-01"), "MMMM y", locale=locale())


def _called(table: dict[int, tuple[str, str]], codes: tuple[str, ...]) -> str:
    known = {code.lower(): name for code, name in table.values()}
    return ", ".join(known.get(code.lower(), code) for code in codes)


def _assignee(filters: Filters, people: dict[int, str]) -> str:
    fixed = {"me": gettext("me"), "none": gettext("nobody")}
    return fixed.get(filters.assignee) or _person(filters.assignee, people)


def _person(wanted: str, people: dict[int, str]) -> str:
    return people.get(int(wanted), f"#{wanted}")


def chips(filters: Filters, names: Names, people: dict[int, str]) -> list[tuple[str, str, str]]:
    """``(key, name, value)`` of each filter in force, in words."""
    say: dict[str, Callable[[], Any]] = {
        "status": lambda: "" if filters.status == "live" else STATUSES[filters.status],
        "for": lambda: gettext("me and my teams") if filters.for_me else "",
        "type": lambda: ", ".join(str(TYPES[t]) for t in filters.types),
        "priority": lambda: ", ".join(f"P{p} {PRIORITIES[p]}" for p in filters.priorities),
        "client": lambda: _called(dict(names.clients), filters.clients),
        "team": lambda: _called(dict(names.teams), filters.teams),
        "service": lambda: _called(dict(names.services), filters.services),
        "assignee": lambda: _assignee(filters, people) if filters.assignee else "",
        "requester": lambda: _person(filters.requester, people) if filters.requester else "",
        "tag": lambda: filters.tag,
        "due": lambda: DUE[filters.due] if filters.due else "",
        "breached": lambda: month_name(filters.breached) if filters.breached else "",
        "vip": lambda: gettext("VIP") if filters.vip else "",
        "q": lambda: f"“{filters.q}”" if filters.q else "",
    }
    return [(key, str(KEYS[key]), str(value)) for key, words in say.items() if (value := words())]
