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


@dataclass(frozen=True, slots=True)
class Work:
    """A planned maintenance: announced at, from, to (both as announced), and when it really ended (``None``: as announced)."""

    announced: int
    start: int
    end: int
    finished: int | None = None

    @property
    def real(self) -> Span:
        """What it took of the service."""
        return self.start, self.end if self.finished is None else self.finished


def admitted(
    works: Iterable[Work], opening: Spans, *, notice: int, window: Spans | None, quota: int | None
) -> list[Spans]:
    """What of each maintenance leaves the agreed time: announced ``notice`` seconds before its start, inside the window
    (``None``: at any time), not beyond its announced end, and within ``quota`` seconds of open time in all.

    The quota is used up in the order of the works; ``works`` are in the order of their starts.
    """
    left, found = quota, []
    for work in works:
        taken = intersection(opening, tidy([(work.start, min(work.end, work.real[1]))]))
        taken = taken if window is None else intersection(taken, window)
        if work.start - work.announced < notice:
            taken = ()
        if left is not None:
            taken = _first(taken, left)
            left -= total(taken)
        found.append(taken)
    return found


def _first(spans: Spans, seconds: int) -> Spans:
    """The first so many seconds of the spans."""
    kept: list[Span] = []
    for start, end in spans:
        end = min(end, start + seconds)
        seconds -= end - start
        kept.append((start, end))
    return tidy(kept)


def availability(
    opening: Spans, maintenance: Iterable[Span], outages: Sequence[Outage], before: Spans = ()
) -> Availability:
    """Over the open spans of the period. ``maintenance`` is what was announced in time, inside window and quota.

    Overlapping outages count once, by the highest weight of each instant; outside the agreed time they count nothing.
    ``before``: agreed spans before the period; a failure that was felt there already was counted then.
    """
    agreed = subtraction(opening, tidy(maintenance))
    falls = tidy((one.start, one.end) for one in outages)
    failures = sum(1 for fall in falls if intersection(agreed, (fall,)) and not intersection(before, (fall,)))
    down = sum((one.weight * total(spans) for one, spans in shares(agreed, outages)), Fraction(0))
    return Availability(total(agreed), down, failures)


def shares(agreed: Spans, outages: Sequence[Outage]) -> list[tuple[Outage, Spans]]:
    """The agreed time that each outage counts for, every instant once: for the heaviest outage, then the earliest."""
    found: list[tuple[Outage, Spans]] = []
    free = agreed
    for one in sorted(outages, key=lambda one: (-one.weight, one.start, one.end)):
        fall = tidy([(one.start, one.end)])
        found.append((one, intersection(free, fall)))
        free = subtraction(free, fall)
    return found


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
