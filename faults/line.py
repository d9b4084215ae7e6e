"""A TCP line between Vigie and a server that can be made slow, dead, cut or closed while it is in use."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SLOW_PIECE, SLOW_PAUSE = 512, 0.05
CUT_AFTER = 20_000


class Line:
    """``mode``: ``open``, ``slow`` (10 kB/s), ``dead`` (nothing passes any more), ``cut`` (reset somewhere in the
    first 20 kB), ``shut`` (connections are closed at once)."""

    def __init__(self, target: int, seed: int = 0) -> None:
        self.mode = "open"
        self._target = target
        self._chance = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True, name=f"line to {target}").start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if self.mode == "shut":
                return
            with socket.create_connection(("127.0.0.1", self._target)) as far:
                up = threading.Thread(target=self._carry, args=(near, far), daemon=True)
                up.start()
                self._carry(far, near)
                up.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        """One way until either side ends; both ends are closed then, so that nobody waits for half a line."""
        left = self._chance.randrange(CUT_AFTER)
        with suppress(OSError):
            while data := source.recv(65536):
                while self.mode == "dead":
                    time.sleep(0.1)
                left -= len(data)
                if self.mode == "cut" and left < 0:
                    break
                self._pass(data, sink)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _pass(self, data: bytes, sink: socket.socket) -> None:
        if self.mode != "slow":
            sink.sendall(data)
            return
        for start in range(0, len(data), SLOW_PIECE):
            sink.sendall(data[start : start + SLOW_PIECE])
            time.sleep(SLOW_PAUSE)


@contextmanager
def line(target: int, seed: int = 0) -> Iterator[Line]:
    made = Line(target, seed)
    try:
        yield made
    finally:
        made.mode = "shut"
        made.close()
