"""Writes of on-call: rotations, overrides, swaps, and what was called out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from vigie.contracts.rules.instants import epoch, moment
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.kernel.spans import intersection
from vigie.notifications.actions import Message, notify
from vigie.rota import access
from vigie.rota.actions.absences import ordered
from vigie.rota.actions.shifts import agent
from vigie.rota.models import CallOut, Override, Rotation, RotationMember, Swap
from vigie.rota.queries.mine import turns_of
from vigie.rota.queries.plan import away_of
from vigie.toolkit import journal

Span = tuple[dt.datetime, dt.datetime]
LONGEST_OVERRIDE = dt.timedelta(days=93)


@transaction.atomic
def start_rotation(
    actor: Actor, team_id: int, people: Sequence[int], *, starts_on: dt.date, handover_at: dt.time,
    handover_weekday: int = 0, turn_days: int = 7, rank: int = 1, now: dt.datetime,
) -> Rotation:  # fmt: skip
    """From a day on these people are on call in turn; what the rank had before ends there."""
    team = access.led(actor, team_id, lock=True)
    if not people:
        raise Refusal("rota.rotation_of_nobody", field="people")
    if len(set(people)) != len(people):
        raise Refusal("rota.person_twice", field="people")
    for person_id in people:
        agent(person_id, "people")
    others = Rotation.objects.filter(team=team, rank=rank)
    if others.filter(starts_on__gte=starts_on).exists():
        raise Refusal("rota.rotation_later", field="starts_on")
    if others.exists() and starts_on < moment(epoch(now), team.timezone).date():
        raise Refusal("rota.rotation_in_the_past", field="starts_on")
    values = {
        "rank": rank, "starts_on": starts_on, "handover_at": handover_at, "handover_weekday": handover_weekday,
        "turn_days": turn_days, "created_at": now,
    }  # fmt: skip
    row = journal.write(actor, Rotation(team=team), values, now=now)
    RotationMember.objects.bulk_create(
        RotationMember(rotation=row, person_id=person_id, position=n) for n, person_id in enumerate(people)
    )
    journal.record(actor, "members", row, now=now, after={"people": list(people)})
    return row


@transaction.atomic
def end_rotation(actor: Actor, rotation_id: int, ends_on: dt.date, *, now: dt.datetime) -> Rotation:
    """Nobody is on call at this rank from that day's hand-over on."""
    row = access.rotation(actor, rotation_id)
    access.led(actor, row.team_id, lock=True)
    if ends_on < max(row.starts_on, moment(epoch(now), row.team.timezone).date()):
        raise Refusal("rota.rotation_in_the_past", field="ends_on")
    return journal.write(actor, row, {"ends_on": ends_on}, now=now)


@transaction.atomic
def override(
    actor: Actor,
    team_id: int,
    person_id: int,
    span: Span,
    *,
    rank: int = 1,
    reason: str = "",
    now: dt.datetime,
) -> Override:
    """Somebody is on call instead of whoever the rotation says. The latest override wins."""
    team = access.led(actor, team_id, lock=True)
    agent(person_id)
    ordered(*span)
    if span[1] <= now:
        raise Refusal("rota.span_over", field="ends_at")
    if span[1] - span[0] > LONGEST_OVERRIDE:
        raise Refusal("rota.span_too_long", field="ends_at")
    away = away_of([person_id], *span).get(person_id, ())
    if intersection(away, ((epoch(span[0]), epoch(span[1])),)):
        raise Refusal("rota.away_then", field="person")
    values = {
        "rank": rank, "person_id": person_id, "starts_at": span[0], "ends_at": span[1], "reason": reason.strip(),
        "created_at": now,
    }  # fmt: skip
    return journal.write(actor, Override(team=team), values, now=now)


@transaction.atomic
def withdraw_override(actor: Actor, override_id: int, *, now: dt.datetime) -> Override:
    """The rotation holds again from now on: what was carried stays carried."""
    row = access.override(actor, override_id)
    access.led(actor, row.team_id, lock=True)
    if row.withdrawn_at is not None or row.ends_at <= now:
        raise Refusal("rota.span_over")
    if row.starts_at < now:
        return journal.write(actor, row, {"ends_at": now}, now=now)
    return journal.write(actor, row, {"withdrawn_at": now}, now=now)


@transaction.atomic
def ask_swap(
    actor: Actor, team_id: int, other_id: int, span: Span, back: Span | None = None, *, asker_id: int | None = None,
    rank: int = 1, reason: str = "", now: dt.datetime,
) -> Swap:  # fmt: skip
    """Ask somebody to take a span of one's on-call, perhaps for one in return. It counts once accepted."""
    team = access.one(actor, team_id)
    asker = asker_id or actor.me
    if asker != actor.me:
        access.led(actor, team_id)
    if asker == other_id:
        raise Refusal("rota.swap_with_oneself", field="other")
    agent(asker)
    agent(other_id, "other")
    _carried(asker, team_id, rank, span, "starts_at", now)
    if back is not None:
        _carried(other_id, team_id, rank, back, "back_starts_at", now)
    values = {
        "rank": rank, "asker_id": asker, "other_id": other_id, "starts_at": span[0], "ends_at": span[1],
        "back_starts_at": back[0] if back else None, "back_ends_at": back[1] if back else None,
        "reason": reason.strip(), "asked_at": now,
    }  # fmt: skip
    row = journal.write(actor, Swap(team=team), values, now=now)
    _told(actor, "swap_asked", row, {other_id}, now)
    return row


def _carried(person_id: int, team_id: int, rank: int, span: Span, field: str, now: dt.datetime) -> None:
    """Refuse a span that is over, reversed, or in which the person is not on call."""
    ordered(*span, field=field.replace("starts", "ends"))
    if span[1] <= now:
        raise Refusal("rota.span_over", field=field)
    turns = turns_of(person_id, *span)
    if not any(turn.team.pk == team_id and turn.rank == rank for turn in turns):
        raise Refusal("rota.not_on_call_then", field=field)


@transaction.atomic
def answer_swap(actor: Actor, swap_id: int, *, accept: bool, now: dt.datetime) -> Swap:
    """Accepted or refused by the one who was asked, or by the lead."""
    row = access.swap(actor, swap_id)
    if actor.me != row.other_id and not access.leads(actor, row.team_id):
        raise NotAllowed("rota.not_yours_to_answer")
    _waits(row, now)
    state = Swap.State.ACCEPTED if accept else Swap.State.REFUSED
    values = {"state": state, "decided_at": now, "decided_by_id": actor.person_id}
    journal.write(actor, row, values, now=now)
    _told(actor, f"swap_{state}", row, {row.asker_id, row.other_id}, now)
    return row


@transaction.atomic
def withdraw_swap(actor: Actor, swap_id: int, *, now: dt.datetime) -> Swap:
    """Asked no more, while it waits."""
    row = access.swap(actor, swap_id)
    if actor.me != row.asker_id and not access.leads(actor, row.team_id):
        raise NotAllowed("rota.not_yours_to_answer")
    _waits(row, now)
    values = {"state": Swap.State.WITHDRAWN, "decided_at": now, "decided_by_id": actor.person_id}
    return journal.write(actor, row, values, now=now)


def _waits(row: Swap, now: dt.datetime) -> None:
    if row.state != Swap.State.ASKED:
        raise Refusal("rota.swap_decided")
    if row.starts_at <= now:
        raise Refusal("rota.swap_begun")


def _told(actor: Actor, kind: str, row: Swap, recipients: set[int], now: dt.datetime) -> None:
    params = {"by": actor.name, "title": row.reason}
    notify(recipients, Message(kind, None, "rota_mine", 0, params), now=now, by=actor.person_id)


@transaction.atomic
def record_call_out(
    actor: Actor, team_id: int, person_id: int, span: Span, reason: str, *, now: dt.datetime
) -> CallOut:
    """Somebody on call was called and worked then: oneself, or a person whom the actor leads. It is never rewritten."""
    team = access.one(actor, team_id)
    agent(person_id)
    if not access.leads_person(actor, person_id):
        raise NotAllowed("access.not_granted", grant="rota:manage")
    ordered(*span)
    if span[1] > now:
        raise Refusal("rota.not_yet", field="ends_at")
    if span[1] - span[0] > dt.timedelta(days=1):
        raise Refusal("rota.span_too_long", field="ends_at")
    values = {
        "person_id": person_id, "starts_at": span[0], "ends_at": span[1], "reason": reason.strip(),
        "recorded_by_id": actor.person_id, "created_at": now,
    }  # fmt: skip
    return journal.write(actor, CallOut(team=team), values, now=now)
