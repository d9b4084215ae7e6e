"""Ctrl-C ends everything soon, in order, and what was begun is finished or given back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.tests.running import Running, eventually, variables

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads processes in /proc"),
]

STOPPING = "Stopping… (Ctrl-C again: at once)"
GIVEN_BACK = "Begun and not finished, to be done at the next start: "
# What it takes alone is under 3 s with nothing to do and under 6 in the middle of work; tests share their machine.
SOON, SOON_WITH_WORK = 8.0, 12.0
SIGN_IN = """
from vigie.runtime import environment
with environment.database():
    from vigie.runtime.commands import _add_agent, set_up_django
    set_up_django()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from vigie.accounts import actions
    from vigie.accounts.models import Person
    from vigie.toolkit.sessions import SessionStore
    _add_agent(actions, "anne@example.org", "Anne", "correct-horse-battery", admin=True)
    person = Person.objects.get(email="anne@example.org")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    print(session.session_key)
"""
BEGIN = """
from vigie.runtime import environment
with environment.database():
    from vigie.runtime.commands import set_up_django
    set_up_django()
    from contextlib import suppress
    from procrastinate.exceptions import AlreadyEnqueued
    from vigie.tickets.tasks import sweep_clocks
    with suppress(AlreadyEnqueued):
        sweep_clocks.defer(timestamp=0)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def running(data: Path) -> Iterator[Running]:
    one = Running(data)
    yield one
    if one.process.poll() is None:  # a test failed; killed, it would leave the database
        one.process.terminate()
        one.process.wait(30)


def run(data: Path, program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program], env=variables(data), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def stopped(one: Running, seconds: float) -> list[str]:
    """All of it has ended by itself, with exit code 0 and within ``seconds``; what was said since it was up."""
    began = time.monotonic()
    assert one.process.wait(seconds) == 0
    assert eventually(lambda: not one.processes(), seconds - (time.monotonic() - began))
    return one.said()[one.said().index(STOPPING) :]


def assert_given_back(said: list[str]) -> None:
    first, second = said
    assert first == STOPPING
    assert second.startswith(GIVEN_BACK)
    assert "tickets.sweep_clocks" in second, "others may have met the same lock"


@contextmanager
def held_job(one: Running) -> Iterator[psycopg.Connection]:
    """A job that has begun, and goes on when the connection is closed."""
    server = EmbeddedServer(one.data)
    holder = psycopg.connect(server.dsn())
    try:
        holder.execute("lock table tickets_clock in access exclusive mode")
        run(one.data, BEGIN)
        with psycopg.connect(server.dsn(), autocommit=True) as eye:
            begun = "select 1 from procrastinate_jobs where task_name = 'tickets.sweep_clocks' and status = 'doing'"
            assert eventually(lambda: eye.execute(begun).fetchone())
        yield holder
    finally:
        holder.close()  # the server may have ended


def sweeps(data: Path) -> dict[int, tuple[str, int]]:
    """State and attempts of the sweeps, by number."""
    with EmbeddedServer(data) as server, psycopg.connect(server.dsn()) as link:
        rows = link.execute(
            "select id, status::text, attempts from procrastinate_jobs where task_name = 'tickets.sweep_clocks'"
        ).fetchall()
    return {int(number): (str(status), int(attempts)) for number, status, attempts in rows}


def left(data: Path) -> set[tuple[str, int]]:
    """States and attempts of what is not done. A job whose like waits already is not queued beside it."""
    return {state for state in sweeps(data).values() if state[0] != "succeeded"}


def test_with_nothing_to_do(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)
    assert stopped(running, SOON) == [STOPPING]


def test_with_open_pages(running: Running) -> None:
    """Live streams that nobody reads, a kept connection, one that never asked anything, a form that stays half sent."""
    session = run(running.data, SIGN_IN)
    links = [socket.create_connection(("127.0.0.1", running.port), timeout=20) for _ in range(5)]
    for link, path in zip(links, ["/live", "/live", "/health/live"], strict=False):
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: vigie={session}\r\n\r\n".encode())
        assert link.recv(12) == b"HTTP/1.1 200"
    links[4].sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nsubject=")
    running.process.send_signal(signal.SIGINT)
    assert stopped(running, SOON) == [STOPPING]


def test_a_job_that_can_be_finished_is_finished(running: Running) -> None:
    with held_job(running) as holder:
        running.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: STOPPING in running.said(), 5)
        holder.rollback()
        assert stopped(running, SOON_WITH_WORK) == [STOPPING]
    assert ("doing", 0) not in left(running.data)
    assert ("succeeded", 1) in sweeps(running.data).values()


def test_a_job_that_goes_on_is_given_back_as_if_never_begun(running: Running) -> None:
    with held_job(running):
        running.process.send_signal(signal.SIGINT)
        assert_given_back(stopped(running, SOON_WITH_WORK))
    assert left(running.data) == {("todo", 0)}
    waiting = [number for number, state in sweeps(running.data).items() if state[0] == "todo"]
    second = Running(running.data)
    assert eventually(lambda: all(sweeps(second.data)[number][0] == "succeeded" for number in waiting))
    second.process.send_signal(signal.SIGINT)
    assert stopped(second, SOON) == [STOPPING]


def test_systemd_tells_every_process_and_nobody_takes_it_for_haste(running: Running) -> None:
    with held_job(running):
        for pid in running.processes("vigie"):
            os.kill(pid, signal.SIGTERM)
        assert_given_back(stopped(running, SOON_WITH_WORK))
    assert left(running.data) == {("todo", 0)}


def test_a_second_ctrl_c_ends_at_once(running: Running) -> None:
    def insist() -> bool:
        running.process.send_signal(signal.SIGINT)
        return not running.processes()

    with held_job(running):
        running.process.send_signal(signal.SIGINT)
        assert eventually(insist, SOON)
    assert running.process.wait(SOON) == 0
    assert ("doing", 0) in left(running.data), "nobody waited for it, and the next start finds it"
