"""A map: what each column of a file means, as data. Checked whole before the first row is read."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from zoneinfo import ZoneInfo

from vigie.kernel.refusal import Refusal

KEEP = "keep"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value comes from: a column, perhaps through ``values``, or a ``constant``.

    A cell that ``values`` does not know takes ``default``; without one the row is refused.
    """

    column: str = ""
    constant: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A column that dates one step of a ticket whose whole life is one row."""

    column: str
    state: str


@dataclass(frozen=True, slots=True)
class Promised:
    """The contract of a client that the import creates: its hours and its targets, in seconds by priority."""

    reference: str
    name_fr: str
    name_en: str
    starts_on: dt.date
    calendar: Mapping[str, Any]
    targets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Client:
    code: str
    name: str
    language: str = "en"
    timezone: str = "UTC"
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class TicketMap:
    """See ``docs/imports.md`` for the words of a map file."""

    name: str
    title: str
    kind: Literal["changes", "milestones"]
    key: str
    client: Client
    contract: Promised | None
    opened: str
    heading: tuple[str, ...]
    state: Value | None
    requester: Value
    ticket_type: Value
    delimiter: str = ","
    unknown: frozenset[str] = frozenset({""})
    date_format: str = "iso"
    zone: ZoneInfo = UTC
    opened_when_absent: str = ""
    order: str = ""
    at: str = ""
    actor: str = ""
    actor_is_agent: bool = False
    milestones: tuple[Milestone, ...] = ()
    created: str = ""
    body: tuple[str, ...] = ()
    site: str = ""
    category: tuple[str, ...] = ()
    team: str = ""
    assignee: str = ""
    impact: Value | None = None
    urgency: Value | None = None
    priority: Value | None = None
    channel: Value | None = None
    resolution: Value | None = None
    tags: tuple[str, ...] = ()
    fixed_tags: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the map names: the file must have them all."""
        names = [self.key, self.opened, self.created, self.order, self.at, self.actor, self.site, self.team]
        names += [self.assignee, *self.heading, *self.body, *self.category, *self.tags]
        names += [milestone.column for milestone in self.milestones]
        values = (getattr(self, f.name) for f in fields(self))
        names += [value.column for value in values if isinstance(value, Value)]
        return tuple(dict.fromkeys(name for name in names if name))


_VALUES = ("state", "requester", "ticket_type", "impact", "urgency", "priority", "channel", "resolution")
_LISTS = ("heading", "body", "category", "tags", "fixed_tags")
_NEEDED = ("name", "title", "kind", "key", "client", "heading", "requester", "ticket_type")


def read_map(text: str) -> TicketMap:
    """The map that a file holds, or ``imports.bad_map`` saying which word is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refusal("imports.bad_map", why=str(error)) from error
    known = {f.name for f in fields(TicketMap)}
    unknown = sorted(raw.keys() - known)
    absent = [word for word in _NEEDED if word not in raw]
    if unknown or absent:
        raise Refusal("imports.bad_map", why=", ".join([*unknown, *(f"{word}?" for word in absent)]))
    try:
        found = TicketMap(**{"state": None, "opened": "", "contract": None, **_read(raw)})
    except (TypeError, ValueError, KeyError, OSError) as error:
        raise Refusal("imports.bad_map", why=str(error)) from error
    _check(found)
    return found


def _read(raw: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = dict(raw)
    made.update({word: _value(raw[word]) for word in _VALUES if word in raw})
    made.update({word: tuple(raw[word]) for word in _LISTS if word in raw})
    made["client"] = Client(**raw["client"])
    if "contract" in raw:
        made["contract"] = Promised(**raw["contract"])
    if "zone" in raw:
        made["zone"] = ZoneInfo(raw["zone"])
    if "unknown" in raw:
        made["unknown"] = frozenset({"", *raw["unknown"]})
    made["milestones"] = tuple(Milestone(**one) for one in raw.get("milestones", ()))
    return made


def _value(raw: Any) -> Value:
    if isinstance(raw, str):
        return Value(column=raw)
    values = {str(cell): str(value) for cell, value in raw.get("values", {}).items()}
    default = raw.get("default")
    return Value(**{**raw, "values": values, "default": None if default is None else str(default)})


def _check(found: TicketMap) -> None:
    if found.kind not in ("changes", "milestones"):
        raise Refusal("imports.bad_map", why=f"kind = {found.kind!r}")
    if not re.fullmatch(r"[a-z][a-z0-9]{1,19}", found.name):
        raise Refusal("imports.bad_map", why=f"name = {found.name!r}")
    if found.kind == "changes" and not (found.at and found.state):
        raise Refusal("imports.bad_map", why="at?, state?")
    if len(found.delimiter) != 1:
        raise Refusal("imports.bad_map", why=f"delimiter = {found.delimiter!r}")


def outcomes(value: Value | None) -> Sequence[str]:
    """Every value that a map may give, for a check against the codes that exist."""
    if value is None:
        return ()
    given = [*value.values.values(), *([value.default] if value.default is not None else [])]
    return [*given, *([value.constant] if value.constant else [])]
