"""Beside the jobs of a worker, never one of them: what must go on when every job hangs.

Each round hands back the jobs of workers that died, says that this process lives, and ends it when a job runs longer than it may (a thread
cannot be stopped; the supervisor starts the worker again and the next round hands its jobs back).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from vigie.toolkit.jobs import overdue

log = logging.getLogger("vigie.worker")

ROUND = 5.0
DEAD_AFTER = 30  # seconds without a sign of a worker, which gives one every 10
DEATHS = 5
HUNG = 70

_LOST = """
select j.id, j.task_name, j.attempts from procrastinate_jobs j
left join procrastinate_workers w on w.id = j.worker_id
where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - %s * interval '1 second')
for update of j skip locked
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


def _queue_again(connection: psycopg.Connection, job_id: int) -> None:
    """A job whose like waits in the queue already is dropped: that one does the same, and the others go on."""
    try:
        with connection.transaction():
            connection.execute("select procrastinate_retry_job_v2(%s, now(), null, null, null)", [job_id])
    except psycopg.errors.UniqueViolation:
        connection.execute("select procrastinate_finish_job_v1(%s, 'aborted', true)", [job_id])


class Watch(threading.Thread):
    """``database`` opens its own connection: the jobs may have used up the others. ``sign`` is a file it touches."""

    def __init__(self, database: Mapping[str, Any], sign: Path) -> None:
        super().__init__(daemon=True, name="watch")
        self.database = {**database, "autocommit": True, "connect_timeout": 5}
        self.sign = sign

    def run(self) -> None:
        while True:
            self._end_if_hung()
            self._hand_back()
            self._say_alive()
            time.sleep(ROUND)

    def _end_if_hung(self) -> None:
        late = overdue(time.monotonic())
        if late:
            log.critical("A job does not end (%s): this worker ends, and is started again.", ", ".join(late))
            os._exit(HUNG)

    def _hand_back(self) -> None:
        try:
            with psycopg.connect(**self.database) as connection:
                for name in hand_back(connection):
                    log.warning("The job %s was lost with its worker: it is queued again.", name)
        except psycopg.Error as error:
            log.warning("The watch cannot reach the database (%s): tried again.", type(error).__name__)

    def _say_alive(self) -> None:
        self.sign.parent.mkdir(parents=True, exist_ok=True)
        self.sign.touch()
        notify_supervisor("WATCHDOG=1")


def notify_supervisor(message: str) -> None:
    """Tell systemd, when it started us with ``NotifyAccess``; otherwise nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        try:
            out.connect("\0" + address[1:] if address.startswith("@") else address)
            out.send(message.encode())
        except OSError as error:
            log.warning("The supervisor cannot be told (%s).", error)
