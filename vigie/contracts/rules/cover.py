"""Whom and what a version of a contract covers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cover:
    """Ids covered; ``None`` = all of that sort. ``people`` are those of the groups covered."""

    services: frozenset[int] | None = None
    sites: frozenset[int] | None = None
    people: frozenset[int] | None = None

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Of two contracts that cover a ticket, the one that names its service goes first, then site, then people."""
        return self.services is not None, self.sites is not None, self.people is not None

    def holds(self, service_id: int | None, site_id: int | None, person_id: int | None) -> bool:
        """Is a ticket about these covered? One whose person is not known yet is taken as covered."""
        return (
            (self.services is None or service_id in self.services)
            and (self.sites is None or site_id in self.sites)
            and (self.people is None or person_id is None or person_id in self.people)
        )


EVERYTHING = Cover()


Limits = Mapping[str, frozenset[int]]
"""Ids that a cover is limited to, by sort (``services``, ``sites``, ``people``); a sort that is not limited is left out."""


def shared(one: Limits, other: Limits) -> Limits | None:
    """What two covers have in common where neither goes before the other; ``None`` where no ticket is in doubt.

    The narrower of two governs (``Cover.rank``), so that only covers limited in the same sorts leave a doubt.
    """
    if one.keys() != other.keys():
        return None
    both = {sort: one[sort] & other[sort] for sort in one}
    return both if all(both.values()) else None
