"""What time brings to ladders. Level-triggered: it looks at what a clock has behind it and did not fire, never at a tick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet

from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.reading import Reading
from vigie.escalation.actions import telling
from vigie.escalation.models import Escalation, Recipient, SupportWatch, Watch
from vigie.escalation.queries.ladders import Book, Climbed, book
from vigie.escalation.queries.people import recipients
from vigie.escalation.rules.climb import Climb, Firing, Mark, climb, deadline
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import handling
from vigie.tickets.actions.ledger import NewFact, change, load_rows, moment, reading_of
from vigie.tickets.actions.support import support_reading
from vigie.tickets.models import Clock, SupportClock, Ticket
from vigie.tickets.rules.support import KINDS as SUPPORT_KINDS

BATCH, MOST = 200, 10_000
LIVE_TICKET = Q(ticket__phase__in=["active", "waiting"])
LIVE = (Clock.State.RUNNING, Clock.State.PAUSED)
State = Escalation.State
AnyClock = Clock | SupportClock


class Sort(NamedTuple):
    """A table of clocks: the columns of escalations and of watches that name one, and whose promises they measure."""

    clocks: type[Clock] | type[SupportClock]
    column: str
    watches: type[Watch] | type[SupportWatch]
    whose: tuple[str, ...]


OF_CLIENT = Sort(Clock, "clock", Watch, ("client",))
BEHIND = Sort(SupportClock, "support_clock", SupportWatch, ("team", "supplier"))


def fire_due_steps(now: dt.datetime, *, batch: int = BATCH, most: int = MOST) -> int:
    """Fire every step that is behind ``now``; the number of clocks looked at. What is beyond ``most`` waits for the next run."""
    known = book(now)
    total = 0
    for sort in (OF_CLIENT, BEHIND):
        told = known.tells_of(*sort.whose)
        for due in (_changed(sort), _over(sort), _waiting_for(sort, now)) if told else (_over(sort),):
            last = 0
            while total < most:
                rows = list(due.filter(pk__gt=last).order_by("pk").values_list("pk", "ticket_id")[:batch])
                for clock_id, ticket_id in rows:
                    _look_at(sort, clock_id, ticket_id, known, now)
                    last = clock_id
                total += len(rows)
                if len(rows) < batch:
                    break
    return total


def _changed(sort: Sort) -> QuerySet[Any]:
    """Live clocks whose ticket changed since they were looked at."""
    seen = Q(escalation_watch__version=F("ticket__version"))
    return sort.clocks._default_manager.filter(~seen | Q(escalation_watch=None), LIVE_TICKET, state__in=LIVE)


def _over(sort: Sort) -> QuerySet[Any]:
    """Stopped clocks on which somebody's answer is still awaited."""
    waiting = Escalation.objects.filter(state=State.WAITING, **{f"{sort.column}__isnull": False})
    stopped = sort.clocks._default_manager.exclude(state__in=LIVE)
    return stopped.filter(pk__in=waiting.values(f"{sort.column}_id"))


def _waiting_for(sort: Sort, now: dt.datetime) -> QuerySet[Any]:
    return sort.clocks._default_manager.filter(escalation_watch__next_at__lte=now)


@transaction.atomic
def _look_at(sort: Sort, clock_id: int, ticket_id: int, known: Book, now: dt.datetime) -> None:
    """The ticket's lock comes first, as in every action."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    clock = sort.clocks._default_manager.filter(pk=clock_id).first()
    if (
        clock is None or clock.started_at > now
    ):  # a server whose clock was put back reads no clock before its start
        return
    before = ticket.version
    ladder = known.ladder_of(ticket, clock.kind) if clock.state in LIVE else None
    marks = _let_go(clock, ladder)
    next_at = None if ladder is None else _climb(ticket, clock, ladder, marks, now)
    if ticket.version != before:
        # what fired here moved no clock of the client: those looked at already need no second look. A hand-over moves
        # those of teams.
        Watch.objects.filter(clock__ticket_id=ticket_id, version=before).update(version=ticket.version)
    seen: Any = sort.watches(clock_id=clock_id, version=ticket.version, next_at=moment(next_at))
    sort.watches._default_manager.bulk_create(
        [seen], update_conflicts=True, unique_fields=["clock"], update_fields=["version", "next_at"]
    )


def _escalations(clock: AnyClock) -> QuerySet[Escalation]:
    return Escalation.objects.filter(**_of(clock))


def _of(clock: AnyClock) -> dict[str, Any]:
    """The column that names the clock."""
    return {(OF_CLIENT if isinstance(clock, Clock) else BEHIND).column: clock}


def _read(clock: AnyClock, ticket: Ticket, now: dt.datetime) -> Reading:
    if isinstance(clock, Clock):
        return reading_of(clock, load_rows(ticket.pk), now)
    return support_reading(clock, load_rows(ticket.pk, SUPPORT_KINDS), now)


def _let_go(clock: AnyClock, ladder: Climbed | None) -> list[Mark]:
    """What waits for an answer on a clock that stopped, or that climbs another ladder now, waits no more; what fired on it."""
    marks, steps = _marks(clock), [] if ladder is None else [step.pk for step in ladder.steps]
    if all(mark.key in steps for mark in marks if mark.waits):
        return marks
    _escalations(clock).filter(state=State.WAITING).exclude(step_id__in=steps).update(state=State.OVER)
    return _marks(clock)


def _climb(
    ticket: Ticket, clock: AnyClock, ladder: Climbed, marks: Sequence[Mark], now: dt.datetime
) -> int | None:
    """Fire what is due; when to look again (epoch seconds)."""
    reading = _read(clock, ticket, now)
    found = climb(ladder.rungs, reading, marks, epoch(now))
    if found.unanswered:
        late = _escalations(clock).filter(step_id__in=found.unanswered, state=State.WAITING)
        late.update(state=State.CLIMBED)
    if not found.firings:
        return found.next_at
    rows = [_row(ticket, clock, ladder, one, reading, now) for one in found.firings]
    _tell(ticket, clock, ladder, rows, found, now)
    # what was told now may have to be answered, and with nobody to tell the next step is due at once
    again = climb(ladder.rungs, reading, _marks(clock), epoch(now))
    return epoch(now) if again.firings else again.next_at


def _marks(clock: AnyClock) -> list[Mark]:
    rows = _escalations(clock).values_list("step_id", "told_at", "state")
    return [
        Mark(key, epoch(told_at), state == State.WAITING, state == State.NOBODY)
        for key, told_at, state in rows
    ]


def _row(
    ticket: Ticket, clock: AnyClock, ladder: Climbed, firing: Firing, reading: Reading, now: dt.datetime
) -> Escalation:
    """The escalation as it will be kept (not saved)."""
    step = ladder.step(firing.key)
    rung = next(one for one in ladder.rungs if one.key == firing.key)
    until = moment(deadline(rung, epoch(now), reading)) if firing.told else None
    state = State.PASSED if not firing.told else State.TOLD if rung.acknowledge is None else State.WAITING
    return Escalation(
        organisation_id=ticket.organisation_id, ticket=ticket, **_of(clock), step=step, position=ladder.place(step.pk),
        at=dt.datetime.fromtimestamp(firing.at, dt.UTC), told_at=now, by_climb=firing.by_climb, state=state,
        acknowledge_by=until,
    )  # fmt: skip


def _tell(
    ticket: Ticket,
    clock: AnyClock,
    ladder: Climbed,
    rows: Sequence[Escalation],
    found: Climb,
    now: dt.datetime,
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
