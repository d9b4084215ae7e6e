"""`vigie check`: what is wrong with this installation and what to do; every problem, not the first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from vigie.runtime import environment, priority, reach
from vigie.runtime.trouble import Trouble

SHORTEST_KEY = 32
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
    problems += _exposure_problems() + _settings_problems()
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
        found = _failed_checks(reachable=not known) + ([] if known else migration_problems())
        return found if known or found else _demo_problems() + _vault_problems()
    except Trouble as trouble:
        told = trouble.sentence in known or (known and trouble.sentence.startswith("DATABASE_URL"))
        return [] if told else [trouble.sentence]
    except Exception as error:
        return [
            f"Vigie cannot be loaded ({type(error).__name__}: {error}): if the words in brackets name a setting, correct it; "
            "otherwise a file is missing or damaged: take the whole version again and run `make run`, which installs what is missing."
        ]


def _failed_checks(*, reachable: bool) -> list[str]:
    from django.core import checks

    found = []
    for message in checks.run_checks(databases=["default"] if reachable else None):
        if message.level >= checks.ERROR and not message.is_silenced():
            hint = f" {message.hint}" if message.hint else ""
            found.append(f"{message.msg}{hint} ({message.id})")
    return found


def migration_problems() -> list[str]:
    """What stands between this version and the shape of the database."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    graph, applied = executor.loader.graph, executor.loader.applied_migrations
    newer = sorted(
        key for key in applied if key not in graph.nodes and key[0] in executor.loader.migrated_apps
    )
    if newer:
        app, name = newer[-1]
        return [
            f"the database was brought to the shape of another version, newer than this one (migration {app}.{name}): "
            "install that version again, or restore a backup made before the upgrade (`vigie restore`)."
        ]
    missing = executor.migration_plan(graph.leaf_nodes())
    if not missing:
        return []
    return [
        f"the database has not the shape this version needs ({len(missing)} migrations, first: {missing[0][0]}): "
        "run `vigie migrate` and start web and worker again (`vigie up` does both)."
    ]


def _demo_problems() -> list[str]:
    """Once real data came beside the demonstration, one-click sign-in is off by itself; its password still opens."""
    from vigie.accounts import demo_mode

    if not demo_mode.holds_other_data():
        return []
    return [
        "this database holds other people or clients beside the demonstration: one-click sign-in is off, but the "
        "demo accounts keep their published password (README.md): work in a database of its own (`vigie up --no-demo`)."
    ]


def _vault_problems() -> list[str]:
    """Stored secrets that the present key does not open: after a restore without it, or once it was changed."""
    from vigie.channels.mail.models import Mailbox
    from vigie.kernel.refusal import Refusal
    from vigie.toolkit import vault

    columns = [field.attname for field in Mailbox._meta.concrete_fields if field.attname.endswith("_sealed")]
    closed = 0
    for row in Mailbox.objects.values_list(*columns):
        try:
            for sealed in row:
                vault.unseal(sealed)
        except Refusal:
            closed += 1
    if not closed:
        return []
    return [
        f"the passwords of {closed} mailboxes do not open with this key: put back the VIGIE_VAULT_KEY, or the file secret_key of "
        "the data folder, with which they were stored, or type the passwords again on the page of each mailbox."
    ]


def _settings_problems() -> list[str]:
    """Settings that are wrong in a way that stops no start, and shows itself when it is too late."""
    from vigie.runtime.backup import archive

    found = []
    key = os.environ.get("VIGIE_SECRET_KEY", "")
    if 0 < len(key) < SHORTEST_KEY:
        found.append(
            f"VIGIE_SECRET_KEY has {len(key)} characters and can be guessed: give at least {SHORTEST_KEY} (`openssl rand -base64 48`), "
            "or remove it: Vigie draws one. People sign in again; passwords of mailboxes are typed again unless there is a VIGIE_VAULT_KEY."
        )
    authority = os.environ.get("VIGIE_MAIL_CA_FILE", "")
    if authority and not os.access(authority, os.R_OK):
        found.append(
            f"VIGIE_MAIL_CA_FILE names {authority}, which cannot be read: correct the path or its rights."
        )
    try:
        priority.wanted()
    except Trouble as trouble:
        found.append(trouble.sentence)
    recipient = os.environ.get("VIGIE_BACKUP_RECIPIENT", "")
    if recipient:
        try:
            archive.recipient(recipient)
        except Trouble as trouble:
            found.append(f"VIGIE_BACKUP_RECIPIENT opens no backup: {trouble.sentence}")
    return found


def _exposure_problems() -> list[str]:
    host = urlsplit(os.environ.get("VIGIE_URL", "")).hostname or ""
    found = []
    if environment.flag("VIGIE_DEMO") and host not in LOCAL:
        found.append(f"demo accounts are open to whoever reaches {host}: set VIGIE_DEMO=0.")
    if environment.flag("VIGIE_DEBUG") and host not in LOCAL:
        found.append(f"VIGIE_DEBUG shows source and settings to whoever reaches {host}: remove it.")
    return found
