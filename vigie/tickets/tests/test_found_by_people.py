"""A ticket is found by who asked for it and for whom, by name and by address; a rename is followed."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from tests.world import START, World, report
from vigie.accounts.actions.people import update_person
from vigie.accounts.models import Person
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions.conversation import Said, add_note
from vigie.tickets.actions.findable import follow_person
from vigie.tickets.models import Ticket
from vigie.tickets.queries.search import hits
from vigie.toolkit import search

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world: World) -> Ticket:
    """A ticket whose requester bears a name and an address that no text holds."""
    named(world, "Zélie Quermeur", "zelie.quermeur@alpha.example")
    return report(world)


def named(world: World, name: str, email: str) -> None:
    Person.objects.filter(pk=world.a.user.pk).update(name=name, email=email)


def test_a_ticket_is_found_by_its_requester(world: World, asked: Ticket) -> None:
    agent = world.actor(world.agent)
    for words in ("quermeur", "Quermeur messagerie", "zelie.quermeur@alpha.example", "zelie.quermeur"):
        assert hits(agent, words) == [asked.pk], words
    assert hits(agent, "alpha.example") == []


def test_a_note_and_the_name_are_found_together(world: World, asked: Ticket) -> None:
    agent = world.actor(world.agent)
    add_note(agent, asked.pk, Said("Vu avec Trébuchet", is_html=False), now=START)
    add_note(agent, asked.pk, Said("et encore", is_html=False), now=START)
    assert hits(agent, "quermeur trebuchet") == [asked.pk]


def test_a_text_ranks_before_the_name_of_a_person(world: World, asked: Ticket) -> None:
    told = report(world, body="<p>Le bureau de Mme Quermeur est fermé.</p>", requester_id=world.a.user.pk)
    Person.objects.filter(pk=world.a.user.pk).update(name="X", email=None)
    follow_person(world.a.user.pk)
    named(world, "Zélie Quermeur", "z@alpha.example")
    newest = report(world)
    found = search.find("ticket", "quermeur", audiences=["public"], organisations=None, limit=9)
    assert found == [told.pk, newest.pk]


def test_a_rename_is_followed(world: World, asked: Ticket) -> None:
    admin = world.actor(world.admin)
    update_person(admin, world.a.user.pk, {"name": "Zélie Lagadec"}, now=START)
    follow_person(world.a.user.pk)
    agent = world.actor(world.agent)
    assert hits(agent, "lagadec") == [asked.pk]
    assert hits(agent, "messagerie lagadec") == [asked.pk]
    update_person(admin, world.a.user.pk, {"email": "z.lagadec@alpha.example"}, now=START)
    follow_person(world.a.user.pk)
    assert hits(agent, "quermeur") == []
    assert hits(agent, "messagerie") == [asked.pk]


def test_a_customer_finds_its_own_people_alone(world: World, asked: Ticket) -> None:
    other = report(world, world.b)
    for client, expected in ((world.a.manager, [asked.pk]), (world.b.manager, [])):
        actor = world.actor(client)
        with client_wall(actor):
            assert search.find_as_customer("ticket", "quermeur", limit=9) == expected
    assert other.pk != asked.pk


def test_an_agent_who_asks_is_no_word_of_a_customer(world: World) -> None:
    ticket = report(world)
    Ticket.objects.filter(pk=ticket.pk).update(requester_id=world.agent.pk, beneficiary_id=world.agent.pk)
    follow_person(world.agent.pk)
    assert hits(world.actor(world.agent), world.agent.email or "") == []


def test_the_migration_fills_what_is_there(world: World, asked: Ticket) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update toolkit_searchdoc set tsv = ts_filter(tsv, '{a,b,d}')")
    agent = world.actor(world.agent)
    assert hits(agent, "quermeur") == []
    migration = import_module("vigie.tickets.migrations.0015_people_in_search")
    migration.name_people(None, None)
    migration.name_people(None, None)
    assert hits(agent, "quermeur imprimante") == []
    assert hits(agent, "quermeur messagerie") == [asked.pk]
