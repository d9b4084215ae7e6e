"""From an outage or a late delivery to a frozen credit that the client answers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from tests.world import START, World
from vigie.compliance.actions import credits, exclusions, records, statements, terms
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import (
    CreditAnswer,
    CreditRequest,
    Outage,
    RateCommitment,
    Statement,
    StatementCorrection,
    StatementRecord,
)
from vigie.compliance.queries import figures
from vigie.compliance.queries.credits import standing_of
from vigie.compliance.tests.scene import (
    FEBRUARY,
    JANUARY,
    MISSED,
    THEN,
    rate_values,
    rated,
    resolution,
    second_manager,
    solved,
    terms_values,
)
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.toolkit.models import JournalEntry

MARCH_2 = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 1, 13, 9, tzinfo=dt.UTC)  # 10:00 in Paris


def refused(code: str) -> Any:
    return pytest.raises(Refusal, match=code)


def measured(world: World, kind: str, **more: Any) -> RateCommitment:
    """Penalty terms, and one commitment that is no ticket, from January on."""
    actor, contract = world.actor(world.manager), world.a.contract.pk
    if not RateCommitment.objects.exists():
        terms.set_penalty_terms(actor, contract, terms_values(month_cap=None), JANUARY, now=START)
    return terms.add_rate(actor, contract, rate_values(kind=kind, **more), JANUARY, now=START)


def available(world: World, **more: Any) -> RateCommitment:
    """99 % of the mail in the service hours, 1 % of 10 000.00 for each started point missed."""
    described = {"notice_hours": 72}
    return measured(
        world,
        "availability",
        target=Decimal(99),
        service=world.service,
        calendar=world.calendar,
        measured=described,
        **more,
    )


def outage_values(world: World, hours: float = 6, **more: Any) -> dict[str, Any]:
    return {
        "service": world.service, "title": "Messagerie arrêtée", "starts_at": MORNING, "ends_at": MORNING + dt.timedelta(hours=hours),
        "weight": 100, "users": None, "source": "monitoring", "reference": "", **more,
    }  # fmt: skip


def out(world: World, **more: Any) -> Outage:
    actor = world.actor(world.manager)
    return records.save_outage(actor, world.a.organisation.pk, outage_values(world, **more), now=THEN)


def late_delivery(world: World, **more: Any) -> Any:
    values = {
        "title": "Lot 1", "value": Decimal(18000), "agreed_on": dt.date(2026, 1, 8), "delivered_on": dt.date(2026, 1, 20), **more,
    }  # fmt: skip
    return records.save_delivery(world.actor(world.manager), world.a.contract.pk, values, now=THEN)


def line_of(world: World, row: RateCommitment, month: dt.date = JANUARY, now: dt.datetime = THEN) -> Any:
    found = figures.simulated(world.actor(world.manager), world.a.contract, month, now=now)
    return next(line for line in found.lines if line.key == row.pk)


def frozen(world: World, month: dt.date = JANUARY, now: dt.datetime = THEN) -> Statement:
    row = statements.propose(world.actor(world.manager), world.a.contract.pk, month, now=now)
    return statements.approve(world.actor(second_manager(world)), row.pk, now=now)


class TestMeasured:
    def test_an_outage_makes_the_month(self, world: World) -> None:
        row = available(world)
        out(world)
        line = line_of(world, row)
        # January 2026 on K1: 21 days of 10 h (New Year's Day is closed); 6 h lost
        assert dict(line.numbers)["agreed"] == str(210 * 3600)
        assert round(float(line.value) * 100, 4) == 97.1429
        assert line.penalty == Decimal("200.00")  # 1.86 points missing: two started

    def test_e4_9_a_cancelled_maintenance_returns_to_the_agreed_time(self, world: World) -> None:
        row, actor = available(world), world.actor(world.manager)
        values = {
            "service": world.service, "title": "Mise à jour", "announced_at": START - dt.timedelta(days=7), "starts_at": MORNING,
            "ends_at": MORNING + dt.timedelta(hours=2), "finished_at": None,
        }  # fmt: skip
        work = records.save_maintenance(actor, world.a.organisation.pk, values, now=START)
        assert dict(line_of(world, row).numbers)["agreed"] == str(208 * 3600)
        records.withdraw(actor, work, "Reportée à la demande du client", now=THEN)
        assert dict(line_of(world, row).numbers)["agreed"] == str(210 * 3600)

    def test_an_outage_that_lasts_counts_to_the_end_of_each_month(self, world: World) -> None:
        row = available(world)
        out(world, starts_at=dt.datetime(2026, 1, 30, 15, tzinfo=dt.UTC), ends_at=None)
        january, february = line_of(world, row, now=MARCH_2), line_of(world, row, FEBRUARY, MARCH_2)
        assert [dict(line.numbers)["down"] for line in (january, february)] == [
            str(2 * 3600),
            str(200 * 3600),
        ]
        assert [dict(line.numbers)["failures"] for line in (january, february)] == ["1", "0"]

    def test_another_s_outage_and_a_withdrawn_one_count_nothing(self, world: World) -> None:
        row = available(world)
        Outage.objects.create(
            organisation=world.b.organisation, service=world.service, title="Ailleurs", starts_at=MORNING,
            ends_at=MORNING + dt.timedelta(hours=3), recorded_at=THEN,
        )  # fmt: skip
        records.withdraw(world.actor(world.manager), out(world), "Fausse alerte", now=THEN)
        assert line_of(world, row).value == 1

    def test_w46_a_late_delivery_under_the_franchise_then_beyond(self, world: World) -> None:
        row = measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
        terms.set_penalty_terms(
            world.actor(world.manager), world.a.contract.pk, terms_values(month_cap=None, franchise=Decimal(200)), JANUARY, now=START
        )  # fmt: skip
        late_delivery(world, value=Decimal(16000))
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert (line_of(world, row).penalty, found.settlement.total) == (Decimal("192.00"), 0)
        late_delivery(world, title="Lot 2", value=Decimal(1000))
        found = figures.simulated(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        assert found.settlement.total == Decimal("204.00")

    def test_a_report_is_due_some_business_days_after_its_month(self, world: World) -> None:
        row = measured(
            world, "report", target=Decimal(100), calendar=world.calendar, measured={"days": 5}, formula="per_day",
            terms={"daily": "50", "cap": None},
        )  # fmt: skip
        assert line_of(world, row).verdict == "not_applicable"
        # due on Friday 6 February, delivered on Tuesday 10
        values = {"delivered_on": dt.date(2026, 2, 10), "source": "Courriel"}
        records.save_reading(
            world.actor(world.manager), world.a.contract.pk, ("report", None, JANUARY), values, now=MARCH_2
        )
        line = line_of(world, row, FEBRUARY, MARCH_2)
        assert (line.verdict, line.penalty) == ("not_conforming", Decimal("200.00"))

    def test_satisfaction_is_read_with_its_source(self, world: World) -> None:
        row, actor = measured(world, "satisfaction", target=Decimal(80)), world.actor(world.manager)
        assert line_of(world, row).verdict == "not_applicable"
        scope = ("satisfaction", None, JANUARY)
        with refused("no_source"):
            records.save_reading(
                actor, world.a.contract.pk, scope, {"answers": 10, "satisfied": 9, "source": " "}, now=THEN
            )
        with pytest.raises(ValidationError):
            records.save_reading(
                actor,
                world.a.contract.pk,
                scope,
                {"answers": 10, "satisfied": 11, "source": "Enquête"},
                now=THEN,
            )
        records.save_reading(
            actor, world.a.contract.pk, scope, {"answers": 10, "satisfied": 9, "source": "Enquête"}, now=THEN
        )
        assert line_of(world, row).value == Decimal("0.9")
        records.save_reading(
            actor, world.a.contract.pk, scope, {"answers": 10, "satisfied": 7, "source": "Enquête"}, now=THEN
        )
        assert line_of(world, row).penalty == Decimal("1000.00")
        changed = JournalEntry.objects.filter(subject="compliance.reading", verb="changed").get()
        assert (changed.before["satisfied"], changed.after["satisfied"]) == (9, 7)

    def test_backlog_and_volume_are_counted_on_tickets(self, world: World) -> None:
        from tests.world import report

        old = measured(world, "backlog", target=Decimal(50), calendar=world.calendar, measured={"days": 10})
        volume = measured(
            world, "volume", formula="none", terms={}, measured={"forecast": 2, "low": 50, "high": 20}
        )
        report(world)
        report(world, now=dt.datetime(2026, 1, 28, 9, tzinfo=dt.UTC))
        solved(world, dt.timedelta(hours=1))
        assert (line_of(world, old).measure.met, line_of(world, old).measure.missed) == (1, 1)
        found = dict(line_of(world, volume).numbers)
        assert (found["count"], found["mass_event"]) == ("3", "1")

    def test_a_formula_that_does_not_fit_is_refused(self, world: World) -> None:
        for kind, formula, filled in (
            ("availability", "lateness", {"divisor": 1000}),
            ("delivery", "per_ticket", {"hourly": "1", "cap": None}),
            ("volume", "per_point", {"percent": "1", "started": True}),
        ):
            with refused("formula_of_another"):
                measured(world, kind, formula=formula, terms=filled)


class TestRecorded:
    def test_corrected_with_what_it_was(self, world: World) -> None:
        row, actor = out(world), world.actor(world.manager)
        records.save_outage(actor, world.a.organisation.pk, outage_values(world, hours=2), row.pk, now=THEN)
        entry = JournalEntry.objects.filter(subject="compliance.outage", verb="changed").get()
        assert entry.before["ends_at"] > entry.after["ends_at"]

    def test_refusals(self, world: World) -> None:
        actor, client = world.actor(world.manager), world.a.organisation.pk
        with refused("in_the_future"):
            out(world, ends_at=THEN + dt.timedelta(days=1))
        with pytest.raises(ValidationError):
            out(world, ends_at=MORNING - dt.timedelta(hours=1))
        with refused("unknown_ticket"):
            out(world, reference="INC-NO-1")
        with pytest.raises(NotFound):
            records.save_outage(actor, world.b.organisation.pk, outage_values(world), now=THEN)
        with pytest.raises(NotAllowed):
            records.save_outage(world.actor(world.agent_all), client, outage_values(world), now=THEN)
        row = out(world)
        with refused("no_reason"):
            records.withdraw(actor, row, " ", now=THEN)
        records.withdraw(actor, row, "Doublon", now=THEN)
        with refused("withdrawn"):
            records.save_outage(actor, client, outage_values(world), row.pk, now=THEN)

    def test_an_outage_is_tied_to_a_ticket_of_its_client(self, world: World) -> None:
        from tests.world import report

        ticket = report(world)
        assert out(world, reference=ticket.reference.lower()).ticket == ticket
        with refused("unknown_ticket"):
            out(world, reference=report(world, world.b).reference)


class TestFrozen:
    def test_what_stands_behind_is_copied_and_never_changes(self, world: World) -> None:
        row = available(world)
        fall = out(world)
        statement = frozen(world)
        copied = StatementRecord.objects.get(statement=statement, nature="outage")
        assert (copied.record_id, copied.seconds) == (fall.pk, 6 * 3600)
        records.save_outage(
            world.actor(world.manager),
            world.a.organisation.pk,
            outage_values(world, hours=1),
            fall.pk,
            now=THEN,
        )
        stated = figures.statement_figures(statement).lines[0]
        assert (stated.key, stated.penalty) == (row.pk, Decimal("200.00"))
        for sql in (
            "update compliance_statementrecord set seconds = 0",
            "delete from compliance_statementrecord",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_a_correction_is_a_dated_line_of_the_next_statement_told_once(self, world: World) -> None:
        available(world)
        fall, actor = out(world), world.actor(world.manager)
        other = world.actor(second_manager(world))
        first = statements.propose(actor, world.a.contract.pk, JANUARY, now=THEN)
        statements.approve(other, first.pk, now=THEN)
        records.save_outage(
            actor, world.a.organisation.pk, outage_values(world, hours=3), fall.pk, now=MARCH_2
        )
        second = statements.propose(actor, world.a.contract.pk, FEBRUARY, now=MARCH_2)
        told = StatementCorrection.objects.get(statement=second)
        assert (told.corrected, told.amount) == (first, Decimal("-100.00"))  # one point instead of two
        assert second.steps == [["correction", "-100.00"], ["carried_out", "100.00"]]
        statements.approve(other, second.pk, now=MARCH_2)
        first.refresh_from_db()
        assert first.total == Decimal("200.00")
        april = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)
        third = statements.propose(actor, world.a.contract.pk, dt.date(2026, 3, 1), now=april)
        assert not StatementCorrection.objects.filter(statement=third).exists()
        assert (second.total, third.total) == (0, 0)
        assert third.steps == [["carried_in", "-100.00"], ["carried_out", "100.00"]]
        assert not CreditRequest.objects.filter(statement=second).exists()  # nothing is owed by a credit note

    def test_a_corrected_clock_is_told_too(self, world: World) -> None:
        rated(world)
        late, actor = solved(world, MISSED), world.actor(world.manager)
        other = world.actor(second_manager(world))
        first = statements.propose(actor, world.a.contract.pk, JANUARY, now=THEN)
        statements.approve(other, first.pk, now=THEN)
        asked = exclusions.ask(actor, resolution(late).pk, Plea("force_majeure", "Crue", "Arrêté"), now=THEN)
        exclusions.decide(other, asked.pk, approved=True, grounds="Accord", now=THEN)
        second = statements.propose(actor, world.a.contract.pk, FEBRUARY, now=MARCH_2)
        assert (second.total, second.steps[-1]) == (0, ["carried_out", "700.00"])

    def test_an_exclusion_of_an_outage_is_agreed_by_another(self, world: World) -> None:
        row, actor = available(world), world.actor(world.manager)
        fall = out(world)
        subject = exclusions.record_to_exclude(actor, "outage", fall.pk)
        plea = Plea("client_freeze", "Coupure électrique du site", "Courriel du 13 janvier")
        asked = exclusions.ask_about(actor, subject, plea, now=THEN)
        assert line_of(world, row).verdict == "not_conforming"  # until it is agreed it counts
        with refused("already_asked"):
            exclusions.ask_about(actor, subject, plea, now=THEN)
        exclusions.decide(
            world.actor(second_manager(world)), asked.pk, approved=True, grounds="Accord", now=THEN
        )
        line = line_of(world, row)
        assert (line.value, line.penalty) == (1, 0)
        assert line.raw < 1


class TestCredit:
    def test_contested_then_decided_then_noted(self, world: World) -> None:
        available(world)
        out(world)
        statement = frozen(world)
        row = CreditRequest.objects.get(statement=statement)
        assert (row.amount, row.answer_by) == (Decimal("200.00"), dt.date(2026, 2, 17))
        assert Notice.objects.filter(recipient=world.a.manager, kind="credit_asked").exists()
        client, other = world.actor(world.a.manager), world.actor(world.manager)
        with refused("contest_without_reason"):
            credits.answer(client, row.pk, contested=True, reason=" ", now=THEN)
        credits.answer(client, row.pk, contested=True, reason="Panne plus longue", now=THEN)
        with refused("already_answered"):
            credits.answer(client, row.pk, contested=False, reason="", now=THEN)
        assert Notice.objects.filter(recipient=world.manager, kind="credit_contested").exists()
        with refused("credit_not_final"):
            credits.note(other, row.pk, "AV-1", now=THEN)
        credits.decide(other, row.pk, amount=Decimal(300), grounds="Accordé", now=THEN)
        with refused("nothing_contested"):
            credits.decide(other, row.pk, amount=Decimal(400), grounds="Accordé", now=THEN)
        assert credits.note(other, row.pk, "AV-2026-01", now=THEN).note == "AV-2026-01"

    def test_silence_is_agreement_and_comes_too_late(self, world: World) -> None:
        available(world)
        out(world)
        row = CreditRequest.objects.get(statement=frozen(world))
        assert standing_of(row, MARCH_2) == "silent"
        with refused("answer_too_late"):
            credits.answer(world.actor(world.a.manager), row.pk, contested=True, reason="Non", now=MARCH_2)

    def test_only_the_client_s_manager_answers_and_never_twice(self, world: World) -> None:
        available(world)
        out(world)
        row = CreditRequest.objects.get(statement=frozen(world))
        for person in (world.a.user, world.b.manager):
            with pytest.raises(NotFound):
                credits.answer(world.actor(person), row.pk, contested=False, reason="", now=THEN)
        credits.answer(world.actor(world.a.manager), row.pk, contested=False, reason="", now=THEN)
        with pytest.raises(IntegrityError), transaction.atomic():
            CreditAnswer.objects.update(contested=True)

    def test_a_month_that_gives_nothing_asks_for_nothing(self, world: World) -> None:
        available(world)
        frozen(world)
        assert not CreditRequest.objects.exists()
