"""From the rows of one ticket to its life in plain words: names instead of ids, instants instead of text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vigie.channels.imports.rules.mapping import KEEP, TicketMap, Value
from vigie.channels.imports.rules.sheet import Row, Sheet
from vigie.kernel.refusal import Refusal

TITLE_LIMIT = 250
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class RowRefused(Exception):
    """One row cannot be read; its ticket is left out whole."""

    def __init__(self, row: Row, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.row = row
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Moment:
    """What one row (or one dated column) says of a ticket at an instant. Empty or ``None`` = not said."""

    at: dt.datetime
    by: str
    values: Mapping[str, Any]
    state: str = ""
    reason: str = ""
    team: str = ""
    assignee: str = ""
    impact: int | None = None
    urgency: int | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """A ticket as its source tells it. ``moments[0]`` is how it was when first recorded, at ``created``."""

    key: str
    rows: tuple[Row, ...]
    ticket_type: str
    title: str
    body: str
    requester: str
    opened: dt.datetime
    created: dt.datetime
    moments: tuple[Moment, ...]
    channel: str = "import"
    site: str = ""
    category: tuple[str, ...] = ()
    resolution: str = "solved_permanently"
    tags: tuple[str, ...] = ()


def group_rows(rows: Iterable[Row], key: int) -> dict[str, list[Row]]:
    """The rows of each ticket, in the order in which tickets first appear."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.cells[key].strip(), []).append(row)
    return groups


@dataclass(slots=True)
class Reader:
    """Reads the rows of one sheet with one map. ``now`` bounds its dates."""

    map: TicketMap
    sheet: Sheet
    now: dt.datetime
    _places: dict[str, int] = field(init=False)
    _instants: dict[str, dt.datetime | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = {name: place for place, name in enumerate(self.sheet.columns)}

    # -- cells ---------------------------------------------------------------

    def cell(self, row: Row, column: str) -> str:
        """The cell, trimmed; empty when the map has no such column or the source does not know."""
        if not column:
            return ""
        found = row.cells[self._places[column]].strip()
        return "" if found in self.map.unknown else found

    def value(self, row: Row, value: Value | None) -> str:
        """What the map makes of a cell."""
        if value is None:
            return ""
        if value.constant:
            return value.constant
        raw = row.cells[self._places[value.column]].strip()
        if not value.values:
            return self.cell(row, value.column) or value.default or ""
        if raw in value.values:
            return value.values[raw]
        if value.default is not None:
            return value.default
        if raw in self.map.unknown:
            return ""
        raise RowRefused(row, Refusal("imports.unknown_value", column=value.column, cell=raw[:80]))

    def instant(self, row: Row, column: str) -> dt.datetime | None:
        """The instant that a cell tells; ``None`` when it is empty."""
        text = self.cell(row, column)
        if not text:
            return None
        if text not in self._instants:
            self._instants[text] = self._parse(text)
        found = self._instants[text]
        if found is None:
            raise RowRefused(row, Refusal("imports.bad_date", column=column, cell=text[:80]))
        if found > self.now:
            raise RowRefused(row, Refusal("imports.future_date", column=column, cell=text[:80]))
        return found

    def _parse(self, text: str) -> dt.datetime | None:
        try:
            if self.map.date_format == "iso":
                found = dt.datetime.fromisoformat(text)
            else:  # the zone is the map's, unless the text has its own
                found = dt.datetime.strptime(text, self.map.date_format)  # noqa: DTZ007
            if found.tzinfo is None:
                found = found.replace(tzinfo=self.map.zone)
            return found.astimezone(dt.UTC).replace(microsecond=0)
        except (ValueError, OverflowError):
            return None

    def _number(self, row: Row, value: Value | None, most: int) -> int | None:
        text = self.value(row, value)
        if not text:
            return None
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise RowRefused(
                row, Refusal("imports.unknown_value", column=value.column if value else "", cell=text[:80])
            )
        return int(text)

    # -- one ticket ----------------------------------------------------------

    def life(self, key: str, rows: list[Row]) -> Life:
        """The life that these rows tell. Raises :class:`RowRefused` for the first row that cannot be read."""
        if not key or key in self.map.unknown:
            raise RowRefused(rows[0], Refusal("imports.no_key", column=self.map.key))
        if len(key) > 50:
            raise RowRefused(rows[0], Refusal("imports.key_too_long", limit=50))
        if self.map.kind == "changes":
            rows, moments = self._changes(rows)
        else:
            if len(rows) > 1:
                raise RowRefused(rows[1], Refusal("imports.key_twice", cell=key))
            moments = [self._moment(rows[0], NEVER, "", self._raw(rows[0], None))]
        first, last = rows[0], rows[-1]
        opened = self._opened(first)
        recorded = self.instant(first, self.map.created) or (moments[0].at if self.map.at else opened)
        created = max(opened, recorded)
        if self.map.kind == "milestones":
            moments = self._milestones(first, moments[0], created)
        return Life(
            key=key, rows=tuple(rows), ticket_type=self.value(last, self.map.ticket_type),
            title=self._title(last, key), body=self._body(last, key), opened=opened, created=created,
            requester=self.value(last, self.map.requester), moments=tuple(moments),
            channel=self.value(last, self.map.channel) or "import", site=self.cell(last, self.map.site),
            category=self._category(last), resolution=self.value(last, self.map.resolution) or "solved_permanently",
            tags=self._tags(last),
        )  # fmt: skip

    def _opened(self, row: Row) -> dt.datetime:
        opened = self.instant(row, self.map.opened)
        if opened is None and self.map.opened_when_absent:
            opened = self._parse(self.map.opened_when_absent)
        if opened is None:
            raise RowRefused(row, Refusal("imports.no_date"))
        return opened

    def _changes(self, rows: list[Row]) -> tuple[list[Row], list[Moment]]:
        """Rows in the order of their instants; the source's own count orders those of the same instant."""
        dated: list[tuple[dt.datetime, int, Row]] = []
        for row in rows:
            at = self.instant(row, self.map.at)
            if at is None:
                raise RowRefused(row, Refusal("imports.bad_date", column=self.map.at, cell=""))
            dated.append((at, self._order(row), row))
        dated.sort(key=lambda one: one[:2])
        moments: list[Moment] = []
        before: Row | None = None
        for at, _, row in dated:
            moments.append(self._moment(row, at, self.cell(row, self.map.actor), self._raw(row, before)))
            before = row
        return [row for _, _, row in dated], moments

    def _order(self, row: Row) -> int:
        text = self.cell(row, self.map.order)
        if not text:
            return 0
        if not text.isdecimal() or len(text) > 12:
            raise RowRefused(row, Refusal("imports.unknown_value", column=self.map.order, cell=text[:80]))
        return int(text)

    def _moment(self, row: Row, at: dt.datetime, by: str, values: Mapping[str, Any]) -> Moment:
        state, _, reason = self.value(row, self.map.state).partition("/")
        return Moment(
            at=at, by=by, values=values, state="" if state == KEEP else state, reason=reason,
            team=self.cell(row, self.map.team), assignee=self.cell(row, self.map.assignee),
            impact=self._number(row, self.map.impact, 3), urgency=self._number(row, self.map.urgency, 3),
            priority=self._number(row, self.map.priority, 5),
        )  # fmt: skip

    def _milestones(self, row: Row, whole: Moment, created: dt.datetime) -> list[Moment]:
        """The dated columns in their order; where they do not end in the row's own state, that state is last."""
        dated = [(self.instant(row, one.column), one.state) for one in self.map.milestones]
        steps = sorted(((at, state) for at, state in dated if at is not None), key=lambda one: one[0])
        found = [
            Moment(created, "", whole.values, team=whole.team, assignee=whole.assignee, impact=whole.impact,
                   urgency=whole.urgency, priority=whole.priority)
        ]  # fmt: skip
        for at, state in steps:
            name, _, reason = state.partition("/")
            found.append(Moment(max(at, created), "", {"row": row.number}, name, reason))
        if whole.state and whole.state != found[-1].state:
            found.append(Moment(found[-1].at, "", {"row": row.number}, whole.state, whole.reason))
        return found

    def _raw(self, row: Row, before: Row | None) -> dict[str, Any]:
        """The row as it came: whole for a ticket's first, what differs from the one before for the others."""
        cells = {
            name: cell
            for place, (name, cell) in enumerate(zip(self.sheet.columns, row.cells, strict=True))
            if (cell if before is None else cell != before.cells[place])
        }
        return {"source": self.map.name, "row": row.number, "cells": cells}

    # -- words ---------------------------------------------------------------

    def _title(self, row: Row, key: str) -> str:
        words = " · ".join(filter(None, (self.cell(row, column) for column in self.map.heading)))
        title = " ".join(words.split()) or key
        return title if len(title) <= TITLE_LIMIT else f"{title[: TITLE_LIMIT - 1]}…"

    def _body(self, row: Row, key: str) -> str:
        lines = [f"{self.map.key}: {key}"]
        names = self.map.body or self.map.heading
        lines += [f"{name}: {cell}" for name in names if (cell := self.cell(row, name))]
        return "\n".join(lines)

    def _category(self, row: Row) -> tuple[str, ...]:
        path: list[str] = []
        for column in self.map.category:
            cell = self.cell(row, column)
            if not cell:
                break
            path.append(cell)
        return tuple(path)

    def _tags(self, row: Row) -> tuple[str, ...]:
        found = (self.cell(row, column) for column in self.map.tags)
        return (*self.map.fixed_tags, *(tag for tag in found if tag))
