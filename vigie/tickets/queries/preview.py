"""A ticket at a glance, for the pane below the queue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access
from vigie.tickets.models import Ticket
from vigie.tickets.queries.meters import Meter, clock_that_matters, meters
from vigie.tickets.queries.noted import NEEDED, noted_for_caller

FIELDS = (
    "id", "reference", "title", "state", "phase", "priority", "organisation__name", "requester__name", "assignee__name",
    "team__name_fr", "team__name_en", "service__name_fr", "service__name_en",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    row: dict[str, Any]
    message: dict[str, Any] | None
    meter: Meter | None


def preview_of(actor: Actor, ticket_id: int, *, now: dt.datetime) -> Preview:
    """The ticket, its last message and the clock that matters. Out of sight is not found."""
    tickets = access.visible(actor).filter(pk=ticket_id).annotate(clock=clock_that_matters())
    row = tickets.values(*FIELDS, "clock").first()
    if row is None:
        raise NotFound()
    said = access.visible_messages(actor, Ticket(pk=ticket_id)).order_by("-created_at", "-id")
    message = said.values("author_name", "audience", "body", "is_html", "created_at", *NEEDED).first()
    found = {**message, "noted_by": noted_for_caller(ticket_id, message)} if message else None
    return Preview(dict(row), found, meters([row], now=now).get(ticket_id))
