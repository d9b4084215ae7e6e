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
        files = uuencoded(body.decode("latin-1").replace("\r\n", "\n"))[1]
        return files[0][1] if files else body
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
        data = bytearray()
        for line in found[2].splitlines():
            try:
                data += binascii.a2b_uu(line)
            except binascii.Error:
                data += binascii.a2b_uu(line[: ((ord(line[0]) - 32 & 63) * 4 + 5) // 3 + 1])
        files.append((found[1].strip(), bytes(data)))
        return ""

    try:
        return _UUENCODED.sub(take, text), files
    except binascii.Error:
        return text, []


def _base64(entity: Entity, body: bytes) -> bytes:
    """Every byte that can be had; a body that is clearly not base64 was sent as it is."""
    stray = len(body.translate(None, BASE64 + b" \t\r\n"))
    if stray:
        entity.defects.add("bad_encoding")
    if stray * 20 > len(body):
        return body
    return base64_bytes(body)
