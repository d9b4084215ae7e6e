"""Who wrote, to whom: lists of addresses (RFC 5322), read in one pass and forgiving."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vigie.channels.mail.rules.charsets import one_line
from vigie.channels.mail.rules.encoded_words import decoded_words
from vigie.channels.mail.rules.parsed import Address

_TOKEN = re.compile(
    r"(?P<encoded>=\?[^?\s]{1,80}\?[BbQq]\?[^?]*\?=)|"
    r'"(?P<quoted>(?:[^"\\]|\\.){0,320})"|<(?P<angle>[^<>]*)>|(?P<mark>[(),;:])|(?P<word>[^"<>(),;:]+)|.',
    re.S,
)
_EMAIL = re.compile(
    r"""(?:[^\s"(),:;<>@\[\\\]]{1,64}|"[^"\\\r\n]{1,62}")@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){0,20}"""
    r"""[^\W_](?:[\w-]{0,61}[^\W_])?\.?|(?:[^\s"(),:;<>@\[\\\]]{1,64})@\[[0-9a-f:.]{3,40}\]""",
    re.I,
)
MAX_EMAIL = 254


def addresses(text: str) -> tuple[Address, ...]:
    """Every entry of a list of addresses; one that names no valid address keeps its name alone.

    Encoded words are decoded after the list is cut: what they hold is a name, never a comma or an address.
    """
    found: list[Address] = []
    entry, depth = _Entry(), 0
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if depth or mark in ("(", ")"):
            depth += (mark == "(") - (mark == ")")
            depth = max(depth, 0)
            if depth and mark not in ("(", ")"):
                entry.comment.append(token[0])
        elif mark in (",", ";"):
            found += entry.closed()
            entry = _Entry()
        elif mark == ":":
            entry = _Entry()  # the name of a group
        elif token["quoted"] is not None:
            entry.words.append((re.sub(r"\\(.)", r"\1", token["quoted"]), True))
        elif token["angle"] is not None:
            entry.angle = entry.angle or token["angle"]
            entry.has_angle = True
        elif plain := token["encoded"] or token["word"]:
            entry.words.append((plain, False))
    return tuple(found + entry.closed())


def valid_email(text: str) -> str:
    """The address in lower case, or '' where it is none."""
    text = text.strip().strip("'").rstrip(".").lower()
    return text if len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) else ""


@dataclass(slots=True)
class _Entry:
    words: list[tuple[str, bool]] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: str = ""
    has_angle: bool = False

    def closed(self) -> list[Address]:
        """The entry as an address, or nothing where it was empty."""
        phrase = " ".join(text for text, _ in self.words)
        if self.has_angle:
            email = valid_email(re.sub(r"\s", "", self.angle).rpartition("mailto:")[2].rpartition(":")[2])
            return [Address(email, _name(phrase) or _name(" ".join(self.comment)))]
        bare = next((email for text in phrase.split() if (email := valid_email(text))), "")
        if not bare and len(self.words) > 1:
            bare = valid_email("".join(f'"{t}"' if q else t.strip() for t, q in self.words))
        if bare:
            rest = " ".join(text for text in phrase.split() if valid_email(text) != bare)
            name = "" if bare.startswith('"') else rest
            return [Address(bare, _name(name) or _name(" ".join(self.comment)))]
        name = _name(phrase) or _name(" ".join(self.comment))
        return [Address("", name)] if name else []


def _name(text: str) -> str:
    return one_line(decoded_words(text)).strip("'\" ")
