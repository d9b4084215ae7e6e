"""The two lasting processes: web server and background worker."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress

from vigie.runtime.processes import sign_of_life
from vigie.runtime.trouble import Trouble
from vigie.toolkit import logs


def serve_web(host: str, port: int, workers: int) -> int:
    """granian with our ASGI entry. This process only watches: Django is imported by the workers."""
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels

    from vigie.runtime.watched import Watched

    server = Watched(
        "vigie.runtime.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.asyncio,
        workers=workers,
        websockets=False,
        runtime_blocking_threads=4,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=logs.configuration(as_json=logs.wants_json()),
    )
    try:
        server.serve()
    except RuntimeError as error:
        raise Trouble(
            f"The web server cannot listen on {host} port {port} ({_first_line(error)})."
        ) from error
    _ignore_signals()
    return 0


def serve_jobs(concurrency: int) -> int | None:
    """procrastinate with Django's connection settings, until a signal. The number of this worker when it still has jobs in
    hand, which are to be handed back."""
    from vigie.runtime.commands import set_up_django

    set_up_django()
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django.utils import connector_params

    from vigie.runtime.pool import close_pool
    from vigie.runtime.watch import Watch
    from vigie.runtime.worker import work, worker_app

    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=concurrency + 1)
    _ask_mailboxes_at_once()
    Watch(connector_params(), sign_of_life("worker")).start()
    loop = asyncio.new_event_loop()
    left = loop.run_until_complete(work(worker_app(connector), concurrency))
    _ignore_signals()
    if left is None:
        close_pool()
    return left


def _ask_mailboxes_at_once() -> None:
    """Queue the rounds that are due, so that no mailbox looks unread until the schedule first ticks."""
    from django.db import Error, connection
    from procrastinate.exceptions import ConnectorException

    from vigie.channels.mail.tasks import schedule_fetches

    with suppress(Error, ConnectorException):  # the schedule does it as soon as the database answers
        schedule_fetches(int(time.time()))
    connection.close()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _ignore_signals() -> None:
    """What follows is the stop of the embedded database: it must be whole."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
