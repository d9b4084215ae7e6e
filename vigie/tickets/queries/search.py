"""Finding tickets: a reference opens at once, words come back by rank, and only what is in sight."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.tickets import access
from vigie.tickets.models import Message
from vigie.tickets.queries.meters import Meter, meters
from vigie.tickets.queries.queue import PHASES, rows_for_list
from vigie.tickets.rules.reference import PREFIXES
from vigie.tickets.rules.snippet import snippet
from vigie.toolkit import search, vocabulary
from vigie.toolkit.richtext import to_text

MOST_HITS = 500
PAGE_SIZE = 25
SNIPPET_SOURCE = 20_000
_REFERENCE = re.compile(r"^[A-Z]{2,4}-[A-Z0-9]{2,8}-[0-9]{1,10}$")
_NUMBER = re.compile(r"^#?([0-9]{1,10})$")


def by_reference(actor: Actor, words: str) -> list[int]:
    """Ids of the tickets that ``words`` names: a reference, a former one, or a bare number of any client."""
    wanted = words.strip().upper()
    if _REFERENCE.match(wanted):
        named = Q(reference=wanted) | Q(former_references__contains=[wanted])
    elif number := _NUMBER.match(wanted):
        codes = visible_clients(actor).values_list("code", flat=True)
        tail = int(number.group(1))
        named = Q(reference__in=[f"{prefix}-{code}-{tail}" for code in codes for prefix in PREFIXES.values()])
    else:
        return []
    return list(
        access.visible(actor).filter(named).order_by("-updated_at").values_list("id", flat=True)[:PAGE_SIZE]
    )


def hits(actor: Actor, words: str, *, limit: int = MOST_HITS) -> list[int]:
    """Ids in sight for ``words``, open tickets first, then the best. Internal notes count for the provider's staff alone."""
    audiences = ("public", "internal") if actor.is_provider else ("public",)
    organisations = None if actor.organisations is None else sorted(actor.organisations)
    found = search.find("ticket", words, audiences=audiences, organisations=organisations, limit=limit)
    if not found:
        return []
    phases = dict(access.visible(actor).filter(pk__any_of=found).values_list("id", "phase"))
    return sorted((pk for pk in found if pk in phases), key=lambda pk: phases[pk] not in PHASES["live"])


def begun(actor: Actor, words: str) -> str:
    """A search for words of which the last is not typed to its end; empty when no text in sight goes on so."""
    return vocabulary.endings(words, None if actor.organisations is None else sorted(actor.organisations))


def hits_while_typing(actor: Actor, words: str, *, limit: int, enough: int) -> list[int]:
    """:func:`hits`; fewer than ``enough`` are followed by those of the words that begin as the last one."""
    found = hits(actor, words, limit=limit)
    if len(found) < enough and (longer := begun(actor, words)):
        found += hits(actor, longer, limit=limit)
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results, with what its rows name."""

    total: int
    number: int
    rows: list[dict[str, Any]]
    clocks: Mapping[int, Meter]
    snippets: Mapping[int, str]

    @property
    def has_next(self) -> bool:
        return self.number * PAGE_SIZE < self.total


def search_tickets(actor: Actor, words: str, *, number: int, now: dt.datetime) -> Found:
    """The page ``number`` (from 1) of the tickets found, by rank; what ``words`` names by reference comes first.

    When nothing holds the words, the last one may be the beginning of others.
    """
    named = by_reference(actor, words)
    ids = list(dict.fromkeys([*named, *hits(actor, words)]))
    if not ids and (longer := begun(actor, words)):
        ids = hits(actor, longer)
    chosen = ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    found = {row["id"]: row for row in rows_for_list(access.visible(actor).filter(pk__any_of=chosen))}
    rows = [found[pk] for pk in chosen if pk in found]
    if not rows:
        return Found(len(ids), number, [], {}, {})
    return Found(len(ids), number, rows, meters(rows, now=now), snippets(actor, chosen, words))


def snippets(actor: Actor, ticket_ids: Sequence[int], words: str) -> dict[int, str]:
    """For each ticket the passage that holds the words, never from a message that the actor may not read."""
    said = Message.objects.filter(ticket_id__in=list(ticket_ids))
    if not actor.is_provider:
        said = said.filter(audience="public")
    found: dict[int, str] = {}
    for ticket_id, body, is_html in said.order_by("ticket_id", "id").values_list(
        "ticket_id", "body", "is_html"
    )[:400]:
        if ticket_id not in found:
            body = body[:SNIPPET_SOURCE]
            passage = snippet(to_text(body) if is_html else body, words)
            if passage:
                found[ticket_id] = passage
    return found
