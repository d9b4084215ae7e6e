"""What each action does, refuses, and writes in the journal."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client as Browser

from tests.world import PASSWORD, START, World
from vigie.accounts import access, actions, command
from vigie.accounts.actors import actor_of
from vigie.accounts.models import Affiliation, Agent, Person, Role, RoleGiven, Team, TeamMember
from vigie.accounts.rules import DEFAULT_ROLES
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit.models import JournalEntry

NOW = START + dt.timedelta(days=1)
IDENTITY = {"name": "Zoé Petit", "email": "Zoe@Alpha.Example", "phone": "", "job_title": "", "language": "fr", "timezone": "Europe/Paris"}  # fmt: skip
PLACE: dict[str, Any] = {"roles": ["user"], "site_id": None, "entity_id": None}


def last() -> JournalEntry:
    found = JournalEntry.objects.order_by("-id").first()
    assert found is not None
    return found


def desk_manager(world: World, *, limited: bool) -> Actor:
    """Somebody who manages people; of client A alone, or of everybody."""
    return world.actor(world.manager if limited else _everywhere(world))


def _everywhere(world: World) -> Person:
    Agent.objects.filter(pk=world.dispatcher.pk).update(all_clients=True)
    RoleGiven.objects.get_or_create(agent_id=world.dispatcher.pk, role=world.roles["desk_manager"])
    return world.dispatcher


def test_contact_is_created_with_its_affiliation_and_journalled(world: World) -> None:
    made = actions.create_contact(
        desk_manager(world, limited=True), world.a.organisation.pk, IDENTITY,
        {**PLACE, "site_id": world.a.site.pk, "roles": ["user", "approver"]}, now=NOW,
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.email, made.side, made.has_usable_password()) == ("zoe@alpha.example", "client", False)
    at = Affiliation.objects.get(person=made)
    assert (at.organisation_id, at.site_id, at.roles) == (
        world.a.organisation.pk,
        world.a.site.pk,
        ["user", "approver"],
    )
    entries = list(JournalEntry.objects.order_by("id").values_list("subject", "verb", "actor_name", "at"))[
        -2:
    ]
    assert entries == [
        ("accounts.person", "created", "Delivery", NOW),
        ("accounts.affiliation", "created", "Delivery", NOW),
    ]
    assert "password" not in JournalEntry.objects.get(subject="accounts.person", subject_id=made.pk).after


def test_contact_of_a_client_out_of_sight_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        actions.create_contact(
            desk_manager(world, limited=True), world.b.organisation.pk, IDENTITY, PLACE, now=NOW
        )


def test_place_of_another_client_is_refused_and_nothing_stays(world: World) -> None:
    with pytest.raises(Refusal, match=r"accounts\.place_of_another_client"):
        actions.create_contact(
            desk_manager(world, limited=False), world.a.organisation.pk, IDENTITY,
            {**PLACE, "site_id": world.b.site.pk}, now=NOW,
        )  # fmt: skip
    assert not Person.objects.filter(email="zoe@alpha.example").exists()


def test_address_already_used_is_refused_whatever_its_capitals(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        actions.create_contact(
            desk_manager(world, limited=False),
            world.a.organisation.pk,
            {**IDENTITY, "email": "USER@beta.example"},
            PLACE,
            now=NOW,
        )
    assert (refused.value.code, refused.value.field) == ("accounts.email_taken", "email")


def test_who_sees_one_client_of_a_contact_cannot_take_its_account(world: World) -> None:
    limited = desk_manager(world, limited=True)
    for act in (actions.disable_person, actions.end_sessions, actions.send_password_link):
        with pytest.raises(NotAllowed, match=r"accounts\.beyond_own_sight"):
            act(limited, world.both.pk, now=NOW)
    with pytest.raises(NotAllowed, match=r"accounts\.beyond_own_sight"):
        actions.update_person(limited, world.both.pk, {"email": "mine@evil.example"}, now=NOW)
    with pytest.raises(NotFound):
        actions.update_person(limited, world.b.user.pk, {"name": "X"}, now=NOW)
    assert actions.update_person(limited, world.a.user.pk, {"name": "Nouveau"}, now=NOW).name == "Nouveau"


def test_manager_of_people_cannot_take_the_account_of_an_administrator(world: World) -> None:
    everywhere = desk_manager(world, limited=False)
    with pytest.raises(NotAllowed):
        actions.update_person(everywhere, world.admin.pk, {"email": "mine@evil.example"}, now=NOW)
    with pytest.raises(NotAllowed):
        actions.set_password(everywhere, world.admin.pk, "another long password 77", now=NOW)


def test_new_address_ends_sessions_and_forgets_the_old_one(world: World) -> None:
    browser = Browser()
    browser.post("/account/login/", {"login": "user@alpha.example", "password": PASSWORD})
    EmailAddress.objects.get_or_create(
        user=world.a.user, email="user@alpha.example", defaults={"primary": True}
    )
    actions.update_person(world.actor(world.admin), world.a.user.pk, {"email": "new@alpha.example"}, now=NOW)
    assert browser.get("/me/").status_code == 302
    assert not EmailAddress.objects.filter(user=world.a.user).exists()
    assert (last().before, last().after) == ({"email": "user@alpha.example"}, {"email": "new@alpha.example"})


def test_disabling_ends_every_open_session_at_once(world: World) -> None:
    browsers = [Browser(), Browser()]
    for browser in browsers:
        browser.post("/account/login/", {"login": "agent@nord.example", "password": PASSWORD})
        assert browser.get("/me/").status_code == 200
    actions.disable_person(world.actor(world.admin), world.agent.pk, now=NOW)
    assert [browser.get("/me/").status_code for browser in browsers] == [302, 302]
    assert not UserSession.objects.filter(user=world.agent).exists()
    assert Session.objects.count() == 0
    assert last().after == {"is_active": False}
    actions.enable_person(world.actor(world.admin), world.agent.pk, now=NOW)
    assert browsers[0].get("/me/").status_code == 302


def test_last_administrator_stays(world: World) -> None:
    admin = world.actor(world.admin)
    role = world.roles["administrator"]
    for act in (
        lambda: actions.disable_person(admin, world.admin.pk, now=NOW),
        lambda: actions.give_roles(admin, world.admin.pk, [world.roles["agent"].pk], now=NOW),
        lambda: actions.change_role(
            admin, role.pk, name_fr="A", name_en="A", grants=["people:view"], now=NOW
        ),
    ):
        with pytest.raises(Refusal, match=r"accounts\.last_administrator"):
            act()
    assert world.actor(world.admin).can("access:manage")
    actions.give_roles(admin, world.agent_all.pk, [role.pk], now=NOW)
    actions.disable_person(admin, world.admin.pk, now=NOW)
    world.admin.refresh_from_db()
    assert not world.admin.is_active
    with pytest.raises(Refusal, match=r"accounts\.last_administrator"):
        actions.disable_person(world.actor(world.agent_all), world.agent_all.pk, now=NOW)


def test_roles_given_and_taken_are_journalled_by_code(world: World) -> None:
    wanted = [world.roles["agent"].pk, world.roles["dispatcher"].pk]
    actions.give_roles(world.actor(world.admin), world.agent.pk, wanted, now=NOW)
    assert world.actor(world.agent).can("tickets:correct")
    assert (last().verb, last().before, last().after) == (
        "roles", {"roles": ["agent"]}, {"roles": ["agent", "dispatcher"]},
    )  # fmt: skip
    count = JournalEntry.objects.count()
    actions.give_roles(world.actor(world.admin), world.agent.pk, wanted, now=NOW)
    assert JournalEntry.objects.count() == count


def test_unknown_grant_is_refused(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        actions.create_role(
            world.actor(world.admin),
            code="odd",
            name_fr="x",
            name_en="x",
            grants=["tickets:view", "tickets:fly"],
            now=NOW,
        )
    assert (refused.value.code, refused.value.params) == ("accounts.unknown_grant", {"grant": "tickets:fly"})
    assert not Role.objects.filter(code="odd").exists()


def test_every_default_role_holds_grants_that_exist() -> None:
    declared = set(access.declared_grants())
    for code, (_, _, grants) in DEFAULT_ROLES.items():
        assert set(grants) <= declared, code


def test_role_in_use_is_not_removed(world: World) -> None:
    admin = world.actor(world.admin)
    with pytest.raises(Refusal, match=r"accounts\.role_in_use"):
        actions.delete_role(admin, world.roles["agent"].pk, now=NOW)
    actions.delete_role(admin, world.roles["desk_manager"].pk, now=NOW)
    assert (last().verb, last().before["code"]) == ("deleted", "desk_manager")


def test_clients_of_an_agent_never_go_beyond_the_sight_of_who_gives(world: World) -> None:
    RoleGiven.objects.create(agent_id=world.manager.pk, role=world.roles["administrator"])
    limited = world.actor(world.manager)  # sees A alone
    with pytest.raises(NotAllowed, match=r"accounts\.beyond_own_sight"):
        actions.set_agent_clients(limited, world.manager.pk, [], all_clients=True, now=NOW)
    with pytest.raises(NotFound):
        actions.set_agent_clients(
            limited, world.manager.pk, [world.b.organisation.pk], all_clients=False, now=NOW
        )
    admin = world.actor(world.admin)
    actions.set_agent_clients(
        admin, world.agent.pk, [world.a.organisation.pk, world.b.organisation.pk], all_clients=False, now=NOW
    )
    assert world.actor(world.agent).organisations == {world.a.organisation.pk, world.b.organisation.pk}
    actions.set_agent_clients(limited, world.agent.pk, [], all_clients=False, now=NOW)
    assert world.actor(world.agent).organisations == {world.b.organisation.pk}


def test_vip_needs_reason_approver_and_end(world: World) -> None:
    at = Affiliation.objects.get(person=world.a.user)
    manager = desk_manager(world, limited=True)
    full = {
        "is_vip": True,
        "vip_reason": "Comité",
        "vip_approver": "M. Roy",
        "vip_until": dt.date(2026, 12, 31),
    }
    for missing in ("vip_reason", "vip_approver", "vip_until"):
        with pytest.raises(Refusal) as refused:
            actions.change_affiliation(manager, at.pk, {**full, missing: None}, now=NOW)
        assert (refused.value.code, refused.value.field) == ("accounts.vip_incomplete", missing)
    actions.change_affiliation(manager, at.pk, full, now=NOW)
    actions.change_affiliation(manager, at.pk, {"is_vip": False}, now=NOW)
    at.refresh_from_db()
    assert (at.is_vip, at.vip_reason, at.vip_until) == (False, "", None)
    assert last().before == {
        "is_vip": True,
        "vip_reason": "Comité",
        "vip_approver": "M. Roy",
        "vip_until": "2026-12-31",
    }


def test_ended_affiliation_shuts_the_client(world: World) -> None:
    at = Affiliation.objects.get(person=world.a.user)
    actions.end_affiliation(desk_manager(world, limited=True), at.pk, on=NOW.date(), now=NOW)
    assert actor_of(world.a.user, today=NOW.date()) is None
    assert actor_of(world.a.user, today=NOW.date() - dt.timedelta(days=1)) is not None
    other = Affiliation.objects.get(person=world.b.user)
    with pytest.raises(NotFound):
        actions.end_affiliation(desk_manager(world, limited=True), other.pk, on=NOW.date(), now=NOW)


def test_one_more_client_for_a_contact(world: World) -> None:
    everywhere = desk_manager(world, limited=False)
    actions.add_affiliation(everywhere, world.a.user.pk, world.b.organisation.pk, PLACE, now=NOW)
    with pytest.raises(Refusal, match=r"accounts\.already_affiliated"):
        actions.add_affiliation(everywhere, world.a.user.pk, world.b.organisation.pk, PLACE, now=NOW)
    with pytest.raises(Refusal, match=r"accounts\.staff_has_no_affiliation"):
        actions.add_affiliation(everywhere, world.agent.pk, world.b.organisation.pk, PLACE, now=NOW)


def test_team_with_members_and_leads(world: World) -> None:
    manager = desk_manager(world, limited=True)
    values = {
        "code": "net",
        "name_fr": "Réseau",
        "name_en": "Network",
        "level": 2,
        "timezone": "Europe/Paris",
        "is_active": True,
    }
    team = actions.create_team(
        manager, values, leads={world.agent.pk: True, world.agent_all.pk: False}, now=NOW
    )
    assert dict(TeamMember.objects.filter(team=team).values_list("agent_id", "is_lead")) == {
        world.agent.pk: True, world.agent_all.pk: False,
    }  # fmt: skip
    actions.change_team(
        manager, team.pk, {**values, "is_active": False}, leads={world.agent_all.pk: True}, now=NOW
    )
    assert (last().verb, last().before, last().after) == (
        "members",
        {"members": ["Agent A", "Agent All"], "leads": ["Agent A"]},
        {"members": ["Agent All"], "leads": ["Agent All"]},
    )
    assert not Team.objects.get(pk=team.pk).is_active
    with pytest.raises(NotFound):
        actions.set_members(manager, team.pk, {world.a.user.pk: False}, now=NOW)


def test_skills_have_levels(world: World) -> None:
    manager = desk_manager(world, limited=True)
    skill = actions.create_skill(manager, name_fr="Réseau", name_en="Network", now=NOW)
    actions.set_skills(manager, world.agent.pk, {skill.pk: 3}, now=NOW)
    assert (last().before, last().after) == ({"skills": {}}, {"skills": {"Network": 3}})
    with pytest.raises(Refusal, match=r"accounts\.bad_skill_level"):
        actions.set_skills(manager, world.agent.pk, {skill.pk: 5}, now=NOW)


@pytest.mark.django_db
def test_first_administrator_from_the_command_line() -> None:
    command.add(email="Root@nord.example", name="Root", password="correct horse battery 9", admin=True)
    root = Person.objects.get(email="root@nord.example")
    actor = actor_of(root, today=NOW.date())
    assert actor is not None
    assert actor.organisations is None
    assert actor.can("access:manage")
    assert actor.can("tickets:work")
    assert root.check_password("correct horse battery 9")
    command.password(email="root@nord.example", password="another horse battery 9")
    root.refresh_from_db()
    assert root.check_password("another horse battery 9")
    with pytest.raises(ValidationError):
        command.add(email="two@nord.example", name="Two", password="short", admin=True)
    assert not Person.objects.filter(email="two@nord.example").exists()
    with pytest.raises(Refusal, match=r"accounts\.unknown_email"):
        command.password(email="nobody@nord.example", password="another horse battery 9")


def test_default_roles_are_published_once(world: World) -> None:
    actions.publish_default_roles(SYSTEM, now=NOW)
    assert Role.objects.count() == len(DEFAULT_ROLES)


def test_one_changes_oneself_and_nothing_more(world: World) -> None:
    me = world.actor(world.a.user)
    actions.change_preferences(
        me, {"name": "Moi", "email": "x@evil.example", "side": "provider", "language": "en"}, now=NOW
    )
    world.a.user.refresh_from_db()
    assert (world.a.user.name, world.a.user.email, world.a.user.side, world.a.user.language) == (
        "Moi", "user@alpha.example", "client", "en",
    )  # fmt: skip


def test_active_client_is_one_of_ones_own(world: World) -> None:
    both = world.actor(world.both)
    assert actions.switch_client(both, world.c.organisation.pk, now=NOW) == world.c.organisation.pk
    for organisation in (world.b.organisation, world.provider):
        with pytest.raises(NotFound):
            actions.switch_client(both, organisation.pk, now=NOW)
