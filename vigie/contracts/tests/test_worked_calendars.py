"""Worked examples of the business rules, by value: calendars, due instants, windows."""

from __future__ import annotations

from dataclasses import replace

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.openings import openings
from vigie.contracts.tests.samples import (
    K1,
    K2,
    K3,
    K4,
    K5,
    K6,
    K7,
    K8,
    H,
    M,
    at,
    days,
    due,
    elapsed,
    fact,
    jan,
    pause,
    read,
    start,
    stop,
    terms,
    wall,
)  # fmt: skip


def test_w01_friday_evening_to_monday() -> None:
    assert wall(due(K1, jan(9, "16:00"), 4 * H)) == "2026-01-12 10:00"


def test_w02_opened_on_saturday() -> None:
    assert wall(due(K1, jan(10, "11:00"), 2 * H)) == "2026-01-12 10:00"


def test_w03_lunch_break() -> None:
    assert wall(due(K2, jan(13, "11:45"), 3 * H)) == "2026-01-13 15:45"


def test_w04_first_of_may() -> None:
    assert wall(due(K1, at("2026-04-30 17:00"), 8 * H)) == "2026-05-04 15:00"


def test_w05_good_friday_in_strasbourg() -> None:
    opened = at("2026-04-02 16:00")
    assert wall(due(K3, opened, 4 * H)) == "2026-04-07 10:00"
    assert wall(due(K1, opened, 4 * H)) == "2026-04-03 10:00"
    assert K1.for_site("Europe/Paris", ["FR-57"]) == replace(K3, code="K1")


def test_w06_verdict_compares_seconds_not_the_wall() -> None:
    promise, opened = terms(K1, 2), start(jan(9, "16:00"))
    met = read(promise, jan(13, "08:00"), opened, stop(jan(12, "08:00")))
    missed = read(promise, jan(13, "08:00"), opened, stop(jan(12, "08:00") + 1))
    assert (met.used_seconds, met.state, wall(met.due_at)) == (7200, "met", "2026-01-09 18:00")
    assert wall(met.last_ok) == "2026-01-12 08:00"
    assert met.breached_at is None
    assert (missed.used_seconds, missed.state) == (7201, "missed")
    assert missed.breached_at == jan(12, "08:00") + 1


def test_w07_two_business_days() -> None:
    assert wall(openings(K1).business_days_eod(jan(9, "16:00"), 2)) == "2026-01-13 18:00"


def test_w08_one_business_day_after_closing() -> None:
    assert wall(openings(K1).business_days_eod(jan(9, "19:00"), 1)) == "2026-01-13 18:00"
    assert wall(openings(K1).business_days_eod(jan(9, "18:00"), 1)) == "2026-01-13 18:00"
    assert wall(openings(K1).business_days_eod(jan(9, "17:59"), 1)) == "2026-01-12 18:00"


def test_w18_reopen_window_of_five_days() -> None:
    end = openings(K1).business_days_eod(jan(12, "13:00"), 5)
    assert wall(end) == "2026-01-19 18:00"
    assert jan(19, "18:00") <= end < jan(20, "09:00")


def test_w20_spring_forward_day_and_night() -> None:
    opened = at("2026-03-29 00:30")
    assert due(K4, opened, 4 * H) - opened == 4 * H
    assert wall(due(K4, opened, 4 * H)) == "2026-03-29 05:30"
    assert elapsed(K4, at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 23 * H


def test_w21_autumn_back_day_and_night() -> None:
    assert wall(due(K4, at("2026-10-25 00:30"), 4 * H)) == "2026-10-25 03:30"
    assert elapsed(K4, at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 25 * H


def test_w22_night_shift_on_both_nights() -> None:
    assert elapsed(K5, at("2026-03-28 12:00"), at("2026-03-29 12:00")) == 7 * H
    assert elapsed(K5, at("2026-10-24 12:00"), at("2026-10-25 12:00")) == 9 * H


def test_w23_same_wall_time_one_hour_apart() -> None:
    first = at("2026-10-25 02:30")
    reading = read(terms(K4), first + H, start(first), stop(first + H))
    assert wall(first) == wall(first + H) == "2026-10-25 02:30"
    assert reading.used_seconds == H


def test_w24_boundary_inside_the_change() -> None:
    sunday = Calendar.weekly("Europe/Paris", ["sun"], ("02:30", "06:00"))
    assert elapsed(sunday, at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 3 * H
    assert wall(openings(sunday).next_open(at("2026-03-29 00:00"))) == "2026-03-29 03:00"
    assert elapsed(sunday, at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 4.5 * H


def test_w25_over_the_spring_week_end() -> None:
    assert due(K1, at("2026-03-27 17:00"), 2 * H) == at("2026-03-30 07:00", "UTC")


def test_w26_montreal_seen_from_paris() -> None:
    assert wall(due(K6, at("2026-03-09 12:30"), 2 * H)) == "2026-03-09 15:00"
    assert wall(due(K6, at("2026-04-13 12:30"), 2 * H)) == "2026-04-13 16:00"


def test_w27_follow_the_sun() -> None:
    assert elapsed(K7, at("2026-01-14 00:00", "UTC"), at("2026-01-15 00:00", "UTC")) == 23 * H
    assert wall(due(K7, jan(14, "17:00"), 10 * H)) == "2026-01-15 04:00"


def test_w28_follow_the_sun_over_the_week_end() -> None:
    assert wall(due(K7, jan(16, "22:00"), 6 * H)) == "2026-01-19 05:00"


def test_w32_business_day_is_a_budget_once_started() -> None:
    promise, opened = days(1), start(jan(9, "16:00"))
    before = read(promise, jan(9, "17:00"), opened)
    assert (before.target_seconds, wall(before.due_at)) == (12 * H, "2026-01-12 18:00")
    after = read(promise, jan(12, "12:00"), opened, pause(jan(12, "09:00"), jan(12, "11:00")))
    assert wall(after.due_at) == "2026-01-13 10:00"


def test_w47_supplier_does_not_support_the_promise() -> None:
    referred = at("2026-01-09 16:59", "Europe/London")
    ends = due(K8, referred, 4 * H)
    assert wall(ends, "Europe/London") == "2026-01-12 12:59"
    assert elapsed(K4, referred, ends) == 68 * H > 8 * H


def test_e41_opened_and_resolved_while_closed() -> None:
    reading = read(terms(K1, 1), jan(11, "12:00"), start(jan(10, "11:00")), stop(jan(10, "12:00")))
    assert (reading.state, reading.used_seconds) == ("met", 0)


def test_e45_client_answers_while_nobody_is_there() -> None:
    facts = [start(jan(9, "16:00")), *pause(jan(9, "17:00"), jan(10, "11:00"))]
    reading = read(terms(K1, 2), jan(12, "08:30"), facts)
    assert (reading.used_seconds, wall(reading.due_at)) == (H + 30 * M, "2026-01-12 09:00")


def test_e410_holiday_in_one_hub_closes_that_hub_only() -> None:
    parts = [replace(K7.parts[0], special=()), replace(K7.parts[1], holidays=("2026-01-14",)), K7.parts[2]]
    hubs = Calendar.union("Europe/Paris", *parts)
    # Singapore 00:00-10:00Z, Toronto 13:00-23:00Z.
    assert elapsed(hubs, at("2026-01-14 00:00", "UTC"), at("2026-01-15 00:00", "UTC")) == 20 * H


def test_e43_cancelled_clock_has_no_due() -> None:
    reading = read(
        terms(),
        jan(14, "08:00"),
        start(jan(12, "09:00")),
        fact("cancel", jan(12, "11:00"), reason="duplicate"),
    )
    assert (reading.state, reading.due_at, reading.cancel_reason) == ("cancelled", None, "duplicate")
    assert reading.used_seconds == 2 * H
