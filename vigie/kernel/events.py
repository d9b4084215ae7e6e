"""What an event is: a frozen fact, told in the transaction that made it true."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Base of every announced fact. Fields are ids and plain values: they become a job's arguments."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Live topics woken by this event, e.g. ``("ticket:12", "queue")``."""
        return ()
