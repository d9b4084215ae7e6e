"""Is a promise to the client supported by those of the teams and suppliers behind it?

A path is the promises that a ticket may go through one after the other: each holder keeps the ticket as long as its own
promise allows, then hands it on. The time that takes, measured on the client's calendar, depends on the instant at which
the ticket opens; the client's promise is supported when it is long enough for the worst one.

Why a few instants are enough. Let ``end(a)`` be the last instant at which every promise of the path is still kept for a ticket
opened at ``a``. It never goes backwards, moves by whole seconds or stands still, and jumps only forwards. So the time measured,
``elapsed(a, end(a))``, is made of straight pieces of slope -1, 0 or 1. Go left from a highest point as long as the time stays the
same. Where that ends, either ``end`` jumps, or the time rose before. It rises only while the client's calendar is closed at ``a``;
then it does not fall before that calendar opens. So some highest point is one of these (``_starts``):

- the client's calendar opens;
- ``end`` jumps: the time of a holder runs out exactly as its calendar closes, and goes on to the next opening;
- an edge of the window.

A jump of a later holder is carried back to the opening of the ticket through the holders before it. Where the client's promise is J+n
its end jumps too: what is missing is then largest in the second before such a jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import DAY, local_day, wall_to_epoch
from vigie.contracts.rules.openings import Openings
from vigie.contracts.rules.promise import Target, Unit
from vigie.kernel.refusal import Refusal

HORIZON = 400 * DAY
"""How far ahead the worst instant is sought: every week of a year, its holidays and both changes of clock."""

_CLOCKS = (Unit.SERVICE_TIME, Unit.CALENDAR_TIME, Unit.BUSINESS_DAYS_EOD)


@dataclass(frozen=True, slots=True)
class Leg:
    """How long one holder may keep the ticket; ``holder`` names it for the reader of the answer and changes nothing to it.

    ``openings`` measure it: found once, since to find them reads the whole calendar.
    """

    holder: str = field(compare=False)
    target: Target
    calendar: Calendar
    openings: Openings = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.target.unit not in _CLOCKS:
            raise Refusal("contracts.target_not_a_clock", field="target")
        object.__setattr__(self, "openings", self.target.openings(self.calendar))

    def end(self, start: int) -> int:
        """The last instant at which the promise is still kept by a holder that got the ticket at ``start``."""
        if self.target.unit == Unit.BUSINESS_DAYS_EOD:
            return self.openings.next_open(self.openings.business_days_eod(start, self.target.value))
        return self.openings.last_ok(start, self.target.value)

    def allows(self, start: int) -> int:
        """Seconds of service that it gives to a ticket opened at ``start``."""
        if self.target.unit == Unit.BUSINESS_DAYS_EOD:
            return self.openings.elapsed(start, self.openings.business_days_eod(start, self.target.value))
        return self.target.value


@dataclass(frozen=True, slots=True)
class Step:
    """One holder in the worst case: from when, and until when it may keep the ticket."""

    leg: Leg
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Worst:
    """The opening that leaves the least room: what the path takes and what the promise allows, in seconds of service.

    ``hours`` are those that measure the promise.
    """

    start: int
    end: int
    seconds: int
    allowed: int
    steps: tuple[Step, ...]
    hours: Openings

    @property
    def supported(self) -> bool:
        """Is the promise to the client long enough?"""
        return self.seconds <= self.allowed

    @property
    def missing(self) -> int:
        """Seconds of service by which it is too short; 0 where it is supported."""
        return max(0, self.seconds - self.allowed)


def follow(promise: Leg, path: tuple[Leg, ...], start: int) -> Worst:
    """The path of a ticket opened at ``start``, each holder keeping it as long as it may."""
    steps: list[Step] = []
    at = start
    for leg in path:
        steps.append(Step(leg, at, leg.end(at)))
        at = steps[-1].end
    hours = promise.openings
    return Worst(start, at, hours.elapsed(start, at), promise.allows(start), tuple(steps), hours)


def worst(promise: Leg, path: tuple[Leg, ...], since: int, until: int) -> Worst:
    """The worst opening in ``[since, until]``; of several, the first."""
    hours = promise
    if (
        promise.target.unit != Unit.BUSINESS_DAYS_EOD
    ):  # the same amount for every opening: it moves no worst one
        hours = replace(promise, target=replace(promise.target, value=1))
    return follow(promise, path, _worst_start(hours, path, since, until))


@lru_cache(maxsize=4096)
def _worst_start(promise: Leg, path: tuple[Leg, ...], since: int, until: int) -> int:
    """Where it is, whoever the holders are: teams that promise the same are sought once."""
    starts = sorted(
        {since, until, *(at for at in _starts(promise, path, since, until) if since <= at <= until)}
    )
    return max(starts, key=lambda start: (_short_by(promise, path, start), -start))


def _short_by(promise: Leg, path: tuple[Leg, ...], start: int) -> int:
    """Seconds of service that a ticket opened then is short of; below 0, those to spare."""
    at = start
    for leg in path:
        at = leg.end(at)
    return promise.openings.elapsed(start, at) - promise.allows(start)


def _starts(promise: Leg, path: tuple[Leg, ...], since: int, until: int) -> Iterator[int]:
    """Openings among which one is the worst, the edges of the window apart."""
    if promise.target.unit == Unit.BUSINESS_DAYS_EOD:
        yield from (at - 1 for at in _jumps(promise, since, until + 1))
        return
    hours = promise.openings
    yield from (start for start, _ in hours.spans(since, until))
    low, high = since, until
    for number, leg in enumerate(path):
        yield from _carried(path[:number], _jumps(leg, low, high))
        low, high = leg.end(low), leg.end(high)


def _jumps(leg: Leg, low: int, high: int) -> Iterator[int]:
    """Instants of receiving the ticket, in ``[low, high]``, at which the end of this leg jumps.

    Of J+n: where J may change, at the end of a day's service and at midnight in a shift that goes past it.
    """
    if leg.target.unit != Unit.BUSINESS_DAYS_EOD:
        yield from (_before(leg, closing) for _, closing in leg.openings.spans(low, leg.end(high) + 1))
        return
    yield from (end for _, end in leg.openings.spans(low, high + 1))
    zone = leg.openings.zone
    for day in range(local_day(low, zone), local_day(high, zone) + 2):
        yield wall_to_epoch(day, 0, zone)


def _before(leg: Leg, at: int) -> int:
    """The first instant of receiving the ticket for which it leaves this leg at ``at`` or later."""
    return leg.openings.prev_open(leg.openings.back(at, leg.target.value))


def _carried(path: tuple[Leg, ...], instants: Iterable[int]) -> Iterator[int]:
    """The openings of a ticket that comes out of ``path`` at these instants.

    Through a leg of J+n nothing is carried: it stands still between its own jumps, which are sought already.
    """
    if any(leg.target.unit == Unit.BUSINESS_DAYS_EOD for leg in path):
        return
    for at in instants:
        for leg in reversed(path):
            at = _before(leg, at)
        yield at
