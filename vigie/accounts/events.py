"""What is told of people."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PersonRenamed(Event):
    """A person has another name or address."""

    person_id: int
