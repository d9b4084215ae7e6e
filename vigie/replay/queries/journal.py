"""Journals as they come from the database, made into the facts of clocks: what is said alike is read once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.promise import Terms
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row, clock_facts

Raw = tuple[int, int, int, str]
"""``(ticket, id, epoch seconds, what it says)``."""

APART = "\x1f"
"""Between the kind, ``after`` and ``before`` (JSON, empty where there is none) of what a fact says: JSON holds none unescaped."""
PLAIN = frozenset({facts.OPENED, facts.RESPONDED, facts.STATE})
"""Facts that say the same to a clock whatever the ticket, its other facts and its promises."""
KEPT = 20_000
_ANY_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Said(NamedTuple):
    """What a fact says: its text, read."""

    kind: str
    after: Mapping[str, Any]
    before: Mapping[str, Any]


class Facts(NamedTuple):
    """What a journal says to the response clock, and to another one."""

    response: list[ClockFact]
    other: list[ClockFact]


class Journal:
    """Most facts say the same few things: each text is read once, and each plain fact asked once what it says to a clock."""

    def __init__(self) -> None:
        self._texts: dict[str, Said] = {}
        self._plain: dict[str, tuple[ClockFact | None, bool] | None] = {}

    def read(self, text: str) -> Said:
        found = self._texts.get(text)
        if found is None:
            _spare(self._texts)
            kind, after, before = text.split(APART)
            found = self._texts[text] = Said(kind, _mapping(after), _mapping(before))
        return found

    def rows(self, raw: Iterable[Raw]) -> list[Row]:
        """The journal in its order."""
        return [
            Row(pk, dt.datetime.fromtimestamp(at, dt.UTC), *self.read(text))
            for _, pk, at, text in sorted(raw, key=_in_order)
        ]

    def plain_facts(self, raw: Iterable[Raw]) -> Facts | None:
        """What ``clock_facts`` gives of a journal of ``PLAIN`` facts alone; ``None`` where there are others."""
        known, response, other = self._plain, [], []
        for _, pk, at, text in raw:
            try:
                said = known[text]
            except KeyError:
                said = self._ask(text)
            if said is None:
                return None
            like, is_for_all = said
            if like is not None:
                fact = ClockFact(like.kind, at, pk, like.reason, like.agreed)
                response.append(fact)
                if is_for_all:
                    other.append(fact)
        return Facts(response, other)

    def _ask(self, text: str) -> tuple[ClockFact | None, bool] | None:
        """The fact that it is to a response clock, and whether every other one reads the same; ``None`` of what is not plain."""
        said, found = self.read(text), None
        _spare(self._plain)
        if said.kind in PLAIN:
            row = Row(0, _ANY_TIME, *said)
            first, others = (clock_facts(kind, None, [row], _no_terms) for kind in ("response", ""))
            found = (first[0] if first else None, first == others)
        self._plain[text] = found
        return found


def _mapping(text: str) -> Mapping[str, Any]:
    return json.loads(text) or {} if text else {}


def _in_order(row: Raw) -> tuple[int, int]:
    return row[2], row[1]


def _spare(known: dict[Any, Any]) -> None:
    if len(known) > KEPT:
        known.clear()


def _no_terms(terms_id: int) -> Terms:
    raise AssertionError(f"a plain fact promises nothing: {terms_id}")
