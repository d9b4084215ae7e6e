"""Which parts of a mail are its text, which are files, which report on another mail. Nothing is dropped."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from vigie.channels.mail.rules.bodies import content, text_of, uuencoded
from vigie.channels.mail.rules.charsets import clean, decode, one_line
from vigie.channels.mail.rules.encoded_words import base64_bytes
from vigie.channels.mail.rules.html_text import html_text, nesting, stripped
from vigie.channels.mail.rules.mime import Entity, plant
from vigie.channels.mail.rules.parsed import Part, Unreadable
from vigie.channels.mail.rules.prescan import MAX_BODY, MAX_NESTING
from vigie.channels.mail.rules.tnef import BadTnef, unpack

_CID = re.compile(r"""(?:cid|mid):([^"'\s>)]{1,500})""", re.I)
_DATA_IMAGE = re.compile(r"data:(image/(?:png|jpe?g|gif|webp|bmp));base64,([A-Za-z0-9+/=\s%]{16,})", re.I)
_FILE_ID = re.compile(r"[\w.-]{1,80}\.[A-Za-z]{2,4}(?:@|$)")  # image001.png@01CDD14F.29D467A0
_TO_OLD_PROGRAMS = re.compile(r"\bMIME\b|multi-?part|encapsulated|cryptograph", re.I)
_MAILS = frozenset({"message/rfc822", "message/global", "message/news"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_EXTENSIONS = {
    "text/plain": "txt", "text/html": "html", "text/calendar": "ics", "text/csv": "csv", "text/vcard": "vcf",
    "text/x-vcard": "vcf", "text/directory": "vcf", "text/rtf": "rtf", "application/rtf": "rtf",
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/gif": "gif", "image/svg+xml": "svg",
    "image/tiff": "tif", "image/bmp": "bmp", "image/webp": "webp", "audio/wav": "wav", "audio/x-wav": "wav",
    "audio/mpeg": "mp3", "audio/amr": "amr", "video/mp4": "mp4", "video/quicktime": "mov",
    "application/pdf": "pdf", "application/zip": "zip",
    "application/json": "json", "application/xml": "xml", "text/xml": "xml", "application/msword": "doc",
    "application/ms-tnef": "dat", "application/pgp-signature": "asc", "application/pgp-keys": "asc",
    "application/pgp-encrypted": "asc", "application/pkcs7-signature": "p7s", "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m", "application/x-pkcs7-mime": "p7m", "message/rfc822": "eml",
    "message/global": "eml", "message/news": "eml",
}  # fmt: skip
_STEMS = {
    "message": "mail", "image": "image", "audio": "audio", "video": "video", "text/calendar": "invitation",
    "application/pkcs7-signature": "smime", "application/x-pkcs7-signature": "smime", "text/plain": "text",
    "application/pkcs7-mime": "smime", "application/x-pkcs7-mime": "smime", "application/pgp-signature": "signature",
}  # fmt: skip


@dataclass(slots=True)
class Piece:
    """A stretch of the body: in plain text, in HTML, or the same in both."""

    plain: str = ""
    rich: str = ""


@dataclass(slots=True)
class Gathered:
    """The two forms of the body, the files, the reports by content type, and what was wrong."""

    text: str = ""
    html: str = ""
    text_is_derived: bool = False
    parts: list[Part] = field(default_factory=list)
    report: dict[str, list[str]] = field(default_factory=dict)
    defects: set[str] = field(default_factory=set)


def gather(tree: Entity) -> Gathered:
    """Walk the tree of a mail, in the order of the mail."""
    found = Gathered()
    gatherer = _Gatherer(found)
    pieces = gatherer.walk(tree)
    if gatherer.packed and not any(piece.plain.strip() or piece.rich for piece in pieces):
        pieces = [gatherer.packed]
    _write(found, pieces)
    linked = {unquote(cid) for cid in _CID.findall(found.html)}
    found.parts = [replace(part, is_inline=part.content_id in linked) for part in found.parts]
    return found


def _write(found: Gathered, pieces: list[Piece]) -> None:
    """The two bodies from the pieces: each holds the whole, whatever form a piece was sent in."""
    texts = []
    for piece in pieces:
        if piece.rich and not piece.plain.strip():
            texts.append(html_text(piece.rich))
            found.text_is_derived = True
        else:
            texts.append(piece.plain)
    found.text = clean("\n".join(texts))
    if any(piece.rich for piece in pieces):
        found.html = "\n".join(piece.rich or _as_html(piece.plain) for piece in pieces)


def _as_html(plain: str) -> str:
    return f"<div>{html.escape(plain).replace(chr(10), '<br>')}</div>" if plain.strip() else ""


class _Gatherer:
    """Walks a tree; files and reports go where they belong at once, stretches of text are handed up."""

    def __init__(self, found: Gathered) -> None:
        self.found = found
        self.named: Counter[str] = Counter()
        self.packed: Piece | None = None  # the body in a packet of Outlook: read where the mail has no other

    def walk(self, entity: Entity, parent: str = "") -> list[Piece]:
        pieces = self._branch(entity) if entity.children else self._leaf(entity, parent)
        self.found.defects |= entity.defects
        return pieces

    def _branch(self, entity: Entity) -> list[Piece]:
        branches = [self.walk(child, entity.kind) for child in entity.children]
        pieces = [piece for branch in branches for piece in branch]
        if entity.kind == "multipart/alternative":
            plain = "\n".join(piece.plain for piece in pieces if piece.plain.strip())
            rich = "\n".join(piece.rich for piece in pieces if piece.rich)
            pieces = [Piece(plain, rich)] if plain or rich else []
        if entity.body.strip():
            self._around(entity, pieces)
        return pieces

    def _around(self, entity: Entity, pieces: list[Piece]) -> None:
        """Text before and after the parts, not meant to be shown: body where there is no other, else a file, unless it is
        the usual word to programs that know no MIME."""
        text = decode(entity.body)[0].strip("\n")
        entity.defects.add("text_around_parts")
        if not any(piece.plain.strip() or piece.rich for piece in pieces) and not self.found.parts:
            pieces.append(Piece(text))
        elif not _TO_OLD_PROGRAMS.search(text):
            self._keep(Part("", "text/plain", text.encode()))

    def _leaf(self, entity: Entity, parent: str) -> list[Piece]:
        disposition, options = entity.parameters("content-disposition")
        name = options.get("filename") or entity.parameters("content-type")[1].get("name", "")
        kind = entity.kind
        if kind in _TNEF or name.lower() == "winmail.dat":
            return self._tnef(entity, name)
        if self._is_report(kind, parent):
            return self._report(entity, parent, name)
        is_body = kind in ("text/plain", "text/html", "text/enriched", "text/richtext")
        if is_body and disposition != "attachment" and not name and len(entity.body) <= MAX_BODY:
            return [self._piece(entity)]
        self._file(entity, name)
        return []

    def _piece(self, entity: Entity) -> Piece:
        text = text_of(entity)
        if entity.kind == "text/html":
            return self._html(entity, text)
        if entity.kind in ("text/enriched", "text/richtext"):
            return Piece(plain=html_text(text.replace("\n", "<br>")))
        text, files = uuencoded(text)
        for name, data in files:
            self.found.parts.append(Part(one_line(name), "application/octet-stream", data))
        return Piece(plain=text)

    def _html(self, entity: Entity, source: str) -> Piece:
        if nesting(source) > MAX_NESTING:
            entity.defects.add("html_too_deep")
            self._file(entity, "")
            return Piece(plain=stripped(source))
        return Piece(rich=_DATA_IMAGE.sub(self._take_image, source))

    def _take_image(self, found: re.Match[str]) -> str:
        """An image written into the HTML itself becomes an inline file: what cleans HTML drops it otherwise."""
        kind = found[1].lower()
        cid = f"{len(self.found.parts)}@written-in"
        data = base64_bytes(unquote(found[2]).encode("ascii", "replace"))
        self._keep(Part("", kind, data, cid))
        return f"cid:{cid}"

    def _is_report(self, kind: str, parent: str) -> bool:
        if kind.startswith("message/"):
            return parent == "multipart/report" or kind in (
                "message/delivery-status", "message/global-delivery-status", "message/feedback-report",
                "message/disposition-notification",
            )  # fmt: skip
        return kind in ("text/rfc822-headers", "message/global-headers")

    def _report(self, entity: Entity, parent: str, name: str) -> list[Piece]:
        data = content(entity)
        text = decode(data, entity.options.get("charset", ""))[0]
        if entity.kind in _MAILS or (name and parent != "multipart/report"):
            self._file(entity, name)
        if entity.kind in _MAILS:
            text = re.split(r"\n[ \t]*\n", text.lstrip("\n"), maxsplit=1)[0]
        self.found.report.setdefault(entity.kind, []).append(text)
        return []

    def _file(self, entity: Entity, name: str) -> None:
        data = content(entity)
        cid = entity.value("content-id").strip("<> ") or entity.value("content-location")
        if not name and entity.kind in _MAILS:
            name = _mail_name(_subject_of(data) or entity.value("content-description"))
        elif not name and _FILE_ID.match(cid):
            name = cid.partition("@")[0]
        self._keep(Part(name, entity.kind, data, cid))

    def _keep(self, part: Part) -> None:
        self.found.parts.append(
            replace(part, name=one_line(clean(part.name)) or self._named(part.content_type))
        )

    def _named(self, kind: str) -> str:
        """A name for a file that came without: what it is and its number."""
        stem = _STEMS.get(kind) or _STEMS.get(kind.partition("/")[0], "file")
        self.named[stem] += 1
        return f"{stem}-{self.named[stem]}.{_EXTENSIONS.get(kind, 'bin')}"

    def _tnef(self, entity: Entity, name: str) -> list[Piece]:
        """The files and the text that Outlook packed; the packet itself where it does not open."""
        try:
            packet = unpack(content(entity))
        except BadTnef:
            self.found.defects.add("bad_tnef")
            self._file(entity, name or "winmail.dat")
            return []
        for part in packet.parts:
            self._keep(part)
        if packet.is_cut:
            self.found.defects.add("bad_tnef")
        if packet.is_cut or not (packet.parts or packet.text or packet.html):
            self._file(entity, name or "winmail.dat")
        self.packed = self.packed or Piece(packet.text, packet.html)
        return []


def _subject_of(mail: bytes) -> str:
    try:
        return plant(mail[:65536]).value("subject")
    except Unreadable:
        return ""


def _mail_name(text: str) -> str:
    """A name for a mail in the mail, from what describes it; '' where nothing does."""
    return f"{text[:80].removesuffix('.eml')}.eml" if text else ""
