"""Filling tables fast: COPY, with indexes and references made at the end instead of row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

Link = psycopg.Connection[Any]


def copy(link: Link, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY rows into a table."""
    with link.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as out:
        for row in rows:
            out.write_row(row)


@contextmanager
def bare(link: Link, tables: Sequence[str]) -> Iterator[None]:
    """Take the references and the plain indexes of ``tables`` away, and make them again after the block.

    A reference is then checked by one join instead of once a row, and an index is sorted once.
    """
    references = link.execute(
        "select conrelid::regclass, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where contype = 'f' and conrelid = any (%s::regclass[])",
        [list(tables)],
    ).fetchall()
    indexes = link.execute(
        "select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index where indrelid = any (%s::regclass[])"
        " and not exists (select from pg_constraint where conindid = indexrelid)",
        [list(tables)],
    ).fetchall()
    for table, name, _ in references:
        link.execute(f'alter table {table} drop constraint "{name}"')
    for name, _ in indexes:
        link.execute(f"drop index {name}")
    yield
    link.execute("set maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        link.execute(definition)
    for table, name, definition in references:
        link.execute(f'alter table {table} add constraint "{name}" {definition}')
