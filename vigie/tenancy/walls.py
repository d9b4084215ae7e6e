"""The second wall: what the database itself lets a client-side request read and write.

Every table is classified by its feature in ``access.TABLES``. From that one declaration come the role's grants, the row
policies, the start-up check and the tests. ``vigie migrate`` raises the walls again after every migration.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import module_has_submodule

from vigie.kernel.actor import Actor

ROLE = "vigie_portal"
OWNED = "organisation_id = any (vigie_organisations())"


@dataclass(frozen=True, slots=True)
class Client:
    """Rows owned by one client. ``columns`` readable by the role (``*`` = all), ``write`` its other rights.

    ``where`` narrows the policy further (SQL on the table's columns); ``owner`` replaces the ownership
    test for tables whose link to the client is not a plain ``organisation_id``.
    """

    columns: str = "*"
    write: tuple[str, ...] = ()
    where: str = ""
    owner: str = OWNED


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows of the provider that every client may read, with the reason why."""

    reason: str
    columns: str = "*"


@dataclass(frozen=True, slots=True)
class Internal:
    """The role has no right at all here."""


TableClass = Client | Shared | Internal


def classification() -> dict[str, TableClass]:
    """Every classified table, gathered from the ``access`` module of each feature."""
    found: dict[str, TableClass] = {}
    for config in apps.get_app_configs():
        if (
            config.module is not None
            and config.name.startswith("vigie.")
            and module_has_submodule(config.module, "access")
        ):
            found.update(importlib.import_module(f"{config.name}.access").TABLES)
    return found


def check_classification(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start with a table that nobody classified, or a client table without its owner."""
    known = classification()
    problems: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in known:
            problems.append(
                Error(
                    f"Table {table} is in no class.",
                    hint="Add it to TABLES in its feature's access.py as Client, Shared (with a reason) or Internal.",
                    id="vigie.E001",
                )
            )
            continue
        kind, columns = known[table], {field.attname for field in model._meta.concrete_fields}
        if isinstance(kind, Client) and kind.owner == OWNED and "organisation_id" not in columns:
            problems.append(Error(f"Client table {table} has no organisation_id.", id="vigie.E002"))
    return problems


def _policies(table: str, kind: TableClass) -> Iterator[str]:
    yield f'alter table "{table}" enable row level security'
    yield f'drop policy if exists vigie_portal_rows on "{table}"'
    if isinstance(kind, Client):
        test = f"({kind.owner})" + (f" and ({kind.where})" if kind.where else "")
        yield f'create policy vigie_portal_rows on "{table}" to {ROLE} using ({test}) with check ({test})'
    elif isinstance(kind, Shared):
        yield f'create policy vigie_portal_rows on "{table}" for select to {ROLE} using (true)'


def _grants(table: str, kind: TableClass) -> Iterator[str]:
    if isinstance(kind, Internal):
        return
    columns = "" if kind.columns == "*" else f" ({kind.columns})"
    yield f'grant select{columns} on "{table}" to {ROLE}'
    if isinstance(kind, Client):
        for right in kind.write:
            yield f'grant {right} on "{table}" to {ROLE}'


def raise_walls(using: str = "default") -> None:
    """(Re)create the role's grants and every policy from the classification. Safe to run twice."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [ROLE])
        if cursor.fetchone() is None:
            cursor.execute(
                f"do $$ begin create role {ROLE} nologin; exception when duplicate_object or unique_violation then null; end $$"
            )
        cursor.execute(f"grant {ROLE} to current_user")
        cursor.execute(f"grant usage on schema public to {ROLE}")
        cursor.execute(f"revoke all on all tables in schema public from {ROLE}")
        tables = set(connection.introspection.table_names(cursor))
        for table, kind in sorted(classification().items()):
            if table in tables:
                for statement in (*_policies(table, kind), *_grants(table, kind)):
                    cursor.execute(statement)


def _set(connection: BaseDatabaseWrapper, role: str, organisations: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('role', %s, true), set_config('app.organisations', %s, true)",
            [role, organisations],
        )


# The organisations of the wall that this request raised; ``None`` where none stands, or past it. Every change of the
# role goes through this module, and a rolled-back savepoint brings back what stood before it, here and there.
_raised: ContextVar[str | None] = ContextVar("raised", default=None)


@contextmanager
def client_wall(actor: Actor, using: str = "default") -> Iterator[None]:
    """Run the block in one transaction under the portal role, limited to the actor's organisations."""
    connection = connections[using]
    listed = ",".join(str(i) for i in sorted(actor.organisations or ()))
    outermost = not connection.in_atomic_block
    with transaction.atomic(using):
        _set(connection, ROLE, listed)
        before = _raised.set(listed)
        try:
            yield
        finally:
            _raised.reset(before)
            usable = connection.connection and not connection.connection.closed
            if usable and not outermost and not connection.needs_rollback:
                _set(connection, "none", "")  # a transaction of its own ends the settings by ending


@contextmanager
def past_the_wall(reason: str, using: str = "default") -> Iterator[None]:
    """Lend the owner's rights for one listed write (notices, jobs, wake-ups) inside a walled transaction.

    Nothing read inside may be shown, but through the two ``own_`` gates. Outside a wall it does nothing. ``reason`` is one of ``GATES``.
    """
    if reason not in GATES:
        raise ValueError(f"{reason!r} is not a listed gate")
    organisations = _raised.get()
    if organisations is None:
        yield
        return
    connection = connections[using]
    _set(connection, "none", "")
    before = _raised.set(None)
    try:
        yield
    finally:
        _raised.reset(before)
        if not connection.needs_rollback:
            _set(connection, ROLE, organisations)


# announce: jobs and live wake-ups; notify: notices to agents; journal: facts that the client itself may not read
# support: clocks of teams and suppliers, which no client reads
# own_account: a person's own preferences and affiliations, which it may also be shown
# own_contract: the dates of a contract in sight as they stood on a past day, which its client may also be shown
GATES = frozenset({"announce", "notify", "journal", "support", "own_account", "own_contract"})
