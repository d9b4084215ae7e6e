"""Jobs that fetch mails, and the one that puts a stored mail in its place."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from procrastinate.exceptions import AlreadyEnqueued

from vigie.channels.mail.actions import fetching
from vigie.channels.mail.actions import settle as settling
from vigie.channels.mail.models import Mailbox
from vigie.toolkit.jobs import job


@job(
    "mail.schedule_fetches",
    once_by="queueing lock per mailbox; alarmed_at",
    cron="* * * * * */15",
    queueing_lock="mail.schedule_fetches",
)
def schedule_fetches(timestamp: int) -> None:
    """A job for each mailbox that is due, so that a slow server holds up its own mailbox alone."""
    now = timezone.now()
    for mailbox_id in fetching.due(now):
        lock = f"mail.fetch:{mailbox_id}"
        try:
            with transaction.atomic():
                fetch.configure(lock=lock, queueing_lock=lock).defer(mailbox_id=mailbox_id)
                Mailbox.objects.filter(pk=mailbox_id).update(asked_at=now)
        except AlreadyEnqueued:
            continue
    fetching.raise_alarms(now)


@job("mail.fetch", once_by="unique bytes and places of inbound mails", longest=dt.timedelta(minutes=5))
def fetch(mailbox_id: int) -> None:
    """One round. Its failure is written on the mailbox and tried again by the schedule, not by the queue."""
    fetching.fetch(mailbox_id, now=timezone.now())


@job(
    "mail.settle_left", once_by="a job for a mail only where none is waiting or running", cron="* * * * * 30"
)
def settle_left(timestamp: int) -> None:
    """A job again for each mail that has waited for minutes without one, whatever took it away."""
    for mail_id in settling.left_behind(timezone.now()):
        settle.defer(inbound_id=mail_id)


@job("mail.settle", once_by="the state of the mail, and its number as the submission of what it makes")
def settle(inbound_id: int, replayed: bool = False) -> None:
    settling.settle(inbound_id, replayed=replayed, now=timezone.now())
