"""The provider's own people: their roles, the clients they may see, what they know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction

from vigie.accounts import access
from vigie.accounts.actions.people import free_email
from vigie.accounts.actions.safeguards import administrator_kept
from vigie.accounts.models import Agent, AgentClient, AgentSkill, Person, Role, RoleGiven, Skill
from vigie.accounts.rules import ADMINISTRATION
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tenancy import access as tenancy
from vigie.toolkit import journal


@transaction.atomic
def create_agent(
    actor: Actor,
    *,
    email: str,
    name: str,
    now: dt.datetime,
    all_clients: bool = False,
    language: str = "fr",
    timezone: str = "Europe/Paris",
    job_title: str = "",
    phone: str = "",
) -> Person:
    """A new colleague with no role, no team and (unless ``all_clients``) no client in sight yet."""
    actor.demand(ADMINISTRATION)
    if all_clients and actor.organisations is not None:
        raise NotAllowed("accounts.beyond_own_sight")
    address = free_email(email)
    if address is None:
        raise Refusal("accounts.agent_needs_email", field="email")
    person = Person(side=Person.Side.PROVIDER, created_at=now)
    person.set_unusable_password()
    values = {
        "email": address, "name": name, "language": language, "timezone": timezone, "job_title": job_title, "phone": phone,
    }  # fmt: skip
    journal.write(actor, person, values, now=now)
    journal.write(actor, Agent(person=person), {"all_clients": all_clients}, now=now)
    return person


@transaction.atomic
def give_roles(actor: Actor, person_id: int, role_ids: Iterable[int], *, now: dt.datetime) -> Agent:
    """Give an agent exactly these roles. The last administrator stays one."""
    actor.demand(ADMINISTRATION)
    agent = access.one_agent(actor, person_id)
    wanted = {role.pk: role.code for role in Role.objects.filter(pk__in=list(role_ids))}
    had = {given.role_id: given.role.code for given in agent.roles.select_related("role")}
    if wanted.keys() == had.keys():
        return agent
    with administrator_kept():
        RoleGiven.objects.filter(agent=agent, role_id__in=had.keys() - wanted.keys()).delete()
        RoleGiven.objects.bulk_create(RoleGiven(agent=agent, role_id=i) for i in wanted.keys() - had.keys())
    journal.record(
        actor, "roles", agent.person, now=now,
        before={"roles": sorted(had.values())}, after={"roles": sorted(wanted.values())},
    )  # fmt: skip
    return agent


@transaction.atomic
def set_agent_clients(
    actor: Actor, person_id: int, organisation_ids: Iterable[int], *, all_clients: bool, now: dt.datetime
) -> Agent:
    """Authorise an agent for every client or for exactly these; nobody authorises beyond its own sight."""
    actor.demand(ADMINISTRATION)
    agent = access.one_agent(actor, person_id)
    wanted = set(organisation_ids)
    if actor.organisations is not None and all_clients != agent.all_clients:
        raise NotAllowed("accounts.beyond_own_sight")
    if set(tenancy.visible(actor).filter(pk__in=wanted).values_list("pk", flat=True)) != wanted:
        raise NotFound()
    had = set(agent.clients.values_list("organisation_id", flat=True))
    if actor.organisations is not None:  # what is out of sight stays as it is
        wanted |= had - actor.organisations
    if wanted == had and all_clients == agent.all_clients:
        return agent
    before = {"all_clients": agent.all_clients, "clients": sorted(had)}
    AgentClient.objects.filter(agent=agent, organisation_id__in=had - wanted).delete()
    AgentClient.objects.bulk_create(AgentClient(agent=agent, organisation_id=i) for i in wanted - had)
    Agent.objects.filter(pk=agent.pk).update(all_clients=all_clients)
    journal.record(
        actor, "clients", agent.person, now=now,
        before=before, after={"all_clients": all_clients, "clients": sorted(wanted)},
    )  # fmt: skip
    return agent


@transaction.atomic
def set_access(
    actor: Actor,
    person_id: int,
    *,
    role_ids: Iterable[int],
    organisation_ids: Iterable[int],
    all_clients: bool,
    now: dt.datetime,
) -> Agent:
    """What an agent may do and for whom, together: both or neither."""
    give_roles(actor, person_id, role_ids, now=now)
    return set_agent_clients(actor, person_id, organisation_ids, all_clients=all_clients, now=now)


@transaction.atomic
def set_skills(actor: Actor, person_id: int, levels: Mapping[int, int], *, now: dt.datetime) -> Agent:
    """What an agent knows: ``{skill: level 1 to 4}``, replacing what was said before."""
    actor.demand("people:manage")
    agent = access.one_agent(actor, person_id)
    known = dict(Skill.objects.values_list("pk", "name_en"))
    wanted = {skill: level for skill, level in levels.items() if skill in known}
    if any(level not in range(1, 5) for level in wanted.values()):
        raise Refusal("accounts.bad_skill_level")
    had = dict(agent.skills.values_list("skill_id", "level"))
    if wanted == had:
        return agent
    agent.skills.all().delete()
    AgentSkill.objects.bulk_create(AgentSkill(agent=agent, skill_id=s, level=n) for s, n in wanted.items())
    journal.record(
        actor, "skills", agent.person, now=now,
        before={"skills": {known[s]: n for s, n in had.items()}},
        after={"skills": {known[s]: n for s, n in wanted.items()}},
    )  # fmt: skip
    return agent
