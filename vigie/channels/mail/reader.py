"""Reading a mail in a child process with bounds: whatever a mail does, the asker gets an answer and goes on."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from vigie.channels.mail import wire
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.channels.mail.rules.prescan import MAX_MAIL

WALL_SECONDS = 10.0  # per mail, the start of a child included
_ROOT = Path(__file__).resolve().parents[3]
_PIECE = 1 << 20
_PROGRAM = ("-m", "vigie.channels.mail.reader_child")


class Reader:
    """Children that are started when needed, one for each mail read at the same moment, and used again.

    Safe from any thread. ``close`` ends the children that wait; they also end by themselves after a minute, and with
    their parent. ``program``: what Python is told to run as a child.
    """

    def __init__(self, wall_seconds: float = WALL_SECONDS, program: Sequence[str] = _PROGRAM) -> None:
        self._wall_seconds = wall_seconds
        self._program = program
        self._lock = threading.Lock()
        self._waiting: list[_Child] = []

    def read(self, raw: bytes) -> ParsedMail | Unreadable:
        """What the mail says, or why it is not read. Raises nothing that depends on the mail.

        Codes: those of the rules; ``too_slow`` (more than 5 s of CPU), ``hung`` (more than 10 s by the clock: maybe the
        machine's fault), ``crashed`` (the child died or answered nonsense: worth another try).
        """
        if len(raw) > MAX_MAIL:
            return Unreadable("too_big", f"{len(raw)} bytes, at most {MAX_MAIL}")
        deadline = time.monotonic() + self._wall_seconds
        while True:
            child = self._take()
            try:
                result = child.ask(raw, deadline)
            except _WentHome:
                child.end()
                continue
            except Unreadable as why:
                child.end()
                return why
            with self._lock:
                self._waiting.append(child)
            return result

    def close(self) -> None:
        """End the children that wait for a mail."""
        with self._lock:
            children, self._waiting = self._waiting, []
        for child in children:
            child.end()

    def forget(self) -> None:
        """In a forked process: the children and the lock belong to the parent."""
        self._lock = threading.Lock()
        self._waiting = []

    def _take(self) -> _Child:
        with self._lock:
            if self._waiting:
                return self._waiting.pop()
        return _Child(self._program)


class _WentHome(Exception):
    """The child ended by itself, before it began with the mail."""


class _Child:
    """One reading process and its two pipes."""

    def __init__(self, program: Sequence[str]) -> None:
        # Nothing of our settings: the child needs no secret, so it is given none
        self._process = subprocess.Popen(
            [sys.executable, "-P", *program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def ask(self, raw: bytes, deadline: float) -> ParsedMail | Unreadable:
        """The answer of the child. Raises ``Unreadable`` where it gave none, ``_WentHome`` where it had left."""
        try:
            self._give(wire.QUESTION.pack(len(raw)), deadline)
            self._give(raw, deadline)
            sizes = wire.ANSWER.unpack(self._receive(wire.ANSWER.size, deadline))
            if sizes[0] > wire.MAX_JSON or sizes[1] > wire.MAX_FILES:
                raise Unreadable("too_big", f"{sizes[0]} bytes of text, {sizes[1]} of files")
            return wire.result_of(self._receive(sizes[0], deadline), self._receive(sizes[1], deadline))
        except BrokenPipeError:
            raise self._why_it_died() from None
        except ValueError as fault:
            raise Unreadable("crashed", str(fault)) from fault

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _give(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            while view:
                self._await(selector, deadline)
                view = view[os.write(self._in, view[:_PIECE]) :]

    def _receive(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            while len(data) < size:
                self._await(selector, deadline)
                piece = os.read(self._out, min(size - len(data), _PIECE))
                if not piece:
                    raise BrokenPipeError
                data += piece
        return bytes(data)

    def _await(self, selector: selectors.BaseSelector, deadline: float) -> None:
        if not selector.select(max(deadline - time.monotonic(), 0)):
            raise Unreadable("hung", "no answer in time")

    def _why_it_died(self) -> Exception:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Unreadable("hung", "the reading process broke off and did not end")
        if code == 0:
            return _WentHome()
        if code == -signal.SIGPROF:
            return Unreadable("too_slow", "more CPU time than a mail may take")
        return Unreadable("crashed", f"the reading process ended with {code}")


_shared = Reader()
os.register_at_fork(after_in_child=_shared.forget)


def read(raw: bytes) -> ParsedMail | Unreadable:
    """``Reader.read`` with the children that this process shares."""
    return _shared.read(raw)
