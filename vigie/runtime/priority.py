"""The worker gives way: a page that somebody waits for goes before a mail that may wait a second."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from vigie.runtime.trouble import Trouble

SETTING = "VIGIE_WORKER_NICE"
DEFAULT, MOST = 10, 19


def give_way() -> None:
    """Lower this process and all it starts later: call it before any thread. Nothing where the system refuses."""
    steps = wanted()
    if steps == 0:
        return
    with suppress(OSError):
        os.nice(steps)
    if sys.platform == "linux":
        with suppress(OSError):  # a task of this kind never interrupts one that has just woken
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if os.getsid(0) == os.getpid():
            _lower_the_session(steps)


def _lower_the_session(steps: int) -> None:
    """Linux may share the processor between sessions first, and heed `nice` within each alone."""
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(steps))


def wanted() -> int:
    text = os.environ.get(SETTING, "").strip()
    if not text:
        return DEFAULT
    if not text.isdecimal() or int(text) > MOST:
        raise Trouble(
            f"{SETTING} is not a number from 0 to {MOST}: correct it (0: the worker never gives way)."
        )
    return int(text)
