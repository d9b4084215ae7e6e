"""Acting on a ticket: its steps, its assignment, what it is about, what it is tied to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.kernel.refusal import NotFound, Refusal, Stale
from vigie.tickets import access
from vigie.tickets.actions import approvals, handling, lifecycle, watching
from vigie.tickets.forms import (
    ApproversForm,
    AssignForm,
    LinkForm,
    PriorityForm,
    StepForm,
    whole,
)
from vigie.tickets.models import Ticket
from vigie.tickets.queries import choices, page
from vigie.tickets.rules import facts
from vigie.tickets.views.drafts import keep_typed
from vigie.tickets.views.ticket import WORDS, page_context
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import is_fragment, render
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import STEPS, label
from vigie.workflow.queries import machine_of


def changed(request: Request, ticket_id: int) -> HttpResponse:
    """After an act: the page's parts again for a page that is open, the page itself otherwise."""
    if is_fragment(request):
        return render(request, "tickets/_changed.html", page_context(request.actor, ticket_id, oob=True))
    return HttpResponseRedirect(reverse("ticket", args=[ticket_id]))


def asked(
    request: Request,
    ticket: Ticket,
    form: django_forms.Form,
    title: str,
    verb: str,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The form of an act: in the dialog of the page, or on a page of its own."""
    template = "tickets/_act.html" if is_fragment(request) else "tickets/act.html"
    context = {"ticket": ticket, "form_": form, "title": title, "verb": verb, "words": WORDS, **more}
    return render(request, template, context, status=status)


def put_on(form: django_forms.Form, refusal: Refusal, names: dict[str, str] | None = None) -> None:
    """Show a refusal at the field it is about, or above the form."""
    field = (names or {}).get(refusal.field or "", refusal.field or "")
    form.add_error(field if field in form.fields else None, sentence(refusal))


def attempt(form: django_forms.Form, act: Callable[[], object], names: dict[str, str] | None = None) -> bool:
    """Do it when the form is right; a refusal is put on the form, with all that was typed."""
    if not form.is_valid():
        return False
    try:
        act()
    except Stale:
        raise
    except NotFound as refusal:
        if refusal.code == "access.not_found":
            raise
        put_on(form, refusal, names)
        return False
    except Refusal as refusal:
        put_on(form, refusal, names)
        return False
    return True


# -- steps -------------------------------------------------------------------


@agents("tickets:view")
def ticket_step(request: Request, ticket_id: int, verb: str) -> HttpResponse:
    """One step of the workflow: what it needs, then taking it.

    409 where somebody took the ticket elsewhere meanwhile: who and when, what was typed, what is possible now.
    """
    if verb == "assign":
        return ticket_assign(request, ticket_id)
    ticket = access.one(request.actor, ticket_id)
    machine = machine_of(ticket.workflow_version_id)
    possible = machine.step_named(ticket.state, verb, "agent")
    step = possible or machine.any_step_named(verb, "agent")
    if step is None:
        raise NotFound()
    title = label(STEPS, verb)
    approvers = _usual_approvers(ticket) if verb == "ask_approval" else []
    if request.method == "POST":
        form = StepForm(machine, step, request.POST, approvers=approvers)
        if attempt(form, lambda: _take(request, ticket_id, verb, form), {"public_text": "text"}):
            return changed(request, ticket_id)
        ticket = access.one(request.actor, ticket_id)
        possible = machine.step_named(ticket.state, verb, "agent")
        if possible:
            return asked(request, ticket, form, title, verb, 422)
        keep_typed(request, ticket_id, verb)
    typed = choices.step_draft(request.actor, ticket_id, verb)
    form = StepForm(machine, step, approvers=approvers, initial=typed)
    if possible:
        return asked(request, ticket, form, title, verb, was_kept=bool(typed))
    return asked(
        request, ticket, form, title, verb, 409,
        since=choices.last_step(request.actor, ticket), steps_now=machine.steps_from(ticket.state, "agent"),
    )  # fmt: skip


def _usual_approvers(ticket: Ticket) -> list[tuple[int, str]]:
    return choices.approvers(ticket.organisation_id, ticket.requester_id, timezone.now())


def _asked_people(request: Request, form: django_forms.Form) -> tuple[int, ...]:
    """The approvers ticked, and the one found by name."""
    named = whole(request.POST.get("person"))
    return (*form.cleaned_data.get("approvers", ()), *([named] if named else []))


@agents("tickets:work")
def ticket_approvers(request: Request, ticket_id: int) -> HttpResponse:
    """Ask more people to approve a ticket that waits for it."""
    ticket = access.one(request.actor, ticket_id)
    title, offered = _("Ask somebody else to approve"), _usual_approvers(ticket)
    if request.method != "POST":
        return asked(request, ticket, ApproversForm(offered), title, "approvers")
    form = ApproversForm(offered, request.POST)

    def act() -> None:
        approvals.ask_others(request.actor, ticket_id, _asked_people(request, form), now=timezone.now())

    if not attempt(form, act):
        return asked(request, ticket, form, title, "approvers", 422)
    return changed(request, ticket_id)


def _take(request: Request, ticket_id: int, verb: str, form: StepForm) -> None:
    values = form.cleaned_data
    given = lifecycle.Given(
        pending_reason=values.get("pending_reason", ""),
        window_agreed=bool(values.get("window_agreed", True)),
        follow_up_at=values.get("follow_up_at"),
        resolution_code=values.get("resolution_code", ""),
        reason=values.get("reason", ""),
        master=values.get("master", ""),
        approvers=_asked_people(request, form),
        text=values.get("text", ""),
        submission=request.POST.get("submission", "")[:64],
    )
    lifecycle.take_step(request.actor, ticket_id, verb, given, now=timezone.now())


# -- what two people set at once ---------------------------------------------

HOLDERS = ("team_id", "assignee_id")
LEVELS = ("impact", "urgency", "priority")


def _present(ticket: Ticket, names: tuple[str, ...]) -> dict[str, int | None]:
    return {name: getattr(ticket, name) for name in names}


def _seen(request: Request, names: tuple[str, ...]) -> dict[str, int | None]:
    """What the form's page showed, where it says so."""
    shown = all(f"seen_{name}" in request.POST for name in names)
    return {name: whole(request.POST[f"seen_{name}"]) for name in names} if shown else {}


def _crossed(
    request: Request, ticket: Ticket, stale: Stale, form: django_forms.Form, title: str, verb: str, kind: str
) -> HttpResponse:
    """Both versions side by side above the form, which then knows what it overwrites."""
    params: dict[str, Any] = stale.params
    yours, theirs = params["yours"], params["theirs"]
    rows = []
    for name in theirs:
        field = {**form.base_fields, **form.fields}[name.removesuffix("_id")]  # also what is not offered
        words = {str(value): str(text) for value, text in getattr(field, "choices", [])}
        mine, other = (words.get(str(side[name]), "—") for side in (yours, theirs))
        rows.append({"label": field.label, "mine": mine, "theirs": other})
    who = page.last_to(request.actor, ticket.pk, kind)
    return asked(request, ticket, form, title, verb, 409, seen=theirs, conflict=rows, who=who)


# -- who has it --------------------------------------------------------------


@agents("tickets:assign")
def ticket_assign(request: Request, ticket_id: int) -> HttpResponse:
    """Team and person; ``take=1`` gives it to the actor in one click."""
    actor = request.actor
    ticket = access.one(actor, ticket_id)
    if request.method == "POST" and request.POST.get("take"):
        team_id = ticket.team_id or next(iter(sorted(actor.team_ids)), None)
        handling.assign(actor, ticket_id, team_id=team_id, assignee_id=actor.person_id, now=timezone.now())
        return changed(request, ticket_id)
    teams = choices.teams(actor, [ticket.team_id])
    people = choices.agents(actor, ticket.organisation_id, ticket.assignee_id)
    named = [(agent["id"], agent["name"]) for agent in people]
    title = _("Assign")
    if request.method != "POST":
        form = AssignForm(teams, named, initial={"team": ticket.team_id, "assignee": ticket.assignee_id})
        return asked(request, ticket, form, title, "assign", seen=_present(ticket, HOLDERS))
    form, seen = AssignForm(teams, named, request.POST), _seen(request, HOLDERS)

    def act() -> object:
        values = form.cleaned_data
        team_id, assignee_id = values["team"], values["assignee"]
        return handling.assign(
            actor, ticket_id, team_id=team_id, assignee_id=assignee_id, seen=seen, now=timezone.now()
        )

    try:
        done = attempt(form, act)
    except Stale as stale:
        return _crossed(request, ticket, stale, form, title, "assign", facts.ASSIGNED)
    return (
        changed(request, ticket_id) if done else asked(request, ticket, form, title, "assign", 422, seen=seen)
    )


# -- how urgent and what about -----------------------------------------------


@agents("tickets:work")
def ticket_priority(request: Request, ticket_id: int) -> HttpResponse:
    """Impact and urgency, or another priority with its reason."""
    ticket = access.one(request.actor, ticket_id)
    handling.check_priority_moves(ticket)
    title = _("Priority")
    may = {
        "may_correct": request.actor.can("tickets:correct"),
        # sent all the same, it is refused with its sentence
        "may_override": request.actor.can("tickets:override_priority") or bool(request.POST.get("priority")),
    }
    if request.method != "POST":
        overridden = ticket.priority if ticket.priority != ticket.computed_priority else None
        initial = {"impact": ticket.impact, "urgency": ticket.urgency, "priority": overridden}
        form = PriorityForm(initial=initial, **may)
        return asked(request, ticket, form, title, "priority", seen=_present(ticket, LEVELS))
    form, seen = PriorityForm(request.POST, **may), _seen(request, LEVELS)

    def act() -> object:
        return handling.set_priority(
            request.actor, ticket_id, **form.cleaned_data, seen=seen, now=timezone.now()
        )

    try:
        done = attempt(form, act)
    except Stale as stale:
        return _crossed(request, ticket, stale, form, title, "priority", facts.PRIORITY)
    return (
        changed(request, ticket_id)
        if done
        else asked(request, ticket, form, title, "priority", 422, seen=seen)
    )


# -- what it is tied to ------------------------------------------------------


@agents("tickets:work")
def ticket_link(request: Request, ticket_id: int) -> HttpResponse:
    """Tie the ticket to another one by its reference."""
    ticket = access.one(request.actor, ticket_id)
    title = _("Link to another ticket")
    if request.method != "POST":
        return asked(request, ticket, LinkForm(), title, "link")
    form = LinkForm(request.POST)
    names = dict.fromkeys(("parent", "other", "master"), "reference")
    if not attempt(form, lambda: _link(request, ticket_id, form), names):
        return asked(request, ticket, form, title, "link", 422)
    return changed(request, ticket_id)


def _link(request: Request, ticket_id: int, form: LinkForm) -> None:
    kind, reference, now = form.cleaned_data["kind"], form.cleaned_data["reference"], timezone.now()
    if kind == "parent":
        handling.set_parent(request.actor, ticket_id, reference, now=now)
    elif kind == "duplicate":
        lifecycle.mark_duplicate(request.actor, ticket_id, reference, now=now)
    else:
        handling.link_tickets(request.actor, ticket_id, reference, kind, now=now)


@agents("tickets:work")
@require_POST
def ticket_orphan(request: Request, ticket_id: int) -> HttpResponse:
    """Take the ticket out of its parent."""
    handling.set_parent(request.actor, ticket_id, "", now=timezone.now())
    return changed(request, ticket_id)


@agents("tickets:work")
def ticket_watch(request: Request, ticket_id: int) -> HttpResponse:
    """Who follows the ticket: ``add`` or ``remove`` a person; a GET asks whom."""
    actor = request.actor
    if request.method == "POST":
        person_id = whole(request.POST.get("person"))
        if person_id is None:
            raise Refusal("tickets.choose_person", field="person")
        act = watching.remove_watcher if request.POST.get("remove") else watching.add_watcher
        act(actor, ticket_id, person_id, now=timezone.now())
        return changed(request, ticket_id)
    ticket = access.one(actor, ticket_id)
    return asked(request, ticket, django_forms.Form(), _("Add a follower"), "watch")


@agents("tickets:work", answers="fragment")
def ticket_people(request: Request, ticket_id: int) -> HttpResponse:
    """People found for the list of followers."""
    ticket = access.one(request.actor, ticket_id)
    words = request.GET.get("q", "")
    found = choices.followers(request.actor, ticket.organisation_id, words, timezone.localdate())
    return render(request, "tickets/_options.html", {"items": found})
