"""A load driver over HTTP as signed-in people: keep-alive connections, a fixed number of requests, no think time."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.scenes import Make


@dataclass(slots=True)
class Result:
    """Of every answer the seconds it took; of the web processes and the database the CPU seconds of them all."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    web_seconds: float = 0.0
    database_seconds: float = 0.0

    def quantile(self, q: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(int(len(ordered) * q), len(ordered) - 1)] if ordered else float("nan")

    def each(self, seconds: float) -> float:
        """Milliseconds a request."""
        return 1000 * seconds / max(len(self.times), 1)


def cpu_below(root: int) -> float:
    """CPU seconds so far of a process and all below it, with those that ended: their parents keep count."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0
    for pid in descendants(root):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(one) for one in fields[11:15])  # own user and system time, then the ended children's
    return total / tick


def memory_below(root: int) -> float:
    """Proportional memory (PSS) of a process and all below it, MB."""
    total = 0
    for pid in descendants(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except (FileNotFoundError, StopIteration, PermissionError):
            continue
    return total / 1024


def descendants(root: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, stack = [], [root]
    while stack:
        pid = stack.pop()
        found.append(pid)
        stack.extend(children.get(pid, ()))
    return found


@dataclass(slots=True)
class Server:
    """Where to send requests, and whose CPU to count."""

    port: int
    web: int
    database: int


@dataclass(slots=True)
class Driver:
    """Sends requests to one server; ``result`` grows with each round."""

    server: Server
    cookies: list[str]
    make: Make
    accept: tuple[int, ...]
    result: Result = field(default_factory=Result)
    _rounds: int = 0

    def round(self, requests: int, concurrency: int) -> None:
        """Send ``requests`` over ``concurrency`` connections."""
        self._rounds += 1
        left, lock = iter(range(requests)), threading.Lock()
        web, database = cpu_below(self.server.web), cpu_below(self.server.database)
        threads = [
            threading.Thread(target=self._work, args=(random.Random(f"{self._rounds} {n}"), left, lock))
            for n in range(concurrency)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.result.web_seconds += cpu_below(self.server.web) - web
        self.result.database_seconds += cpu_below(self.server.database) - database

    def _work(self, rng: random.Random, left: object, lock: threading.Lock) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        while True:
            with lock:
                if next(left, None) is None:  # type: ignore[call-overload]
                    break
            method, path, form = self.make(rng)
            cookie = rng.choice(self.cookies)
            headers = {"Cookie": cookie, "Accept": "text/html"}
            body = None
            if form is not None:
                body = urlencode({**form, "csrfmiddlewaretoken": cookie.rpartition("csrf=")[2]})
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            began = time.perf_counter()
            link.request(method, path, body=body, headers=headers)
            answer = link.getresponse()
            answer.read()
            spent = time.perf_counter() - began
            with lock:
                self.result.times.append(spent)
                if answer.status not in self.accept:
                    self.result.errors.append(f"{answer.status} {path}")
        link.close()
