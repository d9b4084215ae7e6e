"""Sending what the composer holds."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions.answering import Answer, Crossing, answer
from vigie.tickets.actions.asking import Kept, keep_files
from vigie.tickets.actions.conversation import Said
from vigie.tickets.forms import whole
from vigie.tickets.models import Attachment
from vigie.tickets.portal.forms import files_of
from vigie.tickets.queries import page
from vigie.tickets.views.ticket import page_context
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import is_fragment, render
from vigie.toolkit.refusals import sentence


@agents("tickets:view")
@require_POST
def ticket_say(request: Request, ticket_id: int) -> HttpResponse:
    """A reply, a note, or a reply and a step. A refusal leaves the text where it was typed."""
    kept = _files(request, ticket_id)
    given = _given(request, kept.tokens)
    if kept.refusals:
        return _held(request, ticket_id, given, kept.refusals[0], kept.files)
    try:
        answer(request.actor, ticket_id, given, now=timezone.now())
    except (NotFound, NotAllowed):
        raise
    except Refusal as refusal:
        return _held(request, ticket_id, given, refusal, kept.files)
    if is_fragment(request):
        return render(
            request, "tickets/_said.html", page_context(request.actor, ticket_id, oob=True, kind=given.kind)
        )
    return HttpResponseRedirect(reverse("ticket", args=[ticket_id]) + "#composer")


def _files(request: Request, ticket_id: int) -> Kept:
    """Files that came with the form: without script, or before the editor was there to take them into its text."""
    owner, earlier = (
        access.one(request.actor, ticket_id).organisation_id,
        request.POST.getlist("uploads")[:50],
    )
    return keep_files(request.actor, files_of(request), earlier, organisation_id=owner, now=timezone.now())


def _given(request: Request, uploads: list[str]) -> Answer:
    form = request.POST
    said = Said(
        form.get("body", ""),
        is_html=form.get("plain") != "1",
        uploads=uploads,
        submission=form.get("submission", "")[:64],
    )
    kind = "note" if form.get("kind") == "note" else "reply"
    seen = form.getlist("seen")
    then = form.get("then", "") if kind == "reply" else ""
    return Answer(kind, said, then, whole(seen[-1]) if seen else None, form.get("despite") == "1")


def _held(
    request: Request, ticket_id: int, given: Answer, refusal: Refusal, files: Sequence[Attachment]
) -> HttpResponse:
    """Say why beside the text. To htmx the editor is not touched; without script the page comes back with the text."""
    newer = page.newer_messages(request.actor, ticket_id, given.seen) if given.seen is not None else []
    newest = newer[-1]["id"] if newer else given.seen
    held = {
        "text": sentence(refusal),
        "crossing": isinstance(refusal, Crossing),
        "newer": newer,
        "newest": newest,
    }
    if is_fragment(request):
        response = render(request, "tickets/_held.html", {"held": held}, status=refusal.status)
        response["HX-Retarget"] = "#composer-says"
        response["HX-Reswap"] = "innerHTML"
        return response
    context = page_context(request.actor, ticket_id, held=held, typed=given, kept=files)
    return render(request, "tickets/ticket.html", context, status=refusal.status)
