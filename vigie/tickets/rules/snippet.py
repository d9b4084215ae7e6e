"""The passage of a text that holds the words one searched for. Pure; accents and case are folded."""

from __future__ import annotations

import re
import unicodedata

AROUND = 70
_JOINT = "[-\u2010\u2011'\u2019]?"
_JOINTS = re.compile("[-\u2010\u2011'\u2019]")
_WORD = re.compile(r"\w+(?:[-\u2010\u2011'\u2019]\w+)*")


def folded(text: str) -> str:
    """Lower case without accents, each character kept in its place."""
    return (
        "".join(unicodedata.normalize("NFKD", char)[:1] for char in text.lower())
        if not text.isascii()
        else text.lower()
    )


def _stem(word: str) -> str:
    """A rough root, so that "imprimantes" finds "imprimante"."""
    return word[: max(4, len(word) - 2)] if len(word) > 4 else word


def _pattern(words: str) -> re.Pattern[str] | None:
    """What finds any of ``words`` in a folded text, from the start of a word to its end; compounds joined or not."""
    wanted = [_JOINTS.sub("", word) for word in _WORD.findall(folded(words))]
    stems = [_JOINT.join(map(re.escape, _stem(word))) for word in wanted if len(word) > 1]
    return re.compile(rf"\b(?:{'|'.join(stems)})\w*") if stems else None


def _flat(text: str) -> str:
    flat = folded(text)
    return flat if len(flat) == len(text) else text.lower()


def marked(text: str, words: str) -> list[tuple[str, bool]]:
    """``text`` in pieces, each with whether it is one of ``words``: what a page shows as found."""
    pattern, flat = _pattern(words), _flat(text)
    if pattern is None or len(flat) != len(text):
        return [(text, False)]
    pieces, at = [], 0
    for found in pattern.finditer(flat):
        pieces += [(text[at : found.start()], False), (text[found.start() : found.end()], True)]
        at = found.end()
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def snippet(text: str, words: str, around: int = AROUND) -> str:
    """One line of ``text`` around the first of ``words`` that is in it; empty when none is."""
    plain, pattern = " ".join(text.split()), _pattern(words)
    found = pattern.search(_flat(plain)) if pattern else None
    if found is None:
        return ""
    start, end = max(0, found.start() - around), min(len(plain), found.end() + around)
    while start > 0 and not plain[start - 1].isspace():
        start -= 1
    while end < len(plain) and not plain[end].isspace():
        end += 1
    return f"{'… ' if start else ''}{plain[start:end]}{' …' if end < len(plain) else ''}"
