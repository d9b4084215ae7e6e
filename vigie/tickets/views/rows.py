"""Rows of tickets ready to draw: every code turned into a word once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from vigie.tickets.labels import CLOCKS, PRIORITIES, TYPES
from vigie.tickets.queries.meters import Meter
from vigie.tickets.queries.queue import Names
from vigie.tickets.views import words
from vigie.workflow.labels import STATES, label


def drawn_rows(
    rows: Iterable[Mapping[str, Any]], names: Names, people: Mapping[int, str], clocks: Mapping[int, Meter]
) -> list[dict[str, Any]]:
    """``rows`` (``queries.queue.ROW_FIELDS``) with the words that lists show."""
    types = {code: str(word) for code, word in TYPES.items()}
    priorities = {level: str(word) for level, word in PRIORITIES.items()}
    clock_words = {code: str(word) for code, word in CLOCKS.items()}
    ticket_address = reverse("ticket", args=(0,)).replace("0", "%d")
    nobody = ("", "")
    drawn = []
    for row in rows:
        meter = clocks.get(row["id"])
        drawn.append(
            {
                **row,
                "href": ticket_address % row["id"],
                "type_word": types.get(row["ticket_type"], row["ticket_type"]),
                "priority_word": priorities[row["priority"]],
                "state_word": label(STATES, row["state"]),
                "shape": words.shape(row["state"], row["phase"]),
                "client": names.clients.get(row["organisation_id"], nobody)[1],
                "requester": people.get(row["requester_id"], ""),
                "assignee": people.get(row["assignee_id"], ""),
                "team": names.teams.get(row["team_id"], nobody)[1],
                "service": names.services.get(row["service_id"], nobody)[1],
                "meter": meter,
                "meter_word": clock_words.get(meter.kind, "") if meter else "",
            }
        )
    return drawn
