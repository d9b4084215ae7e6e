"""The client does not answer: reminders, then the end that the ticket's workflow allows. Level-triggered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from vigie.accounts.models import Person
from vigie.contracts.rules.instants import epoch
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import lifecycle, telling
from vigie.tickets.actions.course import Course
from vigie.tickets.actions.course import courses as courses_of
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.models import Fact, Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.silence import next_stage
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine

BATCH = 200
NO_ANSWER = "no_client_response"


@dataclass(slots=True)
class Silence:
    """Since when a ticket waits, and when each stage of the silence was told."""

    since: dt.datetime
    told: list[int] = field(default_factory=list)


def remind_silent_clients(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Take the next stage of every silence that is due, one stage a visit, at most ``batch``; how many were."""
    done, last = 0, 0
    while done < batch:
        waiting = Ticket.objects.filter(phase="waiting", pending_reason__startswith="client_", pk__gt=last)
        tickets = list(waiting.order_by("pk")[:batch])
        silences = _silences(ticket.pk for ticket in tickets)
        courses = courses_of(silences)
        for ticket in tickets:
            silence = silences.get(ticket.pk)
            if done < batch and silence and _is_due(ticket, silence, courses[ticket.pk], now):
                done += _next_stage(ticket.pk, now)
            last = ticket.pk
        if len(tickets) < batch:
            break
    return done


def _silences(ticket_ids: Iterable[int]) -> Mapping[int, Silence]:
    """The silence of each waiting ticket, read from its journal in one statement."""
    kinds = (facts.STATE, facts.REMINDED)
    rows = Fact.objects.filter(ticket_id__in=list(ticket_ids), kind__in=kinds).order_by("at", "id")
    found: dict[int, Silence] = {}
    for ticket_id, kind, at, after in rows.values_list("ticket_id", "kind", "at", "after"):
        if kind == facts.STATE and (after or {}).get("phase") == "waiting":
            found[ticket_id] = Silence(at)
        elif kind == facts.REMINDED and ticket_id in found:
            found[ticket_id].told.append(epoch(at))
    return found


def _stages(ticket: Ticket, course: Course) -> tuple[int, ...]:
    return course.delays.silence_days or machine_of(ticket.workflow_version_id).silence


def _is_due(ticket: Ticket, silence: Silence, course: Course, now: dt.datetime) -> bool:
    days = _stages(ticket, course)
    if len(silence.told) >= len(days) or now - silence.since < dt.timedelta(days=days[0] - 1):
        return False
    due = next_stage(course.hours, epoch(silence.since), days, silence.told)
    return due is not None and epoch(now) > due


@transaction.atomic
def _next_stage(ticket_id: int, now: dt.datetime) -> bool:
    """Remind, or end the silence; looked at again under the ticket's lock. True when something was told."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    silence = _silences([ticket_id]).get(ticket_id)
    course = courses_of([ticket_id])[ticket_id]
    if ticket.phase != "waiting" or silence is None or not _is_due(ticket, silence, course, now):
        return False
    machine = machine_of(ticket.workflow_version_id)
    stage, stages = len(silence.told) + 1, len(_stages(ticket, course))
    if stage < stages:
        told = {"nth": stage, "of": stages - 1}
        change(SYSTEM, ticket, {}, [NewFact(facts.REMINDED, told)], now=now, moves_clock=False)
        telling.client_reminded(ticket, now=now)
    else:
        _end(ticket, machine, stage, now)
    return True


def _end(ticket: Ticket, machine: Machine, stage: int, now: dt.datetime) -> None:
    """Resolve without an answer where the workflow lets the system do so; tell those in charge in any case.

    An approval that does not come is never one, nor a solution: it is left to a person.
    """
    step = machine.step_named(ticket.state, "resolve", "system")
    resolves = step is not None and NO_ANSWER in machine.resolution_codes and not _is_approval(ticket)
    told = NewFact(facts.REMINDED, {"nth": stage, "ends": resolves}, audience="internal")
    change(SYSTEM, ticket, {}, [told], now=now, is_public=False, moves_clock=False)
    telling.client_silent(ticket, now=now)
    if resolves:
        given = lifecycle.Given(resolution_code=NO_ANSWER, text=_farewell(ticket), is_html=False)
        lifecycle.take_system_step(ticket, "resolve", given, now=now)


def _is_approval(ticket: Ticket) -> bool:
    return ticket.pending_reason == "client_approval"


def _farewell(ticket: Ticket) -> str:
    """The last public word, in the requester's language."""
    language = Person.objects.values_list("language", flat=True).get(pk=ticket.requester_id)
    with translation.override(language):
        return _(
            "Without an answer from you after our reminders, we consider that this request is over."
            " If you still need us, answer here: it can be opened again for a few days."
        )
