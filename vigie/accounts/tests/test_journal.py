"""Every action of this area leaves its trace: a new one that is not walked here is named by the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from tests.world import START, World
from vigie.accounts import actions
from vigie.accounts.models import Affiliation, Agent
from vigie.kernel.actor import Actor
from vigie.toolkit.models import JournalEntry

NOW = START + dt.timedelta(days=1)
NO_WRITE = {"may_identify", "rights_over", "switch_client"}
PERSON = {"name": "Zoé", "email": "zoe@alpha.example", "language": "fr", "timezone": "Europe/Paris"}
TEAM = {
    "code": "net",
    "name_fr": "Réseau",
    "name_en": "Network",
    "level": 2,
    "timezone": "Europe/Paris",
    "is_active": True,
}


def walks(world: World, admin: Actor) -> Iterator[tuple[str, Callable[[], object]]]:
    user, agent = world.a.user.pk, world.agent.pk
    own = Affiliation.objects.get(person=world.a.user).pk
    roles = {code: role.pk for code, role in world.roles.items()}
    a, b = world.a.organisation.pk, world.b.organisation.pk
    words = {"name_fr": "Lecteur", "name_en": "Reader", "grants": ["tickets:view"]}
    yield "create_agent", lambda: actions.create_agent(admin, email="n@nord.example", name="N", now=NOW)
    yield "create_contact", lambda: actions.create_contact(admin, a, PERSON, {"roles": ["user"]}, now=NOW)
    yield "update_person", lambda: actions.update_person(admin, user, {"phone": "1"}, now=NOW)
    yield "add_affiliation", lambda: actions.add_affiliation(admin, user, b, {"roles": ["user"]}, now=NOW)
    yield (
        "change_affiliation",
        lambda: actions.change_affiliation(admin, own, {"roles": ["approver"]}, now=NOW),
    )
    yield "end_affiliation", lambda: actions.end_affiliation(admin, own, on=NOW.date(), now=NOW)
    yield "give_roles", lambda: actions.give_roles(admin, agent, [roles["dispatcher"]], now=NOW)
    yield (
        "set_agent_clients",
        lambda: actions.set_agent_clients(admin, agent, [b], all_clients=False, now=NOW),
    )
    yield "set_access", lambda: actions.set_access(
        admin, agent, role_ids=[], organisation_ids=[a], all_clients=False, now=NOW
    )  # fmt: skip
    yield "create_skill", lambda: actions.create_skill(admin, name_fr="Réseau", name_en="Network", now=NOW)
    yield "set_skills", lambda: actions.set_skills(admin, agent, {_skill(): 2}, now=NOW)
    yield "create_team", lambda: actions.create_team(admin, TEAM, now=NOW)
    yield "change_team", lambda: actions.change_team(admin, world.team.pk, {"level": 3}, now=NOW)
    yield "set_members", lambda: actions.set_members(admin, world.team.pk, {agent: True}, now=NOW)
    yield "create_role", lambda: actions.create_role(admin, code="reader", now=NOW, **words)
    yield "change_role", lambda: actions.change_role(admin, roles["dispatcher"], now=NOW, **words)
    yield "delete_role", lambda: actions.delete_role(admin, roles["desk_manager"], now=NOW)
    yield "publish_default_roles", lambda: actions.publish_default_roles(admin, now=NOW)
    yield "set_password", lambda: actions.set_password(admin, user, "a brand new pass 7", now=NOW)
    yield "send_password_link", lambda: actions.send_password_link(admin, user, now=NOW)
    yield "change_preferences", lambda: actions.change_preferences(admin, {"phone": "2"}, now=NOW)
    yield "choose_language", lambda: actions.choose_language(admin, "en", now=NOW)
    yield "choose_theme", lambda: actions.choose_theme(admin, "dark", now=NOW)
    yield "end_sessions", lambda: _with_a_session(world, lambda: actions.end_sessions(admin, user, now=NOW))
    yield "disable_person", lambda: actions.disable_person(admin, user, now=NOW)
    yield "enable_person", lambda: actions.enable_person(admin, user, now=NOW)


def _skill() -> int:
    from vigie.accounts.models import Skill

    return Skill.objects.get().pk


def _with_a_session(world: World, act: Callable[[], object]) -> object:
    from allauth.usersessions.models import UserSession

    UserSession.objects.create(user=world.a.user, ip="127.0.0.1", session_key="k", user_agent="")
    return act()


def test_every_action_is_journalled(world: World) -> None:
    admin = world.actor(world.admin)
    walked = []
    for name, act in walks(world, admin):
        before = JournalEntry.objects.count()
        act()
        new = list(JournalEntry.objects.order_by("id")[before:])
        assert new, f"{name} left no trace"
        assert {(entry.actor_id, entry.at) for entry in new} == {(admin.person_id, NOW)}, name
        walked.append(name)
    assert set(walked) == set(actions.__all__) - NO_WRITE


@pytest.mark.parametrize("side", ["client", "agent"])
def test_every_action_on_others_is_refused_without_its_grant(world: World, side: str) -> None:
    actor = world.actor(world.a.manager if side == "client" else world.agent)
    before = JournalEntry.objects.count()
    for name, act in walks(world, actor):
        if name in ("change_preferences", "choose_language", "choose_theme", "set_skills", "end_sessions"):
            continue
        with pytest.raises(Exception, match=r"access\.not_(granted|found)"):
            act()
        assert JournalEntry.objects.count() == before, name
    assert not Agent.objects.get(pk=world.agent.pk).all_clients
