"""What follows from a ticket's own events, after the fact."""

from __future__ import annotations

from vigie.tickets.events import TicketResolved
from vigie.toolkit.events import subscribe

subscribe(TicketResolved, "tickets.resolve_children")
