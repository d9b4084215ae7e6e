"""Calendars: reading, refusing, holidays against official tables, and the algebra of spans."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.holiday_sets import set_days
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.openings import check_opens, openings
from vigie.contracts.tests.samples import K1, K2, K3, K4, K5, K6, K7, K8, H, at, elapsed, wall
from vigie.kernel.refusal import Refusal
from vigie.kernel.spans import Spans, intersection, subtraction, tidy, total, union

DAY = {"timezone": "Europe/Paris", "hours": {"mon": [["08:00", "18:00"]]}}


@pytest.mark.parametrize("calendar", [K1, K2, K3, K4, K5, K6, K7, K8], ids=lambda c: c.code)
def test_json_reads_back_to_an_equal_calendar(calendar: Calendar) -> None:
    assert Calendar.from_json(calendar.to_json()) == calendar


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone": "Europe/Atlantis"}, "unknown_zone"),
        ({"timezone": "../etc/passwd"}, "unknown_zone"),
        ({"timezone": None}, "unknown_zone"),
        ({"hours": {}}, "never_opens"),
        ({"hours": {"mon": []}}, "never_opens"),
        ({"hours": {"lundi": [["08:00", "18:00"]]}}, "bad_weekday"),
        ({"hours": {"mon": [["8:00", "18:00"]]}}, "bad_time"),
        ({"hours": {"mon": [["24:00", "08:00"]]}}, "bad_time"),
        ({"hours": {"mon": [["08:00", "25:00"]]}}, "bad_time"),
        ({"hours": {"mon": [["08:00"]]}}, "bad_interval"),
        ({"hours": {"mon": "08:00-18:00"}}, "bad_shape"),
        ({"hours": {"mon": [["08:00", "12:00"], ["11:59", "18:00"]]}}, "overlap"),
        ({"hours": {"mon": [["22:00", "06:00"], ["23:00", "23:30"]]}}, "overlap"),
        ({"dates": {"2026-02-30": []}}, "bad_date"),
        ({"holiday_sets": ["ZZ"]}, "unknown_holiday_set"),
        ({"holiday_sets": ["FR-99"]}, "unknown_holiday_set"),
        ({"holidays": ["25 December"]}, "bad_holiday"),
        ({"holidays": ["--13-01"]}, "bad_holiday"),
        ({"holidays": ["2026-05-02/2026-05-01"]}, "bad_holiday"),
        ({"holiday": []}, "bad_shape"),
    ],
)
def test_faults_have_a_stable_code(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Calendar.from_json({**DAY, **change})
    assert refused.value.code == f"contracts.calendar_{code}"


def test_e4_2_no_opening_in_400_days_is_refused() -> None:
    once = Calendar.from_json({"timezone": "Europe/Paris", "dates": {"2028-01-03": [["08:00", "18:00"]]}})
    check_opens(once, at("2027-01-01 00:00"))
    for now in ("2026-01-01 00:00", "2028-01-03 18:00"):
        with pytest.raises(Refusal, match="calendar_never_opens"):
            check_opens(once, at(now))
    with pytest.raises(Refusal, match="calendar_never_opens"):
        openings(once).due(at("2027-06-01 00:00"), 11 * H)


def test_order_of_resolution() -> None:
    table = {
        **DAY,
        "dates": {"2026-05-01": [["10:00", "12:00"]], "2026-01-12": []},
        "holiday_sets": ["FR"],
        "holidays": ["--01-19", "2026-02-02/2026-02-08"],
    }
    calendar = Calendar.from_json(table)
    opens = [day for day in (5, 12, 19, 26) if calendar.hours_on(date(2026, 1, day))]
    assert opens == [5, 26]
    assert calendar.hours_on(date(2026, 5, 1)) == ((600, 720),)
    assert not calendar.hours_on(date(2026, 2, 2))
    assert not calendar.hours_on(date(2026, 4, 6))
    works = Calendar.from_json({**table, "works_on_holidays": True})
    assert works.hours_on(date(2026, 4, 6))
    assert not works.hours_on(date(2026, 1, 12))


def test_an_interval_that_cannot_begin_before_it_ends_does_not_take_place() -> None:
    # Los Angeles, 2 April 2006: 02:00 becomes 03:00.
    zone = "America/Los_Angeles"
    a, b = at("2006-04-02 00:00", zone), at("2006-04-03 00:00", zone)
    inside = Calendar.weekly(zone, ["sun"], ("02:30", "03:15"))
    assert elapsed(inside, a, b) == 0
    joined = Calendar.weekly(zone, ["sun"], ("01:00", "02:30"), ("02:30", "03:15"))
    assert elapsed(joined, a, b) == H + 15 * 60


def test_shift_past_midnight_belongs_to_its_first_date() -> None:
    shift = Calendar.weekly("Europe/Paris", ["fri"], ("22:00", "06:00"), holidays=["2026-01-16"])
    assert wall(openings(shift).next_open(at("2026-01-16 12:00"))) == "2026-01-23 22:00"


def test_last_closing_of_a_union_is_that_of_the_part_that_closes_last() -> None:
    on_call = Calendar.weekly("Europe/Paris", WEEKDAYS[:5], ("18:00", "22:00"))
    for parts in ((K1, on_call), (on_call, K1)):
        hours = openings(Calendar.union("Europe/Paris", *parts))
        assert wall(hours.business_days_eod(at("2026-01-12 19:00"), 1)) == "2026-01-13 22:00"


def test_days_of_work() -> None:
    hours = openings(K1)
    assert hours.is_workday(date(2026, 5, 4))
    assert not hours.is_workday(date(2026, 5, 1))
    assert hours.add_workdays(date(2026, 4, 30), 1) == date(2026, 5, 4)
    assert hours.add_workdays(date(2026, 5, 4), -1) == date(2026, 4, 30)
    assert hours.add_workdays(date(2026, 5, 2), 0) == date(2026, 5, 2)


def test_always_open_never_closes() -> None:
    assert openings(K4).closing(at("2026-01-12 09:00")) is None
    assert list(openings(K4).intervals(at("2026-01-12 09:00"))) == []
    assert wall(openings(K4).business_days_eod(at("2026-01-12 09:00"), 1)) == "2026-01-14 00:00"


def test_instants_are_aware_and_whole() -> None:
    assert epoch(datetime(2026, 1, 12, 8, 0, 0, 999_999, tzinfo=UTC)) == 1_768_204_800
    assert moment(1_768_204_800, "Europe/Paris").isoformat() == "2026-01-12T09:00:00+01:00"
    with pytest.raises(Refusal, match="instant_without_zone"):
        epoch(datetime(2026, 1, 12))  # noqa: DTZ001


ZONES = {
    "Métropole": "FR",
    "Guadeloupe": "FR-971",
    "Martinique": "FR-972",
    "La Réunion": "FR-974",
    "Nouvelle-Calédonie": "FR-NC",  # its own day, 24 September, is not in the national table
    "Saint-Martin": "FR-MF",
    "Saint-Pierre-et-Miquelon": "FR-PM",
}


def test_french_holidays_are_the_official_ones(shared_data: Callable[[str], Path]) -> None:
    official: dict[str, set[date]] = {}
    with shared_data("holidays/fr_2020_2030.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            official.setdefault(row["zone"], set()).add(date.fromisoformat(row["date"]))
    for zone, code in ZONES.items():
        ours = {day for year in range(2020, 2031) for day in set_days(code, year)}
        own = {date(year, 9, 24) for year in range(2020, 2031)} if code == "FR-NC" else set()
        assert ours == official[zone] | own, zone


def test_alsace_moselle_adds_two_days() -> None:
    assert set_days("FR-57", 2026) - set_days("FR", 2026) == {date(2026, 4, 3), date(2026, 12, 26)}
    assert set_days("FR-67", 2026) == set_days("FR-68", 2026) == set_days("FR-57", 2026)


def test_quebec_holidays(shared_data: Callable[[str], Path]) -> None:
    with shared_data("holidays/ca-qc_2020_2029.csv").open(encoding="utf-8") as file:
        public = {date.fromisoformat(r["date"]) for r in csv.DictReader(file) if r["type"] == "public"}
    ours = {day for year in range(2020, 2030) for day in set_days("CA-QC", year)}
    assert ours == public


# -- spans --

sets = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6).map(tidy)


def instants_of(spans: Spans) -> set[int]:
    return {i for start, end in spans for i in range(start, end)}


@given(sets, sets)
def test_spans_are_sets_of_instants(left: Spans, right: Spans) -> None:
    a, b = instants_of(left), instants_of(right)
    for ours, theirs in (
        (union(left, right), a | b),
        (intersection(left, right), a & b),
        (subtraction(left, right), a - b),
    ):
        assert instants_of(ours) == theirs
        assert tidy(ours) == ours
        assert total(ours) == len(theirs)


def test_every_weekday_has_a_name() -> None:
    assert [date(2026, 1, 12 + i).strftime("%a").lower() for i in range(7)] == list(WEEKDAYS)
