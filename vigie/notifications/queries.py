"""Reads of a person's own notices."""

from __future__ import annotations

from vigie.kernel.actor import Actor
from vigie.notifications import access
from vigie.notifications.models import Notice
from vigie.toolkit.paging import Order, Page, page_of

NEWEST = Order(("-id",))
FIELDS = ("id", "kind", "subject", "subject_id", "params", "created_at", "read_at")


def latest(actor: Actor, limit: int = 30) -> list[Notice]:
    return list(access.visible(actor).order_by("-id")[:limit])


def latest_page(actor: Actor, *, cursor: str | None, size: int = 50) -> Page:
    """One's notices as plain rows, newest first."""
    return page_of(access.visible(actor), NEWEST, fields=FIELDS, size=size, cursor=cursor)


def unread_count(actor: Actor) -> int:
    """Unread notices, counted up to 100."""
    return access.visible(actor).filter(read_at=None)[:100].count()
