"""What of a ticket decides its promises."""

from __future__ import annotations

from vigie.contracts.queries.book import Scope
from vigie.tickets.models import Ticket


def scope_of(ticket: Ticket, *, priority: int | None = None, ticket_type: str | None = None) -> Scope:
    """The scope of this ticket, or as it would be with another priority or type."""
    return Scope(
        ticket_type=ticket_type or ticket.ticket_type,
        priority=priority or ticket.priority,
        service_id=ticket.service_id,
        category_id=ticket.category_id,
        site_id=ticket.site_id,
        is_vip=ticket.is_vip,
        opened_at=ticket.opened_at,
        beneficiary_id=ticket.beneficiary_id,
    )
