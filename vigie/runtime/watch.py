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

from vigie.runtime.handback import hand_back
from vigie.toolkit.jobs import overdue

log = logging.getLogger("vigie.worker")

ROUND = 5.0
HUNG = 70


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
