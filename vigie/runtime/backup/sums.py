"""Sums over rows: two databases with equal sums hold the same rows."""

from __future__ import annotations

import psycopg

Sums = dict[str, list[int]]  # table → [rows, sum]

_TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') order by c.relname
"""


def row_sums(link: psycopg.Connection) -> Sums:
    """Rows of each table and the sum of 60 bits of their MD5: order does not matter, each byte does.

    Call inside the transaction whose snapshot is meant.
    """
    link.execute("set local timezone = 'UTC'")
    link.execute("set local datestyle = 'ISO'")
    link.execute("set local extra_float_digits = 1")
    link.execute("set local bytea_output = 'hex'")
    sums: Sums = {}
    for (table,) in link.execute(_TABLES).fetchall():
        row = link.execute(
            f"select count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text"  # noqa: S608
            f' from "{table}" t'
        ).fetchone()
        assert row is not None
        sums[str(table)] = [int(row[0]), int(row[1])]
    return sums


def differing(expected: Sums, found: Sums) -> list[str]:
    """A line for each table that is not as it was."""
    lines = []
    for table in sorted(expected.keys() | found.keys()):
        was, now = expected.get(table), found.get(table)
        if was != now:
            lines.append(f"{table}: {_told(was)} in the backup, {_told(now)} restored")
    return lines


def _told(sums: list[int] | None) -> str:
    return "missing" if sums is None else f"{sums[0]} rows (sum {sums[1]})"
