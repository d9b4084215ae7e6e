"""The end of a job, told until the database hears it.

The queue library tells it once: a database that restarts at that moment would leave the job in the hands of a worker that
lives on and has forgotten it, for ever, and with it the lane that its lock holds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

PATIENCE = 120  # seconds; after that the worker ends, and the watch of the next one hands the job back
PAUSE = 1.0


class Ends(JobManager):
    """The manager of the jobs of a worker, which it knows by its number."""

    worker_id: int | None = None

    async def register_worker(self) -> int:
        self.worker_id = await super().register_worker()
        return self.worker_id

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        finish = super().finish_job
        await _until_heard(lambda: finish(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: dt.datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """A job whose like waits in the queue already is not queued a second time: that one does the same."""
        retry = super().retry_job
        try:
            await _until_heard(lambda: retry(job, retry_at, priority, queue, lock))
        except UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=True)


async def _until_heard(tell: Callable[[], Awaitable[None]]) -> None:
    for _ in range(int(PATIENCE / PAUSE)):
        try:
            return await tell()
        except UniqueViolation:
            raise
        except ConnectorException as error:
            if isinstance(error.__cause__, RaiseException):
                return None  # no longer in our hands: it was heard, and only the answer was lost
            await asyncio.sleep(PAUSE)
    return await tell()
