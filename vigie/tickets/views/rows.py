"""Rows of tickets ready to draw: every code turned into a word or a mark once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from markupsafe import Markup

from vigie.tickets.labels import CLOCKS, PRIORITIES, TYPES
from vigie.tickets.queries.meters import Meter
from vigie.tickets.views import words
from vigie.toolkit.jinja import Reader, duration, pen, stencil
from vigie.workflow.labels import STATES

_EVERYTHING = frozenset(words.COLUMNS)
# A meter is drawn once for each look; the time itself is put in afterwards.
_ANY_TIME = 359_940
# What changes from one row of the queue to the next: the holes of tickets/_row.html.
_HOLES = (
    "id", "href", "select", "reference", "type_mark", "title", "more_marks", "client_name", "requester_name", "service_name",
    "priority_mark", "state_mark", "assignee_mark", "team_name", "opened_mark", "updated_mark", "meter_mark",
    "due_mark",
)  # fmt: skip


def described_rows(
    rows: Iterable[Mapping[str, Any]], clocks: Mapping[int, Meter], shown: frozenset[str] = _EVERYTHING
) -> list[dict[str, Any]]:
    """``rows`` (``queries.queue.ROW_FIELDS``) with the words and marks that lists show."""
    types = {code: str(word) for code, word in TYPES.items()}
    priorities = {level: str(word) for level, word in PRIORITIES.items()}
    states = {code: str(word) for code, word in STATES.items()}
    clock_words = {code: str(word) for code, word in CLOCKS.items()}
    ticket_address = reverse("ticket", args=(0,)).replace("0", "%d")
    select, unassigned = gettext("Select %(name)s"), gettext("Unassigned")
    draw, reader = pen(), Reader()
    return [
        {
            **row,
            "href": ticket_address % row["id"],
            "select": select % {"name": row["reference"]},
            "type_mark": draw(
                "type_mark", row["ticket_type"], types.get(kind := row["ticket_type"], kind), True
            ),
            "more_marks": _more_marks(row, draw),
            "priority_mark": draw("priority", row["priority"], None, priorities[row["priority"]]),
            "state_mark": draw(
                "state", states.get(state := row["state"], state), words.shape(state, row["phase"])
            ),
            "assignee_mark": draw("person", row["assignee_name"], row["team_name"] or unassigned),
            "meter_mark": _meter_mark(clocks.get(row["id"]), clock_words, draw),
            "opened_mark": reader.ago(row["opened_at"]) if "opened" in shown else "",
            "updated_mark": reader.ago(row["updated_at"]) if "updated" in shown else "",
            "due_mark": reader.near(row["due_at"]) if row["due_kind"] and "left" in shown else "",
        }
        for row in rows
    ]


def table_rows(rows: Iterable[Mapping[str, Any]], shown: frozenset[str], may_bulk: bool) -> Markup:
    """Described rows as rows of the queue's table, with the columns ``shown``."""
    row_of = stencil("tickets/_row.html", _HOLES, shown=shown, may_bulk=may_bulk)
    return Markup("\n").join(row_of(row) for row in rows)


def _more_marks(row: Mapping[str, Any], draw: Callable[..., Markup]) -> Markup | str:
    """The marks after the subject: VIP, confidential, two tags."""
    if not (row["is_vip"] or row["is_confidential"] or row["tags"]):
        return ""
    marks = [draw("badge", gettext("VIP"), "warn", "crown")] if row["is_vip"] else []
    marks += [draw("icon", "lock", gettext("Confidential"))] if row["is_confidential"] else []
    return Markup("").join([*marks, *(draw("badge", tag, "quiet c-wide") for tag in row["tags"][:2])])


def _meter_mark(
    meter: Meter | None, clock_words: Mapping[str, str], draw: Callable[..., Markup]
) -> Markup | str:
    """Time left as the kit draws it; nothing without a promise."""
    if meter is None:
        return ""
    quarter = 0.0 if meter.used <= 0 else min(int(meter.used * 4 + 0.9999), 4) / 4
    mark = draw("meter", _ANY_TIME, quarter, meter.state, clock_words.get(meter.kind, ""))
    return Markup(str.replace(mark, duration(_ANY_TIME), duration(abs(meter.left))))  # noqa: S704 (figures)
