"""The figures that a client's own people may read of their company. Each says how many it was counted on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q

from vigie.contracts.rules.compliance import percent
from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.models import Clock
from vigie.tickets.models.ticket import LIVE


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises that ended in the period: how many, and how many of them were kept."""

    kind: str
    met: int
    total: int

    @property
    def percent(self) -> float | None:
        """Share kept in percent, rounded as every rate; ``None`` without any: no measure."""
        return float(percent(Fraction(self.met, self.total), 1)) if self.total else None


@dataclass(frozen=True, slots=True)
class Figures:
    """A company at one instant, and since the start of the month."""

    since: dt.datetime
    open: int
    late: int
    resolved: int
    kept: tuple[Kept, ...]


def figures(actor: Actor, now: dt.datetime) -> Figures:
    """Figures of the tickets in the actor's sight; the month is the one of its own time zone (``now`` is local)."""
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    tickets = access.visible(actor)
    beyond = Clock.objects.filter(ticket_id=OuterRef("pk"), state__in=["running", "paused"]).filter(
        Q(breached_at__isnull=False) | Q(due_at__lt=now)
    )
    counted = tickets.filter(LIVE | Q(resolved_at__gte=since)).aggregate(
        open=Count("pk", filter=LIVE),
        late=Count("pk", filter=LIVE & Q(Exists(beyond))),
        resolved=Count("pk", filter=Q(resolved_at__gte=since, phase__in=["done", "ended"])),
    )
    ended = dict.fromkeys(("response", "resolution"), (0, 0))
    clocks = Clock.objects.filter(
        ticket__in=tickets.values("pk"), kind__in=ended, stopped_at__gte=since, state__in=["met", "missed"]
    )
    for row in clocks.values("kind").annotate(met=Count("pk", filter=Q(state="met")), total=Count("pk")):
        ended[row["kind"]] = (row["met"], row["total"])
    return Figures(
        since,
        counted["open"],
        counted["late"],
        counted["resolved"],
        tuple(Kept(k, *v) for k, v in ended.items()),
    )
