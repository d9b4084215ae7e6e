"""A real `vigie up` for the tests that start, break and stop it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from vigie.runtime import processes
from vigie.runtime.environment import ROOT

OURS = ("VIGIE_", "DATABASE_URL", "DJANGO_", "PYTEST_")


def variables(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"VIGIE_DATA": str(data), "PYTHONPATH": str(ROOT)} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A real `vigie up` in a folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.said_before = len(self._errors())
        environment_of = variables(data) | {processes.PARENT: str(os.getpid())}  # ends with a killed test run
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vigie", "up", "--no-demo", "--port", str(self.port)],
            env=environment_of,
            cwd=data,
            stdout=subprocess.PIPE,
            stderr=(data / "errors").open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"Vigie is ready: http://localhost:{self.port}\n", (data / "errors").read_text()

    def _errors(self) -> str:
        path = self.data / "errors"
        return path.read_text() if path.exists() else ""

    def said(self) -> list[str]:
        """The lines of this run so far."""
        return self._errors()[self.said_before :].splitlines()

    def status(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def processes(self, *words: str) -> list[int]:
        """Processes of this installation, found by its data folder in their environment or arguments."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().decode()
                known = (entry / "environ").read_bytes().decode(errors="replace") + arguments
            except OSError:
                continue
            if str(self.data) in known and all(word in arguments for word in words) and arguments:
                found.append(int(entry.name))
        return found


def eventually(check: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.1)
    return bool(check())
