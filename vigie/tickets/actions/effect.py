"""What a correction makes of every clock of its ticket, read before it is journalled. Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vigie.contracts.rules.reading import Reading
from vigie.tickets.actions import support
from vigie.tickets.actions.ledger import load_rows, moment, reading_of
from vigie.tickets.actions.turning import turned
from vigie.tickets.models import Clock, SupportClock, Ticket
from vigie.tickets.rules import cycles, facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row
from vigie.tickets.rules.support import KINDS as SUPPORT_KINDS

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """Figures by clock, ``before`` and ``after``: of the client's promises, and of those ``behind`` them, which it never reads.

    A clock is its kind; of a cycle ``update:2``; of a team or a supplier ``ola_work:team:3``, ``uc:supplier:7``.
    """

    before: Figures
    after: Figures
    behind_before: Figures
    behind_after: Figures

    @property
    def moves_behind(self) -> bool:
        return self.behind_before != self.behind_after


def effect_of(ticket: Ticket, said: Mapping[str, Any], now: dt.datetime) -> Effect:
    """The clocks of the ticket as they are, and as they would be with the correction ``said``."""
    promised = load_rows(ticket.pk, (*CLOCK_KINDS, facts.MESSAGE))
    behind = load_rows(ticket.pk, SUPPORT_KINDS)
    return Effect(
        _promised(ticket, promised, now),
        _promised(ticket, _with(promised, said, now), now),
        _behind(ticket, behind, now),
        _behind(ticket, _with(behind, said, now), now),
    )


def _with(rows: Sequence[Row], said: Mapping[str, Any], now: dt.datetime) -> list[Row]:
    return [*rows, Row(max(row.id for row in rows) + 1, now, facts.CORRECTED, dict(said), {})]


def _promised(ticket: Ticket, rows: list[Row], now: dt.datetime) -> Figures:
    gone = Clock.objects.filter(ticket_id=ticket.pk, kind__in=cycles.KINDS, state=Clock.State.CANCELLED)
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED).order_by("pk")
    clocks = turned(ticket, live, rows, cancelled=set(gone.values_list("kind", "cycle")))
    return {
        _name(clock): _figures(reading_of(clock, rows, now))
        for clock in clocks
        if clock.state != Clock.State.CANCELLED
    }


def _behind(ticket: Ticket, rows: list[Row], now: dt.datetime) -> Figures:
    found = {}
    for clock in SupportClock.objects.filter(ticket_id=ticket.pk).order_by("pk"):
        holder = f"team:{clock.team_id}" if clock.team_id else f"supplier:{clock.supplier_contract_id}"
        found[f"{clock.kind}:{holder}"] = _figures(support.support_reading(clock, rows, now))
    return found


def _name(clock: Clock) -> str:
    return f"{clock.kind}:{clock.cycle}" if clock.kind in cycles.KINDS else clock.kind


def _figures(reading: Reading) -> dict[str, Any]:
    """What a person compares: the state, seconds promised and used, since when it is missed."""
    missed_at = moment(reading.breached_at)
    return {
        "state": str(reading.state),
        "target": reading.target_seconds,
        "used": reading.used_seconds,
        "missed_at": missed_at.isoformat() if missed_at else None,
    }
