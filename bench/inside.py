"""What is done inside Vigie for one data set, in a process of its own: Django knows one database a process."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bench.scenes import Scene, scenes

ACCEPTED = (200, 204, 302, 303)
SETTLED = "bench.done"


class Inner(NamedTuple):
    """One page without HTTP: its statements, its CPU in ms, and its reads alone on one connection, in ms."""

    statements: int
    cpu_ms: float
    raw_ms: float


def enter(variables: Mapping[str, str]) -> None:
    """First thing in the process: these settings, then Django."""
    os.environ.update(variables)
    import django

    django.setup()


def prepare(total: int) -> None:
    """Migrate, and fill once."""
    from django.core.management import call_command

    settled = Path(os.environ["VIGIE_DATA"]) / SETTLED
    call_command("migrate", verbosity=0)
    if not settled.exists():
        print(f"filling {total:,} tickets", flush=True)
        _fill(total)
        settled.touch()


def _fill(total: int) -> None:
    from django.utils import timezone

    from bench import data, world
    from vigie.accounts.models import Role, RoleGiven
    from vigie.accounts.rules import DEFAULT_ROLES
    from vigie.contracts.actions import stamp_many
    from vigie.contracts.queries import promise_book
    from vigie.contracts.queries.book import Scope
    from vigie.kernel.actor import SYSTEM
    from vigie.workflow.actions import publish_defaults
    from vigie.workflow.queries import current_version

    publish_defaults(SYSTEM, now=timezone.now())

    def stamp(client: int) -> dict[str, int]:
        scope = Scope("incident", 3, None, None, None, False, world.NOW)
        terms = promise_book(client).terms_for(scope)
        return {str(t.kind): pk for t, pk in stamp_many(client, terms.values()).items()}

    dsn = os.environ["DATABASE_URL"]
    data.build(dsn, total, version_id=current_version("incident"), stamp=stamp)
    fr, en, grants = DEFAULT_ROLES["agent"]
    role = Role.objects.create(code="agent", name_fr=fr, name_en=en, grants=list(grants))
    RoleGiven.objects.bulk_create(RoleGiven(agent_id=n, role=role) for n in range(1, world.AGENTS + 1))


def sign_in(people: Iterable[int]) -> list[str]:
    """Cookie headers of these people, signed in straight in the session table."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.middleware.csrf import _get_new_csrf_string

    from vigie.accounts.models import Person

    cookies = []
    for person in Person.objects.filter(pk__in=list(people)):
        store = SessionStore()
        store[SESSION_KEY] = str(person.pk)
        store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.save()
        cookies.append(f"vigie={store.session_key}; csrf={_get_new_csrf_string()}")
    return cookies


def measure(total: int, name: str, cookie: str, repeats: int = 40) -> Inner:
    """The page called ``name``, asked for in this process."""
    from django.test import Client

    scene = next(one for one in scenes(total) if one.name == name)
    browser = Client(enforce_csrf_checks=False)
    browser.cookies.load(cookie)
    rng = random.Random(5)
    statements = _statements(browser, scene, rng)
    began = time.process_time()
    for _ in range(repeats):
        _ask(browser, scene, rng)
    cpu = 1000 * (time.process_time() - began) / repeats
    return Inner(len(statements), cpu, _raw(statements))


def _ask(browser: Any, scene: Scene, rng: random.Random) -> None:
    method, path, form = scene.make(rng)
    answer = browser.get(path) if method == "GET" else browser.post(path, form)
    if answer.status_code not in ACCEPTED:
        raise RuntimeError(f"{scene.name}: {answer.status_code} {path}")


def _statements(browser: Any, scene: Scene, rng: random.Random) -> list[tuple[str, Any]]:
    """The SQL of one request, once the process is warm."""
    from django.db import connection

    captured: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        captured.append((sql, params))
        return execute(sql, params, many, context)

    for _ in range(3):
        _ask(browser, scene, rng)
    with connection.execute_wrapper(note):
        _ask(browser, scene, rng)
    return captured


def _raw(statements: Iterable[tuple[str, Any]], repeats: int = 20) -> float:
    """Median time of the reads alone, in ms."""
    import psycopg
    from django.conf import settings

    reads = [
        (sql, params)
        for sql, params in statements
        if sql.lstrip("( \n").upper().startswith("SELECT") and "set_config" not in sql
    ]
    times = []
    dsn, options = os.environ["DATABASE_URL"], settings.DATABASES["default"]["OPTIONS"]["options"]
    with psycopg.connect(dsn, options=options, cursor_factory=psycopg.ClientCursor) as link:
        for _ in range(repeats):
            began = time.perf_counter()
            for sql, params in reads:
                link.execute(sql, params).fetchall()
            times.append(time.perf_counter() - began)
    return 1000 * sorted(times)[len(times) // 2]
