"""What makes a ladder sound: its points in order, no way back, every step within reach; and which ladder applies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vigie.contracts.rules.calendar import Calendar
from vigie.kernel.refusal import Refusal

# Ten times its time: nobody is served by a step beyond, and no clock of a desk goes that far.
HIGHEST_PERCENT = 1000
LONGEST_MINUTES = 60 * 24 * 60
MINUTE = 60

Owner = tuple[int | None, int | None]  # client, contract; common to more where one is empty


@dataclass(frozen=True, slots=True)
class Point:
    """When a step is reached: a percent of the target, or minutes from the breach (negative: before it).

    ``unit``: ``percent``, ``service`` (minutes of the clock's own service time), ``wall``. With a ``calendar``, minutes are
    those of its open time.
    """

    unit: str
    value: int
    calendar: Calendar | None = None

    @property
    def is_before_breach(self) -> bool:
        return self.value < (100 if self.unit == "percent" else 0)

    def used(self, target: int) -> int:
        """Seconds of the promise used when it is reached, by its own service time; minutes of another time are taken alike."""
        if self.unit == "percent":
            return -(-self.value * target // 100)
        return target + self.value * MINUTE


@dataclass(frozen=True, slots=True)
class Rung:
    """One step as the rules read it. ``acknowledge``: minutes, ``None`` where no answer is asked.

    ``since``: epoch seconds; what was reached before is not told. ``taker``: who takes the ticket over, for a functional step.
    """

    key: int
    point: Point
    acknowledge: int | None = None
    since: int = 0
    taker: str = ""


# -- is it sound? ----------------------------------------------------------------------------------------------------


def check_ladder(rungs: Sequence[Rung], targets: Iterable[int] = ()) -> None:
    """Refuse steps that can never fire, steps out of order, a ticket handed back to who had it.

    ``targets``: seconds that clocks of this scope are promised, where known: minutes and percents compare by them.
    """
    known = sorted(set(targets))
    for rung in rungs:
        _check_reach(rung.point, known)
    for before, after in pairwise(rungs):
        if not _in_order(before.point, after.point, known):
            raise Refusal("escalation.out_of_order", field="amount")
    takers = [rung.taker for rung in rungs if rung.taker]
    if len(set(takers)) < len(takers):
        raise Refusal("escalation.circular", field="audience")


def _check_reach(point: Point, targets: Sequence[int]) -> None:
    if point.unit == "percent":
        if not 0 < point.value <= HIGHEST_PERCENT:
            raise Refusal("escalation.never_fires_percent", field="amount", most=HIGHEST_PERCENT)
        return
    if abs(point.value) > LONGEST_MINUTES:
        raise Refusal("escalation.never_fires_minutes", field="amount", most=LONGEST_MINUTES)
    counts_service = point.unit == "service" and point.calendar is None
    if counts_service and targets and point.used(targets[-1]) <= 0:
        longest = targets[-1] // MINUTE
        raise Refusal("escalation.never_fires_early", field="amount", minutes=-point.value, longest=longest)


def _in_order(before: Point, after: Point, targets: Sequence[int]) -> bool:
    """Is ``after`` reached later than ``before``, under every target? The same point twice is no order."""
    if before.is_before_breach != after.is_before_breach:
        return before.is_before_breach
    if (before.unit == "percent") == (after.unit == "percent"):
        return before.value < after.value
    return all(before.used(target) < after.used(target) for target in targets)


def chain(start: int, following: Mapping[int, int | None]) -> list[int]:
    """The ladders climbed from ``start`` on, in order; refused where one leads back to one before."""
    found = [start]
    while (then := following.get(found[-1])) is not None:
        if then in found:
            raise Refusal("escalation.circular", field="continues_with")
        found.append(then)
    return found


def may_follow(owner: Owner, then: Owner) -> bool:
    """May a ladder of ``owner`` (client, contract) continue with one of ``then``: of the same, or common to more?"""
    return all(theirs in (None, ours) for ours, theirs in zip(owner, then, strict=True))


# -- which applies ---------------------------------------------------------------------------------------------------

BEHIND: Mapping[str, str] = {"ola_own": "team", "ola_work": "team", "uc": "supplier"}


def whose_of(kind: str) -> str:
    """Whose promise a clock of this kind measures: ``team``, ``supplier``, else ``client``."""
    return BEHIND.get(kind, "client")


def check_kind(whose: str, kind: str) -> None:
    """Refuse a clock that does not measure these promises."""
    if kind and whose_of(kind) != whose:
        raise Refusal("escalation.kind_of_another", field="kind")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a ladder is for; empty matches everything, but that ``whose`` promises are always said."""

    key: int
    organisation: int | None = None
    contract: int | None = None
    kind: str = ""
    priorities: frozenset[int] = frozenset()
    vip_only: bool = False
    whose: str = "client"


@dataclass(frozen=True, slots=True)
class Case:
    """A clock of a ticket."""

    organisation: int
    contract: int | None
    kind: str
    priority: int
    is_vip: bool


def leads_all(scope: Scope, then: Scope) -> bool:
    """Is every ticket of ``scope``, by priority and VIP, one of ``then`` too?"""
    priorities = not then.priorities or (bool(scope.priorities) and scope.priorities <= then.priorities)
    return priorities and (scope.vip_only or not then.vip_only)


def matches(scope: Scope, case: Case) -> bool:
    return (
        scope.whose == whose_of(case.kind)
        and scope.organisation in (None, case.organisation)
        and scope.contract in (None, case.contract)
        and scope.kind in ("", case.kind)
        and (not scope.priorities or case.priority in scope.priorities)
        and (not scope.vip_only or case.is_vip)
    )


def rank(scope: Scope) -> tuple[bool, ...]:
    """Compared in this order: contract, client, VIP, priorities, clock."""
    return (
        scope.contract is not None, scope.organisation is not None, scope.vip_only, bool(scope.priorities), bool(scope.kind),
    )  # fmt: skip


def choose(scopes: Iterable[Scope], case: Case) -> Scope | None:
    """The most specific ladder for this clock; ``None`` where none applies. Ties are refused when a ladder is saved."""
    return max((scope for scope in scopes if matches(scope, case)), key=rank, default=None)


def check_tie(new: Scope, others: Iterable[Scope]) -> None:
    """Refuse a ladder that another, just as specific, contends with for some clock."""
    for other in others:
        same_owner = (other.organisation, other.contract) == (new.organisation, new.contract)
        same_kind = (new.whose, new.kind) == (other.whose, other.kind)
        overlap = not new.priorities or bool(new.priorities & other.priorities)
        if other.key != new.key and rank(other) == rank(new) and same_owner and same_kind and overlap:
            raise Refusal("escalation.tie", field="priorities")
