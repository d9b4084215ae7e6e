"""What is at stake in a clock that runs out: what one more miss would cost, and which ticket comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from vigie.contracts.rules.compliance import Verdict
from vigie.contracts.rules.penalties import NOTHING

# Shares of the monthly fees in sight (domain 9.9).
PRIMARY, MAJOR = Fraction(1, 2), Fraction(1, 5)


class Why(StrEnum):
    """What one more miss does to the month's rate of a commitment."""

    CROSSES = "crosses"  # reached until now, missed then
    DEEPER = "deeper"  # missed already, lower still
    TOLERATED = "tolerated"  # still reached: the rate or the minimum volume bears it


@dataclass(frozen=True, slots=True)
class Line:
    """A commitment over the month: the misses counted, its rate (``None``: no measure) and its verdict."""

    key: int
    missed: int
    rate: Fraction | None
    verdict: Verdict
    penalty: Decimal


@dataclass(frozen=True, slots=True)
class Staked:
    """``amount``: what one miss more adds to the month's credit. The rest is of the commitment that suffers most."""

    key: int
    why: Why
    amount: Decimal
    nth: int
    rate_now: Fraction | None
    rate_then: Fraction | None


def staked(
    now: Mapping[int, Line],
    then: Mapping[int, Line],
    covering: Iterable[int],
    total_now: Decimal,
    total_then: Decimal,
) -> Staked | None:
    """The month as it is against the month with one miss more; ``None`` where no commitment measures such a clock."""
    keys = [key for key in covering if key in now and key in then]
    if not keys:
        return None
    key = max(
        keys,
        key=lambda one: (
            _why(now[one], then[one]).value != Why.TOLERATED,
            then[one].penalty - now[one].penalty,
            -one,
        ),
    )
    amount = max(total_then - total_now, NOTHING)
    return Staked(key, _why(now[key], then[key]), amount, then[key].missed, now[key].rate, then[key].rate)


def _why(now: Line, then: Line) -> Why:
    if then.verdict != Verdict.NOT_CONFORMING:
        return Why.TOLERATED
    return Why.DEEPER if now.verdict == Verdict.NOT_CONFORMING else Why.CROSSES


# -- clients ---------------------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """How much a client weighs among those in sight."""

    PRIMARY = "primary"
    MAJOR = "major"
    SECONDARY = "secondary"
    UNKNOWN = "unknown"


STANDINGS: Sequence[Standing] = tuple(Standing)


def standings(fees: Iterable[tuple[int, str, Decimal]]) -> dict[int, Standing]:
    """The standing of each client by its share of the monthly fees; ``(client, currency, fee)``. Currencies are not mixed."""
    own: dict[tuple[int, str], Decimal] = {}
    sums: dict[str, Decimal] = {}
    for client, currency, fee in fees:
        own[client, currency] = own.get((client, currency), NOTHING) + fee
        sums[currency] = sums.get(currency, NOTHING) + fee
    found: dict[int, Standing] = {}
    for (client, currency), fee in own.items():
        if fee > 0:
            share = Fraction(fee) / Fraction(sums[currency])
            class_ = (
                Standing.PRIMARY
                if share >= PRIMARY
                else Standing.MAJOR
                if share >= MAJOR
                else Standing.SECONDARY
            )
            found[client] = min(class_, found.get(client, class_), key=STANDINGS.index)
    return found


# -- the order -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Risk:
    """A clock that runs out: ``amount`` of one more miss, in the client's currency; ``due`` in epoch seconds."""

    key: int
    amount: Decimal
    why: Why | None
    standing: Standing
    is_vip: bool
    priority: int
    due: int


def rank(risk: Risk) -> tuple[object, ...]:
    """Smallest first: money, a rate that would be lost, the client's standing, VIP, priority, then time."""
    weight = {Why.CROSSES: 0, Why.DEEPER: 1, Why.TOLERATED: 2, None: 3}[risk.why]
    return (
        -risk.amount, weight, STANDINGS.index(risk.standing), not risk.is_vip, risk.priority, risk.due, risk.key,
    )  # fmt: skip


def ordered(risks: Iterable[Risk]) -> list[Risk]:
    """The worst first."""
    return sorted(risks, key=rank)
