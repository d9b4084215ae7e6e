"""What follows from a ticket's own events, after the fact."""

from __future__ import annotations

from vigie.accounts.events import PersonRenamed
from vigie.tickets.events import TicketResolved
from vigie.toolkit.events import subscribe

subscribe(TicketResolved, "tickets.resolve_children")
subscribe(PersonRenamed, "tickets.follow_person")
