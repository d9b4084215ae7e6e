"""Reads of a person's own notices."""

from __future__ import annotations

from vigie.kernel.actor import Actor
from vigie.notifications import access
from vigie.notifications.models import Notice


def latest(actor: Actor, limit: int = 30) -> list[Notice]:
    return list(access.visible(actor).order_by("-id")[:limit])


def unread_count(actor: Actor) -> int:
    """Unread notices, counted up to 100."""
    return access.visible(actor).filter(read_at=None)[:100].count()
