"""One-click sign-in, which exists only where the setting is on *and* the database is the demonstration and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from vigie.accounts.models import Person
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed
from vigie.tenancy.models import Organisation
from vigie.toolkit.models import JournalEntry

MARKER = "demo_loaded"
SUBJECT = "demo"
INVENTED = r"@([^@]*\.)?(example|test|invalid|localhost)$"


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
    """True once an organisation or a person came after the demonstration: imported, written in by mail, added by a
    command, or by anybody with a real address.

    What is the demonstration's own is never younger than its "now", which its marker holds. What its own people create is
    play as long as it bears no address that could reach somebody (RFC 2606 keeps ``.example`` and a few more for that).
    """
    return ended_by() is not None


def ended_by() -> tuple[str, dt.datetime] | None:
    """The first organisation or person of others: its name and when it came."""
    loaded_at = _loaded_at()
    if loaded_at is None:
        return None
    own = Person.objects.filter(created_at__lte=loaded_at).values("pk")
    played = JournalEntry.objects.filter(verb="created", actor_id__in=own)
    for model, invented in ((Organisation, Q()), (Person, Q(email=None) | Q(email__iregex=INVENTED))):
        theirs = played.filter(subject=model._meta.label_lower).values("subject_id")
        came = model.objects.filter(created_at__gt=loaded_at).exclude(invented, pk__in=theirs)
        if first := came.order_by("created_at", "pk").values_list("name", "created_at").first():
            return first
    return None


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
