"""The web process looks each minute whether all is well: when the worker is dead, nobody else would tell."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from django.db import close_old_connections, connections
from django.utils import timezone

ROUND = 60.0

log = logging.getLogger("vigie.web")


async def look_out(threads: Executor) -> None:
    """Until it is cancelled. Several web processes may look at once: an alarm is told once all the same."""
    while True:
        await asyncio.sleep(ROUND)
        try:
            await asyncio.get_running_loop().run_in_executor(threads, look)
        except Exception:
            log.warning("Whether all is well could not be seen.", exc_info=True)


def look() -> None:
    from vigie.operations.actions import alarms

    close_old_connections()
    try:
        alarms.look(timezone.now())
    finally:
        connections.close_all()
