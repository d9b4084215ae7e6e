"""What a client asks, what becomes of it, and the coverage of a contract."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.world import PASSWORD, World, rewriting
from vigie.contracts import questions
from vigie.contracts.actions import requirements as actions
from vigie.contracts.actions.versions import draft_amendment, put_in_force
from vigie.contracts.models import (
    Calendar,
    CalendarVersion,
    Commitment,
    Requirement,
    Supplier,
    SupplierContract,
    SupportCommitment,
)
from vigie.contracts.queries.coverage import Line, coverage, register, traces_of
from vigie.contracts.rules.requirements import NEXT, check_step
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 1, 14)
DAY = dt.date(2025, 1, 1)


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    assert client.login(email=world.admin.email, password=PASSWORD)
    return client


def asked(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "title_fr": "Reprise en 4 h", "title_en": "Back in 4 h", "service": None, "measure": "resolution", "wished": "4 h",
        "asked_by": "Philippe Garnier", "asked_on": TODAY,
    }  # fmt: skip
    return {**base, **more}


def ask(world: World, **more: Any) -> Requirement:
    return actions.ask(world.actor(world.admin), world.a.contract.pk, asked(**more), now=NOW)


def to(world: World, row: Requirement, state: str, reason: str = "") -> Requirement:
    return actions.decide(world.actor(world.admin), row.pk, state, reason, now=NOW)


def p1(world: World, kind: str = "resolution") -> Commitment:
    rows = Commitment.objects.filter(version__contract=world.a.contract, kind=kind, priority=1)
    return rows.order_by("version__number")[rows.count() - 1]


# -- the register -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(NEXT))
@pytest.mark.parametrize("after", list(NEXT))
def test_a_requirement_goes_only_where_its_life_allows(state: str, after: str) -> None:
    if after in NEXT[state]:
        check_step(state, after, "parce que")
        return
    with pytest.raises(Refusal) as refused:
        check_step(state, after, "parce que")
    assert refused.value.code == "contracts.requirement_step"


@pytest.mark.parametrize(
    ("state", "after"), [("asked", "refused"), ("negotiation", "withdrawn"), ("agreed", "negotiation")]
)
def test_a_refusal_a_withdrawal_and_a_change_of_mind_say_why(state: str, after: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_step(state, after, "  ")
    assert refused.value.code == "contracts.requirement_reason"


def test_requirements_are_numbered_within_their_contract_and_journalled(world: World) -> None:
    first, second = ask(world), ask(world, title_fr="Rapport", title_en="Report", measure="report")
    assert (first.number, second.number) == (1, 2)
    to(world, first, "negotiation")
    to(world, first, "refused", "trop cher")
    entries = JournalEntry.objects.filter(subject="contracts.requirement", subject_id=first.pk).order_by("pk")
    assert [entry.after.get("state") for entry in entries] == ["asked", "negotiation", "refused"]


def test_only_an_agreed_requirement_becomes_commitments_of_its_own_contract(world: World) -> None:
    row, actor = ask(world), world.actor(world.admin)
    with pytest.raises(Refusal) as refused:
        actions.trace(actor, row.pk, [p1(world).pk], now=NOW)
    assert refused.value.code == "contracts.requirement_not_agreed"
    to(world, row, "agreed")
    other = Commitment.objects.filter(version__contract=world.b.contract).first()
    assert other
    with pytest.raises(NotFound):
        actions.trace(actor, row.pk, [other.pk], now=NOW)
    actions.trace(actor, row.pk, [p1(world).pk], now=NOW)
    assert list(row.traces.values_list("commitment_id", flat=True)) == [p1(world).pk]


def test_what_is_out_of_sight_is_not_found_and_readers_do_not_write(world: World) -> None:
    row = actions.ask(world.actor(world.admin), world.b.contract.pk, asked(), now=NOW)
    with pytest.raises(NotFound):
        actions.decide(world.actor(world.manager), row.pk, "agreed", "", now=NOW)
    with pytest.raises(NotAllowed):
        actions.ask(world.actor(world.agent), world.a.contract.pk, asked(), now=NOW)


def test_a_requirement_is_not_asked_tomorrow(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        ask(world, asked_on=TODAY + dt.timedelta(days=1))
    assert refused.value.code == "contracts.requirement_in_the_future"


# -- coverage ---------------------------------------------------------------------------------------------------------


def team_promise(world: World, seconds: int, **more: Any) -> SupportCommitment:
    values = {
        "audience": "ola", "kind": "ola_work", "team": world.team, "target_seconds": seconds, "calendar": world.calendar,
        "valid_from": DAY, **more,
    }  # fmt: skip
    return SupportCommitment.objects.create(**values)


def supplier_promise(world: World, seconds: int) -> SupportCommitment:
    supplier = Supplier.objects.create(code="fibre", name="Fibre du Nord")
    contract = SupplierContract.objects.create(
        supplier=supplier, reference="F1", name_fr="Liens", name_en="Links", starts_on=DAY
    )
    contract.services.add(world.service)
    hours = Calendar.objects.create(code="late", name_fr="Après-midi", name_en="Afternoons")
    week = {day: [["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    CalendarVersion.objects.create(
        calendar=hours,
        effective_on=DAY,
        definition={"timezone": "Europe/Paris", "hours": week},
        created_at=NOW,
    )
    return SupportCommitment.objects.create(
        audience="uc",
        kind="uc",
        supplier_contract=contract,
        target_seconds=seconds,
        calendar=hours,
        valid_from=DAY,
    )


def line(world: World, priority: int = 1, kind: str = "resolution") -> Line:
    found = coverage(world.actor(world.admin), world.a.contract, now=NOW)
    rows = Commitment.objects.filter(version__contract=world.a.contract, kind=kind, priority=priority)
    row = rows.order_by("version__number")[rows.count() - 1]
    return next(one for one in found.lines if one.commitment_id == row.pk)


def test_a_team_that_promised_nothing_is_told_and_then_holds(world: World) -> None:
    assert "silent" in line(world).gaps
    team_promise(world, 4 * 3600)
    assert not line(world).gaps & {"silent", "unsupported"}
    assert line(world).holders == ["Centre de services N1"]
    assert "silent" in line(world, kind="response").gaps


def test_a_promise_shorter_than_its_team_is_not_supported_by_exactly_the_difference(world: World) -> None:
    team_promise(world, 4 * 3600 + 60)
    worst = line(world).worst_team
    assert worst
    assert worst.missing == 60
    assert "unsupported" not in line(world, 2).gaps


def test_a_supplier_that_opens_later_makes_the_promise_too_short(world: World) -> None:
    """Received at 16:00, worked on until 17:00, with a supplier of the afternoon that may answer up to 13:00 the next day: 7 h."""
    team_promise(world, 3600)
    supplier_promise(world, 3600)
    found = line(world)
    assert found.worst_team is None
    assert found.worst_supplier
    assert found.worst_supplier.holders == ("Centre de services N1", "Fibre du Nord (F1)")
    assert found.worst_supplier.worst
    assert found.worst_supplier.worst.seconds == 7 * 3600
    assert found.worst_supplier.missing == 3 * 3600
    assert found.worst_supplier.supplier_id == Supplier.objects.get().pk


def test_where_the_client_accepts_to_wait_for_the_supplier_its_time_is_not_promised(world: World) -> None:
    team_promise(world, 3600)
    supplier_promise(world, 3600)
    with rewriting():
        Commitment.objects.filter(pk=p1(world).pk).update(pauses={"supplier": True})
    assert not line(world).suppliers
    assert "unsupported" not in line(world).gaps


def test_a_team_that_also_works_on_the_service_is_on_the_path(world: World) -> None:
    team_promise(world, 2 * 3600)
    team_promise(world, 3 * 3600, team=world.team2, service=world.service)
    worst = line(world).worst_team
    assert worst
    assert worst.holders == ("Centre de services N1", "Systèmes N2")
    assert worst.missing == 3600


def test_asked_promised_measured(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rate = questions.Measured("resolution", "95 %", "/x/", priority=1)
    monkeypatch.setattr(questions, "_answers", [lambda actor, contract, on: [rate]])
    row = ask(world)
    unkept = coverage(world.actor(world.admin), world.a.contract, now=NOW)
    assert unkept.counts["uncommitted"] == 1
    to(world, row, "agreed")
    actions.trace(world.actor(world.admin), row.pk, [p1(world).pk], now=NOW)
    kept = line(world)
    assert (kept.requirements, kept.measures) == ([row], [rate])
    assert not kept.gaps & {"unasked", "unmeasured", "uncommitted"}
    assert {"unasked", "unmeasured"} <= line(world, 2).gaps


def test_a_commitment_that_follows_another_keeps_what_was_asked(world: World) -> None:
    row = to(world, ask(world), "agreed")
    old = p1(world)
    actions.trace(world.actor(world.admin), row.pk, [old.pk], now=NOW)
    boss, contract, yesterday = world.actor(world.admin), world.a.contract.pk, NOW - dt.timedelta(days=1)
    draft_amendment(boss, contract, {"effective_on": TODAY}, now=yesterday)
    put_in_force(boss, contract, now=yesterday)
    assert line(world).commitment_id != old.pk
    assert line(world).requirements == [row]


def test_the_register_counts_each_commitment_once_whatever_its_versions(world: World) -> None:
    row, boss, contract = to(world, ask(world), "agreed"), world.actor(world.admin), world.a.contract
    yesterday = NOW - dt.timedelta(days=1)
    old = p1(world)
    draft_amendment(boss, contract.pk, {"effective_on": TODAY}, now=yesterday)
    new = put_in_force(boss, contract.pk, now=yesterday).commitments.get(line=old.line)
    actions.trace(boss, row.pk, [old.pk, new.pk, p1(world, "response").pk], now=NOW)
    assert [one["promises"] for one in register(boss, contract, now=NOW)] == [2]
    offered, became = traces_of(boss, row, now=NOW)
    assert sorted(offered) == sorted(new.version.commitments.values_list("pk", flat=True))
    assert sorted(became) == sorted([new.pk, p1(world, "response").pk])


def test_a_wish_that_is_no_clock_is_kept_by_its_measure_once_agreed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    available = questions.Measured("availability", "99,5 %", "/x/", service_id=world.service.pk)
    monkeypatch.setattr(questions, "_answers", [lambda actor, contract, on: [available]])
    row = ask(world, measure="availability", service=world.service, wished="99,5 %")
    found = coverage(world.actor(world.admin), world.a.contract, now=NOW)
    assert found.counts["uncommitted"] == 1
    to(world, row, "agreed")
    found = coverage(world.actor(world.admin), world.a.contract, now=NOW)
    assert "uncommitted" not in found.counts
    assert [one.measures for one in found.lines if one.requirements == [row]] == [[available]]


# -- pages ------------------------------------------------------------------------------------------------------------


def test_the_coverage_is_read_in_a_bounded_number_of_statements(admin: Client, world: World) -> None:
    team_promise(world, 3600)
    supplier_promise(world, 3600)
    to(world, ask(world), "agreed")
    address = reverse("coverage", args=[world.a.contract.pk])
    admin.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = admin.get(address).content.decode()
    assert len(seen) <= 24, [one["sql"][:90] for one in seen]
    assert "Reprise en 4 h" in page
    assert reverse("chain", args=[world.a.contract.pk, p1(world).pk]) in page
    only = admin.get(address, {"only": "uncommitted"}).content.decode()
    assert "Reprise en 4 h" in only
    assert reverse("chain", args=[world.a.contract.pk, p1(world).pk]) not in only


def test_the_worst_opening_is_told_step_by_step(admin: Client, world: World) -> None:
    team_promise(world, 3600)
    supplier_promise(world, 3600)
    page = admin.get(reverse("chain", args=[world.a.contract.pk, p1(world).pk])).content.decode()
    assert "Fibre du Nord (F1)" in page
    assert "7:00" in page
    assert reverse("supplier", args=[Supplier.objects.get().pk]) in page


def test_a_requirement_from_the_form_to_its_commitments(admin: Client, world: World) -> None:
    contract = world.a.contract.pk
    sent = {**asked(), "service": "", "asked_on": "2026-01-05"}
    answer = admin.post(reverse("requirement_new", args=[contract]), sent)
    row = Requirement.objects.get()
    assert answer["Location"] == reverse("requirement", args=[row.pk])
    decide = reverse("requirement_decide", args=[row.pk])
    refused = admin.post(decide, {"state": "refused", "reason": ""})
    assert refused.status_code == 422
    assert admin.post(decide, {"state": "agreed", "reason": ""}).status_code == 302
    assert admin.post(decide, {"state": "refused", "reason": "non"}).status_code == 422
    trace = reverse("requirement_trace", args=[row.pk])
    assert admin.post(trace, {"commitments": [p1(world).pk]}).status_code == 302
    assert row.traces.count() == 1
    assert (
        admin.post(reverse("requirement_edit", args=[row.pk]), {**sent, "wished": "3 h"}).status_code == 302
    )
    page = admin.get(reverse("requirements", args=[contract])).content.decode()
    assert "3 h" in page
    assert (
        admin.post(reverse("requirement_new", args=[contract]), {**sent, "title_fr": ""}).status_code == 422
    )
