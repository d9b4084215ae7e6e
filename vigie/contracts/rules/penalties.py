"""What a miss costs: formulas of one commitment, and the settlement of a month. Amounts are Decimal, before tax.

One rounding rule: an amount is rounded once, at its line, half up to the cent; totals are sums of rounded lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from vigie.contracts.rules.compliance import Verdict
from vigie.kernel.refusal import Refusal

NOTHING = Decimal("0.00")
CENT = Decimal("0.01")
HOUR = 3600


def cents(amount: Fraction | Decimal) -> Decimal:
    """An exact amount, none below zero, rounded half up to the cent."""
    exact = Fraction(amount)
    return Decimal((2 * exact.numerator * 100 + exact.denominator) // (2 * exact.denominator)).scaleb(-2)


def share_of(base: Decimal, percent: Decimal) -> Decimal:
    """``percent`` of ``base``, in cents."""
    return (base * percent / 100).quantize(CENT, ROUND_HALF_UP)


# -- one commitment ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bands:
    """Percent of the base by band of the rate: ``steps`` are (floor in percent, percent of the base), highest floor first.

    A band holds its floor and not the floor of the band above it.
    """

    steps: tuple[tuple[Decimal, Decimal], ...]

    def __post_init__(self) -> None:
        floors = [floor for floor, _ in self.steps]
        if not floors or any(low >= high for high, low in pairwise(floors)) or floors[-1] != 0:
            raise Refusal("contracts.penalty_bands", field="bands")
        _positive("bands", *(percent for _, percent in self.steps), *floors)

    def percent(self, rate: Fraction) -> Decimal:
        """Percent of the base at that rate (a share)."""
        return next(percent for floor, percent in self.steps if rate * 100 >= Fraction(floor))


@dataclass(frozen=True, slots=True)
class PerPoint:
    """``percent`` of the base for each point missing; each *started* point is due whole, or its part alone is."""

    each: Decimal
    started: bool = True

    def __post_init__(self) -> None:
        _positive("percent", self.each)

    def percent(self, rate: Fraction, target: Fraction) -> Fraction:
        """Percent of the base at that rate."""
        missing = max((target - rate) * 100, Fraction(0))
        points = Fraction(-(-missing.numerator // missing.denominator)) if self.started else missing
        return points * Fraction(self.each)


@dataclass(frozen=True, slots=True)
class PerTicket:
    """``hourly`` for each started hour late, at most ``cap`` a ticket (``None``: no cap)."""

    hourly: Decimal
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        _positive("hourly", self.hourly, self.cap or NOTHING)

    def amount(self, late_seconds: int) -> Decimal:
        """What one ticket costs that was late by so many seconds of service time."""
        due = cents(self.hourly * -(-max(late_seconds, 0) // HOUR))
        return due if self.cap is None else min(due, self.cap)


@dataclass(frozen=True, slots=True)
class Lateness:
    """``P = V × R / divisor``: V the value of what is late, R calendar days."""

    divisor: int = 1000

    def __post_init__(self) -> None:
        if self.divisor < 1:
            raise Refusal("contracts.penalty_negative", field="divisor")

    def amount(self, value: Decimal, days: int) -> Decimal:
        """What one late delivery costs."""
        return lateness(value, days, self.divisor)


@dataclass(frozen=True, slots=True)
class PerDay:
    """``daily`` for each calendar day late, whatever the value; at most ``cap`` in a month (``None``: no cap)."""

    daily: Decimal
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        _positive("daily", self.daily, self.cap or NOTHING)

    def amount(self, value: Decimal, days: int) -> Decimal:
        """What one late delivery costs."""
        due = cents(self.daily * max(days, 0))
        return due if self.cap is None else min(due, self.cap)


ByRate = Bands | PerPoint | PerTicket
ByDay = Lateness | PerDay
Formula = ByRate | ByDay


def penalty(
    formula: ByRate, base: Decimal, rate: Fraction, target: Fraction, late: Iterable[int] = ()
) -> Decimal:
    """What a missed commitment costs. ``late``: seconds beyond its target of each ticket missed and not excluded."""
    if isinstance(formula, PerTicket):
        return sum((formula.amount(seconds) for seconds in late), NOTHING)
    percent = Fraction(formula.percent(rate)) if isinstance(formula, Bands) else formula.percent(rate, target)
    return cents(Fraction(base) * percent / 100)


def lateness(value: Decimal, days: int, divisor: int = 1000) -> Decimal:
    """``P = V × R / 1000``: V value of the late part, R calendar days late."""
    return cents(Fraction(value) * max(days, 0) / divisor)


def _positive(field: str, *amounts: Decimal) -> None:
    if any(not amount.is_finite() or amount < 0 for amount in amounts):
        raise Refusal("contracts.penalty_negative", field=field)


# -- the month -----------------------------------------------------------------------------------------------------


class StepKind(StrEnum):
    """What happens to the sum of the lines, in this order."""

    NOT_CUMULATED = "not_cumulated"
    MONTH_CAP = "month_cap"
    YEAR_CAP = "year_cap"
    FRANCHISE = "franchise"
    BONUS = "bonus"
    EARNED_BACK = "earned_back"
    CORRECTION = "correction"
    CARRIED_IN = "carried_in"
    CARRIED_OUT = "carried_out"


@dataclass(frozen=True, slots=True)
class Line:
    """The penalty of one commitment. Lines of one ``group`` (not empty) have one cause: the highest alone counts."""

    key: int
    amount: Decimal
    group: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    kind: StepKind
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """Amounts; ``None`` is no cap. Under the ``franchise`` the whole contract pays nothing; beyond it, everything."""

    month_cap: Decimal | None = None
    year_cap: Decimal | None = None
    franchise: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Before:
    """Earlier months: charged after caps (this contract year, the whole contract), and due after the franchise.

    ``carried``: what they gave back beyond their credits, and no statement has taken yet.
    """

    charged_in_year: Decimal = NOTHING
    charged: Decimal = NOTHING
    due: Decimal = NOTHING
    carried: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Settlement:
    """``gross`` + steps = ``total``. ``charged`` is after the caps, ``due`` after the franchise too."""

    gross: Decimal
    steps: tuple[Step, ...]
    charged: Decimal
    due: Decimal

    @property
    def total(self) -> Decimal:
        """The credit of the month, never below zero: what goes beyond is carried over."""
        return self.gross + sum((step.amount for step in self.steps), NOTHING)

    @property
    def net(self) -> Decimal:
        """What the month comes to before it carries anything over; below zero, what later statements take."""
        return self.total - self.step(StepKind.CARRIED_OUT)

    @property
    def own(self) -> Decimal:
        """What the month comes to by itself: without what it tells of others or takes from them."""
        return self.net - self.step(StepKind.CARRIED_IN) - self.step(StepKind.CORRECTION)

    def step(self, kind: StepKind) -> Decimal:
        """The amount of a step, zero without it."""
        return sum((step.amount for step in self.steps if step.kind == kind), NOTHING)


def settle(
    lines: Sequence[Line],
    limits: Limits,
    before: Before,
    *,
    bonus: Decimal = NOTHING,
    earned_back: Decimal = NOTHING,
    corrections: Decimal = NOTHING,
) -> Settlement:
    """From the lines of a month to its credit: non-cumulation, month cap, year cap, franchise, bonus, earn-back, what
    earlier months are corrected by, and what is carried from one statement to the next.

    What a cap takes off is lost, not carried over. A bonus lowers the month's penalties, never below zero. A credit is
    never below zero: nobody owes money by a credit note, the next statements take what this one could not.
    """
    gross = sum((line.amount for line in lines), NOTHING)
    counted = gross - sum((amount for _, amount in not_cumulated(lines)), NOTHING)
    capped = counted if limits.month_cap is None else min(counted, limits.month_cap)
    room = capped if limits.year_cap is None else max(limits.year_cap - before.charged_in_year, NOTHING)
    charged = min(capped, room)
    due = _beyond_franchise(charged, limits.franchise, before)
    amounts = [
        (StepKind.NOT_CUMULATED, counted - gross),
        (StepKind.MONTH_CAP, capped - counted),
        (StepKind.YEAR_CAP, charged - capped),
        (StepKind.FRANCHISE, due - charged),
        (StepKind.BONUS, -min(bonus, due)),
        (StepKind.EARNED_BACK, -earned_back),
        (StepKind.CORRECTION, corrections),
        (StepKind.CARRIED_IN, -before.carried),
    ]
    net = gross + sum((amount for _, amount in amounts), NOTHING)
    amounts.append((StepKind.CARRIED_OUT, max(-net, NOTHING)))
    return Settlement(gross, tuple(Step(kind, amount) for kind, amount in amounts if amount), charged, due)


def not_cumulated(lines: Sequence[Line]) -> tuple[tuple[int, Decimal], ...]:
    """Penalties that do not count, because another of the same cause is as high or higher: commitment and amount."""
    highest: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.amount):
        highest[line.group] = line.key
    return tuple(
        (line.key, line.amount)
        for line in lines
        if line.group and line.amount and highest[line.group] != line.key
    )


def _beyond_franchise(charged: Decimal, franchise: Decimal, before: Before) -> Decimal:
    """A threshold, not a deduction: once the contract's total exceeds it, what was exempt so far is due too."""
    if not franchise:
        return charged
    total = before.charged + charged
    return total - before.due if total > franchise else NOTHING


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier month, for its earn-back: what it cost (due less bonus), and its lines (commitment, amount, verdict)."""

    cost: Decimal
    lines: tuple[tuple[int, Decimal, Verdict], ...]


def given_back(
    past: Sequence[Past], now_conforming: frozenset[int], after: int
) -> tuple[tuple[int, Decimal], ...]:
    """Penalties of the month ``after`` months ago whose commitment has been met ever since: commitment and amount.

    ``past`` is the months before this one, oldest first and without a hole; ``now_conforming`` the commitments met
    this month. A month without a measure does not count as met.
    """
    if after < 1 or len(past) < after:
        return ()
    month, since = past[-after], past[len(past) - after + 1 :]
    met = [{key for key, _, verdict in one.lines if verdict == Verdict.CONFORMING} for one in since]
    kept = now_conforming.intersection(*met)
    return tuple((key, amount) for key, amount, _ in month.lines if key in kept and amount)


def earned_back(past: Sequence[Past], now_conforming: frozenset[int], after: int) -> Decimal:
    """What the month gives back (:func:`given_back`), never more than the month ``after`` months ago cost."""
    back = sum((amount for _, amount in given_back(past, now_conforming, after)), NOTHING)
    return min(back, past[-after].cost) if back else NOTHING
