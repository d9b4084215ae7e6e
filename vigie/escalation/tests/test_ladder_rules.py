"""What makes a ladder sound, and which ladder applies."""

from __future__ import annotations

import pytest

from vigie.contracts.tests.samples import K4, H
from vigie.escalation.rules.ladder import Case, Point, Rung, Scope, chain, check_ladder, check_tie, choose
from vigie.kernel.refusal import Refusal


def refused(code: str):  # type: ignore[no-untyped-def]
    return pytest.raises(Refusal, match=f"escalation.{code}")


def rungs(*points: tuple[str, int], takers: tuple[str, ...] = ()) -> list[Rung]:
    found = [Rung(n, Point(unit, value)) for n, (unit, value) in enumerate(points)]
    return [Rung(r.key, r.point, taker=takers[n] if n < len(takers) else "") for n, r in enumerate(found)]


class TestOrder:
    def test_percents_and_minutes_after_the_breach_go_up(self) -> None:
        check_ladder(rungs(("percent", 50), ("percent", 75), ("percent", 100), ("wall", 60), ("wall", 240)))
        check_ladder(rungs(("service", -60), ("service", -30), ("percent", 100), ("service", 30)))

    @pytest.mark.parametrize(
        "points",
        [
            [("percent", 75), ("percent", 50)],
            [("percent", 75), ("percent", 75)],
            [("wall", 30), ("percent", 90)],
            [("percent", 100), ("service", -10)],
            [("service", -30), ("service", -60)],
        ],
    )
    def test_steps_that_go_back_are_refused(self, points: list[tuple[str, int]]) -> None:
        with refused("out_of_order"):
            check_ladder(rungs(*points))

    def test_a_percent_and_minutes_compare_by_the_targets_of_the_scope(self) -> None:
        """One hour before the breach is 75 % of four hours and 87.5 % of eight."""
        steps = rungs(("percent", 80), ("service", -60))
        check_ladder(steps)  # nothing is known of the targets
        check_ladder(steps, [8 * H])
        with refused("out_of_order"):
            check_ladder(steps, [4 * H, 8 * H])

    @pytest.mark.parametrize(
        ("point", "code"),
        [
            (("percent", 0), "never_fires_percent"),
            (("percent", -5), "never_fires_percent"),
            (("percent", 1001), "never_fires_percent"),
            (("wall", 90_000), "never_fires_minutes"),
            (("service", -481), "never_fires_early"),
            (("service", -480), "never_fires_early"),
        ],
    )
    def test_a_step_that_never_fires_is_refused(self, point: tuple[str, int], code: str) -> None:
        with refused(code):
            check_ladder(rungs(point), [4 * H, 8 * H])

    def test_one_minute_after_the_opening_is_still_within_reach(self) -> None:
        check_ladder(rungs(("service", -479)), [4 * H, 8 * H])

    def test_minutes_of_another_calendar_may_exceed_the_target(self) -> None:
        check_ladder([Rung(1, Point("service", -600, K4))], [8 * H])


class TestCircles:
    def test_a_ticket_is_not_handed_back_to_who_had_it(self) -> None:
        steps = [("percent", 50), ("percent", 75), ("percent", 100)]
        check_ladder(rungs(*steps, takers=("team:1", "", "team:2")))
        with refused("circular"):
            check_ladder(rungs(*steps, takers=("team:1", "team:2", "team:1")))

    def test_ladders_follow_each_other(self) -> None:
        assert chain(1, {1: 2, 2: 3, 3: None}) == [1, 2, 3]

    @pytest.mark.parametrize("following", [{1: 1}, {1: 2, 2: 1}, {1: 2, 2: 3, 3: 2}])
    def test_a_ladder_that_leads_back_is_refused(self, following: dict[int, int | None]) -> None:
        with refused("circular"):
            chain(1, following)


class TestChoice:
    CASE = Case(organisation=7, contract=70, kind="resolution", priority=1, is_vip=True)

    def test_the_most_specific_wins(self) -> None:
        common = Scope(1)
        critical = Scope(2, priorities=frozenset({1, 2}))
        vip = Scope(3, vip_only=True)
        client = Scope(4, organisation=7)
        contract = Scope(5, organisation=7, contract=70)
        order = [common, critical, vip, client, contract]
        for n in range(1, 6):
            chosen = choose(order[:n], self.CASE)
            assert chosen is order[n - 1]
            assert choose(list(reversed(order[:n])), self.CASE) is chosen

    @pytest.mark.parametrize(
        "scope",
        [
            Scope(1, organisation=8),
            Scope(1, organisation=7, contract=71),
            Scope(1, kind="response"),
            Scope(1, priorities=frozenset({2})),
        ],
    )
    def test_a_scope_that_does_not_match_is_no_candidate(self, scope: Scope) -> None:
        assert choose([scope], self.CASE) is None

    def test_vip_only_leaves_others_out(self) -> None:
        case = Case(7, 70, "resolution", 1, is_vip=False)
        assert choose([Scope(1, vip_only=True)], case) is None

    def test_two_that_contend_are_refused(self) -> None:
        first = Scope(1, organisation=7, priorities=frozenset({1, 2}))
        with refused("tie"):
            check_tie(Scope(2, organisation=7, priorities=frozenset({2, 3})), [first])
        with refused("tie"):
            check_tie(Scope(2), [Scope(1)])
        check_tie(Scope(2, organisation=7, priorities=frozenset({3})), [first])
        check_tie(Scope(2, organisation=7, kind="response"), [Scope(1, organisation=7, kind="resolution")])
        check_tie(Scope(2, organisation=8, priorities=frozenset({1})), [first])
        check_tie(Scope(2, organisation=7), [first])
        check_tie(first, [first])
