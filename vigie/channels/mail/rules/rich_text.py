"""Outlook's rich text: unpacked (LZFu, MS-OXRTFCP) and read as plain text."""

from __future__ import annotations

import re
import struct

from vigie.channels.mail.rules.charsets import clean, codec_of

MAX_RICH_TEXT = 20 * 1024 * 1024  # bytes, unpacked

_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_PACKED, _PLAIN = b"LZFu", b"MELA"
_TOKEN = re.compile(
    r"\\u(-?\d{1,6}) ?\??|\\'([0-9a-fA-F]{2})|\\([a-z]{1,32})(-?\d{1,10})? ?|\\(.)|([{}])|([^\\{}\r\n]+)|.",
    re.S,
)
_SILENT = frozenset({"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "listtable", "htmltag",
                     "mhtmltag", "generator", "datastore", "latentstyles", "rsidtbl", "xmlnstbl"})  # fmt: skip
_SIGNS = {"par": "\n", "line": "\n", "row": "\n", "tab": "\t", "cell": " ", "emdash": "—", "endash": "–", "bullet": "•",
          "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "sect": "\n"}  # fmt: skip


class BadRichText(Exception):
    """Not packed as it should be."""


def decompressed(data: bytes) -> bytes:
    """Rich text unpacked, at most ``MAX_RICH_TEXT``."""
    if len(data) < 16:
        raise BadRichText
    size, kind = struct.unpack_from("<I", data, 4)[0], data[8:12]
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        raise BadRichText
    out = bytearray(_DICTIONARY)  # the window of 4096 bytes begins with these
    limit = len(_DICTIONARY) + min(size, MAX_RICH_TEXT)
    at = 16
    while at < len(data) and len(out) < limit:
        control, at = data[at], at + 1
        for bit in range(8):
            if at >= len(data):
                break
            if not control >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > len(data):
                break
            token, at = struct.unpack_from(">H", data, at)[0], at + 2
            back = (len(out) - (token >> 4)) % 4096
            if back == 0:
                return bytes(out[len(_DICTIONARY) : limit])  # a reference to itself is the end
            for _ in range((token & 15) + 2):
                out.append(out[-back] if back <= len(out) else 32)
    return bytes(out[len(_DICTIONARY) : limit])


def rich_text(data: bytes) -> str:
    """The visible text of rich text; of HTML wrapped in it, the text between the tags."""
    out: list[str] = []
    silent, depth, codepage = 0, 0, "cp1252"
    is_wrapped = b"\\fromhtml1" in data[:2000]
    hidden = 0  # the depth since which \htmlrtf hides what is for rich text only
    pending = bytearray()
    for token in _TOKEN.finditer(data.decode("latin-1")):
        number, byte, word, argument, sign, brace, text = token.groups()
        if byte:
            if not silent and not hidden:
                pending += bytes.fromhex(byte)
            continue
        if pending:
            out.append(pending.decode(codepage, "replace"))
            pending.clear()
        if brace == "{":
            depth += 1
        elif brace == "}":
            depth -= 1
            silent = silent if depth >= silent else 0
        elif sign == "*" or word in _SILENT:
            silent = silent or depth
        elif word == "ansicpg":
            codepage = codec_of(f"cp{argument}") or codepage
        elif word == "htmlrtf" and is_wrapped:
            hidden = argument != "0"
        elif silent or hidden:
            continue
        elif number:
            out.append(chr(int(number) % 65536))
        elif word:
            out.append(_SIGNS.get(word, ""))
        elif sign:
            out.append({"~": " ", "_": "-"}.get(sign, sign if sign in "\\{}" else ""))
        elif text:
            out.append(text)
    out.append(pending.decode(codepage, "replace"))
    return clean("".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")).strip("\n")
