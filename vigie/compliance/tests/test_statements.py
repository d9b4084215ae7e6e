"""From a missed promise to a frozen credit: who may do what, and what never changes again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from tests.world import START, World
from vigie.compliance.actions import exclusions, statements, terms
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import Exclusion, RateCommitment, Statement, StatementClock, StatementLine
from vigie.compliance.queries import behind, figures
from vigie.compliance.queries.terms import terms_in
from vigie.compliance.tests.scene import (
    FEBRUARY,
    JANUARY,
    KEPT,
    MISSED,
    THEN,
    change_terms,
    rate_values,
    rated,
    resolution,
    second_manager,
    solved,
    terms_values,
)
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.toolkit.models import JournalEntry

PLEA = Plea("client_access", "Site fermé par le client", "Courriel du 14 janvier")
MARCH_2 = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def refused(code: str):
    return pytest.raises(Refusal, match=code)


def proposed(world: World, month: dt.date = JANUARY, now: dt.datetime = THEN) -> Statement:
    return statements.propose(world.actor(world.manager), world.a.contract.pk, month, now=now)


class TestFigures:
    def test_a_missed_rate_costs_and_an_exclusion_is_shown_apart(self, world: World) -> None:
        rated(world)
        for _ in range(3):
            solved(world, KEPT)
        late = solved(world, MISSED)
        actor = world.actor(world.manager)
        found = figures.simulated(actor, world.a.contract, JANUARY, now=THEN)
        line = found.lines[0]
        assert (line.measure.met, line.measure.missed, line.verdict) == (3, 1, "not_conforming")
        # 75 % for 90 %: fifteen points, 1 % of 10 000 each, capped at 7 %
        assert (line.penalty, found.settlement.total) == (Decimal("1500.00"), Decimal("700.00"))
        asked = exclusions.ask(actor, resolution(late).pk, PLEA, now=THEN)
        assert figures.simulated(actor, world.a.contract, JANUARY, now=THEN).lines[0].measure.missed == 1
        other = world.actor(second_manager(world))
        exclusions.decide(other, asked.pk, approved=True, grounds="Accord de M. Garnier", now=THEN)
        line = figures.simulated(actor, world.a.contract, JANUARY, now=THEN).lines[0]
        assert (line.measure.met, line.measure.missed, line.measure.excluded_missed) == (3, 0, 1)
        assert line.measure.raw.rate != line.measure.adjusted.rate == 1

    def test_nothing_ended_is_no_measure(self, world: World) -> None:
        rated(world)
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert (found.lines[0].verdict, found.lines[0].penalty) == ("not_applicable", 0)

    def test_by_the_ticket_each_started_hour_late(self, world: World) -> None:
        rated(world, formula="per_ticket", terms={"hourly": "50", "cap": "500"})
        late = solved(world, MISSED)
        clock = resolution(late)
        hours = -(-(clock.used_seconds - clock.target_seconds) // 3600)
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert found.lines[0].penalty == min(50 * hours, 500) > 0

    def test_minimum_volume_tolerates(self, world: World) -> None:
        rated(world, n_min=20, allowed_misses=1)
        solved(world, MISSED)
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert (found.lines[0].verdict, found.settlement.total) == ("conforming", 0)

    def test_the_curve_counts_each_clock_once(self, world: World) -> None:
        rated(world)
        terms.add_rate(
            world.actor(world.manager), world.a.contract.pk, rate_values(priority=3), JANUARY, now=START
        )
        solved(world, KEPT)
        points = figures.year(world.actor(world.manager), world.a.contract, FEBRUARY, now=THEN).points
        assert [(p.month, p.measure.met, p.state) for p in points] == [
            (JANUARY, 1, "simulated"),
            (FEBRUARY, 0, "simulated"),
        ]

    def test_what_is_open_and_late_is_told_beside(self, world: World) -> None:
        from tests.world import report

        rated(world)
        report(world)
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert (found.open_late, found.oldest_late is not None) == (2, True)  # response and resolution


class TestStatement:
    def test_proposed_by_one_approved_by_another_then_frozen(self, world: World) -> None:
        rated(world)
        solved(world, MISSED)
        row = proposed(world)
        assert (row.state, row.total) == ("proposed", Decimal("700.00"))
        with refused("own_statement"):
            statements.approve(world.actor(world.manager), row.pk, now=THEN)
        frozen = statements.approve(world.actor(second_manager(world)), row.pk, now=THEN)
        assert frozen.state == "frozen"
        with refused("compliance.frozen"):
            proposed(world)
        assert JournalEntry.objects.filter(subject="compliance.statement").count() == 2
        assert Notice.objects.filter(recipient=world.manager, kind="statement_frozen").exists()

    def test_the_database_keeps_what_is_frozen(self, world: World) -> None:
        rated(world)
        solved(world, MISSED)
        row = proposed(world)
        statements.approve(world.actor(second_manager(world)), row.pk, now=THEN)
        changes = (
            "update compliance_statement set total = 0",
            "update compliance_statementline set penalty = 0",
            "delete from compliance_statementclock",
            "delete from compliance_statement",
        )
        for sql in changes:
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_a_later_correction_shows_beside(self, world: World) -> None:
        rated(world)
        late = solved(world, MISSED)
        row = proposed(world)
        other = world.actor(second_manager(world))
        statements.approve(other, row.pk, now=THEN)
        asked = exclusions.ask(world.actor(world.manager), resolution(late).pk, PLEA, now=THEN)
        exclusions.decide(other, asked.pk, approved=True, grounds="Accord tardif", now=THEN)
        actor = world.actor(world.manager)
        assert figures.moved(actor, world.a.contract, row, now=THEN)
        today = figures.simulated(actor, world.a.contract, JANUARY, now=THEN)
        assert (today.settlement.total, figures.statement_figures(row).settlement.total) == (
            0,
            Decimal("700.00"),
        )

    def test_what_moved_since_the_proposal_is_not_approved(self, world: World) -> None:
        rated(world)
        solved(world, MISSED)
        row = proposed(world)
        solved(world, KEPT)
        other = world.actor(second_manager(world))
        with refused("figures_moved"):
            statements.approve(other, row.pk, now=THEN)
        again = proposed(world)
        assert statements.approve(other, again.pk, now=THEN).met == 1
        assert StatementClock.objects.filter(statement=again).count() == 2

    def test_the_list_of_a_statement_is_what_it_counted(self, world: World) -> None:
        rate = rated(world)
        solved(world, KEPT)
        late = solved(world, MISSED)
        proposed(world)
        line = StatementLine.objects.get()
        actor = world.actor(world.manager)
        for only, number in (("", 2), ("met", line.met), ("missed", line.missed), ("excluded", 0)):
            wanted = behind.Wanted(world.a.contract, JANUARY, rate, only)  # type: ignore[arg-type]
            assert len(behind.behind(actor, wanted, now=THEN).rows) == number
            live = behind.Wanted(world.a.contract, JANUARY, rate, only, live=True)  # type: ignore[arg-type]
            assert len(behind.behind(actor, live, now=THEN).rows) == number
        rows = behind.behind(actor, behind.Wanted(world.a.contract, JANUARY, rate, "missed"), now=THEN).rows
        assert (rows[0]["ticket_id"], rows[0]["title"]) == (late.pk, late.title)

    def test_a_month_not_over_and_a_month_without_promise(self, world: World) -> None:
        rated(world)
        with refused("month_not_over"):
            proposed(world, FEBRUARY)
        with refused("nothing_promised"):
            proposed(world, dt.date(2025, 12, 1))

    def test_months_are_approved_in_their_order(self, world: World) -> None:
        rated(world)
        proposed(world, now=MARCH_2)
        second = proposed(world, FEBRUARY, MARCH_2)
        with refused("earlier_open"):
            statements.approve(world.actor(second_manager(world)), second.pk, now=MARCH_2)

    def test_a_missed_month_is_earned_back(self, world: World) -> None:
        rated(world)
        change_terms(world, earn_back_after=1)
        solved(world, MISSED)
        proposed(world)
        solved(world, KEPT, now=dt.datetime(2026, 2, 10, 9, tzinfo=dt.UTC))
        found = figures.simulated(world.actor(world.manager), world.a.contract, FEBRUARY, now=MARCH_2)
        steps = [(s.kind, s.amount) for s in found.settlement.steps]
        assert steps == [("earned_back", Decimal("-700.00")), ("carried_out", Decimal("700.00"))]
        assert found.settlement.total == 0

    def test_the_job_proposes_each_month_once(self, world: World) -> None:
        rated(world)
        assert list(statements.months_to_propose(THEN)) == [(world.a.contract.pk, JANUARY)]
        assert (statements.propose_months(THEN), statements.propose_months(THEN)) == (1, 0)
        row = Statement.objects.get()
        assert row.proposed_by is None
        assert Notice.objects.filter(recipient=world.manager, kind="statement_proposed").exists()
        with refused("own_statement"):
            statements.approve(SYSTEM, row.pk, now=THEN)

    def test_grants_and_sight(self, world: World) -> None:
        rated(world)
        row = proposed(world)
        with pytest.raises(NotAllowed):
            statements.propose(world.actor(world.agent_all), world.a.contract.pk, JANUARY, now=THEN)
        with pytest.raises(NotAllowed):
            statements.approve(world.actor(world.agent_all), row.pk, now=THEN)
        with pytest.raises(NotFound):
            statements.propose(world.actor(world.manager), world.b.contract.pk, JANUARY, now=THEN)


class TestExclusions:
    def test_asked_with_evidence_decided_by_another(self, world: World) -> None:
        late = solved(world, MISSED)
        clock, actor = resolution(late), world.actor(world.manager)
        with refused("no_evidence"):
            exclusions.ask(actor, clock.pk, Plea("force_majeure", "Crue"), now=THEN)
        other = second_manager(world)
        row = exclusions.ask(actor, clock.pk, PLEA, now=THEN)
        assert Notice.objects.filter(recipient=other, kind="exclusion_asked").exists()
        with refused("already_asked"):
            exclusions.ask(actor, clock.pk, PLEA, now=THEN)
        with refused("own_exclusion"):
            exclusions.decide(actor, row.pk, approved=True, grounds="oui", now=THEN)
        with refused("no_grounds"):
            exclusions.decide(world.actor(other), row.pk, approved=True, grounds=" ", now=THEN)
        exclusions.decide(world.actor(other), row.pk, approved=False, grounds="Contesté", now=THEN)
        assert Notice.objects.filter(recipient=world.manager, kind="exclusion_refused").exists()
        with refused("already_decided"):
            exclusions.decide(world.actor(other), row.pk, approved=True, grounds="oui", now=THEN)
        assert exclusions.ask(actor, clock.pk, PLEA, now=THEN).state == "asked"  # refused once, asked again
        assert JournalEntry.objects.filter(subject="compliance.exclusion").count() == 3

    def test_only_a_missed_promise(self, world: World) -> None:
        kept = solved(world, KEPT)
        with refused("not_missed"):
            exclusions.ask(world.actor(world.manager), resolution(kept).pk, PLEA, now=THEN)

    def test_the_database_refuses_one_who_decides_alone(self, world: World) -> None:
        late = solved(world, MISSED)
        row = exclusions.ask(world.actor(world.manager), resolution(late).pk, PLEA, now=THEN)
        with pytest.raises(IntegrityError), transaction.atomic():
            Exclusion.objects.filter(pk=row.pk).update(
                state="approved", decided_by=world.manager, decided_at=THEN
            )

    @pytest.mark.parametrize("approved", [True, False])
    def test_the_database_keeps_what_was_decided(self, world: World, approved: bool) -> None:
        late = solved(world, MISSED)
        row = exclusions.ask(world.actor(world.manager), resolution(late).pk, PLEA, now=THEN)
        Exclusion.objects.filter(pk=row.pk).update(reason="Site fermé deux jours")  # nothing is decided yet
        other = world.actor(second_manager(world))
        exclusions.decide(other, row.pk, approved=approved, grounds="Lu", now=THEN)
        changes = (
            "state = 'asked', decided_by_id = null, decided_at = null",
            "state = 'approved'",
            "state = 'refused'",
            "decision = 'autre chose'",
            "evidence = 'autre chose'",
        )
        for sql in (
            *(f"update compliance_exclusion set {one}" for one in changes),
            "delete from compliance_exclusion",
        ):
            with pytest.raises(IntegrityError, match="is decided"), transaction.atomic():
                connection.cursor().execute(sql)
        row.refresh_from_db()
        assert (row.state, row.decision) == ("approved" if approved else "refused", "Lu")

    def test_out_of_sight(self, world: World) -> None:
        late = solved(world, MISSED)
        with pytest.raises(NotAllowed):
            exclusions.ask(world.actor(world.agent_all), resolution(late).pk, PLEA, now=THEN)
        world.roles["agent"].grants.append("compliance:propose")
        world.roles["agent"].save()
        with pytest.raises(NotFound):
            from tests.world import report

            other = report(world, world.b)
            exclusions.ask(world.actor(world.agent), resolution(other).pk, PLEA, now=THEN)


class TestTerms:
    def test_a_change_ends_the_row_and_starts_another(self, world: World) -> None:
        row, actor = rated(world), world.actor(world.manager)
        new = terms.change_rate(
            actor, world.a.contract.pk, row.pk, rate_values(target=Decimal(95)), FEBRUARY, now=START
        )
        row.refresh_from_db()
        assert (row.valid_until, new.valid_from, row.target) == (FEBRUARY, FEBRUARY, 90)
        found = terms_in(actor, world.a.contract, [JANUARY, FEBRUARY])
        assert [t.commitments[0].target for t in found.values()] == [90, 95]

    def test_a_stated_month_keeps_its_terms(self, world: World) -> None:
        row, actor = rated(world), world.actor(world.manager)
        proposed(world)
        with refused("month_closed"):
            terms.change_rate(actor, world.a.contract.pk, row.pk, rate_values(), JANUARY, now=THEN)
        with refused("month_closed"):
            terms.set_penalty_terms(actor, world.a.contract.pk, terms_values(), JANUARY, now=THEN)

    def test_bad_terms_are_refused(self, world: World) -> None:
        row, actor, contract = rated(world), world.actor(world.manager), world.a.contract.pk
        with refused("rate_twice"):
            terms.add_rate(actor, contract, rate_values(), FEBRUARY, now=START)
        with refused("not_first_of_month"):
            terms.add_rate(actor, contract, rate_values(priority=1), dt.date(2026, 2, 3), now=START)
        with refused("penalty_bands"):
            terms.add_rate(
                actor,
                contract,
                rate_values(priority=1, formula="bands", terms={"bands": [["95", "0"]]}),
                FEBRUARY,
                now=START,
            )
        terms.end_rate(actor, contract, row.pk, FEBRUARY, now=START)
        with refused("rate_ended"):
            terms.end_rate(actor, contract, row.pk, FEBRUARY, now=START)
        assert RateCommitment.objects.count() == 1

    def test_by_the_ticket_needs_promises_that_ended(self, world: World) -> None:
        rated(world, formula="per_ticket", terms={"hourly": "50", "cap": None})
        with refused("per_ticket_by_end"):
            change_terms(world, kind="due")
