"""The form of a new request: one page, a promise in words, nothing lost."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel.refusal import Refusal
from vigie.tickets.actions.asking import Kept, ask, keep_files, new_place
from vigie.tickets.actions.conversation import discard_draft, save_draft, upload
from vigie.tickets.forms import whole
from vigie.tickets.portal.explained import told
from vigie.tickets.portal.forms import SUBMISSION_LIMIT, Ask, draft_of, files_of
from vigie.tickets.portal.words import ASKS
from vigie.tickets.queries.asking import (
    Offer,
    colleagues_named,
    draft_at,
    offer,
    own_site,
    readers,
    would_promise,
)
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence

FIELDS = ("type", "service", "title", "body", "urgency", "need", "impact", "beneficiary", "site")
DEFAULTS = {"urgency": "2", "need": "2", "impact": "3", "service": "", "beneficiary": ""}
# where a refusal of the action is shown
AT_FIELD = {"ticket_type": "type", "requester": "beneficiary"}


@require_http_methods(["GET", "POST"])
@customers()
def new(request: Request) -> HttpResponse:
    """Show the form with what was already typed, or send it."""
    now = timezone.now()
    if request.method == "POST":
        return _send(request, _offered(request, request.POST), now)
    draft = draft_at(request.actor, new_place(request.actor))
    kept = {name: value for name, value in draft.items() if name in FIELDS}
    files = keep_files(request.actor, (), draft.get("uploads", ()), now=now)
    asked = {name: request.GET[name][:250] for name in ("type", "title", "service") if request.GET.get(name)}
    if kept.get("title"):
        asked.pop("title", None)
    offered = _offered(request, kept)
    initial = {**DEFAULTS, "type": "incident", "site": own_site(request.actor), **kept, **asked}
    if initial["type"] not in ASKS:
        initial["type"] = "incident"
    form = Ask(None, offered, request.actor, initial=initial)
    was_kept = bool(kept.get("title") or kept.get("body") or files.files)
    return _page(request, form, offered, files, now, was_kept=was_kept)


def _offered(request: Request, given: Mapping[str, Any]) -> Offer:
    return offer(request.actor, timezone.localdate(), whole(given.get("beneficiary")))


def _send(request: Request, offered: Offer, now: dt.datetime) -> HttpResponse:
    kept = keep_files(request.actor, files_of(request), request.POST.getlist("uploads"), now=now)
    form = Ask(request.POST, offered, request.actor)
    if form.is_valid() and not kept.refusals:
        submission = request.POST.get("submission", "")[:SUBMISSION_LIMIT]
        try:
            ticket = ask(request.actor, form.new_ticket(request.actor, kept.tokens, submission), now=now)
        except Refusal as refusal:
            name = AT_FIELD.get(refusal.field or "", refusal.field)
            form.add_error(name if name in form.fields else None, sentence(refusal))
        else:
            messages.success(
                request,
                _("Sent. Your request has the number %(reference)s.") % {"reference": ticket.reference},
            )
            return HttpResponseRedirect(reverse("portal_ticket", args=[ticket.pk]))
    for not_kept in kept.refusals:
        form.add_error(None, sentence(not_kept))
    return _page(request, form, offered, kept, now, status=422)


def _page(
    request: Request,
    form: Ask,
    offered: Offer,
    kept: Kept,
    now: dt.datetime,
    *,
    status: int = 200,
    was_kept: bool = False,
) -> HttpResponse:
    values = {
        "form": form,
        "offer": offered,
        "readers": readers(request.actor),
        "service_icons": {str(service["id"]): service["icon"] for service in offered.services},
        "kept": kept.files,
        "was_kept": was_kept,
        "submission": request.POST.get("submission", "")[:SUBMISSION_LIMIT] or secrets.token_urlsafe(16),
        "promise": _promise(request, offered, form.data if form.is_bound else form.initial, now),
    }
    return render(request, "tickets/portal_new.html", values, status=status)


def _promise(request: Request, offered: Offer, given: Mapping[str, Any], now: dt.datetime) -> list[str]:
    """The promise for what is chosen now, in sentences; choices not valid yet count as not made."""
    sketching = Ask({name: given.get(name) or "" for name in FIELDS}, offered, request.actor)
    sketching.is_valid()
    sketch = sketching.sketch()
    would_be = would_promise(request.actor, sketch, now)
    return [told(one, sketch.ticket_type, now).sentence for one in would_be]


@require_GET
@customers(answers="fragment")
def promise(request: Request) -> HttpResponse:
    """The promise for what is chosen in the form, as one chooses."""
    offered = _offered(request, request.GET)
    sentences = _promise(request, offered, request.GET, timezone.now())
    return render(request, "tickets/_portal_promise_words.html", {"promise": sentences})


@require_GET
@customers(answers="fragment")
def people(request: Request) -> HttpResponse:
    """Colleagues found by a part of their name, for whom a request may be."""
    found = colleagues_named(request.actor, request.GET.get("q", ""), timezone.localdate())
    return render(request, "tickets/_portal_people.html", {"found": found})


@require_POST
@customers(answers="json")
def draft(request: Request) -> HttpResponse:
    """Keep what is being typed in the form, or forget it and start again."""
    if "forget" in request.POST:
        discard_draft(request.actor, new_place(request.actor))
        return HttpResponseRedirect(reverse("portal_new"))
    save_draft(request.actor, new_place(request.actor), draft_of(request, FIELDS), now=timezone.now())
    return HttpResponse(status=204)


@require_POST
@customers(answers="json")
def send_file(request: Request) -> HttpResponse:
    """Keep a picture dropped in the editor; its address is answered."""
    sent = request.FILES.get("file")
    if sent is None:
        return JsonResponse({"message": _("No file was sent.")}, status=422)
    try:
        kept = upload(
            request.actor,
            request.actor.organisation_id or 0,
            sent.name or "",
            sent.size or 0,
            sent.chunks(),
            now=timezone.now(),
        )
    except Refusal as refusal:
        return JsonResponse({"message": sentence(refusal)}, status=refusal.status)
    return JsonResponse({"id": kept.token, "url": reverse("file", args=[kept.token])})
