"""Calendars of the worked examples, and short ways to write instants, terms and facts in tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import Audience, ClockKind, PauseMatrix, Target, Terms, Unit
from vigie.contracts.rules.reading import Reading
from vigie.contracts.rules.sla_clock import read_clock

H = 3600
M = 60
WEEK = WEEKDAYS[:5]
PARIS = "Europe/Paris"

K1 = Calendar.weekly(PARIS, WEEK, ("08:00", "18:00"), holiday_sets=["FR"], code="K1")
K2 = Calendar.weekly(PARIS, WEEK, ("09:00", "12:30"), ("13:30", "18:00"), code="K2")
K3 = Calendar.weekly(PARIS, WEEK, ("08:00", "18:00"), holiday_sets=["FR-57"], code="K3")
K4 = Calendar.always(PARIS, code="K4")
K5 = Calendar.weekly(PARIS, WEEKDAYS, ("22:00", "06:00"), code="K5")
K6 = Calendar.weekly("America/Toronto", WEEK, ("08:00", "17:00"), code="K6")
K7 = Calendar.union(
    PARIS,
    *(
        Calendar.weekly(zone, WEEK, ("08:00", "18:00"))
        for zone in ("Asia/Singapore", PARIS, "America/Toronto")
    ),
    code="K7",
)
K8 = Calendar.weekly("Europe/London", WEEK, ("09:00", "17:00"), code="K8")


def at(text: str, zone: str = PARIS) -> int:
    """``2026-01-12 09:00`` on the wall of the zone (first occurrence where there are two)."""
    return epoch(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def jan(day: int, clock: str) -> int:
    return at(f"2026-01-{day:02d} {clock}")


def wall(instant: int | None, zone: str = PARIS) -> str:
    """``2026-01-12 09:00``, with seconds where there are any."""
    assert instant is not None
    local = moment(instant, zone)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def due(calendar: Calendar, start: int, seconds: float) -> int:
    return openings(calendar).due(start, int(seconds))


def elapsed(calendar: Calendar, start: int, end: int) -> int:
    return openings(calendar).elapsed(start, end)


def terms(
    calendar: Calendar = K1,
    hours: float = 8,
    kind: ClockKind = ClockKind.RESOLUTION,
    audience: Audience = Audience.SLA,
    pauses: dict[str, bool] | None = None,
    **more: Any,
) -> Terms:
    """Terms with the default pause matrix; ``hours`` the target, ``pauses`` what the contract overrides."""
    reasons = PauseMatrix({(audience, kind): pauses or {}}).reasons(audience, kind)
    base = Terms(kind, Target(int(hours * H)), calendar, audience=audience, pause_reasons=reasons)
    return replace(base, **more)


def days(n: int, calendar: Calendar = K1) -> Terms:
    return terms(calendar, target=Target(n, Unit.BUSINESS_DAYS_EOD))


def fact(kind: str, instant: int, **more: Any) -> ClockFact:
    return ClockFact(FactKind(kind), instant, **more)


def start(instant: int) -> ClockFact:
    return fact("start", instant)


def stop(instant: int) -> ClockFact:
    return fact("stop", instant)


def pause(a: int, b: int, reason: str = "client_info", **more: Any) -> list[ClockFact]:
    return [fact("pause", a, reason=reason, **more), fact("resume", b)]


def read(promise: Terms, now: int, *facts: ClockFact | list[ClockFact]) -> Reading:
    """The reading, after checking that its segments tell the whole story (R4.16)."""
    flat = [one for some in facts for one in (some if isinstance(some, list) else [some])]
    reading = read_clock(promise, flat, now)
    counted = sum(s.service_seconds for s in reading.segments if s.counted)
    assert counted == reading.used_seconds
    edges = [reading.started_at, *(segment.end for segment in reading.segments)]
    assert edges[:-1] == [segment.start for segment in reading.segments]
    if reading.state != "cancelled":
        assert edges[-1] == (now if reading.stopped_at is None else reading.stopped_at)
    return reading
