"""A supervisor as systemd would be (``Restart=always``, a second between): what it starts, it starts again, and it counts deaths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.http import descendants
from vigie.runtime.processes import PARENT

PAUSE = 1.0
ROUND = 0.1

Died = Callable[[str, int, float], None]


class Kept:
    """One process of Vigie. ``wanted`` False: leave it dead. ``extra`` variables count from the next start."""

    def __init__(self, name: str, arguments: list[str], variables: dict[str, str], log: Path) -> None:
        self.name, self.wanted = name, True
        self.extra: dict[str, str] = {}
        self._arguments, self._variables, self._log = arguments, variables, log
        self._due = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def tend(self, died: Died) -> None:
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            died(self.name, self.process.returncode, time.time())
            self.process, self._due = None, now + PAUSE
        if self.process is None and self.wanted and now >= self._due:
            with self._log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "vigie", *self._arguments],
                    env=self._variables | self.extra | {PARENT: str(os.getpid())},
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip

    def kill(self) -> bool:
        """``kill -9``; False when it was dead already."""
        if self.process is None:
            return False
        self.process.kill()
        return True

    def kill_child(self, word: str, chance: Callable[[list[int]], int]) -> bool:
        """``kill -9`` of one process below it whose command line holds ``word``."""
        if self.process is None:
            return False
        below = [pid for pid in descendants(self.process.pid)[1:] if word in _command(pid)]
        if not below:
            return False
        with suppress(ProcessLookupError):
            os.kill(chance(below), signal.SIGKILL)
        return True


class Keeper:
    """Tends its processes in a thread of its own until it is closed."""

    def __init__(self, kept: list[Kept], died: Died) -> None:
        self.kept = {one.name: one for one in kept}
        self._died, self._ended = died, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="keeper")
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(ROUND):
            for one in self.kept.values():
                one.tend(self._died)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        running = [one.process for one in self.kept.values() if one.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
