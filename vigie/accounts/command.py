"""`vigie user add` and `vigie user password`: what whoever holds the server may always do."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from vigie.accounts.actions import create_agent, give_roles, publish_default_roles, set_password
from vigie.accounts.models import Person, Role
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotFound


@transaction.atomic
def add(*, email: str, name: str, password: str, admin: bool) -> Person:
    """A new agent who sees every client; with ``admin``, an administrator who may also work."""
    now = timezone.now()
    publish_default_roles(SYSTEM, now=now)
    validate_password(password, Person(email=email, name=name))
    person = create_agent(SYSTEM, email=email, name=name, all_clients=True, now=now)
    wanted = ["agent", "administrator"] if admin else ["agent"]
    ids = list(Role.objects.filter(code__in=wanted).values_list("pk", flat=True))
    give_roles(SYSTEM, person.pk, ids, now=now)
    set_password(SYSTEM, person.pk, password, now=now)
    return person


def password(*, email: str, password: str) -> None:
    """A new password for a person who lost the way in; every open session of that person ends."""
    person = Person.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        raise NotFound("accounts.unknown_email", email=email)
    set_password(SYSTEM, person.pk, password, now=timezone.now())
