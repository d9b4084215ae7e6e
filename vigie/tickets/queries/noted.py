"""Who noted the opening message of a ticket for its caller, for readers of that one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vigie.tickets.models import Fact
from vigie.tickets.rules import facts
from vigie.tickets.rules.noted import noted_by

NEEDED = ("kind", "side", "via")


def noted_for_caller(ticket_id: int, message: Mapping[str, Any]) -> str:
    """:func:`noted_by` of a message in sight (``NEEDED``); the journal is read for an opening message alone."""
    if message["kind"] != "description":
        return ""
    opened = Fact.objects.filter(ticket_id=ticket_id, kind=facts.OPENED).order_by("at", "id")
    return noted_by(message, opened.values("side", "actor_id", "actor_name").first())
