"""Other words for a search that found nothing: only such as do find a ticket in sight."""

from __future__ import annotations

from dataclasses import replace

from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.queries import customer
from vigie.tickets.queries.search import hits
from vigie.toolkit import vocabulary

LATEST = 300
# The words of a confidential ticket are known to few: they are in nobody's vocabulary.
LEFT_OUT = "select id from tickets_ticket where is_confidential"


def did_you_mean(actor: Actor, words: str) -> str:
    """For the provider's staff: the nearest words of the texts of clients in sight, or nothing."""
    organisations = None if actor.organisations is None else sorted(actor.organisations)
    proposed = vocabulary.nearest(words, organisations)
    return proposed if proposed and hits(actor, proposed) else ""


def did_you_mean_mine(actor: Actor, wish: customer.Wish) -> str:
    """For a customer: the nearest words of the latest tickets in its own sight that its list would find, or nothing."""
    latest = access.visible(actor).order_by("-id").values_list("id", flat=True)[:LATEST]
    proposed = vocabulary.nearest_within(wish.words, "ticket", list(latest))
    finds = bool(proposed) and customer.listed(actor, replace(wish, words=proposed), None, size=1).rows
    return proposed if finds else ""
