"""Finding people and clients by a few letters, accents folded. Only what is in sight and granted."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.models import Case, Q, When

from vigie.accounts.access import visible as visible_people
from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.toolkit.ordering import by_name

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


def _holding(words: str, *columns: str) -> Q | None:
    """Every word is in one of the columns; ``None`` when there is no word."""
    wanted = None
    for pattern in patterns(words[:100]):
        one = Q()
        for column in columns:
            one |= Q(**{f"{column}__iregex": pattern})
        wanted = one if wanted is None else wanted & one
    return wanted


def find_people(actor: Actor, words: str, *, limit: int) -> list[dict[str, Any]]:
    """People in sight by name or e-mail."""
    wanted = _holding(words, "name", "email")
    if wanted is None or not actor.can("people:view"):
        return []
    rows = visible_people(actor).filter(wanted, is_active=True).order_by(by_name("name"), "id")
    return [dict(row) for row in rows.values("id", "name", "email", "side", "job_title")[:limit]]


def find_clients(actor: Actor, words: str, *, limit: int) -> list[dict[str, Any]]:
    """Clients in sight by name or code, the one that is called exactly so first."""
    wanted = _holding(words, "name", "code")
    if wanted is None or not actor.can("clients:view"):
        return []
    exactly = Case(When(Q(code__iexact=words) | Q(name__iexact=words), then=0), default=1)
    rows = (
        visible_clients(actor).filter(wanted).order_by(exactly, by_name("name")).values("id", "name", "code")
    )
    return [dict(row) for row in rows[:limit]]
