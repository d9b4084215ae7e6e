"""`vigie check`: what is wrong with this installation and what to do; every problem, not the first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from vigie.runtime import environment, reach
from vigie.runtime.trouble import Trouble

LOCAL = {"", "localhost", "127.0.0.1", "::1"}


@contextmanager
def database_or_problem() -> Iterator[list[str]]:
    """The database of the commands; when it cannot be had, that is the one problem to report."""
    try:
        place = environment.database(needs_disk=True)
        place.__enter__()
    except Trouble as trouble:
        yield [trouble.sentence]
        return
    try:
        yield []
    finally:
        place.__exit__(None, None, None)


def report(problems: list[str]) -> int:
    if not problems:
        problems += _database_problems()
        problems += _django_problems(problems)
    problems += _exposure_problems()
    for problem in problems:
        print(f"problem: {problem}")
    if not problems:
        print("Everything is in order.")
    return 1 if problems else 0


def _database_problems() -> list[str]:
    try:
        with reach.connection() as link:
            return _rights_problems(link) + _safety_problems(link)
    except Trouble as trouble:
        return [trouble.sentence]


def _rights_problems(link: psycopg.Connection) -> list[str]:
    """Vigie owns its tables and lends narrower rights to a role of its own, `vigie_portal`."""
    row = link.execute(
        """select current_user, rolsuper, rolcreaterole,
                  exists (select from pg_roles where rolname = 'vigie_portal'),
                  coalesce((select pg_has_role(current_user, oid, 'MEMBER') from pg_roles
                             where rolname = 'vigie_portal'), false),
                  has_schema_privilege(current_user, 'public', 'CREATE')
             from pg_roles where rolname = current_user"""
    ).fetchone()
    assert row is not None
    name, superuser, createrole, portal_exists, portal_member, may_create = row
    found = []
    if superuser:
        found.append(
            f"the database role {name} is a superuser, whom no wall between clients stops: "
            "give Vigie an ordinary role in DATABASE_URL (docs/administration.md)."
        )
    if portal_exists and not portal_member and not superuser:
        found.append(
            f"the role {name} may not act as vigie_portal: run `grant vigie_portal to {name}` as superuser."
        )
    if not portal_exists and not createrole:
        found.append(
            f"the role vigie_portal is missing and {name} may not create it: as superuser run "
            f"`create role vigie_portal nologin; grant vigie_portal to {name}`, "
            f"or `alter role {name} createrole`."
        )
    if not may_create:
        found.append(
            f"{name} may not create tables: run `grant create on schema public to {name}` as superuser."
        )
    return found


def _safety_problems(link: psycopg.Connection) -> list[str]:
    found = []
    for setting in ("fsync", "full_page_writes"):
        row = link.execute("select current_setting(%s)", (setting,)).fetchone()
        if row is not None and row[0] != "on":
            found.append(f"PostgreSQL runs with {setting}=off and can lose confirmed work: set it on.")
    return found


def _django_problems(known: list[str]) -> list[str]:
    from vigie.runtime.commands import set_up_django

    try:
        set_up_django()
        found = _failed_checks(reachable=not known) + ([] if known else _migration_problems())
        return found if known or found else _demo_problems()
    except Trouble as trouble:
        return [] if trouble.sentence in known else [trouble.sentence]
    except Exception as error:
        return [f"Vigie cannot be loaded ({type(error).__name__}: {error}): install a complete version."]


def _failed_checks(*, reachable: bool) -> list[str]:
    from django.core import checks

    found = []
    for message in checks.run_checks(databases=["default"] if reachable else None):
        if message.level >= checks.ERROR and not message.is_silenced():
            hint = f" {message.hint}" if message.hint else ""
            found.append(f"{message.msg}{hint} ({message.id})")
    return found


def _migration_problems() -> list[str]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return []
    return [f"{len(missing)} migrations are not applied (first: {missing[0][0]}): run `vigie migrate`."]


def _demo_problems() -> list[str]:
    """Once real data came beside the demonstration, one-click sign-in is off by itself; its password still opens."""
    from vigie.accounts import demo_mode

    if not demo_mode.holds_other_data():
        return []
    return [
        "this database holds other people or clients beside the demonstration: one-click sign-in is off, but the "
        "demo accounts keep their published password (README.md): work in a database of its own (`vigie up --no-demo`)."
    ]


def _exposure_problems() -> list[str]:
    host = urlsplit(os.environ.get("VIGIE_URL", "")).hostname or ""
    found = []
    if environment.flag("VIGIE_DEMO") and host not in LOCAL:
        found.append(f"demo accounts are open to whoever reaches {host}: set VIGIE_DEMO=0.")
    if environment.flag("VIGIE_DEBUG") and host not in LOCAL:
        found.append(f"VIGIE_DEBUG shows source and settings to whoever reaches {host}: remove it.")
    return found
