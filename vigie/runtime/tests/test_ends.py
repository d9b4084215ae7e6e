"""What a worker tells of a job is told until it is heard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from procrastinate import BaseConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from psycopg.errors import RaiseException

from vigie.runtime import ends

JOB = Job(id=7, lock="mail.fetch:1", queueing_lock="mail.fetch:1", task_name="mail.fetch", queue="default")


class Deaf(BaseConnector):
    """A database that fails as told, then hears; ``heard`` are the arguments of what reached it."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.heard: list[dict[str, Any]] = []

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.heard.append(arguments)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "PAUSE", 0.001)


def test_the_end_of_a_job_outlives_a_restart_of_the_database() -> None:
    database = Deaf(ConnectorException(), ConnectorException())
    asyncio.run(ends.Ends(database).finish_job(JOB, Status.SUCCEEDED, delete_job=False))
    assert database.heard == [{"job_id": 7, "status": "succeeded", "delete_job": False}]


def test_what_was_heard_while_the_answer_was_lost_is_not_told_for_ever() -> None:
    refused = ConnectorException()
    refused.__cause__ = RaiseException("Job was not found or has an invalid status to retry (job id: 7)")
    database = Deaf(ConnectorException(), refused)
    asyncio.run(ends.Ends(database).retry_job(JOB))
    assert (database.failures, database.heard) == ([], [])


def test_a_job_whose_like_waits_already_is_not_queued_twice_and_frees_its_lane() -> None:
    database = Deaf(
        UniqueViolation(constraint_name="procrastinate_jobs_queueing_lock_idx_v1", queueing_lock="x")
    )
    asyncio.run(ends.Ends(database).retry_job(JOB))
    assert database.heard == [{"job_id": 7, "status": "aborted", "delete_job": True}]
