"""The paper of a ticket's clocks: its text read back from the PDF says what the clocks say, and nothing internal."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.utils import translation
from pypdf import PdfReader

from tests.world import START, World, report
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Ticket
from vigie.tickets.queries import clock_view
from vigie.tickets.queries.paper import TEMPLATE, ticket_paper
from vigie.toolkit.jinja import hms
from vigie.toolkit.papers import paper

pytestmark = pytest.mark.django_db
NOW = START + dt.timedelta(days=20)
HOUR = dt.timedelta(hours=1)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"[\s\u00a0\u202f]+", " ", " ".join(page.extract_text() for page in pages))


def lived(world: World, title: str = "Messagerie en panne") -> Ticket:
    agent = world.actor(world.agent_all)
    ticket = report(world, title=title)
    take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
    wait = Given(text="<p>Quel poste ?</p>", pending_reason="client_info")
    take_step(agent, ticket.pk, "wait", wait, now=START + 2 * HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + 5 * HOUR)
    done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    return take_step(agent, ticket.pk, "resolve", done, now=START + 7 * HOUR + dt.timedelta(seconds=7))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_r4_16_every_stretch_is_printed_and_adds_up(world: World, language: str) -> None:
    ticket = lived(world)
    actor = world.actor(world.manager)
    with translation.override(language):
        _name, values = ticket_paper(actor, ticket.pk, now=NOW)
        told = text_of(paper(TEMPLATE, values, language=language, made_at=NOW))
        for one in clock_view.explained(actor, ticket.pk, now=NOW):
            assert hms(one.clock.used) in told
            assert hms(one.clock.target) in told
            for part in one.stretches:
                assert hms(part.elapsed) in told
    assert "16:00:07" in told  # Paris
    assert ("Lu et approuvé" if language == "fr" else "Read and approved") in told
    assert ("Statement of the time counted" in told) == (language == "en")


def test_what_people_write_is_never_markup(world: World) -> None:
    hostile = '#panic("x") *gras* $x^2$ @ref <lab> \\ #import "/config/settings.py"'
    ticket = lived(world, hostile)
    _name, values = ticket_paper(world.actor(world.manager), ticket.pk, now=NOW)
    assert hostile.replace("\\", "").split()[0] in text_of(
        paper(TEMPLATE, values, language="fr", made_at=NOW)
    )


def test_the_paper_is_tagged_and_the_same_twice(world: World) -> None:
    ticket = lived(world)
    _name, values = ticket_paper(world.actor(world.manager), ticket.pk, now=NOW)
    first, second = (paper(TEMPLATE, values, language="fr", made_at=NOW) for _ in range(2))
    assert first == second
    root = PdfReader(io.BytesIO(first)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"


def test_who_asked_has_the_paper_and_another_client_does_not(world: World) -> None:
    ticket = lived(world)
    agent, asker, stranger = Client(), Client(), Client()
    agent.force_login(world.agent_all)
    asker.force_login(world.a.user)
    stranger.force_login(world.b.manager)
    given = agent.get(f"/tickets/{ticket.pk}/clocks/paper/?language=en")
    assert given.headers["Content-Type"] == "application/pdf"
    assert "Statement of the time counted" in text_of(given.content)
    kept = asker.get(f"/portal/tickets/{ticket.pk}/promise/paper/")
    assert ticket.reference in text_of(kept.content)
    assert world.team.name_fr not in text_of(kept.content)
    assert stranger.get(f"/portal/tickets/{ticket.pk}/promise/paper/").status_code == 404
