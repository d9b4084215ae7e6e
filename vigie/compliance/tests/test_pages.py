"""Pages of compliance: what agents and the client's manager see of the same month, and what they cost."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.accounts.rules import DEFAULT_ROLES
from vigie.compliance.actions import exclusions, statements
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import Exclusion, PenaltyTerms, RateCommitment, Statement
from vigie.compliance.tests.scene import (
    JANUARY,
    KEPT,
    MISSED,
    THEN,
    rated,
    resolution,
    second_manager,
    solved,
)
from vigie.tickets.actions.correcting import correct, decide
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.models import AskedCorrection, Ticket
from vigie.tickets.rules.corrections import MOVED, Correction, points

PLEA = Plea("client_access", "Site fermé par le client", "Courriel du 14 janvier")


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    with patch("django.utils.timezone.now", return_value=THEN):
        yield


def enter(person: Person) -> Client:
    browser = Client()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def text_of(browser: Client, name: str, *args: Any, **query: Any) -> str:
    answer = browser.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def month_of_a(world: World) -> None:
    rated(world)
    for _ in range(3):
        solved(world, KEPT)
    solved(world, MISSED, title="Panne du serveur de fichiers")


def test_the_contract_page_shows_the_month_and_the_year(world: World) -> None:
    month_of_a(world)
    page = text_of(enter(world.manager), "contract", world.a.contract.pk)
    assert "février 2026" in page
    assert "trend__rate" not in page  # one month with a measure: a point, not a line
    assert page.count("<circle") == 1
    assert page.count("trend__goal") == 1  # promised in both months
    for words in ("tirets : à atteindre, 90 %", ">70 %</text>", ">100 %</text>", ">févr.</text>"):
        assert re.sub(r"\s", " ", words) in re.sub(r"\s", " ", page)
    assert "75 %" in page
    assert "style=" not in page.partition("<main")[2]


def test_the_form_of_a_rate_says_which_formula_each_field_fills(world: World) -> None:
    page = text_of(enter(world.manager), "rate_new", world.a.contract.pk)
    cases = re.findall(r'data-when="formula=([a-z_|]+)"', page)
    assert cases == ["bands", "per_point", "per_point", "per_ticket", "per_ticket|per_day"]
    assert (
        " hidden" not in page.partition('data-when="formula=bands"')[2].partition("</fieldset>")[0]
    )  # without script


def test_an_agent_without_the_grant_sees_no_rate_and_no_money(world: World) -> None:
    month_of_a(world)
    browser = enter(world.agent_all)
    assert "75 %" not in text_of(browser, "contract", world.a.contract.pk)
    assert browser.get(reverse("contract_month", args=[world.a.contract.pk])).status_code == 403


def test_every_number_of_the_month_opens_its_tickets(world: World) -> None:
    month_of_a(world)
    browser, contract = enter(world.manager), world.a.contract.pk
    page = text_of(browser, "contract_month", contract, month="2026-01")
    assert "700,00 €" in page
    assert "−800,00 €" in page  # beyond the cap of the month
    rate = RateCommitment.objects.get().pk
    assert f"month=2026-01&amp;rate={rate}&amp;only=missed" in page
    listed = text_of(browser, "contract_month_tickets", contract, month="2026-01", rate=rate, only="missed")
    assert listed.count("Panne du serveur de fichiers") == 1
    assert "Messagerie en panne" not in listed


def test_a_confidential_title_is_masked_and_counted(world: World) -> None:
    month_of_a(world)
    type(report(world)).objects.filter(title="Panne du serveur de fichiers").update(is_confidential=True)
    browser, rate = enter(world.manager), RateCommitment.objects.get().pk
    listed = text_of(
        browser, "contract_month_tickets", world.a.contract.pk, month="2026-01", rate=rate, only="missed"
    )
    assert "Panne du serveur" not in listed
    assert "Ticket confidentiel" in listed


def test_from_the_list_to_a_decided_exclusion(world: World) -> None:
    month_of_a(world)
    other = second_manager(world)
    clock = resolution(type(report(world)).objects.get(title="Panne du serveur de fichiers"))
    asking = enter(world.manager)
    missing = asking.post(
        reverse("exclusion_new", args=[clock.pk]), {"kind": "force_majeure", "reason": "Crue"}
    )
    assert missing.status_code == 422
    asking.post(
        reverse("exclusion_new", args=[clock.pk]),
        {"kind": "force_majeure", "reason": "Crue", "evidence": "Arrêté du 14"},
    )
    row = Exclusion.objects.get()
    page = text_of(asking, "exclusion", row.pk)
    assert 'name="verdict"' not in page  # whoever asked does not decide
    assert "Crue" in text_of(enter(other), "exclusion", row.pk)
    assert row.ticket.reference in text_of(enter(other), "exclusions")
    decided = enter(other).post(
        reverse("exclusion", args=[row.pk]), {"decision": "Accord écrit", "verdict": "approve"}
    )
    assert decided.status_code == 302
    assert "100 %" in text_of(asking, "contract_month", world.a.contract.pk, month="2026-01")


def test_propose_and_approve_from_the_page(world: World) -> None:
    month_of_a(world)
    contract = world.a.contract.pk
    other = second_manager(world)
    enter(world.manager).post(reverse("statement_propose", args=[contract]), {"month": "2026-01"})
    row = Statement.objects.get()
    mine = text_of(enter(world.manager), "contract_month", contract, month="2026-01")
    assert "Approuver et figer" not in mine
    assert f"Peuvent l’approuver : {other.name}" in mine
    assert "Approuver" in text_of(enter(other), "contract_month", contract, month="2026-01")
    enter(other).post(reverse("statement_approve", args=[row.pk]))
    page = text_of(enter(world.manager), "contract_month", contract, month="2026-01")
    assert "Approuvé et figé" in page
    assert enter(world.manager).get(reverse("statement", args=[row.pk])).status_code == 302


def test_a_month_that_moved_is_not_approved_and_says_what_to_do(world: World) -> None:
    month_of_a(world)
    contract, other = world.a.contract.pk, second_manager(world)
    row = statements.propose(world.actor(world.manager), contract, JANUARY, now=THEN)
    clock = resolution(type(report(world)).objects.get(title="Panne du serveur de fichiers"))
    asked = exclusions.ask(world.actor(world.manager), clock.pk, PLEA, now=THEN)
    exclusions.decide(world.actor(other), asked.pk, approved=True, grounds="Accord", now=THEN)
    answer = enter(other).post(reverse("statement_approve", args=[row.pk]))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Les chiffres ont changé depuis" in page
    assert "Proposer à nouveau" in page
    assert "Approuver et figer" not in page
    row.refresh_from_db()
    assert row.state == "proposed"


def test_a_late_correction_that_waits_is_told_before_the_freeze(world: World) -> None:
    month_of_a(world)
    other, manager = second_manager(world), world.actor(world.manager)
    ticket = Ticket.objects.get(title="Panne du serveur de fichiers")
    statements.propose(manager, world.a.contract.pk, JANUARY, now=THEN)
    late = THEN + dt.timedelta(days=10)

    def page() -> str:
        return text_of(enter(other), "contract_month", world.a.contract.pk, month="2026-01")

    assert "correction tardive" not in page()
    for one in (ticket, solved(world, KEPT, now=THEN)):  # the second is in no figure of January
        done = next(point for point in points(load_rows(one.pk)) if point.role == "solved")
        correct(
            manager, one.pk, Correction(MOVED, of=done.id, at=done.at - KEPT / 4), "Vu au comité", now=late
        )
    assert AskedCorrection.objects.count() == 2
    told, asked = page(), AskedCorrection.objects.get(ticket=ticket)
    assert "1 correction tardive attend une deuxième personne" in told
    assert reverse("ticket_correction", args=[asked.pk]) in told
    confirmed = told.partition("data-confirm-text")[2][:400]
    assert "1 correction tardive de ses tickets attend encore une deuxième personne" in confirmed
    decide(world.actor(other), asked.pk, accepted=False, grounds="Rien ne le montre", now=late)
    assert "correction tardive" not in page()


def test_nobody_else_may_approve_and_the_page_says_so(world: World) -> None:
    month_of_a(world)
    statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
    page = text_of(enter(world.manager), "contract_month", world.a.contract.pk, month="2026-01")
    assert "Personne d’autre ne peut approuver pour ce client : un administrateur" in page


def test_a_desk_manager_may_approve_what_a_contract_manager_proposed() -> None:
    """One client has often one contract manager: with the shipped roles two people can."""
    holders = [code for code, (_, _, grants) in DEFAULT_ROLES.items() if "compliance:approve" in grants]
    assert set(holders) == {"delivery_manager", "desk_manager"}


def test_a_correction_shows_beside_the_frozen_figures(world: World) -> None:
    month_of_a(world)
    other = second_manager(world)
    row = statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
    statements.approve(world.actor(other), row.pk, now=THEN)
    clock = resolution(type(report(world)).objects.get(title="Panne du serveur de fichiers"))
    asked = exclusions.ask(world.actor(world.manager), clock.pk, PLEA, now=THEN)
    exclusions.decide(world.actor(other), asked.pk, approved=True, grounds="Accord tardif", now=THEN)
    page = text_of(enter(world.manager), "contract_month", world.a.contract.pk, month="2026-01")
    frozen, _, today = page.partition('id="today"')
    assert "700,00 €" in frozen
    assert "0,00 €" in today
    assert "live=1" in today


class TestPortal:
    def test_the_client_s_manager_reads_the_same(self, world: World) -> None:
        month_of_a(world)
        clock = resolution(type(report(world)).objects.get(title="Panne du serveur de fichiers"))
        exclusions.ask(world.actor(world.manager), clock.pk, PLEA, now=THEN)
        browser = enter(world.a.manager)
        page = text_of(browser, "portal_compliance", month="2026-01")
        assert "75 %" in page
        assert "700,00 €" in page
        rate = RateCommitment.objects.get().pk
        listed = text_of(
            browser,
            "portal_compliance_tickets",
            world.a.contract.pk,
            month="2026-01",
            rate=rate,
            only="missed",
        )
        assert "Panne du serveur de fichiers" in listed
        assert "Site fermé par le client" in listed
        assert world.manager.name not in listed

    def test_a_statement_is_read_behind_the_wall(self, world: World) -> None:
        month_of_a(world)
        statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
        browser = enter(world.a.manager)
        page = text_of(browser, "portal_compliance", month="2026-01")
        assert "Proposé" in page
        assert "Panne du serveur" in text_of(
            browser, "portal_compliance_tickets", world.a.contract.pk, month="2026-01"
        )

    def test_others_of_the_client_do_not(self, world: World) -> None:
        month_of_a(world)
        for person in (world.a.user, world.a.key_user):
            assert enter(person).get(reverse("portal_compliance")).status_code == 404
        other = reverse("portal_compliance_tickets", args=[world.b.contract.pk])
        assert enter(world.a.manager).get(other).status_code == 404

    def test_a_contract_without_rate_says_so(self, world: World) -> None:
        assert "Aucun taux" in text_of(enter(world.a.manager), "portal_compliance")


class TestForms:
    def test_a_rate_by_bands_is_typed_and_shown_again(self, world: World) -> None:
        browser, contract = enter(world.manager), world.a.contract.pk
        values = {
            "kind": "response", "target": "95", "n_min": "20", "allowed_misses": "1", "formula": "bands",
            "bands": "95 0\n90,5 5\n0 10", "bonus_percent": "0", "valid_from": "2026-02-01",
        }  # fmt: skip
        assert browser.post(reverse("rate_new", args=[contract]), values).status_code == 302
        row = RateCommitment.objects.get()
        assert row.terms == {"bands": [["95", "0"], ["90.5", "5"], ["0", "10"]]}
        assert "90.5 5" in text_of(browser, "rate", contract, row.pk)
        changed = browser.post(
            reverse("rate", args=[contract, row.pk]), {**values, "target": "96", "valid_from": "2026-03-01"}
        )
        assert changed.status_code == 302
        assert sorted(RateCommitment.objects.values_list("target", flat=True)) == [Decimal(95), Decimal(96)]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"bands": "95 0 3"},
            {"bands": "90 5\n95 0"},
            {"formula": "per_point"},
            {"valid_from": "2026-02-03"},
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(self, world: World, wrong: dict[str, str]) -> None:
        values = {
            "kind": "response", "target": "95", "n_min": "20", "allowed_misses": "1", "formula": "bands",
            "bands": "95 0\n0 10", "bonus_percent": "0", "valid_from": "2026-02-01", **wrong,
        }  # fmt: skip
        answer = enter(world.manager).post(reverse("rate_new", args=[world.a.contract.pk]), values)
        assert answer.status_code == 422
        assert not RateCommitment.objects.exists()

    def test_penalty_terms_follow_each_other(self, world: World) -> None:
        rated(world)
        browser, contract = enter(world.manager), world.a.contract.pk
        values = {
            "kind": "resolved",
            "fee": "12000",
            "franchise": "0",
            "earn_back_after": "2",
            "valid_from": "2026-03-01",
        }
        assert browser.post(reverse("penalty_terms", args=[contract]), values).status_code == 302
        found = PenaltyTerms.objects.order_by("valid_from").values_list("fee", "valid_until")
        assert list(found) == [(Decimal(10000), dt.date(2026, 3, 1)), (Decimal(12000), None)]


def statements_asked(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_statements_are_counted(world: World) -> None:
    month_of_a(world)
    browser, contract = enter(world.manager), world.a.contract.pk
    pages = {
        reverse("contract", args=[contract]): 20,
        reverse("contract_month", args=[contract]) + "?month=2026-01": 12,
        reverse("contract_month_tickets", args=[contract]) + "?month=2026-01": 12,
        reverse("exclusions"): 6,  # late corrections stand there too
    }
    assert {page: statements_asked(browser, page) for page in pages} == pages
