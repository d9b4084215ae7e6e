"""Finding people and clients by a few letters, accents folded. Only what is in sight and granted."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, When

from vigie.accounts.access import visible as visible_people
from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name


def find_people(actor: Actor, words: str, *, limit: int) -> list[dict[str, Any]]:
    """People in sight by name or e-mail."""
    wanted = holding(words, "name", "email")
    if wanted is None or not actor.can("people:view"):
        return []
    rows = visible_people(actor).filter(wanted, is_active=True).order_by(by_name("name"), "id")
    return [dict(row) for row in rows.values("id", "name", "email", "side", "job_title")[:limit]]


def find_clients(actor: Actor, words: str, *, limit: int) -> list[dict[str, Any]]:
    """Clients in sight by name or code, the one that is called exactly so first."""
    wanted = holding(words, "name", "code")
    if wanted is None or not actor.can("clients:view"):
        return []
    exactly = Case(When(Q(code__iexact=words) | Q(name__iexact=words), then=0), default=1)
    rows = (
        visible_clients(actor).filter(wanted).order_by(exactly, by_name("name")).values("id", "name", "code")
    )
    return [dict(row) for row in rows[:limit]]
