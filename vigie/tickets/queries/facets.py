"""How many tickets each choice of the panel of filters would show, in one statement.

A facet is counted under the other filters in force, without its own: ticking a second team is told what it adds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db import connection

from vigie.kernel.actor import Actor
from vigie.tickets.queries.queue import PHASES, Ids, Names, count_statement, filtered_by_ids, ids_of
from vigie.tickets.rules.filters import Filters, without
from vigie.toolkit.paging import COUNT_CAP
from vigie.toolkit.written import Written, counted, kept, written

# Name of a facet in the address → the column whose values it counts.
COLUMNS: Mapping[str, str] = {
    "type": "ticket_type",
    "priority": "priority",
    "client": "organisation_id",
    "team": "team_id",
    "service": "service_id",
}
# Beyond, the panel of a list without end would cost as much as the list: what was counted so far is said with a "+".
READ_AT_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Facet:
    """Tickets by value: a status, a type, a level as text, or the id of a client, team or service as text."""

    tickets: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = True


@kept
def _base_statement(actor: Actor, filters: Filters, ids: Ids) -> Written | None:
    tickets = filtered_by_ids(actor, filters, ids).order_by()
    return written(tickets.values(*COLUMNS.values())[:READ_AT_MOST])


def facets(actor: Actor, filters: Filters, names: Names, *, now: dt.datetime) -> dict[str, Facet]:
    """Each facet of the tickets that pass ``filters``; ``names`` hold every code that these name."""
    plain = replace(filters, sort="")
    phases = {status: _phase_statement(actor, replace(plain, status=status), names) for status in PHASES}
    free = {key: without(plain, key) for key in COLUMNS}
    bases = {one: _base_statement(actor, one, ids_of(one, names)) for one in free.values()}
    found: dict[str, dict[str, int]] = {key: {} for key in ("status", *COLUMNS)}
    for key, value, tickets in _counted(phases, free, bases, now):
        if value is not None:
            found[key][value] = tickets
    found["status"]["all"] = sum(found["status"].get(status, 0) for status in ("live", "done", "closed"))
    read = {key: sum(values.values()) if key in COLUMNS else 0 for key, values in found.items()}
    return {key: Facet(values, read[key] < READ_AT_MOST) for key, values in found.items()}


def _phase_statement(actor: Actor, filters: Filters, names: Names) -> Written | None:
    return count_statement(actor, filters, ids_of(filters, names), COUNT_CAP)


def _counted(
    phases: Mapping[str, Written | None],
    free: Mapping[str, Filters],
    bases: Mapping[Filters, Written | None],
    now: dt.datetime,
) -> list[tuple[str, str | None, int]]:
    """``(facet, value, tickets)``: facets that no filter of their own narrows read one base together."""
    possible = {one: base for one, base in bases.items() if base}
    numbers = {one: number for number, one in enumerate(possible)}
    counted_phases = {status: statement for status, statement in phases.items() if statement}
    selects = [f"select 'status', '{s}', ({counted(statement)})" for s, statement in counted_phases.items()]
    selects += [
        f"select '{key}', {column}::text, count(*) from base{numbers[free[key]]} group by {column}"  # noqa: S608
        for key, column in COLUMNS.items()
        if free[key] in numbers
    ]
    if not selects:
        return []
    shared = ", ".join(f"base{numbers[one]} as materialized ({base.sql})" for one, base in possible.items())
    statements = (*possible.values(), *counted_phases.values())
    values = [value for statement in statements for value in statement.filled({}, now)]
    with connection.cursor() as cursor:
        cursor.execute(f"{'with ' + shared if shared else ''} {' union all '.join(selects)}", values)
        found: list[tuple[str, str | None, int]] = cursor.fetchall()
    return found
