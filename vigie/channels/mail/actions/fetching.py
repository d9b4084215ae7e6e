"""Rounds of fetching: bring what a mailbox holds, and write on it how that went.

Health is state, never a memory of events: ``failures`` and ``trouble`` say what is wrong now, ``retry_at`` when the next
round may run, ``alarmed_at`` that administrators were told. One good round clears them all.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from vigie.accounts.models import Agent
from vigie.channels.mail import oauth
from vigie.channels.mail.actions import intake
from vigie.channels.mail.actions.mailboxes import WHERE
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import Round, folder, imap
from vigie.channels.mail.sources.line import said
from vigie.kernel.refusal import Refusal
from vigie.notifications.actions import Message, notify

PAUSE = dt.timedelta(seconds=10)  # shorter than the scheduler's step, so that each step finds the mailbox due
LOOK_EVERYWHERE_EVERY = dt.timedelta(days=1)
LONGEST_PAUSE = dt.timedelta(minutes=5)
ALARM_AFTER = dt.timedelta(minutes=10)

log = logging.getLogger("vigie.mail")


def due(now: dt.datetime) -> list[int]:
    """Mailboxes whose round may run now. A wait longer than any was written by a clock that was ahead, and is over."""
    over = Q(retry_at=None) | Q(retry_at__lte=now) | Q(retry_at__gt=now + LONGEST_PAUSE)
    return list(_read_by_us().filter(over).values_list("pk", flat=True))


def _read_by_us() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(is_active=True).exclude(source=Mailbox.Source.PIPE)


def fetch(mailbox_id: int, *, now: dt.datetime) -> Round | Refusal | None:
    """One round, bounded in time. What it did, or why it could not; None for a mailbox that is not fetched from."""
    mailbox = _read_by_us().filter(pk=mailbox_id).first()
    if mailbox is None:
        return None
    done = _tried(mailbox, now)
    if isinstance(done, Refusal):
        _write_failure(mailbox, done, now)
    else:
        _write_success(mailbox, done, now)
    return done


def _tried(mailbox: Mailbox, now: dt.datetime) -> Round | Refusal:
    """The round, or why there was none: whatever happened, it is written on the mailbox."""
    try:
        return _round(mailbox, now)
    except Refusal as refusal:
        return refusal
    except Exception as error:
        log.exception("mailbox %s", mailbox.pk)
        return Refusal("mail.unexpected", detail=f"{type(error).__name__}: {said(error)}")


def _round(mailbox: Mailbox, now: dt.datetime) -> Round:
    def keep(raw: bytes, uidvalidity: int | None, uid: int | None) -> bool:
        return intake.store(mailbox, raw, now=now, uidvalidity=uidvalidity, uid=uid).is_new

    if mailbox.source == Mailbox.Source.FOLDER:
        return folder.fetch_round(mailbox, keep, now)

    def known(uidvalidity: int, uids: list[int]) -> set[int]:
        rows = InboundMail.objects.filter(mailbox=mailbox, uidvalidity=uidvalidity, uid__in=uids)
        return {uid for uid in rows.values_list("uid", flat=True) if uid is not None}

    everywhere = mailbox.scanned_at is None or now - mailbox.scanned_at >= LOOK_EVERYWHERE_EVERY
    memory = imap.Memory(mailbox.uidvalidity, mailbox.last_uid, everywhere)
    done, memory = imap.fetch_round(mailbox, oauth.secret_of(mailbox, now=now), memory, keep, known)
    mailbox.uidvalidity, mailbox.last_uid = memory.uidvalidity, memory.last_uid
    if everywhere and not done.left:
        mailbox.scanned_at = now
    return done


def _write_success(mailbox: Mailbox, done: Round, now: dt.datetime) -> None:
    """Nothing is remembered of a folder that somebody replaced by another one meanwhile."""
    warning, same = done.warning, {name: getattr(mailbox, name) for name in WHERE}
    Mailbox.objects.filter(pk=mailbox.pk, **same).update(
        uidvalidity=mailbox.uidvalidity,
        last_uid=mailbox.last_uid,
        scanned_at=mailbox.scanned_at,
        polled_at=now,
        succeeded_at=now,
        failures=0,
        retry_at=now + PAUSE,
        trouble=warning.code if warning else "",
        trouble_detail=detail_of(warning) if warning else "",
        alarmed_at=mailbox.alarmed_at if warning else None,
    )


def _write_failure(mailbox: Mailbox, refusal: Refusal, now: dt.datetime) -> None:
    """The next try waits longer and longer, at most five minutes."""
    failures = mailbox.failures + 1
    Mailbox.objects.filter(pk=mailbox.pk).update(
        polled_at=now,
        failures=failures,
        retry_at=now + min(PAUSE * 2 ** min(failures, 8), LONGEST_PAUSE),
        trouble=refusal.code[:40],
        trouble_detail=detail_of(refusal),
    )


def detail_of(refusal: Refusal) -> str:
    """What a refusal says beside its sentence, as it is kept on the mailbox."""
    return str(refusal.params.get("detail") or "")[:500]


def raise_alarms(now: dt.datetime) -> int:
    """Tell administrators, once, of each mailbox that leaves mails behind; how many.

    It could not be read for ten minutes, no round ran although one was asked for, or a mail stays on the server.
    """
    late = now - ALARM_AFTER
    not_run = Q(asked_at__lt=late) & (Q(polled_at=None) | Q(polled_at__lt=F("asked_at")))
    leaves_some = Q(failures=0) & ~Q(trouble="")
    troubled = (
        _read_by_us()
        .annotate(last_good=Coalesce("succeeded_at", "created_at"))
        .filter(leaves_some | Q(last_good__lt=late) & (Q(failures__gt=0) | not_run), alarmed_at=None)
    )
    return sum(_alarm(mailbox, now) for mailbox in troubled)


@transaction.atomic
def _alarm(mailbox: Mailbox, now: dt.datetime) -> bool:
    if not Mailbox.objects.filter(pk=mailbox.pk, alarmed_at=None).update(alarmed_at=now):
        return False
    params = {"reference": mailbox.address, "title": mailbox.name}
    administrators = Agent.objects.filter(roles__role__grants__contains=["mail:manage"])
    notify(
        administrators.values_list("pk", flat=True).distinct(),
        Message("mailbox_troubled", None, "mailbox", mailbox.pk, params),
        now=now,
    )
    return True
