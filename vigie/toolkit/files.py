"""Files by content: written once under their SHA-256, typed by what they hold, served so that none runs as a page."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import filetype
from django.conf import settings
from django.http import FileResponse, HttpResponseBase

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SNIFFED_BYTES = 8192
ASIDE = ".removing-"
# The advisory lock of who needs every file to stay: a backup. Whoever removes files tries for it.
ALL_STAY = 0x56494746
_TEXTUAL = {
    ".txt": "text/plain",
    ".log": "text/plain",
    ".csv": "text/csv",
    ".md": "text/plain",
    ".json": "application/json",
    ".xml": "application/xml",
    ".eml": "message/rfc822",
}


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: str
    size: int
    content_type: str


def sniff(head: bytes, name: str) -> str:
    """The media type of what the bytes really are; the name only tells kinds of plain text apart."""
    guess = filetype.guess(head)
    if guess is not None:
        return str(guess.mime)
    if head[:5] == b"%PDF-":
        return "application/pdf"
    if b"\x00" in head:
        return "application/octet-stream"
    try:
        head[: SNIFFED_BYTES - 4].decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    lowered = head.lstrip()[:200].lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml")) or b"<svg" in lowered:
        return "application/octet-stream"
    return _TEXTUAL.get(Path(name).suffix.lower(), "text/plain")


def clean_name(name: str) -> str:
    """A name safe to show and to save: no folder, no control character, at most 200 characters."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1]
    bare = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", bare).strip(" .")
    stem, dot, suffix = bare.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[:180]}.{suffix}" if stem else f"file.{suffix}"
    return bare[:200] or "file"


def path_of(sha256: str) -> Path:
    return Path(settings.FILES) / sha256[:2] / sha256[2:4] / sha256


def store(chunks: Iterable[bytes], name: str) -> Stored:
    """Write the bytes under their hash: temporary file, flush to disk, rename. Nothing half-written is ever visible."""
    root = Path(settings.FILES)
    root.mkdir(parents=True, exist_ok=True)
    digest, size, head = hashlib.sha256(), 0, b""
    handle, temporary = tempfile.mkstemp(dir=root, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                if len(head) < SNIFFED_BYTES:
                    head += chunk[: SNIFFED_BYTES - len(head)]
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        target = path_of(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Stored(digest.hexdigest(), size, sniff(head, name))


def remove(sha256: str, is_named: Callable[[str], bool], *, before: dt.datetime) -> bool:
    """Remove the bytes, unless a row names them or they were written after ``before``: their row may be on its way.

    The file steps aside first and is judged there, so that the same bytes may be stored again at any moment: that is
    another file, which nobody touches.
    """
    target = path_of(sha256)
    aside = Path(settings.FILES) / f"{ASIDE}{sha256}"
    try:
        os.replace(target, aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime > before.timestamp() or is_named(sha256):
        os.replace(aside, target)
        return False
    aside.unlink()
    return True


def bring_back() -> None:
    """Put back what a removal that was cut short left aside."""
    for aside in Path(settings.FILES).glob(f"{ASIDE}*"):
        target = path_of(aside.name.removeprefix(ASIDE))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, target)


def keep_from_acting(response: HttpResponseBase) -> None:
    """Headers of foreign bytes: no sniffing, no script, no page of ours around them."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=3600"


def serve(sha256: str, name: str, content_type: str) -> FileResponse:
    """The file with headers that keep it from acting: attachment unless a plain raster image, sandboxed, no sniffing."""
    inline = content_type in INLINE
    response = FileResponse(
        path_of(sha256).open("rb"), content_type=content_type if inline else "application/octet-stream"
    )
    kind = "inline" if inline else "attachment"
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:150] or "file"
    response["Content-Disposition"] = f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
    keep_from_acting(response)
    response.walled_file = True  # type: ignore[attr-defined]
    return response
