"""Month-end of 200 contracts on a bench data set: every statement proposed, its clocks copied. `python -m bench.compliance`

Runs inside one transaction that is rolled back, on the set that `python -m bench.run --fill` made.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from bench import inside
from bench.http import cpu_below
from bench.run import database


class Cost(NamedTuple):
    """Seconds by the wall, of CPU in Python and in PostgreSQL; statements proposed, clocks copied, peak memory in MB."""

    wall: float
    cpu: float
    database: float
    statements: int
    clocks: int
    peak_mb: float


def month_end(postmaster: int) -> Cost:
    """Promise two rates on every contract, then propose the month in which most clocks stopped."""
    from django.db import transaction

    from vigie.compliance.actions import statements
    from vigie.compliance.models import StatementClock
    from vigie.contracts.models import Contract
    from vigie.kernel.actor import SYSTEM

    with transaction.atomic():
        now = _promise()
        due = list(statements.months_to_propose(now))
        began, cpu, served = time.monotonic(), time.process_time(), cpu_below(postmaster)
        for contract_id, month in due:
            statements.propose(SYSTEM, contract_id, month, now=now)
        wall, used, served = (
            time.monotonic() - began,
            time.process_time() - cpu,
            cpu_below(postmaster) - served,
        )
        assert len(due) == Contract.objects.count()
        found = Cost(wall, used, served, len(due), StatementClock.objects.count(), _peak())
        transaction.set_rollback(True)
    return found


def _promise() -> dt.datetime:
    """Terms on every contract since a year before the last full month; the first day after that month."""
    from vigie.compliance import rules
    from vigie.compliance.models import PenaltyTerms, RateCommitment
    from vigie.contracts.models import Contract
    from vigie.tickets.models import Clock

    last = Clock.objects.filter(stopped_at__isnull=False).latest("stopped_at").stopped_at
    assert last is not None
    month = rules.month_of(last, "Europe/Paris")
    since = rules.later(month, -12)
    contracts = list(Contract.objects.all())
    Contract.objects.filter(status="draft").update(status="active")
    same: dict[str, Any] = {"valid_from": since}
    PenaltyTerms.objects.bulk_create(
        PenaltyTerms(organisation_id=c.organisation_id, contract=c, fee=10_000, month_cap=7, **same)
        for c in contracts
    )
    RateCommitment.objects.bulk_create(
        RateCommitment(
            organisation_id=c.organisation_id, contract=c, kind=kind, target=95, formula=formula, terms=terms, **same
        )
        for c in contracts
        for kind, formula, terms in (
            ("response", "per_point", {"percent": "1", "started": True}),
            ("resolution", "per_ticket", {"hourly": "50", "cap": "500"}),
        )
    )  # fmt: skip
    return rules.span_of(month, "Europe/Paris")[0] + dt.timedelta(hours=6)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    options = parser.parse_args()
    with database(options.tickets, rebuild=False) as (server, variables):
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn, inside.enter, (variables,)) as pool:
            pool.submit(inside.prepare, options.tickets).result()
            postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
            cost = pool.submit(month_end, postmaster).result()
    print(
        f"{options.tickets:,} tickets: {cost.statements} statements, {cost.clocks:,} clocks behind them:"
        f" {cost.wall:.1f} s by the wall, CPU {cost.cpu:.1f} s in Python and {cost.database:.1f} s in PostgreSQL,"
        f" {cost.peak_mb:.0f} MB at the peak"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
