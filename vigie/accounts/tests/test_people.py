"""The pages about people: who sees whom, what a list costs, what each role is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.world import START, World, make_person
from vigie.accounts import actions, history, queries
from vigie.accounts.models import Affiliation, Person, RoleGiven
from vigie.accounts.queries import Filters
from vigie.accounts.tests.test_pages import signed_in
from vigie.toolkit.models import JournalEntry

TODAY = START.date()


def names(world: World, who: Person, **filters: object) -> list[str]:
    page = queries.people_page(world.actor(who), Filters(**filters), today=TODAY, cursor=None)  # type: ignore[arg-type]
    return [row["name"] for row in page.rows]


def test_limited_agent_sees_contacts_of_its_clients_and_colleagues(world: World) -> None:
    seen = names(world, world.agent)
    assert "User Alpha" in seen
    assert "Both" in seen
    assert "Admin" in seen
    assert not [name for name in seen if "Beta" in name or "Gamma" in name]
    browser = signed_in(world.agent)
    assert browser.get(reverse("person", args=[world.a.user.pk])).status_code == 200
    assert browser.get(reverse("person", args=[world.b.user.pk])).status_code == 404
    both = browser.get(reverse("person", args=[world.both.pk])).content.decode()
    assert "Alpha" in both
    assert "Gamma" not in both


def test_search_folds_accents_and_capitals_in_any_order(world: World) -> None:
    make_person("Hélène Lefèvre-Œuvrard", "provider", "helene@nord.example")
    for words in ("helene", "HÉLÈNE", "oeuvrard hél", "lefevre", "helene@nord"):
        assert names(world, world.admin, words=words) == ["Hélène Lefèvre-Œuvrard"], words
    make_person("Cent % _ et \\ barre", "provider", "cent@nord.example")
    for words in ("%", "_", "\\", "％"):
        assert names(world, world.admin, words=words) == ["Cent % _ et \\ barre"], words
    assert names(world, world.admin, words="\x00") != []


def test_expired_vip_is_not_shown(world: World) -> None:
    def vips() -> set[str]:
        page = queries.people_page(world.actor(world.admin), Filters(), today=TODAY, cursor=None)
        return {row["name"] for row in page.rows if row["vip"]}

    assert vips() == {"Vip Alpha", "Vip Beta", "Vip Gamma"}
    Affiliation.objects.filter(person=world.b.vip).update(vip_until=TODAY)
    assert vips() == {"Vip Alpha", "Vip Gamma"}


def test_filters(world: World) -> None:
    assert set(names(world, world.admin, side="provider")) == {
        "Admin",
        "Agent A",
        "Agent All",
        "Delivery",
        "Dispatcher",
    }
    assert "Both" in names(world, world.admin, organisation_id=world.c.organisation.pk)
    assert "User Alpha" not in names(world, world.admin, organisation_id=world.c.organisation.pk)
    assert names(world, world.agent, organisation_id=world.b.organisation.pk) == []
    Person.objects.filter(pk=world.a.user.pk).update(is_active=False)
    assert names(world, world.admin, active="no") == ["User Alpha"]
    assert "User Alpha" in names(world, world.admin, active="all")


def test_a_list_costs_the_same_however_many_rows(world: World) -> None:
    browser = signed_in(world.admin)
    browser.get(reverse("people"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries_run:
            assert browser.get(reverse("people")).status_code == 200
        return len(queries_run)

    def more(numbers: range) -> None:
        for number in numbers:
            person = make_person(f"Personne {number:03}", "client", f"p{number}@alpha.example")
            Affiliation.objects.create(organisation=world.a.organisation, person=person, roles=["user"])

    few = cost()
    more(range(20))
    assert cost() == few
    more(range(20, 50))
    paged = few + 1  # a list on several pages is counted
    assert cost() == paged
    more(range(50, 150))
    assert cost() == paged


def test_pages_follow_one_another_without_gap(world: World) -> None:
    actor, seen, cursor = world.actor(world.admin), [], None
    while True:
        page = queries.people_page(actor, Filters(), today=TODAY, cursor=cursor, size=7)
        seen += [row["id"] for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == Person.objects.count()


def test_refused_form_keeps_what_was_typed(world: World) -> None:
    browser = signed_in(world.admin)
    answer = browser.post(
        reverse("contact_new"),
        {"organisation": world.a.organisation.pk, "name": "Zoé Petit", "email": "user@beta.example", "roles": ["user"], "language": "fr", "timezone": "Europe/Paris"},
    )  # fmt: skip
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Zoé Petit"' in page
    assert 'value="user@beta.example"' in page
    assert 'aria-invalid="true"' in page


def test_contact_is_created_by_its_form(world: World) -> None:
    answer = signed_in(world.manager).post(
        reverse("contact_new"),
        {"organisation": world.a.organisation.pk, "name": "Zoé Petit", "email": "zoe@alpha.example", "roles": ["user", "key_user"], "site": world.a.site.pk, "language": "en", "timezone": "America/Toronto"},
    )  # fmt: skip
    made = Person.objects.get(email="zoe@alpha.example")
    assert answer["Location"] == reverse("person", args=[made.pk])
    assert (made.language, made.timezone) == ("en", "America/Toronto")
    assert Affiliation.objects.get(person=made).site_id == world.a.site.pk


def test_access_form_gives_roles_and_clients(world: World) -> None:
    answer = signed_in(world.admin).post(
        reverse("person_access", args=[world.agent.pk]),
        {"roles": [world.roles["dispatcher"].pk], "clients": [world.b.organisation.pk]},
    )
    assert answer.status_code == 302
    actor = world.actor(world.agent)
    assert (actor.roles, actor.organisations) == ({"dispatcher"}, {world.b.organisation.pk})


def test_history_tells_before_and_after_in_words(world: World) -> None:
    at = Affiliation.objects.get(person=world.a.user)
    admin = world.actor(world.admin)
    actions.change_affiliation(admin, at.pk, {"roles": ["user", "approver"]}, now=START)
    actions.give_roles(admin, world.agent.pk, [world.roles["dispatcher"].pk], now=START)
    told = history.told(queries.history_of(admin, world.a.user.pk))
    assert told[0]["who"] == "Admin"
    assert told[0]["client"] == "Alpha"
    assert len(told[0]["lines"]) == 1
    told = history.told(queries.history_of(admin, world.agent.pk))
    assert told[0]["lines"][0][1:] == ("Agent", "Coordinateur")
    assert queries.history_of(world.actor(world.agent), world.b.user.pk) == []


WRITES = (
    ("contact_new", (), "people:manage"),
    ("agent_new", (), "access:manage"),
    ("person_edit", ("contact",), "people:manage"),
    ("person_act", ("contact",), "people:manage"),
    ("person_access", ("agent",), "access:manage"),
    ("person_skills", ("agent",), "people:manage"),
    ("affiliation_new", ("contact",), "people:manage"),
    ("affiliation_edit", ("affiliation",), "people:manage"),
    ("affiliation_end", ("affiliation",), "people:manage"),
    ("team_new", (), "people:manage"),
    ("team", ("team",), "people:manage"),
    ("skill_new", (), "people:manage"),
    ("role_new", (), "access:manage"),
    ("role", ("role",), "access:manage"),
    ("role_delete", ("role",), "access:manage"),
)
FULL = {
    "name": "X", "email": "x@alpha.example", "language": "fr", "timezone": "Europe/Paris", "code": "x", "name_fr": "X", "name_en": "X",
    "level": "1", "act": "disable", "roles": ["user"],
}  # fmt: skip


@pytest.mark.parametrize(
    "role", ["agent", "dispatcher", "desk_manager", "delivery_manager", "administrator", "client"]
)
def test_each_role_is_refused_what_it_was_not_granted(world: World, role: str) -> None:
    person = world.a.manager if role == "client" else world.agent_all
    if role != "client":
        RoleGiven.objects.filter(agent_id=person.pk).delete()
        RoleGiven.objects.create(agent_id=person.pk, role=world.roles["agent"])
        RoleGiven.objects.get_or_create(agent_id=person.pk, role=world.roles[role])
    held = world.actor(person).grants
    ids = {
        "contact": world.a.user.pk, "agent": world.agent.pk, "team": world.team.pk, "role": world.roles["agent"].pk,
        "affiliation": Affiliation.objects.get(person=world.a.user).pk,
    }  # fmt: skip
    browser, entries = signed_in(person), JournalEntry.objects.count()
    for name, keys, grant in WRITES:
        if grant in held:
            continue
        answer = browser.post(reverse(name, args=[ids[key] for key in keys]), FULL)
        assert answer.status_code == (404 if role == "client" else 403), (role, name)
    assert JournalEntry.objects.count() == entries


def test_visitor_is_sent_to_the_door(world: World) -> None:
    for name in ("people", "teams", "roles", "me"):
        answer = Browser().get(reverse(name))
        assert answer["Location"] == f"/account/login/?next={reverse(name)}"
