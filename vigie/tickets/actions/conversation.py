"""What is said on a ticket: replies, notes, files and drafts."""

from __future__ import annotations

import datetime as dt
import errno
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from vigie.accounts.models import Person
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions import telling
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.models import Attachment, Draft, Message, Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import answer_changes, step_changes
from vigie.toolkit import files, richtext, search
from vigie.workflow.queries import machine_of

BODY_LIMIT = 400_000
REFUSED_KINDS = frozenset({"application/x-msdownload", "application/x-executable"})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def check_body(body: str, is_html: bool, *, may_be_empty: bool = False) -> None:
    """Refuse a body that says nothing or is longer than a message may be."""
    blank = richtext.is_blank(body) if is_html else not body.strip()
    if blank and not may_be_empty:
        raise Refusal("tickets.no_body", field="body")
    if len(body) > BODY_LIMIT:
        raise Refusal("tickets.body_too_long", field="body", limit=BODY_LIMIT)


def add_message(
    actor: Actor,
    ticket: Ticket,
    body: str,
    *,
    kind: str,
    audience: str,
    at: dt.datetime,
    is_html: bool = True,
    is_automatic: bool = False,
    submission: str = "",
    author_id: int | None = None,
    mail: Mapping[str, str] | None = None,
) -> Message:
    """Store one message and make it findable, but the opening one (``findable.index_opening``); the caller journals and announces.

    ``mail`` gives the :func:`mail_columns` of a message that came by mail.
    """
    body = body.replace("\x00", "")
    author, name, side = actor.person_id, actor.name, actor.side
    if author_id is not None and author_id != actor.person_id:
        person = Person.objects.only("id", "name", "side").get(pk=author_id)
        author, name, side = person.pk, person.name, person.side  # type: ignore[assignment]
    message = Message.objects.create(
        organisation_id=ticket.organisation_id,
        ticket_id=ticket.pk,
        author_id=author,
        author_name=name,
        side=side,
        kind=kind,
        audience=audience,
        is_automatic=is_automatic,
        body=body,
        is_html=is_html,
        created_at=at,
        submission=submission,
        **(mail or {}),
    )
    if kind != "description":
        text = richtext.to_text(body) if is_html else body
        search.index_text("ticket", ticket.pk, ticket.organisation_id, audience, "", text)
    return message


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a form or a mail gives it; ``uploads`` are the tokens of files sent before it.

    ``via``, ``trust``, ``trust_detail``, ``rest``, ``rest_kind`` as on :class:`Message`. An unverified sender's words move nothing.
    ``stays_solved``: its writer says that a solved ticket stays so.
    """

    body: str
    is_html: bool = True
    uploads: Sequence[str] = ()
    submission: str = ""
    via: str = ""
    trust: str = ""
    trust_detail: str = ""
    rest: str = ""
    rest_kind: str = ""
    stays_solved: bool = False


@transaction.atomic
def reply(actor: Actor, ticket_id: int, said: Said, *, now: dt.datetime) -> Message:
    """Answer publicly. The provider's first answer is the response; a client's answer resumes what waited for it.

    Sending the same ``submission`` twice gives the first message. A closed ticket refuses (``tickets.closed``).
    """
    actor.demand("tickets:reply")
    ticket = access.one(actor, ticket_id, lock=True)
    if already := _already(actor, ticket, said):
        return already
    if ticket.phase == "ended":
        raise Refusal("tickets.closed")
    check_body(said.body, said.is_html, may_be_empty=bool(said.uploads))
    message = _store(actor, ticket, said, "reply", "public", now)
    side = "client" if actor.is_client else "provider"
    changes = answer_changes(ticket, side, now)
    if side == "client" and ticket.phase == "done" and said.stays_solved:
        changes["awaiting_reply_since"] = None
    asks = ticket.phase == "done" and changes.get("awaiting_reply_since") is not None
    doubt = {"unverified": True} if said.trust == "unverified" else {}
    new_facts = [NewFact(facts.MESSAGE, {"message": message.pk, **doubt}, audience="public")]
    if "first_response_at" in changes:
        new_facts.append(NewFact(facts.RESPONDED, {"message": message.pk}))
    if side == "client" and said.trust != "unverified":
        resumed, fact = resumed_by_client(ticket, now)
        changes.update(resumed)
        new_facts.extend(fact)
    change(actor, ticket, changes, new_facts, now=now)
    discard_sent(actor, f"reply:{ticket.pk}", now=now)
    telling.replied(actor, ticket, message, now=now)
    if asks and said.trust != "unverified":
        telling.asked_if_settled(actor, ticket, now=now)
    return message


def resumed_by_client(ticket: Ticket, now: dt.datetime) -> tuple[dict[str, Any], list[NewFact]]:
    """A client's answer resumes a ticket that waited for the client, at the instant it was received."""
    if ticket.phase != "waiting" or not ticket.pending_reason.startswith("client_"):
        return {}, []
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, "resume", "client")
    if step is None:
        return {}, []
    before = {"state": ticket.state, "phase": ticket.phase, "reason": ticket.pending_reason}
    changes = step_changes(ticket, machine, step, {}, now)
    after = {"state": changes["state"], "phase": changes["phase"], "verb": "resume", "by": "client"}
    return changes, [NewFact(facts.STATE, after, before)]


@transaction.atomic
def add_note(actor: Actor, ticket_id: int, said: Said, *, now: dt.datetime) -> Message:
    """Write an internal note: never shown to the client, never a response."""
    actor.demand("tickets:note")
    ticket = access.one(actor, ticket_id, lock=True)
    if already := _already(actor, ticket, said):
        return already
    check_body(said.body, said.is_html, may_be_empty=bool(said.uploads))
    message = _store(actor, ticket, said, "note", "internal", now)
    change(
        actor, ticket, {}, [NewFact(facts.MESSAGE, {"message": message.pk}, audience="internal")],
        now=now, is_public=False, moves_clock=False,
    )  # fmt: skip
    discard_sent(actor, f"note:{ticket.pk}", now=now)
    telling.noted(actor, ticket, message, now=now)
    return message


@transaction.atomic
def keep_automatic(ticket_id: int, said: Said, *, now: dt.datetime) -> Message:
    """Keep what a machine sent about a ticket, for agents alone: it moves no clock, resumes nothing, tells nobody."""
    ticket = access.one(SYSTEM, ticket_id, lock=True)
    message = add_message(
        SYSTEM, ticket, said.body, kind="note", audience="internal", at=now, is_html=said.is_html,
        is_automatic=True, submission=said.submission, mail=mail_columns(said),
    )  # fmt: skip
    claim_uploads(SYSTEM, ticket, message, said.uploads)
    change(
        SYSTEM, ticket, {}, [NewFact(facts.MESSAGE, {"message": message.pk}, audience="internal")],
        now=now, is_public=False, moves_clock=False,
    )  # fmt: skip
    return message


def _already(actor: Actor, ticket: Ticket, said: Said) -> Message | None:
    if not said.submission:
        return None
    return Message.objects.filter(
        ticket_id=ticket.pk, author_id=actor.person_id, submission=said.submission
    ).first()


def _store(actor: Actor, ticket: Ticket, said: Said, kind: str, audience: str, now: dt.datetime) -> Message:
    message = add_message(
        actor,
        ticket,
        said.body,
        kind=kind,
        audience=audience,
        at=now,
        is_html=said.is_html,
        submission=said.submission,
        mail=mail_columns(said),
    )
    claim_uploads(actor, ticket, message, said.uploads)
    return message


def mail_columns(said: Said) -> dict[str, str]:
    """What a message that came by mail keeps beside its text."""
    if not said.via:
        return {}
    rest = said.rest.replace("\x00", "")
    kinds = {"trust": said.trust, "trust_detail": said.trust_detail, "rest_kind": said.rest_kind}
    return {"via": said.via, "rest": rest, **kinds}


# -- files -------------------------------------------------------------------


def upload(
    actor: Actor, organisation_id: int, name: str, size: int, chunks: Iterable[bytes], *, now: dt.datetime
) -> Attachment:
    """Keep a file before its message is sent. Refuses what is empty, too large or a program, and
    what the disk has no room for; says which file."""
    actor.demand("tickets:reply")
    if not actor.sees(organisation_id):
        raise NotFound()
    shown = files.clean_name(name.replace("%22", '"'))  # browsers write a quotation mark so
    limit = settings.UPLOAD_LIMIT
    if size > limit:
        raise Refusal("tickets.upload_too_large", field="file", name=shown, limit=limit // 1024 // 1024)
    if size == 0:
        raise Refusal("tickets.upload_empty", field="file", name=shown)
    try:
        stored = files.store(chunks, shown)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise Refusal("tickets.upload_no_room", field="file", name=shown) from error
    if stored.content_type in REFUSED_KINDS:
        raise Refusal("tickets.upload_refused", field="file", name=shown)
    return _loose(actor, organisation_id, shown, stored, now)


def keep_received(
    actor: Actor, organisation_id: int, name: str, data: bytes, *, now: dt.datetime
) -> Attachment:
    """Keep a file that came with a mail, whatever it is: refusing it would lose what was received."""
    shown = files.clean_name(name)
    return _loose(actor, organisation_id, shown, files.store([data], shown), now)


def _loose(
    actor: Actor, organisation_id: int, shown: str, stored: files.Stored, now: dt.datetime
) -> Attachment:
    return Attachment.objects.create(
        organisation_id=organisation_id,
        uploaded_by_id=actor.person_id,
        name=shown,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        token=secrets.token_urlsafe(32),
        created_at=now,
    )


def claim_uploads(actor: Actor, ticket: Ticket, message: Message, tokens: Sequence[str]) -> None:
    """Tie the actor's loose uploads (named, or shown as an image in the body) to the message being sent."""
    wanted = {token for token in tokens if token}
    wanted.update(part.split('"', 1)[0] for part in message.body.split("/files/")[1:])
    if not wanted:
        return
    loose = Attachment.objects.filter(
        token__in=wanted, message=None, uploaded_by_id=actor.person_id, organisation_id=ticket.organisation_id
    )
    if message.audience == "public":
        loose.update(ticket_id=ticket.pk, message_id=message.pk)
    else:
        loose.update(ticket_id=ticket.pk, message_id=message.pk, audience="internal")


# -- drafts ------------------------------------------------------------------


def save_draft(actor: Actor, place: str, content: dict[str, Any], *, now: dt.datetime) -> Draft:
    """Keep what is being typed at ``place``; it survives reload, sign-out and conflicts."""
    draft, _ = Draft.objects.update_or_create(
        person_id=actor.me,
        place=place[:60],
        defaults={"content": content, "updated_at": now, "organisation_id": actor.organisation_id},
    )
    return draft


def step_place(ticket_id: int) -> str:
    """Where the form of a step is kept: one for each ticket, so that its text follows to another step."""
    return f"step:{ticket_id}"


def discard_draft(actor: Actor, place: str) -> None:
    Draft.objects.filter(person_id=actor.me, place=place).delete()


def discard_sent(actor: Actor, place: str, *, now: dt.datetime) -> None:
    """The draft was sent: what another window wrote beside it becomes the draft."""
    row = Draft.objects.filter(person_id=actor.me, place=place).first()
    beside = str(row.content.get("beside", "")) if row else ""
    if beside:
        save_draft(actor, place, {"body": beside, "version": now.isoformat()}, now=now)
    else:
        discard_draft(actor, place)
