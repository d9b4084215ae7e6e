"""A journal with its corrections taken in: what a clock reads. Facts are never edited; one fact stands in the place of another.

A correction's ``after`` holds ``what`` and what it needs:
``moved`` (``of``: the fact, ``part``: 1 for the end of a wait that a correction added, ``at``: when it really happened),
``reason`` (``of``, ``reason``: what was really waited for), ``answered`` (``at``: an answer that nobody recorded),
``paused`` (``at``, ``until``, ``reason``: a wait that nobody recorded).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from vigie.kernel.refusal import Refusal
from vigie.tickets.rules import facts

MOVED, REASON, ANSWERED, PAUSED = "moved", "reason", "answered", "paused"
END = 1


class Row(NamedTuple):
    """One journalled fact, as the clock needs it. ``side``: who made it.

    ``part``: a correction that adds a wait stands for two facts, its start (0) and its end (``END``).
    """

    id: int
    at: dt.datetime
    kind: str
    after: Mapping[str, Any]
    before: Mapping[str, Any]
    side: str = ""
    part: int = 0

    @property
    def order(self) -> int:
        """Tells apart facts of the same instant: an added wait ends before anything else that happens then."""
        return -self.id if self.part == END else self.id


def effective(rows: Iterable[Row]) -> list[Row]:
    """The journal as if its corrections had always been right, in the order of instants; a later one replaces an earlier one."""
    found = list(rows)
    corrections = [row for row in found if row.kind == facts.CORRECTED]
    if not corrections:
        return found
    kept = {(row.id, 0): row for row in found if row.kind != facts.CORRECTED}
    for one in corrections:
        said = one.after
        if said["what"] == MOVED:
            _move(kept, (int(said["of"]), int(said.get("part", 0))), dt.datetime.fromisoformat(said["at"]))
        elif said["what"] == REASON:
            old = kept.get((int(said["of"]), 0))
            if old is not None:
                kept[old.id, 0] = old._replace(after={**old.after, "reason": said["reason"]})
        elif said["what"] == ANSWERED:
            kept[one.id, 0] = Row(one.id, dt.datetime.fromisoformat(said["at"]), facts.RESPONDED, {}, {})
        else:
            kept |= {(row.id, row.part): row for row in _paused(one)}
    return sorted(kept.values(), key=_in_order)


def _in_order(row: Row) -> tuple[dt.datetime, int]:
    return row.at, row.order


def _move(kept: dict[tuple[int, int], Row], handle: tuple[int, int], at: dt.datetime) -> None:
    old = kept.get(handle)
    if old is not None:
        kept[handle] = old._replace(at=at)


def _paused(one: Row) -> tuple[Row, Row]:
    active, waiting = {"phase": "active"}, {"phase": "waiting", "reason": one.after["reason"], "agreed": True}
    start, end = (dt.datetime.fromisoformat(one.after[name]) for name in ("at", "until"))
    return (
        Row(one.id, start, facts.STATE, waiting, active),
        Row(one.id, end, facts.STATE, active, waiting, part=END),
    )


# -- what may be corrected ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A fact that may be put right. ``role``: ``answer``, ``pause``, ``resume`` or ``solved``; ``part`` as in ``Row``."""

    id: int
    role: str
    at: dt.datetime
    reason: str = ""
    part: int = 0


def points(rows: Iterable[Row]) -> list[Point]:
    """The answer, each wait's start and end, each resolution, as the journal stands with its corrections."""
    found, answered = [], False
    for row in effective(rows):
        was, now = row.before.get("phase"), row.after.get("phase")
        if row.kind == facts.RESPONDED and not answered:
            answered = True
            found.append(Point(row.id, "answer", row.at))
        elif row.kind == facts.STATE and now == "waiting" and row.after.get("reason"):
            found.append(Point(row.id, "pause", row.at, str(row.after["reason"])))
        elif row.kind == facts.STATE and now == "done" and was != "done":
            found.append(Point(row.id, "solved", row.at))
        elif row.kind == facts.STATE and was == "waiting":
            found.append(Point(row.id, "resume", row.at, part=row.part))
    return found


@dataclass(frozen=True, slots=True)
class Correction:
    """What is asked; see the head of this file."""

    what: str
    of: int = 0
    at: dt.datetime | None = None
    until: dt.datetime | None = None
    reason: str = ""
    part: int = 0


def point_of(rows: Iterable[Row], asked: Correction) -> Point | None:
    """The fact that is to be put right."""
    return next((one for one in points(rows) if (one.id, one.part) == (asked.of, asked.part)), None)


def check(rows: Sequence[Row], asked: Correction, now: dt.datetime) -> None:
    """Refuse a correction that makes no sense: in the future, before the opening, an end before its start, an order turned round."""
    standing = effective(rows)
    opened = next(row.at for row in standing if row.kind == facts.OPENED)
    for name, at in (("at", asked.at), ("until", asked.until)):
        if at is not None and at > now:
            raise Refusal("tickets.correction_in_future", field=name)
        if at is not None and at < opened:
            raise Refusal("tickets.correction_before_opening", field=name)
    if asked.what in (MOVED, REASON):
        _check_known(rows, standing, asked)
    elif asked.what == ANSWERED:
        _check_answer(standing, asked)
    else:
        _check_pause(standing, asked)


def _check_known(rows: Sequence[Row], standing: Sequence[Row], asked: Correction) -> None:
    point = point_of(rows, asked)
    if point is None or (asked.what == REASON and point.role != "pause"):
        raise Refusal("tickets.correction_unknown", field="what")
    if asked.what == REASON:
        if not asked.reason:
            raise Refusal("tickets.correction_needs_cause", field="reason")
        if asked.reason == point.reason:
            raise Refusal("tickets.correction_changes_nothing", field="reason")
        return
    if asked.at is None:
        raise Refusal("tickets.correction_needs_instant", field="at")
    if asked.at == point.at:
        raise Refusal("tickets.correction_changes_nothing", field="at")
    if point.role != "answer" and _order(standing) != _order(
        _moved(standing, (asked.of, asked.part), asked.at)
    ):
        raise Refusal("tickets.correction_out_of_order", field="at")


def _moved(rows: Sequence[Row], handle: tuple[int, int], at: dt.datetime) -> list[Row]:
    moved = (row._replace(at=at) if (row.id, row.part) == handle else row for row in rows)
    return sorted(moved, key=_in_order)


def _order(rows: Iterable[Row]) -> list[tuple[int, int]]:
    return [(row.id, row.part) for row in rows if row.kind == facts.STATE]


def _check_answer(standing: Sequence[Row], asked: Correction) -> None:
    if asked.at is None:
        raise Refusal("tickets.correction_needs_instant", field="at")
    if any(row.kind == facts.RESPONDED and row.at <= asked.at for row in standing):
        raise Refusal("tickets.correction_changes_nothing", field="at")


def _check_pause(standing: Sequence[Row], asked: Correction) -> None:
    """Inside one stretch in which the ticket was at work."""
    if asked.at is None or asked.until is None:
        raise Refusal("tickets.correction_needs_instant", field="until" if asked.at else "at")
    if not asked.reason:
        raise Refusal("tickets.correction_needs_cause", field="reason")
    if asked.until <= asked.at:
        raise Refusal("tickets.correction_ends_before_start", field="until")
    states = [row for row in standing if row.kind in (facts.OPENED, facts.STATE)]
    last = [row for row in states if row.at <= asked.at][-1]
    between = any(asked.at < row.at < asked.until and row.after.get("phase") != "active" for row in states)
    if last.after.get("phase", "active") != "active" or between:
        raise Refusal("tickets.correction_out_of_order", field="at")
