"""Rows of tickets ready to draw: every code turned into a word or a mark once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from markupsafe import Markup

from vigie.tickets.labels import CLOCKS, PRIORITIES, TYPES
from vigie.tickets.queries.meters import Meter
from vigie.tickets.queries.queue import Names
from vigie.tickets.views import words
from vigie.toolkit.jinja import ago, drawn, duration, near
from vigie.workflow.labels import STATES, label

_EVERYTHING = frozenset(words.COLUMNS)
# A meter is drawn once for each look; the time itself is put in afterwards.
_ANY_TIME = 359_940


def drawn_rows(
    rows: Iterable[Mapping[str, Any]],
    names: Names,
    people: Mapping[int, str],
    clocks: Mapping[int, Meter],
    shown: frozenset[str] = _EVERYTHING,
) -> list[dict[str, Any]]:
    """``rows`` (``queries.queue.ROW_FIELDS``) with the words and marks that lists show."""
    types = {code: str(word) for code, word in TYPES.items()}
    priorities = {level: str(word) for level, word in PRIORITIES.items()}
    clock_words = {code: str(word) for code, word in CLOCKS.items()}
    ticket_address = reverse("ticket", args=(0,)).replace("0", "%d")
    nobody, select, unassigned = ("", ""), gettext("Select %(name)s"), gettext("Unassigned")
    return [
        {
            **row,
            "href": ticket_address % row["id"],
            "select": select % {"name": row["reference"]},
            "type_mark": drawn(
                "type_mark", row["ticket_type"], types.get(row["ticket_type"], row["ticket_type"]), True
            ),
            "priority_mark": drawn("priority", row["priority"], None, priorities[row["priority"]]),
            "state_mark": drawn(
                "state", label(STATES, row["state"]), words.shape(row["state"], row["phase"])
            ),
            "client": names.clients.get(row["organisation_id"], nobody)[1],
            "requester": people.get(row["requester_id"], ""),
            "assignee_mark": drawn(
                "person",
                people.get(row["assignee_id"]),
                names.teams.get(row["team_id"], nobody)[1] or unassigned,
            ),
            "team": names.teams.get(row["team_id"], nobody)[1],
            "service": names.services.get(row["service_id"], nobody)[1],
            "meter_mark": meter_mark(clocks.get(row["id"]), clock_words),
            "opened_mark": ago(row["opened_at"]) if "opened" in shown else "",
            "updated_mark": ago(row["updated_at"]) if "updated" in shown else "",
            "due_mark": near(row["due_at"]) if row["due_kind"] and "left" in shown else "",
        }
        for row in rows
    ]


def meter_mark(meter: Meter | None, clock_words: Mapping[str, str]) -> Markup | str:
    """Time left as the kit draws it; nothing without a promise."""
    if meter is None:
        return ""
    quarter = 0.0 if meter.used <= 0 else min(int(meter.used * 4 + 0.9999), 4) / 4
    mark = drawn("meter", _ANY_TIME, quarter, meter.state, clock_words.get(meter.kind, ""))
    return mark.replace(duration(_ANY_TIME), duration(abs(meter.left)))
