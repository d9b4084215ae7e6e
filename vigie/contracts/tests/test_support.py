"""Which terms a team and a supplier contract give a ticket, and what the tables refuse."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from tests.world import START, World
from vigie.contracts.models import Supplier, SupplierContract, SupportCommitment
from vigie.contracts.queries.book import Scope
from vigie.contracts.queries.support import supplier_contracts_for, support_terms
from vigie.contracts.rules.promise import Audience, ClockKind

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 1)


def promise(world: World, **more: object) -> SupportCommitment:
    values: dict[str, object] = {
        "audience": "ola", "kind": "ola_work", "team": world.team, "target_seconds": 4 * 3600, "calendar": world.calendar,
        "valid_from": DAY,
    }  # fmt: skip
    return SupportCommitment.objects.create(**{**values, **more})


def underpinning(world: World, **more: object) -> SupplierContract:
    supplier, _ = Supplier.objects.get_or_create(code="fibre", name="Fibre du Nord")
    values = {"reference": "F1", "name_fr": "Liens", "name_en": "Links", "starts_on": DAY}
    contract = SupplierContract.objects.create(supplier=supplier, **{**values, **more})
    contract.services.add(world.service)
    return contract


def scope(world: World, priority: int = 2) -> Scope:
    return Scope("incident", priority, world.service.pk, None, None, False, START)


def test_the_most_specific_promise_of_a_team_wins_kind_by_kind(world: World) -> None:
    promise(world)
    urgent = promise(world, priority=1, target_seconds=3600)
    promise(world, kind="ola_own", target_seconds=900)
    promise(world, team=world.team2, service=world.service, priority=1, target_seconds=60)
    found = support_terms((Audience.OLA, world.team.pk), scope(world, 1), START)
    assert {kind: terms.target.value for kind, terms in found.items()} == {
        ClockKind.OLA_WORK: 3600,
        ClockKind.OLA_OWN: 900,
    }
    assert found[ClockKind.OLA_WORK].commitment_id == str(urgent.pk)
    assert (
        support_terms((Audience.OLA, world.team.pk), scope(world), START)[ClockKind.OLA_WORK].target.value
        == 14400
    )


def test_an_ola_waits_for_a_supplier_and_a_supplier_only_for_the_client(world: World) -> None:
    promise(world)
    contract = underpinning(world)
    promise(world, audience="uc", kind="uc", team=None, supplier_contract=contract)
    ola = support_terms((Audience.OLA, world.team.pk), scope(world), START)[ClockKind.OLA_WORK]
    uc = support_terms((Audience.UC, contract.pk), scope(world), START)[ClockKind.UC]
    assert ola.pauses("supplier")
    assert ola.pauses("other_team")
    assert not uc.pauses("supplier")
    assert uc.pauses("client_info")
    assert uc.contract_id == str(contract.pk)


def test_a_supplier_contract_promises_nothing_outside_its_period(world: World) -> None:
    contract = underpinning(world, ends_on=START.date(), renewal="express")
    promise(world, audience="uc", kind="uc", team=None, supplier_contract=contract)
    holder = (Audience.UC, contract.pk)
    assert support_terms(holder, scope(world), START)
    assert not support_terms(holder, scope(world), START + dt.timedelta(days=1))
    assert supplier_contracts_for(world.service.pk, START.date()) == [contract]
    assert supplier_contracts_for(world.service.pk, START.date() + dt.timedelta(days=1)) == []
    assert supplier_contracts_for(None, START.date()) == [contract]


def test_a_contract_that_renews_itself_goes_on_after_its_term(world: World) -> None:
    contract = underpinning(world, ends_on=START.date())
    promise(world, audience="uc", kind="uc", team=None, supplier_contract=contract)
    later = START + dt.timedelta(days=40)
    assert support_terms((Audience.UC, contract.pk), scope(world), later)
    assert supplier_contracts_for(world.service.pk, later.date()) == [contract]


def test_a_promise_that_was_replaced_no_longer_counts(world: World) -> None:
    promise(world, valid_until=START.date())
    assert support_terms((Audience.OLA, world.team.pk), scope(world), START) == {}
    assert support_terms((Audience.OLA, world.team.pk), scope(world), START - dt.timedelta(days=1))


@pytest.mark.parametrize(
    "wrong", [{"kind": "uc"}, {"team": None}, {"target_days": 2}, {"valid_until": dt.date(2024, 1, 1)}]
)
def test_the_table_refuses_a_promise_of_nobody_or_of_two_targets(
    world: World, wrong: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        promise(world, **wrong)
