"""Jobs that lost their worker go back to the queue. Plain psycopg: a worker that ends has no time to load Django again."""

from __future__ import annotations

import psycopg

DEAD_AFTER = 30  # seconds without a sign of a worker, which gives one every 10
DEATHS = 5

_LOST = """
select j.id, j.task_name, j.attempts from procrastinate_jobs j
left join procrastinate_workers w on w.id = j.worker_id
where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - %s * interval '1 second')
for update of j skip locked
"""
_HELD = """
select id, task_name from procrastinate_jobs where status = 'doing' and worker_id = %s for update
"""


def hand_back(connection: psycopg.Connection) -> list[str]:
    """Queue again what dead workers had in hand; a job that was lost ``DEATHS`` times fails and is shown. The names.

    Runs in one transaction; safe beside other workers' rounds.
    """
    with connection.transaction(), connection.cursor() as cursor:
        lost = cursor.execute(_LOST, [DEAD_AFTER]).fetchall()
        for job_id, _, attempts in lost:
            if attempts + 1 >= DEATHS:
                cursor.execute("select procrastinate_finish_job_v1(%s, 'failed', false)", [job_id])
            else:
                _queue_again(connection, job_id)
    return [name for _, name, _ in lost]


def give_back(connection: psycopg.Connection, worker_id: int) -> list[str]:
    """Queue again, as if never begun, what a worker that was told to stop had in hand; it is no worker any more. The names."""
    with connection.transaction(), connection.cursor() as cursor:
        held = cursor.execute(_HELD, [worker_id]).fetchall()
        for job_id, _ in held:
            _queue_again(connection, job_id)
            cursor.execute(
                "update procrastinate_jobs set attempts = attempts - 1 where id = %s and status = 'todo'",
                [job_id],
            )
        cursor.execute("select procrastinate_unregister_worker_v1(%s)", [worker_id])
    return [name for _, name in held]


def _queue_again(connection: psycopg.Connection, job_id: int) -> None:
    """A job whose like waits in the queue already is dropped: that one does the same, and the others go on."""
    try:
        with connection.transaction():
            connection.execute("select procrastinate_retry_job_v2(%s, now(), null, null, null)", [job_id])
    except psycopg.errors.UniqueViolation:
        connection.execute("select procrastinate_finish_job_v1(%s, 'aborted', true)", [job_id])
