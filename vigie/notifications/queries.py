"""Reads of a person's own notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_datetime

from vigie.kernel.actor import Actor
from vigie.notifications import access
from vigie.notifications.labels import mail_words
from vigie.notifications.models import Notice
from vigie.toolkit.paging import Order, Page, page_of
from vigie.toolkit.written import Written, count_of, kept, written

# The mails that brought a message, one by recipient; read beside the message, whose sight covers them.
_MAILS = """(select coalesce(jsonb_agg(jsonb_build_object(
  'name', p.name, 'state', d.state, 'answer', d.answer, 'at', d.sent_at, 'attempts', d.attempts) order by d.id), '[]')
  from notifications_notice n join notifications_delivery d on d.notice_id = n.id
  join accounts_person p on p.id = n.recipient_id where n.message_id = {column})"""

NEWEST = Order(("-id",))
FIELDS = ("id", "kind", "subject", "subject_id", "params", "created_at", "read_at")


def latest(actor: Actor, limit: int = 30) -> list[Notice]:
    return list(access.visible(actor).order_by("-id")[:limit])


def latest_page(actor: Actor, *, cursor: str | None, size: int = 50) -> Page:
    """One's notices as plain rows, newest first."""
    return page_of(access.visible(actor), NEWEST, fields=FIELDS, size=size, cursor=cursor)


@kept
def _unread_statement(actor: Actor) -> Written | None:
    return written(access.visible(actor).filter(read_at=None).values("id")[:100])


def unread_count(actor: Actor) -> int:
    """Unread notices, counted up to 100."""
    return count_of(_unread_statement(actor))


@dataclass(frozen=True, slots=True)
class Mailed:
    """How one person was mailed a message: ``text`` in words, ``state`` of the delivery, ``troubled`` when it failed."""

    name: str
    text: str
    state: str
    troubled: bool


def mails_of(column: str) -> RawSQL:
    """The deliveries of the message whose id is in ``column`` (SQL), for an annotation; :func:`mailed` reads it."""
    return RawSQL(_MAILS.format(column=column), [], output_field=JSONField())  # noqa: S611 (a column's name)


def mailed(rows: Iterable[Mapping[str, Any]]) -> list[Mailed]:
    """What an annotation of :func:`mails_of` says, in the reader's language."""
    found = []
    for row in rows:
        sent_at = parse_datetime(row["at"]) if row["at"] else None
        words = mail_words(row["state"], row["answer"], sent_at, tried=bool(row["attempts"]))
        found.append(Mailed(row["name"], words, row["state"], row["state"] in ("failed", "bounced")))
    return found
