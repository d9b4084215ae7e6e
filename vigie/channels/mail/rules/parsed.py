"""What a mail says, as plain values: the language between the parser and everything after it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


class Unreadable(Exception):
    """Why a mail is not read but kept for a person: a stable ``code`` and a technical ``detail``.

    ``empty``, ``too_big``, ``too_deep``, ``too_many_parts``; from the reading process ``too_slow``, ``hung``, ``crashed``.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Address:
    """``email`` is lower-cased and valid, or empty; ``name`` is the decoded display name, one line."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the mail. ``name`` as sent, or made (``mail-1.eml``); ``content_id`` without ``<>``; bytes are decoded.

    ``is_inline``: shown inside the HTML body by its content id, so not a file of its own.
    """

    name: str
    content_type: str
    data: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail read within bounds. Every text is valid Unicode without NUL; header values are one line.

    ``headers`` keeps, by lower-case name, every value of the headers that the rules look at, in the order of the
    mail (first = added last, by our own server). ``defects`` are codes of what was wrong: ``two_from``,
    ``nul_in_header``, ``bad_charset``, ``bad_encoding`` … ``report`` holds the parts of a delivery report
    (``message/delivery-status``, ``message/feedback-report``, returned headers) as text, by content type.
    ``sent_at`` is what the sender claims: never used for a clock. Ids (``message_id``, ``in_reply_to``,
    ``references``) stand without ``<>``; a mail without a usable one is named by its SHA-256 (``no_message_id``).
    ``text_is_derived``: ``text`` was made from ``html`` or from the rich text of Outlook, no plain text was sent.
    """

    subject: str = ""
    sender: Address = Address("")
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sent_at: dt.datetime | None = None
    text: str = ""
    html: str = ""
    parts: tuple[Part, ...] = ()
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    report: dict[str, tuple[str, ...]] = field(default_factory=dict)
    defects: tuple[str, ...] = ()
    text_is_derived: bool = False

    def header(self, name: str) -> str:
        """The first value of a kept header, or ''."""
        values = self.headers.get(name.lower(), ())
        return values[0] if values else ""
