"""Worked examples W39 to W43, by value, and what an outage or a maintenance may do to an availability."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.availability import (
    Outage,
    availability,
    in_series,
    redundant,
    weighted_by_users,
)
from vigie.contracts.rules.compliance import percent
from vigie.contracts.rules.openings import openings
from vigie.contracts.tests.samples import K1, H, at

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JUNE = openings(K1).spans(at("2026-06-01 00:00"), at("2026-07-01 00:00"))
MAINTENANCE = [(at("2026-06-11 12:00"), at("2026-06-11 14:00"))]
OUTAGES = [
    Outage(at(start), at(end))
    for start, end in (
        ("2026-06-02 17:00", "2026-06-03 09:30"),
        ("2026-06-11 13:30", "2026-06-11 14:45"),
        ("2026-06-15 10:00", "2026-06-15 11:00"),
        ("2026-06-15 10:30", "2026-06-15 11:30"),
        ("2026-06-20 00:00", "2026-06-21 00:00"),
    )
]
W39 = availability(JUNE, MAINTENANCE, OUTAGES)
MONTH = ((0, 720 * H),)


def hours(seconds: Fraction | None) -> float:
    assert seconds is not None
    return round(float(seconds) / H, 3)


def test_w39_maintenance_nights_and_overlaps() -> None:
    assert (W39.agreed, W39.down) == (218 * H, Fraction(475, 100) * H)
    assert W39.rate is not None
    assert percent(W39.rate, 4) == "97.8211"


def test_w40_means_and_error_budget() -> None:
    assert W39.failures == 3
    found = (W39.mean_time_to_restore, W39.mean_time_between_failures, W39.mean_time_between_incidents)
    assert [hours(mean) for mean in found] == [1.583, 71.083, 72.667]
    assert hours(W39.budget(Fraction(995, 1000))) == -3.66


def test_w41_degradation_counts_by_its_weight() -> None:
    found = availability(MONTH, (), [Outage(0, 2 * H), Outage(10 * H, 13 * H, Fraction(1, 2))])
    assert found.down == Fraction(7, 2) * H
    assert found.rate is not None
    assert percent(found.rate, 4) == "99.5139"


def test_w42_weighted_by_users() -> None:
    found = weighted_by_users(1000, 720 * H, [(200, 2 * H)])
    assert found is not None
    assert percent(found, 4) == "99.9444"
    assert weighted_by_users(1000, 0, []) is None


def test_w43_series_and_redundancy() -> None:
    chain = in_series(Fraction(text) for text in ("0.999", "0.998", "0.9995"))
    assert percent(chain, 4) == "99.6503"
    assert percent(redundant(Fraction(99, 100), 2)) == "99.99"


def test_r4_14_identity() -> None:
    between, restore = W39.mean_time_between_failures, W39.mean_time_to_restore
    assert between is not None
    assert restore is not None
    assert W39.rate == between / (between + restore)


def test_nothing_agreed_is_no_measure() -> None:
    found = availability((), (), OUTAGES)
    assert (found.rate, found.failures, found.mean_time_to_restore) == (None, 0, None)


def test_overlapping_weights_take_the_highest() -> None:
    found = availability(MONTH, (), [Outage(0, 4 * H, Fraction(1, 4)), Outage(H, 2 * H)])
    assert found.down == H + Fraction(3, 4) * H


WHEN = st.integers(0, 100)
OUTAGE = st.builds(
    lambda a, b, w: Outage(min(a, b), max(a, b), Fraction(w, 4)), WHEN, WHEN, st.integers(1, 4)
)


@relaxed
@given(st.lists(OUTAGE, max_size=6), OUTAGE)
def test_one_more_outage_never_raises_it(outages: list[Outage], more: Outage) -> None:
    before, after = (availability(((0, 100),), (), found).rate for found in (outages, [*outages, more]))
    assert before is not None
    assert after is not None
    assert 0 <= after <= before <= 1


@relaxed
@given(st.lists(OUTAGE, max_size=4), st.integers(0, 40), st.integers(0, 40))
def test_maintenance_inside_an_outage_never_lowers_it(outages: list[Outage], start: int, length: int) -> None:
    falls = [*outages, Outage(0, 90)]
    plain = availability(((0, 100),), (), falls).rate
    kept = availability(((0, 100),), [(start, start + length)], falls).rate
    assert plain is not None
    assert kept is not None
    assert kept >= plain
