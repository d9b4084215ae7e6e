"""What changes a person: identity, password, the right to enter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from procrastinate.contrib.django import app as jobs

from vigie.accounts import access
from vigie.accounts.actions.safeguards import administrator_kept
from vigie.accounts.events import PersonRenamed
from vigie.accounts.models import Affiliation, Person
from vigie.accounts.rules import ADMINISTRATION, IDENTITY_FIELDS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.toolkit import journal
from vigie.toolkit.events import announce


def may_identify(actor: Actor, person: Person) -> None:
    """Refuse unless the actor may change who this person *is* and how it enters.

    Whoever sets an e-mail address can take the account: staff is for ``access:manage``, a contact for
    somebody who sees every client that contact works for.
    """
    actor.demand("people:manage")
    if person.side == Person.Side.PROVIDER:
        actor.demand(ADMINISTRATION)
    elif actor.organisations is not None:
        elsewhere = Affiliation.objects.filter(person_id=person.pk).exclude(
            organisation_id__in=sorted(actor.organisations)
        )
        if elsewhere.exists():
            raise NotAllowed("accounts.beyond_own_sight")


@dataclass(frozen=True, slots=True)
class Rights:
    """What the actor may do about one person: change its clients, its identity, its roles."""

    manage: bool
    identify: bool
    administer: bool


def rights_over(actor: Actor, person: Person) -> Rights:
    """The same rules as the actions, asked before a button is shown."""
    try:
        may_identify(actor, person)
        identify = True
    except NotAllowed:
        identify = False
    return Rights(actor.can("people:manage"), identify, actor.can(ADMINISTRATION))


def free_email(email: str | None, *, but: int | None = None) -> str | None:
    """The address as it will be kept, or a refusal when somebody else has it. Empty means no sign-in."""
    wanted = (email or "").strip().lower() or None
    if wanted and Person.objects.filter(email__iexact=wanted).exclude(pk=but or 0).exists():
        raise Refusal("accounts.email_taken", field="email", email=wanted)
    return wanted


@transaction.atomic
def update_person(actor: Actor, person_id: int, changes: Mapping[str, Any], *, now: dt.datetime) -> Person:
    """Change the identity of a person in sight. A new e-mail address ends its open sessions."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    wanted = {name: value for name, value in changes.items() if name in IDENTITY_FIELDS}
    old, name = person.email, person.name
    if "email" in wanted:
        wanted["email"] = free_email(wanted["email"], but=person.pk)
    journal.write(actor, person, wanted, now=now)
    if (person.email, person.name) != (old, name):
        announce(PersonRenamed(person.pk))
    if person.email != old:
        EmailAddress.objects.filter(user_id=person.pk).delete()
        _end(person)
    return person


@transaction.atomic
def disable_person(actor: Actor, person_id: int, *, now: dt.datetime) -> Person:
    """Close the door at once: no sign-in, every open session ended. The last administrator stays."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    with administrator_kept():
        journal.write(actor, person, {"is_active": False}, now=now)
    _end(person)
    return person


@transaction.atomic
def enable_person(actor: Actor, person_id: int, *, now: dt.datetime) -> Person:
    """Open the door again; the password is the one it was."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    return journal.write(actor, person, {"is_active": True}, now=now)


@transaction.atomic
def end_sessions(actor: Actor, person_id: int, *, now: dt.datetime) -> int:
    """End every open session of a person; how many there were."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    count = _end(person)
    if count:
        journal.record(actor, "sessions_ended", person, now=now, after={"sessions": count})
    return count


@transaction.atomic
def set_password(actor: Actor, person_id: int, password: str, *, now: dt.datetime) -> Person:
    """Set a password (checked against the rules, never journalled) and end every open session."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    journal.record(actor, "password_set", person, now=now)
    _end(person)
    return person


@transaction.atomic
def send_password_link(actor: Actor, person_id: int, *, now: dt.datetime) -> Person:
    """Send the person the link by which it chooses its password."""
    person = access.one(actor, person_id)
    may_identify(actor, person)
    if not person.email or not person.is_active:
        raise Refusal("accounts.no_way_in")
    journal.record(actor, "password_link", person, now=now)
    jobs.configure_task("accounts.send_password_link").defer(email=person.email)
    return person


def _end(person: Person) -> int:
    open_now = UserSession.objects.filter(user_id=person.pk)
    keys = list(open_now.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    open_now.delete()
    return len(keys)
