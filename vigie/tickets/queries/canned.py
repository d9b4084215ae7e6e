"""Canned replies: those one may use, and one filled for a ticket."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import get_language

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access
from vigie.tickets.models import CannedReply
from vigie.tickets.rules.canned import filled
from vigie.tickets.rules.snippet import folded
from vigie.toolkit.jinja import local_name

MOST = 20


def listed(actor: Actor) -> list[CannedReply]:
    """Every canned reply in sight, by title in the reader's language."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    rows = access.visible_canned(actor).select_related("owner", "team", "service")
    return list(rows.order_by(f"title_{language}", "pk"))


def offered(actor: Actor, ticket_id: int, words: str) -> list[tuple[int, str, str]]:
    """``(id, title, opposite title)`` of those for this ticket whose titles hold every word."""
    ticket = access.one(actor, ticket_id)
    wanted = folded(words).split()
    rows = access.visible_canned(actor).filter(Q(service=None) | Q(service_id=ticket.service_id))
    spoken = "title_en" if (get_language() or "fr").startswith("en") else "title_fr"
    other = "title_fr" if spoken == "title_en" else "title_en"
    found = rows.order_by(spoken, "pk").values_list("pk", spoken, other)
    return [row for row in found if all(word in folded(f"{row[1]} {row[2]}") for word in wanted)][:MOST]


def text_for(actor: Actor, ticket_id: int, canned_id: int) -> str:
    """The reply as plain text, in the requester's language, its places filled from the ticket."""
    ticket = access.one(actor, ticket_id)
    canned = access.visible_canned(actor).filter(pk=canned_id).first()
    if canned is None:
        raise NotFound()
    english = ticket.requester.language.startswith("en")
    service = ticket.service
    values = {
        "requester": ticket.requester.name,
        "reference": ticket.reference,
        "subject": ticket.title,
        "service": local_name({"name_fr": service.name_fr, "name_en": service.name_en}) if service else "",
        "client": ticket.organisation.name,
        "agent": actor.name,
    }
    return filled(canned.body_en if english else canned.body_fr, values)
