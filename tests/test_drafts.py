"""A draft of an amendment promises nothing: whoever reads commitments reads the same before and while it is written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.world import START, World
from vigie.contracts.actions import commitments, requirements, versions
from vigie.contracts.models import Calendar, CalendarVersion, Commitment
from vigie.contracts.queries.calendars import uses_of
from vigie.contracts.queries.chains import chains_of
from vigie.contracts.queries.contracts import contracts_page
from vigie.contracts.queries.coverage import coverage
from vigie.escalation.models import Ladder
from vigie.escalation.queries.ladders import commitments_of
from vigie.kernel.refusal import NotFound
from vigie.replay.queries.variants import commitments_in
from vigie.rota.queries.coverage import promised_hours

TODAY = START.date()
EVE = START - dt.timedelta(days=1)  # an amendment begins tomorrow at the earliest


def night(world: World) -> Calendar:
    """Hours of the night, which nothing in force is measured in."""
    made = Calendar.objects.create(code="nuit", name_fr="Nuit", name_en="Night")
    hours = {day: [["00:00", "06:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    definition = {"code": "nuit", "timezone": "Europe/Paris", "hours": hours, "holiday_sets": []}
    since = dt.date(2025, 1, 1)
    CalendarVersion.objects.create(calendar=made, effective_on=since, definition=definition, created_at=START)
    return made


def draft(world: World, calendar: Calendar) -> list[Commitment]:
    """An amendment from today on, not put in force: every line measured at night, and a line more."""
    actor, contract = world.actor(world.admin), world.a.contract.pk
    made = versions.draft_amendment(actor, contract, {"effective_on": TODAY, "changes": "La nuit"}, now=EVE)
    names = ("kind", "ticket_type", "priority", "service", "category", "site", "vip_only", "target_seconds", "target_days",
             "follow_site", "pauses", "thresholds", "on_priority_change", "on_reopen")  # fmt: skip
    for row in Commitment.objects.filter(version=made):
        values = {**{name: getattr(row, name) for name in names}, "calendar": calendar}
        commitments.change_commitment(actor, contract, row.pk, values, now=START)
        last = values
    more = {**last, "kind": "resolution", "priority": 2, "vip_only": True}
    commitments.add_commitment(actor, contract, more, now=START)
    return list(Commitment.objects.filter(version=made))


def told(world: World, calendar: Calendar) -> dict[str, Any]:
    """What every reader of commitments says of client A."""
    actor, contract = world.actor(world.admin), world.a.contract
    ladder = Ladder(organisation=world.a.organisation, contract=contract, kind="resolution", priorities=[])
    found = coverage(actor, contract, now=START)
    hours = promised_hours(actor, START, START + dt.timedelta(days=7))
    page = contracts_page(actor, today=TODAY)
    return {
        "coverage": [(line.commitment_id, line.target, sorted(line.gaps)) for line in found.lines],
        "chains": len(chains_of(contract, now=START)),
        "rota": {team: [(one.pk, spans) for one, spans in rows] for team, rows in hours.items()},
        "escalation": sorted(commitments_of(ladder, TODAY).values_list("pk", flat=True)),
        "replay": [row.pk for row in commitments_in(contract, TODAY)],
        "uses": uses_of(actor, calendar.pk),
        "listed": [(row["id"], row["promises"]) for row in page.rows],
    }


def test_a_draft_never_counts_as_a_promise(world: World) -> None:
    calendar = night(world)
    before = told(world, calendar)
    assert before["coverage"]
    assert before["rota"]
    assert before["escalation"]
    assert before["replay"]
    draft(world, calendar)
    assert told(world, calendar) == before
    versions.put_in_force(world.actor(world.admin), world.a.contract.pk, now=EVE)
    after = told(world, calendar)
    assert {name for name in before if after[name] != before[name]} >= {
        "coverage",
        "rota",
        "escalation",
        "replay",
        "uses",
    }


def test_nothing_may_be_told_of_a_draft_s_commitment(world: World) -> None:
    row = draft(world, night(world))[0]
    actor = world.actor(world.admin)
    values = {
        "title_fr": "La nuit", "title_en": "At night", "service": None, "measure": "resolution", "wished": "4 h",
        "asked_by": "Philippe Garnier", "asked_on": TODAY,
    }  # fmt: skip
    asked = requirements.ask(actor, world.a.contract.pk, values, now=START)
    requirements.decide(actor, asked.pk, "agreed", "", now=START)
    with pytest.raises(NotFound):
        requirements.trace(actor, asked.pk, [row.pk], now=START)
