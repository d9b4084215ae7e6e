"""Every page of people answers whoever may see it."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.world import World
from vigie.accounts.models import Affiliation, Person

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def signed_in(person: Person) -> Browser:
    browser = Browser()
    browser.force_login(person, backend=BACKEND)
    return browser


def addresses(world: World) -> list[str]:
    affiliation = Affiliation.objects.get(person=world.a.user)
    return [
        reverse("people"),
        reverse("contact_new"),
        reverse("contact_new") + f"?client={world.a.organisation.pk}",
        reverse("agent_new"),
        reverse("person", args=[world.a.user.pk]),
        reverse("person", args=[world.agent.pk]),
        reverse("person_edit", args=[world.a.user.pk]),
        reverse("person_access", args=[world.agent.pk]),
        reverse("person_skills", args=[world.agent.pk]),
        reverse("affiliation_new", args=[world.a.user.pk]),
        reverse("affiliation_edit", args=[affiliation.pk]),
        reverse("teams"),
        reverse("team_new"),
        reverse("skill_new"),
        reverse("team", args=[world.team.pk]),
        reverse("roles"),
        reverse("role_new"),
        reverse("role", args=[world.roles["agent"].pk]),
        reverse("me"),
        reverse("mfa_index"),
        reverse("mfa_list_webauthn"),
        reverse("usersessions_list"),
        reverse("account_change_password"),
        reverse("account_logout"),
    ]


def test_administrator_opens_every_page(world: World) -> None:
    browser = signed_in(world.admin)
    for address in addresses(world):
        response = browser.get(address)
        assert response.status_code == 200, address


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive"]
)
def test_visitor_opens_the_entrance(name: str) -> None:
    assert Browser().get(reverse(name)).status_code == 200


def test_contact_and_agent_open_their_own_page(world: World) -> None:
    for person in (world.a.user, world.both, world.agent):
        for name in ("me", "mfa_index", "usersessions_list", "mfa_list_webauthn"):
            assert signed_in(person).get(reverse(name)).status_code == 200, (person, name)


def test_agent_reads_a_team_that_it_may_not_change(world: World) -> None:
    page = signed_in(world.agent).get(reverse("team", args=[world.team.pk])).content.decode()
    assert "Agent A" in page
    assert 'name="member"' not in page
    assert (
        'name="member"'
        in signed_in(world.manager).get(reverse("team", args=[world.team.pk])).content.decode()
    )


def test_links_to_the_queue_mean_something_there(world: World) -> None:
    browser = signed_in(world.agent_all)
    contact = browser.get(reverse("person", args=[world.a.user.pk])).content.decode()
    assert f'href="{reverse("queue")}?client=ALPHA&amp;status=all"' in contact
    colleague = browser.get(reverse("person", args=[world.agent.pk])).content.decode()
    assert f'href="{reverse("queue")}?assignee={world.agent.pk}"' in colleague
