"""What a mail says: a person's message, the acknowledgement of a request, or one sentence about a ticket."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass
from typing import Any

from babel.dates import format_datetime
from django.utils import timezone
from django.utils.translation import get_language, gettext
from markupsafe import Markup

from vigie.accounts.models import Agent
from vigie.channels.mail.outgoing.enclosures import Carried, carry, file_url
from vigie.channels.mail.outgoing.gathering import Told
from vigie.channels.mail.outgoing.senders import Sender
from vigie.channels.mail.rules.letter import Enclosure
from vigie.contracts.rules.reading import ClockState
from vigie.notifications.labels import sentence
from vigie.tickets import access
from vigie.tickets.actions.course import reopen_until
from vigie.tickets.labels import PRIORITIES
from vigie.tickets.models import Message, Ticket
from vigie.tickets.portal.explained import told as promise_told
from vigie.tickets.portal.words import spoken
from vigie.tickets.queries.customer import promises
from vigie.tickets.queries.noted import NEEDED, noted_for_caller
from vigie.toolkit import richtext
from vigie.toolkit.jinja import locale
from vigie.workflow.queries import machine_of

QUOTED_LINES, QUOTED_CHARACTERS = 10, 700


@dataclass(frozen=True, slots=True)
class Written:
    """A subject, the template of ``mail/out`` that says it and what fills it, the files that go along."""

    subject: str
    template: str
    values: dict[str, Any]
    enclosures: tuple[Enclosure, ...] = ()


def sender_name(told: Told) -> str:
    """``Sonia Lefèvre (Nord Infogérance)`` for what a person wrote, the provider's name for the rest."""
    if not told.is_personal or told.message is None:
        return told.house
    of_client = told.message.side == "client" and told.ticket is not None
    home = told.ticket.organisation.name if of_client and told.ticket else told.house
    return f"{told.message.author_name} ({home})"


def written(told: Told, sender: Sender, link: str) -> Written:
    """The mail in the active language."""
    ticket, notice = told.ticket, told.notice
    values: dict[str, Any] = {
        "sentence": sentence(notice.kind, notice.params),
        "title": notice.params.get("title", ""),
        "reader": told.reader,
        "ticket": ticket,
        "link": link,
        "answerable": sender.mailbox is not None,
        "signature": _signature(told, sender),
        "who_reads": _who_reads(told, sender),
    }
    if ticket is None:
        return Written(values["sentence"], "notice", values)
    subject = f"[{ticket.reference}] {ticket.title}"
    values["after"] = _what_next(told, ticket)
    if told.message is not None and notice.kind != "ticket_opened":
        carried = _body(told.message)
        values |= {
            "body": Markup(carried.html),  # noqa: S704 (cleaned by richtext)
            "text": _text(told.message),
            "linked": [(one.name, one.size, file_url(one.token)) for one in carried.linked],
            "quoted": _quoted(told, ticket, told.message),
        }
        return Written(f"Re: {subject}", "message", values, carried.enclosures)
    if notice.kind == "ticket_opened" and told.reader.is_client:
        return Written(subject, "opened", values | {"promises": _promises(told, ticket)})
    return Written(subject, "notice", values | {"priority": str(PRIORITIES[ticket.priority])})


def _body(message: Message) -> Carried:
    shown = richtext.clean(message.body) if message.is_html else richtext.plain_shown(message.body)
    return carry(str(shown), message.attachments.order_by("id"))


def _text(message: Message) -> str:
    return richtext.to_text(message.body) if message.is_html else message.body.replace("\r\n", "\n").strip()


def _signature(told: Told, sender: Sender) -> str:
    """The author's own words, then the mailbox's in the reader's language; names where neither has any."""
    message, mailbox = told.message, sender.mailbox
    if told.is_personal and message is not None and message.side == "client":
        return message.author_name
    own = ""
    if told.is_personal and message is not None:
        own = Agent.objects.filter(pk=message.author_id).values_list("signature", flat=True).first() or ""
        own = own.strip() or message.author_name
    english = (get_language() or "fr").startswith("en")
    shared = (mailbox.signature_en if english else mailbox.signature_fr) if mailbox else ""
    return "\n".join(part for part in (own, shared.strip() or told.house) if part)


def _who_reads(told: Told, sender: Sender) -> str:
    """For an agent, who will read an answer to this mail (``joining`` decides it alike); '' where nobody will."""
    if not told.reader.is_provider or told.ticket is None or sender.mailbox is None:
        return ""
    if told.message is not None and told.message.audience == "public":
        return gettext("Answer this mail to write to the client.")
    return gettext("An answer to this mail stays among us: the client does not see it.")


def _what_next(told: Told, ticket: Ticket) -> str:
    """Under a resolution, for its requester: what to do when it does not work; under an escalation, until when to answer it."""
    if told.notice.params.get("acknowledge_by"):
        asked_by = dt.datetime.fromisoformat(told.notice.params["acknowledge_by"])
        return gettext(
            "Acknowledge it on the page below before %(when)s; otherwise the next step is told."
        ) % {"when": _instant(asked_by)}
    if told.notice.kind == "settled_asked":
        return gettext(
            "If it is settled, or if you only thanked us, one click on the page below says so; another one opens the request"
            " again. Until then it stays as it is, and somebody here reads your message."
        )
    if told.notice.kind != "ticket_resolved" or not told.reader.is_client:
        return ""
    until = reopen_until(ticket, machine_of(ticket.workflow_version_id))
    if until is None:
        return ""
    return gettext(
        "Does it work again? You need do nothing. If it does not, say so on the page of the request before %(when)s."
    ) % {"when": spoken(until, told.notice.created_at)}


def _promises(told: Told, ticket: Ticket) -> list[str]:
    """What was promised, in words, as it stood when the request was registered."""
    at = told.notice.created_at
    running = [p for p in promises(told.reader, ticket, at) if p.reading.state == ClockState.RUNNING]
    return [promise_told(one, ticket.ticket_type, at).sentence for one in running]


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message answered: who wrote it and when, in one line, and how it begins."""

    introduction: str
    lines: list[str]


def _quoted(told: Told, ticket: Ticket, message: Message) -> Quoted | None:
    """The beginning of the public message before this one, by somebody else."""
    earlier = access.visible_messages(told.reader, ticket).filter(
        audience="public", created_at__lte=message.created_at, pk__lt=message.pk
    )
    last = earlier.exclude(author_id=message.author_id).order_by("-created_at", "-id").first()
    if last is None or message.audience != "public":
        return None
    agent = noted_for_caller(ticket.pk, {name: getattr(last, name) for name in NEEDED})
    words = (
        gettext("On %(when)s, %(agent)s noted for %(who)s:")
        if agent
        else gettext("On %(when)s, %(who)s wrote:")
    )
    values = {"when": _instant(last.created_at), "who": last.author_name, "agent": agent}
    return Quoted(words % values, _beginning(last))


def _instant(at: dt.datetime) -> str:
    return str(format_datetime(timezone.localtime(at), "short", locale=locale()))


def _beginning(message: Message) -> list[str]:
    """A few lines of what was written, without what it quotes itself."""
    folded = richtext.shown_folded if message.is_html else richtext.plain_folded
    text = richtext.to_text(str(folded(message.body)[0]))
    lines = html.unescape(text[:QUOTED_CHARACTERS]).splitlines()
    kept = lines[:QUOTED_LINES]
    return kept if len(kept) == len(lines) and len(text) <= QUOTED_CHARACTERS else [*kept, "…"]
