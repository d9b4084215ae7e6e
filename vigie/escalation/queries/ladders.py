"""Ladders as rows for pages, and the book of those in force as the sweep asks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet

from vigie.contracts.models import CalendarVersion, Commitment, Contract, SupportCommitment
from vigie.contracts.queries.versions import standing_commitments
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import epoch
from vigie.escalation import access
from vigie.escalation.models import Ladder, Step
from vigie.escalation.rules.ladder import (
    BEHIND,
    Case,
    Owner,
    Point,
    Rung,
    Scope,
    chain,
    choose,
    may_follow,
    rank,
)
from vigie.kernel.actor import Actor
from vigie.tickets.models import Clock, SupportClock, Ticket
from vigie.toolkit.written import Written, columns_of, kept, models_of, stand_in, written


@dataclass(frozen=True, slots=True)
class Climbed:
    """A ladder with those it continues with: its steps, lowest first, as rows and as the rules read them."""

    ladder_id: int
    steps: tuple[Step, ...]
    rungs: tuple[Rung, ...]

    def step(self, key: int) -> Step:
        return next(step for step in self.steps if step.pk == key)

    def place(self, key: int) -> int:
        """The step's number on the whole ladder, from 1."""
        return next(n for n, step in enumerate(self.steps, 1) if step.pk == key)


@dataclass(frozen=True, slots=True)
class Book:
    """The ladders in force, read once for many clocks."""

    scopes: tuple[Scope, ...]
    ladders: Mapping[int, Climbed]

    def ladder_of(self, ticket: Ticket, kind: str) -> Climbed | None:
        """The most specific ladder for a clock of the ticket; ``None`` where none applies."""
        case = Case(ticket.organisation_id, ticket.contract_id, kind, ticket.priority, ticket.is_vip)
        found = choose(self.scopes, case)
        return None if found is None else self.ladders[found.key]

    def tells_of(self, *whose: str) -> bool:
        """Is there a ladder for such promises?"""
        return any(scope.whose in whose for scope in self.scopes)


def owner_of(ladder: Ladder) -> Owner:
    return (ladder.organisation_id, ladder.contract_id)


def followers(actor: Actor, ladder: Ladder | None) -> QuerySet[Ladder]:
    """Ladders in sight that may come after this one, with the one that does; all of them where its owner is yet to be chosen."""
    rows = access.visible(actor)
    if ladder is None:
        return rows
    following = dict(Ladder.objects.values_list("pk", "continues_with_id"))
    before = [pk for pk in following if ladder.pk in chain(pk, following)]
    fitting = [row.pk for row in rows.exclude(pk__in=before) if may_follow(owner_of(ladder), owner_of(row))]
    return rows.filter(Q(pk__in=fitting) | Q(pk=ladder.continues_with_id))


def book(at: dt.datetime) -> Book:
    """Ladders in force that have a step. Three statements."""
    rows = list(Ladder.objects.order_by("pk"))
    following = {row.pk: row.continues_with_id for row in rows}
    since = {row.pk: epoch(row.since) for row in rows}
    steps = list(
        Step.objects.filter(is_removed=False).select_related("team", "role").order_by("ladder_id", "position")
    )
    rungs = rungs_of(steps, at)
    own: dict[int, list[int]] = {}
    for place, step in enumerate(steps):
        own.setdefault(step.ladder_id, []).append(place)
    found, scopes = {}, []
    for ladder in rows:
        climbed = chain(ladder.pk, following) if ladder.is_active else []
        places = [place for one in climbed for place in own.get(one, ())]
        if places:
            scopes.append(scope_of(ladder))
            told = _linked(climbed, own, rungs, since)
            found[ladder.pk] = Climbed(ladder.pk, tuple(steps[n] for n in places), told)
    return Book(tuple(scopes), found)


def _linked(
    climbed: Sequence[int], own: Mapping[int, Sequence[int]], rungs: Sequence[Rung], since: Mapping[int, int]
) -> tuple[Rung, ...]:
    """The steps of ladders that follow each other: none is older than the links that lead to it."""
    found: list[Rung] = []
    linked = 0
    for one in climbed:
        linked = max(linked, since[one])
        found += [replace(rungs[n], since=max(rungs[n].since, linked)) for n in own.get(one, ())]
    return tuple(found)


def scope_of(ladder: Ladder) -> Scope:
    return Scope(
        ladder.pk or 0,
        ladder.organisation_id,
        ladder.contract_id,
        ladder.kind,
        frozenset(ladder.priorities),
        ladder.vip_only,
        ladder.whose,
    )


def rungs_of(steps: Sequence[Step], at: dt.datetime) -> list[Rung]:
    """Steps as the rules read them; their calendars as in force on that day."""
    calendars = _calendars({step.calendar_id for step in steps if step.calendar_id}, at)
    return [
        Rung(
            step.pk or 0, Point(step.unit, step.value, calendars.get(step.calendar_id or 0)), step.acknowledge_within,
            epoch(step.since), taker_of(step),
        )
        for step in steps
    ]  # fmt: skip


def taker_of(step: Step) -> str:
    """Who takes the ticket over at a functional step, as a word to compare; '' at the others."""
    if step.mode != Step.Mode.FUNCTIONAL:
        return ""
    return f"person:{step.person_id}" if step.audience == Step.Audience.PERSON else f"team:{step.team_id}"


def _calendars(ids: Iterable[int], at: dt.datetime) -> dict[int, Calendar]:
    """The hours in force on that day; before the first of them, the first."""
    found: dict[int, CalendarVersion] = {}
    if ids:
        for row in CalendarVersion.objects.filter(calendar_id__in=list(ids)).order_by("effective_on"):
            if row.effective_on <= at.date() or row.calendar_id not in found:
                found[row.calendar_id] = row
    return {pk: Calendar.from_json(row.definition) for pk, row in found.items()}


def covers(ticket: Ticket, clock: Clock | SupportClock, now: dt.datetime) -> bool:
    """Does a ladder tell of this clock? Then the clock's own warnings are left to it."""
    return book(now).ladder_of(ticket, clock.kind) is not None


# -- pages -----------------------------------------------------------------------------------------------------------

MOST_LADDERS = 300


def ladders(actor: Actor) -> list[Ladder]:
    """Those in sight, common ones first, then by client and contract, with ``count`` of steps."""
    actor.demand("escalation:view")
    live = Count("steps", filter=Q(steps__is_removed=False))
    rows = (
        access.visible(actor)
        .annotate(count=live)
        .select_related("organisation", "contract", "continues_with")
    )
    common_first = ("organisation__name", "contract__reference", "name_fr", "pk")
    found = list(rows.order_by(*common_first)[:MOST_LADDERS])
    return sorted(found, key=lambda row: (row.organisation_id is not None, row.contract_id is not None))


def ladders_for(actor: Actor, contract: Contract) -> list[Ladder]:
    """The ladders that tickets of a contract may climb, the most specific first."""
    given = {CONTRACT: contract.pk, CLIENT: contract.organisation_id}
    rows = models_of(Ladder, _of_contract(actor), given)
    for row in rows:
        row.contract = contract if row.contract_id else None
        row.organisation = contract.organisation if row.organisation_id else None
    return sorted(rows, key=lambda row: rank(scope_of(row)), reverse=True)


CONTRACT, CLIENT = stand_in(1), stand_in(2)


@kept
def _of_contract(actor: Actor) -> Written | None:
    own = Q(contract_id=CONTRACT) | Q(contract=None, organisation_id=CLIENT) | Q(organisation=None)
    rows = access.visible(actor).filter(own, is_active=True).order_by("pk")
    return written(rows.values(*columns_of(Ladder)))


def steps_of(ladder: Ladder) -> list[Step]:
    """The ladder's own steps, lowest first."""
    rows = Step.objects.filter(ladder=ladder, is_removed=False)
    return list(rows.select_related("team", "person", "role", "calendar").order_by("position"))


def targets_of(ladder: Ladder, today: dt.date) -> list[int]:
    """Seconds that clocks of the ladder's scope are promised in hours; empty where it is common to the clients: its contracts
    are not yet known. What teams and suppliers promise is the same whoever the client."""
    if ladder.whose == Ladder.Whose.CLIENT and ladder.organisation_id is None:
        return []
    rows: QuerySet[Commitment] | QuerySet[SupportCommitment] = (
        commitments_of(ladder, today) if ladder.whose == Ladder.Whose.CLIENT else _behind(ladder, today)
    )
    values = rows.exclude(target_seconds=None)
    return sorted({seconds for seconds in values.values_list("target_seconds", flat=True) if seconds})


def _behind(ladder: Ladder, today: dt.date) -> QuerySet[SupportCommitment]:
    """What teams or suppliers promise on that day, as far as the ladder tells of it."""
    kinds = [kind for kind, whose in BEHIND.items() if whose == ladder.whose and ladder.kind in ("", kind)]
    rows = SupportCommitment.objects.filter(kind__in=kinds, valid_from__lte=today)
    rows = rows.filter(Q(valid_until=None) | Q(valid_until__gt=today))
    if ladder.priorities:
        rows = rows.filter(Q(priority__in=ladder.priorities) | Q(priority=None))
    return rows


def commitments_of(ladder: Ladder, today: dt.date) -> QuerySet[Commitment]:
    """The promises of a client's ladder in force."""
    rows = standing_commitments(today).filter(organisation_id=ladder.organisation_id or 0)
    if ladder.contract_id:
        rows = rows.filter(version__contract_id=ladder.contract_id)
    if ladder.kind:
        rows = rows.filter(kind=ladder.kind)
    if ladder.priorities:
        rows = rows.filter(Q(priority__in=ladder.priorities) | Q(priority=None))
    return rows
