"""What a client's person sends from the portal: a request or an answer, with its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions.conversation import Said, discard_draft, reply, upload
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Attachment, Message, Ticket
from vigie.toolkit import richtext

REASON_LIMIT = 200


@dataclass(slots=True)
class Kept:
    """Files kept so far (also those of an earlier, refused sending), and what was refused."""

    files: list[Attachment] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        return [attachment.token for attachment in self.files]


def keep_files(
    actor: Actor,
    files: Iterable[UploadedFile],
    earlier: Sequence[str],
    *,
    organisation_id: int | None = None,
    now: dt.datetime,
) -> Kept:
    """Keep each file that may be kept, so that a refused form loses none; ``earlier`` are tokens already given.

    They belong to the client ``organisation_id``, which is in sight; a customer's own where none is named.
    """
    kept, owner = Kept(), organisation_id or actor.organisation_id or 0
    if earlier:
        kept.files.extend(
            Attachment.objects.filter(
                token__in=list(earlier),
                message=None,
                uploaded_by_id=actor.person_id,
                organisation_id=owner,
            ).order_by("id")
        )
    for sent in files:
        try:
            kept.files.append(upload(actor, owner, sent.name or "", sent.size or 0, sent.chunks(), now=now))
        except Refusal as refusal:
            kept.refusals.append(refusal)
    return kept


def new_place(actor: Actor) -> str:
    """Where the draft of a new request is kept: one for each client that the person belongs to."""
    return f"portal_new:{actor.organisation_id}"


@transaction.atomic
def ask(actor: Actor, new: NewTicket, *, now: dt.datetime) -> Ticket:
    """Open a request of the portal and forget its draft. Sent twice, it is opened once."""
    ticket = open_ticket(actor, new, now=now)
    discard_draft(actor, new_place(actor))
    return ticket


@transaction.atomic
def answer(actor: Actor, ticket_id: int, said: Said, then: str, *, now: dt.datetime) -> Message | Ticket:
    """Answer a ticket. A solved one is never reopened by an answer alone: ``then`` says ``reply`` or ``reopen``.

    Raises ``tickets.reply_or_reopen`` where a solved ticket was answered without saying which.
    """
    ticket = access.one(actor, ticket_id, lock=True)
    if (
        ticket.phase == "done"
        and then not in ("reply", "reopen")
        and not _sent(actor, ticket, said.submission)
    ):
        raise Refusal("tickets.reply_or_reopen", field="then")
    if then == "reopen" and ticket.phase == "done":
        return step(actor, ticket_id, "reopen", said, now=now)
    return reply(actor, ticket_id, replace(said, stays_solved=then == "reply"), now=now)


def _sent(actor: Actor, ticket: Ticket, submission: str) -> bool:
    return (
        bool(submission) and ticket.messages.filter(author_id=actor.person_id, submission=submission).exists()
    )


def _said_since_solved(ticket: Ticket) -> str:
    """What the client wrote last after the resolution: why it is opened again, where its answer asks for that."""
    if ticket.resolved_at is None or ticket.awaiting_reply_since is None:
        return ""
    said = ticket.messages.filter(side="client", audience="public", created_at__gte=ticket.resolved_at)
    message = said.order_by("-created_at", "-id").first()
    if message is None:
        return ""
    return richtext.to_text(message.body) if message.is_html else message.body


@transaction.atomic
def step(actor: Actor, ticket_id: int, verb: str, said: Said, *, now: dt.datetime) -> Ticket:
    """Confirm, reopen, withdraw or declare solved, with the words that go with it."""
    text = richtext.to_text(said.body) if said.is_html else said.body.strip()
    given = Given(
        text=said.body, is_html=said.is_html, uploads=tuple(said.uploads), submission=said.submission
    )
    if verb == "reopen" and not text:
        text = _said_since_solved(access.one(actor, ticket_id))
    if verb in ("reopen", "approve", "reject"):
        given = replace(given, reason=" ".join(text.split())[:REASON_LIMIT])
    ticket = take_step(actor, ticket_id, verb, given, now=now)
    discard_draft(actor, f"reply:{ticket_id}")
    return ticket
