"""Worked examples W44 to W46, by value; what a settlement of a month may and may not do."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.compliance import Verdict
from vigie.contracts.rules.penalties import (
    Bands,
    Before,
    Limits,
    Line,
    Past,
    PerPoint,
    PerTicket,
    StepKind,
    cents,
    earned_back,
    lateness,
    penalty,
    settle,
    share_of,
)
from vigie.kernel.refusal import Refusal

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FEE = Decimal("42000.00")
W44_BANDS = Bands(
    tuple((Decimal(floor), Decimal(due)) for floor, due in (("99.9", 0), ("99.5", 5), ("99", 10), ("0", 15)))
)
AVAILABLE = Fraction("0.9962")
NO_TARGET = Fraction(1)


def test_w44_band_points_and_month_cap() -> None:
    lines = [
        Line(1, penalty(W44_BANDS, FEE, AVAILABLE, NO_TARGET)),
        Line(2, penalty(PerPoint(Decimal(1)), FEE, Fraction("0.924"), Fraction("0.95"))),
    ]
    assert [line.amount for line in lines] == [Decimal("2100.00"), Decimal("1260.00")]
    found = settle(lines, Limits(month_cap=share_of(FEE, Decimal(7))), Before())
    assert (found.gross, found.total) == (Decimal("3360.00"), Decimal("2940.00"))
    assert [(step.kind, step.amount) for step in found.steps] == [(StepKind.MONTH_CAP, Decimal("-420.00"))]


def test_w44_edges_of_a_band() -> None:
    assert [W44_BANDS.percent(Fraction(rate)) for rate in ("0.999", "0.9989", "0.995", "0.99", "0.5")] == [
        0,
        5,
        5,
        10,
        15,
    ]


def test_w45_started_hours_with_a_cap_per_ticket() -> None:
    formula = PerTicket(Decimal(50), cap=Decimal(500))
    late = [3 * 3600 + 20 * 60, 14 * 3600]
    assert [formula.amount(seconds) for seconds in late] == [Decimal(200), Decimal(500)]
    assert penalty(formula, FEE, Fraction(0), NO_TARGET, late) == Decimal("700.00")


def test_w46_franchise_is_a_threshold() -> None:
    limits, before = Limits(franchise=Decimal(1000)), Before(charged=Decimal("650.00"))
    for days, total in ((12, "0.00"), (20, "1010.00")):
        amount = lateness(Decimal(18000), days)
        assert settle([Line(1, amount)], limits, before).total == Decimal(total)
    assert (lateness(Decimal(18000), 12), lateness(Decimal(18000), 20)) == (
        Decimal("216.00"),
        Decimal("360.00"),
    )


def test_w46_what_became_due_is_not_due_twice() -> None:
    before = Before(charged=Decimal(1010), due=Decimal(1010))
    found = settle([Line(1, Decimal(40))], Limits(franchise=Decimal(1000)), before)
    assert (found.due, found.steps) == (Decimal(40), ())


def test_a_point_may_be_proportional() -> None:
    rate, target = Fraction("0.924"), Fraction("0.95")
    assert penalty(PerPoint(Decimal(1), started=False), FEE, rate, target) == Decimal("1092.00")
    assert penalty(PerPoint(Decimal(1)), FEE, target, target) == 0


def test_one_rounding_half_up_at_the_line() -> None:
    assert [cents(Fraction(n, 1000)) for n in (4, 5, 14, 15)] == [
        Decimal(t) for t in ("0.00", "0.01", "0.01", "0.02")
    ]
    thirds = [Line(n, cents(Fraction(10, 3))) for n in range(3)]
    assert settle(thirds, Limits(), Before()).total == Decimal("9.99")


def test_one_cause_on_several_commitments_costs_the_highest() -> None:
    lines = [Line(1, Decimal(300), "network"), Line(2, Decimal(500), "network"), Line(3, Decimal(100))]
    found = settle(lines, Limits(), Before())
    assert (found.gross, found.total) == (Decimal(900), Decimal(600))


def test_year_cap_is_what_is_left_of_it() -> None:
    limits = Limits(month_cap=Decimal(400), year_cap=Decimal(1000))
    found = settle([Line(1, Decimal(900))], limits, Before(charged_in_year=Decimal(850)))
    assert [(step.kind, step.amount) for step in found.steps] == [
        (StepKind.MONTH_CAP, Decimal(-500)),
        (StepKind.YEAR_CAP, Decimal(-250)),
    ]
    assert found.total == Decimal(150)


def test_bonus_lowers_the_penalties_never_below_zero() -> None:
    for bonus, total in ((Decimal(30), Decimal(70)), (Decimal(300), Decimal(0))):
        assert settle([Line(1, Decimal(100))], Limits(), Before(), bonus=bonus).total == total


MISSED, MET, NONE = Verdict.NOT_CONFORMING, Verdict.CONFORMING, Verdict.NOT_APPLICABLE


def past(cost: int, *lines: tuple[int, int, Verdict]) -> Past:
    return Past(Decimal(cost), tuple((key, Decimal(amount), verdict) for key, amount, verdict in lines))


def test_earn_back_after_as_many_months_met() -> None:
    january = past(150, (1, 100, MISSED), (2, 80, MISSED))
    met = past(0, (1, 0, MET), (2, 0, MET))
    assert (
        earned_back([january, met], frozenset({1, 2}), after=2) == 150
    )  # no more than the capped month cost
    assert earned_back([january, met], frozenset({1}), after=2) == 100
    assert earned_back([january, met], frozenset(), after=2) == 0
    assert earned_back([january], frozenset({1}), after=2) == 0
    assert earned_back([january, met], frozenset({1}), after=0) == 0


def test_a_month_without_measure_earns_nothing_back() -> None:
    assert earned_back([past(100, (1, 100, MISSED)), past(0, (1, 0, NONE))], frozenset({1}), after=2) == 0


@pytest.mark.parametrize(
    "steps", [(), (("90", "5"),), (("90", "5"), ("95", "0"), ("0", "9")), (("90", "-5"), ("0", "9"))]
)
def test_bands_go_down_to_zero_and_none_is_negative(steps: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refusal):
        Bands(tuple((Decimal(floor), Decimal(due)) for floor, due in steps))


def test_what_exceeds_a_credit_is_carried_over_and_taken_once() -> None:
    """520 due, 852 given back, 426 of corrections: nobody owes 758 by a credit note, the next months give that much less."""
    october = settle(
        [Line(1, Decimal(520))], Limits(), Before(), earned_back=Decimal(852), corrections=Decimal(-426)
    )
    assert (october.total, october.net) == (0, Decimal(-758))
    assert october.step(StepKind.CARRIED_OUT) == 758
    november = settle([Line(1, Decimal(500))], Limits(), Before(carried=Decimal(758)))
    assert (november.total, november.own, november.net) == (0, 500, Decimal(-258))
    december = settle([Line(1, Decimal(500))], Limits(), Before(carried=Decimal(258)))
    assert [(step.kind, step.amount) for step in december.steps] == [(StepKind.CARRIED_IN, Decimal(-258))]
    assert (december.total, december.own) == (242, 500)


# -- properties ------------------------------------------------------------------------------------------------------

AMOUNT = st.decimals(min_value=0, max_value=10**6, places=2)
LINES = st.lists(
    st.builds(Line, st.integers(1, 9), AMOUNT, st.sampled_from(["", "a", "b"])),
    unique_by=lambda line: line.key,  # a commitment has one line
    max_size=6,
)
CAP = st.none() | AMOUNT
LIMITS = st.builds(Limits, CAP, CAP, AMOUNT)
RATE = st.fractions(min_value=0, max_value=1)


@st.composite
def befores(draw: st.DrawFn) -> Before:
    """What earlier months may have left: due is never more than charged."""
    charged = draw(AMOUNT)
    return Before(draw(AMOUNT), charged, draw(st.sampled_from([Decimal(0), charged])))


@relaxed
@given(LINES, LIMITS, befores(), AMOUNT, AMOUNT)
def test_the_lines_and_the_steps_make_the_total(
    lines: list[Line], limits: Limits, before: Before, bonus: Decimal, back: Decimal
) -> None:
    found = settle(lines, limits, before, bonus=bonus, earned_back=back)
    steps = sum((step.amount for step in found.steps), Decimal(0))
    assert found.total == sum((line.amount for line in lines), Decimal(0)) + steps
    assert found.total == found.total.quantize(Decimal("0.01"))
    assert found.total >= 0
    assert found.net == found.total - found.step(StepKind.CARRIED_OUT)


@relaxed
@given(LINES, LIMITS, befores())
def test_r4_19_no_cap_is_ever_exceeded(lines: list[Line], limits: Limits, before: Before) -> None:
    found = settle(lines, limits, before)
    assert 0 <= found.charged <= found.gross
    assert limits.month_cap is None or found.charged <= limits.month_cap
    assert (
        limits.year_cap is None
        or not found.charged
        or before.charged_in_year + found.charged <= limits.year_cap
    )


@relaxed
@given(LINES, LIMITS, befores(), AMOUNT)
def test_a_dearer_line_never_costs_less(
    lines: list[Line], limits: Limits, before: Before, more: Decimal
) -> None:
    if lines:
        first = Line(lines[0].key, lines[0].amount + more, lines[0].group)
        assert settle([first, *lines[1:]], limits, before).due >= settle(lines, limits, before).due


@relaxed
@given(RATE, RATE, RATE, st.booleans())
def test_a_better_rate_never_costs_more(
    one: Fraction, other: Fraction, target: Fraction, started: bool
) -> None:
    worse, better = sorted((one, other))
    per_point = PerPoint(Decimal("1.5"), started)
    assert penalty(per_point, FEE, better, target) <= penalty(per_point, FEE, worse, target)
    assert penalty(W44_BANDS, FEE, better, target) <= penalty(W44_BANDS, FEE, worse, target)
