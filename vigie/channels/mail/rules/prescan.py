"""Bounds that are looked at in bytes, before anything of a mail is understood.

A mail beyond a bound is refused whole (``Unreadable``: quarantine) where cutting could change what it says or who
wrote it, and cut where it could not: a long header keeps its beginning, and the ``From`` headers are always seen all.
"""

from __future__ import annotations

import re

from vigie.channels.mail.rules.parsed import Unreadable

MAX_MAIL = 100 * 1024 * 1024  # bytes
MAX_HEADERS = 1024 * 1024  # bytes of all headers of one part
MAX_HEADER = 64 * 1024  # bytes of one header
MAX_DEPTH = 50  # multipart in multipart
MAX_PARTS = 10_000
MAX_BODY = 5 * 1024 * 1024  # bytes of text that can be a body; a longer one is kept as a file
MAX_NESTING = 5000  # HTML elements open at once: what cleans it needs time by the square of it

_ENVELOPE = re.compile(rb"\s*>?From [^\n]*\n", re.A)
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)+(?=[!-9;-~]{1,76}[ \t]*:)")


def prescan(raw: bytes) -> bytes:
    """The bytes from the first header on, with line ends that end in LF. Raises ``Unreadable``."""
    if len(raw) > MAX_MAIL:
        raise Unreadable("too_big", f"{len(raw)} bytes, at most {MAX_MAIL}")
    if not raw.strip(b"\0 \t\r\n"):
        raise Unreadable("empty", "nothing was sent")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # written by a very old Macintosh, or by a bug
    if envelope := _ENVELOPE.match(raw):
        return raw[envelope.end() :]  # the line that an mbox file puts before each mail
    if blank := _BLANK_LINES.match(raw):
        return raw[blank.end() :]
    return raw
