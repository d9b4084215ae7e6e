"""Canned replies: filled once from an allowlist, private or shared, in the requester's language."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import START, World, report
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets.actions.canned import WORDS, delete_canned, save_canned
from vigie.tickets.models import CannedReply
from vigie.tickets.queries.canned import listed, offered, text_for
from vigie.tickets.rules.canned import filled, unknown_places

pytestmark = pytest.mark.django_db


def keep(actor: Actor, **more: object) -> CannedReply:
    values = {
        **dict.fromkeys(WORDS, "Merci {{ requester }}"), "is_shared": False, "team_id": None, "service_id": None, **more,
    }  # fmt: skip
    return save_canned(actor, None, values, now=START)


def test_places_are_filled_in_one_pass() -> None:
    values = {"requester": "{{ agent }}", "agent": "Karim", "reference": "INC-1"}
    assert filled("{{ requester }} / {{agent}} / {{  reference  }}", values) == "{{ agent }} / Karim / INC-1"
    assert (
        filled("{{ service }}|{{ secret }}|{ agent }|{{ agent", values) == "|{{ secret }}|{ agent }|{{ agent"
    )
    assert unknown_places("{{ requester }} {{ password }} {{ password }} {{ }}") == ["password", ""]


def test_an_unknown_place_or_a_missing_language_is_refused(world: World) -> None:
    actor = world.actor(world.agent)
    with pytest.raises(Refusal, match="unknown_place"):
        keep(actor, body_en="Hello {{ password }}")
    with pytest.raises(Refusal, match="canned_needs_both"):
        keep(actor, body_fr="  ")
    assert not CannedReply.objects.exists()


def test_it_comes_in_the_requesters_language_and_shows_no_markup_of_anybody(
    client: Client, world: World
) -> None:
    world.a.user.name, world.a.user.language = "<b>Ann</b>", "en"
    world.a.user.save()
    ticket = report(world)
    kept = keep(world.actor(world.agent), body_fr="Bonjour", body_en="Hello {{ requester }}\n{{ reference }}")
    assert text_for(world.actor(world.agent), ticket.pk, kept.pk) == "Hello <b>Ann</b>\nINC-ALPHA-1"
    client.force_login(world.agent)
    shown = client.get(reverse("ticket_canned_text", args=[ticket.pk, kept.pk])).content.decode()
    assert "Hello &lt;b&gt;Ann&lt;/b&gt;" in shown
    assert "<b>" not in shown


def test_private_ones_are_their_owners_and_shared_ones_their_teams(world: World) -> None:
    agent, other, boss = (world.actor(p) for p in (world.agent, world.agent_all, world.admin))
    mine = keep(agent, title_fr="À moi")
    with pytest.raises(NotAllowed, match="not_granted"):
        keep(agent, is_shared=True)
    sharer = Actor(
        **{
            **{f: getattr(boss, f) for f in boss.__dataclass_fields__},
            "grants": boss.grants | {"tickets:reply"},
        }
    )
    everybody = keep(sharer, is_shared=True)
    theirs = keep(sharer, is_shared=True, team_id=world.team2.pk)
    assert {row.pk for row in listed(agent)} == {mine.pk, everybody.pk}
    assert {row.pk for row in listed(other)} == {everybody.pk}
    assert {row.pk for row in listed(sharer)} == {everybody.pk, theirs.pk}
    with pytest.raises(NotFound):
        delete_canned(other, mine.pk, now=START)
    with pytest.raises(NotAllowed, match="not_granted"):
        delete_canned(agent, everybody.pk, now=START)
    delete_canned(agent, mine.pk, now=START)
    assert not CannedReply.objects.filter(pk=mine.pk).exists()


def test_the_picker_offers_those_of_the_ticket_by_word(client: Client, world: World) -> None:
    agent, ticket, bare = world.actor(world.agent), report(world), report(world, service_id=None)
    keep(agent, title_fr="Réinitialisé", title_en="Reset", service_id=world.service.pk)
    keep(agent, title_fr="Résolu", title_en="Solved")
    assert len(offered(agent, ticket.pk, "")) == 2
    assert len(offered(agent, bare.pk, "")) == 1
    assert [row[2] for row in offered(agent, ticket.pk, "reini")] in (["Reset"], ["Réinitialisé"])
    client.force_login(world.agent)
    assert "data-inserts" in client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert (
        client.get(reverse("ticket_canned", args=[ticket.pk]) + "?q=solved")
        .content.decode()
        .count("data-value")
        == 1
    )


def test_the_pages_keep_change_and_delete(client: Client, world: World) -> None:
    client.force_login(world.agent)
    sent = {
        "title_fr": "Merci",
        "title_en": "Thanks",
        "body_fr": "Merci {{ requester }}",
        "body_en": "Thank you",
    }
    assert client.post(reverse("canned_new"), {**sent, "body_en": "{{ nothing }}"}).status_code == 422
    assert client.post(reverse("canned_new"), {**sent, "is_shared": "on"}).status_code == 302
    kept = CannedReply.objects.get()
    assert (kept.is_shared, kept.owner_id) == (False, world.agent.pk)  # the box is not offered, nor obeyed
    assert (
        client.post(reverse("canned_edit", args=[kept.pk]), {**sent, "title_en": "Many thanks"}).status_code
        == 302
    )
    assert "Many thanks" in client.get(reverse("canned_replies")).content.decode()
    client.force_login(world.agent_all)
    assert client.get(reverse("canned_edit", args=[kept.pk])).status_code == 404
    client.force_login(world.agent)
    assert client.post(reverse("canned_delete", args=[kept.pk])).status_code == 302
    assert not CannedReply.objects.exists()
