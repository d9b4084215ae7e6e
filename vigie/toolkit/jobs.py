"""Background jobs: one way to declare them, one policy for what fails.

A job may run twice with the effect of once; ``once_by`` says what makes it so, and a test walks them all.
A failure of any kind is tried again: after 5 s, 10 s, 20 s …, at most every 15 minutes, ten times (about an hour
in all); then the job is failed and shown to the administrator, who can run it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = 5, 900

ONCE_BY: dict[str, str] = {}


class Again(BaseRetryStrategy):
    """Every failure, whatever its kind: a list of named exceptions would lose the job that was cut short."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= ATTEMPTS:
            return None
        wait = min(FIRST_WAIT * 2**job.attempts, LONGEST_WAIT)
        return RetryDecision(retry_in={"seconds": wait})


def job(
    name: str, *, once_by: str, cron: str = "", queueing_lock: str | None = None, lock: str | None = None
) -> Callable[[Callable[..., None]], Any]:
    """Declare the function as the job ``name``, periodic when ``cron`` is given (it then takes ``timestamp``)."""

    def declare(function: Callable[..., None]) -> Any:
        ONCE_BY[name] = once_by
        task = app.task(name=name, retry=Again(), queueing_lock=queueing_lock, lock=lock)(function)
        return app.periodic(cron=cron)(task) if cron else task

    return declare
