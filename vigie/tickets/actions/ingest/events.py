"""What a history is made of: an opening and what followed, each with its instant and its author."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vigie.kernel.actor import Actor
from vigie.tickets.actions.lifecycle import Given
from vigie.tickets.actions.opening import NewTicket


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody did at an instant."""

    at: dt.datetime
    by: Actor


@dataclass(frozen=True, slots=True)
class Said(Event):
    """A public reply, or an internal note (``conversation.reply``, ``conversation.add_note``)."""

    body: str
    is_note: bool = False
    is_html: bool = True


@dataclass(frozen=True, slots=True)
class Assigned(Event):
    """Given to a team and perhaps a person (``handling.assign``)."""

    team_id: int | None
    assignee_id: int | None


@dataclass(frozen=True, slots=True)
class Stepped(Event):
    """A step of the workflow, with its text where it needs one (``lifecycle.take_step``).

    A master is named by the key of its history.
    """

    verb: str
    given: Given = field(default_factory=Given)


@dataclass(frozen=True, slots=True)
class Referred(Event):
    """Given to a supplier (``referring.refer``); the wait for it is a step of its own."""

    contract_id: int
    supplier: str
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The supplier answered, and the answer was accepted or not (``referring.answered``)."""

    accepted: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prioritised(Event):
    """Impact, urgency, and perhaps a priority set by hand (``handling.set_priority``)."""

    impact: int
    urgency: int
    priority: int | None = None
    reason: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Duplicated(Event):
    """Cancelled as the duplicate of the history called ``master`` (``lifecycle.mark_duplicate``)."""

    master: str


@dataclass(frozen=True, slots=True)
class Parented(Event):
    """Put under the history called ``parent`` (``handling.set_parent``)."""

    parent: str


@dataclass(frozen=True, slots=True)
class Watched(Event):
    """Somebody follows the ticket from now on (``watching.add_watcher``)."""

    person_id: int


@dataclass(frozen=True, slots=True)
class Kept(Event):
    """A line of another tool, kept as that tool says it, whether our workflow has such a step or not.

    ``values`` are journalled untouched. ``state`` moves the ticket there; what the step would demand is taken
    from ``given`` where the source knows it. ``verb`` tells a reopening from any other way back.
    """

    values: Mapping[str, Any]
    state: str = ""
    given: Given = field(default_factory=Given)


@dataclass(frozen=True, slots=True)
class History:
    """A ticket's whole life. ``key`` names it for the links of other histories of the same call; ``source`` is
    its unique origin (``uci498:INC0000045``); ``created_at`` when it was recorded, by ``by``."""

    new: NewTicket
    by: Actor
    created_at: dt.datetime
    events: tuple[Event, ...] = ()
    key: str = ""
    source: str = ""
