"""Who else is on this ticket."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from vigie.tickets import access
from vigie.tickets.actions import presence
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render


@agents("tickets:view", answers="fragment")
def ticket_presence(request: Request, ticket_id: int) -> HttpResponse:
    """GET: who is there. POST: I am, typing when a ``kind`` is given; the same answer."""
    now = timezone.now()
    if request.method == "POST":
        typing = request.POST.get("kind") in ("reply", "note")
        others = presence.present(request.actor, ticket_id, is_typing=typing, now=now)
    else:
        access.one(request.actor, ticket_id)
        others = presence.others(request.actor, ticket_id, now=now)
    return render(request, "tickets/_presence.html", {"others": others})
