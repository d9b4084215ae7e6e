"""The one door to people, teams and roles."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.accounts.models import Affiliation, Person, Team
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
        person_id=OuterRef("pk"), organisation_id__in=sorted(actor.organisations)
    )
    if actor.is_provider:
        return Person.objects.filter(Q(side=Person.Side.PROVIDER) | Exists(contacts))
    return Person.objects.filter(Exists(contacts))


def visible_affiliations(actor: Actor) -> QuerySet[Affiliation]:
    return in_sight(actor, Affiliation.objects.all())


def visible_teams(actor: Actor) -> QuerySet[Team]:
    """Teams are the provider's: every agent sees them all, a client only their names."""
    return Team.objects.filter(is_active=True)


def one(actor: Actor, person_id: int) -> Person:
    found = visible(actor).filter(pk=person_id).first()
    if found is None:
        raise NotFound()
    return found
