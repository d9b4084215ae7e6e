"""Following tickets: the list, one ticket, its promise, answering and taking the steps that are the client's."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.contracts.queries.hours_told import calendar_names, hours_told
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.strip import strip
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions.asking import Kept, answer, keep_files, step
from vigie.tickets.actions.conversation import Said, save_draft
from vigie.tickets.actions.course import reopen_until
from vigie.tickets.models import Ticket
from vigie.tickets.portal import words
from vigie.tickets.portal.explained import NAMES, kept_words, pieces, target_words, told, totals
from vigie.tickets.portal.forms import SUBMISSION_LIMIT, draft_of, files_of, said_of
from vigie.tickets.queries import customer
from vigie.tickets.queries.asking import draft_at
from vigie.tickets.queries.corrected import corrections_of
from vigie.tickets.queries.suggesting import did_you_mean_mine
from vigie.tickets.rules import facts
from vigie.tickets.rules.noted import noted_by
from vigie.tickets.rules.snippet import marked
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.jinja import when
from vigie.toolkit.pages import is_fragment, render
from vigie.toolkit.refusals import sentence
from vigie.workflow.queries import machine_of

WORDS_LIMIT = 100


@require_GET
@customers()
def tickets(request: Request) -> HttpResponse:
    """One's own requests or, for those who may, the company's: the open ones, or by words whatever their state."""
    wish = _wish(request)
    page = customer.listed(request.actor, wish, request.GET.get("after") or None)
    values = {
        "page_rows": page,
        "wish": wish,
        "meant": did_you_mean_mine(request.actor, wish) if wish.words and not page.rows else "",
        "standing": words.standing,
        "turns": words.TURNS,
        "asks": words.ASKS,
        "marked": marked,
    }
    return render(request, "tickets/portal_tickets.html", values)


def _wish(request: Request) -> customer.Wish:
    """What the address asks for. Words are looked for in all that is in sight unless it says where."""
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:WORDS_LIMIT]
    whose, asked = request.GET.get("of"), request.GET.get("show")
    shows: dict[str | None, customer.Show] = {"open": "open", "closed": "closed", "all": "all"}
    return customer.Wish(
        show=shows.get(asked, "all" if sought else "open"),
        company=request.actor.scope != "own" and (whose == "company" or (bool(sought) and whose != "mine")),
        words=sought,
    )


@require_GET
@customers()
def ticket(request: Request, ticket_id: int) -> HttpResponse:
    """One ticket; to htmx, only what may have moved."""
    return _shown(request, ticket_id, timezone.now())


def _shown(
    request: Request,
    ticket_id: int,
    now: dt.datetime,
    *,
    refusal: Refusal | None = None,
    kept: Kept | None = None,
) -> HttpResponse:
    found = customer.one(request.actor, ticket_id)
    values = _moving(request.actor, found, now)
    if is_fragment(request) and refusal is None:
        return render(request, "tickets/_portal_ticket.html", values)
    draft: Mapping[str, Any] = request.POST if refusal else draft_at(request.actor, f"reply:{ticket_id}")
    if kept is None:
        kept = keep_files(request.actor, (), draft.get("uploads", ()) if not refusal else (), now=now)
    values.update(
        draft=str(draft.get("body") or ""),
        was_kept=bool(not refusal and (draft.get("body") or kept.files)),
        kept=kept.files,
        then=("" if refusal else request.GET.get("then")) or draft.get("then", ""),
        submission=request.POST.get("submission", "")[:SUBMISSION_LIMIT] or secrets.token_urlsafe(16),
        problems=[sentence(r) for r in ([refusal] if refusal else []) + kept.refusals],
        must_choose=refusal is not None and refusal.code == "tickets.reply_or_reopen",
    )
    return render(request, "tickets/portal_ticket.html", values, status=refusal.status if refusal else 200)


def _moving(actor: Actor, found: Ticket, now: dt.datetime) -> dict[str, Any]:
    """What a ticket page shows and what may change while it is read."""
    machine = machine_of(found.workflow_version_id)
    verbs = {taken.verb for taken in machine.steps_from(found.state, "client")} - {"resume"}
    until = reopen_until(found, machine) if found.phase == "done" else None
    is_answered = found.phase == "done" and found.awaiting_reply_since is not None
    if until is None or now > until:
        verbs.discard("reopen")
    waits = found.phase == "waiting" and found.pending_reason == "client_approval"
    awaited = customer.awaited(found) if waits else {}
    if actor.me not in awaited or actor.me == found.requester_id:
        verbs -= {"approve", "reject"}
    names = customer.names_of({found.requester_id, found.beneficiary_id})
    return {
        "ticket": found,
        "standing": words.ANSWERED if is_answered else words.standing(found),
        "is_answered": is_answered,
        "turns": words.TURNS,
        "asks": words.ASKS,
        "steps": words.STEPS,
        "verbs": verbs,
        "awaited": list(awaited.values()),
        "reopen_until": words.spoken(until, now) if until else None,
        "requester": names.get(found.requester_id, ""),
        "beneficiary": names.get(found.beneficiary_id, ""),
        "story": _story(actor, found),
        "promises": [
            told(promised, found.ticket_type, now, turn=words.standing(found).turn)
            for promised in customer.promises(actor, found, now)
        ],
        "opened": words.spoken(found.opened_at, now),
    }


def _story(actor: Actor, found: Ticket) -> list[dict[str, Any]]:
    """Messages and changes of state, in the order of time."""
    steps = customer.steps_taken(actor, found)
    opening = next((fact for fact in steps if fact["kind"] == facts.OPENED), None)
    story = [
        {
            "at": m["created_at"],
            "message": {**m, "noted_by": noted_by(m, opening)},
            "mine": m["author_id"] == actor.person_id,
        }
        for m in customer.conversation(actor, found)
    ]
    for fact in steps:
        text = words.happened(fact)
        if text is not None:
            story.append({"at": fact["at"], "fact": text, "mine": False})
    return sorted(story, key=lambda line: (line["at"], "fact" in line))


@require_GET
@customers()
def explained(request: Request, ticket_id: int) -> HttpResponse:
    """Why each promise stands where it stands, piece by piece."""
    now = timezone.now()
    found = customer.one(request.actor, ticket_id)
    promises = customer.promises(request.actor, found, now)
    calendars = calendar_names(request.actor, [promised.reading.terms for promised in promises])
    rows = []
    for promised in promises:
        with timezone.override(zone_of(promised.reading.terms.zone)):
            rows.append(_explained(promised, found, calendars, now))
    zone = rows[0]["zone"] if rows else request.actor.timezone
    with timezone.override(zone_of(zone)):
        corrections = corrections_of(request.actor, found)
    context = {"ticket": found, "rows": rows, "corrections": corrections}
    return render(request, "tickets/portal_promise.html", context)


def _explained(
    promised: customer.Promised, ticket: Ticket, calendars: Mapping[str, str], now: dt.datetime
) -> dict[str, Any]:
    """A promise in the time of its own zone, the one of its hours: whoever reads it counts again from the same instants."""
    terms = promised.reading.terms
    found = pieces(promised.reading)
    return {
        "name": NAMES[promised.kind],
        "told": told(promised, ticket.ticket_type, now, turn=words.standing(ticket).turn),
        "target": target_words(promised.reading),
        "used": max(promised.reading.used_seconds, 0),
        "over": promised.reading.stopped_at is not None,
        "kept": kept_words(promised),
        "hours": hours_told(terms, calendars.get(terms.calendar_version, "")),
        "zone": terms.zone,
        "pieces": [
            {"piece": one, "start": when(one.start, "exact"), "end": when(one.end, "exact")} for one in found
        ],
        "totals": totals(found),
        "strip": strip(promised.reading),
    }


@require_POST
@customers()
def reply(request: Request, ticket_id: int) -> HttpResponse:
    """Answer. On a solved ticket the person says whether it opens it again."""
    now, then = timezone.now(), request.POST.get("then", "")
    kept = _files(request, ticket_id, now)
    if kept.refusals:
        return _shown(request, ticket_id, now, refusal=kept.refusals.pop(0), kept=kept)
    try:
        answer(request.actor, ticket_id, said_of(request, kept.tokens), then, now=now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _shown(request, ticket_id, now, refusal=refusal, kept=kept)
    messages.success(request, str(words.DONE["reopen"]) if then == "reopen" else _("Your message is sent."))
    return HttpResponseRedirect(reverse("portal_ticket", args=[ticket_id]))


def _files(request: Request, ticket_id: int, now: dt.datetime) -> Kept:
    """The files of the answer, kept only for a ticket in sight."""
    access.one(request.actor, ticket_id)
    return keep_files(request.actor, files_of(request), request.POST.getlist("uploads"), now=now)


@require_POST
@customers()
def take(request: Request, ticket_id: int, verb: str) -> HttpResponse:
    """Confirm, withdraw, declare solved, approve or decline."""
    now = timezone.now()
    said = said_of(request, [])
    if verb == "resolve" and not said.body.strip():
        said = Said(_("I solved it myself."), is_html=False, submission=said.submission)
    try:
        step(request.actor, ticket_id, verb, said, now=now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _shown(request, ticket_id, now, refusal=refusal)
    messages.success(request, str(words.DONE.get(verb, _("Done."))))
    return HttpResponseRedirect(reverse("portal_ticket", args=[ticket_id]))


@require_POST
@customers(answers="json")
def draft(request: Request, ticket_id: int) -> HttpResponse:
    """Keep the answer being typed, with its files."""
    access.one(request.actor, ticket_id)
    content = draft_of(request, ("body", "then"))
    save_draft(request.actor, f"reply:{ticket_id}", content, now=timezone.now())
    return HttpResponse(status=204)
