"""From a ticket's journal to the facts of one of its clocks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vigie.contracts.rules.clock_facts import ClockFact, FactKind, Side
from vigie.contracts.rules.cycles import Cycle
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import PriorityPolicy, Terms
from vigie.tickets.rules import facts
from vigie.tickets.rules.corrections import Row, effective

# Causes of a new promise that do not follow the contract's rule for a change of priority.
_POLICIES = {"correction": PriorityPolicy.RETROACTIVE_FULL, "change": PriorityPolicy.CARRY_OVER}

__all__ = ["CLOCK_KINDS", "Row", "clock_facts"]

TermsById = Callable[[int], Terms]
_START, _STOP, _PAUSE, _RESUME, _HOLDER = (
    FactKind.START, FactKind.STOP, FactKind.PAUSE, FactKind.RESUME, FactKind.HOLDER,
)  # fmt: skip

# kinds worth loading to read a clock
CLOCK_KINDS = (facts.OPENED, facts.STATE, facts.RESPONDED, facts.PROMISED, facts.ASSIGNED, facts.CORRECTED)


def clock_facts(
    kind: str, clock_id: int | None, rows: Iterable[Row], terms_by_id: TermsById
) -> list[ClockFact]:
    """The facts of the ticket's clock ``kind`` (row ``clock_id``), in journal order, corrections taken in."""
    found: list[ClockFact] = []
    for row in effective(rows):
        fact = _one(kind, clock_id, row, terms_by_id)
        if fact is not None:
            found.append(fact)
    return found


def _one(kind: str, clock_id: int | None, row: Row, terms_by_id: TermsById) -> ClockFact | None:
    what = row.kind
    if what == facts.STATE:
        return _state(row)
    if what == facts.OPENED:
        return ClockFact(_START, epoch(row.at), row.order)
    if what == facts.ASSIGNED:
        return _holder(row)
    if what == facts.RESPONDED:
        return ClockFact(_STOP, epoch(row.at), row.order) if kind == "response" else None
    if what == facts.PROMISED and row.after.get("clock_id") == clock_id and "cycles" not in row.after:
        return _promised(row, terms_by_id)
    return None


def _promised(row: Row, terms_by_id: TermsById) -> ClockFact:
    cause = str(row.after.get("cause") or "")
    return ClockFact(
        FactKind.CORRECT if cause == "correction" else FactKind.RETARGET,
        epoch(row.at),
        row.id,
        terms=terms_by_id(int(row.after["terms_id"])),
        by=Side(row.after.get("by", "provider")),
        policy=_POLICIES.get(cause),
    )


def cycle_facts(kind: str, cycle: Cycle, rows: Iterable[Row], terms_by_id: TermsById) -> list[ClockFact]:
    """The facts of one cycle of a promise kept again and again: its own start and end, the ticket's waits and holders,
    and what was promised anew."""
    found = [ClockFact(FactKind.START, cycle.start)]
    if cycle.stop is not None:
        found.append(ClockFact(FactKind.CANCEL if cycle.cancelled else FactKind.STOP, cycle.stop))
    for row in effective(rows):
        if row.kind == facts.ASSIGNED:
            found.append(_holder(row))
        elif row.kind == facts.STATE:
            found += _wait(row)
        elif (
            row.kind == facts.PROMISED
            and row.after.get("cycles") == kind
            and row.after.get("cause") != "opening"
        ):
            found += [_promised(row, terms_by_id)] if row.after.get("terms_id") else []
    return found


def _wait(row: Row) -> list[ClockFact]:
    """The beginning or the end of a wait; nothing else of a state concerns a cycle."""
    if row.after.get("phase") == "waiting":
        return [_pause(row)]
    if row.before.get("phase") == "waiting":
        return [ClockFact(_RESUME, epoch(row.at), row.order)]
    return []


def _holder(row: Row) -> ClockFact:
    name = str(row.after.get("team_name") or "")
    return ClockFact(_HOLDER, epoch(row.at), row.id, "", True, None, Side.PROVIDER, None, name)


def _pause(row: Row) -> ClockFact:
    reason, agreed = str(row.after.get("reason") or ""), bool(row.after.get("agreed", True))
    return ClockFact(_PAUSE, epoch(row.at), row.order, reason, agreed)


def _state(row: Row) -> ClockFact | None:
    was, now = row.before.get("phase"), row.after.get("phase")
    if now == "done":
        return ClockFact(_STOP, epoch(row.at), row.order)
    if now == "ended":
        reason = str(row.after.get("state"))
        return None if was == "done" else ClockFact(FactKind.CANCEL, epoch(row.at), row.order, reason)
    if was == "done":
        return ClockFact(FactKind.REOPEN, epoch(row.at), row.order)
    if now == "waiting":
        return _pause(row)
    if was == "waiting":
        return ClockFact(_RESUME, epoch(row.at), row.order)
    return None
