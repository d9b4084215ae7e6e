"""Statements written once and asked many times: the ORM takes longer to write one than PostgreSQL to answer it.

A query of a busy page builds its queryset with stand-ins for what changes at each request (the present, a row's id),
and is ``kept`` under a key that holds everything else it depends on, the actor first::

    TICKET = stand_in(1)

    @kept
    def _lines(actor: Actor) -> Written | None:
        return written(access.visible(actor).filter(pk=TICKET, due_at__lt=PRESENT).values("id", "title"))

    rows = rows_of(_lines(actor), {TICKET: ticket_id}, now=now)

Only the text of the statement is kept, never a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet

from vigie.kernel.actor import Actor

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")
_kept: list[Any] = []


def kept(write: Callable[P, R]) -> Callable[P, R]:
    """Keep what ``write`` made for its latest arguments; they hold all that the statement's text depends on."""
    remembered = lru_cache(maxsize=512)(write)
    _kept.append(remembered)
    return cast("Callable[P, R]", remembered)


def forget() -> None:
    """Write every statement again: for who changes the rules of sight while the process runs (tests that break a wall)."""
    for remembered in _kept:
        remembered.cache_clear()


class _Present(dt.datetime):
    """An instant told from the present: what is added to or taken from it stays of this kind."""


PRESENT = _Present(2000, 1, 1, tzinfo=dt.UTC)


def stand_in(number: int) -> int:
    """An id that no row has, in the place of one given later; ``[stand_in(1)]`` stands for a list."""
    return -(10**15) - number


def text(number: int) -> str:
    """A text that no row holds, in the place of one given later."""
    return f"\ue000{number}\ue001"


def instant(number: int) -> dt.datetime:
    """An instant before all others, in the place of one given later; ``[instant(1)]`` stands for a list of them."""
    return dt.datetime(1, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number)


ME, SIGHT, HOME = stand_in(1001), stand_in(1002), stand_in(1003)
CUSTOMER = Actor("client", ME, frozenset({SIGHT}), organisation_id=HOME)
"""Whoever asks: an actor for a statement that is the same for every customer; :func:`of` fills it in."""


def of(actor: Actor) -> dict[int, Any]:
    """What the stand-ins of ``CUSTOMER`` stand for."""
    return {ME: actor.me, SIGHT: sorted(actor.organisations or ()), HOME: actor.organisation_id or 0}


@dataclass(frozen=True, slots=True)
class Written:
    """A statement: its SQL, its parameters with stand-ins, the names of its columns and how Django reads some of them."""

    sql: str
    params: tuple[Any, ...]
    names: tuple[str, ...]
    converters: Mapping[int, tuple[list[Any], Any]]

    def filled(self, given: Mapping[Any, Any], now: dt.datetime | None) -> list[Any]:
        """The parameters, with the present and the ``given`` values in the places of their stand-ins."""
        return [_fill(value, given, now) for value in self.params]


def _fill(value: Any, given: Mapping[Any, Any], now: dt.datetime | None) -> Any:
    if isinstance(value, _Present):
        assert now is not None, "this statement depends on the present"
        return now + (value - PRESENT)
    if isinstance(value, int | dt.date | str):
        return given.get(value, value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], int | dt.date):
        return given.get(value[0], value)
    return value


def written(queryset: QuerySet[Any]) -> Written | None:
    """The statement of ``queryset`` (of ``values``); ``None`` when nothing can match."""
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
    return Written(sql, tuple(params), tuple(queryset.query.selected or ()), converters)


def rows_of(
    statement: Written | None, given: Mapping[Any, Any] | None = None, *, now: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """The rows of a written statement, each as name → value."""
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.filled(given or {}, now))
        found = cursor.fetchall()
    names = statement.names
    if not statement.converters:
        return [dict(zip(names, row, strict=True)) for row in found]
    return [dict(zip(names, _converted(statement, row), strict=True)) for row in found]


def models_of(model: type[M], statement: Written | None, given: Mapping[Any, Any] | None = None) -> list[M]:
    """The same as rows of ``model``; the statement names its columns."""
    return [model.from_db(DEFAULT_DB_ALIAS, row.keys(), row.values()) for row in rows_of(statement, given)]


def columns_of(model: type[Model]) -> list[str]:
    """The names of the model's own columns, for ``values``."""
    return [field.attname for field in model._meta.concrete_fields]


def tuples_of(
    statement: Written | None, given: Mapping[Any, Any] | None = None, *, now: dt.datetime | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a written statement as the database gives them, in the order of its columns: for numbers, words and
    instants, which Django's converters leave what they are."""
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.filled(given or {}, now))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def count_of(statement: Written | None, given: Mapping[Any, Any] | None = None) -> int:
    """How many rows a written statement gives."""
    if statement is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(counted(statement), statement.filled(given or {}, None))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def counted(statement: Written) -> str:
    """The count of a statement's rows, as SQL."""
    return f"select count(*) from ({statement.sql}) t"  # noqa: S608 (written by the ORM)


def _converted(statement: Written, row: tuple[Any, ...]) -> list[Any]:
    values = list(row)
    for position, (steps, expression) in statement.converters.items():
        for step in steps:
            values[position] = step(values[position], expression, connection)
    return values
