"""Availability of a service over a period: agreed service time, downtime, failures, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vigie.kernel.spans import Span, Spans, intersection, subtraction, tidy, total


@dataclass(frozen=True, slots=True)
class Outage:
    """``weight`` is the share of the service (or of its users) that was lost."""

    start: int
    end: int
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Availability:
    """Seconds of agreed service time and of (weighted) downtime, and the number of distinct failures."""

    agreed: int
    down: Fraction
    failures: int

    @property
    def rate(self) -> Fraction | None:
        """``A = (AST − DT) / AST``; ``None`` where no service was agreed."""
        return 1 - self.down / self.agreed if self.agreed else None

    @property
    def mean_time_to_restore(self) -> Fraction | None:
        """MTRS in seconds; ``None`` without a failure."""
        return self.down / self.failures if self.failures else None

    @property
    def mean_time_between_failures(self) -> Fraction | None:
        """MTBF in seconds; ``None`` without a failure: it is longer than the period."""
        return (self.agreed - self.down) / self.failures if self.failures else None

    @property
    def mean_time_between_incidents(self) -> Fraction | None:
        """MTBSI = MTBF + MTRS, in seconds."""
        return Fraction(self.agreed, self.failures) if self.failures else None

    def budget(self, target: Fraction) -> Fraction:
        """Seconds of downtime that the target still allows; negative once it is missed."""
        return (1 - target) * self.agreed - self.down


def availability(opening: Spans, maintenance: Iterable[Span], outages: Sequence[Outage]) -> Availability:
    """Over the open spans of the period. ``maintenance`` is what was announced in time, inside window and quota.

    Overlapping outages count once, by the highest weight of each instant; outside the agreed time they count nothing.
    """
    agreed = subtraction(opening, tidy(maintenance))
    falls = tidy((one.start, one.end) for one in outages)
    failures = sum(1 for fall in falls if intersection(agreed, (fall,)))
    return Availability(total(agreed), _down(agreed, outages), failures)


def _down(agreed: Spans, outages: Sequence[Outage]) -> Fraction:
    """Weighted seconds, from the heaviest weight down: each weight counts where no heavier one does."""
    down = Fraction(0)
    covered: Spans = ()
    for weight in sorted({one.weight for one in outages}, reverse=True):
        falls = tidy((one.start, one.end) for one in outages if one.weight == weight)
        down += weight * total(intersection(agreed, subtraction(falls, covered)))
        covered = tidy((*covered, *falls))
    return down


def weighted_by_users(users: int, agreed: int, losses: Iterable[tuple[int, int]]) -> Fraction | None:
    """``1 − Σ(users affected × seconds) / (users × agreed seconds)``; ``losses`` are (users, seconds)."""
    whole = users * agreed
    return 1 - Fraction(sum(lost * seconds for lost, seconds in losses), whole) if whole else None


def in_series(parts: Iterable[Fraction]) -> Fraction:
    """Every part is needed: the product."""
    return math.prod(parts, start=Fraction(1))


def redundant(part: Fraction, count: int) -> Fraction:
    """One of ``count`` identical independent parts is enough."""
    return 1 - (1 - part) ** count
