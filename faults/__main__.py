"""``python -m faults``: break everything for a quarter of an hour and count. ``--short``: a minute, for `make test`."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from dataclasses import replace

from faults.counts import table
from faults.run import LONG, SHORT, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a minute instead of a quarter of an hour")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1_000_000), help="to have the same chances again"
    )
    parser.add_argument(
        "--drain", type=float, help="seconds to wait at the end, for a machine that is shared"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended and removed
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {what}", flush=True)

    say(f"seed {options.seed}")
    plan = SHORT if options.short else LONG
    if options.drain:
        plan = replace(plan, drain=options.drain)
    lines = run(plan, options.seed, say)
    print(table(lines))
    failed = [line.what for line in lines if not line.good]
    say(f"{len(failed)} of {sum(line.bound is not None for line in lines)} criteria not met")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
