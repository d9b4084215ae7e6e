"""Keyset paging and capped counts: a page costs the same at row 50 and at row 500,000."""

from __future__ import annotations

import base64
import datetime as dt
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

from vigie.kernel.refusal import Refusal

COUNT_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: ``columns`` as ``("-updated_at", "-id")``; the last one must be unique."""

    columns: tuple[str, ...]

    def reversed(self) -> Order:
        return Order(tuple(c[1:] if c.startswith("-") else f"-{c}" for c in self.columns))

    def expressions(self) -> list[OrderBy]:
        return [
            F(c[1:]).desc() if c.startswith("-") else F(c).asc()  # columns are NOT NULL by contract
            for c in self.columns
        ]


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[dict[str, Any]]
    next: str | None
    previous: str | None

    @property
    def is_all(self) -> bool:
        """Nothing stands before or after it, and it is not empty."""
        return bool(self.rows) and self.next is None and self.previous is None


def _encode(direction: str, values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, dt.datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps([direction, plain]).encode()).decode().rstrip("=")


def _decode(cursor: str, width: int) -> tuple[str, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, values = json.loads(base64.urlsafe_b64decode(padded))
        if direction not in ("n", "p") or len(values) != width:
            raise ValueError
    except (ValueError, TypeError, RecursionError) as error:
        raise Refusal("page.bad_cursor") from error
    return direction, values


def _after(order: Order, values: Sequence[Any]) -> Q:
    """Rows strictly after ``values``: range on the first column, then the exact tie-break.

    Written as ``first >= v AND NOT (first = v AND rest not after)`` so that the index range is used.
    """
    first, rest = order.columns[0], order.columns[1:]
    name, down = first.lstrip("-"), first.startswith("-")
    edge = Q(**{f"{name}__{'lte' if down else 'gte'}": values[0]})
    if not rest:
        return Q(**{f"{name}__{'lt' if down else 'gt'}": values[0]})
    inner = _after(Order(rest), values[1:])
    return edge & (~Q(**{name: values[0]}) | inner)


@dataclass(frozen=True, slots=True)
class Walk:
    """How a page is read: along ``columns``, forwards (``n``) or backwards (``p``), from an end or from a cursor."""

    columns: tuple[str, ...]
    direction: str
    from_cursor: bool
    size: int


def walk(
    queryset: QuerySet[Any], order: Order, *, fields: Sequence[str], size: int, cursor: str | None
) -> tuple[QuerySet[Any], Walk]:
    """The rows after (or before) ``cursor`` and one more, and how to make a page of them. Raises ``page.bad_cursor``."""
    names = tuple(c.lstrip("-") for c in order.columns)
    direction, values = _decode(cursor, len(names)) if cursor else ("n", [])
    walking = order if direction == "n" else order.reversed()
    if values:
        try:
            queryset = queryset.filter(_after(walking, values))
        except (ValueError, TypeError, OverflowError, ValidationError) as error:
            raise Refusal("page.bad_cursor") from error
    wanted = dict.fromkeys([*fields, *names])
    rows = queryset.order_by(*walking.expressions()).values(*wanted)[: size + 1]
    return rows, Walk(names, direction, bool(values), size)


def page_from(how: Walk, rows: list[dict[str, Any]]) -> Page:
    """The page made of what a walk read."""
    more = len(rows) > how.size
    rows = rows[: how.size]
    if how.direction == "p":
        rows.reverse()
    if not rows:
        return Page(rows, None, None)
    has_next = more if how.direction == "n" else True
    has_previous = how.from_cursor if how.direction == "n" else more
    return Page(
        rows,
        _encode("n", [rows[-1][n] for n in how.columns]) if has_next else None,
        _encode("p", [rows[0][n] for n in how.columns]) if has_previous else None,
    )


def page_of(
    queryset: QuerySet[Any], order: Order, *, fields: Sequence[str], size: int, cursor: str | None
) -> Page:
    """One page of plain rows after (or before) ``cursor``. Raises ``page.bad_cursor``."""
    rows, how = walk(queryset, order, fields=fields, size=size, cursor=cursor)
    return page_from(how, list(rows))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a list at hand: its places ``[start, end)``, and the cursors of what stands around it."""

    start: int
    end: int
    next: str | None
    previous: str | None


def stretch(keys: Sequence[tuple[Any, ...]], *, size: int, cursor: str | None) -> Stretch:
    """One page of a list that is read whole. ``keys`` rise, each its own, of text and numbers. Raises ``page.bad_cursor``."""
    if not keys:
        return Stretch(0, 0, None, None)
    direction, values = _decode(cursor, len(keys[0])) if cursor else ("n", [])
    try:
        if direction == "n":
            start = bisect_right(keys, tuple(values)) if values else 0
            end = min(start + size, len(keys))
        else:
            end = bisect_left(keys, tuple(values))
            start = max(end - size, 0)
    except TypeError as error:
        raise Refusal("page.bad_cursor") from error
    if start == end:
        return Stretch(start, end, None, None)
    after = _encode("n", keys[end - 1]) if end < len(keys) else None
    return Stretch(start, end, after, _encode("p", keys[start]) if start else None)


def capped_count(queryset: QuerySet[Model] | QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """Number of rows, counting no further than ``cap + 1`` (show "10,000+")."""
    return queryset.order_by().values("pk")[: cap + 1].count()
