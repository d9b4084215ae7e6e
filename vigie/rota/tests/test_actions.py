"""Writes of rotas: what they refuse, what they journal, whom they tell."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.rota.actions import absences, handover, on_call, shifts
from vigie.rota.models import CallOut, Handover, Hub, Rotation, ShiftChange
from vigie.rota.queries import on_call as called
from vigie.rota.queries.coverage import gaps_ahead
from vigie.rota.queries.load import fair_load
from vigie.rota.tests.test_pages import MONDAY, WEEK, day_shift, rotation
from vigie.toolkit.models import JournalEntry

pytestmark = pytest.mark.django_db
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
SPAN = (START + DAY, START + 2 * DAY)


def refused(code: str):  # type: ignore[no-untyped-def]
    return pytest.raises(Refusal, match=f"^{code}")


def test_a_hub_knows_its_holidays_and_hands_over_to_another(world: World) -> None:
    shifts.set_hub(SYSTEM, world.team.pk, ["FR-57"], world.team2.pk, now=START)
    assert Hub.objects.get().next_team_id == world.team2.pk
    with refused("contracts.calendar_unknown_holiday_set"):
        shifts.set_hub(SYSTEM, world.team.pk, ["XX"], None, now=START)
    with pytest.raises(Exception, match="à une autre équipe"):
        shifts.set_hub(SYSTEM, world.team.pk, [], world.team.pk, now=START)


def test_a_team_in_an_unknown_zone_has_no_shift(world: World) -> None:
    type(world.team).objects.filter(pk=world.team.pk).update(timezone="Mars/Olympus")
    with refused("contracts.calendar_unknown_zone"):
        day_shift(world)


def test_whoever_does_not_lead_plans_nothing(world: World) -> None:
    agent = world.actor(world.agent)
    with pytest.raises(NotAllowed):
        shifts.set_hub(agent, world.team.pk, [], None, now=START)
    with pytest.raises(NotAllowed):
        on_call.override(agent, world.team.pk, world.agent.pk, SPAN, now=START)
    with pytest.raises(NotFound):
        shifts.set_hub(world.actor(world.a.manager), world.team.pk, [], None, now=START)


def test_only_active_agents_work(world: World) -> None:
    row = day_shift(world)
    with pytest.raises(NotFound):
        shifts.place(SYSTEM, row.pk, world.a.user.pk, [0], MONDAY, now=START)
    type(world.agent).objects.filter(pk=world.agent.pk).update(is_active=False)
    with refused("rota.not_working_here"):
        shifts.place(SYSTEM, row.pk, world.agent.pk, [0], MONDAY, now=START)


def test_one_day_is_changed_and_the_last_word_holds(world: World) -> None:
    row = day_shift(world, world.agent)
    with refused("rota.nothing_changes"):
        shifts.change_day(SYSTEM, row.pk, world.agent.pk, MONDAY, "comes", now=START)
    with refused("rota.no_shift_that_day"):
        shifts.change_day(SYSTEM, row.pk, world.agent.pk, MONDAY - DAY, "stays_out", now=START)
    shifts.change_day(SYSTEM, row.pk, world.agent.pk, MONDAY, "stays_out", now=START)
    shifts.change_day(SYSTEM, row.pk, world.agent.pk, MONDAY, "comes", now=START)
    assert ShiftChange.objects.count() == 2  # nothing is erased


def test_a_day_more_that_overlaps_another_shift_is_refused(world: World) -> None:
    day_shift(world, world.agent)
    evening = day_shift(world, hours={"mon": [["17:00", "22:00"]]})
    with refused("rota.shifts_overlap"):
        shifts.change_day(SYSTEM, evening.pk, world.agent.pk, MONDAY, "comes", now=START)
    touching = day_shift(world, hours={"mon": [["18:00", "22:00"]]})
    shifts.change_day(SYSTEM, touching.pk, world.agent.pk, MONDAY, "comes", now=START)


def test_a_rotation_is_replaced_from_a_day_on(world: World) -> None:
    first = rotation(world, world.agent)
    again = {"starts_on": MONDAY + 3 * DAY, "handover_at": dt.time(14), "now": START}
    on_call.start_rotation(SYSTEM, world.team.pk, [world.agent_all.pk], **again)
    at = dt.datetime(2026, 1, 15, 12, 59, tzinfo=dt.UTC)  # 13:59 in Paris
    assert [p.pk for p in called(world.team.pk, at)] == [world.agent.pk]
    assert [p.pk for p in called(world.team.pk, at + dt.timedelta(minutes=1))] == [world.agent_all.pk]
    with refused("rota.rotation_later"):
        on_call.start_rotation(SYSTEM, world.team.pk, [world.agent.pk], **again)
    with refused("rota.rotation_in_the_past"):
        on_call.end_rotation(SYSTEM, first.pk, MONDAY - DAY, now=START)
    with refused("rota.person_twice"):
        on_call.start_rotation(
            SYSTEM, world.team.pk, [world.agent.pk] * 2, **{**again, "starts_on": MONDAY + 9 * DAY}
        )
    with refused("rota.rotation_of_nobody"):
        on_call.start_rotation(SYSTEM, world.team.pk, [], **{**again, "starts_on": MONDAY + 9 * DAY})
    assert Rotation.objects.count() == 2


def test_a_replacement_is_somebody_who_is_there_in_a_span_to_come(world: World) -> None:
    absences.record_absence(SYSTEM, world.agent.pk, "leave", *SPAN, now=START)
    with refused("rota.away_then"):
        on_call.override(SYSTEM, world.team.pk, world.agent.pk, SPAN, now=START)
    with refused("rota.ends_before_start"):
        on_call.override(SYSTEM, world.team.pk, world.agent_all.pk, SPAN[::-1], now=START)
    with refused("rota.span_over"):
        on_call.override(SYSTEM, world.team.pk, world.agent_all.pk, SPAN, now=START + 9 * DAY)


def test_a_swap_gives_what_one_has(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    agent, other = world.actor(world.agent), world.actor(world.agent_all)
    with refused("rota.not_on_call_then"):
        on_call.ask_swap(other, world.team.pk, world.agent.pk, SPAN, now=START)
    with refused("rota.swap_with_oneself"):
        on_call.ask_swap(agent, world.team.pk, world.agent.pk, SPAN, now=START)
    row = on_call.ask_swap(agent, world.team.pk, world.agent_all.pk, SPAN, now=START)
    assert Notice.objects.get(kind="swap_asked").recipient_id == world.agent_all.pk
    with pytest.raises(NotAllowed):
        on_call.answer_swap(agent, row.pk, accept=True, now=START)
    assert [p.pk for p in called(world.team.pk, SPAN[0])] == [world.agent.pk]
    on_call.answer_swap(other, row.pk, accept=True, now=START)
    assert [p.pk for p in called(world.team.pk, SPAN[0])] == [world.agent_all.pk]
    assert Notice.objects.get(kind="swap_accepted").recipient_id == world.agent.pk
    with refused("rota.swap_decided"):
        on_call.withdraw_swap(agent, row.pk, now=START)


def test_a_lead_answers_for_the_other_until_the_span_begins(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    row = on_call.ask_swap(world.actor(world.agent), world.team.pk, world.agent_all.pk, SPAN, now=START)
    with refused("rota.swap_begun"):
        on_call.answer_swap(world.actor(world.dispatcher), row.pk, accept=True, now=SPAN[0])
    on_call.answer_swap(world.actor(world.dispatcher), row.pk, accept=False, now=START)
    assert [p.pk for p in called(world.team.pk, SPAN[0])] == [world.agent.pk]


def test_an_absence_says_which_turns_it_leaves_open(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    kept = absences.record_absence(SYSTEM, world.agent.pk, "sickness", *SPAN, now=START)
    assert [(turn.team.pk, turn.rank, turn.start, turn.end) for turn in kept.open_turns] == [
        (world.team.pk, 1, *SPAN)
    ]
    assert called(world.team.pk, SPAN[0]) == ()
    absences.withdraw_absence(world.actor(world.agent), kept.absence.pk, now=START)
    assert called(world.team.pk, SPAN[0]) != ()
    with refused("rota.ends_before_start"):
        absences.record_absence(SYSTEM, world.agent.pk, "leave", SPAN[0], SPAN[0], now=START)
    with refused("rota.absence_too_long"):
        absences.record_absence(SYSTEM, world.agent.pk, "leave", START, START + 800 * DAY, now=START)


def test_two_absences_of_one_person_do_not_overlap(world: World) -> None:
    first = absences.record_absence(SYSTEM, world.agent.pk, "leave", *SPAN, now=START).absence
    half = SPAN[0] + (SPAN[1] - SPAN[0]) / 2
    with refused("rota.absences_overlap"):
        absences.record_absence(SYSTEM, world.agent.pk, "sickness", half, SPAN[1] + DAY, now=START)
    absences.record_absence(SYSTEM, world.agent.pk, "training", SPAN[1], SPAN[1] + DAY, now=START)
    absences.record_absence(SYSTEM, world.agent_all.pk, "leave", *SPAN, now=START)
    absences.withdraw_absence(world.actor(world.agent), first.pk, now=START)
    absences.record_absence(SYSTEM, world.agent.pk, "sickness", SPAN[0], half, now=START)


def test_a_call_out_is_over_short_and_never_rewritten(world: World) -> None:
    agent = world.actor(world.agent)
    with refused("rota.not_yet"):
        on_call.record_call_out(agent, world.team.pk, world.agent.pk, SPAN, "Panne", now=START)
    with pytest.raises(NotAllowed):
        on_call.record_call_out(
            agent, world.team.pk, world.agent_all.pk, (START - HOUR, START), "Panne", now=START
        )
    on_call.record_call_out(agent, world.team.pk, world.agent.pk, (START - HOUR, START), "Panne", now=START)
    with pytest.raises(Exception, match="append-only"):
        CallOut.objects.update(reason="x")


def test_all_of_it_is_journalled(world: World) -> None:
    row = day_shift(world, world.agent)
    shifts.change_day(SYSTEM, row.pk, world.agent.pk, MONDAY, "stays_out", now=START)
    rotation(world, world.agent)
    absences.record_absence(SYSTEM, world.agent.pk, "leave", *SPAN, now=START)
    on_call.override(SYSTEM, world.team.pk, world.agent_all.pk, SPAN, now=START)
    subjects = set(JournalEntry.objects.filter(subject__startswith="rota.").values_list("subject", flat=True))
    assert subjects == {
        "rota.shiftpattern", "rota.shiftplace", "rota.shiftchange", "rota.rotation", "rota.absence", "rota.override",
    }  # fmt: skip


def test_gaps_compare_promises_with_every_hub_that_goes_on(world: World) -> None:
    """K1 promises 08:00–18:00 of Paris; the team works until 14:00, the next one from 13:00 on."""
    agent = world.actor(world.agent_all)
    day_shift(world, world.agent, hours={day: [["08:00", "14:00"]] for day in WEEK})
    ahead = gaps_ahead(agent, now=START, ahead=DAY)
    assert [(gap.start.hour, gap.end.hour, gap.cause) for gap in ahead] == [(14, 18, "outside")]
    assert {c.organisation.code for c in ahead[0].contracts} == {"ALPHA", "BETA", "GAMMA"}
    afternoon = {
        "name_fr": "Après-midi", "name_en": "Afternoon", "hours": {"mon": [["13:00", "18:00"]]}, "people_needed": 1,
        "works_on_holidays": False, "valid_from": MONDAY,
    }  # fmt: skip
    other = shifts.add_pattern(SYSTEM, world.team2.pk, afternoon, now=START)
    shifts.place(SYSTEM, other.pk, world.dispatcher.pk, [0], MONDAY, now=START)
    shifts.set_hub(SYSTEM, world.team.pk, ["FR"], world.team2.pk, now=START)
    assert gaps_ahead(agent, now=START, ahead=10 * HOUR) == []


def test_a_holiday_of_the_hub_is_no_gap_where_the_promise_stops_too(world: World) -> None:
    """K1 has French holidays: 1 May promises nothing. A hub with other holidays leaves a gap on its own."""
    day_shift(world, world.agent)
    shifts.set_hub(SYSTEM, world.team.pk, ["CA-QC"], None, now=START)
    june = dt.datetime(2026, 6, 23, 22, tzinfo=dt.UTC)  # the eve of the national holiday of Québec
    found = gaps_ahead(world.actor(world.agent_all), now=june, ahead=DAY)
    assert [(gap.cause, gap.start.day) for gap in found] == [("holiday", 24)]


def test_the_load_counts_swaps_and_replacements_for_whoever_carried_them(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    on_call.override(SYSTEM, world.team.pk, world.dispatcher.pk, SPAN, now=START)
    found = fair_load(world.actor(world.dispatcher), world.team.pk, 3, now=START + 14 * DAY)
    nights = {row.person.name: row.share.nights for row in found.rows}
    assert nights == {"Agent A": 6, "Agent All": 6, "Dispatcher": 1}
    assert sum(row.deviations["nights"] for row in found.rows) == 0
    assert found.totals["nights"] == 13


def test_a_hand_over_to_itself_or_by_a_stranger_is_refused(world: World) -> None:
    note = handover.Note("Bonsoir", "Good evening", {})
    with refused("rota.to_itself"):
        handover.hand_over(world.actor(world.agent), world.team.pk, world.team.pk, note, now=START)
    with pytest.raises(NotAllowed, match=r"rota\.not_your_team"):
        handover.hand_over(world.actor(world.agent), world.team2.pk, world.team.pk, note, now=START)
    with refused("rota.note_empty"):
        handover.hand_over(
            world.actor(world.agent), world.team.pk, world.team2.pk, handover.Note(" ", "x", {}), now=START
        )


def test_a_ticket_that_may_not_move_says_why_and_the_rest_goes(world: World) -> None:
    day_shift(world, world.agent_all)
    first, second = report(world), report(world, world.b)
    agent = world.actor(world.agent)  # authorised for A alone
    both = {first.pk: "", second.pk: ""}
    note = handover.Note("Bonsoir", "Good evening", both, frozenset(both))
    row = handover.hand_over(agent, world.team.pk, world.team2.pk, note, now=START)
    assert [line.ticket_id for line in row.lines.all()] == [first.pk]  # B's is out of its sight
    second.refresh_from_db()
    assert second.team_id == world.team.pk


def test_the_next_team_on_shift_is_told(world: World) -> None:
    day_shift(world, world.agent_all)
    other = {
        "hours": WEEK,
        "name_fr": "Jour",
        "name_en": "Day",
        "people_needed": 1,
        "works_on_holidays": False,
        "valid_from": MONDAY,
    }
    pattern = shifts.add_pattern(SYSTEM, world.team2.pk, other, now=START)
    shifts.place(SYSTEM, pattern.pk, world.dispatcher.pk, [0], MONDAY, now=START)
    note = handover.Note("Bonsoir", "Good evening", {})
    handover.hand_over(world.actor(world.agent_all), world.team.pk, world.team2.pk, note, now=START)
    assert Notice.objects.get(kind="handover_sent").recipient_id == world.dispatcher.pk
    assert Handover.objects.get().acknowledged_at is None
