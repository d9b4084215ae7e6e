"""Journals as they come from the database, made into the facts of clocks: what is said alike is read once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.promise import Terms
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row, clock_facts

Raw = tuple[int, int, int, str, str | None, str | None]
"""``(ticket, id, epoch seconds, kind, after, before)``, the last two as JSON."""

PLAIN = frozenset({facts.OPENED, facts.RESPONDED, facts.STATE})
"""Facts that say the same to a clock whatever the ticket, its other facts and its promises."""
KEPT = 20_000
_ANY_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Journal:
    """Most facts say the same few things: each text is parsed once, and each plain fact asked once what it says to a clock."""

    def __init__(self) -> None:
        self._texts: dict[str, Mapping[str, Any]] = {}
        self._said: dict[tuple[bool, str, str | None, str | None], ClockFact | None] = {}

    def read(self, text: str | None) -> Mapping[str, Any]:
        if text is None:
            return {}
        found = self._texts.get(text)
        if found is None:
            _spare(self._texts)
            found = self._texts[text] = json.loads(text) or {}
        return found

    def rows(self, raw: Iterable[Raw]) -> list[Row]:
        """The journal in its order."""
        return [
            Row(pk, dt.datetime.fromtimestamp(at, dt.UTC), kind, self.read(after), self.read(before))
            for _, pk, at, kind, after, before in sorted(raw, key=_in_order)
        ]

    def plain_facts(self, raw: Iterable[Raw], *, response: bool) -> list[ClockFact]:
        """What ``clock_facts`` gives, of a journal of ``PLAIN`` facts alone, for the response clock or another one."""
        said, found = self._said, []
        for _, pk, at, kind, after, before in raw:
            key = (response, kind, after, before)
            try:
                fact = said[key]
            except KeyError:
                fact = self._ask(key)
            if fact is not None:
                found.append(ClockFact(fact.kind, at, pk, fact.reason, fact.agreed))
        return found

    def _ask(self, key: tuple[bool, str, str | None, str | None]) -> ClockFact | None:
        response, kind, after, before = key
        row = Row(0, _ANY_TIME, kind, self.read(after), self.read(before))
        _spare(self._said)
        facts_of_one = clock_facts("response" if response else "", None, [row], _no_terms)
        self._said[key] = found = facts_of_one[0] if facts_of_one else None
        return found


def is_plain(raw: Sequence[Raw]) -> bool:
    return all(row[3] in PLAIN for row in raw)


def _in_order(row: Raw) -> tuple[int, int]:
    return row[2], row[1]


def _spare(known: dict[Any, Any]) -> None:
    if len(known) > KEPT:
        known.clear()


def _no_terms(terms_id: int) -> Terms:
    raise AssertionError(f"a plain fact promises nothing: {terms_id}")
