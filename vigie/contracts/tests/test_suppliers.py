"""Suppliers, their contracts and what teams and suppliers promise: pages, writes, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.world import PASSWORD, World
from vigie.contracts.actions import support as actions
from vigie.contracts.models import CalendarVersion, Supplier, SupplierContract, SupportCommitment
from vigie.contracts.queries.suppliers import suppliers_page, term_of
from vigie.contracts.rules.deadlines import decide_by, months_later, term_after
from vigie.contracts.rules.promise import Audience
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 1, 14)


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    assert client.login(email=world.admin.email, password=PASSWORD)
    return client


@pytest.fixture
def underpinning(world: World) -> SupplierContract:
    supplier = Supplier.objects.create(code="fibre", name="Fibre du Nord", criticality=1)
    contract = SupplierContract.objects.create(
        supplier=supplier, reference="F1", name_fr="Liens", name_en="Links", starts_on=dt.date(2025, 1, 1),
        ends_on=dt.date(2026, 12, 31), notice_months=3,
    )  # fmt: skip
    contract.services.add(world.service)
    return contract


def promise(world: World, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "kind": "ola_work", "service": None, "ticket_type": "", "priority": None, "target_seconds": 4 * 3600, "target_days": None,
        "calendar": world.calendar, "thresholds": [],
    }  # fmt: skip
    return {**base, **more}


def add(world: World, **more: Any) -> SupportCommitment:
    holder = (Audience.OLA, world.team.pk)
    return actions.add_support(world.actor(world.admin), holder, promise(world, **more), TODAY, now=NOW)


# -- days -------------------------------------------------------------------------------------------------------------


def test_a_contract_that_ends_with_the_year_is_decided_three_months_before() -> None:
    assert decide_by(dt.date(2026, 12, 31), 3) == dt.date(2026, 9, 30)
    assert decide_by(dt.date(2026, 5, 31), 3) == dt.date(2026, 2, 28)
    assert decide_by(dt.date(2028, 5, 31), 3) == dt.date(2028, 2, 29)
    assert decide_by(None, 3) is None


@given(st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)), st.integers(-300, 300))
def test_months_go_to_the_right_month_and_never_later_in_it(day: dt.date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day


def test_a_tacit_renewal_is_told_by_the_term_that_runs(underpinning: SupplierContract) -> None:
    assert term_after(dt.date(2024, 12, 31), 12, dt.date(2026, 1, 14)) == dt.date(2026, 12, 31)
    assert term_after(dt.date(2026, 1, 14), 12, dt.date(2026, 1, 14)) == dt.date(2026, 1, 14)
    term = term_of(underpinning, dt.date(2027, 2, 1))
    assert (term.ends_on, term.decide_by, term.running) == (dt.date(2027, 12, 31), dt.date(2027, 9, 30), True)
    underpinning.renewal = "express"
    assert not term_of(underpinning, dt.date(2027, 2, 1)).running


@pytest.mark.parametrize(
    ("today", "tone"), [((2026, 7, 1), "quiet"), ((2026, 8, 15), "warn"), ((2026, 10, 1), "late")]
)
def test_the_day_to_decide_by_is_coloured_by_how_near_it_is(
    underpinning: SupplierContract, today: tuple[int, int, int], tone: str
) -> None:
    assert term_of(underpinning, dt.date(*today)).tone == tone


# -- writes -----------------------------------------------------------------------------------------------------------


def test_a_change_ends_the_old_promise_and_keeps_it(world: World) -> None:
    old = add(world)
    new = actions.change_support(
        world.actor(world.admin), old.pk, promise(world, target_seconds=3600), dt.date(2026, 2, 1), now=NOW
    )
    old.refresh_from_db()
    assert (old.target_seconds, old.valid_until) == (4 * 3600, dt.date(2026, 2, 1))
    assert (new.target_seconds, new.valid_from, new.team_id) == (3600, dt.date(2026, 2, 1), world.team.pk)
    assert JournalEntry.objects.filter(subject="contracts.supportcommitment", subject_id=old.pk).count() == 2


def test_what_was_promised_before_today_is_not_rewritten(world: World) -> None:
    old = add(world)
    with pytest.raises(Refusal) as refused:
        actions.change_support(
            world.actor(world.admin), old.pk, promise(world), TODAY - dt.timedelta(days=1), now=NOW
        )
    assert refused.value.code == "contracts.change_in_the_past"
    actions.end_support(world.actor(world.admin), old.pk, now=NOW)
    with pytest.raises(Refusal) as refused:
        actions.end_support(world.actor(world.admin), old.pk, now=NOW)
    assert refused.value.code == "contracts.commitment_ended"


def test_two_promises_that_cannot_be_told_apart_are_refused(world: World) -> None:
    add(world)
    with pytest.raises(Refusal) as refused:
        add(world)
    assert refused.value.code == "contracts.commitment_tie"
    assert add(world, priority=1).pk
    other = actions.add_support(
        world.actor(world.admin), (Audience.OLA, world.team2.pk), promise(world), TODAY, now=NOW
    )
    assert other.team_id == world.team2.pk


def test_a_target_that_can_never_fall_due_is_refused(world: World) -> None:
    closed = {"timezone": "Europe/Paris", "dates": {"2020-01-06": [["08:00", "09:00"]]}}
    CalendarVersion.objects.create(
        calendar=world.calendar, effective_on=dt.date(2026, 3, 1), definition=closed, created_at=NOW
    )
    with pytest.raises(Refusal) as refused:
        add(world)
    assert (refused.value.code, refused.value.field) == ("contracts.target_never_due", "calendar")
    assert not SupportCommitment.objects.exists()


def test_only_a_manager_of_contracts_writes(world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.add_support(
            world.actor(world.agent), (Audience.OLA, world.team.pk), promise(world), TODAY, now=NOW
        )
    with pytest.raises(NotAllowed):
        actions.save_supplier(world.actor(world.agent), None, {"name": "X"}, [], now=NOW)


def test_contacts_are_replaced_and_journalled(world: World) -> None:
    values = {"code": "fibre", "name": "Fibre", "trade": "", "criticality": 1, "notes": "", "is_active": True}
    contact = {"name": "Astreinte", "purpose": "pannes", "email": "", "phone": "+33 3 20 00 00 00"}
    supplier = actions.save_supplier(world.actor(world.admin), None, values, [contact], now=NOW)
    actions.save_supplier(world.actor(world.admin), supplier.pk, values, [contact], now=NOW)
    actions.save_supplier(world.actor(world.admin), supplier.pk, values, [], now=NOW)
    entries = JournalEntry.objects.filter(subject="contracts.supplier", verb="contacts").order_by("pk")
    assert [(e.before["contacts"], e.after["contacts"]) for e in entries] == [
        ([], [contact]),
        ([contact], []),
    ]


# -- pages ------------------------------------------------------------------------------------------------------------


def supplier_form(**more: str) -> dict[str, str]:
    base = {
        "name": "Copietech",
        "code": "copietech",
        "trade": "Copieurs",
        "criticality": "3",
        "is_active": "on",
        "people": "",
    }
    return {**base, **more}


def test_a_supplier_is_written_and_shown_with_its_contacts(admin: Client) -> None:
    people = (
        "Accueil; pannes; aide@copietech.example; +33 3 20 00 02 20\nNora Lemaire;;nora@copietech.example"
    )
    answer = admin.post(reverse("supplier_new"), supplier_form(people=people))
    supplier = Supplier.objects.get()
    assert answer["Location"] == reverse("supplier", args=[supplier.pk])
    page = admin.get(answer["Location"]).content.decode()
    assert "aide@copietech.example" in page
    assert 'href="tel:+33320000220"' in page
    assert (
        "Nora Lemaire; ; nora@copietech.example"
        in admin.get(reverse("supplier_edit", args=[supplier.pk])).content.decode()
    )
    assert "Copietech" in admin.get(reverse("suppliers")).content.decode()
    assert "Copietech" not in admin.get(reverse("suppliers"), {"q": "fibre"}).content.decode()


@pytest.mark.parametrize(
    "line", ["Nora Lemaire", "; ; a@b.example", "Nora;x;pas une adresse", "a;b;c@d.example;1;2"]
)
def test_a_contact_that_cannot_be_read_is_refused_and_kept(admin: Client, line: str) -> None:
    answer = admin.post(reverse("supplier_new"), supplier_form(people=line))
    assert answer.status_code == 422
    assert line in answer.content.decode()
    assert not Supplier.objects.exists()


def test_a_supplier_contract_tells_until_when_to_decide(
    admin: Client, underpinning: SupplierContract
) -> None:
    page = admin.get(reverse("supplier", args=[underpinning.supplier_id])).content.decode()
    assert "F1" in page
    assert "Messagerie" in page


def test_the_list_shows_what_must_be_decided_first(world: World, underpinning: SupplierContract) -> None:
    SupplierContract.objects.create(
        supplier=underpinning.supplier, reference="F0", name_fr="Fini", name_en="Over", starts_on=dt.date(2020, 1, 1),
        ends_on=dt.date(2021, 1, 1), renewal="express",
    )  # fmt: skip
    page = suppliers_page(world.actor(world.admin), today=TODAY)
    assert [(row["held"], row["term"].decide_by) for row in page.rows] == [(2, dt.date(2026, 9, 30))]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"ends_on": "2024-01-01"}, "2024-01-01"), ({"services": []}, "F2"), ({"notice_months": "900"}, "900")],
)
def test_a_supplier_contract_that_makes_no_sense_is_refused(
    admin: Client, world: World, underpinning: SupplierContract, wrong: dict[str, Any], word: str
) -> None:
    sent = {
        "reference": "F2", "name_fr": "Liens", "name_en": "Links", "services": [world.service.pk], "starts_on": "2026-01-01",
        "notice_months": "3", "renewal": "tacit", "renewal_months": "12",
    }  # fmt: skip
    answer = admin.post(reverse("supplier_contract_new", args=[underpinning.supplier_id]), {**sent, **wrong})
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert SupplierContract.objects.count() == 1
    good = admin.post(reverse("supplier_contract_new", args=[underpinning.supplier_id]), sent)
    assert good.status_code == 302


@pytest.mark.parametrize("target", ["1 jour", "8", "bientôt", "2026-03-01T10:00", "0h"])
def test_a_target_of_a_team_says_its_unit(admin: Client, world: World, target: str) -> None:
    sent = {"kind": "ola_own", "target": target, "calendar": world.calendar.pk, "valid_from": "2030-01-01"}
    answer = admin.post(reverse("agreement_new", args=[world.team.pk]), sent)
    assert answer.status_code == 422
    assert f'value="{target}"' in answer.content.decode()
    assert not SupportCommitment.objects.exists()


def test_a_promise_of_a_team_and_of_a_supplier_are_written_from_their_pages(
    admin: Client, world: World, underpinning: SupplierContract
) -> None:
    sent = {
        "kind": "ola_own",
        "target": "30 min",
        "calendar": world.calendar.pk,
        "valid_from": "2030-01-01",
        "priority": "1",
    }
    assert admin.post(reverse("agreement_new", args=[world.team.pk]), sent).status_code == 302
    sent = {"kind": "uc", "target": "J+1", "calendar": world.calendar.pk, "valid_from": "2030-01-01"}
    assert admin.post(reverse("underpinning_new", args=[underpinning.pk]), sent).status_code == 302
    assert set(SupportCommitment.objects.values_list("audience", "target_seconds", "target_days")) == {
        ("ola", 1800, None),
        ("uc", None, 1),
    }
    assert "0:30" in admin.get(reverse("agreements")).content.decode()
    row = SupportCommitment.objects.get(audience="uc")
    assert "J+1" in admin.get(reverse("support", args=[row.pk])).content.decode()
    assert admin.post(reverse("support_end", args=[row.pk])).status_code == 302


def test_a_client_never_reaches_suppliers_nor_agreements(world: World) -> None:
    client = Client()
    assert client.login(email=world.a.manager.email, password=PASSWORD)
    for name in ("suppliers", "agreements", "supplier_new"):
        assert client.get(reverse(name)).status_code in (403, 404)
