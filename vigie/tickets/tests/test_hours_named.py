"""Every explanation of a clock names its calendar and its hours, and is told in one zone, that of the promise."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.world import START, World, report
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.queries.paper import TEMPLATE, ticket_paper
from vigie.tickets.tests.test_facts_corrected import NOW, lived
from vigie.tickets.tests.test_paper import text_of
from vigie.toolkit.papers import paper

pytestmark = pytest.mark.django_db


def test_the_desk_the_portal_and_the_paper_name_the_calendar_and_its_hours(world: World) -> None:
    ticket = lived(world)
    desk, asker = Client(), Client()
    desk.force_login(world.manager)
    asker.force_login(world.a.user)
    pages = [
        desk.get(f"/tickets/{ticket.pk}/clocks/").content.decode(),
        asker.get(f"/portal/tickets/{ticket.pk}/promise/").content.decode(),
    ]
    with translation.override("en"):
        _name, values = ticket_paper(world.actor(world.a.manager), ticket.pk, now=NOW)
    told = [dict(section["facts"])["Hours counted"] for section in values["sections"] if "facts" in section]
    for name in (world.calendar.name_fr, world.calendar.name_en):
        pages = [page.replace(name, "CALENDAR") for page in pages]
        told = [words.replace(name, "CALENDAR") for words in told]
    for words in (*pages, *told):
        assert "CALENDAR" in words
        assert "08:00-18:00" in words
        assert "Europe/Paris" in words


def test_a_reader_elsewhere_reads_one_zone_the_one_that_is_said(world: World) -> None:
    """Opened at 09:00 in Paris, 08:00 in London: the page and the paper say 09:00 and Paris, and no time of London."""
    ticket = lived(world)
    world.a.user.timezone = "Europe/London"
    world.a.user.save()
    asker = Client()
    asker.force_login(world.a.user)
    page = asker.get(f"/portal/tickets/{ticket.pk}/promise/").content.decode()
    assert "09:00:00" in page
    assert "08:00:00" not in page
    assert "GMT" not in page
    assert "Europe/Paris" in page
    with translation.override("en"), timezone.override("Europe/London"):
        _name, values = ticket_paper(world.actor(world.a.user), ticket.pk, now=NOW)
        told = text_of(paper(TEMPLATE, values, language="en", made_at=NOW))
    assert "all in Europe/Paris time" in " ".join(told.split())
    assert "09:00:00" in told
    assert "08:00:00" not in told


def test_the_client_reads_hours_of_service_and_no_days(world: World) -> None:
    """A day is ten hours here, sixteen there: 73 hours counted are never "3 days"."""
    world.a.user.language = "en"
    world.a.user.save()
    ticket = report(world, now=START)
    agent = world.actor(world.agent_all)
    take_step(agent, ticket.pk, "start", Given(), now=START + dt.timedelta(minutes=10))
    asker = Client()
    asker.force_login(world.a.user)
    address = f"/portal/tickets/{ticket.pk}/promise/"
    assert "Counted so far: " in asker.get(address).content.decode()
    done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    take_step(agent, ticket.pk, "resolve", done, now=START + dt.timedelta(days=9, hours=1))
    page = asker.get(address).content.decode()
    assert "Counted: 71:00:00." in page
    assert "Counted so far" not in page
    assert not re.search(r"Counted: \d+ day", page)
