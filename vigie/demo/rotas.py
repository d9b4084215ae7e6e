"""Shifts on two continents, on-call with a swap and a replacement, a gap ahead, and the hand-over note of this morning."""

from __future__ import annotations

import datetime as dt
import random

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person, Team, TeamMember
from vigie.contracts.rules.instants import moment, wall_to_epoch, zone_of
from vigie.demo import house
from vigie.demo.settle import Settled
from vigie.kernel.actor import SYSTEM, Actor
from vigie.rota.actions import absences, handover, on_call, shifts
from vigie.rota.queries import handover as handovers
from vigie.rota.queries import on_call as who_is_called
from vigie.rota.queries.mine import Turn, turns_of
from vigie.rota.queries.plan import plans

SEED = 59800
SINCE = dt.timedelta(days=400)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
WEEKDAYS, SATURDAY = tuple(range(5)), (5,)
LONGEST_BACK = 5

# team, French, English, days, hours, people needed, which of the team's people (first, step), their days
Plan = tuple[str, str, str, tuple[str, ...], tuple[str, str], int, tuple[int, int], tuple[int, ...]]
PLANS: tuple[Plan, ...] = (
    (house.LILLE, "Matin", "Morning", house.WEEK, ("07:00", "15:00"), 4, (0, 2), WEEKDAYS),
    (house.LILLE, "Après-midi", "Afternoon", house.WEEK, ("11:00", "19:00"), 4, (1, 2), WEEKDAYS),
    (house.LILLE, "Samedi", "Saturday", ("sat",), ("07:00", "19:00"), 2, (0, 4), SATURDAY),
    (house.MONTREAL, "Journée", "Day", house.WEEK, ("08:00", "18:00"), 3, (0, 1), WEEKDAYS),
    (house.SYSTEMS, "Journée", "Day", house.WEEK, ("08:00", "18:00"), 3, (0, 1), WEEKDAYS),
    (house.NETWORK, "Journée", "Day", house.WEEK, ("08:00", "18:00"), 3, (0, 1), WEEKDAYS),
    (house.APPS, "Journée", "Day", house.WEEK, ("08:30", "18:00"), 2, (0, 1), WEEKDAYS),
)  # fmt: skip
HUBS = (
    (house.LILLE, "FR", house.MONTREAL), (house.MONTREAL, "CA-QC", house.LILLE), (house.SYSTEMS, "FR", ""),
    (house.NETWORK, "FR", ""), (house.APPS, "FR", ""),
)  # fmt: skip
# team, rank, weekday and hour of hand-over, how many take part
ROTATIONS = (
    (house.LILLE, 1, 0, 9, 8), (house.SYSTEMS, 1, 4, 17, 6), (house.SYSTEMS, 2, 4, 17, 3), (house.NETWORK, 1, 0, 9, 5),
    (house.APPS, 1, 0, 9, 4),
)  # fmt: skip
CALLED_FOR = (
    "Serveur de fichiers injoignable", "Lien opérateur coupé", "Sauvegarde de nuit en échec", "Alerte de température en salle",
    "Dossier patient très lent", "Comptes verrouillés aux urgences", "Caisse centrale hors service",
)  # fmt: skip


def plan_teams(settled: Settled, anchor: dt.datetime) -> None:
    """Teams at work for more than a year, and the coming weeks."""
    people = {code: _people(team) for code, team in settled.teams.items()}
    since = anchor - SINCE
    for code, holidays, following in HUBS:
        next_id = settled.teams[following].pk if following else None
        shifts.set_hub(SYSTEM, settled.teams[code].pk, [holidays], next_id, now=since)
    for plan in PLANS:
        _staff(settled.teams[plan[0]], people[plan[0]], plan, since)
    for code, rank, weekday, hour, count in ROTATIONS:
        chosen = people[code][:count] if rank == 1 else people[code][-count:]
        on_call.start_rotation(
            SYSTEM, settled.teams[code].pk, [one.pk for one in chosen], starts_on=since.date(),
            handover_at=dt.time(hour), handover_weekday=weekday, rank=rank, now=since,
        )  # fmt: skip
    for code in dict.fromkeys(row[0] for row in ROTATIONS):
        _call_outs(settled.teams[code], anchor)
    _swap(settled, anchor)
    _covered_leave(settled.teams[house.SYSTEMS], people[house.SYSTEMS], anchor)
    _gap(settled.teams[house.NETWORK], anchor)
    _note(settled, anchor)


def _people(team: Team) -> list[Person]:
    """Those who work shifts, in the order in which they were hired."""
    rows = TeamMember.objects.filter(team=team).select_related("agent__person").order_by("pk")
    return [row.agent.person for row in rows]


def _staff(team: Team, people: list[Person], plan: Plan, since: dt.datetime) -> None:
    code, french, english, days, hours, needed, (first, step), weekdays = plan
    values = {
        "name_fr": french, "name_en": english, "hours": {day: [list(hours)] for day in days}, "people_needed": needed,
        "works_on_holidays": False, "valid_from": since.date(),
    }  # fmt: skip
    pattern = shifts.add_pattern(SYSTEM, team.pk, values, now=since)
    for position in range(first, len(people), step):
        worked = tuple(day for day in weekdays if day != _rest(code, position))
        shifts.place(SYSTEM, pattern.pk, people[position].pk, worked, since.date(), now=since)


def _rest(code: str, position: int) -> int | None:
    """The weekday off of somebody who works on Saturdays: nobody works six days, and not all are off on the same one."""
    of_saturday = next((plan[6] for plan in PLANS if plan[0] == code and plan[7] == SATURDAY), None)
    if of_saturday is None or (position - of_saturday[0]) % of_saturday[1]:
        return None
    return position // of_saturday[1] % len(WEEKDAYS)


def _call_outs(team: Team, anchor: dt.datetime) -> None:
    """A call every nine days or so, at night, for whoever was on call then."""
    chance = random.Random(SEED + team.pk)
    plan = plans([team], anchor - SINCE, anchor)[team.pk]  # once, rather than at each call
    at = anchor - SINCE + 10 * DAY
    while (at := at + dt.timedelta(days=chance.randrange(4, 15))) < anchor - DAY:
        called_at = _wall(team, at, chance.choice((20, 21, 22, 23, 1, 2, 4, 5))) + dt.timedelta(
            minutes=chance.randrange(60)
        )
        called = plan.on_call(called_at)
        if called:
            done = called_at + dt.timedelta(minutes=chance.randrange(15, 150))
            on_call.record_call_out(
                SYSTEM, team.pk, called[0].pk, (called_at, done), chance.choice(CALLED_FOR), now=done + HOUR
            )


def _swap(settled: Settled, anchor: dt.datetime) -> None:
    """Léa gives a day of her coming turn to Camille and takes one of hers."""
    lea, camille = settled.staff["Léa Martin"], settled.staff["Camille Petit"]
    given, back = _next_turn(lea, anchor), _next_turn(camille, anchor)
    row = on_call.ask_swap(
        _actor(lea, anchor), settled.teams[house.LILLE].pk, camille.pk, _day_of(given), _day_of(back),
        reason="Baptême de mon neveu", now=anchor - 2 * DAY,
    )  # fmt: skip
    on_call.answer_swap(_actor(camille, anchor), row.pk, accept=True, now=anchor - DAY)


def _covered_leave(team: Team, people: list[Person], anchor: dt.datetime) -> None:
    """Leave in the second week from now, over a turn of on-call that a colleague covers."""
    start = _wall(team, anchor + 12 * DAY, 8)
    first, *_second = who_is_called(team.pk, start)
    span = (start, start + 3 * DAY)
    absences.record_absence(SYSTEM, first.pk, "leave", *span, now=anchor - 20 * DAY)
    other = next(one for one in people if one.pk != first.pk)
    on_call.override(SYSTEM, team.pk, other.pk, span, reason="Congés", now=anchor - 19 * DAY)


def _gap(team: Team, anchor: dt.datetime) -> None:
    """One night next week whose on-call is away, and nobody has covered yet."""
    start = _wall(team, anchor + 8 * DAY, 17)
    (person,) = who_is_called(team.pk, start)
    absences.record_absence(
        SYSTEM, person.pk, "training", start, start + 16 * HOUR, "Certification, à Lyon", now=anchor - 3 * DAY
    )


def _note(settled: Settled, anchor: dt.datetime) -> None:
    """Montréal's evening told to Lille, which read it on opening."""
    montreal, lille = settled.teams[house.MONTREAL], settled.teams[house.LILLE]
    ends = (_wall(montreal, anchor - n * DAY, 17) + 5 * HOUR / 6 for n in range(LONGEST_BACK))
    end = next(
        at
        for at in ends
        if at < anchor - HOUR and moment(int(at.timestamp()), montreal.timezone).weekday() < 5
    )
    author = _actor(settled.staff["Mathieu Bergeron"], anchor)
    day = handovers.ending(author, montreal.pk, now=end)
    found = handovers.concerns(author, day, now=end)[:12]
    words = handovers.draft(day, found)
    note = handover.Note(words["fr"], words["en"], {one.ticket.pk: "" for one in found})
    row = handover.hand_over(author, montreal.pk, lille.pk, note, now=end)
    opening = _wall(lille, end + 12 * HOUR, 7) + HOUR / 6
    if opening <= anchor:
        handover.acknowledge(_actor(settled.staff["Thomas Lambert"], anchor), row.pk, now=opening)


def _actor(person: Person, anchor: dt.datetime) -> Actor:
    found = actor_of(person, today=anchor.date())
    assert found is not None
    return found


def _wall(team: Team, at: dt.datetime, hour: int) -> dt.datetime:
    """That hour on the team's wall, on the local day of an instant."""
    day = moment(int(at.timestamp()), team.timezone).toordinal()
    return moment(wall_to_epoch(day, hour * 3600, zone_of(team.timezone)), team.timezone)


def _next_turn(person: Person, anchor: dt.datetime) -> Turn:
    """The first whole week of on-call that begins after tomorrow."""
    low = anchor + DAY
    return next(
        turn for turn in turns_of(person.pk, low, low + 130 * DAY) if turn.start > low and turn.rank == 1
    )


def _day_of(turn: Turn) -> tuple[dt.datetime, dt.datetime]:
    """Its sixth day: the Saturday of a turn that changes on Mondays."""
    return turn.start + 5 * DAY, turn.start + 6 * DAY
