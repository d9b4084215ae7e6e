"""What the tests need before settings are read: a database of their own and the test variables.

A pytest plugin, loaded by `-p vigie.runtime.testing`: a conftest would come after pytest-django has read the
settings. Without DATABASE_URL, tests share one embedded server in var/test-pg that never waits for the disk.
Each run has databases under its own name, so that two runs side by side do not meet.
"""

from __future__ import annotations

import os
import re
import sys

import psycopg

from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.environment import ROOT
from vigie.runtime.trouble import Trouble

server: EmbeddedServer | None = None


def _begin() -> None:
    global server
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    os.environ["VIGIE_TESTING"] = "1"
    folder = ROOT / "var" / "test"
    folder.mkdir(parents=True, exist_ok=True)  # as every command finds it, whichever test comes first
    os.environ["VIGIE_DATA"] = str(folder)
    for name in ("VIGIE_DEMO", "VIGIE_DEBUG", "VIGIE_URL", "VIGIE_HOSTS"):
        os.environ.pop(name, None)
    reused = "--reuse-db" in sys.argv
    os.environ["VIGIE_TEST_DATABASE"] = "test_vigie" if reused else f"test_vigie_{os.getpid()}"
    if os.environ.get("DATABASE_URL"):
        return
    server = EmbeddedServer(ROOT / "var" / "test-pg", fsync=False)
    server.start()
    os.environ["DATABASE_URL"] = server.dsn()
    _drop_forgotten(server)


def _drop_forgotten(running: EmbeddedServer) -> None:
    """Databases of runs that were killed. Left for the next run when another one holds things up: a backend
    that waits in COPY answers no DROP DATABASE of the whole server."""
    with psycopg.connect(running.dsn(), autocommit=True, options="-c statement_timeout=3s") as link:
        names = link.execute("select datname from pg_database where datname like 'test_vigie_%'").fetchall()
        for (name,) in names:
            found = re.match(r"test_vigie_(\d+)", name)
            if found and not _lives(int(found[1])):
                try:
                    link.execute(f'drop database if exists "{name}" with (force)'.encode())
                except psycopg.Error:
                    return


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def pytest_unconfigure() -> None:
    if server is not None:
        server.stop()


if "PYTEST_XDIST_WORKER" not in os.environ:
    try:
        _begin()
    except Trouble as trouble:
        sys.exit(trouble.sentence)
