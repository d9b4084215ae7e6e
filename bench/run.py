"""`make bench`: pages over HTTP on a data set of N tickets, beside the same SQL raw, in one run.

python -m bench.run --tickets 100000            builds var/bench/100000 once, then measures
python -m bench.run --tickets 1000000 --rebuild
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

ROOT = Path(__file__).resolve().parents[1]
PORT = 8790
SETTLED = "bench.done"


def prepare(total: int, rebuild: bool) -> Any:
    """The embedded server of this size, filled once. Sets up Django on it."""
    from vigie.runtime.embedded import EmbeddedServer

    folder = ROOT / "var" / "bench" / str(total)
    if rebuild:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(folder)
    server.start()
    os.environ.update(
        DATABASE_URL=server.dsn(),
        VIGIE_DATA=str(folder),
        VIGIE_SECRET_KEY="bench" * 12,
        DJANGO_SETTINGS_MODULE="vigie.config.settings",
        VIGIE_HOSTS="127.0.0.1,testserver",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if not (folder / SETTLED).exists():
        fill(server.dsn(), total)
        (folder / SETTLED).touch()
    return server


def fill(dsn: str, total: int) -> None:
    from django.utils import timezone

    from bench import data
    from vigie.accounts.models import Role, RoleGiven
    from vigie.accounts.rules import DEFAULT_ROLES
    from vigie.contracts.actions import stamp_many
    from vigie.contracts.queries import promise_book
    from vigie.contracts.queries.book import Scope
    from vigie.kernel.actor import SYSTEM
    from vigie.workflow.actions import publish_defaults
    from vigie.workflow.queries import current_version

    print(f"filling {total:,} tickets", flush=True)
    publish_defaults(SYSTEM, now=timezone.now())

    def stamp(client: int) -> dict[str, int]:
        scope = Scope("incident", 3, None, None, None, False, data.NOW)
        terms = promise_book(client).terms_for(scope)
        return {str(t.kind): pk for t, pk in stamp_many(client, terms.values()).items()}

    data.build(
        dsn,
        total,
        version_id=current_version("incident"),
        stamp=stamp,
        say=lambda text: print(text, flush=True),
    )
    fr, en, grants = DEFAULT_ROLES["agent"]
    role = Role.objects.create(code="agent", name_fr=fr, name_en=en, grants=list(grants))
    RoleGiven.objects.bulk_create(RoleGiven(agent_id=n, role=role) for n in range(1, data.AGENTS + 1))


@contextmanager
def web() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "vigie", "web", "--port", str(PORT)], cwd=ROOT)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/account/login/", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def session_of(person_id: int) -> str:
    """A cookie header of a person signed in, made straight in the session table."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.middleware.csrf import _get_new_csrf_string

    from vigie.accounts.models import Person

    person = Person.objects.get(pk=person_id)
    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.save()
    return f"vigie={store.session_key}; csrf={_get_new_csrf_string()}"


def scenes(total: int) -> dict[str, tuple[str, Any, int]]:
    """Name → (who, what to ask, requests at concurrency 1)."""
    from bench import data

    ten = list(range(total - total % 100, total // 50, -100))[
        :2000
    ]  # tickets with ten messages, newest first
    live = list(range(int(total * 0.983) + 1, total))  # a closed ticket refuses a reply
    word = data.WORDS

    def get(path: str) -> Any:
        return lambda rng: ("GET", path, None)

    def unique() -> str:
        return uuid.uuid4().hex  # a repeated submission would be recognised and do nothing

    return {
        "queue, newest": ("agent", get("/tickets/?status=live&sort=newest"), 200),
        "queue, mine by time left": ("agent", get("/tickets/?status=live&assignee=me"), 200),
        "queue, one client": ("agent", get("/tickets/?status=live&client=C2"), 200),
        "ticket, 10 messages": ("agent_all", lambda rng: ("GET", f"/tickets/{rng.choice(ten)}/", None), 200),
        "search, two words": (
            "agent_all",
            lambda rng: ("GET", "/search/?q=" + quote_plus(" ".join(rng.sample(word[:30], 2))), None),
            100,
        ),
        "portal home": ("customer", get("/portal/"), 150),
        "reply": (
            "agent_all",
            lambda rng: (
                "POST",
                f"/tickets/{rng.choice(live)}/say/",
                {
                    "kind": "reply",
                    "body": "<p>Bonjour, nous regardons.</p>",
                    "despite": "1",
                    "submission": unique(),
                },
            ),
            100,
        ),
        "create (portal)": (
            "customer",
            lambda rng: (
                "POST",
                "/portal/new/?type=incident",
                {
                    "type": "incident",
                    "title": "Imprimante bloquée",
                    "body": "Elle ne répond plus.",
                    "service": "1",
                    "urgency": "2",
                    "impact": "3",
                    "submission": unique(),
                },
            ),
            100,
        ),
    }


def in_process(
    cookie: str, make: Any, accept: tuple[int, ...], repeats: int = 40
) -> tuple[int, float, float]:
    """(SQL statements, CPU ms per request inside Django, the same SQL raw in ms)."""
    import psycopg
    from django.db import connection
    from django.test import Client

    browser = Client(enforce_csrf_checks=False)
    browser.cookies.load(cookie)
    rng = random.Random(5)

    def ask() -> Any:
        method, path, form = make(rng)
        return browser.get(path) if method == "GET" else browser.post(path, form)

    for _ in range(3):
        answer = ask()
        if answer.status_code not in accept:
            return 0, float("nan"), float("nan")
    captured: list[tuple[str, object]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        captured.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    started = time.process_time()
    for _ in range(repeats):
        ask()
    cpu = 1000 * (time.process_time() - started) / repeats
    reads = [
        (sql, params)
        for sql, params in captured
        if sql.lstrip("( \n").upper().startswith("SELECT") and "set_config" not in sql
    ]
    with psycopg.connect(os.environ["DATABASE_URL"], cursor_factory=psycopg.ClientCursor) as link:
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            for sql, params in reads:
                link.execute(sql, params).fetchall()  # type: ignore[arg-type]
            times.append(time.perf_counter() - begun)
    raw = 1000 * sorted(times)[len(times) // 2]
    return len(captured), cpu, raw


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    from bench.http import descendants, drive, memory_of

    server = prepare(options.tickets, options.rebuild)
    try:
        from bench import data

        first = data.AGENTS + 1
        cookies = {
            "agent": [session_of(n) for n in range(1, 40, 2)],
            "agent_all": [session_of(n) for n in range(2, 40, 2)],
            "customer": [session_of(n) for n in range(first, first + 40)],
        }
        with web() as process:
            time.sleep(2)
            mine = descendants(process.pid)
            postmaster = int(
                (next(Path(os.environ["VIGIE_DATA"]).rglob("postmaster.pid"))).read_text().split()[0]
            )
            print(
                f"\n{options.tickets:,} tickets. Memory at rest: web {memory_of(mine):.0f} MB, PostgreSQL {memory_of(descendants(postmaster)):.0f} MB"
            )
            print(
                f"{'page':26} {'conc':>4} {'p50 ms':>8} {'p95 ms':>8} {'web CPU':>8} {'db CPU':>7} {'SQL':>4} {'in-proc':>8} {'raw SQL':>8}  errors"
            )
            for name, (who, make, count) in scenes(options.tickets).items():
                if options.only and options.only not in name:
                    continue
                accept = (200, 204, 302, 303)
                statements, cpu, raw = in_process(cookies[who][0], make, accept)
                for concurrency in (1, 4, 16):
                    result = drive(
                        PORT,
                        cookies[who],
                        make,
                        requests=count * (1 if concurrency == 1 else 2),
                        concurrency=concurrency,
                        web=mine,
                        database=descendants(postmaster),
                        accept=accept,
                    )
                    extra = f"{statements:4d} {cpu:8.1f} {raw:8.1f}" if concurrency == 1 else " " * 22
                    errors = f"{len(result.errors)} {result.errors[0]}" if result.errors else "0"
                    print(
                        f"{name:26} {concurrency:4d} {result.quantile(0.5):8.1f} {result.quantile(0.95):8.1f} {result.cpu_ms:8.1f} {result.database_ms:7.1f} {extra}  {errors}",
                        flush=True,
                    )
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
