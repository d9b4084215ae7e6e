"""Where a page's CPU goes: Django's own entry called in this process, without a network, beside its statements.

python -m bench.profile                                 CPU, statements and size of every page
python -m bench.profile queue --calls --statements      where it goes, on the pages whose name holds "queue"
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench import inside
from bench.run import database
from bench.scenes import WHO, Scene, scenes

RUNS = 7


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    size: int


class Browser:
    """Asks the WSGI entry that the web process runs in its threads."""

    def __init__(self, cookie: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self.entry = get_wsgi_application()
        self.cookie = cookie

    def ask(self, method: str, address: str, form: dict[str, str] | None) -> Answer:
        path, _, query = address.partition("?")
        token = self.cookie.rpartition("csrf=")[2]
        body = urlencode({**form, "csrfmiddlewaretoken": token}).encode() if form is not None else b""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": self.cookie,
            "HTTP_ACCEPT": "text/html",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
        }
        statuses: list[int] = []
        response = self.entry(environ, lambda status, headers, info=None: statuses.append(int(status[:3])))
        size = sum(len(part) for part in response)
        response.close()
        return Answer(statuses[0], size)


def measured(browser: Browser, make: Any, requests: int) -> tuple[float, float, Answer]:
    """CPU milliseconds a request of this process (median and least of several runs), and the last answer."""
    rng = random.Random(5)
    times = []
    for run in range(RUNS + 1):
        started = time.process_time()
        for _ in range(requests):
            answer = browser.ask(*make(rng))
            if answer.status not in inside.ACCEPTED:
                raise SystemExit(f"answered {answer.status}: {make(rng)[:2]}")
        if run:  # the first run only warms
            times.append(1000 * (time.process_time() - started) / requests)
    return statistics.median(times), min(times), answer


def statements(browser: Browser, make: Any) -> list[tuple[float, str]]:
    """``(milliseconds, SQL)`` of one request, in order."""
    from django.db import connection

    seen: list[tuple[float, str]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seen.append((1000 * (time.perf_counter() - started), re.sub(r"\s+", " ", sql)))

    with connection.execute_wrapper(note):
        browser.ask(*make(random.Random(6)))
    return seen


def calls(browser: Browser, make: Any, requests: int, order: str) -> str:
    """The functions that take the most, over ``requests`` requests."""
    rng, profile, text = random.Random(7), cProfile.Profile(time.thread_time), io.StringIO()
    profile.enable()
    for _ in range(requests):
        browser.ask(*make(rng))
    profile.disable()
    pstats.Stats(profile, stream=text).sort_stats(order).print_stats(110)
    return re.sub(r"/\S*/(site-packages|lib/python[\d.]+|vigie)/", r"\1/", text.getvalue())


def _show(scene: Scene, options: argparse.Namespace) -> None:
    browser = Browser(inside.sign_in(WHO[scene.who][:1])[0])
    cpu, least, answer = measured(browser, scene.make, options.requests)
    asked = statements(browser, scene.make)
    print(f"{scene.name:26} {cpu:7.1f} {least:6.1f} {len(asked):4d} {answer.size / 1000:6.1f}", flush=True)
    if options.statements:
        print("\n".join(f"  {ms:6.2f} ms  {sql[:240]}" for ms, sql in asked))
    if options.calls:
        print(calls(browser, scene.make, options.requests, options.calls))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", nargs="?", default="", help="part of a page's name")
    parser.add_argument("--tickets", type=int, default=30_000)
    parser.add_argument("--requests", type=int, default=40, help="a run")
    parser.add_argument("--calls", choices=("tottime", "cumtime"), nargs="?", const="tottime")
    parser.add_argument("--statements", action="store_true")
    options = parser.parse_args()
    with database(options.tickets, rebuild=False) as (_, variables):
        inside.enter(variables)
        inside.prepare(options.tickets)
        print(f"{'page':26} {'CPU ms':>7} {'least':>6} {'SQL':>4} {'kB':>6}")
        for scene in scenes(options.tickets):
            if options.page in scene.name:
                _show(scene, options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
