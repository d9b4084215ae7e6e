"""Tickets of a contract counted around the ends of months: one statement for all months asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from vigie.compliance.models import RateCommitment
from vigie.compliance.queries.clocks import Period
from vigie.contracts.models import Contract


class Old(NamedTuple):
    """A ticket older than it may be."""

    id: int
    reference: str
    opened_at: dt.datetime


class Open(NamedTuple):
    """Tickets open at an end: how many, how many too old, and these, the oldest first, where they are listed."""

    total: int = 0
    late: int = 0
    old: tuple[Old, ...] = ()


_SCOPE = """ t.organisation_id = %(client)s and t.contract_id = %(contract)s
 and (%(type)s = '' or t.ticket_type = %(type)s) and (%(priority)s::int is null or t.priority = %(priority)s)
 and (%(service)s::bigint is null or t.service_id = %(service)s)"""

_AT_ENDS = f"""from unnest(%(ends)s::timestamptz[], %(limits)s::timestamptz[]) with ordinality as p(at, old, n)
join tickets_ticket t on {_SCOPE} and t.opened_at < p.at
 and (t.resolved_at is null or t.resolved_at >= p.at) and (t.closed_at is null or t.closed_at >= p.at)"""

_COUNTED = f"select p.n, count(*), count(*) filter (where t.opened_at < p.old) {_AT_ENDS} group by p.n"

_OLD = f"""select p.n, t.id, t.reference, t.opened_at {_AT_ENDS}
where t.opened_at < p.old order by p.n, t.opened_at, t.id"""

_OPENED = f"""select p.n, count(*)
from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality as p(low, high, n)
join tickets_ticket t on {_SCOPE} and t.opened_at >= p.low and t.opened_at < p.high and t.duplicate_of_id is null
group by p.n"""  # noqa: S608 (words of this file)


def open_at(
    contract: Contract,
    row: RateCommitment,
    ends: Sequence[dt.datetime],
    limits: Sequence[dt.datetime],
    *,
    listed: bool,
) -> list[Open]:
    """For each end the tickets that a commitment measures and that were still open; old = opened before the limit beside it."""
    given = {**_scope(contract, row), "ends": list(ends), "limits": list(limits)}
    counted = {n: (count, old) for n, count, old in _rows(_COUNTED, given)}
    old: dict[int, list[Old]] = {}
    if listed and any(number for _, number in counted.values()):
        for n, *values in _rows(_OLD, given):
            old.setdefault(n, []).append(Old(*values))
    return [
        Open(*counted[n], tuple(old.get(n, ()))) if n in counted else Open() for n in range(1, len(ends) + 1)
    ]


def opened_in(contract: Contract, row: RateCommitment, periods: Sequence[Period]) -> list[int]:
    """For each period how many tickets were opened in it, duplicates apart."""
    starts, ends = [one.start for one in periods], [one.end for one in periods]
    counted = dict(_rows(_OPENED, {**_scope(contract, row), "starts": starts, "ends": ends}))
    return [counted.get(n, 0) for n in range(1, len(periods) + 1)]


def _scope(contract: Contract, row: RateCommitment) -> dict[str, Any]:
    return {
        "client": contract.organisation_id, "contract": contract.pk, "type": row.ticket_type, "priority": row.priority,
        "service": row.service_id,
    }  # fmt: skip


def _rows(sql: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found: list[Any] = cursor.fetchall()
    return found
