"""All clocks of a ticket on its pages: what agents see, what they do, what a client never reads."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests.world import START, World, report
from vigie.tickets.actions import handling, referring
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import BreachCause, Clock, Fact, Referral, SupportClock, Ticket
from vigie.tickets.queries.clock_story import story
from vigie.tickets.tests.test_repeated_promises import promise, say
from vigie.tickets.tests.test_support_clocks import SOLVED, lived_w12, ola, underpinning

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    world.agent.language = "en"
    world.agent.save()
    client.force_login(world.agent)
    return client


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now().replace(microsecond=0)


def text(client: Client, name: str, ticket: Ticket, query: str = "") -> str:
    answer = client.get(reverse(name, args=[ticket.pk]) + query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_card_lists_what_runs_the_client_first(desk: Client, world: World, now: dt.datetime) -> None:
    promise(world, "update", 60)
    ola(world, world.team, "ola_work", 4)
    contract = underpinning()
    ticket = report(world, now=now)
    referring.refer(
        world.actor(world.agent), ticket.pk, contract.pk, reference="TLS-9", note="Lien coupé", now=now
    )
    card = text(desk, "ticket_cards", ticket)
    places = [
        card.index(word)
        for word in ("Response", "Resolution", "Service desk L1 · Work", "Telis Réseaux · Answer")
    ]
    assert places == sorted(places)
    assert "TLS-9" in card
    assert "Lien coupé" in card
    assert "Refer to a supplier" not in card


def test_the_page_takes_at_most_twelve_statements(desk: Client, world: World, now: dt.datetime) -> None:
    promise(world, "update", 60)
    promise(world, "reply", 60)
    for kind in ("ola_own", "ola_work"):
        ola(world, world.team, kind, 4)
        ola(world, world.team2, kind, 4)
    contract = underpinning()
    ticket = report(world, now=now - dt.timedelta(minutes=9))
    agent = world.actor(world.agent)
    handling.assign(agent, ticket.pk, team_id=world.team2.pk, assignee_id=None, now=now)
    referring.refer(agent, ticket.pk, contract.pk, now=now)
    text(desk, "ticket", ticket)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        text(desk, "ticket", ticket)
    assert len(asked) <= 12


def test_a_ticket_without_them_looks_as_before(desk: Client, world: World, now: dt.datetime) -> None:
    card = text(desk, "ticket_cards", report(world, now=now))
    for word in ("Work of the team", "Refer to a supplier", "in time", "Answer"):
        assert word not in card


def test_referring_from_the_page_and_judging_the_answer(desk: Client, world: World, now: dt.datetime) -> None:
    contract = underpinning()
    ticket = report(world, now=now)
    refer, answer = (reverse(name, args=[ticket.pk]) for name in ("ticket_refer", "ticket_answer"))
    assert "Telis Réseaux · UC-1" in desk.get(refer, **HX).content.decode()
    bad = desk.post(refer, {"contract": "", "reference": "TLS-9", "note": "Lien"}, **HX)
    assert bad.status_code == 422
    assert "TLS-9" in bad.content.decode()
    assert desk.post(refer, {"contract": contract.pk, "reference": "TLS-9"}, **HX).status_code == 200
    again = desk.post(refer, {"contract": contract.pk}, **HX)
    assert (again.status_code, "with a supplier already" in again.content.decode()) == (422, True)
    desk.post(answer, {"outcome": "check", "note": "Carte changée"}, **HX)
    assert Referral.objects.get().state == "answered"
    refused = desk.post(answer, {"outcome": "rejected", "note": ""}, **HX)
    assert (refused.status_code, Referral.objects.get().state) == (422, "answered")
    desk.post(answer, {"outcome": "accepted"}, **HX)
    assert Referral.objects.get().state == "accepted"
    history = text(desk, "ticket_history", ticket)
    for words in (
        "referred the ticket to Telis Réseaux (its reference: TLS-9)",
        "accepted the answer of Telis Réseaux",
    ):
        assert words in history


def test_w12_explained_on_one_axis_adds_up(desk: Client, world: World) -> None:
    ticket = lived_w12(world)
    with translation.override("en"):
        found = story(world.actor(world.agent), ticket.pk, now=START + 30 * HOUR)
    assert [(held.name, held.seconds // 60) for held in found.holds] == [
        ("Service desk L1", 90), ("Systems L2", 90), ("Telis Réseaux", 23 * 60), ("Systems L2", 60),
    ]  # fmt: skip
    assert sum(held.seconds for held in found.holds) == 27 * 3600
    miss = {miss.clock.kind: miss for miss in found.misses}["resolution"]
    assert [(share.name, share.seconds / 3600, share.percent) for share in miss.shares] == [
        ("Telis Réseaux", 9.0, 69.2), ("Systems L2", 2.5, 19.2), ("Service desk L1", 1.5, 11.6),
    ]  # fmt: skip
    assert sum(share.seconds for share in miss.shares) == miss.clock.used == 13 * 3600
    assert miss.proposed.startswith("supplier:")
    widths = {sum(seconds for _kind, seconds in line.parts) for line in found.lines}
    assert len(widths) == 1
    assert [kind for kind, _seconds in found.lines[0].parts] == ["team-1", "team-2", "supplier", "team-2"]
    assert [held.kind for held in found.holds] == ["team-1", "team-2", "supplier", "team-2"]
    assert len({after - before for before, after in pairwise(found.scale)}) == 1
    assert (found.scale[0], len(found.scale)) == (ticket.opened_at, 5)
    assert [(x.clock.holder, x.clock.kind, x.clock.used / 3600) for x in found.support] == [
        ("Service desk L1", "ola_work", 1.5), ("Systems L2", "ola_work", 2.5), ("Telis Réseaux", "uc", 7.0),
    ]  # fmt: skip
    page = text(desk, "ticket_clocks", ticket)
    for words in (
        "All clocks on one axis",
        "Who held it",
        "Telis Réseaux",
        "69.2",
        "Counted beyond the target",
        "Not counted: outside service hours",
        "Not with this team: not counted",
    ):
        assert words in page or words == "Not with this team: not counted"


def test_the_cause_of_a_miss_is_confirmed_by_a_person(desk: Client, world: World) -> None:
    ticket = lived_w12(world)
    clock = Clock.objects.get(ticket=ticket, kind="resolution")
    supplier = f"supplier:{Referral.objects.get().supplier_contract_id}"
    address = reverse("ticket_cause", args=[ticket.pk])
    values = {
        "clock": clock.pk,
        "reason": "supplier_late",
        "holder": supplier,
        "note": "Deux jours pour une carte",
    }
    for wrong in ({"reason": "fate"}, {"holder": "team:0"}):
        answer = desk.post(address, {**values, **wrong})
        assert answer.status_code == 422
        assert "Deux jours pour une carte" in answer.content.decode()
    response = Clock.objects.get(ticket=ticket, kind="response")
    if not response.breached_at:
        assert desk.post(address, {**values, "clock": response.pk}).status_code == 422
    assert desk.post(address, {**values, "clock": 0}).status_code == 404
    assert not BreachCause.objects.exists()
    assert desk.post(address, values).status_code == 302
    cause = BreachCause.objects.get()
    assert (cause.reason, cause.holder, cause.confirmed_by, sum(cause.shares.values())) == (
        "supplier_late", supplier, world.agent, 13 * 3600,
    )  # fmt: skip
    desk.post(address, {**values, "reason": "complexity"})
    assert BreachCause.objects.get().reason == "complexity"
    assert Fact.objects.filter(ticket=ticket, kind="caused", audience="internal").count() == 2
    assert "Complexity" in text(desk, "ticket_clocks", ticket)
    told = text(desk, "ticket_history", ticket)
    assert "Supplier late" in told
    assert "supplier_late" not in told


def test_news_are_counted_one_by_one(desk: Client, world: World) -> None:
    promise(world, "update", 60)
    ticket = report(world)
    for minutes in (10, 40, 140):
        say(world, ticket, minutes)
    take_step(
        world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=START + 150 * dt.timedelta(minutes=1)
    )
    assert "2 of 3 in time" in text(desk, "ticket_cards", ticket)
    page = text(desk, "ticket_clocks", ticket)
    assert page.count("In time") >= 2
    assert "Update 2" in page


def test_the_client_reads_its_own_promises_alone(world: World) -> None:
    promise(world, "update", 60)
    ticket = lived_w12(world)
    world.a.user.language = "en"
    world.a.user.save()
    client = Client()
    client.force_login(world.a.user)
    for name in ("portal_ticket", "portal_promise"):
        page = text(client, name, ticket)
        for word in ("Telis", "UC-1", "TLS-9", "Systems L2", "Systèmes N2", "Service desk", "Lien coupé"):
            assert word not in page, (name, word)
    told = report(world)
    say(world, told, 10)
    assert "News of your request" in text(client, "portal_promise", told)
    assert "We had promised you news" in text(client, "portal_ticket", told)
    for name in ("ticket_refer", "ticket_answer", "ticket_cause"):
        assert client.post(reverse(name, args=[ticket.pk]), {}).status_code in (302, 403, 404)
    assert SupportClock.objects.filter(ticket=ticket).count() == 3


def test_a_reopened_ticket_goes_back_to_its_team(desk: Client, world: World) -> None:
    ola(world, world.team, "ola_work", 4)
    ticket = report(world)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + HOUR)
    user = world.actor(world.a.user)
    take_step(user, ticket.pk, "reopen", Given(reason="encore", text="<p>Non</p>"), now=START + 2 * HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 3 * HOUR)
    clock = SupportClock.objects.get(ticket=ticket)
    assert (clock.state, clock.used_seconds) == ("met", 2 * 3600)
    assert "Not with this team: not counted" in text(desk, "ticket_clocks", ticket)
