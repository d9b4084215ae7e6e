"""What the last statement of an ended contract carries over: said, claimed from nobody, noted once as settled."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from tests.world import START, World, report
from vigie.compliance.actions import balances, records, statements
from vigie.compliance.models import FinalBalance, Outage, RateCommitment, Statement
from vigie.compliance.queries.left_over import left_over, left_overs
from vigie.compliance.rules.endings import is_over, last_month
from vigie.compliance.tests.scene import FEBRUARY, JANUARY, THEN, rated, second_manager
from vigie.compliance.tests.test_pages import enter, text_of
from vigie.compliance.tests.test_records import available, line_of, measured, out, outage_values, refused
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Verdict
from vigie.kernel.refusal import NotAllowed
from vigie.tickets.actions.lifecycle import Given, take_step

MARCH_2, APRIL_2 = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)
MARCH = dt.date(2026, 3, 1)


def test_the_last_month_holds_the_last_day() -> None:
    assert last_month(MARCH) == FEBRUARY
    assert last_month(dt.date(2026, 3, 2)) == MARCH
    assert [is_over(until, MARCH) for until in (None, FEBRUARY, MARCH, dt.date(2026, 3, 2))] == [
        False,
        True,
        True,
        False,
    ]


def carried_over(world: World) -> Statement:
    """January cost 200, a correction gives 100 back: February, frozen, carries them over."""
    available(world)
    fall, actor = out(world), world.actor(world.manager)
    other = world.actor(second_manager(world))
    for month, now in ((JANUARY, THEN), (FEBRUARY, MARCH_2)):
        row = statements.propose(actor, world.a.contract.pk, month, now=now)
        row = statements.approve(other, row.pk, now=now)
        records.save_outage(actor, world.a.organisation.pk, outage_values(world, hours=3), fall.pk, now=now)
    assert row.steps == [["correction", "-100.00"], ["carried_out", "100.00"]]
    return row


def end(world: World, until: dt.date = MARCH) -> Contract:
    Contract.objects.filter(pk=world.a.contract.pk).update(ends_on=until, status="ended")
    return Contract.objects.select_related("organisation").get(pk=world.a.contract.pk)


def test_it_is_left_over_once_nothing_can_follow(world: World) -> None:
    row, actor = carried_over(world), world.actor(world.manager)
    running = Contract.objects.select_related("organisation").get(pk=world.a.contract.pk)
    assert left_over(actor, running, now=APRIL_2) is None
    ended = end(world)
    assert left_over(actor, ended, now=THEN) is None  # its last day is to come
    found = left_over(actor, ended, now=APRIL_2)
    assert found is not None
    assert (found.statement, found.amount, found.settled) == (row, Decimal("100.00"), None)
    assert [one.statement for one in left_overs(actor, now=APRIL_2)] == [row]
    fall = Outage.objects.get()
    for hours, found in ((6, False), (3, True)):  # a correction that no statement told yet: March tells it
        records.save_outage(
            actor, world.a.organisation.pk, outage_values(world, hours=hours), fall.pk, now=APRIL_2
        )
        assert (left_over(actor, ended, now=APRIL_2) is not None) is found
    ticket = report(world, now=MARCH_2 - dt.timedelta(days=5))
    type(ticket).objects.filter(pk=ticket.pk).update(contract=ended)
    assert left_over(actor, ended, now=APRIL_2) is None  # a promise is open: its month is to come
    assert (
        left_over(actor, end(world, dt.date(2026, 4, 1)), now=APRIL_2) is None
    )  # March has no statement yet


def test_it_is_told_everywhere_and_noted_once(world: World) -> None:
    row, contract = carried_over(world), end(world)
    agent, client = enter(world.manager), enter(world.a.manager)
    place = reverse("balance", args=[row.pk])
    with patch("django.utils.timezone.now", return_value=APRIL_2):
        month = text_of(agent, "contract_month", contract.pk, month="2026-02")
        assert "Reste : le contrat a pris fin et aucun relevé ne suit" in month
        assert "Report sur le relevé suivant" not in month
        for page in (month, text_of(agent, "contract", contract.pk), text_of(agent, "credits")):
            assert place in page
            assert "100,00 €" in page
        told = text_of(client, "portal_compliance", month="2026-02")
        assert "Votre contrat a pris fin : aucun relevé ne suit" in told
        assert "Aucun relevé ne vous les réclame" in told
        assert enter(world.agent_all).post(place, {"agreed": "Rien"}).status_code == 403
        assert agent.post(place, {"agreed": " "}).status_code == 422
        assert agent.post(place, {"agreed": "Abandonné, accord du 2 avril"}).status_code == 302
        assert "Abandonné, accord du 2 avril" in text_of(agent, "balance", row.pk)
        assert place not in text_of(agent, "credits")
        told = text_of(client, "portal_compliance", month="2026-02")
        assert "Ce qui a été convenu : Abandonné, accord du 2 avril" in told
        assert world.manager.name not in told
        assert client.get(place).status_code == 404


def test_what_is_settled_is_final(world: World) -> None:
    row, actor = carried_over(world), world.actor(world.manager)
    end(world)
    with pytest.raises(NotAllowed):
        balances.settle(world.actor(world.agent_all), row.pk, "Rien", now=APRIL_2)
    with refused("nothing_agreed"):
        balances.settle(actor, row.pk, " ", now=APRIL_2)
    done = balances.settle(actor, row.pk, "Facturé à part, F-2026-118", now=APRIL_2)
    assert (done.amount, done.settled_by) == (Decimal("100.00"), world.manager)
    with refused("balance_settled"):
        balances.settle(actor, row.pk, "Autre chose", now=APRIL_2)
    with refused("balance_closed"):
        statements.propose(actor, world.a.contract.pk, MARCH, now=APRIL_2)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update compliance_finalbalance set agreed = 'x'")
    assert FinalBalance.objects.get().agreed == "Facturé à part, F-2026-118"


def test_months_after_the_end_are_proposed_for_what_they_say(world: World) -> None:
    rated(world)
    ticket = report(world, now=MARCH_2 - dt.timedelta(days=5))
    end(world)
    assert list(statements.months_to_propose(MARCH_2)) == [(world.a.contract.pk, FEBRUARY)]
    assert list(statements.months_to_propose(APRIL_2)) == []
    agent = world.actor(world.agent_all)
    take_step(agent, ticket.pk, "start", Given(), now=MARCH_2)
    solved = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    take_step(agent, ticket.pk, "resolve", solved, now=MARCH_2)
    assert list(statements.months_to_propose(APRIL_2)) == [(world.a.contract.pk, MARCH)]


def test_nothing_is_measured_before_the_first_day_or_after_the_last(world: World) -> None:
    kept = available(world)
    volume = measured(
        world, "volume", measured={"forecast": 10, "low": 10, "high": 10}, formula="none", terms={}
    )
    backlog = measured(world, "backlog", measured={"days": 1}, formula="none", terms={})
    report(world, now=START)
    monday, night = dt.datetime(2026, 2, 16, 8, tzinfo=dt.UTC), dt.timedelta(hours=2)
    actor, site = world.actor(world.manager), world.a.organisation.pk
    records.save_outage(
        actor, site, outage_values(world, starts_at=monday, ends_at=monday + night), now=MARCH_2
    )

    def line(row: RateCommitment, **dates: dt.date) -> Any:
        Contract.objects.filter(pk=world.a.contract.pk).update(status="ended", **dates)
        world.a.contract = Contract.objects.select_related("organisation").get(pk=world.a.contract.pk)
        return line_of(world, row, FEBRUARY, MARCH_2)

    # K1: 20 working days of 10 hours in February 2026; ten of them up to the 13th, two from the 26th on
    whole, half, last = MARCH, dt.date(2026, 2, 16), dt.date(2026, 2, 26)
    assert numbers(line(kept, ends_on=whole)) == ("720000", "7200")
    assert numbers(line(kept, ends_on=half)) == ("360000", "0")
    assert numbers(line(kept, ends_on=whole, starts_on=last)) == ("72000", "0")
    begun = dt.date(2026, 1, 1)
    assert line(volume, ends_on=whole, starts_on=begun).verdict == Verdict.NOT_CONFORMING
    assert line(volume, ends_on=half).verdict == Verdict.NOT_APPLICABLE
    assert line(backlog, ends_on=half).measure.adjusted.population == 1
    for row in (kept, volume, backlog):
        assert line(row, ends_on=FEBRUARY).verdict == Verdict.NOT_APPLICABLE
    assert line(kept, ends_on=FEBRUARY).penalty == 0
    assert line(backlog, ends_on=FEBRUARY).measure.adjusted.population == 0


def numbers(line: Any) -> tuple[str, str]:
    """Agreed service time and downtime, in seconds."""
    found = dict(line.numbers)
    return found["agreed"], found["down"]
