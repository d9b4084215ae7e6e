"""One-click sign-in, which exists only where the setting is on *and* the database is the demonstration and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from vigie.accounts.models import Person
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed
from vigie.tenancy.models import Organisation
from vigie.toolkit.models import JournalEntry

MARKER = "demo_loaded"
SUBJECT = "demo"


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody of the demonstration whom a visitor may be. The texts are bilingual data, as the rest of it."""

    email: str
    name: str
    label_fr: str
    label_en: str
    can_fr: str
    can_en: str
    role: str

    @property
    def label(self) -> str:
        return f"{self.name}, {self.label_en}"


_offered: list[Persona] = []


def offer(personas: Iterable[Persona]) -> None:
    """Tell who may be offered on the sign-in page (filled by the demonstration, a layer above)."""
    _offered[:] = list(personas)


def mark_loaded(actor: Actor, *, now: dt.datetime) -> None:
    """Say in the journal, for ever, that this database holds the demonstration data."""
    JournalEntry.objects.create(
        at=now, actor_id=actor.person_id, actor_name=actor.name, subject=SUBJECT, subject_id=0, verb=MARKER
    )


def is_loaded() -> bool:
    """Does this database hold the demonstration, alone or not?"""
    return _loaded_at() is not None


def holds_other_data() -> bool:
    """True once an organisation or a person came after the demonstration: created, imported or written in by mail.

    What is the demonstration's own is never younger than its "now", which its marker holds.
    """
    loaded_at = _loaded_at()
    return loaded_at is not None and any(
        model.objects.filter(created_at__gt=loaded_at).exists() for model in (Organisation, Person)
    )


def is_demo() -> bool:
    """True where one-click sign-in may exist at all."""
    return bool(settings.DEMO) and is_loaded() and not holds_other_data()


def _loaded_at() -> dt.datetime | None:
    marker = JournalEntry.objects.filter(subject=SUBJECT, subject_id=0, verb=MARKER)
    return marker.order_by("id").values_list("at", flat=True).first()


def personas() -> list[Persona]:
    """Who is offered here and now: nobody outside the demonstration."""
    return list(_offered) if is_demo() else []


def person_for(email: str) -> Person:
    """The person behind an offered persona. Refused (``accounts.demo_only``) for anybody else, anywhere else."""
    if not is_demo() or email not in {persona.email for persona in _offered}:
        raise NotAllowed("accounts.demo_only")
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise NotAllowed("accounts.demo_only")
    return person
