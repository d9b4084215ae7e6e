"""Putting a recorded fact right."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.actions.correcting import correct
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.forms import CorrectionForm
from vigie.tickets.models import Ticket
from vigie.tickets.queries.corrected import role_words
from vigie.tickets.rules.corrections import ANSWERED, MOVED, PAUSED, REASON, points
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url, when
from vigie.workflow.labels import PENDING_REASONS, label

Choices = list[tuple[str, str]]


@agents("tickets:correct")
@require_http_methods(["GET", "POST"])
def ticket_correct(request: Request, ticket_id: int) -> HttpResponse:
    """Correct an instant or a wait, or add an answer or a wait that nobody recorded."""
    actor: Actor = request.actor
    ticket = access.one(actor, ticket_id)
    form = CorrectionForm(request.POST if request.method == "POST" else None, offered=_offered(ticket))
    if request.method == "POST" and done(
        form, lambda values: correct(actor, ticket_id, form.asked(), values["why"], now=timezone.now())
    ):
        return redirect("ticket_clocks", ticket_id)
    crumbs = [
        {"label": ticket.reference, "href": url("ticket", ticket_id)},
        {"label": _("Clocks explained"), "href": url("ticket_clocks", ticket_id)},
    ]
    groups = [("", ("what",)), (_("What is right"), ("at", "until", "reason")), (_("Why"), ("why",))]
    return form_page(
        request, form, title=_("Correct a recorded fact"), crumbs=crumbs, groups=groups, action=_("Correct"),
        intro=_("The clocks are read again at once. What was recorded and the verdict that it gave stay beside the new ones."),
    )  # fmt: skip


def _offered(ticket: Ticket) -> Choices:
    found: Choices = []
    for point in points(load_rows(ticket.pk)):
        words = f"{role_words(point.role)} · {when(point.at, 'exact')}"
        found.append((f"{MOVED}:{point.id}:{point.part}", words))
        if point.role == "pause":
            told = [_("Reason of the wait"), when(point.at, "exact"), label(PENDING_REASONS, point.reason)]
            found.append((f"{REASON}:{point.id}", " · ".join(told)))
    return [
        *found,
        (ANSWERED, _("An answer that nobody recorded")),
        (PAUSED, _("A wait that nobody recorded")),
    ]
