"""The clocks of promises kept again and again: one row for each cycle that the journal tells of. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import cycles
from vigie.tickets.rules.clock_facts import Row


def turned(
    ticket: Ticket, clocks: Iterable[Clock], rows: list[Row], new_id: Callable[[], int | None] = lambda: None
) -> list[Clock]:
    """The ticket's live clocks with those of its cycles begun, ended and cancelled as ``rows`` say (not saved).

    ``rows`` hold its public messages. The terms of a kind are those stamped first; what was promised anew is a fact.
    """
    clocks = list(clocks)
    known = {(clock.kind, clock.cycle): clock for clock in clocks}
    for kind, stamped in cycles.promises(rows).items():
        first = next((terms_id for terms_id in stamped if terms_id), None)
        for cycle in cycles.cycles_of(kind, rows) if first else ():
            clock = known.get((kind, cycle.number))
            if clock is None and cycle.cancelled:
                continue
            if clock is None:
                clock = Clock(
                    id=new_id(), organisation_id=ticket.organisation_id, ticket_id=ticket.pk, kind=kind,
                    cycle=cycle.number, terms_id=first, state=Clock.State.RUNNING,
                )  # fmt: skip
                clocks.append(clock)
            clock.started_at, clock.stopped_at = _moment(cycle.start), cycle.stop and _moment(cycle.stop)
            if cycle.cancelled:
                clock.state = Clock.State.CANCELLED
    return clocks


def _moment(instant: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, dt.UTC)
