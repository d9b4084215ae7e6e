"""The fair-load report: who carried how much of a team's on-call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from vigie.accounts.models import Person
from vigie.contracts.rules.holiday_sets import set_days
from vigie.contracts.rules.instants import epoch, moment, wall_to_epoch, zone_of
from vigie.kernel.actor import Actor
from vigie.rota import access
from vigie.rota.models import CallOut, RotationMember
from vigie.rota.queries.plan import plans
from vigie.rota.rules.load import Share, deviation, shares

MONTHS = (3, 6, 12)
COLUMNS = ("nights", "weekend_days", "holidays", "call_outs")


@dataclass(frozen=True, slots=True)
class Row:
    """One person: what was carried, and how far each column is from the mean."""

    person: Person
    share: Share
    deviations: dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class Report:
    """``rows`` holds everybody for the lead, oneself alone for anybody else; the means are of all."""

    first: dt.date
    last: dt.date
    rows: tuple[Row, ...]
    means: dict[str, Fraction]
    people: int
    totals: dict[str, int]


def fair_load(actor: Actor, team_id: int, months: int, *, now: dt.datetime) -> Report:
    """On-call of a team over the last ``months`` months, up to yesterday in its zone."""
    team = access.one(actor, team_id)
    zone = zone_of(team.timezone)
    last = moment(epoch(now), team.timezone).date() - dt.timedelta(days=1)
    first = _months_before(last, months)
    low, high = (
        moment(wall_to_epoch(day.toordinal(), 0, zone)) for day in (first, last + dt.timedelta(days=1))
    )
    plan = plans([team], low, high)[team.pk]
    sets = plan.hub.holiday_sets if plan.hub else []
    holidays = {
        day for code in sets for year in range(first.year, last.year + 1) for day in set_days(code, year)
    }
    found: dict[int, Share] = {}
    for slots in plan.ranks.values():
        for person_id, share in shares(slots, team.timezone, holidays, first, last).items():
            whole = found.setdefault(person_id, Share())
            whole.nights += share.nights
            whole.weekend_days += share.weekend_days
            whole.holidays += share.holidays
    _add_call_outs(found, team_id, low, high)
    for person_id in RotationMember.objects.filter(
        rotation__team=team, rotation__starts_on__lte=last, rotation__ends_on=None
    ).values_list("person_id", flat=True):
        found.setdefault(person_id, Share())
    return _report(actor, team_id, first, last, found)


def _months_before(day: dt.date, months: int) -> dt.date:
    """The day after the same day so many months ago; the month's last where it has none."""
    at = day.year * 12 + day.month - 1 - months
    year, month = divmod(at, 12)
    following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    longest = (following - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, longest)) + dt.timedelta(days=1)


def _add_call_outs(found: dict[int, Share], team_id: int, low: dt.datetime, high: dt.datetime) -> None:
    rows = CallOut.objects.filter(team_id=team_id, starts_at__gte=low, starts_at__lt=high)
    for person_id, start, end in rows.values_list("person_id", "starts_at", "ends_at"):
        share = found.setdefault(person_id, Share())
        share.call_outs += 1
        share.seconds_out += int((end - start).total_seconds())


def _report(actor: Actor, team_id: int, first: dt.date, last: dt.date, found: dict[int, Share]) -> Report:
    columns = {name: [getattr(share, name) for share in found.values()] for name in COLUMNS}
    count = len(found)
    means = {name: Fraction(sum(many), count) if count else Fraction(0) for name, many in columns.items()}
    shown = found if access.leads(actor, team_id) else {pk: found[pk] for pk in (actor.me,) if pk in found}
    people = Person.objects.in_bulk(list(shown))
    rows = [
        Row(people[pk], share, {name: deviation(getattr(share, name), columns[name]) for name in COLUMNS})
        for pk, share in shown.items()
    ]
    rows.sort(key=lambda row: row.person.name)  # by name: it is no ranking
    return Report(first, last, tuple(rows), means, count, {name: sum(many) for name, many in columns.items()})
