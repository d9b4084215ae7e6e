"""Worked examples of the business rules, by value: pauses, priorities, reopening, suppliers, thresholds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from vigie.contracts.rules.promise import (
    Audience,
    ClockKind,
    PauseMatrix,
    PriorityPolicy,
    ReopenPolicy,
    Target,
    Unit,
)
from vigie.contracts.rules.reading import next_warning, shares, to_announce
from vigie.contracts.tests.samples import (
    K1,
    K4,
    K8,
    H,
    M,
    at,
    fact,
    jan,
    pause,
    read,
    start,
    stop,
    terms,
    wall,
)  # fmt: skip
from vigie.kernel.refusal import Refusal


def test_w09_client_pause_moves_the_due() -> None:
    promise, opened = terms(K1, 8), start(jan(8, "14:00"))
    wait = pause(jan(9, "10:00"), jan(13, "09:00"))
    assert wall(read(promise, jan(9, "09:00"), opened, wait).due_at) == "2026-01-09 12:00"
    waiting = read(promise, jan(12, "09:00"), opened, wait)
    assert (waiting.state, waiting.due_at, waiting.remaining_seconds) == ("paused", None, 2 * H)
    reading = read(promise, jan(14, "08:00"), opened, wait, stop(jan(13, "10:45")))
    assert (reading.state, reading.used_seconds) == ("met", 7 * H + 45 * M)
    assert wall(reading.due_at) == "2026-01-13 11:00"
    assert [(s.service_seconds, s.counted) for s in reading.segments] == [
        (6 * H, True), (19 * H, False), (H + 45 * M, True),
    ]  # fmt: skip


def test_w10_pause_outside_hours_changes_nothing() -> None:
    promise, opened = terms(K1, 4), start(jan(9, "16:00"))
    reading = read(promise, jan(12, "09:00"), opened, pause(jan(9, "18:30"), jan(12, "07:30")))
    assert wall(reading.due_at) == "2026-01-12 10:00"
    assert reading.due_at == read(promise, jan(12, "09:00"), opened).due_at


def test_w11_two_pauses() -> None:
    waits = pause(jan(12, "10:00"), jan(12, "11:30")) + pause(jan(12, "15:00"), jan(12, "17:15"))
    reading = read(terms(K1, 6), jan(12, "17:30"), start(jan(12, "09:00")), waits)
    assert wall(reading.due_at) == "2026-01-13 08:45"


W12_WAIT = [fact("pause", jan(12, "12:00"), reason="supplier"), fact("resume", jan(13, "11:00"))]


def test_w12_supplier_does_not_excuse_the_provider() -> None:
    now, opened, solved = jan(14, "08:00"), start(jan(12, "09:00")), stop(jan(13, "12:00"))
    sla = read(terms(K1, 8), now, opened, W12_WAIT, solved)
    assert (sla.state, sla.used_seconds, sla.remaining_seconds) == ("missed", 13 * H, -5 * H)
    ola = terms(K1, 2, ClockKind.OLA_WORK, Audience.OLA)
    first = read(ola, now, opened, stop(jan(12, "10:30")))
    assert (first.state, first.used_seconds) == ("met", H + 30 * M)
    second = read(replace(ola, target=Target(4 * H)), now, start(jan(12, "10:30")), W12_WAIT, solved)
    assert (second.state, second.used_seconds) == ("met", 2 * H + 30 * M)
    uc = read(terms(K8, 6, ClockKind.UC, Audience.UC), now, start(jan(12, "12:00")), stop(jan(13, "11:00")))
    assert (uc.state, uc.used_seconds) == ("missed", 7 * H)


def test_w12_where_the_time_went() -> None:
    holders = [fact("holder", jan(12, "09:00"), holder="N1"), fact("holder", jan(12, "10:30"), holder="N2")]
    facts = [start(jan(12, "09:00")), *holders, *W12_WAIT, stop(jan(13, "12:00"))]
    reading = read(terms(K1, 8), jan(14, "08:00"), facts)
    assert shares(reading) == [
        ("N2", "pending_supplier", 9 * H),
        ("N2", "running", 2 * H + 30 * M),
        ("N1", "running", H + 30 * M),
    ]


def test_w13_contract_lets_the_supplier_pause() -> None:
    promise = terms(K1, 8, pauses={"supplier": True})
    reading = read(promise, jan(14, "08:00"), start(jan(12, "09:00")), W12_WAIT, stop(jan(13, "12:00")))
    assert (reading.state, reading.used_seconds) == ("met", 4 * H)


def test_w14_raised_priority_same_calendar() -> None:
    p3, opened = terms(K1, 16), start(jan(12, "09:00"))
    raised = fact("retarget", jan(12, "15:00"), terms=terms(K1, 8))
    assert wall(read(p3, jan(12, "15:30"), opened, raised).due_at) == "2026-01-12 17:00"
    restart = raised._replace(policy=PriorityPolicy.RESTART)
    assert wall(read(p3, jan(12, "15:30"), opened, restart).due_at) == "2026-01-13 13:00"


@pytest.mark.parametrize(
    ("policy", "due_at", "breached_at"),
    [
        ("carry_over", "2026-01-10 13:30", None),
        ("retroactive_full", "2026-01-09 21:30", "2026-01-10 10:00"),
        ("restart", "2026-01-10 14:00", None),
    ],
)
def test_w15_raised_priority_other_calendar(policy: str, due_at: str, breached_at: str | None) -> None:
    p3 = terms(K1, 16, on_retarget=PriorityPolicy(policy))
    raised = fact("retarget", jan(10, "10:00"), terms=terms(K4, 4))
    reading = read(p3, jan(10, "10:30"), start(jan(9, "17:30")), raised)
    assert wall(reading.due_at) == due_at
    assert (reading.breached_at and wall(reading.breached_at)) == breached_at
    if breached_at:
        assert reading.breach_origin == "retarget"
        assert reading.used_seconds == 17 * H


def test_w16_downgrade_does_not_erase_a_breach() -> None:
    lowered = fact("retarget", jan(12, "17:00"), terms=terms(K1, 16))
    facts = [start(jan(12, "08:00")), lowered, stop(jan(13, "10:00"))]
    reading = read(terms(K1, 8), jan(14, "08:00"), facts)
    assert (reading.state, reading.used_seconds, reading.target_seconds) == ("missed", 12 * H, 16 * H)
    assert reading.breached_at == jan(12, "16:00") + 1
    accepted = fact("accept_priority_error", jan(14, "07:00"))
    forgiven = read(terms(K1, 8), jan(14, "08:00"), facts, accepted)
    assert (forgiven.state, forgiven.breached_at, forgiven.first_verdict) == ("met", None, "met")


@pytest.mark.parametrize(
    ("policy", "used", "due_at"),
    [
        ("resume", 9, "2026-01-14 14:00"),
        ("count", 26, "2026-01-13 07:00"),
        ("restart", 5, "2026-01-14 18:00"),
    ],
)
def test_w17_reopened(policy: str, used: int, due_at: str) -> None:
    promise = terms(K1, 8, on_reopen=ReopenPolicy(policy))
    facts = [start(jan(12, "09:00")), stop(jan(12, "13:00")), fact("reopen", jan(14, "10:00"))]
    first = read(promise, jan(13, "08:00"), facts)
    assert (first.state, first.first_verdict) == ("met", "met")
    final = read(promise, jan(15, "08:00"), facts, stop(jan(14, "15:00")))
    assert final.used_seconds == used * H
    assert final.first_verdict == "met"
    assert final.state == ("met" if policy == "restart" else "missed")
    if policy != "count":
        assert wall(final.due_at) == due_at


def test_w19_ping_pong_accumulates() -> None:
    spans = [("09:00", "10:30"), ("11:00", "13:00"), ("14:00", "15:00")]
    away = pause(jan(12, "10:30"), jan(12, "11:00"), "other_team") + pause(
        jan(12, "13:00"), jan(12, "14:00"), "other_team"
    )
    ola = terms(K1, 4, ClockKind.OLA_WORK, Audience.OLA)
    reading = read(ola, jan(13, "08:00"), start(jan(12, spans[0][0])), away, stop(jan(12, spans[-1][1])))
    assert (reading.state, reading.remaining_seconds) == ("missed", -30 * M)


def test_w29_each_update_cycle_is_judged() -> None:
    marks = [jan(12, clock) for clock in ("10:10", "10:55", "12:05", "12:50", "13:40")]
    update = terms(K4, 1, ClockKind.UPDATE)
    cycles = [read(update, b, start(a), stop(b)) for a, b in pairwise(marks)]
    assert [cycle.used_seconds // M for cycle in cycles] == [45, 70, 45, 50]
    assert [cycle.state for cycle in cycles] == ["met", "missed", "met", "met"]


def test_w30_response_over_the_night() -> None:
    response = terms(K1, 0.5, ClockKind.RESPONSE)
    reading = read(response, jan(13, "09:00"), start(jan(12, "17:45")), stop(jan(13, "08:20")))
    assert (reading.state, reading.used_seconds) == ("missed", 35 * M)


def test_w31_thresholds() -> None:
    opened = start(jan(12, "15:00"))
    reading = read(terms(K1, 8), jan(13, "13:30"), opened)
    assert [(step.percent, wall(step.at)) for step in reading.thresholds] == [
        (50, "2026-01-13 09:00"),
        (75, "2026-01-13 11:00"),
        (90, "2026-01-13 12:12"),
        (100, "2026-01-13 13:00"),
    ]
    early = read(terms(K1, 8), jan(12, "16:00"), opened)
    step = next_warning(early)
    assert step is not None
    assert (step.percent, wall(step.at)) == (50, "2026-01-13 09:00")


def test_threshold_of_a_half_second_is_reached_at_the_next_one() -> None:
    promise = terms(K4, target=Target(1001))
    reading = read(promise, jan(12, "09:00") + 600, start(jan(12, "09:00")))
    assert [step.at - jan(12, "09:00") for step in reading.thresholds] == [501]
    assert reading.next_threshold is not None
    assert reading.next_threshold.at == jan(12, "09:00") + 751


def test_w33_agreed_window() -> None:
    opened, solved = start(jan(12, "09:00")), stop(jan(14, "20:00"))
    agreed = pause(jan(12, "13:00"), jan(14, "19:00"), "change_window")
    reading = read(terms(K1, 8), jan(15, "08:00"), opened, agreed, solved)
    assert (reading.state, reading.used_seconds) == ("met", 4 * H)
    imposed = pause(jan(12, "13:00"), jan(14, "19:00"), "change_window", agreed=False)
    reading = read(terms(K1, 8), jan(15, "08:00"), opened, imposed, solved)
    assert (reading.state, reading.used_seconds) == ("missed", 29 * H)


def test_r4_8_default_matrix() -> None:
    matrix = PauseMatrix()
    client = {"client_info", "client_validation", "client_availability", "client_approval"}
    assert matrix.reasons(Audience.SLA, ClockKind.RESPONSE) == frozenset()
    assert matrix.reasons(Audience.SLA, ClockKind.UPDATE) == client | {"change_window"}
    for kind in (ClockKind.RESTORE, ClockKind.RESOLUTION, ClockKind.FULFILMENT):
        assert matrix.reasons(Audience.SLA, kind) == client | {"client_third_party", "change_window"}
    ola = matrix.reasons(Audience.OLA, ClockKind.OLA_WORK)
    assert ola >= client | {
        "client_third_party",
        "supplier",
        "change_window",
        "change_window_unagreed",
        "other_team",
    }
    assert not ola & {"internal_part", "problem"}
    assert "supplier" not in matrix.reasons(Audience.UC, ClockKind.UC)


def test_r4_9_response_is_never_paused_restarted_or_twice() -> None:
    response = terms(K1, 1, ClockKind.RESPONSE, on_retarget=PriorityPolicy.RESTART)
    response = replace(response, pause_reasons=frozenset({"client_info"}))
    faster = fact("retarget", jan(12, "09:20"), terms=replace(response, target=Target(30 * M)))
    facts = [
        start(jan(12, "09:00")),
        *pause(jan(12, "09:05"), jan(12, "09:15")),
        faster,
        start(jan(12, "09:25")),
    ]
    reading = read(
        response, jan(12, "10:00"), facts, stop(jan(12, "09:40")), fact("reopen", jan(12, "09:50"))
    )
    assert (reading.used_seconds, reading.state, reading.reopened) == (40 * M, "missed", 0)
    with pytest.raises(Refusal, match="response_never_paused"):
        PauseMatrix({(Audience.SLA, ClockKind.RESPONSE): {"client_info": True}})


def test_r4_17_correction_remeasures_as_if_always_right() -> None:
    facts = [start(jan(12, "08:00")), stop(jan(12, "19:00"))]
    assert read(terms(K4, 8), jan(13, "08:00"), facts).state == "missed"
    right = fact("correct", jan(13, "07:00"), terms=terms(K1, 10))
    reading = read(terms(K4, 8), jan(13, "08:00"), facts, right)
    assert (reading.state, reading.used_seconds, reading.first_verdict) == ("met", 10 * H, "met")


def test_r4_18_retarget_announces_the_highest_newly_passed_only() -> None:
    raised = fact("retarget", jan(12, "15:00"), terms=terms(K1, 6.5))
    reading = read(terms(K1, 16), jan(12, "15:00"), start(jan(12, "09:00")), raised)
    assert [step.percent for step in reading.thresholds] == [50, 75, 90]
    assert [step.percent for step in to_announce(reading)] == [90]
    assert to_announce(reading, {90}) == []
    assert all(step.at == jan(12, "15:00") for step in reading.thresholds)


def test_r4_18_reopening_does_not_announce_again() -> None:
    promise = terms(K1, 8, on_reopen=ReopenPolicy.RESTART)
    facts = [start(jan(12, "08:00")), stop(jan(12, "13:00")), fact("reopen", jan(13, "08:00"))]
    reading = read(promise, jan(13, "13:00"), facts)
    assert [(step.percent, wall(step.at)) for step in reading.thresholds] == [(50, "2026-01-12 12:00")]
    assert reading.next_threshold is not None
    assert reading.next_threshold.percent == 75


def test_retarget_by_the_client_restarts_where_the_contract_says_so() -> None:
    promise = terms(K1, 16, on_retarget=PriorityPolicy.RESTART_IF_CLIENT_INITIATED)
    raised = fact("retarget", jan(12, "15:00"), terms=terms(K1, 8))
    assert wall(read(promise, jan(12, "16:00"), start(jan(12, "09:00")), raised).due_at) == "2026-01-12 17:00"
    by_client = fact("retarget", jan(12, "15:00"), terms=terms(K1, 8), by="client")
    reading = read(promise, jan(12, "16:00"), start(jan(12, "09:00")), by_client)
    assert wall(reading.due_at) == "2026-01-13 13:00"
    assert [s.cause for s in reading.segments] == ["before_restart", "running"]


def test_e44_paused_clock_whose_priority_is_lowered() -> None:
    facts = [start(jan(12, "09:00")), fact("pause", jan(12, "11:00"), reason="client_info")]
    lowered = fact("retarget", jan(12, "15:00"), terms=terms(K1, 16))
    reading = read(terms(K1, 8), jan(12, "16:00"), facts, lowered)
    assert (reading.state, reading.due_at, reading.remaining_seconds) == ("paused", None, 14 * H)


def test_retarget_while_resolved_waits_for_the_reopening() -> None:
    facts = [start(jan(12, "09:00")), stop(jan(12, "13:00"))]
    lowered = fact("retarget", jan(13, "09:00"), terms=terms(K1, 16))
    assert read(terms(K1, 8), jan(13, "10:00"), facts, lowered).target_seconds == 8 * H
    reading = read(terms(K1, 8), jan(14, "11:00"), facts, lowered, fact("reopen", jan(14, "10:00")))
    assert (reading.target_seconds, reading.used_seconds) == (16 * H, 5 * H)


def test_new_holiday_moves_a_running_clock_from_now_on() -> None:
    closed = replace(K1, holidays=("2026-01-13",))
    change = fact("recalendar", jan(12, "17:00"), terms=terms(closed, 4))
    reading = read(terms(K1, 4), jan(12, "17:00"), start(jan(12, "16:00")), change)
    assert wall(reading.due_at) == "2026-01-14 10:00"


def test_fixed_date_is_not_moved_by_pauses() -> None:
    promise = terms(K1, target=Target(jan(15, "12:00"), Unit.FIXED_DATE))
    facts = [start(jan(12, "09:00")), *pause(jan(12, "10:00"), jan(14, "10:00"))]
    assert wall(read(promise, jan(14, "11:00"), facts).due_at) == "2026-01-15 12:00"
    assert read(promise, jan(16, "08:00"), facts, stop(jan(15, "12:00"))).state == "met"
    assert read(promise, jan(16, "08:00"), facts, stop(jan(15, "12:00") + 1)).state == "missed"


def test_calendar_time_counts_day_and_night() -> None:
    promise = terms(K1, target=Target(4 * H, Unit.CALENDAR_TIME))
    assert wall(read(promise, jan(10, "02:00"), start(jan(10, "01:00"))).due_at) == "2026-01-10 05:00"


def test_clock_refuses_to_be_read_before_its_start() -> None:
    with pytest.raises(Refusal, match="clock_not_started"):
        read(terms(), at("2026-01-01 00:00"), start(jan(12, "09:00")))
