"""Keeping what is being typed."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from vigie.tickets import access
from vigie.tickets.actions.conversation import BODY_LIMIT, save_draft, step_place
from vigie.tickets.actions.drafting import Typed, keep_words
from vigie.tickets.forms import NewTicketForm
from vigie.toolkit import richtext
from vigie.toolkit.entry import Request, agents

STEP_TEXTS = ("text", "reason", "master", "pending_reason", "resolution_code", "follow_up_at")


@agents("tickets:view", answers="json")
@require_POST
def keep_message(request: Request, ticket_id: int) -> JsonResponse:
    """The reply or the note being typed on a ticket; an empty one is forgotten."""
    kind = "note" if request.POST.get("kind") == "note" else "reply"
    access.one(request.actor, ticket_id)
    typed = Typed(
        body=request.POST.get("body", "").replace("\x00", "")[:BODY_LIMIT],
        window=request.POST.get("draft_window", "")[:40],
        seen=request.POST.get("draft_seen", "")[:40],
        settles=request.POST.get("draft_settles") == "1",
    )
    kept = keep_words(request.actor, f"{kind}:{ticket_id}", typed, now=timezone.now())
    if kept.overtaken:
        other = str(richtext.shown(kept.body))
        return JsonResponse({"kept": False, "seen": kept.version, "other": other}, status=409)
    return JsonResponse({"kept": True, "seen": kept.version})


@agents("tickets:open", answers="json")
@require_POST
def keep_new(request: Request) -> JsonResponse:
    """The form of a new ticket, as it stands."""
    names = [*NewTicketForm.base_fields, "requester_name", "beneficiary_name"]
    save_draft(request.actor, "new", _typed(request, names), now=timezone.now())
    return JsonResponse({"kept": True})


@agents("tickets:view", answers="json")
@require_POST
def keep_step(request: Request, ticket_id: int, verb: str) -> JsonResponse:
    """The form of a step, as it stands."""
    access.one(request.actor, ticket_id)
    keep_typed(request, ticket_id, verb)
    return JsonResponse({"kept": True})


def keep_typed(request: Request, ticket_id: int, verb: str) -> None:
    """Keep what the form of the step called ``verb`` holds."""
    content = {"verb": verb, **_typed(request, STEP_TEXTS)}
    save_draft(request.actor, step_place(ticket_id), content, now=timezone.now())


def _typed(request: Request, names: Iterable[str]) -> dict[str, str]:
    """The fields of these names, each cut to what a message may be."""
    return {
        name: request.POST[name].replace("\x00", "")[:BODY_LIMIT] for name in names if name in request.POST
    }
