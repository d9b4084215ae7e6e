"""Emptying the outbox: due deliveries, lane by lane, until nothing is due."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from django.db import connection, transaction

from vigie.channels.mail.keys import own_domain
from vigie.channels.mail.outgoing import bounces
from vigie.channels.mail.outgoing.admission import Withheld
from vigie.channels.mail.outgoing.compose import Ready, compose
from vigie.channels.mail.outgoing.lanes import Lane
from vigie.channels.mail.outgoing.transport import Patience
from vigie.channels.mail.rules.delivery import Answer, blames_address, next_try, pause_after, verdict
from vigie.kernel.refusal import Refusal
from vigie.notifications import outbox
from vigie.notifications.models import Delivery
from vigie.toolkit.crashpoints import crashpoint
from vigie.toolkit.jobs import stop_asked

log = logging.getLogger("vigie.mail")

LANES = 12
MAILS_PER_CONNECTION = 50
LOOK_EVERY = 1.0  # seconds between two looks for lanes that came meanwhile
TURN = 120.0  # seconds after which a run takes no more mails: the next job goes on, and no run looks hung
ONE_SENDER = 0x56494749  # the advisory lock that the sender at work holds

Clock = Callable[[], dt.datetime]


def dispatch(clock: Clock, patience: Patience | None = None) -> int:
    """Send what is due; how many mails were handed to a server. 0 at once when another process is at it.

    The lock is of the database's session: it ends with the process, however that ends. Looked at again after it is given
    back, so that what came while we ended is not left for later.
    """
    tried, ends = 0, time.monotonic() + TURN
    while outbox.due_lanes(clock(), busy=(), most=1):
        with _only_sender() as alone:
            if not alone:
                return tried
            tried += Dispatcher(clock, patience or Patience(), ends).run()
        if _is_over(ends):
            outbox.wake_sender()
            return tried
    return tried


def _is_over(ends: float) -> bool:
    """Time to take no more mails: the turn is over, or the worker stops. Those under way are still heard of."""
    return time.monotonic() > ends or stop_asked()


@contextmanager
def _only_sender() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [ONE_SENDER])
        row = cursor.fetchone()
    alone = bool(row and row[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [ONE_SENDER])


class Dispatcher:
    """Hands mails to lanes and writes what their servers answered. One thread, the only one with the database."""

    def __init__(self, clock: Clock, patience: Patience, ends: float) -> None:
        self._clock, self._patience, self._ends = clock, patience, ends
        self._lanes: dict[str, Lane] = {}
        self._heard: SimpleQueue[tuple[Lane, Answer]] = SimpleQueue()
        self._looked = float("-inf")
        self._tried = 0

    def run(self) -> int:
        try:
            while self._open_lanes():
                self._hear()
        finally:
            for lane in self._lanes.values():
                lane.end()
        return self._tried

    def _open_lanes(self) -> bool:
        """Start lanes for what is due, within bounds; True while any is at work."""
        room = LANES - len(self._lanes)
        at = time.monotonic()
        if room and not _is_over(self._ends) and (not self._lanes or at - self._looked > LOOK_EVERY):
            self._looked = at
            for name in outbox.due_lanes(self._clock(), busy=self._lanes.keys(), most=room):
                self._lanes[name] = Lane(
                    name, lambda lane, answer: self._heard.put((lane, answer)), self._patience, own_domain()
                )
                self._feed(self._lanes[name])
        return bool(self._lanes)

    def _hear(self) -> None:
        """Wait for an answer, write it down, give its lane the next mail."""
        try:
            lane, answer = self._heard.get(timeout=LOOK_EVERY)
        except Empty:
            for waiting in self._lanes.values():
                waiting.cut_if_stuck()
            return
        delivery = lane.delivery
        assert delivery is not None
        crashpoint("out.after_250_before_mark")
        write_answer(delivery, answer, now=self._clock())
        crashpoint("out.after_mark")
        if answer.lost and lane.carried == 1:
            outbox.rest(lane.name, self._clock(), self._clock() + pause_after(1))
        if answer.lost or lane.carried >= MAILS_PER_CONNECTION or _is_over(self._ends):
            self._close(lane)
        else:
            self._feed(lane)

    def _close(self, lane: Lane) -> None:
        lane.end()
        del self._lanes[lane.name]
        self._looked = float("-inf")

    def _feed(self, lane: Lane) -> None:
        """Give a lane the next mail that is to leave by it, or end it."""
        while True:
            now = self._clock()
            delivery = outbox.claim_next(lane.name, now)
            if delivery is None:
                return self._close(lane)
            mail = prepare(delivery, now)
            crashpoint("out.after_claim")
            if mail is not None:
                self._tried += 1
                return lane.hand(delivery, mail)


def prepare(delivery: Delivery, now: dt.datetime) -> Ready | None:
    """The mail of a delivery, or None when it does not leave now: withheld for good, or put back after a fault of ours."""
    try:
        with transaction.atomic():
            return compose(delivery, now=now)
    except Withheld as withheld:
        outbox.settle(delivery, Delivery.State.SKIPPED, withheld.reason, now=now, tried=False)
    except Exception as error:  # one mail that cannot be written must not stop the others
        log.exception("mail of delivery %s could not be written", delivery.pk)
        again_at = next_try(delivery.notice.created_at, delivery.attempts + 1, now)
        state = Delivery.State.FAILED if again_at is None else Delivery.State.WAITING
        why = str(error) if isinstance(error, Refusal) else type(error).__name__
        outbox.settle(delivery, state, why, now=now, again_at=again_at)
    return None


@transaction.atomic
def write_answer(delivery: Delivery, answer: Answer, *, now: dt.datetime) -> None:
    """Sent, to be tried again, or refused: the row, and what the ticket and the address have to know."""
    meant = verdict(answer)
    if meant == "sent":
        return outbox.settle(delivery, Delivery.State.SENT, str(answer), now=now)
    again_at = (
        None if meant == "refused" else next_try(delivery.notice.created_at, delivery.attempts + 1, now)
    )
    if again_at is not None:
        return outbox.settle(delivery, Delivery.State.WAITING, str(answer), now=now, again_at=again_at)
    outbox.settle(delivery, Delivery.State.FAILED, str(answer), now=now)
    return bounces.undelivered(delivery, str(answer), blames_address=blames_address(answer), now=now)
