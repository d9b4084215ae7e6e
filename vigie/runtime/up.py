"""`vigie up`: the whole platform in one command. It never imports Django, so that it stays small."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vigie.runtime import environment
from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.processes import SAME_REQUEST, Child
from vigie.runtime.trouble import Trouble

START_PATIENCE = 120.0
FIRST_PAGE = 30.0
STOP_PATIENCE = 8.0  # for a child that hangs: they give themselves 3 s, and what it takes to hand back jobs
FAILURES_BEFORE_READY = 3
ERRORS_BEFORE_READY = 5
EVERYWHERE = "0.0.0.0"  # noqa: S104  compared with, never a default
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def up(host: str, port: int, *, demo: bool) -> int:
    folder = environment.prepare_data_folder()
    with _only_one(folder), _Signals() as signals:
        _check_port(host, port)
        environment.check_disk(folder)
        if not os.environ.get("DATABASE_URL"):
            _say("Starting the database…")
        try:
            with environment.database(needs_disk=True) as server:
                if server is not None:
                    server.is_hurried = lambda: signals.hurried
                _run(host, port, demo, server, signals)
        except Trouble:
            if not signals.stopping:  # else it is only what Ctrl-C cut short
                raise
        return 0


def _run(host: str, port: int, demo: bool, server: EmbeddedServer | None, signals: _Signals) -> None:
    os.environ.setdefault("VIGIE_URL", f"http://{_shown(host)}:{port}")
    ready = _prepare(demo=demo, signals=signals)
    if ready is None:
        return
    if server is not None:
        server.write_out()
    os.environ["VIGIE_DEMO"] = "1" if ready["demo"] else "0"
    if ready["demo"] and host not in LOOPBACK:
        _say("Warning: demo accounts are open to all; for real work use --no-demo and a new data folder.")
    variables = environment.child_environment()
    _say("Starting the web and worker processes…")
    children = [
        Child("web", ["web", "--host", host, "--port", str(port)], variables),
        Child("worker", ["worker"], variables, gives_signs=True),
    ]
    try:
        for child in children:
            child.start()
        if _wait_until_it_answers(host, port, children, signals):
            _announce(os.environ["VIGIE_URL"], ready["accounts"], ready["password"])
            _tend(children, server, signals)
    finally:
        if signals.stopping:
            _say("Stopping… (Ctrl-C again: at once)")
        _stop(children, signals)


def _tend(children: list[Child], server: EmbeddedServer | None, signals: _Signals) -> None:
    """Until somebody asks to stop."""
    is_down = False
    while True:
        signals.wait(1.0)
        if signals.stopping:
            return
        is_down = server is not None and _revive(server, is_down)
        for child in children:
            _say(child.tend())


def _revive(server: EmbeddedServer, was_down: bool) -> bool:
    """Start the database again where it ended; is it down still? What keeps it down is said once and tried on:
    a full disk gets room again, and nobody should have to start Vigie then."""
    try:
        if server.revive():
            _say("The embedded database had ended: it was started again.")
    except Trouble as trouble:
        if not was_down:
            _say(trouble.sentence)
        return True
    return False


def _prepare(*, demo: bool, signals: _Signals) -> dict[str, Any] | None:
    """Migrations and demo data happen in a process of their own, whose memory is given back."""
    command = [sys.executable, "-m", "vigie", "prepare"] + ([] if demo else ["--no-demo"])
    child = subprocess.Popen(
        command, env=environment.child_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    output = b""
    while True:
        signals.wait(0.2, also=child.stdout.fileno())
        if signals.stopping:
            child.terminate()
            child.wait()
            return None
        if select.select([child.stdout], [], [], 0)[0]:
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                break
            output += chunk
    if child.wait() != 0:
        raise Trouble("", code=child.returncode if child.returncode > 0 else 1)  # the child has said why
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def _wait_until_it_answers(host: str, port: int, children: list[Child], signals: _Signals) -> bool:
    deadline = time.monotonic() + START_PATIENCE
    status = errors = 0
    while time.monotonic() < deadline and errors < ERRORS_BEFORE_READY:
        if signals.stopping:
            return False
        status = _status_of_page(host, port, signals)
        if 0 < status < 500:
            return True
        errors += status >= 500
        for child in children:
            _say(child.tend())
            if child.failures >= FAILURES_BEFORE_READY:
                raise Trouble(
                    f"The {child.name} process cannot start: read its messages above, correct the cause."
                )
        signals.wait(1.0 if status else 0.1)
    seen = f"answers {status}" if status else "does not answer"
    raise Trouble(f"The page {seen}: read the messages above, or run `vigie check`.")


def _status_of_page(host: str, port: int, signals: _Signals) -> int:
    """HTTP status of the sign-in page, 0 when nobody answers. A bare socket: an HTTP client costs memory."""
    target = "127.0.0.1" if host in {EVERYWHERE, "localhost"} else "::1" if host == "::" else host
    try:
        with socket.create_connection((target, port), timeout=FIRST_PAGE) as link:
            request = f"GET / HTTP/1.1\r\nHost: {_shown(host)}:{port}\r\nConnection: close\r\n\r\n"
            link.sendall(request.encode())
            signals.wait(FIRST_PAGE, also=link.fileno())
            link.setblocking(False)
            answer = link.recv(4096)
    except OSError:
        return 0
    if b"granian" not in answer:  # somebody else took the port meanwhile: our web process will say so
        return 0
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 2 and parts[1].isdigit() else 0


def _announce(url: str, accounts: list[list[str]], password: str) -> None:
    print(f"Vigie is ready: {url}", flush=True)
    if accounts:
        print(f"One click there signs in as any of these; by hand, the password is {password}:", flush=True)
    for email, label in accounts:
        print(f"  {email}  {label}", flush=True)


def _stop(children: list[Child], signals: _Signals) -> None:
    """In order, within bounds; at once when somebody does not want to wait."""
    deadline = time.monotonic() + STOP_PATIENCE
    for child in children:
        child.ask_to_stop()
    while any(child.is_running() for child in children):
        left = deadline - time.monotonic()
        if signals.hurried or left <= 0:
            break
        signals.wait(left)
    for child in children:
        child.kill()


def _say(line: str | None) -> None:
    if line:
        print(line, file=sys.stderr, flush=True)


def _shown(host: str) -> str:
    """A name a browser can open, and one that settings accept by default."""
    if host in {EVERYWHERE, "::", "127.0.0.1", "::1"}:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _check_port(host: str, port: int) -> None:
    """Is the port free? Waits a moment for the children of a killed supervisor, which are ending."""
    deadline = time.monotonic() + 3
    while True:
        try:
            return _try_port(host, port)
        except PermissionError as error:
            raise Trouble(f"Port {port} needs more rights than yours: choose one above 1024.") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Trouble(
                    f"{host} is not an address of this machine: choose another with --host."
                ) from error
            if time.monotonic() > deadline:
                raise Trouble(
                    f"Port {port} on {host} is taken by another program: "
                    f"stop it, or choose another port, for example `make run PORT={port % 65535 + 1}`."
                ) from error
        time.sleep(0.1)


def _try_port(host: str, port: int) -> None:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """One `up` on a data folder; the lock ends with its holder, however it ends."""
    path = folder / "up.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Trouble(
                f"Vigie already runs on the data folder {folder} (process {file.read().strip() or '?'}): "
                "use it, stop it first, or give another folder in VIGIE_DATA."
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


class _Signals:
    """The first signal asks to stop in order, one that comes later to stop at once; the clean-up is whole either way."""

    def __init__(self) -> None:
        self.stopping = self.hurried = False
        self._first = 0.0
        self._read, self._write = os.pipe()

    def __enter__(self) -> _Signals:
        os.set_blocking(self._write, False)
        os.set_blocking(self._read, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        """All has ended: one more Ctrl-C must not kill what only has its exit code left to give."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _stop(self, *_: object) -> None:
        if not self.stopping:
            self.stopping, self._first = True, time.monotonic()
        elif time.monotonic() - self._first > SAME_REQUEST:
            self.hurried = True

    def wait(self, seconds: float, also: int | None = None) -> None:
        """Sleep, woken by a signal, the death of a child, or `also` becoming readable."""
        watched = [self._read] + ([also] if also is not None else [])
        if self._read in select.select(watched, [], [], seconds)[0]:
            os.read(self._read, 4096)
