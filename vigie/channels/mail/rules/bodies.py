"""What the body of a part holds: transfer encodings undone, text unfolded, files taken out of plain text."""

from __future__ import annotations

import binascii
import re

from vigie.channels.mail.rules.charsets import decode
from vigie.channels.mail.rules.encoded_words import BASE64, base64_bytes
from vigie.channels.mail.rules.mime import Entity

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_UUENCODED = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,254})\n((?:[ -`]{1,100}\n)*)end[ \t]*$", re.M)
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"})


def content(entity: Entity) -> bytes:
    """The bytes of a part, its transfer encoding undone; marks ``bad_encoding`` where that had to be guessed."""
    encoding = entity.value("content-transfer-encoding").partition(";")[0].strip().lower()
    body = entity.body
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        return _base64(entity, body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecoded(body)
    if encoding not in _IDENTITY:
        entity.defects.add("bad_encoding")
    return body


def text_of(entity: Entity) -> str:
    """The text of a part, its lines unfolded where they were sent as ``format=flowed``."""
    data = content(entity)
    charset = entity.options.get("charset", "")
    meta = _META_CHARSET.search(data, 0, 4096) if not charset and entity.kind == "text/html" else None
    text, held = decode(data, charset, meta[1].decode("ascii", "replace") if meta else "")
    if not held:
        entity.defects.add("bad_charset")
    if entity.options.get("format", "").lower() == "flowed":
        return unflowed(text, entity.options.get("delsp", "").lower() == "yes")
    return text


def unflowed(text: str, delsp: bool) -> str:
    """Lines that end in a blank go on (RFC 3676), each depth of quoting by itself."""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest[1:] if rest.startswith(" ") else rest
        is_soft = rest.endswith(" ") and rest != "-- "
        if rest == "-- ":
            open_depth = -1
        if delsp and is_soft:
            rest = rest[:-1]
        if depth == open_depth:
            lines.append(rest)
        else:
            lines.append("\n" + (">" * depth + " " if depth else "") + rest)
        open_depth = depth if is_soft else -1
    return "".join(lines)[1:]


def uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """(the text without them, files that were written into it as ``begin 644 name … end``)."""
    files: list[tuple[str, bytes]] = []
    if "begin " not in text:
        return text, files

    def take(found: re.Match[str]) -> str:
        files.append((found[1].strip(), _uu_lines(found[2].encode("latin-1"))))
        return ""

    try:
        return _UUENCODED.sub(take, text), files
    except binascii.Error:
        return text, []


def _uudecoded(body: bytes) -> bytes:
    """A whole body in that encoding, whether its ``begin`` line was sent or not."""
    lines = body.replace(b"\r\n", b"\n").partition(b"\nend")[0]
    if lines.startswith(b"begin "):
        lines = lines.partition(b"\n")[2]
    try:
        return _uu_lines(lines)
    except binascii.Error:
        return body


def _uu_lines(lines: bytes) -> bytes:
    data = bytearray()
    for line in lines.splitlines():
        size = (
            ((line[0] - 32 & 63) * 4 + 5) // 3 + 1 if line else 0
        )  # some programs pad a line with a sign of their own
        data += binascii.a2b_uu(line[:size])
    return bytes(data)


def _base64(entity: Entity, body: bytes) -> bytes:
    """Every byte that can be had; a body that is clearly not base64 was sent as it is."""
    stray = len(body.translate(None, BASE64 + b" \t\r\n"))
    if stray:
        entity.defects.add("bad_encoding")
    if stray * 20 > len(body):
        return body
    return base64_bytes(body)
