"""Speed of the service clock on one core: ``python bench/clock.py [questions]``.

Ten years of Monday to Friday, 08:00 to 18:00, French holidays, questions drawn at random (fixed seed).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import Openings


def main(count: int) -> None:
    calendar = Calendar.weekly(
        "Europe/Paris", WEEKDAYS[:5], ("08:00", "12:00"), ("13:00", "18:00"), holiday_sets=["FR"]
    )
    first, last = epoch(datetime(2020, 1, 1, tzinfo=UTC)), epoch(datetime(2029, 12, 1, tzinfo=UTC))
    began = time.perf_counter()
    hours = Openings(calendar)
    hours.elapsed(first, last)
    print(f"{'opening table of ten years':<28} {time.perf_counter() - began:>8.3f} s")
    draw = random.Random(20260112)
    questions = [(draw.randrange(first, last), draw.randrange(1, 80 * 3600)) for _ in range(count)]
    print(f"{'question':<28} {'seconds':>8} {'microseconds each':>18}   {count:,} questions")
    _time("due", lambda: _each(hours.due, questions), count)
    _time("last_ok", lambda: _each(hours.last_ok, questions), count)
    _time("elapsed", lambda: _each(hours.elapsed, [(a, a + d) for a, d in questions]), count)


def _each(ask: Callable[[int, int], int], questions: list[tuple[int, int]]) -> None:
    for a, d in questions:
        ask(a, d)


def _time(name: str, run: Callable[[], object], count: int) -> None:
    began = time.perf_counter()
    run()
    took = time.perf_counter() - began
    print(f"{name:<28} {took:>8.3f} {took / count * 1e6:>18.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
