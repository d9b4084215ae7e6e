"""Leaving a clock, an outage or a delivery out: asked by one person with evidence, decided by the client or by another, never silently."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from vigie.compliance import access
from vigie.compliance.actions import telling
from vigie.compliance.models import Delivery, Exclusion, Outage
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy.walls import past_the_wall
from vigie.tickets import access as tickets_access
from vigie.tickets.models import Attachment, Clock
from vigie.toolkit import journal


@dataclass(frozen=True, slots=True)
class Plea:
    """What is asked: a category, a reason, and evidence in words or as a file of the ticket (its id)."""

    kind: str
    reason: str
    evidence: str = ""
    attachment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked to be left out: a missed clock, an outage or a late delivery."""

    organisation_id: int
    clock: Clock | None = None
    outage: Outage | None = None
    delivery: Delivery | None = None

    @property
    def columns(self) -> dict[str, Any]:
        ticket = self.clock.ticket if self.clock else None
        return {"ticket": ticket, "clock": self.clock, "outage": self.outage, "delivery": self.delivery}


def clock_to_exclude(actor: Actor, clock_id: int) -> Clock:
    """A clock of a ticket in sight, or :class:`NotFound`."""
    actor.demand("compliance:propose")
    tickets = tickets_access.visible(actor).values("pk")
    clock = Clock.objects.select_related("ticket").filter(pk=clock_id, ticket__in=tickets).first()
    if clock is None:
        raise NotFound()
    return clock


def record_to_exclude(actor: Actor, nature: str, record_id: int) -> Subject:
    """An outage or a delivery in sight, or :class:`NotFound`."""
    actor.demand("compliance:propose")
    if nature == "outage":
        outage = access.one_of(access.visible_outages(actor).filter(cancelled_for=""), record_id)
        return Subject(outage.organisation_id, outage=outage)
    delivery = access.one_of(access.visible_deliveries(actor).filter(cancelled_for=""), record_id)
    return Subject(delivery.organisation_id, delivery=delivery)


def ask(actor: Actor, clock_id: int, plea: Plea, *, now: dt.datetime) -> Exclusion:
    """Ask that a missed clock be left out; those who may decide are told."""
    clock = clock_to_exclude(actor, clock_id)
    if clock.breached_at is None and clock.state != Clock.State.MISSED:
        raise Refusal("compliance.not_missed")
    return ask_about(actor, Subject(clock.organisation_id, clock=clock), plea, now=now)


@transaction.atomic
def ask_about(actor: Actor, subject: Subject, plea: Plea, *, now: dt.datetime) -> Exclusion:
    """Ask that it be left out, once at a time."""
    actor.demand("compliance:propose")
    thing = subject.clock or subject.outage or subject.delivery
    assert thing is not None
    type(thing)._default_manager.select_for_update().get(pk=thing.pk)
    live = Exclusion.objects.filter(**subject.columns).exclude(state=Exclusion.State.REFUSED)
    if live.exists():
        raise Refusal("compliance.already_asked")
    attachment = _evidence(subject.clock, plea)
    row = Exclusion(organisation_id=subject.organisation_id, **subject.columns)
    values = {
        "kind": plea.kind, "reason": plea.reason, "evidence": plea.evidence, "attachment": attachment,
        "asked_by_id": actor.person_id, "asked_at": now,
    }  # fmt: skip
    saved = journal.write(actor, row, values, now=now)
    people = telling.deciders(saved.organisation_id)
    if subject.clock is None or not subject.clock.ticket.is_confidential:
        people |= telling.client_managers(saved.organisation_id, now.date())
    telling.exclusion_told(actor, "exclusion_asked", saved, people, now=now)
    return saved


def _evidence(clock: Clock | None, plea: Plea) -> Attachment | None:
    if plea.attachment_id is None or clock is None:
        if not plea.evidence.strip():
            raise Refusal("compliance.no_evidence", field="evidence")
        return None
    found = Attachment.objects.filter(pk=plea.attachment_id, ticket_id=clock.ticket_id).first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def decide(actor: Actor, exclusion_id: int, *, approved: bool, grounds: str, now: dt.datetime) -> Exclusion:
    """Agree or refuse, with grounds. Whoever asked cannot decide; what was decided stays."""
    actor.demand("compliance:approve")
    row = access.one_exclusion(actor, exclusion_id)
    Exclusion.objects.select_for_update().get(pk=row.pk)
    row.refresh_from_db(fields=["state"])
    if row.state != Exclusion.State.ASKED:
        raise Refusal("compliance.already_decided")
    if row.asked_by_id == actor.person_id:
        raise Refusal("compliance.own_exclusion")
    if not grounds.strip():
        raise Refusal("compliance.no_grounds", field="decision")
    state = Exclusion.State.APPROVED if approved else Exclusion.State.REFUSED
    values = {"state": state, "decided_by_id": actor.person_id, "decided_at": now, "decision": grounds}
    saved = journal.write(actor, row, values, now=now)
    kind = "exclusion_approved" if approved else "exclusion_refused"
    telling.exclusion_told(actor, kind, saved, {saved.asked_by_id}, now=now)
    return saved


@transaction.atomic
def answer(actor: Actor, exclusion_id: int, *, agreed: bool, grounds: str, now: dt.datetime) -> str:
    """What the client's own manager decides, once; a refusal says why. Silence decides nothing. Returns the new state."""
    found = access.exclusion_to_answer(actor, exclusion_id)
    if actor.person_id is None:
        raise NotFound()
    state = found.select_for_update().values_list("state", flat=True).get()
    if state != Exclusion.State.ASKED:
        raise Refusal("compliance.already_decided")
    if not agreed and not grounds.strip():
        raise Refusal("compliance.refused_without_grounds", field="decision")
    verdict = Exclusion.State.APPROVED if agreed else Exclusion.State.REFUSED
    values = {
        "state": verdict, "decided_by_id": actor.person_id, "decided_at": now, "decision": grounds.strip(),
    }  # fmt: skip
    found.update(**values)
    with past_the_wall("journal"):
        row = Exclusion.objects.select_related("ticket", "outage", "delivery").get(pk=exclusion_id)
        names = tuple(values)
        journal.record(
            actor, "changed", row, now=now,
            before={"state": state, "decided_by_id": None, "decided_at": None, "decision": ""}, after=journal.snapshot(row, names),
        )  # fmt: skip
    with past_the_wall("notify"):  # who is told is the provider's
        people = {row.asked_by_id, *telling.deciders(row.organisation_id)}
    kind = "exclusion_approved" if agreed else "exclusion_refused"
    telling.exclusion_told(actor, kind, row, people, now=now)
    return str(verdict)
