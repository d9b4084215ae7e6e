"""The outbox at work: deliveries are taken in hand one by one and told what became of them.

A delivery in hand is claimed in a transaction of its own before anything leaves, so that a killed sender leaves a row
that waits and is sent again under the same Message-ID: at least once, never silently not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Min, Q
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from vigie.notifications.models import Delivery
from vigie.toolkit import events

SENDER = "mail.dispatch"
CLAIM = dt.timedelta(seconds=60)
LONGEST_WAIT = dt.timedelta(hours=1)
ANSWER_LIMIT = 300


def wake_sender() -> None:
    """Have the outbox looked at as soon as this transaction is committed.

    Not inside it: two transactions that queue under one lock would wait for each other until the first ends. What a
    crash in between forgets, the periodic run finds.
    """
    transaction.on_commit(_queue_sender)


def _queue_sender() -> None:
    if ProcrastinateJob.objects.filter(queueing_lock=SENDER, status="todo").exists():
        return
    try:
        with transaction.atomic():
            jobs.configure_task(SENDER, queueing_lock=SENDER).defer(timestamp=0)
    except AlreadyEnqueued:
        return


def _due(now: dt.datetime) -> Q:
    """A claim or a wait longer than any was written by a clock that was ahead, and is over."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_until__gt=now + CLAIM)
    over = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_WAIT)
    return Q(state=Delivery.State.WAITING, channel="mail") & over & free


def due_lanes(now: dt.datetime, *, busy: Collection[str], most: int) -> list[str]:
    """Lanes with something to send, the one that has waited longest first, without those already ``busy``."""
    lanes = Delivery.objects.filter(_due(now)).exclude(lane__in=list(busy)).values("lane")
    return [row["lane"] for row in lanes.annotate(since=Min("next_try_at")).order_by("since")[:most]]


@transaction.atomic
def claim_next(lane: str, now: dt.datetime) -> Delivery | None:
    """Take the next due delivery of a lane in hand, with its notice and recipient; ``None`` when there is none."""
    waiting = Delivery.objects.filter(_due(now), lane=lane).order_by("next_try_at", "id")
    found = (
        waiting.select_related("notice", "notice__recipient")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if found is not None:
        found.claimed_until = now + CLAIM
        found.save(update_fields=["claimed_until"])
    return found


def name_it(delivery: Delivery, header_id: str) -> None:
    """Fix the Message-ID, once: every later try carries the same."""
    delivery.header_id = header_id
    delivery.save(update_fields=["header_id"])


@transaction.atomic
def settle(
    delivery: Delivery,
    state: str,
    answer: str,
    *,
    now: dt.datetime,
    tried: bool = True,
    again_at: dt.datetime | None = None,
) -> None:
    """Write what became of a delivery in hand. ``again_at`` when it keeps waiting; ``tried``: a server was asked."""
    delivery.attempts += tried
    if again_at is not None:
        delivery.next_try_at = again_at
    if state == Delivery.State.SENT:
        delivery.sent_at = now
    _write(delivery, state, answer)


def mark_bounced(delivery: Delivery, reason: str) -> None:
    """The mail left, and came back."""
    _write(delivery, Delivery.State.BOUNCED, reason)


def _write(delivery: Delivery, state: str, answer: str) -> None:
    delivery.state, delivery.claimed_until = state, None
    delivery.answer = " ".join(answer.replace("\x00", "").split())[:ANSWER_LIMIT]
    delivery.save(update_fields=["state", "claimed_until", "answer", "attempts", "next_try_at", "sent_at"])
    notice = delivery.notice
    if notice.message_id and notice.organisation_id:
        events.wake([f"org:{notice.organisation_id}", f"delivery:{notice.message_id}"])


def rest(lane: str, now: dt.datetime, until: dt.datetime) -> int:
    """Nothing more leaves by this lane before ``until``: its server did not answer. How many deliveries wait for it."""
    return Delivery.objects.filter(_due(now), lane=lane).update(next_try_at=until)


def withhold_all(reason: str) -> None:
    """Nothing that waits leaves; ``reason`` is a code of ``labels.REASONS``."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    waiting.update(state=Delivery.State.SKIPPED, answer=reason)


def retry(ids: Iterable[int], now: dt.datetime) -> int:
    """Send these again now, given up or waiting for a later try; how many they are."""
    wanted = Delivery.objects.filter(
        pk__in=list(ids), state__in=[Delivery.State.FAILED, Delivery.State.BOUNCED, Delivery.State.WAITING]
    )
    changed = wanted.update(state=Delivery.State.WAITING, next_try_at=now, attempts=0)
    if changed:
        wake_sender()
    return changed
