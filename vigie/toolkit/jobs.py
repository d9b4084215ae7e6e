"""Background jobs: one way to declare them, one policy for what fails.

A job may run twice with the effect of once; ``once_by`` says what makes it so, and a test walks them all.
A failure of any kind is tried again: after 5 s, 10 s, 20 s …, at most every 15 minutes, ten times (about an hour
in all); then the job is failed and shown to the administrator, who can run it again. What kills its worker, or hangs
beyond ``longest``, is handed back by the watch beside the worker (``runtime.watch``), five times. A worker that is told
to stop waits a moment for what it has in hand and hands the rest back at once (``runtime.worker``).
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import Error
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from vigie.toolkit.logs import kind_of
from vigie.toolkit.models import JobFailure

ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = 5, 900
LONGEST_RUN = dt.timedelta(seconds=90)

log = logging.getLogger("vigie.job")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a job promises: ``once_by``, the reason why running it twice is harmless; ``former`` names, kept one release."""

    name: str
    once_by: str
    longest: dt.timedelta
    former: tuple[str, ...] = ()


DECLARED: dict[str, Declared] = {}


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    until: float


_running: dict[int, Running] = {}
_stop = threading.Event()


class Again(BaseRetryStrategy):
    """Every failure, whatever its kind: a list of named exceptions would lose the job that was cut short."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= ATTEMPTS:
            return None
        wait = min(FIRST_WAIT * 2**job.attempts, LONGEST_WAIT)
        return RetryDecision(retry_in={"seconds": wait})


def job(
    name: str,
    *,
    once_by: str,
    cron: str = "",
    queueing_lock: str | None = None,
    lock: str | None = None,
    longest: dt.timedelta = LONGEST_RUN,
    former: tuple[str, ...] = (),
) -> Callable[[Callable[..., None]], Any]:
    """Declare the function as the job ``name``, periodic when ``cron`` is given (it then takes ``timestamp``).

    ``former``: names that jobs queued by the last release still bear.
    """

    def declare(function: Callable[..., None]) -> Any:
        DECLARED[name] = Declared(name, once_by, longest, former)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> None:
            with _timed(name, longest):
                function(*args, **kwargs)

        task = app.task(
            name=name, aliases=list(former), retry=Again(), queueing_lock=queueing_lock, lock=lock,
            task_middleware=[_told],
        )(timed)  # fmt: skip
        return app.periodic(cron=cron)(task) if cron else task

    return declare


def _told(run: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """Every line that the job logs bears its number and its name; its failure is one of them."""
    job = context.job
    with structlog.contextvars.bound_contextvars(
        job=job.id, job_name=job.task_name, attempt=job.attempts + 1
    ):
        try:
            return run()
        except BaseException as error:
            log.warning("The job failed.", exc_info=True)
            if job.id is not None:
                _remember(job.id, error)
            raise


def _remember(job_id: int, error: BaseException) -> None:
    """For the page of jobs. A database that is away is no second error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}vigie{os.sep}" in frame.filename] or frames
    place = f"{own[-1].filename.rpartition(os.sep + 'vigie' + os.sep)[2]}:{own[-1].lineno}" if own else ""
    try:
        JobFailure.objects.update_or_create(
            job_id=job_id,
            defaults={"error": kind_of(error)[:200], "place": place[-200:], "at": timezone.now()},
        )
    except Error:
        log.warning("Why it failed could not be kept.")


@contextmanager
def _timed(name: str, longest: dt.timedelta) -> Iterator[None]:
    me = threading.get_ident()
    _running[me] = Running(name, time.monotonic() + longest.total_seconds())
    try:
        yield
    finally:
        _running.pop(me, None)


def ask_to_stop() -> None:
    """The worker was told to stop: what a job has begun is finished, and nothing more is begun."""
    _stop.set()


def stop_asked() -> bool:
    """Asked between two steps by a job of many: it ends there, and leaves what is left to the next run."""
    return _stop.is_set()


def overdue(now: float) -> list[str]:
    """Jobs of this process that run longer than they may; ``now`` is ``time.monotonic()``."""
    return [running.name for running in list(_running.values()) if running.until < now]
