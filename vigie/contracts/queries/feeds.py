"""Reads of feeds of closed days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vigie.contracts.models import ClosedDaysFeed
from vigie.kernel.refusal import Refusal
from vigie.toolkit.refusals import sentence


@dataclass(frozen=True, slots=True)
class Unlike:
    """What the feed has and the hours do not (``added``, with names), and what it gave and has no more (``gone``)."""

    added: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone)


def feed_of(calendar_id: int) -> ClosedDaysFeed | None:
    """The feed of a calendar already in sight."""
    return ClosedDaysFeed.objects.filter(calendar_id=calendar_id).first()


def why_failed(feed: ClosedDaysFeed | None) -> str:
    """Why the last look failed, in the reader's language; empty where it did not."""
    if feed is None or not feed.failure:
        return ""
    told = dict(feed.failure)
    return sentence(Refusal(told.pop("code"), **told))


def unlike(feed: ClosedDaysFeed, definition: Mapping[str, Any]) -> Unlike:
    """What taking the feed over would change of the newest hours."""
    known = set(definition.get("holidays") or ())
    return Unlike(
        tuple((rule, name) for rule, name in feed.days.items() if rule not in known),
        tuple(rule for rule in feed.taken if rule in known and rule not in feed.days),
    )
