"""Opening a ticket on behalf of a client's person."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets.actions import answering, opening
from vigie.tickets.forms import NewTicketForm, whole
from vigie.tickets.queries import choices
from vigie.tickets.views.steps import put_on
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence

NUMBERS = (
    "organisation",
    "requester",
    "beneficiary",
    "service",
    "category",
    "site",
    "impact",
    "urgency",
    "team",
    "assignee",
)


def _values(source: Any) -> dict[str, Any]:
    """The form's present values as numbers, whatever else it holds."""
    values: dict[str, Any] = {name: whole(source.get(name)) for name in NUMBERS}
    values["impact"] = values["impact"] if values["impact"] in (1, 2, 3) else None
    values["urgency"] = values["urgency"] if values["urgency"] in (1, 2, 3) else 2
    values["ticket_type"] = source.get("ticket_type") or "incident"
    return values


def _offered(request: Request, organisation_id: int | None) -> dict[str, list[Any]]:
    actor = request.actor
    in_sight = choices.clients(actor)
    known = organisation_id if organisation_id in {pk for pk, _name in in_sight} else None
    return {
        "organisation": list(in_sight),
        "service": list(choices.services(actor, known)) if known else [],
        "category": list(choices.categories(actor)),
        "site": list(choices.sites(actor, known)) if known else [],
        "team": choices.teams(actor) if known and actor.can("tickets:assign") else [],
        "assignee": [(one["id"], one["name"]) for one in choices.agents(actor, known)]
        if known and actor.can("tickets:assign")
        else [],
    }


def _page(
    request: Request, form: NewTicketForm, source: Any, status: int = 200, *, parts: bool = False
) -> HttpResponse:
    actor, values = request.actor, _values(source)
    names: dict[str, Any] = {
        role: choices.contact_name(actor, values["organisation"], values[role])
        for role in ("requester", "beneficiary")
        if values["organisation"] and values[role]
    }
    context = {
        "f": form, "values": values, "names": names, "uploads": request.POST.getlist("uploads"), "may_assign": actor.can("tickets:assign"),
        "submission": request.POST.get("submission", ""), "follows": source.get("follows", ""), **_promise(request, source),
    }  # fmt: skip
    return render(request, "tickets/_new_parts.html" if parts else "tickets/new.html", context, status=status)


def _promise(request: Request, source: Any) -> dict[str, Any]:
    """What would be promised now, or the sentence that says why it cannot be told."""
    try:
        return {
            "outlook": choices.outlook(request.actor, _values(source), timezone.now()),
            "outlook_error": "",
        }
    except NotFound:
        return {"outlook": None, "outlook_error": ""}
    except Refusal as refusal:
        return {"outlook": None, "outlook_error": sentence(refusal)}


@agents("tickets:open")
def ticket_new(request: Request) -> HttpResponse:
    """The form, with what was typed before; then the ticket."""
    if request.method == "POST":
        return _open(request)
    kept = choices.draft_at(request.actor, "new")
    source = QueryDict(mutable=True)
    source.update({name: str(value) for name, value in kept.items()})
    source.update(
        {"ticket_type" if name == "type" else name: str(value) for name, value in request.GET.items()}
    )
    if "organisation" not in source and len(only := choices.clients(request.actor)) == 1:
        source["organisation"] = str(only[0][0])
    values = _values(source)
    initial: dict[str, Any] = dict(source.items())
    initial.update({name: value for name, value in values.items() if value is not None})
    form = NewTicketForm(_offered(request, values["organisation"]), initial=initial)
    return _page(request, form, source)


def _open(request: Request) -> HttpResponse:
    values = _values(request.POST)
    form = NewTicketForm(_offered(request, values["organisation"]), request.POST)
    if not form.is_valid():
        return _page(request, form, request.POST, 422)
    sent = form.cleaned_data
    new = opening.NewTicket(
        organisation_id=sent["organisation"],
        ticket_type=sent["ticket_type"],
        title=sent["title"],
        body=sent["body"],
        requester_id=sent["requester"],
        beneficiary_id=sent["beneficiary"],
        service_id=sent["service"],
        category_id=sent["category"],
        site_id=sent["site"],
        impact=sent["impact"],
        urgency=sent["urgency"],
        channel=sent["channel"],
        tags=sent["tags"],
        is_confidential=sent["is_confidential"],
        uploads=request.POST.getlist("uploads")[:50],
        submission=request.POST.get("submission", "")[:64],
    )
    try:
        follows = request.POST.get("follows", "")
        holder = _holder(request, sent)
        ticket = answering.open_typed(request.actor, new, follows=follows, holder=holder, now=timezone.now())
    except NotFound:
        raise
    except Refusal as refusal:
        put_on(form, refusal)
        return _page(request, form, request.POST, 422)
    return HttpResponseRedirect(reverse("ticket", args=[ticket.pk]))


def _holder(request: Request, sent: dict[str, Any]) -> answering.Holder:
    """Who was chosen to have it; the person of the page where "Open and take it" was pressed."""
    actor = request.actor
    if not request.POST.get("take"):
        return answering.Holder(sent["team"], sent["assignee"])
    return answering.Holder(sent["team"], actor.person_id, next(iter(sorted(actor.team_ids)), None))


@agents("tickets:open", answers="fragment")
@require_GET
def new_promise(request: Request) -> HttpResponse:
    """The priority and the promise of the form as it stands."""
    return render(request, "tickets/_promise.html", _promise(request, request.GET))


@agents("tickets:open", answers="fragment")
@require_GET
def new_fields(request: Request) -> HttpResponse:
    """The choices that depend on the client, once it is chosen."""
    source = request.GET.copy()
    for name in ("requester", "beneficiary", "service", "site", "assignee"):
        source.pop(name, None)
    _follow_caller(source)
    values = _values(source)
    form = NewTicketForm(_offered(request, values["organisation"]), initial=source.dict())
    return _page(request, form, source, parts=True)


def _follow_caller(source: QueryDict) -> None:
    """Who calls, found before the client: ``caller`` is ``client-person`` and chooses both."""
    client, _dash, person = source.get("caller", "").partition("-")
    if whole(client) and whole(person):
        source["organisation"], source["requester"] = client, person


@agents("tickets:open", answers="fragment")
@require_GET
def new_callers(request: Request) -> HttpResponse:
    """People of every client in sight, for an agent who hears a name first."""
    found = choices.callers(request.actor, request.GET.get("q", ""), timezone.localdate())
    items = [
        {
            "value": f"{c['organisation_id']}-{c['person_id']}",
            "label": c["name"],
            "more": " · ".join(filter(None, (c["organisation__name"], c["site__name"]))),
            "icon": "vip" if c["is_vip"] else "",
        }
        for c in found
    ]
    return render(request, "tickets/_options.html", {"items": items})


@agents("tickets:open", answers="fragment")
@require_GET
def new_contacts(request: Request, organisation_id: int) -> HttpResponse:
    """Contacts of one client for the fields "who asks" and "for somebody else"."""
    found = choices.contacts(request.actor, organisation_id, request.GET.get("q", ""), timezone.localdate())
    items = [
        {
            "value": c["person_id"],
            "label": c["name"],
            "more": c["site__name"] or c["email"] or "",
            "icon": "vip" if c["is_vip"] else "",
        }
        for c in found
    ]
    return render(request, "tickets/_options.html", {"items": items})
