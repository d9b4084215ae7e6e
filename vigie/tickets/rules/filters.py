"""The queue's filters as a person reads them in the address. Pure: words in, words out, no column name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

STATUSES = ("live", "active", "waiting", "done", "replied", "closed", "all")
TYPES = ("incident", "request", "question")
PRIORITIES = (1, 2, 3, 4, 5)
DUE = ("4h", "late")
SORTS = ("left", "newest", "oldest", "updated", "priority")
LIVE_STATUSES = ("live", "active", "waiting")
# Keys of the address that belong to the page, not to the filters.
PAGE_KEYS = frozenset({"cursor", "view", "since", "pick", "act", "verb"})
MOST = 20

_CODE = re.compile(r"^[A-Z][A-Z0-9]{1,7}$")
_SLUG = re.compile(r"^[a-zA-Z0-9_-]{1,40}$")
_MONTH = re.compile(r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
_ID = re.compile(r"^[1-9][0-9]{0,14}$")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue shows. ``for_me``: mine, or waiting for somebody in my teams or for anybody.

    ``assignee`` is empty, ``me``, ``none`` or a person's id; ``requester`` is empty or a person's id; ``due`` is empty,
    ``4h`` (within 4 hours or late) or ``late``; ``breached`` is empty or a month ("2026-11") in which a promise was
    missed; the status ``replied`` holds what is solved and was answered since.
    ``sort`` empty means the status's own: due first for live tickets, last change otherwise.
    """

    status: str = "live"
    for_me: bool = False
    types: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    clients: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    assignee: str = ""
    requester: str = ""
    tag: str = ""
    due: str = ""
    breached: str = ""
    vip: bool = False
    q: str = ""
    sort: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of clients, teams and services that it names."""
        return (*self.clients, *self.teams, *self.services)

    @property
    def people(self) -> list[int]:
        """Ids of the people that it names."""
        return sorted({int(text) for text in (self.assignee, self.requester) if text.isdigit()})

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES

    @property
    def order(self) -> str:
        """The order in force: time left and priority mean something among live tickets only."""
        if self.is_live:
            return self.sort or "left"
        return self.sort if self.sort in ("newest", "oldest", "updated") else "updated"


TO_HANDLE = Filters(for_me=True)


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())[:100]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")[:MOST] if word.strip()]


def _slugs(text: str) -> tuple[str, ...] | None:
    words = _words(text)
    return tuple(dict.fromkeys(words)) if words and all(_SLUG.match(word) for word in words) else None


def _codes(text: str) -> tuple[str, ...] | None:
    words = [word.upper() for word in _words(text)]
    return tuple(dict.fromkeys(words)) if words and all(_CODE.match(word) for word in words) else None


def _types(text: str) -> tuple[str, ...] | None:
    words = _words(text)
    return tuple(t for t in TYPES if t in words) if words and set(words) <= set(TYPES) else None


def _priorities(text: str) -> tuple[int, ...] | None:
    words = _words(text)
    known = {str(p) for p in PRIORITIES}
    return tuple(p for p in PRIORITIES if str(p) in words) if words and set(words) <= known else None


def _one_of(choices: tuple[str, ...]) -> Any:
    return lambda text: text if text in choices else None


def _assignee(text: str) -> str | None:
    return text if text in ("me", "none") or _ID.match(text) else None


# key of the address -> (field, reader); a reader answers ``None`` for a value that means nothing
_READERS: dict[str, tuple[str, Any]] = {
    "status": ("status", _one_of(STATUSES)),
    "for": ("for_me", lambda text: True if text == "me" else None),
    "type": ("types", _types),
    "priority": ("priorities", _priorities),
    "client": ("clients", _codes),
    "team": ("teams", _slugs),
    "service": ("services", _slugs),
    "assignee": ("assignee", _assignee),
    "requester": ("requester", lambda text: text if _ID.match(text) else None),
    "tag": ("tag", lambda text: _clean(text).lower()[:40] or None),
    "due": ("due", _one_of(DUE)),
    "breached": ("breached", lambda text: text if _MONTH.match(text) else None),
    "vip": ("vip", lambda text: True if text == "yes" else None),
    "q": ("q", lambda text: _clean(text) or None),
    "sort": ("sort", _one_of(SORTS)),
}


def read_filters(query: Mapping[str, Iterable[str]]) -> tuple[Filters, list[str]]:
    """``(filters, names left out)`` of an address's query (name → values); an empty one is the view "To handle".

    Several values of one name count as one list. Nothing raises: what means nothing is named and left out.
    """
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for key, values in query.items():
        text = ",".join(value for value in values if value)
        if key in PAGE_KEYS or not text:
            continue
        field, reader = _READERS.get(key, ("", None))
        value = reader(text) if reader else None
        if value is None:
            unknown.append(_clean(key)[:40])
        else:
            found[field] = value
    if not found.keys() - {"sort"} and not unknown:
        return replace(TO_HANDLE, **found), []
    return Filters(**found), unknown


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def as_query(filters: Filters) -> dict[str, str]:
    """The address's query of ``filters``: what :func:`read_filters` reads back, in a fixed order."""
    query = {"status": filters.status} if filters.status != "live" or not _narrows(filters) else {}
    for key, (field, _) in _READERS.items():
        value = getattr(filters, field)
        if key == "status" or not value:
            continue
        query[key] = {"for": "me", "vip": "yes"}.get(key) or _shown(value)
    return query


def _narrows(filters: Filters) -> bool:
    return any(
        getattr(filters, field) for key, (field, _) in _READERS.items() if key not in ("status", "sort")
    )


def without(filters: Filters, key: str) -> Filters:
    """The same filters with ``key`` (a name of the address) taken off."""
    field = _READERS[key][0]
    return replace(filters, **{field: getattr(Filters(), field)})
