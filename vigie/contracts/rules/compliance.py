"""Compliance of a population of clocks over a period: counts, exact verdicts, rates told without flattery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Method(StrEnum):
    """Which clocks are in the period. One contract uses one method."""

    RESOLVED = "resolved"
    OPENED = "opened"
    DUE = "due"


class Verdict(StrEnum):
    """``not_applicable``: nothing to judge (never 0 % nor 100 %). ``not_assessed``: too few, and the contract says so."""

    CONFORMING = "conforming"
    NOT_CONFORMING = "not_conforming"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clock, as a report needs it. ``missed`` is also true of a running clock beyond its target."""

    opened_at: int
    due_at: int | None
    stopped_at: int | None
    missed: bool
    excluded: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """``met`` of ``population`` clocks."""

    met: int
    population: int

    @property
    def missed(self) -> int:
        return self.population - self.met

    @property
    def rate(self) -> Fraction | None:
        """Exact share; ``None`` where there is no population."""
        return Fraction(self.met, self.population) if self.population else None


def tally(outcomes: Iterable[Outcome], method: Method, start: int, end: int, *, raw: bool = False) -> Tally:
    """Clocks of the period ``[start, end)`` read at its end. ``raw`` keeps those excluded by agreement.

    A clock stopped at or after ``end`` was still open at ``end``.
    """
    kept = [o for o in outcomes if not o.cancelled and (raw or not o.excluded)]
    judged = [verdict for o in kept if (verdict := _judge(o, method, start, end)) is not None]
    return Tally(sum(judged), len(judged))


@dataclass(frozen=True, slots=True)
class Measure:
    """One commitment over a period: clocks met and missed, and beside them those excluded by agreement.

    An excluded clock is in neither term of the rate, whatever became of it: it never counts as met.
    """

    met: int = 0
    missed: int = 0
    excluded_met: int = 0
    excluded_missed: int = 0

    @property
    def excluded(self) -> int:
        return self.excluded_met + self.excluded_missed

    @property
    def adjusted(self) -> Tally:
        """What the verdict is given on."""
        return Tally(self.met, self.met + self.missed)

    @property
    def raw(self) -> Tally:
        """As if nothing had been excluded."""
        return Tally(self.met + self.excluded_met, self.met + self.missed + self.excluded)


def measure(outcomes: Iterable[Outcome], method: Method, start: int, end: int) -> Measure:
    """The clocks of the period ``[start, end)`` counted by what became of them."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for outcome in outcomes:
        met = None if outcome.cancelled else _judge(outcome, method, start, end)
        if met is not None:
            counts[outcome.excluded, met] += 1
    return Measure(counts[False, True], counts[False, False], counts[True, True], counts[True, False])


def _judge(outcome: Outcome, method: Method, start: int, end: int) -> bool | None:
    """Met (true), missed (false), or out of the population."""
    stopped = outcome.stopped_at is not None and outcome.stopped_at < end
    late = outcome.missed if stopped else outcome.due_at is not None and outcome.due_at < end
    if method == Method.RESOLVED:
        inside = outcome.stopped_at is not None and start <= outcome.stopped_at < end
    elif method == Method.OPENED:
        inside = start <= outcome.opened_at < end and (stopped or late)
    else:
        inside = outcome.due_at is not None and start <= outcome.due_at < end
    return not late if inside else None


def judge(tally: Tally, target: Fraction, n_min: int = 20, allowed_misses: int = 1) -> Verdict:
    """The verdict on the exact fraction; ``target`` is a share (``Fraction(95, 100)``).

    Under ``n_min`` clocks, up to ``allowed_misses`` misses conform; more are judged on the rate as usual.
    """
    if not tally.population:
        return Verdict.NOT_APPLICABLE
    tolerated = tally.population < n_min and tally.missed <= allowed_misses
    reached = tally.met * target.denominator >= target.numerator * tally.population
    return Verdict.CONFORMING if tolerated or reached else Verdict.NOT_CONFORMING


def assess(
    tally: Tally, target: Fraction, n_min: int, allowed_misses: int, policy: str, before: Sequence[Tally] = ()
) -> Verdict:
    """The verdict, by what the contract says of a small volume: ``tolerated`` (misses up to a number), ``not_assessed``, or
    ``pooled`` with the months ``before`` (the latest first), one more at a time, three at most, until there are enough."""
    if not 0 < tally.population < n_min or policy == "tolerated":
        return judge(tally, target, n_min, allowed_misses)
    if policy == "not_assessed":
        return Verdict.NOT_ASSESSED
    groups = [tally]
    for month in before[:3]:
        if pooled(groups).population >= n_min:
            break
        groups.append(month)
    return judge(pooled(groups), target, n_min, allowed_misses)


def pooled(groups: Iterable[Tally]) -> Tally:
    """All groups as one population."""
    groups = list(groups)
    return Tally(sum(group.met for group in groups), sum(group.population for group in groups))


def weighted(groups: Iterable[tuple[Tally, int]]) -> Fraction | None:
    """Mean of the rates by weight, over the groups that have a population; ``None`` where none has."""
    rates = [(group.rate, weight) for group, weight in groups]
    known = [(rate, weight) for rate, weight in rates if rate is not None]
    weights = sum(weight for _, weight in known)
    return sum((rate * weight for rate, weight in known), Fraction(0)) / weights if weights else None


def percent(rate: Fraction, digits: int = 2, target: Fraction | None = None) -> str:
    """The rate in percent, rounded half up; truncated where rounding would reach a target that was missed, or the whole.

    94.97 with one digit is ``95.0``, but ``94.9`` against a target of 95. 1999 of 2000 are ``99.9``, never ``100.0``.
    """
    steps = 100 * 10**digits
    scaled = rate * steps
    whole = int(scaled + Fraction(1, 2))
    reached = Fraction(whole, steps)
    if rate < 1 <= reached or (target is not None and rate < target <= reached):
        whole = int(scaled)
    return f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}" if digits else str(whole)


def shares_of(parts: Sequence[int], digits: int = 1) -> list[str]:
    """Each part in percent of them all, adding up to 100: cut, then one step more for the largest remainders, the first of
    equal ones. All zero where there is nothing.
    """
    whole, steps = sum(parts), 100 * 10**digits
    if not whole:
        return [f"{0:.{digits}f}" for _ in parts]
    cut = [part * steps // whole for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda n: (-(parts[n] * steps % whole), n))
    for n in by_rest[: steps - sum(cut)]:
        cut[n] += 1
    return [str(Decimal(one).scaleb(-digits)) for one in cut]
