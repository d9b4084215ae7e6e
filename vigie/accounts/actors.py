"""From a signed-in person to the ``Actor`` that everything below takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from vigie.accounts.models import Affiliation, Person
from vigie.accounts.rules import CLIENT_GRANTS, client_scope, grants_of_roles
from vigie.kernel.actor import Actor
from vigie.tenancy.models import Organisation
from vigie.toolkit.written import Written, columns_of, kept, rows_of, stand_in, written

PERSON = stand_in(1)
# All that is read of the client: its row holds a logo, and this is asked at every request of a contact.
CLIENT = {"organisation_id": "id", "organisation__code": "code", "organisation__name": "name"}


def active_affiliations(person_id: int, today: dt.date) -> list[Affiliation]:
    """The person's affiliations in force on ``today``, by client name; of each client its code and name."""
    held = (_affiliation(row) for row in rows_of(_affiliations_statement(), {PERSON: person_id}))
    return [
        one
        for one in held
        if (one.active_from is None or one.active_from <= today)
        and (one.active_until is None or today < one.active_until)
    ]


@kept
def _affiliations_statement() -> Written | None:
    held = Affiliation.objects.filter(person_id=PERSON).exclude(organisation__status="closed")
    own = columns_of(Affiliation)
    return written(held.order_by("organisation__name").values(*own, *(CLIENT.keys() - set(own))))


def _affiliation(row: dict[str, Any]) -> Affiliation:
    client = Organisation.from_db(DEFAULT_DB_ALIAS, CLIENT.values(), [row[name] for name in CLIENT])
    own = {name: value for name, value in row.items() if "__" not in name}
    found = Affiliation.from_db(DEFAULT_DB_ALIAS, own.keys(), own.values())
    found.organisation = client
    return found


def actor_of(person: Person, *, today: dt.date, organisation_id: int | None = None) -> Actor | None:
    """The actor for a person; ``None`` when the person may not act at all (disabled, no affiliation left).

    For a contact of several clients ``organisation_id`` picks the active context; rights never add up.
    """
    if not person.is_active:
        return None
    if person.side == Person.Side.PROVIDER:
        return _agent(person)
    return contact_of(person, active_affiliations(person.pk, today), organisation_id)


def contact_of(
    person: Person, affiliations: Sequence[Affiliation], organisation_id: int | None
) -> Actor | None:
    """:func:`actor_of` for a contact whose :func:`active_affiliations` are read already."""
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
