"""What administrators see of outgoing mail: how much waits, what did not leave, which addresses refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from vigie.channels.mail.models import DeadAddress, Mailbox
from vigie.channels.mail.outgoing.senders import installation_route
from vigie.kernel.actor import Actor
from vigie.notifications.labels import REASONS, mail_words
from vigie.notifications.models import Delivery
from vigie.toolkit.written import Written, columns_of, kept, models_of, text, written

MOST = 100
# What was never meant to be mailed says nothing of how mail goes.
HISTORY = ("before_mail", "demo")
WITHHELD = {code: words for code, words in REASONS.items() if code not in HISTORY}
ADDRESS = text(1)
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)


def visible(actor: Actor) -> QuerySet[Delivery]:
    """Deliveries about clients in sight, and about none."""
    if not actor.is_provider:
        return Delivery.objects.none()
    if actor.organisations is None:
        return Delivery.objects.all()
    seen = Q(notice__organisation_id=None) | Q(notice__organisation_id__in=sorted(actor.organisations))
    return Delivery.objects.filter(seen)


def figures(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """``waiting`` with ``since`` (when the oldest was due), ``sent`` in a day, ``failed`` in a week, and ``serverless``: those
    that had no server to leave by, and will not leave."""
    waiting = visible(actor).filter(state=Delivery.State.WAITING)
    counted = waiting.aggregate(waiting=Count("pk"), since=Min("notice__created_at"))
    troubled = visible(actor).filter(state__in=[Delivery.State.FAILED, Delivery.State.BOUNCED])
    return counted | {
        "sent": visible(actor).filter(sent_at__gt=now - DAY).count(),
        "failed": troubled.filter(notice__created_at__gt=now - WEEK).count(),
        "serverless": visible(actor).filter(state=Delivery.State.SKIPPED, answer="no_server").count(),
    }


def troubled(actor: Actor) -> list[dict[str, Any]]:
    """Mails that were refused, came back or are tried again, the newest first."""
    state = Q(state__in=[Delivery.State.FAILED, Delivery.State.BOUNCED])
    state |= Q(state=Delivery.State.WAITING, attempts__gt=0)
    return _told(visible(actor).filter(state))


def skipped(actor: Actor, reason: str = "") -> list[dict[str, Any]]:
    """Mails that were not sent by choice (for one of ``WITHHELD``, if given), the newest first."""
    rows = visible(actor).filter(state=Delivery.State.SKIPPED).exclude(answer__in=HISTORY)
    return _told(rows.filter(answer=reason) if reason else rows)


def _told(rows: QuerySet[Delivery]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "name": row.notice.recipient.name,
            "address": row.address,
            "reference": row.notice.params.get("reference", ""),
            "ticket_id": row.notice.subject_id if row.notice.subject == "ticket" else None,
            "words": mail_words(row.state, row.answer, row.sent_at, tried=True),
            "at": row.notice.created_at,
            "waits": row.state == Delivery.State.WAITING,
        }
        for row in rows.select_related("notice", "notice__recipient").order_by("-id")[:MOST]
    ]


def suspended(actor: Actor) -> list[DeadAddress]:
    """Addresses that nothing is sent to any more, of people in sight."""
    rows = DeadAddress.objects.filter(suspended_at__isnull=False).select_related("person")
    if actor.organisations is not None:
        rows = rows.filter(person__affiliations__organisation_id__in=sorted(actor.organisations)).distinct()
    return list(rows.order_by("-suspended_at")[:MOST])


def servers(actor: Actor) -> dict[str, Any]:
    """The installation's server (a route or None) and the mailboxes in use that have one of their own."""
    boxes = Mailbox.objects.filter(is_active=True).exclude(smtp_host="").order_by("address")
    return {"installation": installation_route(), "mailboxes": list(boxes)}


def address_of(email: str | None) -> DeadAddress | None:
    """What is known of an address that refused mails, or None."""
    found = models_of(DeadAddress, _refusing(), {ADDRESS: (email or "").lower()})
    return found[0] if found else None


@kept
def _refusing() -> Written | None:
    rows = DeadAddress.objects.filter(address=ADDRESS, hard_bounces__gt=0).order_by("pk")[:1]
    return written(rows.values(*columns_of(DeadAddress)))
