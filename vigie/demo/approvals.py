"""Approvals that are awaited on the open day: those of the histories, and one for each persona who gives them."""

from __future__ import annotations

import datetime as dt

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person
from vigie.demo.scenarios import french, paragraphs
from vigie.kernel.actor import Actor
from vigie.tickets.actions.approvals import ask_others
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Ticket

# approver -> what a colleague asks for
WISHES = {
    "philippe.garnier@valmont.example": (
        "Licence de retouche photo pour la communication",
        "Bonjour, / Le service communication reprend les visuels en interne à partir du mois prochain. Pouvez-vous installer"
        " le logiciel de retouche photo sur mon poste ? La licence est à 35 euros par mois. / Merci d’avance.",
    ),
    "margaret.ellis@hargrove.example": (
        "Second monitor for the new accounts assistant",
        "Hello, / Our new accounts assistant starts on Monday and works with two ledgers side by side. Could we have a second"
        " monitor on her desk? / Thank you.",
    ),
}  # fmt: skip


def ask_for_approvals(anchor: dt.datetime) -> None:
    """Ask the client's approvers, as an agent who sees every client would."""
    agents = Person.objects.filter(agent__all_clients=True, agent__roles__role__code="agent", is_active=True)
    agent = actor_of(agents.earliest("pk"), today=anchor.date())
    assert agent is not None
    waiting = Ticket.objects.filter(state="pending_approval").order_by("pk")
    for ticket_id in waiting.values_list("pk", flat=True):
        ask_others(agent, ticket_id, (), now=anchor)
    for email, (title, body) in WISHES.items():
        approver = Person.objects.get(email=email)
        ticket = _asked_for(approver, title, body, anchor - dt.timedelta(hours=3))
        given = Given(approvers=(approver.pk,))
        take_step(agent, ticket.pk, "ask_approval", given, now=anchor - dt.timedelta(hours=2))


def _asked_for(approver: Person, title: str, body: str, now: dt.datetime) -> Ticket:
    """A request of a colleague of the approver."""
    seen = actor_of(approver, today=now.date())
    assert seen is not None
    organisation_id = seen.organisation_id or 0
    colleagues = Person.objects.filter(affiliations__organisation_id=organisation_id, is_active=True)
    colleague = colleagues.exclude(pk=approver.pk).order_by("-pk")[7]
    actor: Actor | None = actor_of(colleague, today=now.date(), organisation_id=organisation_id)
    assert actor is not None
    said = french if approver.language == "fr" else str
    new = NewTicket(organisation_id, "request", said(title), paragraphs(said(body)), colleague.pk)
    return open_ticket(actor, new, now=now)
