"""The ticket's page, its live parts, its history and its clocks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel.actor import Actor
from vigie.tickets import labels
from vigie.tickets.actions.conversation import save_draft
from vigie.tickets.forms import whole
from vigie.tickets.queries import clock_story, history, page
from vigie.tickets.queries.corrected import asked_of, corrections_of
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render
from vigie.workflow import labels as flow

STATE_KINDS = {
    "new": "new", "submitted": "new", "assigned": "open", "approved": "open", "in_progress": "progress",
    "in_fulfilment": "progress", "pending": "waiting", "pending_approval": "waiting", "resolved": "resolved",
    "fulfilled": "resolved", "answered": "resolved", "closed": "closed", "cancelled": "cancelled", "rejected": "cancelled",
}  # fmt: skip
STEP_ICONS = {
    "assign": "users", "start": "player-play", "wait": "player-pause", "resume": "player-play", "resolve": "circle-check",
    "reopen": "refresh", "close": "check", "cancel": "circle-x", "ask_approval": "hourglass", "approve": "thumb-up",
    "reject": "thumb-down",
}  # fmt: skip
WORDS: dict[str, Any] = {
    "types": labels.TYPES, "priorities": labels.PRIORITIES, "impacts": labels.IMPACTS, "urgencies": labels.URGENCIES,
    "clocks": labels.CLOCKS, "channels": labels.CHANNELS, "states": flow.STATES, "steps": flow.STEPS, "reasons": flow.PENDING_REASONS,
    "resolutions": flow.RESOLUTIONS, "cancel_reasons": flow.CANCEL_REASONS, "state_kinds": STATE_KINDS,
    "step_icons": STEP_ICONS, "languages": {"fr": "Français", "en": "English"},
}  # fmt: skip


def page_context(actor: Actor, ticket_id: int, **more: Any) -> dict[str, Any]:
    """Everything that the page's templates read, by one query."""
    shown = page.ticket_page(
        actor, ticket_id, now=timezone.now(), everything=bool(more.pop("everything", False))
    )
    values: dict[str, Any] = {"t": shown.row, "p": shown, "words": WORDS, "me": actor.person_id, "oob": False}
    can = {grant: actor.can(f"tickets:{grant}") for grant in ("work", "assign", "reply", "note", "open")}
    values.update(can={**can, "see_workflow": actor.can("workflow:view")})
    return {**values, **more}


@agents("tickets:view")
@require_GET
def ticket(request: Request, ticket_id: int) -> HttpResponse:
    """The page itself."""
    context = page_context(request.actor, ticket_id, everything="all" in request.GET)
    return render(request, "tickets/ticket.html", context)


PARTS = {"head": "tickets/_head.html", "cards": "tickets/_cards.html"}


@agents("tickets:view")
@require_GET
def ticket_part(request: Request, ticket_id: int, part: str) -> HttpResponse:
    """The header or the cards again, for a page that is already open."""
    return render(request, PARTS[part], page_context(request.actor, ticket_id))


@agents("tickets:view")
@require_GET
def ticket_news(request: Request, ticket_id: int) -> HttpResponse:
    """What was said and done since the last line that the page shows."""
    after_message, after_fact = whole(request.GET.get("m")) or 0, whole(request.GET.get("f")) or 0
    items, last_message, last_fact = page.news(
        request.actor, ticket_id, after_message=after_message, after_fact=after_fact
    )
    others = [i for i in items if i.message and i.message["author_id"] != request.actor.person_id]
    context = {
        "items": items, "ticket_id": ticket_id, "last_message": last_message, "last_fact": last_fact, "others": others,
        "words": WORDS,
    }  # fmt: skip
    return render(request, "tickets/_news.html", context)


@agents("tickets:view")
@require_GET
def ticket_mails(request: Request, ticket_id: int) -> HttpResponse:
    """How one message (``m``) was mailed, again, for a page on which it waited."""
    message_id = whole(request.GET.get("m")) or 0
    mails = page.mails_of_message(request.actor, ticket_id, message_id)
    return render(
        request, "tickets/_mails.html", {"mails": mails, "ticket_id": ticket_id, "message_id": message_id}
    )


@agents("tickets:view")
@require_GET
def ticket_clocks(request: Request, ticket_id: int) -> HttpResponse:
    """Why each clock says what it says, segment by segment, and who held the ticket."""
    return clocks_page(request, ticket_id)


def clocks_page(request: Request, ticket_id: int, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of clocks, or what of it stands in the dialog of the ticket's page."""
    dialog = "dialog" in request.GET
    told = clock_story.story(request.actor, ticket_id, now=timezone.now())
    values = {
        "story": told, "dialog": dialog,
        "breach_reasons": labels.BREACH_REASONS, "can_work": request.actor.can("tickets:work"), "typed": {},
        "corrections": corrections_of(request.actor, told.ticket, behind=True), "asked_corrections": asked_of(request.actor, told.ticket),
        "may_correct": request.actor.can("tickets:correct"), **more,
    }  # fmt: skip
    return render(request, "tickets/_clocks.html" if dialog else "tickets/clocks.html", values, status=status)


@agents("tickets:view")
@require_GET
def ticket_history(request: Request, ticket_id: int) -> HttpResponse:
    """Every fact of the ticket."""
    found, entries = history.history(request.actor, ticket_id)
    return render(request, "tickets/history.html", {"ticket": found, "entries": entries})


@agents("tickets:view", answers="nothing")
@require_POST
def show_facts(request: Request) -> HttpResponse:
    """Show or hide the thin lines, for this person, on every ticket."""
    shown = request.POST.get("shown") == "1"
    save_draft(request.actor, page.SETTING_FACTS, {"shown": shown}, now=timezone.now())
    return HttpResponse(status=204)
