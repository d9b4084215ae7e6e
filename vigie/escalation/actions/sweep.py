"""What time brings to ladders. Level-triggered: it looks at what a clock has behind it and did not fire, never at a tick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F, Q, QuerySet

from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.reading import Reading
from vigie.escalation.actions import telling
from vigie.escalation.models import Escalation, Recipient, Watch
from vigie.escalation.queries.ladders import Book, Climbed, book
from vigie.escalation.queries.people import recipients
from vigie.escalation.rules.climb import Climb, Firing, Mark, climb, deadline
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import handling
from vigie.tickets.actions.ledger import NewFact, change, load_rows, moment, reading_of
from vigie.tickets.models import Clock, Ticket

BATCH, MOST = 200, 10_000
LIVE_TICKET = Q(ticket__phase__in=["active", "waiting"])
LIVE = (Clock.State.RUNNING, Clock.State.PAUSED)
State = Escalation.State


def fire_due_steps(now: dt.datetime, *, batch: int = BATCH, most: int = MOST) -> int:
    """Fire every step that is behind ``now``; the number of clocks looked at. What is beyond ``most`` waits for the next run."""
    known = book(now)
    total = 0
    for due in (_changed(), _over(), _waiting_for(now)) if known.ladders else (_over(),):
        last = 0
        while total < most:
            rows = list(due.filter(pk__gt=last).order_by("pk").values_list("pk", "ticket_id")[:batch])
            for clock_id, ticket_id in rows:
                _look_at(clock_id, ticket_id, known, now)
                last = clock_id
            total += len(rows)
            if len(rows) < batch:
                break
    return total


def _changed() -> QuerySet[Clock]:
    """Live clocks whose ticket changed since they were looked at."""
    seen = Q(escalation_watch__version=F("ticket__version"))
    return Clock.objects.filter(~seen | Q(escalation_watch=None), LIVE_TICKET, state__in=LIVE)


def _over() -> QuerySet[Clock]:
    """Stopped clocks on which somebody's answer is still awaited."""
    waiting = Escalation.objects.filter(state=State.WAITING).values("clock_id")
    return Clock.objects.filter(pk__in=waiting).exclude(state__in=LIVE)


def _waiting_for(now: dt.datetime) -> QuerySet[Clock]:
    return Clock.objects.filter(escalation_watch__next_at__lte=now)


@transaction.atomic
def _look_at(clock_id: int, ticket_id: int, known: Book, now: dt.datetime) -> None:
    """The ticket's lock comes first, as in every action."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    clock = Clock.objects.filter(pk=clock_id).first()
    if (
        clock is None or clock.started_at > now
    ):  # a server whose clock was put back reads no clock before its start
        return
    before = ticket.version
    ladder = known.ladder_of(ticket, clock.kind) if clock.state in LIVE else None
    _let_go(clock, ladder)
    next_at = None if ladder is None else _climb(ticket, clock, ladder, now)
    if (
        ticket.version != before
    ):  # what fired here moved no clock: those looked at already need no second look
        Watch.objects.filter(clock__ticket_id=ticket_id, version=before).update(version=ticket.version)
    seen = Watch(clock=clock, version=ticket.version, next_at=moment(next_at))
    Watch.objects.bulk_create(
        [seen], update_conflicts=True, unique_fields=["clock"], update_fields=["version", "next_at"]
    )


def _let_go(clock: Clock, ladder: Climbed | None) -> None:
    """What waits for an answer on a clock that stopped, or that climbs another ladder now, waits no more."""
    waiting = Escalation.objects.filter(clock=clock, state=State.WAITING)
    if ladder is not None:
        waiting = waiting.exclude(step_id__in=[step.pk for step in ladder.steps])
    waiting.update(state=State.OVER)


def _climb(ticket: Ticket, clock: Clock, ladder: Climbed, now: dt.datetime) -> int | None:
    """Fire what is due; when to look again (epoch seconds)."""
    reading = reading_of(clock, load_rows(ticket.pk), now)
    found = climb(ladder.rungs, reading, _marks(clock), epoch(now))
    if found.unanswered:
        late = Escalation.objects.filter(clock=clock, step_id__in=found.unanswered, state=State.WAITING)
        late.update(state=State.CLIMBED)
    if not found.firings:
        return found.next_at
    rows = [_row(ticket, clock, ladder, one, reading, now) for one in found.firings]
    _tell(ticket, clock, ladder, rows, found, now)
    # what was told now may have to be answered, and with nobody to tell the next step is due at once
    again = climb(ladder.rungs, reading, _marks(clock), epoch(now))
    return epoch(now) if again.firings else again.next_at


def _marks(clock: Clock) -> list[Mark]:
    rows = Escalation.objects.filter(clock=clock).values_list("step_id", "told_at", "state")
    return [
        Mark(key, epoch(told_at), state == State.WAITING, state == State.NOBODY)
        for key, told_at, state in rows
    ]


def _row(
    ticket: Ticket, clock: Clock, ladder: Climbed, firing: Firing, reading: Reading, now: dt.datetime
) -> Escalation:
    """The escalation as it will be kept (not saved)."""
    step = ladder.step(firing.key)
    rung = next(one for one in ladder.rungs if one.key == firing.key)
    until = moment(deadline(rung, epoch(now), reading)) if firing.told else None
    state = State.PASSED if not firing.told else State.TOLD if rung.acknowledge is None else State.WAITING
    return Escalation(
        organisation_id=ticket.organisation_id, ticket=ticket, clock=clock, step=step, position=ladder.place(step.pk),
        at=dt.datetime.fromtimestamp(firing.at, dt.UTC), told_at=now, by_climb=firing.by_climb, state=state,
        acknowledge_by=until,
    )  # fmt: skip


def _tell(
    ticket: Ticket, clock: Clock, ladder: Climbed, rows: Sequence[Escalation], found: Climb, now: dt.datetime
) -> None:
    """Keep the rows, journal those that are not quiet, hand the ticket over where the step says so, tell people."""
    quiet = {one.key for one in found.firings if one.kept_quiet}
    new_facts: list[NewFact] = []
    changes: dict[str, object] = {}
    for row in rows:
        told = row.state != State.PASSED
        people = recipients(row.step, ticket, now) if told else []
        if told and not people:
            row.state, row.acknowledge_by = State.NOBODY, None
        row.save()
        Recipient.objects.bulk_create(Recipient(escalation=row, person_id=pk) for pk in people)
        if row.step_id not in quiet:
            new_facts.append(telling.fact_of(row, clock, people))
        if people and row.step.mode == row.step.Mode.FUNCTIONAL:
            changes, handed = _hand_over(ticket, row, people)
            new_facts += handed
    if new_facts:
        change(SYSTEM, ticket, changes, new_facts, now=now, is_public=False, moves_clock=bool(changes))
    for row in rows:
        if row.state in (State.TOLD, State.WAITING):
            telling.tell(ticket, clock, row, len(ladder.steps), now=now)


def _hand_over(
    ticket: Ticket, row: Escalation, people: Sequence[int]
) -> tuple[dict[str, object], Iterable[NewFact]]:
    """The columns and facts of handing the ticket to whoever the step names; nothing where it is there already."""
    step = row.step
    whole_team = step.audience in (step.Audience.TEAM, step.Audience.LEADS)
    team = step.team or ticket.team
    assignee = None if whole_team else people[0]
    if (ticket.team_id, ticket.assignee_id) == (team.pk if team else None, assignee):
        return {}, []
    if whole_team and ticket.team_id == (team.pk if team else None):
        return {}, []  # a team that has it keeps whoever works on it
    return handling.assigned(ticket, team, assignee)
