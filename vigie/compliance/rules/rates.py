"""Pure decisions of compliance: which month is which, what a rate commitment comes to, how terms are kept as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from vigie.contracts.rules.compliance import Measure, Verdict, assess, weighted
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.penalties import (
    NOTHING,
    Bands,
    ByDay,
    Formula,
    Lateness,
    PerDay,
    PerPoint,
    PerTicket,
    penalty,
    share_of,
)

FormulaCode = Literal["none", "bands", "per_point", "per_ticket", "lateness", "per_day"]

# -- months --------------------------------------------------------------------------------------------------------
# A month is the date of its first day; its instants are those of the client's reporting zone.


def month_of(at: dt.datetime, zone: str) -> dt.date:
    """The month that holds an instant."""
    return at.astimezone(zone_of(zone)).date().replace(day=1)


def later(month: dt.date, count: int = 1) -> dt.date:
    """The month ``count`` months later (earlier where negative)."""
    months = month.year * 12 + month.month - 1 + count
    return dt.date(months // 12, months % 12 + 1, 1)


@lru_cache(maxsize=4096)
def span_of(month: dt.date, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """Start and end of the month, half-open, as instants."""
    tz = zone_of(zone)
    start, end = (dt.datetime(day.year, day.month, 1, tzinfo=tz) for day in (month, later(month)))
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


def contract_year(starts_on: dt.date, month: dt.date) -> dt.date:
    """The first month of the contract year that holds ``month``; years turn on the month in which the contract starts."""
    first = dt.date(month.year, starts_on.month, 1)
    return first if first <= month else dt.date(month.year - 1, starts_on.month, 1)


# -- terms as plain values -------------------------------------------------------------------------------------------


def formula_of(code: str, terms: Mapping[str, Any]) -> Formula | None:
    """The formula kept as a code and plain values (decimals as text); ``None`` where a miss costs nothing.

    Raises ``contracts.penalty_bands`` or ``contracts.penalty_negative``.
    """
    if code == "bands":
        return Bands(tuple((Decimal(floor), Decimal(due)) for floor, due in terms["bands"]))
    if code == "per_point":
        return PerPoint(Decimal(terms["percent"]), bool(terms["started"]))
    if code == "per_ticket":
        return PerTicket(Decimal(terms["hourly"]), Decimal(terms["cap"]) if terms["cap"] else None)
    if code == "lateness":
        return Lateness(int(terms["divisor"]))
    if code == "per_day":
        return PerDay(Decimal(terms["daily"]), Decimal(terms["cap"]) if terms["cap"] else None)
    return None


# -- one commitment over a month -------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def as_share(percent: Decimal) -> Fraction:
    """Of a whole: 95 is 19/20."""
    return Fraction(percent) / 100


@dataclass(frozen=True, slots=True)
class Promise:
    """A rate commitment: the share (percent) of which clocks, and what a miss costs. Empty scope matches all."""

    key: int
    kind: str
    ticket_type: str
    priority: int | None
    target: Decimal
    n_min: int
    allowed_misses: int
    formula: Formula | None
    base: Decimal
    group: str = ""
    bonus_from: Decimal | None = None
    bonus_percent: Decimal = NOTHING
    small_volume: str = "tolerated"

    @property
    def share(self) -> Fraction:
        return as_share(self.target)

    def covers(self, kind: str, ticket_type: str, priority: int) -> bool:
        """Is a clock of this kind, on such a ticket, in the population?"""
        return (
            kind == self.kind and self.ticket_type in ("", ticket_type) and self.priority in (None, priority)
        )


class Count(NamedTuple):
    """How many clocks of a contract and month share these values."""

    kind: str
    ticket_type: str
    priority: int
    late: bool
    excluded: bool
    number: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What a commitment came to: its measure, its verdict, what it costs and what it earns."""

    key: int
    measure: Measure
    verdict: Verdict
    penalty: Decimal
    bonus: Decimal
    value: Fraction | None = None
    """Of a measure that is no ticket: the share that is judged, and ``raw`` as if nothing had been excluded."""
    raw: Fraction | None = None
    numbers: tuple[tuple[str, str], ...] = ()
    """What the share comes from, by name: whole numbers or fractions, as text."""


def measure_of(counts: Iterable[Count]) -> Measure:
    """The measure that counts make together."""
    sums = [0, 0, 0, 0]
    for count in counts:
        sums[2 * count.excluded + count.late] += count.number
    return Measure(*sums)


def covered(promise: Promise, counts: Iterable[Count]) -> Measure:
    """The clocks of the commitment, counted."""
    return measure_of(c for c in counts if promise.covers(c.kind, c.ticket_type, c.priority))


def judged(
    promise: Promise,
    counts: Sequence[Count],
    late: Sequence[int] = (),
    before: Sequence[Sequence[Count]] = (),
) -> Judged:
    """The commitment on the counts of its month. ``late``: seconds late of each ticket missed and not excluded;
    ``before``: the counts of the months before, the latest first, for a small volume judged with them.

    Only a commitment that is missed costs; one that minimum volume tolerates, or without a measure, costs nothing.
    """
    measure = covered(promise, counts)
    earlier = [covered(promise, month).adjusted for month in before]
    verdict = assess(
        measure.adjusted, promise.share, promise.n_min, promise.allowed_misses, promise.small_volume, earlier
    )
    rate = measure.adjusted.rate
    return Judged(
        promise.key, measure, verdict, cost(promise, rate, verdict, late), earned(promise, rate, verdict)
    )


def cost(promise: Promise, rate: Fraction | None, verdict: Verdict, late: Sequence[int] = ()) -> Decimal:
    """What a rate costs that was missed. A formula by the day costs by its records: ``measures.of_items``."""
    formula = promise.formula
    if rate is None or verdict != Verdict.NOT_CONFORMING or formula is None or isinstance(formula, ByDay):
        return NOTHING
    return penalty(formula, promise.base, rate, promise.share, late)


def earned(promise: Promise, rate: Fraction | None, verdict: Verdict) -> Decimal:
    """The bonus of a rate, where it was promised one."""
    if rate is None or promise.bonus_from is None or verdict != Verdict.CONFORMING:
        return NOTHING
    reached = rate * 100 >= Fraction(promise.bonus_from)
    return share_of(promise.base, promise.bonus_percent) if reached else NOTHING


def by_priority(
    promises: Sequence[Promise], counts: Iterable[Count], weights: Mapping[str, int]
) -> Fraction | None:
    """The rates of the priorities weighted: of all clocks that any of the commitments measures, each once."""
    counts = [c for c in counts if any(p.covers(c.kind, c.ticket_type, c.priority) for p in promises)]
    groups = [
        (measure_of(c for c in counts if str(c.priority) == priority).adjusted, weight)
        for priority, weight in weights.items()
    ]
    return weighted(groups)


def together(promises: Sequence[Promise], counts: Iterable[Count]) -> Measure:
    """All clocks that any of the commitments measures, each once."""
    return measure_of(c for c in counts if any(p.covers(c.kind, c.ticket_type, c.priority) for p in promises))
