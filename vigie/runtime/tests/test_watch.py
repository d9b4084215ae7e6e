"""Jobs outlive the worker that dies with them, and a job that kills its worker stops after a few."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from vigie.runtime import handback, processes, watch
from vigie.toolkit import jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queue(db: None) -> None:
    """Emptying the tables between tests leaves those of the queue alone."""
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")


def a_job(*, attempts: int = 0, beat: str | None = None, lock: str | None = None) -> int:
    """A job in the hands of a worker whose last sign was ``beat`` ago; of no known worker without it."""
    with connection.cursor() as cursor:
        worker = None
        if beat is not None:
            cursor.execute(
                "insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval) returning id",
                [beat],
            )
            worker = cursor.fetchone()[0]
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args, status, attempts, worker_id, lock)"
            " values ('default', 'tickets.sweep_clocks', '{}', 'doing', %s, %s, %s) returning id",
            [attempts, worker, lock],
        )
        return int(cursor.fetchone()[0])


def state(job_id: int) -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("select status, attempts from procrastinate_jobs where id = %s", [job_id])
        return cursor.fetchone()


def handed_back() -> list[str]:
    connection.ensure_connection()
    assert isinstance(connection.connection, psycopg.Connection)
    return handback.hand_back(connection.connection)


def test_the_jobs_of_dead_workers_are_queued_again_and_no_others() -> None:
    dead, unknown, alive = a_job(beat="40 seconds"), a_job(), a_job(beat="5 seconds")
    assert handed_back() == ["tickets.sweep_clocks"] * 2
    assert (state(dead), state(unknown), state(alive)) == (("todo", 1), ("todo", 1), ("doing", 0))
    assert handed_back() == []


def test_a_lost_job_whose_like_waits_already_is_dropped_and_holds_up_no_other() -> None:
    twin, other = a_job(), a_job()
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set queueing_lock = 'mail.dispatch' where id = %s", [twin])
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, queueing_lock)"
            " values ('default', 'tickets.sweep_clocks', 'mail.dispatch')"
        )
    handed_back()
    assert (state(twin), state(other)) == (None, ("todo", 1))


def test_a_job_that_keeps_killing_its_worker_fails_and_is_seen() -> None:
    poison = a_job(attempts=handback.DEATHS - 1)
    handed_back()
    assert state(poison)[0] == "failed"


def test_the_lane_of_a_lost_job_is_free_again() -> None:
    lost = a_job(lock="mail.fetch:1")
    handed_back()
    with connection.cursor() as cursor:
        cursor.execute("select procrastinate_fetch_job_v2(null, null)")
        assert str(lost) in cursor.fetchone()[0]


def test_a_job_is_overdue_after_its_time_and_forgotten_when_it_ends() -> None:
    now = time.monotonic()
    with jobs._timed("slow", jobs.LONGEST_RUN):
        assert jobs.overdue(now) == []
        assert jobs.overdue(now + jobs.LONGEST_RUN.total_seconds() + 1) == ["slow"]
    assert jobs.overdue(now + 10_000) == []


def test_a_hung_job_ends_its_worker(tmp_path: Path) -> None:
    program = (
        "import datetime as dt, pathlib, sys, threading\n"
        "import django\ndjango.setup()\n"
        "from vigie.runtime import watch\nfrom vigie.toolkit import jobs\n"
        "watch.ROUND = 0.05\n"
        "def hang():\n with jobs._timed('hung', dt.timedelta(0)): threading.Event().wait()\n"
        "threading.Thread(target=hang, daemon=True).start()\n"
        "watch.Watch({'host': '/nowhere'}, pathlib.Path(sys.argv[1])).start()\n"
        "threading.Event().wait(20)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "sign")], env=dict(os.environ), timeout=30
    )
    assert ended.returncode == watch.HUNG


def test_a_silent_worker_is_ended_by_its_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_DATA", str(tmp_path))
    child = processes.Child("worker", [], {}, gives_signs=True)
    child.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    sign = processes.sign_of_life("worker")
    sign.parent.mkdir()
    sign.touch()
    child.started = time.monotonic() - 2 * processes.SILENCE
    assert child.tend() is None, "it gives signs"
    os.utime(sign, (0, 0))
    assert "signal 9" in str(child.tend())
