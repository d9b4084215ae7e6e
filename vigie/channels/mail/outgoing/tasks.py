"""Jobs of outgoing mail."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.channels.mail.outgoing.dispatch import dispatch
from vigie.channels.mail.outgoing.strangers import REFUSE, refuse
from vigie.notifications.outbox import SENDER
from vigie.toolkit.jobs import job


@job(
    SENDER,
    once_by="each delivery is claimed, then marked as sent; a mail sent again keeps its Message-ID",
    cron="* * * * * */10",
    queueing_lock=SENDER,
    longest=dt.timedelta(minutes=8),
)
def dispatch_mails(timestamp: int) -> None:
    """Woken by every notice, and every 10 s for what a crash forgot to wake."""
    dispatch(timezone.now)


@job(REFUSE, once_by="counted before it is queued; a mail sent again keeps its Message-ID")
def refuse_stranger(inbound_id: int) -> None:
    refuse(inbound_id, now=timezone.now())
