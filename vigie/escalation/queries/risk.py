"""What will breach, when, for whom, the worst first. A bounded number of narrow rows, in three statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils.translation import get_language

from vigie.compliance import access as compliance_access
from vigie.compliance.rules import month_of
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.penalties import NOTHING
from vigie.escalation import access
from vigie.escalation.models import Stake
from vigie.escalation.rules import risk
from vigie.kernel.actor import Actor
from vigie.tickets import access as tickets_access
from vigie.tickets.models import Clock

HORIZONS: Mapping[str, dt.timedelta] = {
    "4h": dt.timedelta(hours=4), "1d": dt.timedelta(days=1), "3d": dt.timedelta(days=3),
}  # fmt: skip
MOST, SHOWN = 500, 100
STALE = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Row:
    """A clock that runs out: ``ticket`` is what the page names, ``stake`` what one more miss would do."""

    ticket: Mapping[str, Any]
    risk: risk.Risk
    stake: Stake | None


@dataclass(frozen=True, slots=True)
class Board:
    """``more``: further clocks run out in the time asked for, later than these. ``weighed_at``: the oldest amount shown."""

    rows: list[Row]
    count: int
    more: bool
    weighed_at: dt.datetime | None


def board(actor: Actor, horizon: dt.timedelta, *, now: dt.datetime) -> Board:
    """The clocks in sight that run out within ``horizon``, the gravest first."""
    actor.demand("escalation:view")
    actor.demand("tickets:view")
    found = _running(actor, now, now + horizon)
    stakes = _stakes(actor, {row["contract_id"] for row in found if row["contract_id"]}, now)
    standing = risk.standings(_fees(actor, now.date()))
    rows = {}
    for row in found:
        stake = stakes.get((row["contract_id"], row["kind"], row["ticket_type"], row["priority"]))
        rows[row["id"]] = Row(row, _risk(row, stake, standing), stake)
    order = risk.ordered(row.risk for row in rows.values())
    shown = [rows[one.key] for one in order[:SHOWN]]
    weighed = [row.stake.computed_at for row in shown if row.stake is not None]
    return Board(shown, len(rows), len(found) == MOST, min(weighed, default=None))


def _running(actor: Actor, now: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
    """Those due first, if there are more than ``MOST``."""
    name = "name_en" if (get_language() or "fr").startswith("en") else "name_fr"
    tickets = tickets_access.visible(actor).filter(phase="active", due_at__lte=until)
    clocks = Clock.objects.filter(
        ticket__in=tickets.values("pk"), state=Clock.State.RUNNING, due_at__gt=now, due_at__lte=until
    )
    rows = clocks.order_by("due_at", "pk").values(
        "id", "ticket_id", "kind", "due_at", "organisation_id", contract_id=F("ticket__contract_id"),
        reference=F("ticket__reference"), title=F("ticket__title"), ticket_type=F("ticket__ticket_type"),
        priority=F("ticket__priority"), is_vip=F("ticket__is_vip"), client=F("organisation__name"),
        assignee=F("ticket__assignee__name"), team=F(f"ticket__team__{name}"),
    )  # fmt: skip
    return [dict(row) for row in rows[:MOST]]


def _stakes(actor: Actor, contracts: set[int], now: dt.datetime) -> dict[tuple[int, str, str, int], Stake]:
    """Those weighed lately, for the month in progress: an amount of another month would be an invented one."""
    recent = access.visible_stakes(actor).filter(
        contract_id__in=sorted(contracts), computed_at__gt=now - STALE
    )
    return {
        (row.contract_id, row.kind, row.ticket_type, row.priority): row
        for row in recent.select_related("organisation")
        if row.month == month_of(now, row.organisation.timezone)
    }


def _fees(actor: Actor, today: dt.date) -> list[tuple[int, str, Any]]:
    rows = compliance_access.visible_terms(actor).filter(
        Q(valid_until=None) | Q(valid_until__gt=today), valid_from__lte=today
    )
    return list(rows.values_list("organisation_id", "organisation__currency", "fee"))


def _risk(row: Mapping[str, Any], stake: Stake | None, standing: Mapping[int, risk.Standing]) -> risk.Risk:
    return risk.Risk(
        row["id"], stake.amount if stake else NOTHING, risk.Why(stake.reason) if stake else None,
        standing.get(row["organisation_id"], risk.Standing.UNKNOWN), row["is_vip"], row["priority"], epoch(row["due_at"]),
    )  # fmt: skip
