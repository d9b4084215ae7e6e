"""The passage of a text that holds the words one searched for. Pure; accents and case are folded."""

from __future__ import annotations

import re
import unicodedata

AROUND = 70
_WORD = re.compile(r"\w+")


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


def snippet(text: str, words: str, around: int = AROUND) -> str:
    """One line of ``text`` around the first of ``words`` that is in it; empty when none is."""
    plain = " ".join(text.split())
    flat = folded(plain)
    if len(flat) != len(plain):
        flat = plain.lower()
    for word in _WORD.findall(folded(words)):
        if len(word) < 2:
            continue
        found = re.search(rf"\b{re.escape(_stem(word))}", flat)
        if found:
            start, end = max(0, found.start() - around), min(len(plain), found.end() + around)
            while start > 0 and not plain[start - 1].isspace():
                start -= 1
            while end < len(plain) and not plain[end].isspace():
                end += 1
            return f"{'… ' if start else ''}{plain[start:end]}{' …' if end < len(plain) else ''}"
    return ""
