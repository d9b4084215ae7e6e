"""Ladders of the demonstration and what they escalated today: answered, waiting, climbed; and what one more miss would cost."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Role, Team
from vigie.contracts.models import Contract
from vigie.demo.house import SYSTEMS
from vigie.demo.settle import Settled
from vigie.escalation.actions import ladders, stakes, sweep
from vigie.escalation.actions.acknowledge import acknowledge
from vigie.escalation.models import Escalation, Ladder
from vigie.escalation.rules.ladder import whose_of
from vigie.kernel.actor import SYSTEM
from vigie.tickets.models import Ticket

SINCE = dt.timedelta(days=400)
# The worker's rounds of the day, in minutes before the anchor, as far as they are played again.
ROUNDS = (300, 180, 95, 40, 12, 0)

# when, unit, what is done, to whom, team or role, minutes to answer
Rung = tuple[int, str, str, str, str, int | None]
DEFAULT: tuple[Rung, ...] = (
    (50, "percent", "hierarchical", "assignee", "", None),
    (75, "percent", "hierarchical", "leads", "", 30),
    (90, "percent", "hierarchical", "role", "dispatcher", 20),
    (95, "percent", "hierarchical", "on_call", "", 15),
    (100, "percent", "hierarchical", "role", "desk_manager", 60),
)
RESPONSE: tuple[Rung, ...] = (
    (75, "percent", "hierarchical", "role", "dispatcher", None),
    (100, "percent", "hierarchical", "role", "desk_manager", 15),
)
MANUFACTURING: tuple[Rung, ...] = (
    (50, "percent", "hierarchical", "leads", "", 15),
    (-60, "service", "functional", "team", SYSTEMS, 15),
    (100, "percent", "hierarchical", "role", "desk_manager", 30),
    (60, "wall", "hierarchical", "role", "delivery_manager", None),
)
LAW_FIRM: tuple[Rung, ...] = (
    (75, "percent", "hierarchical", "leads", "", 20),
    (90, "percent", "hierarchical", "role", "dispatcher", 20),
    (100, "percent", "hierarchical", "role", "delivery_manager", 60),
)
TEAMS: tuple[Rung, ...] = (
    (90, "percent", "hierarchical", "leads", "", 30),
    (100, "percent", "hierarchical", "role", "desk_manager", None),
)
# name in French and English, client of the contract (none: common), clock (of a team: whose it is follows), priorities, steps
LADDERS: tuple[tuple[str, str, str, str, tuple[int, ...], tuple[Rung, ...]], ...] = (
    ("Échelle par défaut", "Default ladder", "", "resolution", (), DEFAULT),
    ("Prise en charge", "First response", "", "response", (), RESPONSE),
    ("Travail des équipes", "Work of the teams", "", "ola_work", (), TEAMS),
    ("Valmont, arrêts de production", "Valmont, production stops", "VALMONT", "resolution", (1, 2), MANUFACTURING),
    ("Hargrove, dossiers en cours", "Hargrove, live matters", "HARGROVE", "resolution", (), LAW_FIRM),
)  # fmt: skip


def climb_ladders(settled: Settled, anchor: dt.datetime) -> None:
    """The ladders as they stand since the contracts began, then the rounds of the day; some answer, some do not."""
    for ladder in LADDERS:
        _make(settled, ladder, anchor - SINCE)
    touched = dict(Ticket.objects.filter(phase__in=["active", "waiting"]).values_list("pk", "updated_at"))
    for minutes in ROUNDS:
        now = anchor - dt.timedelta(minutes=minutes)
        sweep.fire_due_steps(now)
        if minutes:
            _answer(now + dt.timedelta(minutes=7))
    for pk, updated_at in touched.items():
        Ticket.objects.filter(pk=pk, updated_at__lt=updated_at).update(
            updated_at=Greatest(F("updated_at"), updated_at)
        )
    stakes.weigh(anchor)


def _make(
    settled: Settled, row: tuple[str, str, str, str, tuple[int, ...], tuple[Rung, ...]], now: dt.datetime
) -> Ladder:
    name_fr, name_en, code, kind, priorities, rungs = row
    contract = Contract.objects.filter(organisation__code=code).first() if code else None
    values = {
        "name_fr": name_fr, "name_en": name_en, "organisation": None, "contract": contract, "whose": whose_of(kind), "kind": kind,
        "priorities": list(priorities), "vip_only": False, "continues_with": None, "is_active": True,
    }  # fmt: skip
    ladder = ladders.save_ladder(SYSTEM, None, values, now=now)
    for rung in rungs:
        ladders.save_step(SYSTEM, ladder.pk, None, _step(rung, settled.teams), now=now)
    return ladder


def _step(rung: Rung, teams: dict[str, Team]) -> dict[str, Any]:
    value, unit, mode, audience, named, minutes = rung
    role = Role.objects.get(code=named) if audience == "role" else None
    return {
        "position": None, "unit": unit, "value": value, "calendar": None, "mode": mode, "audience": audience,
        "team": teams.get(named), "role": role, "person": None, "acknowledge_within": minutes,
    }  # fmt: skip


def _answer(now: dt.datetime) -> None:
    """Two in three of those that wait are answered, by the first who was told."""
    waiting = Escalation.objects.filter(state="waiting").order_by("pk")
    for n, row in enumerate(list(waiting)):
        told = row.recipients.select_related("person").order_by("person_id").first()
        if told is None or n % 3 == 0:
            continue
        actor = actor_of(told.person, today=now.date())
        if actor is not None and actor.can("escalation:view"):
            acknowledge(actor, row.pk, now=now)
