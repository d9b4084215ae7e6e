"""The one door to people, teams and roles."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import module_has_submodule

from vigie.accounts.models import Affiliation, Agent, Person, Role, Team, TeamMember
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, Internal, Shared, TableClass

GRANTS = ("people:view", "people:manage", "access:manage")

TABLES: dict[str, TableClass] = {
    "accounts_person": Client(
        columns="id, name, side, language, timezone, is_active",
        owner=(
            "side = 'provider' or exists (select 1 from accounts_affiliation a"
            " where a.person_id = accounts_person.id and a.organisation_id = any (vigie_organisations()))"
        ),
    ),
    "accounts_affiliation": Client(),
    "accounts_team": Shared("names of teams appear in the conversation"),
    "accounts_agent": Internal(),
    "accounts_agentclient": Internal(),
    "accounts_teammember": Internal(),
    "accounts_skill": Internal(),
    "accounts_agentskill": Internal(),
    "accounts_role": Internal(),
    "accounts_rolegiven": Internal(),
    "auth_permission": Internal(),
    "auth_group": Internal(),
    "auth_group_permissions": Internal(),
    "account_emailaddress": Internal(),
    "account_emailconfirmation": Internal(),
    "mfa_authenticator": Internal(),
    "usersessions_usersession": Internal(),
}


def visible(actor: Actor) -> QuerySet[Person]:
    """People in sight: contacts of the actor's clients and, for the provider's staff, its colleagues."""
    if actor.organisations is None:
        return Person.objects.all()
    contacts = Affiliation.objects.filter(
        person_id=OuterRef("pk"), organisation_id__any_of=sorted(actor.organisations)
    )
    if actor.is_provider:
        return Person.objects.filter(Q(side=Person.Side.PROVIDER) | Exists(contacts))
    return Person.objects.filter(Exists(contacts))


def visible_affiliations(actor: Actor) -> QuerySet[Affiliation]:
    return in_sight(actor, Affiliation.objects.all())


def visible_teams(actor: Actor) -> QuerySet[Team]:
    """Teams are the provider's: every agent sees them all, a client only their names."""
    return Team.objects.filter(is_active=True)


def offered_teams(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Those of ``teams`` that one may choose: an imported one once somebody who can sign in belongs to it."""
    able = TeamMember.objects.filter(
        team_id=OuterRef("pk"), agent__person__is_active=True, agent__person__email__gt=""
    )
    return teams.filter(Q(is_imported=False) | Exists(able))


def offered_agents(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    """Those of ``agents`` that one may choose: active, and able to sign in. Whom only an import made has no address."""
    return agents.filter(person__is_active=True, person__email__gt="")


def one(actor: Actor, person_id: int) -> Person:
    found = visible(actor).filter(pk=person_id).first()
    if found is None:
        raise NotFound()
    return found


def one_affiliation(actor: Actor, affiliation_id: int, *, lock: bool = False) -> Affiliation:
    """An affiliation at a client in sight, locked for a change if asked."""
    affiliations = visible_affiliations(actor)
    if lock:
        affiliations = affiliations.select_for_update(of=("self",))
    found = affiliations.filter(pk=affiliation_id).first()
    if found is None:
        raise NotFound()
    return found


def one_agent(actor: Actor, person_id: int) -> Agent:
    """The profile of a colleague, locked: two administrators never write over each other."""
    if not actor.is_provider:
        raise NotFound()
    found = Agent.objects.select_for_update().filter(pk=person_id).first()
    if found is None:
        raise NotFound()
    return found


def one_team(actor: Actor, team_id: int) -> Team:
    """A team, in use or not, for the provider's staff, locked for a change."""
    found = Team.objects.select_for_update().filter(pk=team_id).first() if actor.is_provider else None
    if found is None:
        raise NotFound()
    return found


def seen_team(actor: Actor, team_id: int) -> Team:
    """A team, in use or not, for the provider's staff."""
    found = Team.objects.filter(pk=team_id).first() if actor.is_provider else None
    if found is None:
        raise NotFound()
    return found


def one_role(actor: Actor, role_id: int) -> Role:
    """A role, for the provider's staff."""
    found = Role.objects.filter(pk=role_id).first() if actor.is_provider else None
    if found is None:
        raise NotFound()
    return found


@cache
def declared_grants() -> tuple[str, ...]:
    """Every grant that a feature of this installation declares, in the order of the features."""
    found: list[str] = []
    for config in apps.get_app_configs():
        if (
            config.module is not None
            and config.name.startswith("vigie.")
            and module_has_submodule(config.module, "access")
        ):
            found.extend(getattr(import_module(f"{config.name}.access"), "GRANTS", ()))
    return tuple(dict.fromkeys(found))
