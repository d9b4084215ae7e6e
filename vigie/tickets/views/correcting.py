"""Putting a recorded fact right."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vigie.accounts.queries import holders
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed
from vigie.tickets import access
from vigie.tickets.actions.correcting import LATE_GRANT, correct, decide
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.forms import CorrectionDecisionForm, CorrectionForm
from vigie.tickets.models import AskedCorrection, Ticket
from vigie.tickets.queries.corrected import corrected_words, role_words, turned_by
from vigie.tickets.rules.corrections import ANSWERED, MOVED, PAUSED, REASON, points
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import url, when
from vigie.toolkit.pages import render
from vigie.workflow.labels import PENDING_REASONS, label

Choices = list[tuple[str, str]]
_STATES = dict(AskedCorrection.State.choices)


@agents("tickets:correct")
@require_http_methods(["GET", "POST"])
def ticket_correct(request: Request, ticket_id: int) -> HttpResponse:
    """Correct an instant or a wait, or add an answer or a wait that nobody recorded."""
    actor: Actor = request.actor
    ticket = access.one(actor, ticket_id)
    form = CorrectionForm(request.POST if request.method == "POST" else None, offered=_offered(ticket))
    if request.method == "POST":
        made = attempt(
            form, lambda values: correct(actor, ticket_id, form.asked(), values["why"], now=timezone.now())
        )
        if isinstance(made, AskedCorrection):
            return redirect("ticket_correction", made.pk)
        if made is not None:
            return redirect("ticket_clocks", ticket_id)
    crumbs = [
        {"label": ticket.reference, "href": url("ticket", ticket_id)},
        {"label": _("Clocks explained"), "href": url("ticket_clocks", ticket_id)},
    ]
    groups = [("", ("what",)), (_("What is right"), ("at", "until", "reason")), (_("Why"), ("why",))]
    return form_page(
        request, form, title=_("Correct a recorded fact"), crumbs=crumbs, groups=groups, action=_("Correct"),
        intro=_("The clocks are read again at once; what was recorded and the verdict that it gave stay beside the new ones.")
        + " " + _("More than one business day after the fact, or once its month is frozen, somebody else decides first."),
    )  # fmt: skip


@agents("tickets:view")
@require_http_methods(["GET", "POST"])
def ticket_correction(request: Request, asked_id: int) -> HttpResponse:
    """A late correction: whoever may decide, and did not ask for it, accepts or refuses it here."""
    actor: Actor = request.actor
    found = access.one_asked_correction(actor, asked_id)
    form = CorrectionDecisionForm(request.POST or None)
    if request.method == "POST":
        if not actor.can(LATE_GRANT):
            raise NotAllowed("access.not_granted", grant=LATE_GRANT)
        accepted = request.POST.get("verdict") == "accept"
        if done(
            form,
            lambda values: decide(
                actor, asked_id, accepted=accepted, grounds=values["decision"], now=timezone.now()
            ),
        ):
            return redirect("ticket_correction", asked_id)
    waits, mine = found.state == found.State.ASKED, found.asked_by_id == actor.person_id
    others = holders(LATE_GRANT, found.organisation_id)
    others.pop(found.asked_by_id, None)
    context = {
        "correction": found, "form": form, "text": corrected_words(found.before, found.said), "mine": mine,
        "turned": turned_by(actor, found, timezone.now()) if found.state != found.State.REFUSED else (),
        "may_decide": waits and actor.can(LATE_GRANT) and not mine, "deciders": list(others.values()), "states": _STATES,
        "crumbs": [
            {"label": found.ticket.reference, "href": url("ticket", found.ticket_id)},
            {"label": _("Clocks explained"), "href": url("ticket_clocks", found.ticket_id)},
        ],
    }  # fmt: skip
    return render(request, "tickets/correction.html", context, status=422 if form.errors else 200)


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
