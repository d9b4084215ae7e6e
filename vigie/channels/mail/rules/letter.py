"""One mail as objects, and its bytes. Nothing that a person typed can add a header or a recipient. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from typing import cast

CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
SPECIALS = re.compile(r'[<>\[\]:;@\\,"]+')
LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
MOST_REFERENCES = 12


class BadAddress(ValueError):
    """No mail can be sent to it: not an address, or a local part that needs SMTPUTF8."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of a mail. With a ``content_id`` it is shown inside the text by that name, else attached."""

    name: str
    content_type: str
    data: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one mail to one person says. ``stamps`` are further headers; ids are without ``<>``."""

    header_id: str
    sender: tuple[str, str]
    recipient: tuple[str, str]
    subject: str
    text: str
    html: str
    written_at: dt.datetime
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)
    enclosures: tuple[Enclosure, ...] = ()


def one_line(text: str) -> str:
    """Text for a header: control characters and directional marks become a space, and what looks like an encoded word
    (which a reader would decode, to who knows what) is taken apart."""
    return " ".join(CONTROL.sub(" ", text).replace("=?", "= ?").split())


def plain_address(address: str) -> str:
    """The address as servers take it, its domain in ASCII (IDNA); :class:`BadAddress` for anything else."""
    local, at, domain = address.strip().rpartition("@")
    try:
        wired = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise BadAddress(address) from error
    if not at or not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(wired) or ".." in local:
        raise BadAddress(address)
    return f"{local}@{wired}"


def named(name: str, address: str) -> Address:
    """A display name and an address as one header value.

    A name that must be encoded loses what separates addresses: encoded words may not be quoted, and not every reader of
    mail takes the name apart before it decodes it.
    """
    shown = one_line(name)
    if not shown.isascii():
        shown = " ".join(SPECIALS.sub(" ", shown).split())
    local, _, domain = plain_address(address).rpartition("@")
    return Address(shown[:120], local, domain)


def build(letter: Letter) -> EmailMessage:
    """The mail: text and HTML side by side, pictures of the HTML beside it, files after them."""
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(letter.written_at)
    mail["From"] = named(*letter.sender)
    mail["To"] = named(*letter.recipient)
    if letter.reply_to:
        mail["Reply-To"] = named(letter.sender[0], letter.reply_to)
    mail["Subject"] = one_line(letter.subject)
    mail["Message-ID"] = f"<{letter.header_id}>"
    if letter.in_reply_to:
        mail["In-Reply-To"] = f"<{letter.in_reply_to}>"
    if letter.references:
        mail["References"] = " ".join(f"<{one}>" for one in letter.references)
    for name, value in letter.stamps.items():
        mail[name] = one_line(value)
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    page = cast(MIMEPart, mail.get_body(("html",)))
    for one in letter.enclosures:
        _enclose(page if one.content_id else mail, one)
    return mail


def _enclose(into: MIMEPart, one: Enclosure) -> None:
    main, _, sub = one.content_type.partition("/")
    if (
        main in ("message", "multipart", "text") or not sub
    ):  # as bytes: never re-encoded, never opened in place
        main, sub = "application", "octet-stream"
    name = one_line(one.name) or "file"
    if one.content_id:
        inside = f"<{one.content_id}>"
        into.add_related(
            one.data, maintype=main, subtype=sub, filename=name, cid=inside, disposition="inline"
        )
    else:
        into.add_attachment(one.data, maintype=main, subtype=sub, filename=name)


def thread_of(said: Iterable[str], answered: str) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References for the next mail to somebody.

    ``said``: the ids of the mails exchanged with this person, oldest first; ``answered``: the last one it wrote, or ''.
    The first stays at the head (clients hang the thread on it), the one answered at the end.
    """
    chain = list(dict.fromkeys(one for one in said if one))
    if not chain:
        return "", ()
    parent = answered or chain[-1]
    between = [one for one in chain[1:] if one != parent][-(MOST_REFERENCES - 2) :]
    return parent, tuple(dict.fromkeys([chain[0], *between, parent]))
