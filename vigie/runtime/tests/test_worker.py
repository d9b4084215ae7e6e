"""What a job queues exists with its transaction, and not before: the worker is a real one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from vigie.runtime.worker import worker_app

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(name: str) -> int:
    """Jobs of this name, as another connection sees them."""
    with psycopg.connect(**connector_params(), autocommit=True) as other:
        row = other.execute("select count(*) from procrastinate_jobs where task_name = %s", [name]).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def seen() -> Iterator[list[int]]:
    """How many follow-up jobs others saw before the commit of the one that queued them, for two outcomes."""
    found: list[int] = []

    def begin(fails: bool) -> None:
        try:
            with transaction.atomic():
                app.configure_task("test.follow").defer()
                found.append(waiting("test.follow"))
                if fails:
                    raise ValueError
        except ValueError:
            pass

    begun = app.task(name="test.begin")(begin)
    begun.defer(fails=True)
    begun.defer(fails=False)
    yield found
    del app.tasks["test.begin"]
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where task_name like 'test.%%'")


def test_a_job_queued_in_a_transaction_waits_for_its_commit(seen: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where task_name not like 'test.%%'")
    own = worker_app(PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2))
    own.run_worker(wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False)
    assert seen == [0, 0]
    assert waiting("test.follow") == 1, "the one whose transaction was rolled back never was"
