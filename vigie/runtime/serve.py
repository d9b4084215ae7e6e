"""The two lasting processes: web server and background worker."""

from __future__ import annotations

import os
import signal
from typing import Any

from vigie.runtime.processes import sign_of_life
from vigie.runtime.trouble import Trouble
from vigie.toolkit import logs

WEB_THREADS_GIVE_UP = 8


def serve_web(host: str, port: int, workers: int) -> int:
    """granian with our ASGI entry. This process only watches: Django is imported by the workers."""
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    class Watched(MPServer):
        """Asks workers to end their live streams first: a stream has no end of its own to wait for."""

        def _stop_workers(self) -> None:
            for worker in self.wrks:
                pid = worker.inner.pid
                if pid is not None and worker.inner.is_alive():
                    os.kill(pid, signal.SIGUSR1)
            super()._stop_workers()  # type: ignore[no-untyped-call]

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
        workers_kill_timeout=WEB_THREADS_GIVE_UP,
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


def serve_jobs(concurrency: int) -> int:
    """procrastinate with Django's connection settings; SIGTERM ends it after the jobs it has begun."""
    from vigie.runtime.commands import set_up_django

    set_up_django()
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django.utils import connector_params

    from vigie.runtime.watch import Watch
    from vigie.runtime.worker import worker_app

    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=concurrency + 1)
    options: dict[str, Any] = {
        "concurrency": concurrency,
        "shutdown_graceful_timeout": 30,
        "delete_jobs": "never",
        "install_signal_handlers": True,
    }
    Watch(connector_params(), sign_of_life("worker")).start()
    worker_app(connector).run_worker(**options)
    _ignore_signals()
    return 0


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _ignore_signals() -> None:
    """What follows is the stop of the embedded database: it must be whole."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
