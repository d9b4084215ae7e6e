"""Months of a contract read from its clocks and records, and figured by its terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from vigie.compliance import rules
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries import clocks
from vigie.compliance.queries.measured import is_measure, measured
from vigie.compliance.queries.terms import Stated, Terms
from vigie.compliance.rules.measures import Entry
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.compliance import Measure, Method, Verdict
from vigie.contracts.rules.penalties import NOTHING
from vigie.kernel.actor import Actor

POOLED_WITH = 3  # months


@dataclass(frozen=True, slots=True)
class Read:
    """A month as it stands: its clocks counted, those late, the months before it (the latest first), its measures."""

    counts: Sequence[rules.Count] = ()
    late: Sequence[clocks.Late] = ()
    before: Sequence[Sequence[rules.Count]] = ()
    measures: Sequence[rules.Judged] = ()
    entries: Mapping[int, tuple[Entry, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correction:
    """An earlier month that says something else today than was last told of it, and what that changes."""

    statement_id: int
    month: dt.date
    was: Mapping[str, Mapping[str, Any]]
    now: Mapping[str, Mapping[str, Any]]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """A month: line by line, all clocks together, what was still open and late at its end, and what it costs."""

    lines: tuple[rules.Judged, ...]
    together: Measure
    open_late: int
    oldest_late: dt.datetime | None
    settlement: penalties.Settlement
    weighted: Fraction | None = None
    corrections: tuple[Correction, ...] = ()
    entries: Mapping[int, tuple[Entry, ...]] = field(default_factory=dict, compare=False)


# -- read ------------------------------------------------------------------------------------------------------------


def read_months(
    actor: Actor, contract: Contract, terms: Mapping[dt.date, Terms], now: dt.datetime, *, listed: bool = True
) -> dict[dt.date, Read]:
    """Each month with its terms; a few statements for all of them. ``listed`` as for ``measured``."""
    counts: dict[dt.date, list[rules.Count]] = {}
    late: dict[dt.date, list[clocks.Late]] = {}
    for method in {one.method for one in terms.values()}:
        of_method = {month: one for month, one in terms.items() if one.method == method}
        by_ticket = {month for month, one in of_method.items() if _by_ticket(one)}
        for month, found in _of_months(contract, of_method, method, now, late=bool(by_ticket)).items():
            counts[month] = found.counts
            late[month] = found.late if month in by_ticket else []
    asked = {month: measures_in(one) for month, one in terms.items()}
    lines = measured(actor, contract, asked, now, listed=listed)
    return {
        month: Read(
            counts.get(month, []), late.get(month, []), [counts.get(rules.later(month, -n), []) for n in (1, 2, 3)],
            [line for line, _ in lines[month]], {line.key: entries for line, entries in lines[month]},
        )
        for month in terms
    }  # fmt: skip


def measures_in(terms: Terms) -> list[tuple[RateCommitment, rules.Promise]]:
    """The commitments that are no rate of clocks, each as the rules read it."""
    pairs = zip(terms.commitments, terms.promises(), strict=True)
    return [(row, promise) for row, promise in pairs if is_measure(row)]


def _with_earlier(terms: Mapping[dt.date, Terms]) -> list[dt.date]:
    """Months whose clocks are counted; with those before where a small volume is judged with them."""
    wanted: set[dt.date] = set()
    for month, one in terms.items():
        if any(not is_measure(row) for row in one.commitments):
            wanted.add(month)
        if any(row.small_volume == RateCommitment.SmallVolume.POOLED for row in one.commitments):
            wanted.update(rules.later(month, -n) for n in range(1, POOLED_WITH + 1))
    return sorted(wanted)


def _by_ticket(terms: Terms) -> bool:
    return any(row.formula == RateCommitment.Formula.PER_TICKET for row in terms.commitments)


def _of_months(
    contract: Contract, terms: Mapping[dt.date, Terms], method: Method, now: dt.datetime, *, late: bool
) -> dict[dt.date, clocks.Counted]:
    """The clocks of each month. Those between them are read too: one statement costs less than two."""
    months = _with_earlier(terms)
    if not months:
        return {}
    run = [min(months)]
    while run[-1] < max(months):
        run.append(rules.later(run[-1]))
    periods = [clocks.period_of(contract, month, now) for month in run]
    found = clocks.counted(contract, periods, method, late=late)
    return {month: one for month, one in zip(run, found, strict=True) if month in months}


# -- figure ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """What the settlement of a month needs of the others: statements before it, oldest first, and corrections."""

    earlier: Sequence[Stated]
    corrections: tuple[Correction, ...] = ()


def figured(
    contract: Contract,
    month: dt.date,
    terms: Terms,
    read: Read,
    past: Past,
    late_now: tuple[int, dt.datetime | None],
) -> Figures:
    """What the month comes to. ``late_now``: how many were open and late at its end, the oldest since when."""
    promises, lines = terms.promises(), judged_lines(terms, read)
    weights = terms.penalty.weights
    return Figures(
        lines, rules.together(promises, read.counts), *late_now, settled(contract, month, terms, past, lines),
        rules.by_priority(promises, read.counts, weights) if weights else None, past.corrections, read.entries,
    )  # fmt: skip


def judged_lines(terms: Terms, read: Read) -> tuple[rules.Judged, ...]:
    """Each commitment of the month as it is judged."""
    known = {line.key: line for line in read.measures}
    return tuple(
        known[promise.key]
        if promise.key in known
        else rules.judged(promise, read.counts, _late(promise, read.late), _before(promise, read))
        for promise in terms.promises()
    )


def _late(promise: rules.Promise, late: Sequence[clocks.Late]) -> list[int]:
    """Seconds late of each missed ticket, for a commitment that costs by the ticket."""
    if not isinstance(promise.formula, penalties.PerTicket):
        return []
    return [seconds for kind, of_type, priority, seconds in late if promise.covers(kind, of_type, priority)]


def _before(promise: rules.Promise, read: Read) -> Sequence[Sequence[rules.Count]]:
    return read.before if promise.small_volume == RateCommitment.SmallVolume.POOLED else ()


def settled(
    contract: Contract, month: dt.date, terms: Terms, past: Past, lines: Sequence[rules.Judged]
) -> penalties.Settlement:
    """What the lines of the month cost together."""
    after = terms.penalty.earn_back_after
    return penalties.settle(
        lines_of(terms, lines),
        terms.limits(),
        before_of(contract, month, past.earlier),
        bonus=sum((line.bonus for line in lines), NOTHING),
        earned_back=penalties.earned_back(_past(month, past.earlier, after), conforming(lines), after),
        corrections=sum((one.amount for one in past.corrections), NOTHING),
    )


def lines_of(terms: Terms, lines: Sequence[rules.Judged]) -> list[penalties.Line]:
    """The lines as they are settled, each with its cause."""
    causes = {row.id: row.cause for row in terms.commitments}
    return [penalties.Line(line.key, line.penalty, causes.get(line.key, "")) for line in lines]


def conforming(lines: Sequence[rules.Judged]) -> frozenset[int]:
    """The commitments that were met."""
    return frozenset(line.key for line in lines if line.verdict == Verdict.CONFORMING)


def step_of(row: Stated, kind: penalties.StepKind) -> Decimal:
    """The amount of a step of a statement, zero without it."""
    return sum((Decimal(amount) for step, amount in row.steps if step == kind), NOTHING)


def charged(row: Stated) -> Decimal:
    """What a statement took of the caps, with the corrections that it told."""
    return row.charged + step_of(row, penalties.StepKind.CORRECTION)


def before_of(contract: Contract, month: dt.date, rows: Sequence[Stated]) -> penalties.Before:
    """What the statements before the month took."""
    year = rules.contract_year(contract.starts_on, month)
    return penalties.Before(
        charged_in_year=sum((charged(row) for row in rows if row.month >= year), NOTHING),
        charged=sum((charged(row) for row in rows), NOTHING),
        due=sum((row.due + step_of(row, penalties.StepKind.CORRECTION) for row in rows), NOTHING),
        carried=sum((carried(row) for row in rows), NOTHING),
    )


def carried(row: Stated) -> Decimal:
    """What a statement left to later ones, less what it took of earlier ones."""
    return step_of(row, penalties.StepKind.CARRIED_OUT) + step_of(row, penalties.StepKind.CARRIED_IN)


def net_of(row: Stated) -> Decimal:
    """What a statement came to before it carried anything over."""
    return row.total - step_of(row, penalties.StepKind.CARRIED_OUT)


def own_of(row: Stated) -> Decimal:
    """What a statement's month came to by itself: without what it told of others or took from them."""
    others = (penalties.StepKind.CARRIED_IN, penalties.StepKind.CORRECTION)
    return net_of(row) - sum((step_of(row, kind) for kind in others), NOTHING)


def given_back(
    month: dt.date, earlier: Sequence[Stated], conforming: frozenset[int], after: int
) -> tuple[tuple[int, Decimal], ...]:
    """Which penalties of the month ``after`` months ago come back: commitment and amount."""
    return penalties.given_back(_past(month, earlier, after), conforming, after)


def _past(month: dt.date, earlier: Sequence[Stated], after: int) -> list[penalties.Past]:
    """The ``after`` months before this one; none unless each of them has its statement."""
    wanted = [rules.later(month, -n) for n in range(after, 0, -1)]
    rows = [row for row in earlier if row.month in wanted]
    if not after or len(rows) < after:
        return []
    return [
        penalties.Past(
            cost_of(row),
            tuple((line.key, line.penalty, line.verdict) for line in row.lines),
        )
        for row in rows
    ]


def cost_of(row: Stated) -> Decimal:
    """What a statement's month cost: due, less its bonus."""
    return row.due + step_of(row, penalties.StepKind.BONUS)
