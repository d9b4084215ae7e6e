"""The plan of teams over a span: their shifts, who is away, who is on call. A fixed number of statements, however many teams."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Prefetch, Q

from vigie.accounts.models import Person, Team
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import epoch, moment
from vigie.kernel.spans import Spans, tidy
from vigie.rota.models import (
    Absence,
    Hub,
    Override,
    Rotation,
    RotationMember,
    ShiftChange,
    ShiftPattern,
    ShiftPlace,
    Swap,
)
from vigie.rota.rules.on_call import Replacement, Slot, Turns, called, covered, slots
from vigie.rota.rules.shifts import Away, Change, Pattern, Place, Shift, on_at, open_spans, shifts_of, staffed

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One team between two instants. ``ranks``: on-call by rank, first to be called first."""

    team: Team
    hub: Hub | None
    patterns: dict[int, ShiftPattern]
    rules: tuple[Pattern, ...]
    shifts: tuple[Shift, ...]
    ranks: dict[int, tuple[Slot, ...]]
    away: Away
    days: tuple[dt.date, dt.date]
    people: dict[int, Person] = field(repr=False)

    def on_shift(self, at: dt.datetime) -> tuple[Person, ...]:
        return self._named(on_at(self.shifts, self.away, epoch(at)))

    def on_call(self, at: dt.datetime) -> tuple[Person, ...]:
        return self._named(called(self.ranks.values(), epoch(at)))

    def without_holidays(self) -> tuple[Shift, ...]:
        """The shifts there would be if no day were a holiday, people apart."""
        if not self.shifts and not self.rules:
            return ()
        every = [replace(r, calendar=replace(r.calendar, works_on_holidays=True)) for r in self.rules]
        return shifts_of(every, (), (), *self.days)

    @property
    def open(self) -> Spans:
        """When its shifts take place."""
        return open_spans(self.shifts)

    @property
    def staffed(self) -> Spans:
        """When somebody is on shift."""
        return staffed(self.shifts, self.away)

    @property
    def reachable(self) -> Spans:
        """When somebody on call can be called."""
        return covered(self.ranks.values())

    def _named(self, ids: Iterable[int]) -> tuple[Person, ...]:
        return tuple(self.people[person] for person in ids)


def plans(teams: Iterable[Team], low: dt.datetime, high: dt.datetime) -> dict[int, Plan]:
    """The plan of each team in ``[low, high)``; shifts of a night that began before are whole."""
    found = {team.pk: team for team in teams}
    ids = sorted(found)
    hubs = {hub.team_id: hub for hub in Hub.objects.filter(team_id__in=ids).select_related("next_team")}
    patterns = _patterns(ids, low, high)
    rules = {
        pk: tuple(pattern_rule(row, team.timezone, hubs.get(pk)) for row in patterns[pk].values())
        for pk, team in found.items()
    }
    shifts = _shifts(found, rules, low, high)
    ranks_of = _rotations(found, ids, low, high)
    mentioned = {p for rows in shifts.values() for shift in rows for p in shift.people}
    mentioned |= {p for turns, over in ranks_of.values() for t in turns for p in t.people}
    mentioned |= {layer.person for _, over in ranks_of.values() for layer in over}
    people = Person.objects.only("id", "name", "phone", "email", "timezone", "is_active").in_bulk(mentioned)
    away = away_of(people, low - DAY, high + DAY)
    ranks: dict[int, dict[int, tuple[Slot, ...]]] = defaultdict(dict)
    for (team_id, rank), (turns, over) in sorted(ranks_of.items()):
        ranks[team_id][rank] = slots(turns, over, away, epoch(low), epoch(high))
    return {
        pk: Plan(
            team, hubs.get(pk), patterns[pk], rules[pk], tuple(shifts[pk]), ranks[pk], away,
            _days(team, low, high), people,
        )
        for pk, team in found.items()
    }  # fmt: skip


def pattern_rule(row: ShiftPattern, zone: str, hub: Hub | None) -> Pattern:
    """A pattern as the rules read it: in the team's zone, with the hub's holidays."""
    calendar = Calendar.from_json(
        {
            "code": str(row.pk),
            "timezone": zone,
            "hours": row.hours,
            "holiday_sets": list(hub.holiday_sets) if hub else [],
            "works_on_holidays": row.works_on_holidays,
        }
    )
    return Pattern(row.pk, calendar, row.people_needed, row.valid_from, row.valid_until or dt.date.max)


def place_rule(row: ShiftPlace) -> Place:
    until = row.valid_until or dt.date.max
    return Place(row.pattern_id, row.person_id, frozenset(row.weekdays), row.valid_from, until)


def change_rule(row: ShiftChange) -> Change:
    return Change(row.pattern_id, row.person_id, row.day, row.kind == ShiftChange.Kind.COMES)


def turns_rule(row: Rotation, zone: str) -> Turns:
    """A rotation with its ``members`` read, as the rules read it."""
    at = row.handover_at
    people = tuple(m.person_id for m in sorted(row.members.all(), key=lambda m: m.position))
    seconds = at.hour * 3600 + at.minute * 60
    return Turns(zone, row.starts_on, seconds, row.handover_weekday, row.turn_days, people, row.ends_on)


def away_of(people: Iterable[int], low: dt.datetime, high: dt.datetime) -> dict[int, Spans]:
    """When each of these people is away."""
    rows = Absence.objects.filter(
        person_id__in=list(people), withdrawn_at=None, starts_at__lt=high, ends_at__gt=low
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for person_id, start, end in rows.values_list("person_id", "starts_at", "ends_at"):
        found[person_id].append((epoch(start), epoch(end)))
    return {person_id: tidy(spans) for person_id, spans in found.items()}


def _patterns(ids: Sequence[int], low: dt.datetime, high: dt.datetime) -> dict[int, dict[int, ShiftPattern]]:
    """Patterns of each team that take place in the span, by id."""
    within = Q(valid_until=None) | Q(valid_until__gt=(low - 2 * DAY).date())
    rows = ShiftPattern.objects.filter(within, team_id__in=ids, valid_from__lte=(high + DAY).date())
    found: dict[int, dict[int, ShiftPattern]] = {pk: {} for pk in ids}
    for row in rows.order_by("pk"):
        found[row.team_id][row.pk] = row
    return found


def _shifts(
    teams: dict[int, Team], rules: dict[int, tuple[Pattern, ...]], low: dt.datetime, high: dt.datetime
) -> dict[int, list[Shift]]:
    """Shifts of each team that touch the span."""
    first, last = (low - 2 * DAY).date(), (high + DAY).date()
    within = Q(valid_until=None) | Q(valid_until__gt=first)
    every = [rule.id for mine in rules.values() for rule in mine]
    placed = ShiftPlace.objects.filter(within, pattern_id__in=every, valid_from__lte=last).order_by("pk")
    changed = ShiftChange.objects.filter(pattern_id__in=every, day__range=(first, last)).order_by("pk")
    places, changes = [place_rule(row) for row in placed], [change_rule(row) for row in changed]
    a, b = epoch(low), epoch(high)
    return {
        pk: [
            s
            for s in shifts_of(rules[pk], places, changes, *_days(team, low, high))
            if s.start < b and s.end > a
        ]
        for pk, team in teams.items()
    }


def _days(team: Team, low: dt.datetime, high: dt.datetime) -> tuple[dt.date, dt.date]:
    """Local dates whose shifts may touch the span: a night begins the day before."""
    return moment(epoch(low), team.timezone).date() - DAY, moment(epoch(high), team.timezone).date()


Layers = tuple[list[Turns], list[Replacement]]


def _rotations(
    teams: dict[int, Team], ids: Sequence[int], low: dt.datetime, high: dt.datetime
) -> dict[tuple[int, int], Layers]:
    """What is said of each rank of each team, in the order in which it holds."""
    found: dict[tuple[int, int], Layers] = defaultdict(lambda: ([], []))
    alive = Q(ends_on=None) | Q(ends_on__gte=(low - DAY).date())
    rotations = Rotation.objects.filter(alive, team_id__in=ids, starts_on__lte=(high + DAY).date())
    members = Prefetch("members", RotationMember.objects.order_by("position"))
    for row in rotations.prefetch_related(members).order_by("starts_on"):
        found[row.team_id, row.rank][0].append(turns_rule(row, teams[row.team_id].timezone))
    swaps = Swap.objects.filter(team_id__in=ids, state=Swap.State.ACCEPTED)
    touching = Q(starts_at__lt=high, ends_at__gt=low) | Q(back_starts_at__lt=high, back_ends_at__gt=low)
    for swap in swaps.filter(touching).order_by("decided_at", "pk"):
        found[swap.team_id, swap.rank][1].extend(swap_layers(swap))
    overrides = Override.objects.filter(
        team_id__in=ids, withdrawn_at=None, starts_at__lt=high, ends_at__gt=low
    )
    for one in overrides.order_by("created_at", "pk"):
        layer = Replacement(epoch(one.starts_at), epoch(one.ends_at), one.person_id)
        found[one.team_id, one.rank][1].append(layer)
    return found


def swap_layers(swap: Swap) -> list[Replacement]:
    """What a swap does to the rotation, once accepted."""
    given = (epoch(swap.starts_at), epoch(swap.ends_at))
    layers = [Replacement(*given, swap.other_id, swap.asker_id, "swap")]
    if swap.back_starts_at and swap.back_ends_at:
        back = (epoch(swap.back_starts_at), epoch(swap.back_ends_at))
        layers.append(Replacement(*back, swap.asker_id, swap.other_id, "swap"))
    return layers
