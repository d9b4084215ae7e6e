"""Forms that arrive too late, addresses that lead nowhere, bodies that are too large: a page in one's language, nothing lost."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.tickets.models import Draft, Message, Ticket
from vigie.toolkit.authorship import FIELD

pytestmark = pytest.mark.django_db
TEXT = "Depuis ce matin, l'imprimante du deuxième ne répond plus."


def browser(person: Person, **options: bool) -> Client:
    client = Client(**options)
    client.force_login(person)
    return client


def hidden(client: Client, address: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', client.get(address).content.decode())
    assert found, name
    return found[1]


def form(client: Client, address: str, **fields: str) -> dict[str, str]:
    """What the browser sends from the form of this page."""
    return {**fields, **{name: hidden(client, address, name) for name in ("csrfmiddlewaretoken", FIELD)}}


def test_a_form_sent_after_the_session_ended_comes_back_after_signing_in(world: World) -> None:
    address = reverse("portal_new")
    client = browser(world.a.user)
    sent = form(
        client, address, type="incident", title="Imprimante", body=TEXT, submission="once-and-only-once"
    )
    del client.cookies["vigie"]
    answer = client.post(address, sent)
    assert answer["Location"] == f"{reverse('account_login')}?next=/sent/"
    said = "Votre texte est conservé"
    assert said in client.get(answer["Location"], headers={"accept-language": "fr"}).content.decode()
    assert (
        said not in client.get(reverse("account_login"), headers={"accept-language": "fr"}).content.decode()
    )
    assert TEXT not in str(Draft.objects.get(person=world.a.user).content)  # sealed

    assert client.get(reverse("sent_form")).status_code == 302  # nobody is signed in
    for other in (world.a.manager, world.b.user, world.agent):
        assert browser(other).get(reverse("sent_form"))["Location"] == "/"

    client.force_login(world.a.user)
    shown = client.get(reverse("sent_form")).content.decode()
    assert "ne répond plus" in shown
    assert ">once-and-only-once<" not in shown.replace("\n", "")
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    assert again["submission"] == "once-and-only-once"
    assert client.post(address, {**sent, FIELD: again[FIELD]}).status_code == 302
    assert Ticket.objects.filter(title="Imprimante", requester=world.a.user).count() == 1


@pytest.mark.parametrize("place", ["ticket_new", "ticket_step", "portal_reply"])
def test_every_writing_form_is_kept(world: World, place: str) -> None:
    ticket = report(world, now=timezone.now())
    person = world.a.user if place == "portal_reply" else world.agent
    page, address = {
        "ticket_new": (reverse("ticket_new"),) * 2,
        "ticket_step": (reverse("ticket_step", args=[ticket.pk, "wait"]),) * 2,
        "portal_reply": (
            reverse("portal_ticket", args=[ticket.pk]),
            reverse("portal_reply", args=[ticket.pk]),
        ),
    }[place]
    client = browser(person)
    sent = form(client, page, text=TEXT, body=TEXT)
    client.cookies.clear()
    assert client.post(address, sent).status_code == 302
    client.force_login(person)
    shown = client.get(reverse("sent_form")).content.decode()
    assert "ne répond plus" in shown
    assert f'action="{address}"' in shown


def test_a_token_renewed_in_another_tab_gives_the_form_back(world: World) -> None:
    ticket = report(world, now=timezone.now())
    page, address = reverse("portal_ticket", args=[ticket.pk]), reverse("portal_reply", args=[ticket.pk])
    client = browser(world.a.user, enforce_csrf_checks=True)
    sent = form(client, page, body=TEXT)
    client.cookies["csrf"] = "a" * 32
    answer = client.post(address, sent)
    assert answer.status_code == 403
    assert "ne répond plus" in answer.content.decode()
    assert f'action="{address}"' in answer.content.decode()
    # a forger signs nothing, or signs for itself
    theirs = form(browser(world.b.user), reverse("portal_new"))[FIELD]
    for forged in ("", "1-:x:y", theirs):
        refused = client.post(address, {**sent, FIELD: forged})
        assert refused.status_code == 403
        assert "ne répond plus" not in refused.content.decode()
    assert not Message.objects.filter(body__contains="ne répond plus").exists()


def test_a_form_of_somebody_else_is_not_sent_under_ones_own_name(world: World) -> None:
    address = reverse("portal_new")
    sent = form(browser(world.a.user), address, type="incident", title="Imprimante", body=TEXT)
    other = browser(world.a.manager)
    assert other.post(address, sent).status_code == 403
    assert not Ticket.objects.filter(title="Imprimante").exists()
    assert other.get(reverse("sent_form"))["Location"] == "/"
    assert "ne répond plus" in browser(world.a.user).get(reverse("sent_form")).content.decode()


@pytest.mark.parametrize("address", ["/nope", "/tickets/abc/", "/portal/new/promise/never"])
def test_an_unknown_address_is_a_page_in_ones_language(world: World, address: str) -> None:
    for client in (browser(world.agent), browser(world.a.user), Client(HTTP_ACCEPT_LANGUAGE="fr")):
        answer = client.get(address)
        assert answer.status_code == 404
        assert '<html lang="fr"' in answer.content.decode()
        assert 'href="/"' in answer.content.decode()


def test_an_address_that_only_takes_forms_says_so(world: World) -> None:
    ticket = report(world, now=timezone.now())
    answer = browser(world.agent).get(reverse("ticket_say", args=[ticket.pk]))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert '<html lang="fr"' in answer.content.decode()


def test_a_body_too_large_is_refused_in_a_page(world: World) -> None:
    answer = browser(world.a.user).post(reverse("portal_new"), **{"vigie.too_large": True})
    assert answer.status_code == 413
    assert '<html lang="fr"' in answer.content.decode()
    assert "25" in answer.content.decode()
