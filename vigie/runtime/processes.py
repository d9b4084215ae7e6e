"""Child processes: ended with their parent whatever happens to it, started again when they die."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PARENT = "VIGIE_PARENT"
PR_SET_PDEATHSIG = 1
HEALTHY_SECONDS = 60.0
LONGEST_WAIT = 30.0
SILENCE = 120.0
SAME_REQUEST = 0.5  # seconds: a second signal to stop that comes sooner came with the first (systemd tells all processes)


def die_with(parent: int) -> None:
    """End this process when `parent` ends, even by kill -9. Linux tells us; elsewhere we look."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def die_with_supervisor() -> None:
    """What `web` and `worker` do first when `up` started them."""
    parent = os.environ.pop(PARENT, "")
    if parent.isdigit():
        die_with(int(parent))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def sign_of_life(name: str) -> Path:
    """The file that a process called ``name`` touches as long as it works."""
    return Path(os.environ.get("VIGIE_DATA") or "var").resolve() / "run" / f"{name}.alive"


@dataclass
class Child:
    """One process to keep alive, with a growing pause between attempts. ``gives_signs``: its silence is a death."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    gives_signs: bool = False

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vigie", *self.arguments],
            env=self.environment | {PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # standard output is for the one line with the address
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops things in order
        )
        self.started = time.monotonic()

    def tend(self) -> str | None:
        """Notice a death, start again when its time has come; returns a line to print, or nothing."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                if not self._is_silent(now):
                    return None
                self.process.kill()
                code = self.process.wait()
            if now - self.started > HEALTHY_SECONDS:
                self.failures = 0
            wait = min(LONGEST_WAIT, 2.0**self.failures)
            self.failures += 1
            self.process, self.due = None, now + wait
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            return f"The {self.name} process ended ({how}): it starts again in {wait:.0f} s."
        if now >= self.due:
            self.start()
        return None

    def _is_silent(self, now: float) -> bool:
        if not self.gives_signs or now - self.started < SILENCE:
            return False
        try:
            return time.time() - sign_of_life(self.name).stat().st_mtime > SILENCE
        except OSError:
            return True

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running():
            self.process.terminate()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
