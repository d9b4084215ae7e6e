"""Names found by a few letters: accents, apostrophes and hyphens of any shape do not count."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Q

_ACCENTS = {
    "a": "aàáâãäå", "c": "cç", "e": "eèéêë", "i": "iìíîï", "n": "nñ", "o": "oòóôõö", "u": "uùúûü", "y": "yýÿ",
    **dict.fromkeys("'\u2019\u2018\u02bc", "'\u2019\u2018\u02bc"), **dict.fromkeys("-\u2010", "\\-\u2010\u2011"),
}  # fmt: skip
MOST_WORDS = 6


def patterns(words: str) -> list[str]:
    """One pattern for each word: its letters with or without accents, its apostrophes and hyphens of any shape."""
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", words.replace("\x00", " ").lower())
        if not unicodedata.combining(c)
    )
    return [
        "".join(f"[{_ACCENTS[c]}]" if c in _ACCENTS else re.escape(c) for c in word)
        for word in plain.split()[:MOST_WORDS]
    ]


def holding(words: str, *columns: str) -> Q | None:
    """Every word is in one of the columns; ``None`` when there is no word."""
    wanted = None
    for pattern in patterns(words[:100]):
        one = Q()
        for column in columns:
            one |= Q(**{f"{column}__iregex": pattern})
        wanted = one if wanted is None else wanted & one
    return wanted
