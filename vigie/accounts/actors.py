"""From a signed-in person to the ``Actor`` that everything below takes."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import Q

from vigie.accounts.models import Affiliation, Person
from vigie.accounts.rules import CLIENT_GRANTS, client_scope, grants_of_roles
from vigie.kernel.actor import Actor


def active_affiliations(person_id: int, today: dt.date) -> list[Affiliation]:
    """The person's affiliations in force on ``today``, by client name."""
    return list(
        Affiliation.objects.filter(
            Q(active_from__isnull=True) | Q(active_from__lte=today),
            Q(active_until__isnull=True) | Q(active_until__gt=today),
            person_id=person_id,
        )
        .exclude(organisation__status="closed")
        .select_related("organisation")
        .order_by("organisation__name")
    )


def actor_of(person: Person, *, today: dt.date, organisation_id: int | None = None) -> Actor | None:
    """The actor for a person; ``None`` when the person may not act at all (disabled, no affiliation left).

    For a contact of several clients ``organisation_id`` picks the active context; rights never add up.
    """
    if not person.is_active:
        return None
    if person.side == Person.Side.PROVIDER:
        return _agent(person)
    affiliations = active_affiliations(person.pk, today)
    if not affiliations:
        return None
    chosen = next((a for a in affiliations if a.organisation_id == organisation_id), affiliations[0])
    roles = frozenset(chosen.roles)
    return Actor(
        side="client",
        person_id=person.pk,
        organisations=frozenset({chosen.organisation_id}),
        organisation_id=chosen.organisation_id,
        grants=CLIENT_GRANTS,
        scope=client_scope(roles),
        site_ids=frozenset({chosen.site_id} if chosen.site_id and "key_user" in roles else ()),
        roles=roles,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        other_clients=len(affiliations) - 1,
    )


_AGENT = """
select a.all_clients,
  array(select c.organisation_id from accounts_agentclient c where c.agent_id = a.person_id),
  array(select m.team_id from accounts_teammember m where m.agent_id = a.person_id),
  array(select r.code from accounts_rolegiven g join accounts_role r on r.id = g.role_id where g.agent_id = a.person_id),
  array(select unnest(r.grants) from accounts_rolegiven g join accounts_role r on r.id = g.role_id
        where g.agent_id = a.person_id)
from accounts_agent a where a.person_id = %s
"""


def _agent(person: Person) -> Actor | None:
    """One statement: this is asked at every request of an agent."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENT, [person.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    all_clients, organisations, teams, roles, grants = row
    return Actor(
        side="provider",
        person_id=person.pk,
        organisations=None if all_clients else frozenset(organisations),
        grants=grants_of_roles([grants]),
        team_ids=frozenset(teams),
        roles=frozenset(roles),
        name=person.name,
        language=person.language,
        timezone=person.timezone,
    )
