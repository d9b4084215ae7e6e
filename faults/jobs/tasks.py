"""A job that never ends and a job that kills its worker. Both must end as failed, and be seen."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading

from vigie.toolkit.jobs import job


@job("faults.hang", once_by="it does nothing at all", longest=dt.timedelta(seconds=5))
def hang() -> None:
    threading.Event().wait()


@job("faults.kill", once_by="it does nothing but die")
def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
