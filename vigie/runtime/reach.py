"""Reach the database with psycopg alone, and say in one sentence why it cannot be reached."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from vigie.runtime.trouble import Trouble

OLDEST = 150_000
MIGRATION_LOCK = 0x5669676965  # "Vigie"
ADVICE = "correct DATABASE_URL (postgresql://user:password@host:5432/name), or start that server."


@contextmanager
def connection() -> Iterator[psycopg.Connection]:
    """A plain autocommit connection to DATABASE_URL; its text is never repeated, it holds a password."""
    url = os.environ.get("DATABASE_URL", "").strip()
    if not url.startswith(("postgresql://", "postgres://")):
        raise Trouble(
            "DATABASE_URL is not a PostgreSQL address: write postgresql://user:password@host:5432/name."
        )
    try:
        link = psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise Trouble(f"The database of DATABASE_URL cannot be reached ({reason}): {ADVICE}") from error
    except psycopg.Error as error:
        raise Trouble(f"DATABASE_URL cannot be read as an address: {ADVICE}") from error
    with link:
        if link.info.server_version < OLDEST:
            raise Trouble(
                f"PostgreSQL {link.info.server_version // 10000} is too old: Vigie needs 15 or later; "
                "give another server in DATABASE_URL."
            )
        yield link


@contextmanager
def migration_lock() -> Iterator[None]:
    """Two starts at the same time migrate one after the other."""
    with connection() as link:
        link.execute("select pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        yield
