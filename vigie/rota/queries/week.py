"""What pages show of plans: who is open now, the week of a team, its on-call calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from vigie.accounts.models import Person, Team
from vigie.contracts.queries.places import named_sets
from vigie.contracts.rules.instants import epoch, moment, wall_to_epoch, zone_of
from vigie.kernel.actor import Actor
from vigie.rota import access
from vigie.rota.models import Override, Rotation, ShiftPattern, Swap
from vigie.rota.queries.plan import Plan, plans
from vigie.rota.rules.on_call import Slot
from vigie.rota.rules.shifts import Shift, present
from vigie.toolkit.ordering import by_name

LOOK = dt.timedelta(days=8)
DAY_MINUTES = 1440
Bar = tuple[int, int, int, ShiftPattern, str]


@dataclass(frozen=True, slots=True)
class Now:
    """A team at an instant. ``change``: when it closes or opens next, within eight days."""

    team: Team
    local: dt.datetime
    is_open: bool
    change: dt.datetime | None
    on_shift: tuple[Person, ...]
    on_call: tuple[Person, ...]
    next_team: Team | None


def open_now(actor: Actor, *, now: dt.datetime) -> list[Now]:
    """Every team in use: those of level 1 first."""
    teams = list(access.visible(actor).order_by("level", by_name("name_fr")))
    found = plans(teams, now, now + LOOK)
    return [_now(found[team.pk], now) for team in teams]


def _now(plan: Plan, now: dt.datetime) -> Now:
    at, zone = epoch(now), plan.team.timezone
    running = next((end for start, end in plan.open if start <= at < end), None)
    ahead = next((start for start, _ in plan.open if start > at), None)
    change = running if running is not None else ahead
    here = plan.on_shift(now)
    return Now(
        plan.team, moment(at, zone), running is not None, moment(change, zone) if change is not None else None,
        here, plan.on_call(now), plan.hub.next_team if plan.hub else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worked:
    """A shift of one day: its people, each with whether they are there ``all``, ``part`` or ``none`` of it."""

    pattern: ShiftPattern
    start: dt.datetime
    end: dt.datetime
    people: tuple[tuple[Person, str], ...]
    there: int
    needed: int


@dataclass(frozen=True, slots=True)
class Called:
    """A piece of on-call, in the team's zone."""

    rank: int
    person: Person
    start: dt.datetime
    end: dt.datetime
    source: str
    away: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a team: its holiday's name if it is one, shifts that start then, on-call that touches it.

    ``bars``: ``(lane, from, to, pattern, words)`` in minutes of the day, nights that began the day before with them.
    """

    day: dt.date
    holiday: str
    worked: tuple[Worked, ...]
    called: tuple[Called, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Week:
    team: Team
    monday: dt.date
    days: tuple[Day, ...]
    lanes: int
    has_rotation: bool


def week_of(actor: Actor, team_id: int, monday: dt.date, language: str) -> Week:
    """The seven days from a Monday, in the team's zone."""
    team = access.one(actor, team_id)
    low, high = bounds(team, monday, 7)
    plan = plans([team], low, high)[team.pk]
    sets = plan.hub.holiday_sets if plan.hub else []
    holidays = {
        day: name
        for year in {monday.year, monday.year + 1}
        for day, name, _ in named_sets(sets, year, language)
    }
    days = [monday + dt.timedelta(days=n) for n in range(7)]
    found = tuple(_day(plan, day, holidays.get(day, "")) for day in days)
    lanes = max((bar[0] + 1 for day in found for bar in day.bars), default=0)
    return Week(team, monday, found, lanes, bool(plan.ranks))


def bounds(team: Team, first: dt.date, days: int) -> tuple[dt.datetime, dt.datetime]:
    """The instants at which so many local days of a team begin and end."""
    zone = zone_of(team.timezone)
    edges = (wall_to_epoch(first.toordinal() + n, 0, zone) for n in (0, days))
    low, high = (moment(edge, team.timezone) for edge in edges)
    return low, high


def _day(plan: Plan, day: dt.date, holiday: str) -> Day:
    low, high = (epoch(edge) for edge in bounds(plan.team, day, 1))
    worked = tuple(_worked(plan, shift) for shift in plan.shifts if shift.day == day)
    touching = [shift for shift in plan.shifts if shift.start < high and shift.end > low]
    return Day(day, holiday, worked, tuple(_called(plan, low, high)), tuple(_bars(plan, touching, day)))


def _worked(plan: Plan, shift: Shift) -> Worked:
    zone, whole = plan.team.timezone, shift.end - shift.start
    people = []
    for person in shift.people:
        here = sum(end - start for start, end in present(shift, person, plan.away))
        people.append((plan.people[person], "all" if here == whole else "part" if here else "none"))
    there = sum(state != "none" for _, state in people)
    start, end = moment(shift.start, zone), moment(shift.end, zone)
    return Worked(plan.patterns[shift.pattern], start, end, tuple(people), there, shift.needed)


def _called(plan: Plan, low: int, high: int) -> Iterator[Called]:
    for rank, slots in plan.ranks.items():
        for slot in slots:
            if slot.start < high and slot.end > low:
                yield called_of(plan, rank, slot)


def called_of(plan: Plan, rank: int, slot: Slot) -> Called:
    zone = plan.team.timezone
    person = plan.people[slot.person]
    return Called(rank, person, moment(slot.start, zone), moment(slot.end, zone), slot.source, slot.away)


def _bars(plan: Plan, shifts: list[Shift], day: dt.date) -> Iterator[Bar]:
    """Each in the first lane that is free by then."""
    free: list[int] = []
    for shift in shifts:
        start, end = moment(shift.start, plan.team.timezone), moment(shift.end, plan.team.timezone)
        first = 0 if start.date() < day else start.hour * 60 + start.minute
        last = DAY_MINUTES if end.date() > day else end.hour * 60 + end.minute
        there = sum(bool(present(shift, person, plan.away)) for person in shift.people)
        lane = next((n for n, until in enumerate(free) if until <= first), len(free))
        free[lane : lane + 1] = [last]
        if last > first:
            yield lane, first, last, plan.patterns[shift.pattern], f"{there}/{shift.needed}"


@dataclass(frozen=True, slots=True)
class OnCall:
    """On-call of a team over some weeks, with the rows that made it so."""

    team: Team
    first: dt.date
    last: dt.date
    ranks: dict[int, tuple[Called, ...]]
    rotations: list[Rotation]
    overrides: list[Override]
    swaps: list[Swap]


def on_call_calendar(actor: Actor, team_id: int, first: dt.date, weeks: int, *, now: dt.datetime) -> OnCall:
    """The pieces of each rank, rotations in force or to come, replacements and swaps that are not over."""
    team = access.one(actor, team_id)
    low, high = bounds(team, first, weeks * 7)
    plan = plans([team], low, high)[team.pk]
    ranks = {
        rank: tuple(called_of(plan, rank, s) for s in slots) for rank, slots in plan.ranks.items() if slots
    }
    overrides = Override.objects.filter(team=team, withdrawn_at=None, ends_at__gt=now).select_related(
        "person"
    )
    swaps = Swap.objects.filter(team=team, ends_at__gt=now).exclude(state=Swap.State.WITHDRAWN)
    return OnCall(
        team, first, first + dt.timedelta(days=weeks * 7 - 1), ranks, _in_force(team, now),
        list(overrides.order_by("starts_at")[:50]), list(swaps.select_related("asker", "other").order_by("starts_at")[:50]),
    )  # fmt: skip


def _in_force(team: Team, now: dt.datetime) -> list[Rotation]:
    """Rotations that run or will, not those that another has replaced."""
    today = moment(epoch(now), team.timezone).date()
    rows = list(
        Rotation.objects.filter(team=team).prefetch_related("members__person").order_by("rank", "-starts_on")
    )
    found, seen = [], set()
    for row in rows:
        if row.rank in seen or (row.ends_on is not None and row.ends_on < today):
            continue
        if row.starts_on <= today:
            seen.add(row.rank)
        found.append(row)
    return found
