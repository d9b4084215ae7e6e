"""Pages over HTTP on data sets of N tickets, beside the same SQL raw, in one run.

python -m bench.run --tickets 100000              builds var/bench/100000 once, then measures
python -m bench.run --tickets 10000 1000000       both in turn, page by page, and the ratio of their p95
python -m bench.run --tickets 1000000 --rebuild
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import inside
from bench.http import Driver, Result, Server, memory_below
from bench.scenes import WHO, Scene, scenes
from vigie.runtime.embedded import EmbeddedServer

ROOT = Path(__file__).resolve().parents[1]
PORT = 8790
ROUNDS = 5
"""The sets take turns this many times a page, so that a noisy minute of the machine falls on all of them."""


@dataclass(slots=True)
class Site:
    """A data set being served, with the process that knows its database."""

    total: int
    server: Server
    ask: Callable[..., Any]
    cookies: dict[str, list[str]]

    def scene(self, name: str) -> Scene:
        return next(one for one in scenes(self.total) if one.name == name)


@contextmanager
def database(total: int, *, rebuild: bool) -> Iterator[tuple[EmbeddedServer, dict[str, str]]]:
    """The PostgreSQL of a data set, and the settings of a process that uses it."""
    folder = ROOT / "var" / "bench" / str(total)
    if rebuild:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    with EmbeddedServer(folder) as server:
        yield (
            server,
            {
                "DATABASE_URL": server.dsn(),
                "VIGIE_DATA": str(folder),
                "VIGIE_SECRET_KEY": "bench" * 12,
                "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
                "VIGIE_HOSTS": "127.0.0.1,testserver",
            },
        )


@contextmanager
def site(total: int, port: int, *, rebuild: bool) -> Iterator[Site]:
    """A data set, filled once, and a web process over it."""
    with database(total, rebuild=rebuild) as (server, variables):
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn, inside.enter, (variables,)) as pool:

            def ask(what: Callable[..., Any], *arguments: Any) -> Any:
                return pool.submit(what, *arguments).result()

            ask(inside.prepare, total)
            postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
            with _web(port, variables) as web:
                cookies = {who: ask(inside.sign_in, people) for who, people in WHO.items()}
                yield Site(total, Server(port, web, postmaster), ask, cookies)


@contextmanager
def _web(port: int, variables: dict[str, str]) -> Iterator[int]:
    """The web server alone; its process id once it answers."""

    command = [sys.executable, "-m", "vigie", "web", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rebuild", action="store_true", help="make the data sets again")
    parser.add_argument("--fill", action="store_true", help="make the data sets and stop")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument(
        "--share", type=float, default=1.0, help="send this share of the requests (default 1)"
    )
    parser.add_argument(
        "--only", nargs="+", default=[""], help="only the pages whose name holds one of these"
    )
    options = parser.parse_args()
    with ExitStack() as stack:
        sites = [
            stack.enter_context(site(total, PORT + place, rebuild=options.rebuild))
            for place, total in enumerate(options.tickets)
        ]
        if not options.fill:
            _measure(sites, options)
    return 0


def _measure(sites: Sequence[Site], options: argparse.Namespace) -> None:
    for one in sites:
        web, database = memory_below(one.server.web), memory_below(one.server.database)
        print(f"{one.total:,} tickets. Memory at rest: web {web:.0f} MB, PostgreSQL {database:.0f} MB")
    print(
        f"\n{'page':24} {'conc':>4} {'tickets':>9} {'p50 ms':>7} {'p95 ms':>7} {'web CPU':>8} {'db CPU':>7}"
        f" {'SQL':>4} {'in-proc':>8} {'raw SQL':>8} {'× p95':>6}  errors"
    )
    named = [scene.name for scene in scenes(sites[0].total)]
    for name in (name for name in named if any(word in name for word in options.only)):
        inner = [
            one.ask(inside.measure, one.total, name, one.cookies[one.scene(name).who][0]) for one in sites
        ]
        for concurrency in options.concurrency:
            results = _in_turn(sites, name, concurrency, options.share)
            alone = concurrency == options.concurrency[0]
            for one, result, within in zip(sites, results, inner, strict=True):
                ratio = result.quantile(0.95) / results[0].quantile(0.95)
                shown = within if alone else None
                print(_line(one, name, concurrency, result, shown, ratio), flush=True)


def _in_turn(sites: Sequence[Site], name: str, concurrency: int, share: float) -> list[Result]:
    """One page on each data set, in alternating rounds."""
    drivers = []
    for one in sites:
        scene = one.scene(name)
        drivers.append(Driver(one.server, one.cookies[scene.who], scene.make, inside.ACCEPTED))
    requests = int(share * sites[0].scene(name).requests * (1 if concurrency == 1 else 2))
    for driver in drivers:
        driver.round(2 * concurrency, concurrency)  # warm connections and caches; not counted
        driver.result = Result()
    for turn in range(ROUNDS):
        for driver in drivers if turn % 2 else reversed(drivers):
            driver.round(requests // ROUNDS, concurrency)
    return [driver.result for driver in drivers]


def _line(
    one: Site, name: str, concurrency: int, result: Result, within: inside.Inner | None, ratio: float
) -> str:
    alone = f"{within.statements:4d} {within.cpu_ms:8.1f} {within.raw_ms:8.1f}" if within else " " * 22
    errors = f"{len(result.errors)} {result.errors[0]}" if result.errors else "0"
    return (
        f"{name:24} {concurrency:4d} {one.total:9d} {result.quantile(0.5):7.1f} {result.quantile(0.95):7.1f}"
        f" {result.each(result.web_seconds):8.1f} {result.each(result.database_seconds):7.1f}"
        f" {alone} {ratio:6.2f}  {errors}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
