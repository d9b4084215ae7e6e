"""Every job says what makes it safe to run twice, and follows the one policy."""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from vigie.toolkit.jobs import ATTEMPTS, DECLARED, Again

OWN = {name: task for name, task in app.tasks.items() if not name.startswith(("builtin", "procrastinate"))}


def test_every_job_is_declared_with_its_guard() -> None:
    formers = {former for declared in DECLARED.values() for former in declared.former}
    undeclared = sorted(set(OWN) - set(DECLARED) - formers)
    assert undeclared == [], (
        "declare it with toolkit.jobs.job and say in once_by why running it twice is harmless"
    )
    assert len(DECLARED) >= 4
    assert [name for name, declared in DECLARED.items() if len(declared.once_by.split()) < 3] == []


def test_every_job_follows_the_one_retry_policy() -> None:
    assert [name for name, task in OWN.items() if not isinstance(task.retry_strategy, Again)] == []


def test_the_policy_tries_any_failure_again_with_growing_waits_and_ends() -> None:
    def wait(attempts: int, error: BaseException) -> object:
        job = Job(id=1, lock=None, queueing_lock=None, task_name="x", queue="default", attempts=attempts)
        return Again().get_retry_decision(exception=error, job=job)

    assert wait(0, ValueError()) is not None
    assert wait(ATTEMPTS - 1, KeyboardInterrupt()) is not None, "also a job that was cut short"
    assert wait(ATTEMPTS, ValueError()) is None
