"""Which commitment row applies to a ticket: the most specific wins, kind by kind.

A row is a candidate if every scope it states matches. Candidates are compared on which scopes they state, in
the order of ``ORDER``; where they state the same ones, the deeper in a tree wins, in the same order; then the
later ``valid_from``. What is still equal cannot be told apart and is refused when the row is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from vigie.contracts.rules.promise import Audience, ClockKind
from vigie.kernel.refusal import Refusal

Path = tuple[str, ...]
"""Identifiers from the root of a tree down to a node, the node included."""

ORDER = (
    "contract",
    "client",
    "offering",
    "service",
    "site",
    "vip",
    "category",
    "ticket_type",
    "priority",
)
_scopes = attrgetter(
    *reversed(ORDER)
)  # what tells most rows apart comes last in the order: it is asked first


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """One row of targets. A scope left at ``None`` is not stated: it matches everything.

    ``client`` (parent entity first), ``service`` and ``category`` are paths: a row on a node matches what is
    under it. ``valid_until`` is the first day on which the row no longer applies.
    """

    id: str
    kind: ClockKind
    audience: Audience = Audience.SLA
    valid_from: date = date.min
    valid_until: date = date.max
    contract: str | None = None
    client: Path | None = None
    offering: str | None = None
    service: Path | None = None
    site: str | None = None
    vip: bool | None = None
    category: Path | None = None
    ticket_type: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class TicketScope:
    """What a ticket is, for the choice of its promises. ``on`` is the local date of its opening."""

    on: date
    contract: str | None = None
    client: Path = ()
    offering: str | None = None
    service: Path = ()
    site: str | None = None
    vip: bool = False
    category: Path = ()
    ticket_type: str = ""
    priority: int | None = None


def matches(row: CommitmentRow, ticket: TicketScope) -> bool:
    """Is the row in force on the day of opening, and does every scope it states match?"""
    if not row.valid_from <= ticket.on < row.valid_until:
        return False
    for stated, actual in zip(_scopes(row), _scopes(ticket), strict=True):
        if stated is not None and not _scope_matches(stated, actual):
            return False
    return True


def rank(row: CommitmentRow) -> tuple[tuple[bool, ...], tuple[int, ...], date]:
    """The key of the comparison: higher is more specific."""
    scopes = [getattr(row, name) for name in ORDER]
    return tuple(scope is not None for scope in scopes), tuple(map(_depth, scopes)), row.valid_from


def choose(
    rows: Iterable[CommitmentRow],
    ticket: TicketScope,
    kind: ClockKind,
    audience: Audience = Audience.SLA,
) -> CommitmentRow | None:
    """The row that governs that kind of clock, ``None`` where nothing was promised.

    Refuses ``contracts.commitment_tie`` where two rows cannot be told apart.
    """
    found = [r for r in rows if r.kind == kind and r.audience == audience and matches(r, ticket)]
    return _narrowest(found) if found else None


def _narrowest(found: Sequence[CommitmentRow]) -> CommitmentRow:
    """The most specific of rows that match."""
    if len(found) == 1:
        return found[0]
    best = max(found, key=rank)
    tied = sorted(row.id for row in found if rank(row) == rank(best))
    if len(tied) > 1:
        raise Refusal("contracts.commitment_tie", rows=", ".join(tied))
    return best


def choose_all(
    rows: Iterable[CommitmentRow], ticket: TicketScope, audience: Audience = Audience.SLA
) -> dict[ClockKind, CommitmentRow]:
    """The governing row of every kind that has one: response and resolution may come from different rows."""
    found: dict[ClockKind, list[CommitmentRow]] = {}
    for row in rows:
        if row.audience == audience and matches(row, ticket):
            found.setdefault(row.kind, []).append(row)
    return {kind: _narrowest(found[kind]) for kind in ClockKind if kind in found}


def refuse_ties(rows: Iterable[CommitmentRow]) -> None:
    """At save: refuse (``contracts.commitment_tie``) two rows that could both be the best for one ticket.

    They state the same scopes with the same values and start on the same day.
    """
    seen: dict[tuple[object, ...], str] = {}
    for row in rows:
        key = (row.kind, row.audience, row.valid_from, *(getattr(row, name) for name in ORDER))
        if key in seen:
            raise Refusal("contracts.commitment_tie", rows=", ".join(sorted((seen[key], row.id))))
        seen[key] = row.id


def _scope_matches(stated: object, actual: object) -> bool:
    if isinstance(stated, tuple) and isinstance(actual, tuple):
        return actual[: len(stated)] == stated
    return stated == actual


def _depth(stated: object) -> int:
    """0 where not stated; else 1, or the depth in the tree."""
    if stated is None:
        return 0
    return len(stated) if isinstance(stated, tuple) else 1
