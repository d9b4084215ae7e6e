"""Writes of shifts: where a team works, its hours, who works them, and days that are other than the week says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from vigie.accounts.models import Agent, Team
from vigie.contracts.rules.holiday_sets import set_days
from vigie.contracts.rules.instants import moment
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.rota import access
from vigie.rota.models import Hub, ShiftChange, ShiftPattern, ShiftPlace
from vigie.rota.queries.plan import change_rule, pattern_rule, place_rule
from vigie.rota.rules.shifts import clash, shifts_of
from vigie.toolkit import journal

LOOKED_AHEAD = dt.timedelta(days=15)
NAMES = ("name_fr", "name_en", "people_needed", "works_on_holidays")


@transaction.atomic
def set_hub(
    actor: Actor, team_id: int, holiday_sets: Sequence[str], next_team_id: int | None, *, now: dt.datetime
) -> Hub:
    """The public holidays of a team's place, and the team it hands over to."""
    team = access.led(actor, team_id, lock=True)
    for code in holiday_sets:
        set_days(code, now.year)
    if next_team_id is not None:
        access.one(actor, next_team_id)
    row = Hub.objects.filter(team=team).first() or Hub(team=team)
    values = {"holiday_sets": list(holiday_sets), "next_team_id": next_team_id}
    return journal.write(actor, row, values, now=now)


@transaction.atomic
def add_pattern(actor: Actor, team_id: int, values: Mapping[str, Any], *, now: dt.datetime) -> ShiftPattern:
    """One more shift of a team: ``name_fr``, ``name_en``, ``hours``, ``people_needed``, ``valid_from``…"""
    team = access.led(actor, team_id, lock=True)
    row = ShiftPattern(team=team)
    return _write_pattern(actor, row, values, now)


@transaction.atomic
def change_pattern(
    actor: Actor, pattern_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> ShiftPattern:
    """Other hours from ``valid_from`` on: the shift ends there and one like it begins, with the same people.

    Names, and a shift that has not begun by then, are changed in place. The days that were stay as they were.
    """
    row = access.pattern(actor, pattern_id)
    access.led(actor, row.team_id, lock=True)
    starting: dt.date = values["valid_from"]
    if row.valid_until is not None and row.valid_until <= starting:
        raise Refusal("rota.shift_ended", field="valid_from")
    same = row.hours == values["hours"] and row.works_on_holidays == values["works_on_holidays"]
    if same or starting <= row.valid_from:
        kept = row.valid_from if same else starting
        return _write_pattern(actor, row, {**values, "valid_from": kept}, now)
    heir = ShiftPattern(team_id=row.team_id, valid_until=row.valid_until)
    places = list(_standing(row.places.all(), starting))
    journal.write(actor, row, {"valid_until": starting}, now=now)
    made = _write_pattern(actor, heir, values, now)
    for place in places:
        copy = {"person_id": place.person_id, "weekdays": place.weekdays, "valid_until": place.valid_until,
                "valid_from": max(starting, place.valid_from)}  # fmt: skip
        journal.write(actor, ShiftPlace(pattern=made), copy, now=now)
        journal.write(actor, place, {"valid_until": max(starting, place.valid_from)}, now=now)
    for person_id in {place.person_id for place in places}:
        _refuse_clash(person_id, starting)
    return made


@transaction.atomic
def place(
    actor: Actor, pattern_id: int, person_id: int, weekdays: Sequence[int], valid_from: dt.date,
    valid_until: dt.date | None = None, *, now: dt.datetime,
) -> ShiftPlace:  # fmt: skip
    """Put a person on a shift, on some days of the week. Refused where that person works another shift then."""
    row = access.pattern(actor, pattern_id)
    access.led(actor, row.team_id, lock=True)
    agent(person_id)
    if valid_until is not None and valid_until <= valid_from:
        raise Refusal("rota.ends_before_start", field="valid_until")
    made = journal.write(
        actor, ShiftPlace(pattern=row),
        {"person_id": person_id, "weekdays": sorted(set(weekdays)), "valid_from": valid_from, "valid_until": valid_until},
        now=now,
    )  # fmt: skip
    _refuse_clash(person_id, valid_from)
    return made


@transaction.atomic
def end_place(actor: Actor, place_id: int, day: dt.date, *, now: dt.datetime) -> ShiftPlace:
    """The first day on which the person no longer works this shift."""
    row = ShiftPlace.objects.filter(pk=place_id, pattern__team__in=access.visible(actor)).first()
    if row is None:
        raise NotFound()
    access.led(actor, row.pattern.team_id, lock=True)
    return journal.write(actor, row, {"valid_until": max(day, row.valid_from)}, now=now)


@transaction.atomic
def change_day(
    actor: Actor, pattern_id: int, person_id: int, day: dt.date, kind: str, reason: str = "", *, now: dt.datetime
) -> ShiftChange:  # fmt: skip
    """On that day a person comes in, or does not. The latest word about a day holds."""
    row = access.pattern(actor, pattern_id)
    team = access.led(actor, row.team_id, lock=True)
    agent(person_id)
    hub = Hub.objects.filter(team=team).first()
    places = [place_rule(one) for one in row.places.all()]
    changes = [change_rule(one) for one in row.changes.filter(day=day).order_by("pk")]
    found = shifts_of([pattern_rule(row, team.timezone, hub)], places, changes, day, day)
    if not found:
        raise Refusal("rota.no_shift_that_day", field="day")
    if (person_id in found[0].people) == (kind == ShiftChange.Kind.COMES):
        raise Refusal("rota.nothing_changes", field="kind")
    values = {"person_id": person_id, "day": day, "kind": kind, "reason": reason.strip(), "created_at": now}
    made = journal.write(actor, ShiftChange(pattern=row), values, now=now)
    _refuse_clash(person_id, day)
    return made


def agent(person_id: int, field: str = "person") -> None:
    """Refuse anybody who is not an active agent; an unknown one is not found."""
    found = Agent.objects.filter(pk=person_id).values_list("person__is_active", flat=True).first()
    if found is None:
        raise NotFound()
    if not found:
        raise Refusal("rota.not_working_here", field=field)


def _write_pattern(
    actor: Actor, row: ShiftPattern, values: Mapping[str, Any], now: dt.datetime
) -> ShiftPattern:
    """Check the hours, save."""
    names = (*NAMES, "hours", "valid_from", "valid_until")
    wanted = {name: values[name] for name in names if name in values}
    until = wanted.get("valid_until", row.valid_until)
    if until is not None and until <= wanted["valid_from"]:
        raise Refusal("rota.ends_before_start", field="valid_until")
    try:
        typed = ShiftPattern(pk=row.pk, hours=wanted["hours"], valid_from=wanted["valid_from"])
        pattern_rule(typed, Team.objects.get(pk=row.team_id).timezone, None)
    except Refusal as refusal:
        raise Refusal(refusal.code, field="hours", **refusal.params) from None
    saved = journal.write(actor, row, wanted, now=now)
    for person_id in set(_standing(saved.places.all(), saved.valid_from).values_list("person_id", flat=True)):
        _refuse_clash(person_id, saved.valid_from)
    return saved


def _standing(rows: Any, day: dt.date) -> Any:
    return rows.filter(Q(valid_until=None) | Q(valid_until__gt=day))


def _refuse_clash(person_id: int, first: dt.date) -> None:
    """Refuse two shifts of one person that overlap, in any team, from ``first`` on.

    A plan repeats itself by the week between the days on which something in it begins: the weeks after each such day say
    it all.
    """
    places = list(_standing(ShiftPlace.objects.filter(person_id=person_id), first).order_by("pk"))
    changes = list(ShiftChange.objects.filter(person_id=person_id, day__gte=first).order_by("pk"))
    every = {row.pattern_id for row in (*places, *changes)}
    patterns = list(_standing(ShiftPattern.objects.filter(pk__in=every), first).select_related("team__hub"))
    rules = [pattern_rule(row, row.team.timezone, getattr(row.team, "hub", None)) for row in patterns]
    starts = {first, *(row.valid_from for row in (*places, *patterns)), *(row.day for row in changes)}
    mine, days = [place_rule(row) for row in places], [change_rule(row) for row in changes]
    for start in sorted(day for day in starts if day >= first):
        before = start - dt.timedelta(days=1)
        found = clash(shifts_of(rules, mine, days, before, start + LOOKED_AHEAD), person_id)
        if found is not None:
            row = next(p for p in patterns if p.pk == found[1].pattern)
            at = moment(found[1].start, row.team.timezone)
            raise Refusal(
                "rota.shifts_overlap", field="person", day=at.date().isoformat(), team=row.team.name_fr
            )
