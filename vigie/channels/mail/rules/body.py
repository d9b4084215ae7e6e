"""What of a mail becomes the message, and what is kept beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.reply_html import split_html_reply, split_html_signature
from vigie.channels.mail.rules.reply_text import split_reply, split_signature

_CID = re.compile(r"""cid:([^"'\s>)]{1,300})""", re.IGNORECASE)
LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Body:
    """``text`` is what was written, ``rest`` the quotation and signature below; both HTML or both plain.

    ``rest_kind``: ``quotation``, ``signature``, ``both``, or empty where there is no rest.
    ``is_cut``: longer than a message may be; the whole then travels as a file.
    """

    text: str
    rest: str
    is_html: bool
    is_cut: bool = False
    rest_kind: str = ""


def body_of(mail: ParsedMail, *, is_reply: bool, addresses: Mapping[str, str]) -> Body:
    """The body, with ``cid:`` images pointed at ``addresses`` (content id → address of the stored file).

    A first mail loses its signature alone: what it forwards is what it is about. A reply that is nothing but quotation
    stays whole.
    """
    if mail.html.strip():
        written, rest = split_html_reply(mail.html) if is_reply else split_html_signature(mail.html)
        kind = _kind(quoted=is_reply and rest, signed=not is_reply and rest)
        body = Body(_with_images(written, addresses), _with_images(rest, addresses), True, rest_kind=kind)
    else:
        parts = split_reply(mail.text, mail.subject) if is_reply else split_signature(mail.text)
        rest = "\n\n".join(filter(None, (parts.signature, parts.quoted)))
        body = Body(parts.written, rest, False, rest_kind=_kind(parts.quoted, parts.signature))
    if not body.text.strip() and body.rest.strip():
        body = Body(body.rest, "", body.is_html)
    if len(body.text) > LONGEST or len(body.rest) > LONGEST:
        plain = body.text if not body.is_html else mail.text
        return Body(plain[:LONGEST], "", False, is_cut=True)
    return body


def _kind(quoted: str | bool, signed: str | bool) -> str:
    if quoted and signed:
        return "both"
    return "quotation" if quoted else "signature" if signed else ""


def _with_images(html: str, addresses: Mapping[str, str]) -> str:
    return _CID.sub(lambda found: addresses.get(found[1], found[0]), html)
