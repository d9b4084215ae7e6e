"""Signed marks in addresses and Message-IDs: they say which ticket is meant, never who writes.

A mark is ``ticket.recipient.mac`` (a reply address) or ``ticket.message.recipient.mac`` (a Message-ID): numbers in base 36,
then 80 bits of HMAC-SHA256 in base 32. Only ``a-z2-7`` and ``0-9a-z`` appear, in lower case, so that a mark survives servers and
address books that change the case. The two kinds are signed apart: a Message-ID, which every recipient of a mail sees,
gives no reply address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from vigie.channels.mail.rules.parsed import ParsedMail

MAC_BYTES = 10
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NUMBER = r"([1-9a-z][0-9a-z]{0,12})"  # base 36 without leading zero: one spelling for one number
_MAC = r"([a-z2-7]{16})"
_REPLY = re.compile(rf"[^@+\s<>]{{1,64}}\+{_NUMBER}\.{_NUMBER}\.{_MAC}@[^@\s<>]{{1,255}}")
_MESSAGE = re.compile(rf"<?v\.{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.{_MAC}@[a-z0-9.-]{{1,255}}>?")
_ANY_MESSAGE = re.compile(rf"(?<![a-z0-9.])v\.{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.{_MAC}@[a-z0-9.-]{{1,255}}")
_SUBJECT_NUMBER = re.compile(r"\[([A-Z]{2,5}-[A-Z0-9]{1,16}-[1-9][0-9]{0,9})\]", re.IGNORECASE)

# Where a mail server leaves the address that a mail was delivered to.
_ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,128}@[^\s<>,;:\"()]{1,255}")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a genuine mark names: ids of a ticket and of a recipient; ``message`` is None for a reply address."""

    ticket: int
    recipient: int
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """The genuine marks of a mail. ``replies``: of the addresses it came to; ``messages``: of the mails that it
    answers, nearest first."""

    replies: tuple[Mark, ...] = ()
    messages: tuple[Mark, ...] = ()


def reply_address(key: bytes, address: str, *, ticket: int, recipient: int) -> str:
    """The address that one recipient answers one ticket at: ``support+1a.2f.<mac>@desk.example``."""
    local, _, domain = address.partition("@")
    body = f"{_base36(ticket)}.{_base36(recipient)}"
    return f"{local}+{body}.{_mac(key, 'reply', body)}@{domain}"


def message_id(key: bytes, domain: str, *, ticket: int, message: int, recipient: int) -> str:
    """The Message-ID of one mail to one recipient, with its ``<>``. The same mail sent again has the same one."""
    body = f"{_base36(ticket)}.{_base36(message)}.{_base36(recipient)}"
    return f"<v.{body}.{_mac(key, 'message', body)}@{domain}>"


def read_reply_address(key: bytes, address: str) -> Mark | None:
    """What a reply address names, or None where it is none of ours or was altered."""
    found = _REPLY.fullmatch(address.strip().lower())
    if not found:
        return None
    ticket, recipient, mac = found.groups()
    if not hmac.compare_digest(mac, _mac(key, "reply", f"{ticket}.{recipient}")):
        return None
    return Mark(int(ticket, 36), int(recipient, 36))


def read_message_id(key: bytes, value: str) -> Mark | None:
    """What a Message-ID of ours names, with or without ``<>``, or None."""
    found = _MESSAGE.fullmatch(value.strip().lower())
    return _genuine(key, found) if found else None


def message_marks_in(key: bytes, text: str) -> tuple[Mark, ...]:
    """The genuine Message-IDs of ours anywhere in a text, for a returned mail inside a bounce."""
    found = (_genuine(key, match) for match in _ANY_MESSAGE.finditer(text.lower()))
    return tuple(dict.fromkeys(mark for mark in found if mark))


def marks_of(mail: ParsedMail, key: bytes) -> Marks:
    """Every genuine mark of a mail: of its recipients, then of what it answers (In-Reply-To, References backwards)."""
    replies = (read_reply_address(key, address) for address in _addressed(mail))
    answered = (*mail.in_reply_to, *reversed(mail.references))
    messages = (read_message_id(key, value) for value in answered)
    return Marks(_unique(replies), _unique(messages))


def subject_numbers(subject: str) -> tuple[str, ...]:
    """The ticket numbers written in a subject as ``[INC-KLT-42]``, upper case, first come first. They prove nothing."""
    return tuple(dict.fromkeys(number.upper() for number in _SUBJECT_NUMBER.findall(subject)))


def without_numbers(subject: str) -> str:
    """The subject without the ticket numbers written in it, ours or another desk's."""
    return _SUBJECT_NUMBER.sub(" ", subject)


def _addressed(mail: ParsedMail) -> Iterable[str]:
    for name in _ADDRESSED:
        for value in mail.headers.get(name, ()):
            yield from _ADDRESS.findall(value)
    for address in (*mail.to, *mail.cc):
        yield address.email


def _genuine(key: bytes, found: re.Match[str]) -> Mark | None:
    ticket, message, recipient, mac = found.groups()
    if not hmac.compare_digest(mac, _mac(key, "message", f"{ticket}.{message}.{recipient}")):
        return None
    return Mark(int(ticket, 36), int(recipient, 36), int(message, 36))


def _unique(marks: Iterable[Mark | None]) -> tuple[Mark, ...]:
    return tuple(dict.fromkeys(mark for mark in marks if mark))


def _mac(key: bytes, kind: str, body: str) -> str:
    digest = hmac.digest(key, f"vigie.mail.{kind}:{body}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:MAC_BYTES]).decode().lower()


def _base36(number: int) -> str:
    if number < 1:
        raise ValueError("an id starts at 1")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
