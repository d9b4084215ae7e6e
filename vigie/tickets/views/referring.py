"""A ticket with a supplier, and why a promise was missed."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions import causes, referring
from vigie.tickets.forms import whole
from vigie.tickets.models import Referral
from vigie.tickets.queries import choices
from vigie.tickets.referral_forms import AnswerForm, ReferForm
from vigie.tickets.views.steps import asked, attempt, changed
from vigie.tickets.views.ticket import clocks_page
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.refusals import sentence


@agents("tickets:work")
def ticket_refer(request: Request, ticket_id: int) -> HttpResponse:
    """Refer the ticket to a supplier: under which contract, with which reference."""
    ticket = access.one(request.actor, ticket_id)
    title, now = _("Refer to a supplier"), timezone.now()
    offered = choices.supplier_contracts(ticket.service_id, now.date())
    if request.method != "POST":
        return asked(request, ticket, ReferForm(offered), title, "refer")
    form = ReferForm(offered, request.POST)

    def act() -> object:
        values = form.cleaned_data
        return referring.refer(
            request.actor, ticket_id, values["contract"], reference=values["reference"], note=values["note"], now=now
        )  # fmt: skip

    if not attempt(form, act):
        return asked(request, ticket, form, title, "refer", 422)
    return changed(request, ticket_id)


@agents("tickets:work")
def ticket_answer(request: Request, ticket_id: int) -> HttpResponse:
    """The supplier's answer: received, accepted or rejected."""
    ticket = access.one(request.actor, ticket_id)
    title, now = _("Answer of the supplier"), timezone.now()
    waiting = choices.referral_state(ticket.pk)
    to_judge = waiting == Referral.State.ANSWERED
    if request.method != "POST":
        return asked(request, ticket, AnswerForm(to_judge), title, "answer")
    form = AnswerForm(to_judge, request.POST)

    def act() -> object:
        outcome, note = form.cleaned_data["outcome"], form.cleaned_data["note"]
        if to_judge:
            accepted = outcome == "accepted"
            return referring.judge_answer(request.actor, ticket_id, accepted=accepted, note=note, now=now)
        return referring.answered(request.actor, ticket_id, outcome, note=note, now=now)

    if not attempt(form, act):
        return asked(request, ticket, form, title, "answer", 422)
    return changed(request, ticket_id)


@agents("tickets:work")
@require_POST
def ticket_cause(request: Request, ticket_id: int) -> HttpResponse:
    """Confirm why one of its promises was missed."""
    clock_id, note = whole(request.POST.get("clock")) or 0, request.POST.get("note", "").replace("\x00", "")
    reason, holder = request.POST.get("reason", ""), request.POST.get("holder", "")
    try:
        causes.confirm_cause(
            request.actor, ticket_id, clock_id, reason=reason, holder=holder, note=note, now=timezone.now()
        )
    except NotFound:
        raise
    except Refusal as refusal:
        typed = {"clock": clock_id, "reason": reason, "holder": holder, "note": note}
        return clocks_page(request, ticket_id, status=422, problem=sentence(refusal), typed=typed)
    return HttpResponseRedirect(reverse("ticket_clocks", args=[ticket_id]))
