"""The tree of a mail: bytes cut into headers, bodies and parts, nothing decoded.

Not the parser of the standard library: it raises on a lone quote or on a NUL in a header, recurses until Python gives
up, needs 9 s for 100,000 parts, and writes a nested mail anew instead of keeping its bytes. Cutting is what it is bad
at; its codecs are used (``bodies``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vigie.channels.mail.rules.charsets import codec_of, decode, one_line
from vigie.channels.mail.rules.encoded_words import decoded_words
from vigie.channels.mail.rules.parameters import parameters
from vigie.channels.mail.rules.parsed import Unreadable
from vigie.channels.mail.rules.prescan import MAX_DEPTH, MAX_HEADER, MAX_HEADERS, MAX_PARTS

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_FOLD = re.compile(rb"\r?\n[ \t]*")
_KIND = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,150}")
_KNOWN = re.compile(
    rb"^(?:from|to|subject|date|message-id|received|mime-version|content-type|return-path|reply-to)[ \t]*:",
    re.I | re.M,
)
_BLANK_LINE = re.compile(rb"^[ \t]*\r?\n", re.M)
_LF, _CR = 10, 13
_ALWAYS = frozenset({"from", "content-type", "content-transfer-encoding"})

Span = tuple[int, int]


@dataclass(slots=True)
class Entity:
    """A mail or a part of it. ``fields``: lower-case name and raw value, in order. ``body``: as sent, undecoded.

    ``kind`` is the lower-case content type, ``options`` its parameters; ``children`` are the parts of a multipart,
    whose own ``body`` is then what stands around them (preamble and epilogue). ``hint``: the charset that the mail
    declares somewhere, in which undeclared bytes of its headers most likely are.
    """

    fields: list[tuple[str, bytes]]
    source: bytes
    spans: list[Span]
    kind: str = "text/plain"
    options: dict[str, str] = field(default_factory=dict)
    children: list[Entity] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)
    hint: str = ""

    @property
    def body(self) -> bytes:
        return b"".join(self.source[start:end] for start, end in self.spans)

    def raw(self, name: str) -> bytes:
        """The first raw value of a header, or b''."""
        return next((value for key, value in self.fields if key == name), b"")

    def value(self, name: str) -> str:
        """The first value of a header, decoded, on one line."""
        return header_text(self.raw(name), self.hint)

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        """The first value of a header that has parameters, and these."""
        return parameters(decode(self.raw(name), hint=self.hint)[0])


def header_text(raw: bytes, hint: str = "") -> str:
    """A raw header value as text on one line, encoded words decoded."""
    return one_line(decoded_words(decode(raw, hint=hint)[0]))


def plant(raw: bytes) -> Entity:
    """The tree of a mail. Raises ``Unreadable`` where it is too deep or has too many parts."""
    planter = _Planter(raw)
    tree = planter.entity(0, len(raw), depth=0)
    for entity in planter.entities:
        entity.hint = planter.hint
    return tree


class _Planter:
    """Cuts one mail by offsets, so that no bytes are copied, and keeps count of its parts."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.entities: list[Entity] = []
        self.hint = ""

    def entity(self, start: int, end: int, depth: int, default: str = "text/plain") -> Entity:
        if depth > MAX_DEPTH:
            raise Unreadable("too_deep", f"parts in parts more than {MAX_DEPTH} deep")
        if len(self.entities) >= MAX_PARTS:
            raise Unreadable("too_many_parts", f"more than {MAX_PARTS} parts")
        fields, body_at, defects = self._fields(start, end)
        entity = Entity(fields, self.raw, [(body_at, end)], defects=defects)
        self.entities.append(entity)
        declared, entity.options = entity.parameters("content-type")
        entity.kind = declared if _KIND.fullmatch(declared) else default
        if codec_of(entity.options.get("charset", "")) not in ("", "utf-8", "cp1252"):
            self.hint = self.hint or entity.options["charset"]
        if entity.kind.startswith("multipart/"):
            self._branch(entity, body_at, end, depth)
        return entity

    def _branch(self, entity: Entity, start: int, end: int, depth: int) -> None:
        default = "message/rfc822" if entity.kind == "multipart/digest" else "text/plain"
        boundary = entity.options.get("boundary", "").encode("utf-8", "replace").rstrip()
        sections, around = self._sections(boundary, start, end) if boundary else ([], [])
        if not sections:
            entity.kind = "text/plain"
            entity.defects.add("no_boundary")
            return
        entity.children = [self.entity(first, last, depth + 1, default) for first, last in sections]
        entity.spans = around

    def _sections(self, boundary: bytes, start: int, end: int) -> tuple[list[Span], list[Span]]:
        """What stands between the boundary lines (the last may be missing), and what stands around them."""
        raw, mark = self.raw, b"--" + boundary
        inside: list[Span] = []
        around: list[Span] = []
        opened, since, at = False, start, start
        while (at := raw.find(mark, at, end)) >= 0:
            after = self._line_end(at, end)
            rest = raw[at + len(mark) : after].strip()
            if (at > start and raw[at - 1] != _LF) or rest not in (b"", b"--"):
                at += len(mark)
                continue
            (inside if opened else around).append((since, self._before_break(since, at)))
            opened, since, at = rest != b"--", after, after
        if opened or inside:
            (inside if opened else around).append((since, end))
        return inside, around

    def _before_break(self, start: int, end: int) -> int:
        """The line break before a boundary belongs to the boundary."""
        if end > start and self.raw[end - 1] == _LF:
            end -= 1
            if end > start and self.raw[end - 1] == _CR:
                end -= 1
        return end

    def _fields(self, start: int, end: int) -> tuple[list[tuple[str, bytes]], int, set[str]]:
        """(headers, where the body begins, defects). A text without any header is all body."""
        fields: list[tuple[str, bytes]] = []
        defects: set[str] = set()
        at, kept, go_on_until = start, 0, -1
        while at < end:
            after = self._line_end(at, end)
            name = _FIELD.match(self.raw, at, after)
            if not self.raw[at:after].strip():
                return fields, after, defects
            if name is None:
                if go_on_until < 0:
                    go_on_until = self._headers_go_on_until(at, end)
                if at >= go_on_until:
                    defects.add("no_blank_line")
                    return fields, at, defects
            after = self._folded_end(after, end)
            if name is None:
                defects.add("stray_line")
                if fields and len(fields[-1][1]) < MAX_HEADER:
                    key, value = fields[-1]
                    fields[-1] = key, (value + b" " + self.raw[at:after].strip())[:MAX_HEADER]
            else:
                key, value = name[1].decode("ascii").lower(), self.raw[name.end() : after]
                kept += len(value)
                if len(value) > MAX_HEADER or kept > MAX_HEADERS:
                    defects.add("header_cut")
                if kept <= MAX_HEADERS or key in _ALWAYS:
                    fields.append((key, _FOLD.sub(b" ", value[:MAX_HEADER]).strip()))
            at = after
        return fields, end, defects

    def _headers_go_on_until(self, at: int, end: int) -> int:
        """Where the last well-known header stands before the first blank line: what is not a header until there
        is a line that someone broke without indenting it, or put in between."""
        blank = _BLANK_LINE.search(self.raw, at, min(end, at + MAX_HEADERS))
        known = _KNOWN.finditer(self.raw, at, blank.start() if blank else at)
        return max((found.start() for found in known), default=at)

    def _folded_end(self, at: int, end: int) -> int:
        """The end of a header that goes on over lines beginning with a blank; a line of blanks ends it."""
        while at < end and self.raw[at] in b" \t":
            after = self._line_end(at, end)
            if not self.raw[at:after].strip():
                break
            at = after
        return at

    def _line_end(self, at: int, end: int) -> int:
        found = self.raw.find(b"\n", at, end)
        return end if found < 0 else found + 1
