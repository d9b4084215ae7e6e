"""A worker that lives, and a data folder of one's own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone


@pytest.fixture(autouse=True)
def empty_queue(db: None) -> Iterator[None]:
    """The queue's tables are not Django's: a test that commits would leave its jobs to the next one."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
        cursor.execute("delete from procrastinate_workers")


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def worker(db: None) -> int:
    """The number of a worker that gave its last sign five seconds ago."""
    return put_worker(timezone.now() - dt.timedelta(seconds=5))


def put_worker(last_sign: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (%s) returning id", [last_sign]
        )
        return int(cursor.fetchone()[0])


def put_job(
    name: str = "mail.settle",
    *,
    state: str = "todo",
    since: dt.datetime | None = None,
    attempts: int = 0,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> int:
    """A job in the queue, brought there at ``since`` and in ``state`` since then. Its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args, attempts, queueing_lock) values ('default', %s, %s::jsonb, %s, %s) returning id",
            [name, json.dumps(arguments), attempts, queueing_lock],
        )
        job_id = int(cursor.fetchone()[0])
        for step in {"todo": [], "doing": ["doing"]}.get(state, ["doing", state]):
            cursor.execute("update procrastinate_jobs set status = %s where id = %s", [step, job_id])
        if since is not None:
            cursor.execute("update procrastinate_events set at = %s where job_id = %s", [since, job_id])
    return job_id
