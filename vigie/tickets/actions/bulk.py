"""The same act on many tickets: row by row, by the same rules, with a report of what was refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions import handling, lifecycle
from vigie.toolkit.refusals import sentence

LIMIT = 200


class Keep(Enum):
    """What is not chosen stays as it is; ``None`` takes it away."""

    KEEP = "keep"


KEEP = Keep.KEEP
Wanted = int | None | Keep


@dataclass(slots=True)
class Report:
    """How many rows changed, and ``(reference, sentence)`` for each that was refused."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def _each(actor: Actor, ticket_ids: Sequence[int], act: Callable[[int], object]) -> Report:
    actor.demand("tickets:work")
    if len(ticket_ids) > LIMIT:
        raise Refusal("tickets.too_many", limit=LIMIT)
    references = dict(access.visible(actor).filter(pk__in=ticket_ids).values_list("pk", "reference"))
    report = Report()
    for ticket_id in dict.fromkeys(ticket_ids):
        try:
            with transaction.atomic():
                act(ticket_id)
            report.done += 1
        except Refusal as refusal:
            report.refused.append((references.get(ticket_id, "?"), sentence(refusal)))
    return report


def assign_many(
    actor: Actor,
    ticket_ids: Sequence[int],
    *,
    team_id: Wanted = KEEP,
    assignee_id: Wanted = KEEP,
    now: dt.datetime,
) -> Report:
    """Give each ticket to a team, a person, or both; ``None`` leaves it with no team, or with nobody."""

    def one(pk: int) -> object:
        held = access.one(actor, pk)
        return handling.assign(
            actor,
            pk,
            team_id=held.team_id if team_id is KEEP else team_id,
            assignee_id=held.assignee_id if assignee_id is KEEP else assignee_id,
            now=now,
        )

    return _each(actor, ticket_ids, one)


def take_many(actor: Actor, ticket_ids: Sequence[int], *, now: dt.datetime) -> Report:
    """Assign each ticket to the actor, in the team that has it."""
    teams = dict(
        access.visible(actor).filter(pk__in=list(ticket_ids)[: LIMIT + 1]).values_list("pk", "team_id")
    )
    me = actor.person_id

    def take(ticket_id: int) -> object:
        return handling.assign(actor, ticket_id, team_id=teams.get(ticket_id), assignee_id=me, now=now)

    return _each(actor, ticket_ids, take)


def step_many(
    actor: Actor, ticket_ids: Sequence[int], verb: str, given: lifecycle.Given, *, now: dt.datetime
) -> Report:
    return _each(actor, ticket_ids, lambda pk: lifecycle.take_step(actor, pk, verb, given, now=now))
