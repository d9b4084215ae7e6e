"""Facts that tickets announce."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.kernel.events import Event


@dataclass(frozen=True, slots=True)
class TicketEvent(Event):
    ticket_id: int
    organisation_id: int

    @property
    def topics(self) -> tuple[str, ...]:
        return (
            f"org:{self.organisation_id}",
            f"client:{self.organisation_id}",
            f"ticket:{self.ticket_id}",
            "queue",
        )


@dataclass(frozen=True, slots=True)
class TicketOpened(TicketEvent):
    pass


@dataclass(frozen=True, slots=True)
class TicketChanged(TicketEvent):
    """Any change that a page may show; ``is_public`` false keeps it from waking the client's pages."""

    is_public: bool = True

    @property
    def topics(self) -> tuple[str, ...]:
        everyone = (f"client:{self.organisation_id}",) if self.is_public else ()
        return (f"org:{self.organisation_id}", *everyone, f"ticket:{self.ticket_id}", "queue")


@dataclass(frozen=True, slots=True)
class TicketResolved(TicketEvent):
    pass
