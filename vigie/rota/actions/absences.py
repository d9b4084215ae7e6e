"""Writes of absences. One that falls on shifts or on-call is kept, and what it leaves open is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from vigie.accounts.models import Person
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.rota import access, labels
from vigie.rota.actions.shifts import agent
from vigie.rota.models import Absence
from vigie.rota.queries.mine import Turn, turns_of
from vigie.toolkit import journal
from vigie.toolkit.jinja import when

LONGEST = dt.timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The absence, and the on-call turns of that person that it leaves open until somebody covers them."""

    absence: Absence
    open_turns: tuple[Turn, ...]


@transaction.atomic
def record_absence(
    actor: Actor, person_id: int, kind: str, starts_at: dt.datetime, ends_at: dt.datetime, note: str = "", *,
    now: dt.datetime,
) -> Recorded:  # fmt: skip
    """Somebody will be (or was) away: oneself, or a person whom the actor leads. Refused where an absence of that person is
    recorded for some of that time."""
    agent(person_id)
    if not access.leads_person(actor, person_id):
        raise NotAllowed("access.not_granted", grant="rota:manage")
    ordered(starts_at, ends_at)
    if ends_at - starts_at > LONGEST:
        raise Refusal("rota.absence_too_long", field="ends_at")
    _check_alone(person_id, starts_at, ends_at)
    hit = tuple(turns_of(person_id, max(starts_at, now), ends_at)) if ends_at > now else ()
    values = {
        "person_id": person_id, "kind": kind, "starts_at": starts_at, "ends_at": ends_at, "note": note.strip(),
        "recorded_by_id": actor.person_id, "created_at": now,
    }  # fmt: skip
    return Recorded(journal.write(actor, Absence(), values, now=now), hit)


def _check_alone(person_id: int, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    Person.objects.select_for_update().get(pk=person_id)  # two at once cannot overlap
    others = Absence.objects.filter(
        person_id=person_id, withdrawn_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    other = others.order_by("starts_at").first()
    if other is not None:
        kind = labels.ABSENCE_KINDS[other.kind]
        raise Refusal(
            "rota.absences_overlap",
            field="starts_at",
            kind=kind,
            start=when(other.starts_at),
            end=when(other.ends_at),
        )


@transaction.atomic
def withdraw_absence(actor: Actor, absence_id: int, *, now: dt.datetime) -> Absence:
    """It does not take place after all."""
    return journal.write(actor, access.absence(actor, absence_id), {"withdrawn_at": now}, now=now)


def ordered(starts_at: dt.datetime, ends_at: dt.datetime, field: str = "ends_at") -> None:
    """Refuse an end that does not come after its start."""
    if ends_at <= starts_at:
        raise Refusal("rota.ends_before_start", field=field)
