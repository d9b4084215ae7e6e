"""Putting recorded instants and waits right: who, why, before and after; the verdict that was is kept beside the new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from vigie.accounts.queries import holders
from vigie.contracts.queries import terms_of
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.notifications.actions import Message, notify
from vigie.tickets import access
from vigie.tickets.actions.effect import effect_of
from vigie.tickets.actions.ledger import NewFact, change, load_rows
from vigie.tickets.models import AskedCorrection, Clock, Ticket
from vigie.tickets.questions import is_settled
from vigie.tickets.rules import corrections, facts
from vigie.tickets.rules.corrections import Correction, Point, Row
from vigie.toolkit import journal as journal_of_changes
from vigie.workflow.labels import PENDING_REASONS

LATE_GRANT = "tickets:correct_late"
DAYS = 1
"""Business days within which a correction is in time (R: at most one business day later)."""


@transaction.atomic
def correct(
    actor: Actor, ticket_id: int, asked: Correction, why: str, *, now: dt.datetime
) -> AskedCorrection | Ticket:
    """Journal the correction and read the clocks again; a wait may only have a reason that the machine knows.

    Later than one business day after what it corrects, or once a month was frozen with it, it is asked only: somebody
    else decides (:func:`decide`) on what is returned.
    """
    actor.demand("tickets:correct")
    ticket = access.one(actor, ticket_id, lock=True)
    if not why.strip():
        raise Refusal("tickets.correction_needs_why", field="why")
    if asked.reason and asked.reason not in PENDING_REASONS:
        raise Refusal("tickets.correction_needs_cause", field="reason")
    rows = load_rows(ticket.pk)
    corrections.check(rows, asked, now)
    point = corrections.point_of(rows, asked)
    if not in_time(_live(ticket), _done_at(asked, point), now) or is_settled(ticket.pk):
        return _keep(actor, ticket, asked, point, why, now)
    _make(actor, ticket, asked, {"why": why.strip()}, rows, now)
    return ticket


def _live(ticket: Ticket) -> list[Clock]:
    return list(Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED).order_by("pk"))


def _make(
    actor: Actor,
    ticket: Ticket,
    asked: Correction,
    words: dict[str, str],
    rows: Sequence[Row],
    now: dt.datetime,
) -> None:
    """Journal the correction, with its ``words``, and every clock before and after: those behind in a fact of their own."""
    point, said = corrections.point_of(rows, asked), said_of(asked)
    found = effect_of(ticket, said, now)
    told = [
        NewFact(
            facts.CORRECTED,
            {**said, **words, "clocks": found.after},
            {**_before(point), "clocks": found.before},
        )
    ]
    if found.moves_behind:
        told.append(
            NewFact(facts.BEHIND_CORRECTED, {"clocks": found.behind_after}, {"clocks": found.behind_before})
        )
    change(actor, ticket, _columns(ticket, asked, point), told, now=now)


def _keep(
    actor: Actor, ticket: Ticket, asked: Correction, point: Point | None, why: str, now: dt.datetime
) -> AskedCorrection:
    """Keep it as asked, one at a time, and tell those who may decide."""
    if AskedCorrection.objects.filter(ticket=ticket, state=AskedCorrection.State.ASKED).exists():
        raise Refusal("tickets.correction_already_asked")
    row = AskedCorrection(organisation_id=ticket.organisation_id, ticket=ticket)
    values = {
        "said": said_of(asked), "before": _before(point), "why": why.strip(), "asked_by_id": actor.person_id, "asked_at": now,
    }  # fmt: skip
    saved = journal_of_changes.write(actor, row, values, now=now)
    _tell(actor, "correction_asked", saved, set(holders(LATE_GRANT, ticket.organisation_id)), now)
    return saved


@transaction.atomic
def decide(actor: Actor, asked_id: int, *, accepted: bool, grounds: str, now: dt.datetime) -> AskedCorrection:
    """Accept (the correction is made) or refuse, with grounds, what somebody else asked."""
    actor.demand(LATE_GRANT)
    row = access.one_asked_correction(actor, asked_id)
    ticket = access.one(actor, row.ticket_id, lock=True)
    row.refresh_from_db(fields=["state"])
    if row.state != AskedCorrection.State.ASKED:
        raise Refusal("tickets.correction_decided")
    if row.asked_by_id == actor.person_id:
        raise Refusal("tickets.correction_own")
    if not grounds.strip():
        raise Refusal("tickets.correction_no_grounds", field="decision")
    state = AskedCorrection.State.ACCEPTED if accepted else AskedCorrection.State.REFUSED
    values = {
        "state": state,
        "decided_by_id": actor.person_id,
        "decided_at": now,
        "decision": grounds.strip(),
    }
    saved = journal_of_changes.write(actor, row, values, now=now)
    if accepted:
        asked, rows = asked_in(row.said), load_rows(ticket.pk)
        corrections.check(rows, asked, now)
        words = {
            "why": row.why, "asked_by": row.asked_by.name, "asked_at": row.asked_at.isoformat(), "grounds": grounds.strip(),
        }  # fmt: skip
        _make(actor, ticket, asked, words, rows, now)
    kind = "correction_accepted" if accepted else "correction_refused"
    _tell(actor, kind, saved, {saved.asked_by_id}, now)
    return saved


def _tell(actor: Actor, kind: str, row: AskedCorrection, people: set[int], now: dt.datetime) -> None:
    title = "" if row.ticket.is_confidential else row.ticket.title
    params = {"reference": row.ticket.reference, "title": title, "by": actor.name}
    message = Message(kind, row.organisation_id, "correction", row.pk, params)
    notify(people, message, now=now, by=actor.person_id)


def _done_at(asked: Correction, point: Point | None) -> dt.datetime:
    """When what is corrected was over."""
    found = [at for at in (asked.until or asked.at, point.at if point else None) if at is not None]
    return max(found)


def in_time(live: Sequence[Clock], at: dt.datetime, now: dt.datetime) -> bool:
    """Up to the end of the next business day, in the hours of the ticket's promises; without any, always."""
    if not live:
        return True
    hours = openings(terms_of(live[-1].terms_id).calendar)
    return epoch(now) <= hours.business_days_eod(epoch(at), DAYS)


def said_of(asked: Correction) -> dict[str, Any]:
    """The correction as it is journalled."""
    values = {
        "of": asked.of or None,
        "part": asked.part or None,
        "at": asked.at,
        "until": asked.until,
        "reason": asked.reason or None,
    }
    told = {
        name: v.isoformat() if isinstance(v, dt.datetime) else v
        for name, v in values.items()
        if v is not None
    }
    return {"what": asked.what, **told}


def asked_in(said: Mapping[str, Any]) -> Correction:
    """What :func:`said_of` wrote, read back."""
    at, until = (
        dt.datetime.fromisoformat(said[name]) if said.get(name) else None for name in ("at", "until")
    )
    return Correction(
        said["what"], int(said.get("of", 0)), at, until, str(said.get("reason", "")), int(said.get("part", 0))
    )


def _before(point: Point | None) -> dict[str, Any]:
    if point is None:
        return {}
    reason = {"reason": point.reason} if point.reason else {}
    return {"role": point.role, "at": point.at.isoformat(), **reason}


def _columns(ticket: Ticket, asked: Correction, point: Point | None) -> dict[str, Any]:
    """The ticket's own copies of what was corrected."""
    if asked.what == corrections.ANSWERED:
        return {"first_response_at": asked.at}
    if asked.what != corrections.MOVED or point is None:
        return {}
    if point.role == "answer":
        return {"first_response_at": asked.at}
    if point.role != "solved":
        return {}
    columns = ("resolved_at", "first_resolved_at", "restored_at")
    return {name: asked.at for name in columns if getattr(ticket, name) == point.at}
