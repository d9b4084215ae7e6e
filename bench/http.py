"""A load driver over HTTP as signed-in people: keep-alive connections, a fixed number of requests, no think time."""

from __future__ import annotations

import http.client
import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

Make = Callable[[random.Random], tuple[str, str, dict[str, str] | None]]


@dataclass
class Result:
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu_ms: float = 0.0
    database_ms: float = 0.0

    def quantile(self, q: float) -> float:
        ordered = sorted(self.times)
        return 1000 * ordered[min(int(len(ordered) * q), len(ordered) - 1)] if ordered else float("nan")

    @property
    def mean(self) -> float:
        return 1000 * statistics.fmean(self.times) if self.times else float("nan")


def cpu_of(pids: list[int]) -> float:
    """User + system seconds of these processes so far."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += (int(fields[11]) + int(fields[12])) / tick
    return total


def memory_of(pids: list[int]) -> float:
    """Proportional memory (PSS) of these processes, MB."""
    total = 0
    for pid in pids:
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


def drive(
    port: int, cookies: list[str], make: Make, *, requests: int, concurrency: int, web: list[int], database: list[int],
    accept: tuple[int, ...] = (200,),
) -> Result:  # fmt: skip
    """Send ``requests`` requests over ``concurrency`` connections; figures of the answers and of the server's CPU."""
    result, lock = Result(), threading.Lock()
    counter = iter(range(requests))

    def work(seed: int) -> None:
        rng = random.Random(seed)
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                if next(counter, None) is None:
                    return
            method, path, form = make(rng)
            cookie = rng.choice(cookies)
            headers = {"Cookie": cookie, "Accept": "text/html"}
            body = None
            if form is not None:
                token = cookie.rpartition("csrf=")[2]
                body = urlencode({**form, "csrfmiddlewaretoken": token})
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            started = time.perf_counter()
            link.request(method, path, body=body, headers=headers)
            answer = link.getresponse()
            answer.read()
            spent = time.perf_counter() - started
            with lock:
                result.times.append(spent)
                if answer.status not in accept:
                    result.errors.append(f"{answer.status} {path}")

    before = cpu_of(web), cpu_of(database)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.cpu_ms = 1000 * (cpu_of(web) - before[0]) / requests
    result.database_ms = 1000 * (cpu_of(database) - before[1]) / requests
    return result
