"""Who acts, as one frozen value that every query and action takes first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vigie.kernel.refusal import NotAllowed

Side = Literal["provider", "client", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the system) with its sight and grants.

    ``organisations`` is the set of client organisation ids in sight; ``None`` means every one (provider
    staff with no limit, and the system). ``scope`` narrows a client-side actor inside its organisation:
    ``company`` sees the public part of all its tickets, ``own`` only what it asked, receives or watches.
    ``other_clients``: how many further clients this person may switch to.
    """

    side: Side
    person_id: int | None
    organisations: frozenset[int] | None
    grants: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    scope: Literal["all", "company", "sites", "own"] = "all"
    site_ids: frozenset[int] = frozenset()
    organisation_id: int | None = None
    name: str = ""
    language: str = "fr"
    timezone: str = "Europe/Paris"
    roles: frozenset[str] = field(default=frozenset())
    other_clients: int = 0

    @property
    def is_provider(self) -> bool:
        return self.side in ("provider", "system")

    @property
    def is_client(self) -> bool:
        return self.side == "client"

    @property
    def me(self) -> int:
        """The person's id for a look-up of what is its own; 0, which nobody has, for the system."""
        return self.person_id or 0

    def can(self, grant: str) -> bool:
        """True when this actor holds ``area:verb``; the system holds every grant."""
        return self.side == "system" or grant in self.grants

    def sees(self, organisation_id: int) -> bool:
        return self.organisations is None or organisation_id in self.organisations

    def demand(self, grant: str) -> None:
        """Raise :class:`NotAllowed` unless the grant is held."""
        if not self.can(grant):
            raise NotAllowed("access.not_granted", grant=grant)


SYSTEM = Actor(side="system", person_id=None, organisations=None, name="Vigie")
