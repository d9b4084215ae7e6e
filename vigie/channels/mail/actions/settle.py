"""From a stored mail to its place: on a ticket, kept beside one, before a person, or set aside.

The row is read and written, never the mail server. Settling a mail twice does nothing the second time: its state says so, and what it
made carries its number as the submission.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from vigie.channels.mail import reader
from vigie.channels.mail.actions.joining import Placed, place
from vigie.channels.mail.actions.returned import note_automatic, note_returned
from vigie.channels.mail.actions.writers import Unknown, writer_of
from vigie.channels.mail.keys import own_domain
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.outgoing.strangers import answer_stranger
from vigie.channels.mail.rules.nature import Nature, answers_by_itself, may_be_answered, nature_of
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.channels.mail.rules.trust import Verdict, trust_of
from vigie.kernel.refusal import Refusal
from vigie.toolkit.crashpoints import crashpoint
from vigie.toolkit.events import wake

TRIES, READINGS = 4, 3
WORTH_ANOTHER_TRY = frozenset({"hung", "crashed"})
FLOOD, FLOOD_WINDOW = 30, dt.timedelta(minutes=10)
LEFT_AFTER, LEFT_AT_A_TIME = dt.timedelta(minutes=2), 200
State = InboundMail.State


class ReadingEnded(Exception):
    """The reading process ended or hung: maybe the machine's fault, so the job is tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the mail ends. ``code`` is why (``labels.OUTCOMES``)."""

    state: InboundMail.State
    code: str
    detail: str = ""
    placed: Placed | None = None


def settle(mail_id: int, *, replayed: bool = False, now: dt.datetime) -> None:
    """Read a received mail and put it where it belongs. What fails by surprise is told on the row and raised.

    ``replayed``: a person asked for it, having seen what it is part of, so no flood holds it again.

    After ``TRIES`` such tries, or ``READINGS`` that ended the reading process, the mail goes to quarantine, so that it
    stops nobody and is seen. A try that ended with the worker itself is no reading that ended.
    """
    mail = _begin(mail_id)
    if mail is None:
        return
    if mail.attempts > TRIES:
        _finish(mail, Outcome(State.QUARANTINED, "failed_again", mail.detail), now)
        return
    read = reader.read(bytes(mail.raw))
    if isinstance(read, Unreadable):
        if read.code in WORTH_ANOTHER_TRY and mail.reader_deaths + 1 < READINGS:
            InboundMail.objects.filter(pk=mail.pk).update(reader_deaths=F("reader_deaths") + 1)
            raise ReadingEnded(f"{read.code}: {read.detail}")
        _finish(mail, Outcome(State.QUARANTINED, read.code, read.detail), now)
        return
    crashpoint("settle.after_read")
    try:
        _settle_read(mail, read, replayed, now)
    except Exception as error:
        InboundMail.objects.filter(pk=mail.pk).update(detail=f"{type(error).__name__}: {error}"[:500])
        raise
    crashpoint("settle.after_commit")


_LEFT = """
select m.id from mail_inboundmail m where m.state = 'received' and m.received_at < %s and not exists (
  select 1 from procrastinate_jobs j where j.task_name = 'mail.settle' and j.status in ('todo', 'doing')
    and j.args ->> 'inbound_id' = m.id::text)
order by m.received_at limit %s
"""


def left_behind(now: dt.datetime) -> list[int]:
    """Mails received a while ago that no job will settle any more: at most ``LEFT_AT_A_TIME``, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [now - LEFT_AFTER, LEFT_AT_A_TIME])
        return [int(row[0]) for row in cursor.fetchall()]


def _begin(mail_id: int) -> InboundMail | None:
    """The mail with one more try counted, committed before anything can kill this process; None if it is settled."""
    received = InboundMail.objects.filter(pk=mail_id, state=State.RECEIVED)
    if not received.update(attempts=F("attempts") + 1):
        return None
    return received.select_related("mailbox").first()


def _finish(mail: InboundMail, outcome: Outcome, now: dt.datetime) -> None:
    with transaction.atomic():
        found = InboundMail.objects.select_for_update().filter(pk=mail.pk, state=State.RECEIVED)
        if found.exists():
            _write(mail, outcome, now)


def _write(mail: InboundMail, outcome: Outcome, now: dt.datetime) -> None:
    mail.state, mail.outcome = outcome.state, outcome.code
    mail.detail = outcome.detail.replace("\0", "")[:500]
    mail.settled_at = now
    if outcome.placed is not None:
        mail.organisation_id = outcome.placed.organisation_id
        mail.ticket_id, mail.message_id = outcome.placed.ticket_id, outcome.placed.message_id
    mail.save(
        update_fields=[
            "state", "outcome", "detail", "settled_at", "organisation", "ticket_id", "message_id", "sender",
            "subject", "header_id", "nature", "trust", "trust_detail",
        ]
    )  # fmt: skip
    wake(["mail"])


def _settle_read(mail: InboundMail, read: ParsedMail, replayed: bool, now: dt.datetime) -> None:
    """Everything that the mail causes, and what became of it, in one transaction."""
    own = _own_addresses()
    nature = nature_of(read, own_addresses=own, own_domains=frozenset({own_domain()}))
    trust = trust_of(read, mail.mailbox.authserv_id)
    with transaction.atomic():
        locked = InboundMail.objects.select_for_update().filter(pk=mail.pk, state=State.RECEIVED)
        if not locked.exists():
            return
        mail.sender = read.sender.email[:320]
        mail.subject = read.subject[:500]
        mail.header_id = read.message_id[:998]
        mail.nature, mail.trust, mail.trust_detail = str(nature), str(trust.verdict), trust.detail
        try:
            with transaction.atomic():
                outcome = _outcome(mail, read, nature, own, replayed, now)
        except Refusal as refusal:
            outcome = Outcome(State.HELD, "refused", refusal.code)
        crashpoint("settle.before_commit")
        _write(mail, outcome, now)


def _own_addresses() -> frozenset[str]:
    return frozenset(address.lower() for address in Mailbox.objects.values_list("address", flat=True))


def _outcome(
    mail: InboundMail, read: ParsedMail, nature: Nature, own: frozenset[str], replayed: bool, now: dt.datetime
) -> Outcome:
    """What becomes of the mail; ``own`` are our mailboxes' addresses."""
    if nature is Nature.OWN:
        return Outcome(State.IGNORED, "own")
    if nature in (Nature.BOUNCE, Nature.COMPLAINT, Nature.RECEIPT):
        return _noted(note_returned(mail, read, nature, now), "returned")
    if nature is Nature.AUTOMATIC and answers_by_itself(read):
        return _noted(note_automatic(mail, read, now), "automatic")
    if mail.decided_person_id is None and not replayed and _floods(mail, now):
        return Outcome(State.HELD, "flood")
    writer = writer_of(mail, read, now)
    if isinstance(writer, Unknown):
        if writer.is_refused and _may_answer(mail, read, nature, own):
            answer_stranger(mail, now=now)
        return Outcome(
            State.IGNORED if writer.is_refused else State.HELD, writer.code, placed=writer.suggested
        )
    placed = place(mail, read, writer, quiet=not _may_answer(mail, read, nature, own), now=now)
    if placed is None:
        return Outcome(State.HELD, "from_agent")
    return Outcome(State.SETTLED, placed.how, placed=placed)


def _may_answer(mail: InboundMail, read: ParsedMail, nature: Nature, own: frozenset[str]) -> bool:
    """Nothing is answered by itself to a sender in doubt: somebody else may stand behind the address."""
    in_doubt = mail.trust == Verdict.UNVERIFIED
    return not in_doubt and may_be_answered(read, nature, own_addresses=own)


def _noted(placed: Placed | None, code: str) -> Outcome:
    """Kept on the ticket that it is about; without one nobody needs to see it."""
    if placed is None:
        return Outcome(State.IGNORED, f"{code}_alone")
    return Outcome(State.NOTED, code, placed=placed)


def _floods(mail: InboundMail, now: dt.datetime) -> bool:
    """More than ``FLOOD`` mails of one sender within the last ``FLOOD_WINDOW``: a person looks before they become tickets."""
    if now - mail.received_at > FLOOD_WINDOW:
        return False
    recent = InboundMail.objects.filter(
        sender=mail.sender, received_at__gt=mail.received_at - FLOOD_WINDOW, pk__lt=mail.pk
    ).exclude(sender="")
    return recent[: FLOOD + 1].count() > FLOOD
