"""Commitments that are not tickets, by value and by property: availability, deliveries, reports, counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.compliance.rules import Count, Promise, by_priority, judged, later
from vigie.compliance.rules.credits import Standing, may_be_noted, standing
from vigie.compliance.rules.measures import (
    Fall,
    Item,
    Planned,
    ServiceTime,
    Terms,
    designed,
    of_availability,
    of_items,
    of_volume,
)
from vigie.contracts.rules.availability import Work, admitted
from vigie.contracts.rules.compliance import Tally, Verdict, assess
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.penalties import Lateness, PerDay
from vigie.contracts.tests.samples import K1, H, at

relaxed = settings(deadline=None)
JUNE = openings(K1).spans(at("2026-06-01 00:00"), at("2026-07-01 00:00"))
MAY_31, JUNE_1, JULY_1 = dt.date(2026, 5, 31), dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def promise(kind: str = "availability", target: str = "99.5", **more: Any) -> Promise:
    values: dict[str, Any] = {
        "key": 1, "kind": kind, "ticket_type": "", "priority": None, "target": Decimal(target), "n_min": 0, "allowed_misses": 0,
        "formula": None, "base": Decimal("1000.00"), **more,
    }  # fmt: skip
    return Promise(**values)


def fall(number: int, start: str, end: str, weight: int = 100, **more: Any) -> Fall:
    return Fall(number, f"Panne {number}", at(start), at(end), weight, **more)


def planned(announced: str, start: str, end: str, finished: str | None = None) -> Planned:
    return Planned(
        1, "Mise à jour", Work(at(announced), at(start), at(end), at(finished) if finished else None)
    )


FALLS = [
    fall(1, "2026-06-02 17:00", "2026-06-03 09:30"),
    fall(2, "2026-06-11 13:30", "2026-06-11 14:45"),
    fall(3, "2026-06-15 10:00", "2026-06-15 11:00"),
    fall(4, "2026-06-15 10:30", "2026-06-15 11:30"),
    fall(5, "2026-06-20 00:00", "2026-06-21 00:00"),
]
WORKS = [planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00")]


def numbers(line: Any) -> dict[str, Fraction]:
    return {name: Fraction(text) for name, text in line.numbers}


class TestAvailability:
    def test_w39_from_records(self) -> None:
        line, entries = of_availability(promise(), Terms(notice=72 * H), ServiceTime(JUNE), WORKS, FALLS)
        found = numbers(line)
        assert (found["agreed"], found["down"], found["failures"]) == (218 * H, Fraction(475, 100) * H, 3)
        assert found["budget"] == Fraction(109, 100) * H - Fraction(475, 100) * H  # W40
        assert line.verdict == Verdict.NOT_CONFORMING
        downtime = sum(one.seconds for one in entries if one.nature == "outage")
        assert downtime == Decimal("4.75") * H  # what the records count for is the downtime, to the second
        assert [one.why for one in entries if one.record_id == 5] == ["outside_hours"]

    def test_w42_users_weigh_an_outage(self) -> None:
        month = ServiceTime(((0, 720 * H),))
        one = Fall(1, "Accès", 0, 2 * H, users=200)
        line, _ = of_availability(promise(), Terms(users=1000), month, [], [one])
        assert line.value == 1 - Fraction(200 * 120, 1000 * 720 * 60)

    def test_an_excluded_outage_leaves_the_rate_and_stays_in_the_raw_one(self) -> None:
        month = ServiceTime(((0, 100 * H),))
        both = [Fall(1, "a", 0, H), Fall(2, "b", 10 * H, 12 * H, excluded=True)]
        line, entries = of_availability(promise(), Terms(), month, [], both)
        assert (line.value, line.raw) == (Fraction(99, 100), Fraction(97, 100))
        assert [(one.record_id, one.counts, one.excluded) for one in entries] == [
            (1, True, False),
            (2, False, True),
        ]

    @pytest.mark.parametrize(
        ("work", "terms", "window", "hours"),
        [
            (
                planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00"),
                Terms(72 * H),
                None,
                (2, 0),
            ),
            # announced a day before, three were agreed
            (
                planned("2026-06-10 12:00", "2026-06-11 12:00", "2026-06-11 14:00"),
                Terms(72 * H),
                None,
                (0, 2),
            ),
            # beyond the quota
            (
                planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00"),
                Terms(72 * H, H),
                None,
                (1, 1),
            ),
            # outside the window
            (
                planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00"),
                Terms(),
                ("12:00", "13:00"),
                (1, 1),
            ),
            # overrun of an hour
            (
                planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00", "2026-06-11 15:00"),
                Terms(),
                None,
                (2, 1),
            ),
            # over sooner than announced: only what it took
            (
                planned("2026-06-01 09:00", "2026-06-11 12:00", "2026-06-11 14:00", "2026-06-11 12:30"),
                Terms(),
                None,
                (0.5, 0),
            ),
        ],
    )
    def test_what_of_a_maintenance_leaves_the_agreed_time(
        self, work: Planned, terms: Terms, window: tuple[str, str] | None, hours: tuple[float, float]
    ) -> None:
        spans = None
        if window:
            spans = ((at(f"2026-06-11 {window[0]}"), at(f"2026-06-11 {window[1]}")),)
        line, _ = of_availability(promise(), terms, ServiceTime(JUNE, window=spans), [work], [])
        found = numbers(line)
        assert (found["planned"] / H, found["down"] / H) == hours
        assert found["agreed"] == 220 * H - found["planned"]

    def test_e4_8_an_outage_over_two_months_fails_once(self) -> None:
        cut = at("2026-07-01 00:00")
        lasting = fall(1, "2026-06-30 17:00", "2026-07-01 09:00")
        july = openings(K1).spans(cut, at("2026-08-01 00:00"))
        june_line, _ = of_availability(
            promise(), Terms(), ServiceTime(JUNE), [], [Fall(1, "a", lasting.start, cut)]
        )
        before = openings(K1).spans(lasting.start, cut)
        july_line, _ = of_availability(promise(), Terms(), ServiceTime(july, before), [], [lasting])
        assert [numbers(line)["down"] / H for line in (june_line, july_line)] == [1, 1]
        assert [numbers(line)["failures"] for line in (june_line, july_line)] == [1, 0]

    def test_e4_8_one_that_begins_at_night_fails_where_it_is_first_felt(self) -> None:
        cut = at("2026-07-01 00:00")
        lasting = fall(1, "2026-06-30 20:00", "2026-07-01 09:00")
        before = openings(K1).spans(lasting.start, cut)
        july = openings(K1).spans(cut, at("2026-08-01 00:00"))
        line, _ = of_availability(promise(), Terms(), ServiceTime(july, before), [], [lasting])
        assert numbers(line)["failures"] == 1

    def test_no_agreed_time_is_no_measure(self) -> None:
        line, _ = of_availability(promise(), Terms(), ServiceTime(()), [], FALLS)
        assert (line.value, line.verdict, line.penalty) == (None, Verdict.NOT_APPLICABLE, 0)

    def test_w43_what_the_parts_can_give(self) -> None:
        parts = [(Decimal("99.9"), 1), (Decimal("99.8"), 1), (Decimal("99.95"), 1)]
        assert round(float(designed(parts)) * 100, 4) == 99.6503
        assert designed([(Decimal(99), 2)]) == Fraction(9999, 10000)

    @relaxed
    @given(
        st.lists(
            st.tuples(st.integers(0, 300), st.integers(1, 80), st.sampled_from([25, 50, 100]), st.booleans()),
            max_size=7,
        ),
        st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40), st.integers(-20, 20)), max_size=3),
        st.one_of(st.none(), st.integers(0, 60)),
    )
    def test_entries_sum_to_the_downtime(
        self, falls: list[tuple[int, int, int, bool]], works: list[tuple[int, int, int]], quota: int | None
    ) -> None:
        time = ServiceTime(((0, 100), (150, 260)))
        lost = [Fall(n, "", a, a + b, w, None, x) for n, (a, b, w, x) in enumerate(falls)]
        done = [
            Planned(n, "", Work(-100, a, a + b, max(a + b + late, a + 1)))
            for n, (a, b, late) in enumerate(works)
        ]
        line, entries = of_availability(promise(), Terms(quota=quota), time, done, lost)
        found = numbers(line)
        down = sum(
            (one.seconds for one in entries if one.nature != "maintenance" and not one.excluded), Decimal(0)
        )
        assert Fraction(down) == found["down"]
        assert (
            found["planned"] == sum(one.seconds for one in entries if one.nature == "maintenance")
            or len(works) > 1
        )
        assert line.raw is None or line.value is None or line.raw <= line.value
        if quota is not None:
            taken = admitted([one.work for one in done], time.opening, notice=0, window=None, quota=quota)
            assert sum(b - a for spans in taken for a, b in spans) <= quota


def item(due: str, done: str | None, value: str = "18000", **more: Any) -> Item:
    return Item(
        "delivery",
        1,
        "Lot 1",
        dt.date.fromisoformat(due),
        dt.date.fromisoformat(done) if done else None,
        Decimal(value),
        **more,
    )


LATE = {"kind": "delivery", "target": "100", "formula": Lateness()}
FAR = dt.date(2027, 1, 1)


class TestItems:
    def test_w46_days_late_times_value(self) -> None:
        line, entries = of_items(promise(**LATE), [item("2026-06-02", "2026-06-14")], JUNE_1, FAR)
        assert (entries[0].days, line.penalty, line.verdict) == (
            12,
            Decimal("216.00"),
            Verdict.NOT_CONFORMING,
        )

    def test_days_late_of_two_months_make_the_whole_lateness(self) -> None:
        one = item("2026-06-20", "2026-07-10")  # 20 days: 360.00 in all (W46)
        june, _ = of_items(promise(**LATE), [one], JUNE_1, FAR)
        july, _ = of_items(promise(**LATE), [one], JULY_1, FAR)
        assert (june.penalty, july.penalty) == (Decimal("180.00"), Decimal("180.00"))

    def test_met_counts_in_the_month_it_is_due(self) -> None:
        early = item("2026-06-20", "2026-05-28")
        line, _ = of_items(promise(**LATE), [early], JUNE_1, FAR)
        assert (line.measure.met, line.value) == (1, 1)
        assert of_items(promise(**LATE), [early], later(JUNE_1, -1), FAR)[1] == ()

    def test_not_due_yet_is_no_measure(self) -> None:
        line, entries = of_items(promise(**LATE), [item("2026-06-20", None)], JUNE_1, dt.date(2026, 6, 20))
        assert (line.verdict, entries) == (Verdict.NOT_APPLICABLE, ())
        late, _ = of_items(promise(**LATE), [item("2026-06-20", None)], JUNE_1, dt.date(2026, 6, 21))
        assert (late.measure.missed, late.penalty) == (1, Decimal("18.00"))

    def test_an_excluded_delivery_costs_nothing_and_is_shown_apart(self) -> None:
        line, entries = of_items(
            promise(**LATE), [item("2026-06-02", "2026-06-14", excluded=True)], JUNE_1, FAR
        )
        assert (line.verdict, line.penalty, line.measure.excluded_missed) == (Verdict.NOT_APPLICABLE, 0, 1)
        assert line.raw == 0
        assert entries[0].excluded

    def test_by_the_day_up_to_a_cap(self) -> None:
        by_day = promise(kind="report", target="100", formula=PerDay(Decimal(50), Decimal(200)))
        line, _ = of_items(by_day, [item("2026-06-02", "2026-06-14")], JUNE_1, FAR)
        assert line.penalty == Decimal("200.00")

    @relaxed
    @given(st.integers(0, 90), st.integers(-40, 90))
    def test_no_day_is_lost_nor_counted_twice(self, due: int, late: int) -> None:
        first = dt.date(2026, 1, 1)
        day = first + dt.timedelta(days=due)
        one = Item("delivery", 1, "", day, day + dt.timedelta(days=late), Decimal(1000))
        months = [later(first, n) for n in range(-2, 8)]
        lines = [of_items(promise(**LATE), [one], month, FAR)[0] for month in months]
        assert sum(int(dict(line.numbers)["days"]) for line in lines) == max(late, 0)
        assert sum(line.measure.met for line in lines) == (late <= 0)


class TestCounts:
    def test_volume_in_its_band_or_not(self) -> None:
        asked = {"forecast": 800, "low": 10, "high": 20}
        found = {n: of_volume(promise("volume"), asked, n, over=True)[0] for n in (719, 720, 960, 961)}
        assert [line.verdict == Verdict.CONFORMING for line in found.values()] == [False, True, True, False]
        assert [dict(line.numbers)["mass_event"] for line in found.values()] == ["0", "0", "0", "1"]
        running = of_volume(promise("volume"), asked, 300, over=False)[0]
        assert (running.verdict, running.penalty) == (Verdict.NOT_APPLICABLE, 0)

    def test_w35_and_what_else_a_small_volume_may_be(self) -> None:
        share = Fraction(95, 100)
        assert assess(Tally(5, 6), share, 20, 1, "tolerated") == Verdict.CONFORMING
        assert assess(Tally(4, 6), share, 20, 1, "tolerated") == Verdict.NOT_CONFORMING
        assert assess(Tally(6, 6), share, 20, 1, "not_assessed") == Verdict.NOT_ASSESSED
        assert assess(Tally(0, 0), share, 20, 1, "not_assessed") == Verdict.NOT_APPLICABLE
        # 4 of 6, then 40 of 40: together 44 of 46
        assert assess(Tally(4, 6), share, 20, 1, "pooled", [Tally(40, 40)]) == Verdict.CONFORMING
        assert (
            assess(
                Tally(5, 6), share, 20, 0, "pooled", [Tally(4, 5), Tally(4, 5), Tally(4, 5), Tally(99, 99)]
            )
            == Verdict.NOT_CONFORMING
        )
        assert assess(Tally(19, 20), share, 20, 1, "pooled", [Tally(0, 99)]) == Verdict.CONFORMING

    def test_w36_weighted_by_priority(self) -> None:
        counts = [
            Count("resolution", "incident", priority, late, False, number)
            for priority, met, missed in ((1, 4, 1), (2, 18, 2), (3, 95, 5))
            for late, number in ((False, met), (True, missed))
        ]
        every = promise("resolution", "95")
        assert by_priority([every], counts, {"1": 5, "2": 3, "3": 1}) == Fraction(85, 100)
        assert judged(every, counts).measure.adjusted.rate == Fraction(117, 125)
        assert by_priority([every], [], {"1": 5}) is None


class TestCredits:
    @pytest.mark.parametrize(
        ("contested", "decided", "note", "day", "found"),
        [
            (None, None, "", 15, Standing.OPEN),
            (None, None, "", 16, Standing.SILENT),
            (False, None, "", 20, Standing.AGREED),
            (True, None, "", 20, Standing.CONTESTED),
            (True, Decimal(10), "", 20, Standing.DECIDED),
            (None, None, "AV-1", 20, Standing.NOTED),
        ],
    )
    def test_where_a_credit_stands(
        self, contested: bool | None, decided: Decimal | None, note: str, day: int, found: Standing
    ) -> None:
        assert (
            standing(Decimal(10), dt.date(2026, 6, 15), contested, decided, note, dt.date(2026, 6, day))
            == found
        )
        assert may_be_noted(found) == (found in ("silent", "agreed", "decided"))

    def test_silence_makes_nobody_owe(self) -> None:
        day = dt.date(2026, 6, 15)
        assert standing(Decimal(-758), day, None, None, "", day + dt.timedelta(days=90)) == Standing.OPEN
