"""Worked examples W34 to W38, by value, and what an exclusion does to a rate."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.compliance import (
    Measure,
    Method,
    Outcome,
    Tally,
    Verdict,
    judge,
    measure,
    percent,
    pooled,
    shares_of,
    tally,
    weighted,
)  # fmt: skip
from vigie.contracts.tests.samples import at

JANUARY = (at("2026-01-01 00:00"), at("2026-02-01 00:00"))
TARGET = Fraction(95, 100)


def outcome(opened: str, due: str, end: str | None, met: bool = True) -> Outcome:
    stopped = at(f"{end} 12:00") if end else None
    return Outcome(at(f"{opened} 12:00"), at(f"{due} 12:00"), stopped, not met)


W34 = [
    outcome("2025-12-20", "2025-12-30", "2026-01-05", met=False),  # A
    outcome("2026-01-05", "2026-01-07", "2026-01-06"),  # B
    outcome("2026-01-10", "2026-01-14", "2026-01-13"),  # C
    outcome("2026-01-12", "2026-01-15", "2026-01-20", met=False),  # D
    outcome("2026-01-20", "2026-01-26", "2026-01-25"),  # E
    outcome("2026-01-22", "2026-01-28", None),  # F
    outcome("2026-01-29", "2026-02-03", None),  # G
    outcome("2026-01-28", "2026-01-30", "2026-01-30"),  # H
    outcome("2025-12-28", "2026-01-09", "2026-01-08"),  # I
    outcome("2026-01-25", "2026-01-29", None),  # J
]


def test_w34_three_methods() -> None:
    expected = {
        Method.RESOLVED: (Tally(5, 7), "71.43"),
        Method.OPENED: (Tally(4, 7), "57.14"),
        Method.DUE: (Tally(5, 8), "62.50"),
    }
    for method, (counts, shown) in expected.items():
        found = tally(W34, method, *JANUARY)
        assert found == counts
        assert found.rate is not None
        assert percent(found.rate) == shown


def test_w35_minimum_volume() -> None:
    verdicts = [judge(Tally(met, n), TARGET) for met, n in ((5, 6), (4, 6), (19, 20), (19, 21))]
    yes, no = Verdict.CONFORMING, Verdict.NOT_CONFORMING
    assert verdicts == [yes, no, yes, no]


def test_w36_weighted_is_not_pooled() -> None:
    groups = [Tally(4, 5), Tally(18, 20), Tally(95, 100)]
    mean, whole = weighted(zip(groups, (5, 3, 1), strict=True)), pooled(groups).rate
    assert mean is not None
    assert whole is not None
    assert (percent(mean), percent(whole)) == ("85.00", "93.60")


def test_w37_exact_fraction_and_truncation() -> None:
    counts = Tally(283, 298)
    assert judge(counts, TARGET) == Verdict.NOT_CONFORMING
    assert counts.rate is not None
    assert percent(counts.rate, 1, TARGET) == "94.9"
    assert percent(counts.rate, 1) == "95.0"


def test_nothing_short_of_the_whole_is_printed_as_the_whole() -> None:
    assert (percent(Fraction(1999, 2000), 1), percent(Fraction(1), 1)) == ("99.9", "100.0")
    assert percent(Fraction(44, 46), 1) == "95.7"


@pytest.mark.parametrize(
    ("parts", "shown"),
    [((781, 219), ["78.1", "21.9"]), ((1, 1, 1), ["33.4", "33.3", "33.3"]), ((0, 0), ["0.0", "0.0"])],
)
def test_shares_add_up(parts: tuple[int, ...], shown: list[str]) -> None:
    assert shares_of(parts) == shown


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=9).filter(any))
def test_shares_add_up_to_a_hundred_and_none_is_a_step_off(parts: list[int]) -> None:
    shown = [Decimal(one) for one in shares_of(parts)]
    assert sum(shown) == 100
    for part, share in zip(parts, shown, strict=True):
        assert abs(Fraction(part * 100, sum(parts)) - Fraction(share)) < Fraction(1, 10)


def test_w38_exclusion_leaves_both_terms() -> None:
    end = JANUARY[0] + 60
    clocks = [Outcome(0, end, JANUARY[0] + i, missed=i < 5, excluded=i < 2) for i in range(60)]
    raw, adjusted = (tally(clocks, Method.RESOLVED, *JANUARY, raw=raw) for raw in (True, False))
    assert (raw, adjusted) == (Tally(55, 60), Tally(55, 58))
    assert raw.rate is not None
    assert adjusted.rate is not None
    assert (percent(raw.rate), percent(adjusted.rate)) == ("91.67", "94.83")


def test_r4_12_nothing_to_judge() -> None:
    assert judge(Tally(0, 0), TARGET) == Verdict.NOT_APPLICABLE
    assert Tally(0, 0).rate is None
    assert weighted([(Tally(0, 0), 3)]) is None


@given(st.integers(0, 50), st.integers(1, 50), st.data())
def test_excluding_a_miss_never_lowers_the_rate(met: int, missed: int, data: st.DataObject) -> None:
    out = data.draw(st.integers(1, missed))
    before, after = Tally(met, met + missed), Tally(met, met + missed - out)
    assert before.rate is not None
    assert after.rate is None or after.rate >= before.rate


def test_w38_measure_shows_what_was_excluded_apart() -> None:
    end = JANUARY[0] + 60
    clocks = [Outcome(0, end, JANUARY[0] + i, missed=i < 5, excluded=i < 2) for i in range(60)]
    found = measure(clocks, Method.RESOLVED, *JANUARY)
    assert (found, found.excluded) == (Measure(met=55, missed=3, excluded_missed=2), 2)
    assert (found.raw, found.adjusted) == (Tally(55, 60), Tally(55, 58))


CLOCK = st.builds(
    Outcome,
    opened_at=st.integers(0, 30),
    due_at=st.none() | st.integers(0, 30),
    stopped_at=st.none() | st.integers(0, 30),
    missed=st.booleans(),
    excluded=st.booleans(),
    cancelled=st.booleans(),
)


@given(st.lists(CLOCK, max_size=12), st.sampled_from(Method), st.integers(0, 20))
def test_a_measure_is_the_two_tallies(clocks: list[Outcome], method: Method, start: int) -> None:
    found = measure(clocks, method, start, start + 10)
    assert found.adjusted == tally(clocks, method, start, start + 10)
    assert found.raw == tally(clocks, method, start, start + 10, raw=True)


@given(st.lists(CLOCK, max_size=12), st.sampled_from(Method))
def test_an_excluded_clock_is_never_counted_as_met(clocks: list[Outcome], method: Method) -> None:
    kept = [clock for clock in clocks if not clock.excluded]
    assert measure(clocks, method, 5, 20).adjusted == measure(kept, method, 5, 20).adjusted
