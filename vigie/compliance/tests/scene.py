"""A contract with rates and penalties, and tickets whose promises were kept or missed in January 2026."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tests.world import START, ClientWorld, World, make_agent, report
from vigie.accounts.models import Person
from vigie.compliance.actions import terms
from vigie.compliance.models import PenaltyTerms, RateCommitment, Statement
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Clock, Ticket

JANUARY, FEBRUARY = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
THEN = dt.datetime(2026, 2, 2, 9, 0, tzinfo=dt.UTC)
FEE = Decimal("10000.00")


def second_manager(world: World) -> Person:
    """Somebody else who may approve for A."""
    return make_agent(
        "Second", "second@nord.example", ["agent", "delivery_manager"], world.roles,
        clients=[world.a.organisation], team=None,
    )  # fmt: skip


def rate_values(**more: Any) -> dict[str, Any]:
    return {
        "kind": "resolution", "ticket_type": "", "priority": None, "target": Decimal(90), "n_min": 0, "allowed_misses": 0,
        "formula": "per_point", "terms": {"percent": "1", "started": True}, "base": None, "cause": "", "bonus_from": None,
        "bonus_percent": Decimal(0), **more,
    }  # fmt: skip


def terms_values(**more: Any) -> dict[str, Any]:
    return {
        "kind": "resolved", "fee": FEE, "month_cap": Decimal(7), "year_cap": None, "franchise": Decimal(0), "earn_back_after": 0,
        **more,
    }  # fmt: skip


def rated(
    world: World, client: ClientWorld | None = None, actor: Actor | None = None, **rate: Any
) -> RateCommitment:
    """Penalty terms and one rate on the contract, from January on."""
    client, actor = client or world.a, actor or world.actor(world.manager)
    terms.set_penalty_terms(actor, client.contract.pk, terms_values(), JANUARY, now=START)
    return terms.add_rate(actor, client.contract.pk, rate_values(**rate), JANUARY, now=START)


def change_terms(world: World, **more: Any) -> PenaltyTerms:
    actor = world.actor(world.manager)
    return terms.set_penalty_terms(actor, world.a.contract.pk, terms_values(**more), JANUARY, now=START)


def solved(world: World, after: dt.timedelta, *, now: dt.datetime = START, **more: Any) -> Ticket:
    """A P3 ticket of A (16 h of service time promised) solved so long after it was opened."""
    ticket = report(world, now=now, **more)
    agent = world.actor(world.agent_all)
    take_step(agent, ticket.pk, "start", Given(), now=now)
    given = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    return take_step(agent, ticket.pk, "resolve", given, now=now + after)


KEPT, MISSED = dt.timedelta(hours=2), dt.timedelta(days=4)


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, kind="resolution")


def ended_with(world: World, client: ClientWorld) -> Statement:
    """The last statement of a contract that has ended, once: what it carries over is left over."""
    reference = f"{client.contract.reference}-2024"
    known = Statement.objects.filter(contract__reference=reference, organisation=client.organisation).first()
    if known is not None:
        return known
    contract = Contract.objects.create(
        organisation=client.organisation, reference=reference, name_fr="Ancien contrat", name_en="Former contract", status="ended",
        starts_on=dt.date(2024, 1, 1), ends_on=dt.date(2025, 1, 1),
    )  # fmt: skip
    return Statement.objects.create(
        organisation=client.organisation, contract=contract, month=dt.date(2024, 12, 1), state="frozen", met=0, missed=0, excluded=0,
        open_late=0, currency="EUR", gross=0, charged=0, due=0, total=0, steps=[["correction", "-10.00"], ["carried_out", "10.00"]],
        proposed_at=START, approved_by=world.manager, approved_at=START,
    )  # fmt: skip
