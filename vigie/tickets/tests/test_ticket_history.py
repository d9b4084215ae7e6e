"""The clock that explains itself, and the history of a ticket."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.world import World, report
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import classifying, handling
from vigie.tickets.actions.ingest import History, Kept, ingest
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket
from vigie.tickets.models import Fact
from vigie.tickets.queries.clock_view import explained
from vigie.tickets.queries.history import history
from vigie.tickets.queries.named import names_in, with_team_names

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    """A browser in which the agent of Alpha is signed in."""
    client.force_login(world.agent)
    return client


def test_the_clock_explains_itself_and_its_parts_sum_up(desk: Client, world: World, now: dt.datetime) -> None:
    start = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    ticket = report(world, now=start)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=start + hour)
    take_step(
        agent, ticket.pk, "wait", Given(pending_reason="client_info", text="<p>?</p>"), now=start + 2 * hour
    )
    take_step(agent, ticket.pk, "resume", Given(), now=start + 4 * hour)
    clocks = {x.clock.kind: x for x in explained(agent, ticket.pk, now=start + 5 * hour)}
    resolution = clocks["resolution"]
    assert resolution.clock.used == 3 * 3600
    assert sum(s.seconds for s in resolution.stretches if s.counted) == resolution.clock.used
    assert [(s.counted, s.seconds) for s in resolution.stretches if not s.counted] == [(False, 2 * 3600)]
    assert resolution.contract == "C-ALPHA"
    shown = desk.get(reverse("ticket_clocks", args=[ticket.pk])).content.decode()
    assert "2:00:00" in shown


def test_every_second_of_a_clock_is_explained(desk: Client, world: World) -> None:
    """From Friday 9 January 16:00:05 in Paris, on hold for the client over Friday's evening, read on Monday 10:00."""
    start = dt.datetime(2026, 1, 9, 15, 0, 5, tzinfo=dt.UTC)
    ticket, agent = report(world, now=start), world.actor(world.agent)
    for step, after, given in (
        ("start", HOUR, Given()),
        ("wait", 1.5 * HOUR, Given(pending_reason="client_info", text="<p>?</p>")),
        ("resume", 5 * HOUR, Given()),
        ("wait", 66 * HOUR, Given(pending_reason="supplier", text="<p>!</p>")),
    ):
        take_step(agent, ticket.pk, step, given, now=start + after)
    now = dt.datetime(2026, 1, 12, 9, 30, tzinfo=dt.UTC)
    with translation.override("en"):
        x = {x.clock.kind: x for x in explained(agent, ticket.pk, now=now)}["resolution"]
    assert all(s.elapsed == s.closed + s.seconds for s in x.stretches)
    assert x.elapsed == x.closed + x.held + x.clock.used == (now - start).total_seconds()
    team = "Service desk L1"
    assert [(s.holder, s.counted) for s in x.stretches] == [
        (team, True), ("The client", False), (team, True), ("Our supplier", True)
    ]  # fmt: skip
    night = x.stretches[2]
    assert night.closed_why == (
        "of which outside service hours: 58:59:55 "
        "(nights and breaks 10:59:55, Saturday 24:00:00, Sunday 24:00:00)"
    )


def test_a_clock_read_far_away_names_both_zones(desk: Client, world: World, now: dt.datetime) -> None:
    world.agent.language, world.agent.timezone = "en", "America/Toronto"
    world.agent.save()
    ticket = report(world, now=now - dt.timedelta(minutes=5))
    for name in ("ticket", "ticket_clocks"):
        body = desk.get(reverse(name, args=[ticket.pk])).content.decode()
        assert re.search(r"E[SD]T.{0,10}\(([A-Z][a-z]{2} )?\d\d:\d\d CES?T\)", body), name
    assert re.search(r"\d\d:\d\d:\d\d E[SD]T</td>", body)
    world.agent.timezone = "Europe/Paris"
    world.agent.save()
    assert not re.search(
        r"\d CES?T</td>|\(\d\d:\d\d CES?T\)",
        desk.get(reverse("ticket_clocks", args=[ticket.pk])).content.decode(),
    )


def test_the_history_says_before_and_after(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    handling.set_priority(world.actor(world.dispatcher), ticket.pk, impact=1, urgency=1, now=now)
    classifying.edit_ticket(world.actor(world.agent), ticket.pk, {"service_id": None}, {}, now=now)
    shown = desk.get(reverse("ticket_history", args=[ticket.pk])).content.decode()
    assert "P4 → P1" in shown
    assert "Messagerie → —" in shown
    kinds = set(Fact.objects.filter(ticket=ticket).values_list("kind", flat=True))
    assert {"opened", "priority", "edited"} <= kinds


def test_a_team_is_named_in_the_language_of_the_reader(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    handling.assign(world.actor(world.agent), ticket.pk, team_id=world.team2.pk, assignee_id=None, now=now)
    addresses = [reverse(name, args=[ticket.pk]) for name in ("ticket", "ticket_history", "ticket_clocks")]
    for language, named, other in (("en", "Systems L2", "Systèmes N2"), ("fr", "Systèmes N2", "Systems L2")):
        world.agent.language = language
        world.agent.save()
        for address in addresses[:2]:
            lines = re.findall(
                r"[^>]*équipe [^<]*|[^>]*to the team [^<]*", desk.get(address).content.decode()
            )
            assert any(named in line for line in lines), address
            assert not any(other in line for line in lines), address
    with translation.override("en"):
        holders = {
            s.holder
            for x in explained(world.actor(world.agent), ticket.pk, now=now + HOUR)
            for s in x.stretches
        }
        assert holders == {"Systems L2"}


def test_a_team_that_is_gone_keeps_the_name_written_down() -> None:
    fact = {"before": {}, "after": {"team": 0, "team_name": "Partie"}}
    assert with_team_names([fact], names_in([fact]))[0]["after"]["team_name"] == "Partie"


def test_the_history_shows_what_another_tool_said(desk: Client, world: World) -> None:
    at, by = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC), world.actor(world.agent_all)
    new = NewTicket(
        organisation_id=world.a.organisation.pk, ticket_type="incident", title="VPN", body="VPN",
        requester_id=world.a.user.pk, opened_at=at,
    )  # fmt: skip
    rows = [
        Kept(at, by, {"row": 7, "cells": {"group": "Desk", "count": "0"}}, "resolved"),
        Kept(at, by, {"row": 9, "cells": {"group": "Network"}}, "in_progress"),
    ]
    done = ingest(SYSTEM, world.a.organisation.pk, [History(new, by, at, tuple(rows), "t")], until=at)
    _, entries = history(world.actor(world.agent), done["t"])
    first, second = (entry for entry in entries if entry.told.icon == "database-import")
    assert first.told.text.endswith("7")
    assert sorted(first.changes) == [("count", "—", "0"), ("group", "—", "Desk")]
    assert second.changes == [("group", "Desk", "Network")]
    assert not any(
        entry.told.text.rstrip().endswith(":") for entry in entries
    )  # a reopening without a reason
    shown = desk.get(reverse("ticket_history", args=[done["t"]])).content.decode()
    assert "Desk → Network" in shown


def test_what_the_rules_did_is_not_laid_on_the_requester(desk: Client, world: World) -> None:
    from vigie.tickets.queries.history import history

    _ticket, entries = history(world.actor(world.agent), report(world).pk)
    assert {e.told.icon: e.who for e in entries}["user-check"] == "Vigie"


def test_clock_lines_in_a_row_fold_into_the_last(desk: Client, world: World, now: dt.datetime) -> None:
    from vigie.tickets.queries.page import ticket_page

    ticket = report(world, now=now - dt.timedelta(days=3))
    for minutes, kind, percent in ((1, "warned", 50), (2, "warned", 75), (3, "breached", 100)):
        Fact.objects.create(
            organisation=world.a.organisation, ticket=ticket, at=ticket.opened_at + dt.timedelta(minutes=minutes), recorded_at=now,
            kind=kind, actor_name="", side="system", audience="internal", after={"clock": "resolution", "percent": percent},
        )  # fmt: skip
    items = ticket_page(world.actor(world.agent), ticket.pk, now=now).items
    assert [len(item.folded) for item in items if item.told and item.told.icon == "alert-triangle"] == [2]
    assert not [item for item in items if item.told and item.told.icon == "bell"]
    assert "folded" in desk.get(reverse("ticket", args=[ticket.pk])).content.decode()


def test_who_takes_a_ticket_with_its_first_step_is_journalled(world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    agent = world.actor(world.agent)
    handling.assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=None, now=now)
    take_step(agent, ticket.pk, "start", Given(), now=now)
    fact = Fact.objects.filter(ticket=ticket, after__verb="start").get()
    assert (fact.before["assignee"], fact.after["assignee"]) == (None, world.agent.pk)
    with translation.override("fr"):
        _, lines = history(agent, ticket.pk)
    assert ("Affecté à", "—", world.agent.name) in lines[-1].changes
    take_step(agent, ticket.pk, "wait", Given(pending_reason="client_info", text="<p>?</p>"), now=now + HOUR)
    waited = Fact.objects.filter(ticket=ticket, after__verb="wait").get()
    assert "assignee" not in waited.after


def test_what_a_clock_announces_changes_nothing(world: World) -> None:
    start = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC)
    ticket = report(world, now=start)
    Fact.objects.create(
        organisation=ticket.organisation, ticket=ticket, at=start + HOUR, recorded_at=start + HOUR, kind="support_warned",
        actor_name="", side="system", audience="internal",
        after={"clock": "ola_own", "percent": 100, "team": world.team.pk, "team_name": world.team.name_fr},
    )  # fmt: skip
    _, lines = history(world.actor(world.agent), ticket.pk)
    assert lines[-1].changes == []
