"""Pages of what is measured without being a ticket: entered, read in full, told to the client, answered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import translation

from tests.world import World
from vigie.accounts.queries import holders
from vigie.compliance.actions import credits, records, statements
from vigie.compliance.models import CreditRequest, Delivery, Maintenance, Outage, RateCommitment, Reading
from vigie.compliance.tests.scene import JANUARY, MISSED, THEN, rated, resolution, second_manager, solved
from vigie.compliance.tests.test_pages import enter, text_of
from vigie.compliance.tests.test_records import available, frozen, late_delivery, measured, out, outage_values
from vigie.notifications.labels import sentence
from vigie.notifications.models import Notice


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    with patch("django.utils.timezone.now", return_value=THEN):
        yield


def test_the_month_leads_from_the_euro_to_the_outage(world: World) -> None:
    row = available(world)
    fall = out(world)
    browser, contract = enter(world.manager), world.a.contract.pk
    page = text_of(browser, "contract_month", contract, month="2026-01")
    assert "97,143 %" in page
    assert "200,00 €" in page
    assert f"/measures/{row.pk}/month/?month=2026-01" in page
    whole = text_of(browser, "measure_month", contract, row.pk, month="2026-01")
    assert "Messagerie arrêtée" in whole
    assert "210:00" in whole  # agreed
    assert "6:00" in whole  # lost
    assert reverse("outage", args=[world.a.organisation.pk, fall.pk]) in whole


def test_an_outage_that_nobody_ended_still_lasts(world: World) -> None:
    row = available(world)
    started = {**outage_values(world), "starts_at": THEN - dt.timedelta(hours=2), "ends_at": None}
    records.save_outage(world.actor(world.manager), world.a.organisation.pk, started, now=THEN)
    whole = text_of(enter(world.manager), "measure_month", world.a.contract.pk, row.pk, month="2026-02")
    assert "dure encore" in whole
    assert "2:00" in whole, "counted up to now"


def test_a_frozen_measure_is_read_from_its_copy(world: World) -> None:
    row = available(world)
    fall = out(world)
    frozen(world)
    records.save_outage(
        world.actor(world.manager), world.a.organisation.pk, outage_values(world, hours=1), fall.pk, now=THEN
    )
    browser, contract = enter(world.manager), world.a.contract.pk
    assert "97,143 %" in text_of(browser, "measure_month", contract, row.pk, month="2026-01")
    live = text_of(browser, "measure_month", contract, row.pk, month="2026-01", live="1")
    assert "97,143 %" not in live
    assert "99,524 %" in live


def test_the_contract_shows_its_measures_over_the_year(world: World) -> None:
    row = available(world)
    out(world)
    page = text_of(enter(world.manager), "contract", world.a.contract.pk)
    assert f"/measures/{row.pk}/month/?month=2026-01" in page
    assert "Disponibilité" in page


def test_every_kind_of_measure_is_typed_and_typed_again(world: World) -> None:
    browser, contract = enter(world.manager), world.a.contract.pk
    common = {"target": "99.5", "formula": "none", "valid_from": "2026-02-01"}
    kinds: dict[str, dict[str, Any]] = {
        "availability": {
            **common, "service": world.service.pk, "calendar": world.calendar.pk, "notice_hours": "72", "parts": "Grappe 99 2\nLiaison 99,9 1",
        },
        "delivery": {**common, "formula": "lateness", "divisor": "1000", "n_min": "0", "allowed_misses": "0"},
        "report": {**common, "days": "5", "calendar": world.calendar.pk, "formula": "per_day", "daily": "50"},
        "satisfaction": {**common, "n_min": "10", "allowed_misses": "1"},
        "backlog": {**common, "days": "20", "calendar": world.calendar.pk, "n_min": "0", "allowed_misses": "0"},
        "volume": {"forecast": "800", "low": "10", "high": "20", "formula": "none", "valid_from": "2026-02-01"},
    }  # fmt: skip
    for kind, values in kinds.items():
        answer = browser.post(reverse("measure_new", args=[contract, kind]), values)
        assert answer.status_code == 302, (kind, answer.content.decode()[-3000:])
        row = RateCommitment.objects.get(kind=kind)
        text_of(browser, "measure", contract, row.pk)
        again = browser.post(
            reverse("measure", args=[contract, row.pk]), {**values, "valid_from": "2026-03-01"}
        )
        assert again.status_code == 302, kind
    parts = RateCommitment.objects.filter(kind="availability").latest("pk").measured["parts"]
    assert parts == [["Grappe", "99", 2], ["Liaison", "99.9", 1]]
    bad = browser.post(
        reverse("measure_new", args=[contract, "volume"]), {**kinds["volume"], "forecast": "0"}
    )
    assert bad.status_code == 422
    assert browser.get(reverse("measure_new", args=[contract, "weather"])).status_code == 404


def test_records_are_entered_corrected_and_withdrawn(world: World) -> None:
    browser, client, contract = enter(world.manager), world.a.organisation.pk, world.a.contract.pk
    outage = {
        "service": world.service.pk, "title": "Panne", "starts_at": "2026-01-13T10:00", "ends_at": "2026-01-13T11:00", "weight": "100",
        "source": "monitoring",
    }  # fmt: skip
    assert browser.post(reverse("outage_new", args=[client]), outage).status_code == 302
    row = Outage.objects.get()
    assert row.starts_at == dt.datetime(2026, 1, 13, 9, tzinfo=dt.UTC)
    before = browser.post(reverse("outage", args=[client, row.pk]), {**outage, "ends_at": "2026-01-13T09:00"})
    assert before.status_code == 422
    assert "2026-01-13T09:00" in before.content.decode()  # what was typed is kept
    browser.post(reverse("outage", args=[client, row.pk]), {**outage, "ends_at": "2026-01-13T12:00"})
    assert "→" in text_of(browser, "outage", client, row.pk)
    assert (
        browser.post(reverse("record_withdraw", args=["outage", row.pk]), {"reason": "Doublon"}).status_code
        == 302
    )
    assert "Retiré" in text_of(browser, "records", client)
    work = {
        "service": world.service.pk, "title": "Mise à jour", "announced_at": "2026-01-02T10:00", "starts_at": "2026-01-14T19:00",
        "ends_at": "2026-01-14T21:00",
    }  # fmt: skip
    assert browser.post(reverse("maintenance_new", args=[client]), work).status_code == 302
    assert Maintenance.objects.get().title in text_of(browser, "records", client, of="maintenance")
    delivery = {"title": "Lot 1", "value": "18000", "agreed_on": "2026-01-08", "delivered_on": "2026-01-20"}
    assert browser.post(reverse("delivery_new", args=[contract]), delivery).status_code == 302
    assert "12 jours de retard" in text_of(browser, "deliveries", contract)
    text_of(browser, "delivery", contract, Delivery.objects.get().pk)


def test_a_reading_is_entered_from_the_month(world: World) -> None:
    row = measured(world, "satisfaction", target=Decimal(80))
    browser, contract = enter(world.manager), world.a.contract.pk
    address = reverse("reading", args=[contract, row.pk]) + "?month=2026-01"
    assert address.replace("&", "&amp;") in text_of(browser, "contract_month", contract, month="2026-01")
    assert browser.post(address, {"answers": "10", "satisfied": "11", "source": "Enquête"}).status_code == 422
    assert browser.post(address, {"answers": "10", "satisfied": "9", "source": "Enquête"}).status_code == 302
    assert Reading.objects.get().month == JANUARY
    assert "9 réponses satisfaites sur 10" in text_of(browser, "contract_month", contract, month="2026-01")


def test_an_exclusion_of_an_outage_is_asked_from_the_measure(world: World) -> None:
    row = available(world)
    fall = out(world)
    browser, contract = enter(world.manager), world.a.contract.pk
    address = reverse("exclusion_new_record", args=["outage", fall.pk])
    assert address in text_of(browser, "measure_month", contract, row.pk, month="2026-01")
    made = browser.post(address, {"kind": "force_majeure", "reason": "Crue", "evidence": "Arrêté"})
    assert made.status_code == 302
    assert "Messagerie arrêtée" in text_of(browser, "exclusions")
    other = enter(second_manager(world))
    other.post(made.headers["Location"], {"decision": "Accord", "verdict": "approve"})
    assert "exclue par accord" in text_of(browser, "measure_month", contract, row.pk, month="2026-01")


def test_a_missed_clock_leads_to_its_exclusion_from_the_ticket(world: World) -> None:
    rated(world)
    late = solved(world, MISSED)
    page = text_of(enter(world.manager), "ticket", late.pk)
    assert reverse("exclusion_new", args=[resolution(late).pk]) in page
    assert "exclusions/new" not in text_of(enter(world.agent_all), "ticket", late.pk)


def test_a_correction_is_told_on_the_next_month(world: World) -> None:
    available(world)
    fall = out(world)
    frozen(world)
    records.save_outage(
        world.actor(world.manager), world.a.organisation.pk, outage_values(world, hours=3), fall.pk, now=THEN
    )
    page = text_of(enter(world.manager), "contract_month", world.a.contract.pk, month="2026-02")
    assert "Corrections de mois antérieurs" in page
    assert "−100,00 €" in page


class TestPortal:
    def test_the_client_reads_its_outages_and_what_they_came_to(self, world: World) -> None:
        row = available(world)
        out(world)
        browser = enter(world.a.manager)
        assert "97,143 %" in text_of(browser, "portal_compliance", month="2026-01")
        whole = text_of(browser, "portal_measure", world.a.contract.pk, row.pk, month="2026-01")
        assert "Messagerie arrêtée" in whole
        assert "/clients/" not in whole.partition("<main")[2]
        assert "Messagerie arrêtée" in text_of(browser, "portal_records")
        assert enter(world.a.user).get(reverse("portal_records")).status_code == 404
        assert (
            enter(world.b.manager)
            .get(reverse("portal_measure", args=[world.a.contract.pk, row.pk]))
            .status_code
            == 404
        )

    def test_the_client_contests_and_the_provider_decides(self, world: World) -> None:
        available(world)
        out(world)
        frozen(world)
        row = CreditRequest.objects.get()
        browser, agent = enter(world.a.manager), enter(world.manager)
        address = reverse("portal_credit", args=[row.pk])
        assert address in text_of(browser, "portal_compliance", month="2026-01")
        assert "Nécessaire pour contester" in text_of(browser, "portal_credit", row.pk)
        assert browser.post(address, {"answer": "contest", "reason": ""}).status_code == 422
        assert browser.post(address, {"answer": "contest", "reason": "Plus longue"}).status_code == 302
        contested = text_of(agent, "credit", row.pk)
        assert "Plus longue" in contested
        deciders = holders("compliance:approve", world.a.organisation.pk).values()
        assert len(deciders) > 1
        named = f"Peuvent décider : {', '.join(deciders)}"
        assert named in contested
        assert 'data-confirm="Trancher cet avoir' in contested
        told = Notice.objects.get(kind="credit_contested", recipient=world.manager.pk)
        with translation.override("fr"):
            assert sentence(told.kind, told.params).replace("\xa0", " ").endswith(named)
            assert "décider" not in sentence(
                told.kind, {"by": "Paul", "month": "2026-01"}
            )  # of an earlier release
        waiting = text_of(browser, "portal_credit", row.pk)
        assert "La direction de votre prestataire en décide" in waiting
        assert not any(name in waiting for name in deciders)
        assert '<span class="badge badge--late">Contesté</span>' in contested
        assert "Contesté" in text_of(agent, "credits")
        decided = agent.post(reverse("credit", args=[row.pk]), {"decided": "250", "grounds": "Accordé"})
        assert decided.status_code == 302
        assert agent.post(reverse("credit_note", args=[row.pk]), {"note": "AV-7"}).status_code == 302
        kept = text_of(agent, "credit", row.pk)
        assert f"<dt>Tranché par</dt><dd>{world.manager.name}" in kept
        page = text_of(browser, "portal_credit", row.pk)
        assert "250,00 €" in page
        assert "AV-7" in page
        assert world.manager.name not in page

    def test_a_measure_alone_is_enough_for_a_contract_to_be_listed(self, world: World) -> None:
        late_delivery(world)
        measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
        page = text_of(enter(world.a.manager), "portal_compliance", month="2026-01")
        assert "216,00 €" in page


def test_deciding_needs_the_grant(world: World) -> None:
    available(world)
    out(world)
    statement = statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
    statements.approve(world.actor(second_manager(world)), statement.pk, now=THEN)
    row = CreditRequest.objects.get()
    credits.answer(world.actor(world.a.manager), row.pk, contested=True, reason="Non", now=THEN)
    assert (
        enter(world.agent_all)
        .post(reverse("credit", args=[row.pk]), {"decided": "1", "grounds": "x"})
        .status_code
        == 403
    )
