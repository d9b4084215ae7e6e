"""``=?utf-8?Q?caf=C3=A9?=`` in a header (RFC 2047), forgiving."""

from __future__ import annotations

import base64
import binascii
import re

from vigie.channels.mail.rules.charsets import decode

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([BbQq])\?([^?]*)\?=")


def decoded_words(text: str) -> str:
    """The text with its encoded words decoded. Neighbours are joined first: a character may be cut between them."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for word in _WORD.finditer(text):
        between = text[at : word.start()]
        # RFC 2231 adds a language: =?utf-8*fr?Q?…?=
        named = word[1].partition("*")[0].lower()
        if between.strip() or named != charset:
            out.append(decode(pending, charset)[0])
            pending = b""
        if between.strip() or not at:
            out.append(between)
        pending += _bytes(word[2], word[3])
        charset, at = named, word.end()
    return "".join([*out, decode(pending, charset)[0], text[at:]])


def _bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "Qq":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    return base64.b64decode(data + b"=" * (-len(data) % 4))
