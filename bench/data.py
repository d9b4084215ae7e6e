"""A bench data set written by COPY: 200 clients, 20,000 people, 60 agents, N tickets with about 3 messages each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg

from bench import tickets, world
from bench.bulk import Link, bare, copy

TABLES = ("tickets_ticket", "tickets_message", "tickets_fact", "tickets_clock", "toolkit_searchdoc")
NUMBERED = (
    "tenancy_organisation", "tenancy_site", "accounts_person", "accounts_team", "catalog_service",
    "contracts_calendar", "contracts_calendarversion", "contracts_contract", "contracts_contractversion",
    "tickets_ticket",
)  # fmt: skip


@dataclass(slots=True)
class Stopwatch:
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)

    def reached(self, what: str) -> None:
        self.say(f"  {what}: {time.monotonic() - self.began:.0f} s")


def build(
    dsn: str,
    total: int,
    *,
    version_id: int,
    stamp: Callable[[int], Mapping[str, int]],
    say: Callable[[str], None] = print,
) -> None:
    """Fill an empty migrated database. ``stamp(client_id)`` gives the ids of its stamped terms by kind."""
    watch = Stopwatch(say)
    with psycopg.connect(dsn) as link:
        world.settle(link)
        link.commit()  # the terms are stamped over another connection
        terms = {(client, kind): pk for client in world.clients() for kind, pk in stamp(client).items()}
        watch.reached("clients, people, contracts")
        with bare(link, TABLES):
            _fill(link, total, version_id, terms, watch)
        _number(link)
        link.commit()
        watch.reached("indexes and references")
        link.autocommit = True
        link.execute("vacuum analyze")
        watch.reached("vacuum")


def _fill(
    link: Link, total: int, version_id: int, terms: Mapping[tuple[int, str], int], watch: Stopwatch
) -> None:
    briefs: list[tickets.Brief] = []
    last_over = tickets.live_from(total)
    copy(link, "tickets_ticket", tickets.TICKETS, tickets.ticket_rows(total, version_id, briefs))
    watch.reached("tickets")
    copy(link, "tickets_message", tickets.MESSAGES, tickets.message_rows(briefs))
    copy(link, "tickets_fact", tickets.FACTS, tickets.fact_rows(briefs, last_over))
    copy(link, "tickets_clock", tickets.CLOCKS, tickets.clock_rows(briefs, terms, last_over))
    watch.reached("messages, facts, clocks")
    link.execute(
        "insert into toolkit_searchdoc (kind, object_id, organisation_id, audience, tsv)"
        " select 'ticket', id, organisation_id, 'public', vigie_doc(reference || ' ' || title, '') from tickets_ticket"
    )
    watch.reached("search documents")


def _number(link: Link) -> None:
    """Go on counting after the rows that came with their numbers."""
    link.execute(
        "insert into tickets_counter (organisation_id, last)"
        " select organisation_id, count(*) from tickets_ticket group by 1"
    )
    for table in NUMBERED:
        link.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
