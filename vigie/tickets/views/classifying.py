"""What a ticket is about: its type, its classification, its subject; two people's edits never lose one another."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.kernel.refusal import Refusal, Stale
from vigie.tickets import access
from vigie.tickets.actions import classifying
from vigie.tickets.forms import ClassifyForm, TypeForm, whole
from vigie.tickets.models import Ticket
from vigie.tickets.queries import choices, page
from vigie.tickets.queries.told import field_name
from vigie.tickets.views.steps import asked, attempt, changed
from vigie.tickets.views.ticket import page_context
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import is_fragment, render
from vigie.toolkit.refusals import sentence


@agents("tickets:work")
def ticket_type(request: Request, ticket_id: int) -> HttpResponse:
    """Incident, request or question."""
    actor = request.actor
    ticket = access.one(actor, ticket_id)
    title, may_correct = _("Change the type"), actor.can("tickets:correct")
    if request.method != "POST":
        return asked(request, ticket, TypeForm(ticket.ticket_type, may_correct=may_correct), title, "type")
    form = TypeForm(ticket.ticket_type, request.POST, may_correct=may_correct)

    def act() -> object:
        values = form.cleaned_data
        return classifying.change_type(
            actor, ticket_id, values["type"], reason=values.get("reason", ""), now=timezone.now()
        )

    if not attempt(form, act):
        return asked(request, ticket, form, title, "type", 422)
    return changed(request, ticket_id)


@agents("tickets:work")
def ticket_classify(request: Request, ticket_id: int) -> HttpResponse:
    """Service, category, site, tags, confidentiality; what somebody else changed meanwhile is shown, not lost."""
    actor = request.actor
    ticket = access.one(actor, ticket_id)
    offered: dict[str, list[Any]] = {
        "service": list(choices.services(actor, ticket.organisation_id)),
        "category": list(choices.categories(actor)),
        "site": list(choices.sites(actor, ticket.organisation_id)),
    }
    present = {
        "service": ticket.service_id, "category": ticket.category_id, "site": ticket.site_id,
        "tags": ", ".join(ticket.tags), "is_confidential": ticket.is_confidential,
    }  # fmt: skip
    title = _("Classification")
    if request.method != "POST":
        return asked(request, ticket, ClassifyForm(offered, initial=present), title, "classify", seen=present)
    form = ClassifyForm(offered, request.POST, asks_nature="nature" in request.POST)
    if _is_to_be_asked(request, ticket, form):
        form.ask_nature()
        return asked(request, ticket, form, title, "classify", 422, seen=_seen_again(request, present))
    try:
        done = attempt(form, lambda: _classify(request, ticket_id, form))
    except Stale as stale:
        return _conflict(request, ticket, stale, form, title, present)
    if not done:
        return asked(request, ticket, form, title, "classify", 422, seen=_seen_again(request, present))
    return changed(request, ticket_id)


def _seen_again(request: Request, present: dict[str, Any]) -> dict[str, Any]:
    return {name: request.POST.get(f"seen_{name}", present[name]) for name in present}


def _is_to_be_asked(request: Request, ticket: Ticket, form: ClassifyForm) -> bool:
    """Must the person say whether it was wrong from the start? Only where the promise would not be the same."""
    if "nature" in form.fields or not request.actor.can("tickets:correct") or not form.is_valid():
        return False
    return classifying.alters_promise(ticket, _wanted(form), now=timezone.now())


def _wanted(form: ClassifyForm) -> dict[str, Any]:
    values = form.cleaned_data
    return {
        "service_id": values["service"], "category_id": values["category"], "site_id": values["site"],
        "tags": values["tags"], "is_confidential": values["is_confidential"],
    }  # fmt: skip


def _classify(request: Request, ticket_id: int, form: ClassifyForm) -> None:
    wanted = _wanted(form)
    seen: dict[str, Any] = {}
    for name in ("service", "category", "site"):
        if f"seen_{name}" in request.POST:
            seen[f"{name}_id"] = whole(request.POST[f"seen_{name}"])
    if "seen_tags" in request.POST:
        seen["tags"] = [tag.strip() for tag in request.POST["seen_tags"].split(",") if tag.strip()]
    if "seen_is_confidential" in request.POST:
        seen["is_confidential"] = request.POST["seen_is_confidential"] == "True"
    unchanged = [name for name, value in wanted.items() if name in seen and seen[name] == value]
    for name in unchanged:
        del wanted[name]
    is_error, reason = form.cleaned_data.get("nature") == "error", form.cleaned_data.get("reason", "")
    classifying.edit_ticket(
        request.actor, ticket_id, wanted, seen, is_error=is_error, reason=reason, now=timezone.now()
    )


def _conflict(
    request: Request, ticket: Ticket, stale: Stale, form: ClassifyForm, title: str, present: dict[str, Any]
) -> HttpResponse:
    """Both versions side by side above the form, which then knows what it overwrites."""
    column = str(stale.params["field"]) if "field" in stale.params else str(stale.field)
    name = column.removesuffix("_id")
    words: dict[str, str] = {
        str(value): str(text) for value, text in getattr(form.fields[name], "choices", [])
    }

    def word(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(value) or "—"
        return words.get(str(value), "—" if value in (None, "") else str(value))

    rows = [
        {
            "label": field_name(column),
            "mine": word(stale.params["yours"]),
            "theirs": word(stale.params["theirs"]),
        }
    ]
    who = page.last_editor(request.actor, ticket.pk, column)
    return asked(request, ticket, form, title, "classify", 409, seen=present, conflict=rows, who=who)


@agents("tickets:work")
@require_POST
def ticket_title(request: Request, ticket_id: int) -> HttpResponse:
    """The subject, edited in place."""
    actor = request.actor
    wanted = " ".join(request.POST.get("title", "").replace("\x00", "").split())
    seen = {"title": request.POST["was"]} if "was" in request.POST else {}
    try:
        classifying.edit_ticket(actor, ticket_id, {"title": wanted}, seen, now=timezone.now())
    except Stale as stale:
        context = page_context(
            actor, ticket_id, conflict=stale.params, who=page.last_editor(actor, ticket_id, "title")
        )
        template = "tickets/_head.html" if is_fragment(request) else "tickets/ticket.html"
        return render(request, template, context, status=409)
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        context = page_context(actor, ticket_id, title_error=sentence(refusal), title_typed=wanted)
        template = "tickets/_head.html" if is_fragment(request) else "tickets/ticket.html"
        return render(request, template, context, status=422)
    if is_fragment(request):
        return render(request, "tickets/_head.html", page_context(actor, ticket_id))
    return changed(request, ticket_id)
