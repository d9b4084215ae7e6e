"""A month of a contract as a page tells it, to agents and to the client's manager alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from vigie.compliance import access, labels, rules
from vigie.compliance.models import (
    RateCommitment,
    Reading,
    Statement,
    StatementClock,
    StatementRecord,
)
from vigie.compliance.queries import behind, clocks, figures
from vigie.compliance.queries.curve import Curve, drawn
from vigie.compliance.queries.exclusions import asked_of
from vigie.compliance.queries.left_over import LeftOver, left_over
from vigie.compliance.queries.measured import is_measure
from vigie.compliance.queries.reading import Correction
from vigie.compliance.queries.settled import Ground, Step, steps_told
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Measure, Verdict
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound

READ = frozenset(Reading.Kind.values)
TONES = {
    Verdict.CONFORMING: "ok",
    Verdict.NOT_CONFORMING: "late",
    Verdict.NOT_APPLICABLE: "quiet",
    Verdict.NOT_ASSESSED: "quiet",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A commitment in the month, in words; ``rate`` counts without the excluded, ``raw`` as if nothing were; ``due``: its penalty;
    ``value``: the share judged, exact; ``small``: by what rule a small volume was judged."""

    id: int
    scope: str
    target: str
    measure: Measure
    rate: str
    raw: str
    verdict: str
    tone: str
    small: str
    penalty: str
    due: Decimal
    bonus: str
    formula: str
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A commitment that is no ticket: ``told`` says what it came to, ``rate`` is judged, ``raw`` is without exclusions."""

    id: int
    kind: str
    scope: str
    target: str
    told: str
    rate: str
    raw: str
    verdict: str
    tone: str
    small: str
    penalty: str
    due: Decimal
    formula: str
    costs: bool
    reads: bool
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """An earlier month told again: which, since which lines differ (scope, before, after), and the difference."""

    month: dt.date
    words: str
    lines: tuple[tuple[str, str, str], ...]
    amount: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """``state``: ``simulated``, ``proposed`` or ``frozen``. ``today``: the same month from its clocks now, where they say
    something else than its statement. ``waiting``: exclusions that nobody decided yet. ``left``: what the contract left over,
    once it has ended."""

    contract: Contract
    month: dt.date
    words: str
    state: str
    rows: tuple[Row, ...]
    measures: tuple[MeasureRow, ...]
    steps: tuple[Step, ...]
    gross: str
    total: str
    costs: bool
    open_late: int
    oldest_late: dt.datetime | None
    statement: Statement | None
    today: Sheet | None
    waiting: int
    method: str
    weighted: str
    corrections: tuple[Corrected, ...]
    left: LeftOver | None = None

    @property
    def is_last(self) -> bool:
        """Did the contract leave something over, in this statement?"""
        return self.left is not None and self.left.statement.month == self.month


def sheet_of(actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime) -> Sheet:
    """The month as it stands: its statement, with what the clocks say since, or a simulation. NotFound in the future."""
    if month > rules.month_of(now, contract.organisation.timezone):
        raise NotFound()
    ground = figures.ground_of(actor, contract, month, now=now)
    today = figures.simulated(actor, contract, month, now=now, ground=ground)
    statement = access.visible_statements(actor).filter(contract=contract, month=month).first()
    waiting = _waiting(actor, contract, month, ground, statement, now)
    money, earlier = contract.organisation.currency, ground.past.earlier
    simulation = _told(Ground(contract, month, ground.terms, today, earlier, money), waiting)
    if statement is None:
        return simulation
    stated = figures.statement_figures(statement)
    beside = None if figures.same(stated, today) else simulation
    left = left_over(actor, contract, now=now)
    is_last = left is not None and left.statement.pk == statement.pk
    told = Ground(contract, month, ground.terms, stated, earlier, statement.currency, is_last)
    return replace(_told(told, waiting, statement, beside), left=left)


def glance(actor: Actor, contract: Contract, *, now: dt.datetime) -> tuple[Sheet, Curve | None]:
    """The month in progress, and the curve of the months up to it; for a page about something else besides."""
    month = rules.month_of(now, contract.organisation.timezone)
    found = figures.year(actor, contract, month, now=now)
    waiting = _waiting(actor, contract, month, found.ground, None, now)
    curve = drawn(found) if found.points else None
    earlier, money = found.ground.past.earlier, contract.organisation.currency
    told = _told(Ground(contract, month, found.ground.terms, found.figures, earlier, money), waiting)
    return replace(told, left=left_over(actor, contract, now=now)), curve


def _waiting(
    actor: Actor,
    contract: Contract,
    month: dt.date,
    ground: figures.Ground,
    statement: Statement | None,
    now: dt.datetime,
) -> int:
    """Exclusions asked about the month's clocks, outages and deliveries that nobody decided yet."""
    if statement is None:
        period = clocks.period_of(contract, month, now)
        behind_it = {
            (one.nature, one.record_id) for entries in ground.read.entries.values() for one in entries
        }
        waits = clocks.asked(actor, contract, period, ground.terms.method)
        has_some = any(nature in ("outage", "delivery") for nature, _ in behind_it)
        return waits + (len(asked_of(actor, contract) & behind_it) if has_some else 0)
    asked = asked_of(actor, contract)
    if not asked:
        return 0
    of_clocks = [pk for nature, pk in asked if nature == "clock"]
    found = StatementClock.objects.filter(statement=statement, clock_id__in=of_clocks, is_open=False)
    records = StatementRecord.objects.filter(statement=statement).values_list("nature", "record_id")
    return (found.count() if of_clocks else 0) + len(asked & set(records))


def _told(
    ground: Ground, waiting: int, statement: Statement | None = None, today: Sheet | None = None
) -> Sheet:
    currency, found, terms, known = ground.currency, ground.found, ground.terms, ground.known
    pairs = [(known[line.key], line) for line in found.lines if line.key in known]
    settlement = found.settlement
    return Sheet(
        ground.contract, ground.month, labels.month_words(ground.month), statement.state if statement else "simulated",
        tuple(_row(row, line, currency) for row, line in pairs if not is_measure(row)),
        tuple(measure_row(row, line, currency) for row, line in pairs if is_measure(row)),
        steps_told(ground), labels.money(settlement.gross, currency), labels.money(settlement.total, currency),
        any(row.formula != RateCommitment.Formula.NONE for row in terms.commitments),
        found.open_late, found.oldest_late, statement, today, waiting,
        str(terms.penalty.get_kind_display()),
        "" if found.weighted is None else labels.share_words(found.weighted, "resolution"),
        tuple(_corrected(one, known, currency) for one in found.corrections),
    )  # fmt: skip


def measure_row(row: RateCommitment, line: rules.Judged, currency: str) -> MeasureRow:
    """A measure in words."""
    words = labels.VOLUME_VERDICTS if row.kind == RateCommitment.Measure.VOLUME else labels.VERDICTS
    return MeasureRow(
        row.pk, row.kind, labels.scope_words(row), labels.target_words(row), labels.told_words(row, line),
        labels.share_words(line.value, row.kind, row.target), labels.share_words(line.raw, row.kind, row.target),
        str(words.get(line.verdict) or labels.VERDICTS[line.verdict]), TONES[line.verdict],
        labels.small_words(row, line, line.value), labels.money(line.penalty, currency), line.penalty, labels.formula_words(row, currency),
        row.formula != RateCommitment.Formula.NONE, row.kind in READ, line.value,
    )  # fmt: skip


def _corrected(one: Correction, known: dict[int, RateCommitment], currency: str) -> Corrected:
    """The lines that differ, in words; a commitment that ended since is told by its number."""
    keys = sorted({*one.was, *one.now}, key=int)
    lines = tuple(
        (
            labels.scope_words(known[int(key)]) if int(key) in known else f"#{key}",
            labels.correction_words(known.get(int(key)), one.was.get(key), currency),
            labels.correction_words(known.get(int(key)), one.now.get(key), currency),
        )
        for key in keys
        if one.was.get(key) != one.now.get(key)
    )
    return Corrected(one.month, labels.month_words(one.month), lines, labels.money(one.amount, currency))


def _row(row: RateCommitment, line: rules.Judged, currency: str) -> Row:
    rate = line.measure.adjusted.rate
    return Row(
        row.pk, labels.scope_words(row), labels.percent_words(row.target), line.measure,
        labels.rate_words(line.measure.adjusted, row.target), labels.rate_words(line.measure.raw, row.target),
        str(labels.VERDICTS[line.verdict]), TONES[line.verdict],
        labels.small_words(row, line, rate),
        labels.money(line.penalty, currency), line.penalty, labels.money(line.bonus, currency) if line.bonus else "",
        labels.formula_words(row, currency), rate,
    )  # fmt: skip


# -- what a page asks for --------------------------------------------------------------------------------------------


def wanted_of(actor: Actor, contract: Contract, asked: Any, *, now: dt.datetime) -> behind.Wanted:
    """The list that an address asks for: ``month=2026-01 rate=ID only=missed live=1``. What cannot be read is not found."""
    rate, only = asked.get("rate", ""), asked.get("only", "")
    if only not in behind.CHOICES or (rate and not (rate.isdigit() and len(rate) < 16)):
        raise NotFound()
    commitment = behind.commitment_of(actor, contract, int(rate)) if rate else None
    return behind.Wanted(
        contract, month_asked(asked, contract, now), commitment, only, asked.get("live") == "1"
    )


def month_asked(asked: Any, contract: Contract, now: dt.datetime) -> dt.date:
    """``month=2026-01`` of an address; the current month without one."""
    current = rules.month_of(now, contract.organisation.timezone)
    text = asked.get("month", "")
    if not text:
        return current
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound() from None
    if not rules.later(current, -240) <= month <= current:
        raise NotFound()
    return month


def amount_words(rows: list[dict[str, Any]], currency: str) -> None:
    """Amounts of the rows as words, in place."""
    for row in rows:
        amount: Decimal | None = row["amount"]
        row["amount"] = "" if amount is None else labels.money(amount, currency)
