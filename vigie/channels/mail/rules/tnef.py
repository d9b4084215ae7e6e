"""winmail.dat: the packet (TNEF, MS-OXTNEF) in which Outlook wraps files and rich text, opened within bounds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from vigie.channels.mail.rules.charsets import codec_of, decode
from vigie.channels.mail.rules.parsed import Part
from vigie.channels.mail.rules.rich_text import BadRichText, decompressed, rich_text

SIGNATURE = 0x223E9F78
MAX_FILES = 1000
MAX_PROPERTIES = 5000
MAX_VALUES = 2000

_ATTACHMENT_LEVEL = 2
_BODY, _RENDER, _TITLE, _DATA = 0x800C, 0x9002, 0x8010, 0x800F
_PROPERTIES, _ATTACHMENT, _CODEPAGE = 0x9003, 0x9005, 0x9007
# MAPI properties
_P_BODY, _P_RTF, _P_HTML, _P_INTERNET_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_P_DATA, _P_FILE, _P_LONG_FILE, _P_DISPLAY, _P_CID, _P_MIME = 0x3701, 0x3704, 0x3707, 0x3001, 0x3712, 0x370E
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage: a mail in the mail
_FIXED = {0: 0, 1: 0, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE = 0x1E, 0x1F


class BadTnef(Exception):
    """Not such a packet at all."""


@dataclass(slots=True)
class Packet:
    """``is_cut``: it broke off or was beyond a bound, what was read until then is here."""

    text: str = ""
    html: str = ""
    parts: list[Part] = field(default_factory=list)
    is_cut: bool = False


@dataclass(slots=True)
class _File:
    title: bytes = b""
    data: bytes = b""
    properties: dict[int, bytes | str] = field(default_factory=dict)


def unpack(data: bytes) -> Packet:
    """The files and bodies of a packet. Raises ``BadTnef`` where the bytes are none."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        raise BadTnef
    packet = Packet()
    files: list[_File] = []
    body: dict[int, bytes | str] = {}
    codepage = "cp1252"
    for level, name, start, end in _attributes(data, packet):
        value = data[start:end]
        if level == _ATTACHMENT_LEVEL:
            if name == _RENDER or not files:
                files.append(_File())
            _add(files[-1], name, value, codepage, packet)
        elif name == _CODEPAGE and len(value) >= 4:
            codepage = codec_of(f"cp{struct.unpack_from('<I', value)[0]}") or codepage
        elif name == _BODY:
            body.setdefault(_P_BODY, value)
        elif name == _PROPERTIES:
            body.update(_properties(value, codepage, packet))
        if len(files) > MAX_FILES:
            files.pop()
            packet.is_cut = True
            break
    _fill(packet, body, codepage)
    packet.parts = [_part(one, codepage) for one in files if one.title or one.data or one.properties]
    return packet


def _attributes(data: bytes, packet: Packet) -> Iterator[tuple[int, int, int, int]]:
    """(level, name, where its value begins and ends) of each attribute; a checksum is not asked for."""
    at = 6
    while at < len(data):
        if data[at] not in (1, 2):
            return  # padding or garbage behind the last attribute
        if at + 9 > len(data):
            packet.is_cut = True
            return
        level, name, _, size = struct.unpack_from("<BHHI", data, at)
        if at + 9 + size > len(data):
            packet.is_cut = True
        yield level, name, at + 9, min(at + 9 + size, len(data))
        at += 11 + size  # two bytes of checksum follow the value


def _add(file: _File, name: int, value: bytes, codepage: str, packet: Packet) -> None:
    if name == _TITLE:
        file.title = value
    elif name == _DATA:
        file.data = value
    elif name == _ATTACHMENT:
        file.properties.update(_properties(value, codepage, packet))


def _properties(data: bytes, codepage: str, packet: Packet) -> dict[int, bytes | str]:
    """Values by MAPI name, the first of each; what cannot be read ends the list."""
    values: dict[int, bytes | str] = {}
    try:
        count, at = struct.unpack_from("<I", data)[0], 4
        if count > MAX_PROPERTIES:
            packet.is_cut = True
        for _ in range(min(count, MAX_PROPERTIES)):
            kind, name = struct.unpack_from("<HH", data, at)
            at = _after_name(data, at + 4) if name >= 0x8000 else at + 4
            value, at = _value(data, at, kind, codepage)
            values.setdefault(name, value)
    except (struct.error, ValueError):
        packet.is_cut = True
    return values


def _after_name(data: bytes, at: int) -> int:
    """Behind the name of a named property: 16 bytes of id, then a number or a text."""
    if struct.unpack_from("<I", data, at + 16)[0] == 0:
        return at + 24
    return at + 24 + _padded(struct.unpack_from("<I", data, at + 20)[0])


def _value(data: bytes, at: int, kind: int, codepage: str) -> tuple[bytes | str, int]:
    """(the first value, where the next property begins)."""
    many, kind = kind & 0x1000, kind & 0xFFF
    count = 1
    if many or kind not in _FIXED:
        count = struct.unpack_from("<I", data, at)[0]
        at += 4
    if count > MAX_VALUES:
        raise ValueError(count)
    first: bytes | str = b""
    for number in range(count):
        if kind in _FIXED:
            size, step = _FIXED[kind], _FIXED[kind]
        else:
            size, step, at = struct.unpack_from("<I", data, at)[0], 0, at + 4
            step = _padded(size)
        if at + size > len(data):
            raise ValueError(size)
        if number == 0:
            first = _text(data[at : at + size], kind, codepage)
        at += step
    return first, at


def _text(value: bytes, kind: int, codepage: str) -> bytes | str:
    if kind == _UNICODE:
        return decode(value[: len(value) & ~1], "utf-16-le")[0]
    if kind == _STRING:
        return decode(value.rstrip(b"\0"), codepage)[0]
    return value


def _padded(size: int) -> int:
    return size + (-size % 4)


def _part(file: _File, codepage: str) -> Part:
    names = (file.properties.get(name) for name in (_P_LONG_FILE, _P_FILE))
    title = file.title.rstrip(b"\0")
    name = next((_str(n, codepage) for n in names if n), "") or decode(title, codepage)[0]
    data, kind = file.data, _str(file.properties.get(_P_MIME, ""), codepage) or "application/octet-stream"
    inner = file.properties.get(_P_DATA, b"")
    if isinstance(inner, bytes) and len(inner) > 16:
        # A mail in the mail is a packet of its own; kept as one, never opened further
        data = inner[16:] if inner.startswith(_EMBEDDED) else data or inner[16:]
        kind = "application/ms-tnef" if inner.startswith(_EMBEDDED) else kind
    cid = _str(file.properties.get(_P_CID, ""), codepage).strip("<>")
    return Part(name or _str(file.properties.get(_P_DISPLAY, ""), codepage), kind.lower(), data, cid)


def _fill(packet: Packet, body: dict[int, bytes | str], codepage: str) -> None:
    """Text and HTML of the packet; Outlook's rich text is read where there is no other."""
    page = body.get(_P_INTERNET_CODEPAGE, b"")
    number = struct.unpack("<I", page)[0] if isinstance(page, bytes) and len(page) == 4 else 0
    internet = "utf-8" if number == 65001 else codec_of(f"cp{number}") or codepage
    packet.text = _str(body.get(_P_BODY, ""), codepage)
    packet.html = _str(body.get(_P_HTML, ""), internet)
    packed = body.get(_P_RTF, b"")
    if isinstance(packed, bytes) and packed and not packet.text.strip() and not packet.html.strip():
        try:
            packet.text = rich_text(decompressed(packed))
        except BadRichText:
            packet.is_cut = True


def _str(value: bytes | str, codepage: str) -> str:
    return value if isinstance(value, str) else decode(value.rstrip(b"\0"), codepage)[0]
