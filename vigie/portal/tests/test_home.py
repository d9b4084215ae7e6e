"""The portal's home: suggestions, figures that are true, the client's own look, and few statements."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import START, World, report
from vigie.portal.tests.conftest import As
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.queries.company import figures

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def text(response: Any) -> str:
    return str(response.content.decode())


def test_suggestions_stay_in_sight(world: World, as_person: As) -> None:
    report(world, title="Téléphone muet")
    report(world, world.b, title="Téléphone de Beta")
    found = text(as_person(world.a.user).get("/portal/suggestions/", {"q": "telephone"}))
    assert "Téléphone muet" in found
    assert "Beta" not in found
    assert "Téléphone muet" not in text(
        as_person(world.a.colleague).get("/portal/suggestions/", {"q": "telephone"})
    )
    assert "Mail" in text(
        as_person(world.a.colleague).get("/portal/suggestions/", {"q": "plus de messagerie"})
    )
    assert text(as_person(world.a.user).get("/portal/suggestions/", {"q": ""})).strip() == ""


def test_figures_are_those_of_the_rows(world: World) -> None:
    now = START + 24 * HOUR
    manager, agent = world.actor(world.a.manager), world.actor(world.agent)
    assert [kept.percent for kept in figures(manager, now).kept] == [None, None]
    kept, late, waiting = report(world), report(world), report(world)
    report(world, world.b)
    report(world, is_confidential=True)
    for ticket, after in ((kept, HOUR), (late, 5 * HOUR)):
        take_step(agent, ticket.pk, "start", Given(), now=START)
        reply(agent, ticket.pk, Said("<p>Bonjour</p>"), now=START + after)
    take_step(
        agent,
        kept.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Fait</p>"),
        now=START + 6 * HOUR,
    )
    found = figures(manager, now)
    assert (found.open, found.late, found.resolved) == (2, 1, 1)  # the one never answered is late
    assert [(k.kind, k.met, k.total, k.percent) for k in found.kept] == [
        ("response", 1, 2, 50.0),
        ("resolution", 1, 1, 100.0),
    ]
    assert waiting.organisation_id == world.a.organisation.pk
    assert found.since == START.replace(day=1, hour=0)


def test_only_a_client_manager_reads_the_figures(world: World, as_person: As) -> None:
    report(world)
    assert 'class="figures"' in text(as_person(world.a.manager).get("/portal/"))
    assert "no measure" in text(as_person(world.b.manager).get("/portal/"))
    for person in (world.a.user, world.a.key_user):
        assert 'class="figures"' not in text(as_person(person).get("/portal/"))


def test_the_client_s_own_look(world: World, as_person: As) -> None:
    person = as_person(world.a.user)
    home = text(person.get("/portal/"))
    assert "/portal/theme.css?v=2b5c8a" in home
    assert "/portal/logo" not in home
    assert person.get("/portal/logo").status_code == 404
    Organisation.objects.filter(pk=world.a.organisation.pk).update(accent="#ffff00", logo=PNG)
    sheet = person.get("/portal/theme.css")
    assert sheet["Content-Type"].startswith("text/css")
    assert "#ffff00" in text(sheet)  # readable on a dark ground
    assert "light-dark(#ffff00" not in text(sheet)
    assert f"/portal/logo?v={len(PNG)}" in text(person.get("/portal/"))
    assert (person.get("/portal/logo")["Content-Type"], person.get("/portal/logo").content) == (
        "image/png",
        PNG,
    )
    Organisation.objects.filter(pk=world.a.organisation.pk).update(logo=b"<svg onload=alert(1)>")
    assert person.get("/portal/logo").status_code == 404
    assert as_person(world.b.user).get("/portal/logo").status_code == 404


def test_who_has_several_companies_may_change(world: World, as_person: As) -> None:
    assert "/me/client/" in text(as_person(world.both).get("/portal/"))
    assert "/me/client/" not in text(as_person(world.a.user).get("/portal/"))


@pytest.mark.parametrize(
    ("address", "pinned"),
    [
        ("/portal/", 16),  # two of them: what waits for the answer of the client's manager
        ("/portal/tickets/?of=company", 11),
        ("/portal/tickets/{}/", 17),
        # one of them reads the corrections of facts, told below the promises; one names the calendars that measure them
        ("/portal/tickets/{}/promise/", 14),
        ("/portal/new/", 21),
    ],
)
def test_statements_do_not_grow_with_rows(world: World, as_person: As, address: str, pinned: int) -> None:
    now = timezone.now()
    ticket = report(world, now=now - 2 * HOUR)
    manager = as_person(world.a.manager)

    def statements() -> int:
        manager.get(address.format(ticket.pk))
        with CaptureQueriesContext(connection) as caught:
            assert manager.get(address.format(ticket.pk)).status_code == 200
        return len(caught)

    few = statements()
    for number in range(30):
        report(world, title=f"Panne {number}", now=now - HOUR)
        reply(world.actor(world.agent), ticket.pk, Said(f"<p>{number}</p>"), now=now)
    assert statements() == few
    assert few == pinned


def test_no_page_holds_inline_style_or_script(world: World, as_person: As) -> None:
    ticket = report(world)
    manager = as_person(world.a.manager)
    for address in (
        "/portal/",
        "/portal/new/",
        "/portal/tickets/?of=company",
        f"/portal/tickets/{ticket.pk}/",
        f"/portal/tickets/{ticket.pk}/promise/",
    ):
        page = text(manager.get(address))
        assert not re.search(r"<[^>]+\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=", page), address
