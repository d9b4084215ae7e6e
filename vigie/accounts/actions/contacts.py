"""What a person is at a client: contact roles, place, VIP, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.accounts import access
from vigie.accounts.actions.people import free_email
from vigie.accounts.models import Affiliation, Person
from vigie.accounts.rules import AFFILIATION_FIELDS, IDENTITY_FIELDS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy
from vigie.toolkit import journal


@transaction.atomic
def create_contact(
    actor: Actor,
    organisation_id: int,
    person: Mapping[str, Any],
    affiliation: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> Person:
    """A new person and what it is at one client in sight."""
    actor.demand("people:manage")
    organisation = tenancy.one(actor, organisation_id)
    values = {name: value for name, value in person.items() if name in IDENTITY_FIELDS}
    values["email"] = free_email(values.get("email"))
    new = Person(side=Person.Side.CLIENT, created_at=now, language=organisation.language)
    new.set_unusable_password()
    journal.write(actor, new, values, now=now)
    _affiliate(actor, new, organisation.pk, affiliation, now)
    return new


@transaction.atomic
def add_affiliation(
    actor: Actor, person_id: int, organisation_id: int, changes: Mapping[str, Any], *, now: dt.datetime
) -> Affiliation:
    """Let a contact in sight work for one more client in sight."""
    actor.demand("people:manage")
    person = access.one(actor, person_id)
    organisation = tenancy.one(actor, organisation_id)
    if person.side != Person.Side.CLIENT:
        raise Refusal("accounts.staff_has_no_affiliation")
    if Affiliation.objects.filter(person_id=person.pk, organisation_id=organisation.pk).exists():
        raise Refusal("accounts.already_affiliated", field="organisation", client=organisation.name)
    return _affiliate(actor, person, organisation.pk, changes, now)


@transaction.atomic
def change_affiliation(
    actor: Actor, affiliation_id: int, changes: Mapping[str, Any], *, now: dt.datetime
) -> Affiliation:
    """Change roles, place, dates or VIP status of an affiliation in sight; the journal keeps what it was."""
    actor.demand("people:manage")
    affiliation = access.one_affiliation(actor, affiliation_id, lock=True)
    return journal.write(actor, affiliation, _checked(actor, affiliation.organisation_id, changes), now=now)


@transaction.atomic
def end_affiliation(actor: Actor, affiliation_id: int, *, on: dt.date, now: dt.datetime) -> Affiliation:
    """End an affiliation on a day: from that day on the person sees nothing of that client."""
    actor.demand("people:manage")
    affiliation = access.one_affiliation(actor, affiliation_id, lock=True)
    if affiliation.active_from and on < affiliation.active_from:
        raise Refusal("accounts.ends_before_start", field="active_until")
    return journal.write(actor, affiliation, {"active_until": on}, now=now)


def _affiliate(
    actor: Actor, person: Person, organisation_id: int, changes: Mapping[str, Any], now: dt.datetime
) -> Affiliation:
    new = Affiliation(person=person, organisation_id=organisation_id)
    return journal.write(actor, new, _checked(actor, organisation_id, changes), now=now)


def _checked(actor: Actor, organisation_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The known fields, with a place that belongs to the same client and dates in order."""
    wanted = {name: value for name, value in changes.items() if name in AFFILIATION_FIELDS}
    for name, places in (
        ("site_id", tenancy.visible_sites(actor)),
        ("entity_id", tenancy.visible_entities(actor)),
    ):
        place = wanted.get(name)
        if place and not places.filter(pk=place, organisation_id=organisation_id).exists():
            raise Refusal("accounts.place_of_another_client", field=name.removesuffix("_id"))
    start, end = wanted.get("active_from"), wanted.get("active_until")
    if start and end and end < start:
        raise Refusal("accounts.ends_before_start", field="active_until")
    if "is_vip" in wanted and not wanted["is_vip"]:
        wanted.update(vip_reason="", vip_approver="", vip_until=None)
    elif wanted.get("is_vip"):
        for name in ("vip_reason", "vip_approver", "vip_until"):
            if not wanted.get(name):
                raise Refusal("accounts.vip_incomplete", field=name)
    return wanted
