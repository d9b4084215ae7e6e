"""The worker: its own view of the jobs, and how it stops.

Told to stop, it takes no more jobs and waits ``GRACE`` for those in hand: a job of many steps ends at the next one
(``jobs.stop_asked``). What is not done by then is handed back to the queue. A thread cannot be stopped, so the process
becomes another program that hands back: no job runs on while somebody else may begin it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from typing import Any, NoReturn

from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app

from vigie.runtime.ends import Ends
from vigie.runtime.processes import SAME_REQUEST
from vigie.toolkit import jobs

GRACE = 3.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def worker_app(connector: BaseConnector) -> App:
    """Takes jobs and ends them over ``connector``. A job that a job queues still goes by Django's connection.

    So it is queued with the transaction it belongs to. Replacing the connector of the one app would queue it at once,
    before what it is about is there to be found.
    """
    own = App(connector=connector, import_paths=app.import_paths, worker_defaults=app.worker_defaults)
    own.tasks, own.periodic_registry = app.tasks, app.periodic_registry
    own.job_manager = Ends(connector)
    return own


async def work(own: App, concurrency: int) -> int | None:
    """Take jobs until a signal. The number of this worker when jobs are still in its hands, else nothing."""
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.ask)
    await own.open_async()
    running = asyncio.ensure_future(
        own.run_worker_async(concurrency=concurrency, delete_jobs="never", install_signal_handlers=False)
    )
    asked = asyncio.ensure_future(stop.asked.wait())
    both: set[asyncio.Future[Any]] = {running, asked}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        running.cancel()  # it takes no more jobs, and ends after those in hand
        await stop.wait_for(running)
    if not running.done():
        return own.job_manager.worker_id if isinstance(own.job_manager, Ends) else None
    with contextlib.suppress(asyncio.CancelledError):
        running.result()
    await own.close_async()
    return None


class Stop:
    """The first signal asks for an end in order, a second one for an end at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()
        self._first = 0.0

    def ask(self) -> None:
        if not self.asked.is_set():
            self._first = time.monotonic()
            jobs.ask_to_stop()
            self.asked.set()
        elif time.monotonic() - self._first > SAME_REQUEST:
            self.at_once.set()

    async def wait_for(self, running: asyncio.Future[None]) -> None:
        hurry = asyncio.ensure_future(self.at_once.wait())
        both: set[asyncio.Future[Any]] = {running, hurry}
        await asyncio.wait(both, timeout=GRACE, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()


def become_hand_back(worker_id: int) -> NoReturn:
    """Every thread of this process ends here, with its connections; the command that follows hands back its jobs."""
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-m", "vigie", "hand-back", str(worker_id)]
    os.execv(sys.executable, command)  # noqa: S606  a command of ours
