"""``=?utf-8?Q?caf=C3=A9?=`` in a header (RFC 2047), and base64; both forgiving."""

from __future__ import annotations

import binascii
import contextlib
import re
import string

from vigie.channels.mail.rules.charsets import decode

BASE64 = (string.ascii_letters + string.digits + "+/=").encode()
_NOT_BASE64 = bytes(sign for sign in range(256) if sign not in BASE64)
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
    return base64_bytes(data)


def base64_bytes(body: bytes) -> bytes:
    """Base64, forgiving: other signs are left out, a missing end is padded, padded pieces are joined."""
    end = body.find(b"=")
    if end < 0 or not body[end:].strip(b"= \t\r\n"):
        with contextlib.suppress(binascii.Error):
            return binascii.a2b_base64(
                body
            )  # the usual case, without a copy of what may be a hundred megabytes
    data = bytearray()
    for piece in body.translate(None, _NOT_BASE64).split(b"="):
        whole = piece[:-1] if len(piece) % 4 == 1 else piece
        data += binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    return bytes(data)
