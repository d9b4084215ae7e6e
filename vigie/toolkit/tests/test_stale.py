"""A form that two people open: what was not touched keeps the other's change, what both changed is shown twice."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.test import Client

from tests.world import START, World
from vigie.accounts.models import Team, TeamMember
from vigie.contracts.actions.versions import draft_amendment
from vigie.contracts.models import Commitment
from vigie.kernel.actor import SYSTEM
from vigie.tenancy.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(world: World) -> Client:
    world.dispatcher.language = "en"
    world.dispatcher.save()
    for grant in ("clients:manage", "people:manage", "contracts:manage", "catalog:manage", "access:manage"):
        world.roles["agent"].grants.append(grant)
    world.roles["agent"].save()
    client = Client()
    client.force_login(world.dispatcher)
    return client


def seen_at(desk: Client, address: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', desk.get(address).content.decode())
    assert found, address
    return html.unescape(found.group(1))


def site_address(world: World) -> str:
    return f"/clients/{world.a.organisation.pk}/sites/{world.a.site.pk}/"


SITE = {"name": "Alpha siège", "timezone": "Europe/Paris", "country": "FR", "is_active": "on"}


def test_both_versions_are_shown_and_nothing_is_written(desk: Client, world: World) -> None:
    address = site_address(world)
    seen = seen_at(desk, address)
    Site.objects.filter(pk=world.a.site.pk).update(name="Leur nom")
    answer = desk.post(address, {**SITE, "name": "Mon nom", "seen": seen})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Leur nom" in page
    assert 'value="Mon nom"' in page
    assert Site.objects.get(pk=world.a.site.pk).name == "Leur nom"
    again = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert again
    assert (
        desk.post(address, {**SITE, "name": "Mon nom", "seen": html.unescape(again.group(1))}).status_code
        == 302
    )
    assert Site.objects.get(pk=world.a.site.pk).name == "Mon nom"


def test_what_was_left_alone_keeps_what_the_other_saved(desk: Client, world: World) -> None:
    address = site_address(world)
    seen = seen_at(desk, address)
    Site.objects.filter(pk=world.a.site.pk).update(name="Leur nom", is_active=False)
    assert desk.post(address, {**SITE, "address": "1 rue Neuve", "seen": seen}).status_code == 302
    site = Site.objects.get(pk=world.a.site.pk)
    assert (site.name, site.address, site.is_active) == ("Leur nom", "1 rue Neuve", False)


def test_members_added_meanwhile_stay(desk: Client, world: World) -> None:
    address = f"/teams/{world.team.pk}/"
    seen = seen_at(desk, address)
    shown = list(TeamMember.objects.filter(team=world.team).values_list("agent_id", flat=True))
    TeamMember.objects.create(team=world.team, agent_id=world.manager.pk)
    sent = {
        "code": "n1",
        "name_fr": "N1",
        "name_en": "L1",
        "level": "1",
        "timezone": "Europe/Paris",
        "is_active": "on",
    }
    assert desk.post(address, {**sent, "member": shown, "seen": seen}).status_code == 302
    assert Team.objects.get(pk=world.team.pk).name_fr == "N1"
    assert TeamMember.objects.filter(team=world.team, agent_id=world.manager.pk).exists()


def test_a_form_that_nobody_else_touched_is_sent_as_it_is(desk: Client, world: World) -> None:
    """Every form of administration, sent back as it was shown: no conflict with oneself."""
    a = world.a
    draft = draft_amendment(SYSTEM, a.contract.pk, {"effective_on": dt.date(2027, 1, 1)}, now=START)
    commitment = Commitment.objects.get(version=draft, priority=1, kind="response")
    for address in (
        site_address(world), f"/clients/{a.organisation.pk}/edit/", f"/people/{a.user.pk}/edit/", f"/teams/{world.team.pk}/",
        f"/roles/{world.roles['agent'].pk}/", f"/contracts/{a.contract.pk}/edit/", f"/services/{world.service.pk}/",
        f"/calendars/{world.calendar.pk}/hours/", f"/calendars/{world.calendar.pk}/edit/", f"/categories/{world.category.pk}/",
        f"/contracts/{a.contract.pk}/versions/{draft.pk}/edit/", f"/contracts/{a.contract.pk}/commitments/{commitment.pk}/", f"/clients/{a.organisation.pk}/priorities/",
        f"/people/{world.agent.pk}/access/",
    ):  # fmt: skip
        assert desk.post(address, {"seen": seen_at(desk, address)}).status_code != 409, address


@pytest.mark.parametrize("seen", ["", "{", "[]", '"x"', '{"name": 3}', '{"name": {"a": []}}', "null"])
def test_an_odd_stamp_breaks_nothing(desk: Client, world: World, seen: str) -> None:
    assert desk.post(site_address(world), {**SITE, "seen": seen}).status_code in (302, 409)
