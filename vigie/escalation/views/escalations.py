"""What was escalated: what waits for my answer, and one escalation where it is acknowledged."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vigie.escalation import access, labels
from vigie.escalation.actions.acknowledge import acknowledge, may_acknowledge
from vigie.escalation.models import Escalation
from vigie.escalation.queries import escalations as queries
from vigie.kernel.actor import Actor
from vigie.tickets.labels import CLOCKS as OF_CLIENT
from vigie.tickets.labels import SUPPORT_CLOCKS
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import url
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

CLOCKS = {**OF_CLIENT, **SUPPORT_CLOCKS}
OPEN = (Escalation.State.WAITING, Escalation.State.CLIMBED)


@agents("escalation:view")
@require_safe
def escalations(request: Request) -> HttpResponse:
    """Mine to acknowledge, those that wait for anybody, or all."""
    which = request.GET.get("which", "mine")
    which = which if which in queries.CHOICES else "mine"
    context = {
        "found": queries.escalations_page(request.actor, which=which, cursor=request.GET.get("page")), "which": which,
        "choices": labels.CHOICES, "states": labels.STATES, "marks": labels.TONES, "clocks": CLOCKS,
    }  # fmt: skip
    return render(request, "escalation/escalations.html", context)


@agents("escalation:view")
@require_safe
def escalation(request: Request, escalation_id: int) -> HttpResponse:
    """Where the link of the mail leads: why, who was told, and the one button."""
    found = access.one_escalation(request.actor, escalation_id)
    people = found.recipients.select_related("person").order_by(by_name("person__name"))
    context = {
        "escalation": found, "people": [row.person.name for row in people], "states": labels.STATES, "marks": labels.TONES,
        "clocks": CLOCKS, "clock": queries.clock_of(found), "when": labels.point_words(found.step), "who": labels.who_words(found.step),
        "may": found.state in OPEN and may_acknowledge(request.actor, found),
        "crumbs": [{"label": _("Escalations"), "href": url("escalations")}, {"label": found.ticket.reference}],
    }  # fmt: skip
    return render(request, "escalation/escalation.html", context)


@agents("escalation:view")
@require_POST
def escalation_acknowledge(request: Request, escalation_id: int) -> HttpResponse:
    """It is in hand."""
    row = acknowledge(request.actor, escalation_id, now=timezone.now())
    return redirect("ticket", row.ticket_id) if "ticket" in request.POST else redirect("escalation", row.pk)


def ticket_part(request: HttpRequest, *, ticket_id: int) -> str:
    """Markup for the ticket's page: its escalations, and the button for who was told; '' where there are none."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("escalation:view"):
        return ""
    rows = queries.of_ticket(actor, ticket_id)
    if not rows:
        return ""
    mine = [row for row in rows if row["state"] in OPEN and actor.person_id in row["ids"]]
    context = {"rows": rows, "mine": mine, "states": labels.STATES, "marks": labels.TONES, "clocks": CLOCKS}
    return render_to_string("escalation/_ticket.html", context, request)
