"""Opening a ticket at the desk: who may be chosen, what is promised, what is kept."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import World
from vigie.accounts.models import Person, Team
from vigie.tickets.models import Draft, Fact, Ticket

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def typed(world: World, **more: object) -> dict[str, object]:
    return {
        "organisation": world.a.organisation.pk, "requester": world.a.user.pk, "ticket_type": "incident", "channel": "phone",
        "title": "Plus de réseau", "body": "<div>Depuis 9 h</div>", "service": world.service.pk, "urgency": 2, "tags": "Réseau, n1",
        "submission": "one", **more,
    }  # fmt: skip


def test_a_call_becomes_a_ticket_once(world: World) -> None:
    client = signed_in(world.agent)
    client.post(reverse("ticket_new_draft"), {"title": "Plus"})
    for _ in range(2):
        answer = client.post(reverse("ticket_new"), typed(world, beneficiary=world.a.vip.pk))
        assert answer.status_code == 302
    ticket = Ticket.objects.get()
    assert answer["Location"] == reverse("ticket", args=[ticket.pk])
    assert (ticket.requester, ticket.beneficiary, ticket.channel) == (world.a.user, world.a.vip, "phone")
    assert (ticket.tags, ticket.is_vip, ticket.priority) == (["n1", "réseau"], True, 3)
    assert ticket.messages.get().author == world.a.user
    assert not Draft.objects.exists()


def test_a_refusal_keeps_everything_typed(world: World) -> None:
    client = signed_in(world.agent_all)
    foreign = typed(world, requester=world.b.user.pk)
    for sent in (typed(world, title=""), foreign, typed(world, requester="")):
        answer = client.post(reverse("ticket_new"), sent)
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "Depuis 9 h" in shown
        assert "Réseau, n1" in shown
    assert Ticket.objects.count() == 0


def test_what_was_typed_is_there_again(world: World) -> None:
    client = signed_in(world.agent)
    kept = {key: str(value) for key, value in typed(world).items()}
    assert client.post(reverse("ticket_new_draft"), kept).json() == {"kept": True}
    shown = client.get(reverse("ticket_new")).content.decode()
    assert "Plus de réseau" in shown
    assert "Depuis 9 h" in shown
    assert "User Alpha" in shown


def test_the_promise_is_told_while_typing(world: World) -> None:
    client = signed_in(world.agent)
    address = reverse("ticket_new_promise")
    values = {
        "organisation": world.a.organisation.pk,
        "requester": world.a.user.pk,
        "impact": 1,
        "urgency": 1,
    }
    shown = client.get(address, values, **HX).content.decode()
    assert "P1" in shown
    assert "P4" in client.get(address, {**values, "impact": 3, "urgency": 2}, **HX).content.decode()
    assert "VIP" in client.get(address, {**values, "requester": world.a.vip.pk}, **HX).content.decode()
    assert client.get(address, {"organisation": "x", "urgency": "9"}, **HX).status_code == 200


def test_choices_belong_to_the_client(world: World) -> None:
    client = signed_in(world.agent_all)
    found = client.get(
        reverse("ticket_new_contacts", args=[world.a.organisation.pk]), {"q": "user"}
    ).content.decode()
    assert "User Alpha" in found
    assert "User Beta" not in found
    assert (
        "Former"
        not in client.get(reverse("ticket_new_contacts", args=[world.a.organisation.pk])).content.decode()
    )
    fields = client.get(
        reverse("ticket_new_fields"), {"organisation": world.b.organisation.pk}, **HX
    ).content.decode()
    assert "Beta siège" in fields
    assert "Alpha siège" not in fields


def test_who_calls_is_found_before_the_client(world: World) -> None:
    address, fields = reverse("ticket_new_callers"), reverse("ticket_new_fields")
    Person.objects.filter(pk=world.b.user.pk).update(name="Hélène D’Arcy")
    client = signed_in(world.agent_all)
    found = client.get(address, {"q": "helene d'ar"}).content.decode()
    assert f'data-value="{world.b.organisation.pk}-{world.b.user.pk}"' in found
    assert world.b.organisation.name in found
    assert "option__more" not in client.get(address, {"q": "h"}).content.decode()  # no directory
    chosen = {"caller": f"{world.b.organisation.pk}-{world.b.user.pk}", "organisation": ""}
    shown = client.get(fields, chosen, **HX).content.decode()
    assert 'value="Hélène D’Arcy"' in shown
    assert "Beta siège" in shown
    narrow = signed_in(world.agent)
    assert "Hélène" not in narrow.get(address, {"q": "helene"}).content.decode()
    assert "Hélène" not in narrow.get(fields, chosen, **HX).content.decode()


def test_an_unauthorised_client_does_not_exist(world: World) -> None:
    client = signed_in(world.agent)
    hidden = world.b.organisation.pk
    assert client.get(reverse("ticket_new_contacts", args=[hidden])).status_code == 404
    assert "Beta" not in client.get(reverse("ticket_new"), {"organisation": hidden}).content.decode()
    sent = typed(world, organisation=hidden, requester=world.b.user.pk, service="")
    assert client.post(reverse("ticket_new"), sent).status_code == 422
    assert Ticket.objects.count() == 0


def test_control_characters_and_strange_numbers_are_no_accident(world: World) -> None:
    client = signed_in(world.agent)
    sent = typed(world, title="Panne\x00 réseau", body="<div>a\x00b</div>", tags="x\x00,y")
    assert client.post(reverse("ticket_new"), sent).status_code == 302
    assert Ticket.objects.get().title == "Panne réseau"
    strange = typed(world, requester="9" * 30, impact="7", service="²", submission="two")
    assert client.post(reverse("ticket_new"), strange).status_code == 422


def test_a_team_and_a_person_are_given_at_once_and_journalled(world: World) -> None:
    client = signed_in(world.agent_all)
    team = Team.objects.create(code="night", name_fr="Équipe de nuit", name_en="Night", level=1)
    given = typed(world, team=team.pk, assignee=world.agent.pk)
    for _ in range(2):
        assert client.post(reverse("ticket_new"), given).status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.team, ticket.assignee) == (team, world.agent)
    told = Fact.objects.filter(ticket=ticket, kind="assigned").latest("pk")
    assert told.after is not None
    assert (told.after["team"], told.after["assignee"]) == (team.pk, world.agent.pk)
    assert (
        client.post(reverse("ticket_new"), typed(world, assignee=world.a.user.pk, submission="2")).status_code
        == 422
    )
    assert Ticket.objects.count() == 1


def test_one_press_opens_it_and_takes_it(world: World) -> None:
    client = signed_in(world.agent_all)
    shown = client.get(reverse("ticket_new"), {"organisation": world.a.organisation.pk}).content.decode()
    assert 'name="take"' in shown
    assert 'name="team"' in shown
    assert client.post(reverse("ticket_new"), typed(world, take="1")).status_code == 302
    assert Ticket.objects.get().assignee == world.agent_all
    assert client.post(reverse("ticket_new"), typed(world, submission="2")).status_code == 302
    assert Ticket.objects.latest("pk").assignee is None
