"""Who a step tells: active colleagues who may see the client, as things stand at that instant."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from vigie.accounts.models import Agent, Person, TeamMember
from vigie.escalation.models import Step
from vigie.rota.queries import on_call
from vigie.tickets.models import Ticket, Watcher


def authorised(organisation_id: int | None) -> QuerySet[Agent]:
    """Active agents who may see a client; with ``None``, all of them."""
    active = Agent.objects.filter(person__is_active=True)
    if organisation_id is None:
        return active
    return active.filter(Q(all_clients=True) | Q(clients__organisation_id=organisation_id)).distinct()


def holders(step: Step, team_id: int | None, organisation_id: int | None, at: dt.datetime) -> list[int]:
    """Ids of those who hold the step's place, first to be told first; ``team_id`` where the step names no team."""
    team = step.team_id or team_id or 0
    if step.audience == Step.Audience.ON_CALL:
        wanted = [person.pk for person in on_call(team, at)]
    elif step.audience == Step.Audience.PERSON:
        wanted = [step.person_id or 0]
    elif step.audience == Step.Audience.ROLE:
        found = authorised(organisation_id).filter(roles__role_id=step.role_id or 0)
        return sorted(set(found.values_list("pk", flat=True)))
    else:
        members = TeamMember.objects.filter(team_id=team)
        if step.audience == Step.Audience.LEADS:
            members = members.filter(is_lead=True)
        wanted = sorted(members.values_list("agent_id", flat=True))
    allowed = set(authorised(organisation_id).filter(pk__in=wanted).values_list("pk", flat=True))
    return [pk for pk in wanted if pk in allowed]


def recipients(step: Step, ticket: Ticket, at: dt.datetime) -> list[int]:
    """Who is told about this ticket. A confidential one is told to those who see it: in charge of it, or of its team."""
    if step.audience == Step.Audience.ASSIGNEE:
        found = in_charge(ticket)
    else:
        found = holders(step, ticket.team_id, ticket.organisation_id, at)
    if not ticket.is_confidential:
        return found
    insiders = set(TeamMember.objects.filter(team_id=ticket.team_id or 0).values_list("agent_id", flat=True))
    return [pk for pk in found if pk in insiders or pk == ticket.assignee_id]


def in_charge(ticket: Ticket) -> list[int]:
    """The assignee and the agents who watch; the leads of the team where nobody is."""
    watchers = Watcher.objects.filter(ticket_id=ticket.pk, person__side=Person.Side.PROVIDER)
    wanted = {
        *watchers.values_list("person_id", flat=True),
        *([ticket.assignee_id] if ticket.assignee_id else []),
    }
    if not wanted:
        leads = TeamMember.objects.filter(team_id=ticket.team_id or 0, is_lead=True)
        wanted = set(leads.values_list("agent_id", flat=True))
    return sorted(authorised(ticket.organisation_id).filter(pk__in=wanted).values_list("pk", flat=True))
