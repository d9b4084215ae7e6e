"""The acceptance of a mail: bytes, their hash, their place and the job that reads them, in one transaction.

Whoever brings a mail lets go of it (flag, move, exit 0) only after ``store`` has returned. Nothing is parsed here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app as jobs

from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import too_big
from vigie.toolkit.crashpoints import crashpoint

SETTLE = "mail.settle"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """``is_new`` is False when these bytes were already in the mailbox."""

    mail_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Place:
    uidvalidity: int | None
    uid: int | None


def store(
    mailbox: Mailbox,
    raw: bytes,
    *,
    now: dt.datetime,
    uidvalidity: int | None = None,
    uid: int | None = None,
    envelope_from: str = "",
) -> StoredResult:
    """Keep ``raw`` once. When this returns, the mail is committed and will be read.

    The bytes decide whether a mail is known: the same Message-ID over other bytes is another mail. Refuses
    ``mail.too_big`` and stores nothing then: the mail stays with whoever brought it.
    """
    if len(raw) > settings.MAIL_SIZE_LIMIT:
        raise too_big(len(raw))
    digest, place = hashlib.sha256(raw).hexdigest(), _Place(uidvalidity, uid)
    crashpoint("intake.before_insert")
    try:
        with transaction.atomic(durable=True):
            mail_id, is_new = _keep(mailbox, raw, digest, place, envelope_from, now)
            crashpoint("intake.before_commit")
    except IntegrityError:  # another fetcher stored the same bytes between our look and our write
        mail_id = InboundMail.objects.values_list("pk", flat=True).get(mailbox=mailbox, sha256=digest)
        is_new = False
    crashpoint("intake.after_commit")
    return StoredResult(mail_id, is_new)


def _keep(
    mailbox: Mailbox, raw: bytes, digest: str, place: _Place, envelope_from: str, now: dt.datetime
) -> tuple[int, bool]:
    """The row of these bytes, made if need be, and whether it was."""
    same_bytes = InboundMail.objects.filter(mailbox=mailbox, sha256=digest)
    if place.uid is not None:
        place = _free(mailbox, digest, place)
    known = same_bytes.values_list("pk", flat=True).first()
    if known is not None:
        if place.uid is not None:  # the folder was renumbered: the row follows
            same_bytes.update(uidvalidity=place.uidvalidity, uid=place.uid)
        return known, False
    mail = InboundMail.objects.create(
        mailbox=mailbox,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
        sha256=digest,
        size=len(raw),
        raw=raw,
        envelope_from=envelope_from.replace("\0", "")[:320],
        received_at=now,
    )
    crashpoint("intake.after_insert")
    jobs.configure_task(SETTLE).defer(inbound_id=mail.pk)
    return mail.pk, True


def _free(mailbox: Mailbox, digest: str, place: _Place) -> _Place:
    """No place when other bytes stand there: a server that numbers twice must not hide a mail."""
    taken = InboundMail.objects.filter(mailbox=mailbox, uidvalidity=place.uidvalidity, uid=place.uid)
    return _Place(None, None) if taken.exclude(sha256=digest).exists() else place
