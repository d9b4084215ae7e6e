"""What one more miss costs, and who comes first."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import START, World, report
from vigie.compliance.labels import rate_words
from vigie.compliance.tests.scene import FEE, KEPT, MISSED, rated, solved
from vigie.contracts.rules.compliance import Tally, Verdict
from vigie.escalation.actions.stakes import _percent, weigh
from vigie.escalation.labels import _rate, stake_words
from vigie.escalation.models import Stake
from vigie.escalation.queries.risk import HORIZONS, board
from vigie.escalation.rules.risk import Line, Risk, Standing, Why, ordered, staked, standings
from vigie.escalation.tests.test_sweep import urgent
from vigie.tickets.models import Ticket

NOW = START + dt.timedelta(days=7)
DAY = HORIZONS["1d"]
EUR = Decimal


def line(key: int, missed: int, rate: str, verdict: Verdict, penalty: str = "0") -> Line:
    return Line(key, missed, Fraction(rate), verdict, EUR(penalty))


class TestStakes:
    REACHED, MISSED = Verdict.CONFORMING, Verdict.NOT_CONFORMING

    def test_the_rate_is_lost(self) -> None:
        now = {1: line(1, 1, "0.96", self.REACHED)}
        then = {1: line(1, 2, "0.94", self.MISSED, "840")}
        found = staked(now, then, [1], EUR(0), EUR(840))
        assert found is not None
        assert (found.why, found.amount, found.nth) == (Why.CROSSES, EUR(840), 2)

    def test_lower_still(self) -> None:
        now = {1: line(1, 3, "0.93", self.MISSED, "840")}
        then = {1: line(1, 4, "0.92", self.MISSED, "982")}
        found = staked(now, then, [1], EUR(840), EUR(982))
        assert found is not None
        assert (found.why, found.amount, found.nth) == (Why.DEEPER, EUR(142), 4)

    def test_borne(self) -> None:
        now, then = {1: line(1, 0, "1", self.REACHED)}, {1: line(1, 1, "0.99", self.REACHED)}
        found = staked(now, then, [1], EUR(0), EUR(0))
        assert found is not None
        assert (found.why, found.amount) == (Why.TOLERATED, EUR(0))

    def test_beyond_the_cap_one_more_costs_nothing(self) -> None:
        now = {1: line(1, 9, "0.5", self.MISSED, "2000")}
        then = {1: line(1, 10, "0.4", self.MISSED, "2500")}
        found = staked(now, then, [1], EUR(700), EUR(700))
        assert found is not None
        assert found.amount == EUR(0)

    def test_of_several_commitments_the_one_that_suffers_most_is_named(self) -> None:
        now = {1: line(1, 1, "0.99", self.REACHED), 2: line(2, 1, "0.90", self.REACHED)}
        then = {1: line(1, 2, "0.98", self.REACHED), 2: line(2, 2, "0.80", self.MISSED, "300")}
        found = staked(now, then, [1, 2], EUR(0), EUR(300))
        assert found is not None
        assert found.key == 2

    def test_without_a_commitment_nothing_is_at_stake(self) -> None:
        assert staked({}, {}, [], EUR(0), EUR(0)) is None


class TestOrder:
    BASE = Risk(1, EUR(0), None, Standing.UNKNOWN, False, 3, 1000)

    def worse(self, key: int, **more: object) -> Risk:
        values = {name: getattr(self.BASE, name) for name in self.BASE.__slots__}
        return Risk(**{**values, "key": key, **more})  # type: ignore[arg-type]

    def test_money_then_the_rate_then_the_client_then_vip_then_priority_then_time(self) -> None:
        rows = [
            self.worse(1, amount=EUR(900), priority=5),
            self.worse(2, amount=EUR(10), why=Why.CROSSES),
            self.worse(3, why=Why.CROSSES),
            self.worse(4, why=Why.TOLERATED, standing=Standing.PRIMARY),
            self.worse(5, why=Why.TOLERATED, standing=Standing.MAJOR, is_vip=True),
            self.worse(6, standing=Standing.SECONDARY),
            self.worse(7, is_vip=True, due=2000),
            self.worse(8, priority=1, due=5000),
            self.worse(9, due=500),
            self.worse(10, due=900),
        ]
        assert [risk.key for risk in ordered(reversed(rows))] == list(range(1, 11))

    @given(st.permutations(range(6)))
    def test_the_order_does_not_depend_on_the_rows_order(self, places: list[int]) -> None:
        rows = [self.worse(n, amount=EUR(n % 3), priority=1 + n % 2) for n in range(6)]
        assert ordered(rows[n] for n in places) == ordered(rows)

    def test_clients_by_their_share_of_the_fees(self) -> None:
        """55/20/15/10: a primary, a major, two secondary (9.9)."""
        fees = [(n, "EUR", EUR(share)) for n, share in enumerate((55, 20, 15, 10))]
        assert [found for _, found in sorted(standings(fees).items())] == [
            Standing.PRIMARY, Standing.MAJOR, Standing.SECONDARY, Standing.SECONDARY,
        ]  # fmt: skip

    def test_currencies_are_not_mixed(self) -> None:
        fees = [(1, "EUR", EUR(100)), (2, "EUR", EUR(100)), (3, "CAD", EUR(1))]
        assert standings(fees) == {1: Standing.PRIMARY, 2: Standing.PRIMARY, 3: Standing.PRIMARY}
        assert standings([(1, "EUR", EUR(0))]) == {}


@pytest.mark.django_db
class TestBoard:
    def prepared(self, world: World) -> Ticket:
        """9 of 10 kept for 90 %: one miss more and the rate is lost."""
        rated(world)
        for _ in range(9):
            solved(world, KEPT)
        solved(world, MISSED)
        return urgent(world, now=NOW)

    def test_the_amount_is_the_month_with_one_miss_more(self, world: World) -> None:
        ticket = self.prepared(world)
        weigh(NOW)
        stake = Stake.objects.get(kind="resolution", priority=2)
        # 9 of 11 is 81.8 %: nine started points, 1 % of 10 000 each, capped at 7 %
        assert EUR(10000) == FEE
        assert (stake.amount, stake.reason, stake.nth) == (EUR("700.00"), "crosses", 2)
        assert (stake.rate_now, stake.rate_then) == (EUR("90.000"), EUR("81.818"))
        found = board(world.actor(world.manager), DAY, now=NOW)
        first = found.rows[0]
        assert (first.ticket["ticket_id"], first.ticket["kind"]) == (ticket.pk, "resolution")
        with translation.override("en"):
            words = stake_words(first.stake, with_money=True)
        assert words == (
            "would cost €700.00: miss no. 2 of the month, the rate would go from 90% to 81.8% (promised: 90%)"
        )

    def test_without_the_grant_for_rates_no_amount_is_said(self, world: World) -> None:
        self.prepared(world)
        weigh(NOW)
        found = board(world.actor(world.agent), DAY, now=NOW)
        with translation.override("en"):
            words = stake_words(found.rows[0].stake, with_money=False)
        assert "700" not in words
        assert words.startswith("a penalty is at stake")

    def test_by_the_ticket_one_started_hour(self, world: World) -> None:
        rated(world, formula="per_ticket", terms={"hourly": "40", "cap": "300"})
        urgent(world, now=NOW)
        weigh(NOW)
        assert Stake.objects.get(kind="resolution", priority=2).amount == EUR("40.00")

    def test_a_stale_amount_is_not_shown(self, world: World) -> None:
        self.prepared(world)
        weigh(NOW - dt.timedelta(hours=1))
        Stake.objects.update(computed_at=NOW - dt.timedelta(hours=1))
        found = board(world.actor(world.manager), DAY, now=NOW)
        assert found.rows
        assert {row.stake for row in found.rows} == {None}

    def test_weighed_twice_it_is_the_same(self, world: World) -> None:
        self.prepared(world)
        weigh(NOW)
        before = list(Stake.objects.order_by("pk").values())
        weigh(NOW)
        assert list(Stake.objects.order_by("pk").values()) == before

    def test_what_runs_out_no_more_is_forgotten(self, world: World) -> None:
        self.prepared(world)
        weigh(NOW)
        assert Stake.objects.exists()
        weigh(NOW + dt.timedelta(days=20))
        assert not Stake.objects.exists()

    def test_only_clients_in_sight(self, world: World) -> None:
        urgent(world, now=NOW)
        theirs = report(world, world.b, impact=2, urgency=1, now=NOW)
        seen = {row.ticket["ticket_id"] for row in board(world.actor(world.agent), DAY, now=NOW).rows}
        assert theirs.pk not in seen
        everything = {
            row.ticket["ticket_id"] for row in board(world.actor(world.agent_all), DAY, now=NOW).rows
        }
        assert theirs.pk in everything

    def test_only_what_runs_out_in_the_time_asked_for(self, world: World) -> None:
        ticket = urgent(world, now=NOW)  # response within 30 minutes, resolution at 17:00
        actor = world.actor(world.agent)
        four = board(actor, HORIZONS["4h"], now=NOW)
        assert [(row.ticket["ticket_id"], row.ticket["kind"]) for row in four.rows] == [
            (ticket.pk, "response")
        ]
        assert {row.ticket["kind"] for row in board(actor, DAY, now=NOW).rows} == {"response", "resolution"}

    def test_statements_do_not_grow_with_the_rows(self, world: World) -> None:
        actor = world.actor(world.manager)
        counts = []
        for _ in range(2):
            for _ in range(4):
                urgent(world, now=NOW)
            with CaptureQueriesContext(connection) as captured:
                board(actor, DAY, now=NOW)
            counts.append(len(captured))
        assert counts == [3, 3]


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(0, 400), st.decimals(50, 100, places=2))
def test_a_risk_tells_the_rate_as_the_month_does(population: int, met: int, target: Decimal) -> None:
    tally = Tally(min(met, population), population)
    assert tally.rate is not None
    assert _rate(_percent(tally.rate), target) == rate_words(tally, target)


def test_42_of_44_is_the_same_in_both() -> None:
    with translation.override("en"):
        assert (
            _rate(_percent(Fraction(42, 44)), Decimal(97))
            == rate_words(Tally(42, 44), Decimal(97))
            == "95.5%"
        )
