"""The web server over its workers, and how it ends them."""

from __future__ import annotations

import logging
import os
import signal
import time
from multiprocessing.connection import wait

from granian.server.mp import MPServer

from vigie.runtime.processes import SAME_REQUEST

WEB_GRACE = 3.0  # seconds for what pages have begun

log = logging.getLogger("vigie.web")


class Watched(MPServer):
    """Ends its workers in order: first what has no end of its own to wait for, their live streams."""

    asked = 0.0

    def signal_handler_interrupt(self, *args: object, **kwargs: object) -> None:
        if not self.interrupt_signal:
            self.asked = time.monotonic()
        elif time.monotonic() - self.asked > SAME_REQUEST:  # somebody does not want to wait
            for worker in self.wrks:
                worker.inner.kill()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _stop_workers(self) -> None:
        deadline = time.monotonic() + WEB_GRACE
        for worker in self.wrks:
            worker.interrupt_by_parent = True  # else its end would be told as an accident
            if worker.inner.pid is not None and worker.inner.is_alive():
                os.kill(worker.inner.pid, signal.SIGUSR1)
            worker.inner.terminate()
        # Not by `is_alive`: it errs while granian's own thread waits for the same process.
        left = {worker.inner.sentinel for worker in self.wrks}
        while left and time.monotonic() < deadline:
            left.difference_update(wait(list(left), max(0.0, deadline - time.monotonic())))
        if left:
            log.info("A page that took too long was cut off: nothing of it was kept.")
        for worker in self.wrks:
            worker.inner.kill()
            worker.inner.join()
        self.wrks.clear()
