"""What a person decides about jobs that failed: run them again, or discard them."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.operations import access
from vigie.toolkit import journal

MOST = 500


@transaction.atomic
def replay(actor: Actor, job_id: int, *, now: dt.datetime) -> None:
    """Queue a failed job again, once. Refuses ``operations.not_failed`` and ``operations.same_waits``."""
    actor.demand("operations:run")
    job = _failed(actor, job_id)
    if not _queued_again(actor, job, now):
        raise Refusal("operations.same_waits")


@transaction.atomic
def replay_all(actor: Actor, name: str, *, now: dt.datetime) -> int:
    """Queue the failed jobs of a name again, the oldest first, at most ``MOST`` at a time; how many could be."""
    actor.demand("operations:run")
    failed = access.visible(actor).filter(status="failed", task_name=name).order_by("id")
    jobs = list(failed.select_for_update(of=("self",))[:MOST])
    return sum(_queued_again(actor, job, now) for job in jobs)


@transaction.atomic
def discard(actor: Actor, job_id: int, reason: str, *, now: dt.datetime) -> None:
    """Give a failed job up, with a reason that stays in the journal."""
    actor.demand("operations:run")
    job = _failed(actor, job_id)
    if not reason.strip():
        raise Refusal("operations.reason_needed", field="reason")
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'cancelled' where id = %s", [job.pk])
    journal.record(
        actor, "discarded", job, now=now, before=_known_of(job), after={"reason": reason.strip()}
    )  # fmt: skip


def _failed(actor: Actor, job_id: int) -> ProcrastinateJob:
    job = access.one(actor, job_id, lock=True)
    if job.status != "failed":
        raise Refusal("operations.not_failed")
    return job


def _queued_again(actor: Actor, job: ProcrastinateJob, now: dt.datetime) -> bool:
    """False when a job with the same lock waits already: only one of them may."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select procrastinate_retry_job_v2(%s, %s, null, null, null)", [job.pk, now])
            # it counts a try there and at its end: queued by hand, it was not tried yet
            cursor.execute("update procrastinate_jobs set attempts = attempts - 1 where id = %s", [job.pk])
    except IntegrityError:
        return False
    journal.record(actor, "replayed", job, now=now, before=_known_of(job))
    return True


def _known_of(job: ProcrastinateJob) -> dict[str, object]:
    """Its name and attempts. Not its arguments: they may name people."""
    return {"task_name": job.task_name, "attempts": job.attempts}
