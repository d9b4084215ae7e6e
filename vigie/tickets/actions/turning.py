"""The clocks of promises kept again and again: one row for each cycle that the journal tells of. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable

from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import cycles
from vigie.tickets.rules.clock_facts import Row


def turned(
    ticket: Ticket,
    clocks: Iterable[Clock],
    rows: list[Row],
    *,
    cancelled: Container[tuple[str, int]] = (),
    new_id: Callable[[], int] | None = None,
) -> list[Clock]:
    """The ticket's live clocks with those of its cycles begun, ended and cancelled as ``rows`` say (not saved).

    ``rows`` hold its public messages; ``cancelled`` are the cycles (kind, number) that were already. The terms of a
    kind are those stamped first; what was promised anew is a fact.
    """
    clocks = list(clocks)
    known = {(clock.kind, clock.cycle): clock for clock in clocks}
    for kind, stamped in cycles.promises(rows).items():
        terms_id = next((found for found in stamped if found), None)
        for cycle in cycles.cycles_of(kind, rows) if terms_id else ():
            if (kind, cycle.number) in cancelled:
                continue
            clock = known.get((kind, cycle.number))
            if clock is None:
                clock = Clock(
                    id=new_id and new_id(), organisation_id=ticket.organisation_id, ticket_id=ticket.pk, kind=kind,
                    cycle=cycle.number, terms_id=terms_id or 0, state=Clock.State.RUNNING,
                )  # fmt: skip
                clocks.append(clock)
            clock.started_at = _moment(cycle.start)
            clock.stopped_at = None if cycle.stop is None else _moment(cycle.stop)
            if cycle.cancelled:
                clock.state = Clock.State.CANCELLED
    return clocks


def _moment(instant: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, dt.UTC)
