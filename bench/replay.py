"""What if, on one contract: its clocks of twelve months read again under one variant, then under three. `python -m bench.replay`

Its tickets (eight facts each) are added once to a small bench data set. Nothing is written while it measures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import os
import random
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench import inside, tickets
from bench.bulk import bare, copy
from bench.data import TABLES
from bench.http import cpu_below
from bench.run import database
from bench.world import AGENTS, FIRST_CLIENT, NOW, SERVICES, TEAMS

GROUND = 1_000
CLIENT = FIRST_CLIENT
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
CLOCKS = tickets.CLOCKS.replace("announced, ", "breached_at, announced, ")
ACTIVE, WAITING = {"state": "in_progress", "phase": "active"}, {"state": "pending", "phase": "waiting"}
DONE, ENDED = {"state": "resolved", "phase": "done"}, {"state": "closed", "phase": "ended"}


class Cost(NamedTuple):
    """Seconds by the wall, of CPU in Python and in PostgreSQL; clocks judged otherwise, peak memory in MB."""

    wall: float
    cpu: float
    database: float
    moved: int
    peak_mb: float


class Life(NamedTuple):
    """The instants of a ticket; ``pause`` and ``resume`` are ``None`` where it never waited."""

    opened: dt.datetime
    answered: dt.datetime
    pause: dt.datetime
    resume: dt.datetime
    resolved: dt.datetime
    closed: dt.datetime


def lives(total: int) -> Iterator[Life]:
    """A year of tickets, answered within two hours, most solved within two days after a wait for the client."""
    rng = random.Random(11)
    step = dt.timedelta(days=360) / total
    for n in range(total):
        opened = NOW - dt.timedelta(days=362) + step * n
        answered = opened + rng.randrange(5, 120) * MINUTE
        pause = answered + rng.randrange(10, 300) * MINUTE
        resume = pause + rng.randrange(30, 2000) * MINUTE
        resolved = resume + rng.randrange(10, 1500) * MINUTE
        yield Life(opened, answered, pause, resume, resolved, resolved + 120 * HOUR)


def fact_rows(first: int, total: int) -> Iterator[tuple[Any, ...]]:
    """Eight a ticket."""
    priorities = json.dumps({"type": "incident", "state": "new", "phase": "active", "priority": 3})
    team = json.dumps({"team_id": 1, "team_name": "Équipe 1"})
    wait = {**WAITING, "reason": "client_info", "agreed": True, "verb": "wait"}
    for pk, life in enumerate(lives(total), first):
        who = (1, "Agent", "provider")
        for at, kind, audience, before, after in (
            (life.opened, "opened", "public", None, priorities),
            (life.opened, "assigned", "internal", None, team),
            (life.answered, "responded", "public", None, "{}"),
            (
                life.answered,
                "state",
                "public",
                json.dumps({"phase": "active", "state": "new"}),
                json.dumps(ACTIVE),
            ),
            (life.pause, "state", "public", json.dumps(ACTIVE), json.dumps(wait)),
            (life.resume, "state", "public", json.dumps(WAITING), json.dumps(ACTIVE)),
            (life.resolved, "state", "public", json.dumps(ACTIVE), json.dumps(DONE)),
            (life.closed, "state", "public", json.dumps(DONE), json.dumps(ENDED)),
        ):
            yield (CLIENT, pk, at, at, kind, *who, audience, before, after)


def ticket_rows(first: int, total: int, version_id: int, contract_id: int) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(12)
    for pk, life in enumerate(lives(total), first):
        priority = rng.choices((1, 2, 3, 4, 5), (2, 8, 40, 40, 10))[0]
        yield (
            pk, CLIENT, f"INC-R-{pk}", [], "incident", version_id, "closed", "ended", "", "Messagerie lente", 3, 2, priority,
            priority, False, False, "portal", pk % SERVICES + 1, CLIENT, contract_id, AGENTS + 1, AGENTS + 1, pk % TEAMS + 1,
            pk % AGENTS + 1, [], "solved_permanently", "", life.opened, life.opened, life.closed, life.answered,
            life.resolved, life.resolved, life.resolved, life.closed, 0, 0, tickets.NEVER, "", False, "", "", 8,
        )  # fmt: skip


def promised() -> tuple[dict[int, dict[Any, Any]], dict[Any, int]]:
    """The terms of each priority by kind, and the ids they are stamped with."""
    from vigie.contracts.actions import stamp_many
    from vigie.contracts.queries import promise_book
    from vigie.contracts.queries.book import Scope

    book = promise_book(CLIENT)
    terms = {p: dict(book.terms_for(Scope("incident", p, None, None, None, False, NOW))) for p in range(1, 6)}
    return terms, dict(stamp_many(CLIENT, [one for found in terms.values() for one in found.values()]))


def clock_rows(
    first: int, total: int, terms: dict[int, dict[Any, Any]], ids: dict[Any, int]
) -> Iterator[tuple[Any, ...]]:
    """Two a ticket, as the clock reads them."""
    from vigie.contracts.queries import terms_of
    from vigie.contracts.rules.sla_clock import read_clock
    from vigie.tickets.actions.ledger import cache_reading
    from vigie.tickets.models import Clock
    from vigie.tickets.rules.clock_facts import clock_facts

    rng = random.Random(12)
    for pk, life in enumerate(lives(total), first):
        priority = rng.choices((1, 2, 3, 4, 5), (2, 8, 40, 40, 10))[0]
        rows = _rows_of(life)
        for kind, mine in terms[priority].items():
            clock = Clock(started_at=life.opened, announced=100)
            found = clock_facts(str(kind), None, rows, terms_of)
            cache_reading(clock, read_clock(mine, found, int(NOW.timestamp())))
            yield (
                CLIENT, pk, str(kind), ids[mine], clock.state, clock.started_at, clock.stopped_at, clock.target_seconds,
                clock.used_seconds, clock.due_at, clock.breached_at, 100, None,
            )  # fmt: skip


def _rows_of(life: Life) -> list[Any]:
    from vigie.tickets.rules.clock_facts import Row

    wait = {**WAITING, "reason": "client_info", "agreed": True}
    return [
        Row(1, life.opened, "opened", {}, {}),
        Row(3, life.answered, "responded", {}, {}),
        Row(4, life.answered, "state", ACTIVE, {"phase": "active"}),
        Row(5, life.pause, "state", wait, ACTIVE),
        Row(6, life.resume, "state", ACTIVE, WAITING),
        Row(7, life.resolved, "state", DONE, ACTIVE),
        Row(8, life.closed, "state", ENDED, DONE),
    ]


def prepare(total: int) -> None:
    """The tickets, once."""
    import psycopg

    from vigie.contracts.models import Contract
    from vigie.tickets.models import Ticket
    from vigie.workflow.queries import current_version

    inside.prepare(GROUND)
    settled = Path(os.environ["VIGIE_DATA"]) / f"replay.{total}.done"
    if settled.exists():
        return
    print(f"filling one contract with {total:,} tickets", flush=True)
    contract_id = Contract.objects.filter(organisation_id=CLIENT).latest("pk").pk
    first = Ticket.objects.latest("pk").pk + 1
    version = current_version("incident")
    terms, ids = promised()  # over another connection: before the tables are locked
    with psycopg.connect(os.environ["DATABASE_URL"]) as link, bare(link, TABLES):
        copy(link, "tickets_ticket", tickets.TICKETS, ticket_rows(first, total, version, contract_id))
        copy(link, "tickets_fact", tickets.FACTS, fact_rows(first, total))
        copy(link, "tickets_clock", CLOCKS, clock_rows(first, total, terms, ids))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("vacuum analyze")
    settled.touch()


def recompute(total: int) -> tuple[float, int, int]:
    """Seconds of CPU to read every clock whole from facts already in memory, how many clocks, how many facts."""
    from vigie.contracts.queries import promise_book, terms_of
    from vigie.contracts.queries.book import Scope
    from vigie.contracts.rules.sla_clock import read_clock
    from vigie.tickets.rules.clock_facts import Row, clock_facts

    terms = promise_book(CLIENT).terms_for(Scope("incident", 3, None, None, None, False, NOW))
    now, team = int(NOW.timestamp()), {"team_name": "Équipe 1"}
    journals = [[*_rows_of(life), Row(2, life.opened, "assigned", team, {})] for life in lives(total)]
    began = time.process_time()
    for rows in journals:
        for kind, promised in terms.items():
            read_clock(promised, clock_facts(str(kind), None, rows, terms_of), now)
    return time.process_time() - began, total * len(terms), sum(map(len, journals))


def replay(postmaster: int, variants: int) -> Cost:
    """Every target shorter, day and night: no clock keeps its terms."""
    from vigie.compliance import rules as compliance
    from vigie.contracts.models import Contract
    from vigie.replay.queries.outcome import Replay, ground_of
    from vigie.replay.rules import Change

    contract = Contract.objects.filter(organisation_id=CLIENT).select_related("organisation").latest("pk")
    week = (((420, 1200),),) * 7
    changes = [Change(week=week, pauses={"supplier": n > 0, "problem": n > 1}) for n in range(variants)]
    month = compliance.month_of(NOW, contract.organisation.timezone)
    began, cpu, served = time.monotonic(), time.process_time(), cpu_below(postmaster)
    ground = ground_of(contract, month, now=NOW)
    found = Replay(ground, changes, NOW)
    moved = sum(len(batch) for batch in found.run())
    for board in (found.before, *found.after):
        ground.told(board)
    return Cost(
        time.monotonic() - began, time.process_time() - cpu, cpu_below(postmaster) - served, moved,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with database(GROUND, rebuild=False) as (server, variables):
        with ProcessPoolExecutor(1, spawn, inside.enter, (variables,)) as pool:
            pool.submit(prepare, options.tickets).result()
            seconds, clocks, facts = pool.submit(recompute, options.tickets).result()
        print(f"{clocks:,} clocks read whole from {facts:,} facts in memory: CPU {seconds:.1f} s")
        postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
        for variants in (1, 3):
            with ProcessPoolExecutor(1, spawn, inside.enter, (variables,)) as pool:
                cost = pool.submit(replay, postmaster, variants).result()
            print(
                f"{options.tickets:,} tickets under {variants} variant(s): {cost.wall:.1f} s by the wall, CPU {cost.cpu:.1f} s"
                f" in Python and {cost.database:.1f} s in PostgreSQL, {cost.moved:,} verdicts moved, {cost.peak_mb:.0f} MB at the peak"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
