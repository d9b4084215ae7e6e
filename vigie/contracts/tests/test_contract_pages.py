"""Pages of a contract that lives: what it says today, on a past day, in its draft, and to its client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.world import PASSWORD, START, World
from vigie.contracts.actions import course, parties, versions
from vigie.contracts.actions.contracts import change_contract
from vigie.contracts.models import Commitment, Contract, ContractVersion, Deadline
from vigie.contracts.tests.test_versions import DAY, amend, boss, force, shorten

Enter = Callable[[Any], Client]


@pytest.fixture
def enter() -> Enter:
    def sign_in(person: Any) -> Client:
        client = Client()
        assert client.login(email=person.email, password=PASSWORD)
        return client

    return sign_in


def text(client: Client, name: str, *parts: int, **query: str) -> str:
    answer = client.get(reverse(name, args=parts), query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestContractPage:
    def test_a_past_day_shows_what_stood_then(self, world: World, enter: Enter) -> None:
        shorten(world, amend(world, START.date()))
        force(world)
        browser, contract = enter(world.admin), world.a.contract.pk
        today, before = (
            text(browser, "contract", contract),
            text(browser, "contract", contract, on="2026-01-11"),
        )
        # P5 is answered within four hours before and after: it is one of those counted
        assert (today.count(">2:00</td>"), today.count(">4:00</td>")) == (2, 1)
        assert (before.count(">2:00</td>"), before.count(">4:00</td>")) == (1, 2)
        assert "P1 en deux heures" in today
        never = text(browser, "contract", contract, on="2020-01-01")
        assert ">4:00</td>" not in never
        assert text(browser, "contract", contract, on="hier")  # no day: today

    def test_days_are_told_to_the_last_one(self, world: World, enter: Enter) -> None:
        change_contract(
            boss(world), world.a.contract.pk, {"ends_on": START.date() + 500 * DAY}, now=START
        )  # 2027-05-27
        amend(world, START.date() + 20 * DAY)  # 2026-02-01
        force(world)
        browser, contract = enter(world.admin), world.a.contract.pk
        for page in (
            text(browser, "contract", contract),
            text(enter(world.a.manager), "portal_contract"),
        ):
            assert "– 26 mai 2027" in page
            assert "– 31 janv. 2026" in page
            assert "– 27 mai 2027" not in page
        for name, args in (("contracts", ()), ("client", (world.a.organisation.pk,))):
            assert "26 mai 2027" in text(browser, name, *args), name

    def test_every_part_is_shown(self, world: World, enter: Enter) -> None:
        actor, contract = boss(world), world.a.contract.pk
        parties.add_part(
            actor,
            contract,
            "lots",
            {"kind": "BUILD", "name_fr": "Évolutions", "name_en": "x", "manager": world.manager.agent},
            now=START,
        )
        parties.add_part(
            actor,
            contract,
            "signatories",
            {"side": "client", "name": "Ada", "ceiling": Decimal(50000)},
            now=START,
        )
        parties.attach(actor, contract, "annexe.pdf", 9, [b"%PDF-1.7\n"], now=START)
        ends = timezone.localdate() + 100 * DAY
        change_contract(actor, contract, {"ends_on": ends, "notice_months": 3, "renewal": "tacit"}, now=START)
        course.follow_dates(timezone.now())
        page = text(enter(world.admin), "contract", contract)
        for words in ("Évolutions", "Delivery", "Ada", "annexe.pdf", "Je m’en charge"):
            assert words in page, words
        assert "Je m’en charge" not in text(enter(world.agent), "contract", contract)

    def test_its_cost_is_known_whatever_it_holds(self, world: World, enter: Enter) -> None:
        browser, contract = enter(world.admin), world.a.contract.pk
        text(browser, "contract", contract)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                text(browser, "contract", contract)
            return len(captured)

        few = cost()
        for n in range(1, 6):
            amend(world, START.date() + n * DAY)
            force(world)
            parties.add_part(
                boss(world), contract, "signatories", {"side": "client", "name": f"S{n}"}, now=START
            )
        assert (few, cost()) == (few, few)

    def test_a_date_is_taken_in_hand_by_a_button(self, world: World, enter: Enter) -> None:
        row = Deadline.objects.create(
            organisation=world.a.organisation,
            contract=world.a.contract,
            kind="end",
            due_on=START.date(),
            told=0,
        )
        address = reverse("deadline_acknowledge", args=[world.a.contract.pk, row.pk])
        assert enter(world.admin).post(address).status_code == 302
        row.refresh_from_db()
        assert row.acknowledged_by_name == "Admin"
        assert enter(world.agent).post(address).status_code == 403


class TestDraftPages:
    def test_from_amendment_to_force(self, world: World, enter: Enter) -> None:
        browser, contract = enter(world.admin), world.a.contract.pk
        assert browser.get(reverse("draft", args=[contract])).status_code == 404
        day = timezone.localdate() + 10 * DAY
        sent = {"effective_on": day.isoformat(), "changes": "Délais raccourcis"}
        assert browser.post(reverse("amendment_new", args=[contract]), sent).status_code == 302
        draft = ContractVersion.objects.get(contract=contract, state="draft")
        edited = {**sent, "on_priority_change": "restart", "on_reopen": "count", "pauses_resolution": ["client_info", "supplier"],
                  "reopen_days": "8"}  # fmt: skip
        assert browser.post(reverse("draft_edit", args=[contract, draft.pk]), edited).status_code == 302
        draft.refresh_from_db()
        assert (draft.on_reopen, draft.reopen_days, draft.silence_days) == ("count", 8, [])
        assert draft.pauses["resolution"]["supplier"] is True
        assert "client_info" not in draft.pauses["resolution"]
        shorten(world, draft)
        page = text(browser, "draft", contract)
        for words in ("Plus exigeant", "4:00 →", "Délais raccourcis"):
            assert words in page, words
        assert browser.post(reverse("draft_force", args=[contract])).status_code == 302
        assert ContractVersion.objects.get(pk=draft.pk).state == "in_force"

    def test_a_day_that_is_refused_is_shown_beside_its_field(self, world: World, enter: Enter) -> None:
        sent = {"effective_on": "2025-01-01", "changes": "x"}
        answer = enter(world.admin).post(reverse("amendment_new", args=[world.a.contract.pk]), sent)
        assert answer.status_code == 422
        assert 'id="id_effective_on_error"' in answer.content.decode()
        assert 'value="2025-01-01"' in answer.content.decode()

    def test_a_day_that_is_today_is_refused_beside_it_and_a_late_draft_on_its_page(
        self, world: World, enter: Enter
    ) -> None:
        browser, contract = enter(world.admin), world.a.contract.pk
        sent = {"effective_on": timezone.localdate().isoformat(), "changes": "x"}
        answer = browser.post(reverse("amendment_new", args=[contract]), sent)
        assert answer.status_code == 422
        assert "Un avenant prend effet demain au plus tôt" in answer.content.decode()
        assert 'id="id_effective_on_error"' in answer.content.decode()
        draft = amend(world, START.date() + DAY)
        answer = browser.post(reverse("draft_force", args=[contract]))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Un avenant prend effet demain au plus tôt" in page
        assert f'href="{reverse("draft_edit", args=[contract, draft.pk])}"' in page
        draft.refresh_from_db()
        assert draft.state == "draft"

    @pytest.mark.parametrize("days", [("1", "", "3"), ("3", "2", "4"), ("2", "2", "3")])
    def test_delays_of_a_silence_go_together(self, world: World, enter: Enter, days: tuple[str, ...]) -> None:
        draft = amend(world, START.date() + DAY)
        names = ("silence_first", "silence_second", "silence_last")
        sent = {
            "effective_on": "2026-02-01",
            "on_priority_change": "carry_over",
            "on_reopen": "resume",
            **dict(zip(names, days, strict=True)),
        }
        answer = enter(world.admin).post(reverse("draft_edit", args=[world.a.contract.pk, draft.pk]), sent)
        assert answer.status_code == 422
        assert 'id="id_silence_first_error"' in answer.content.decode()

    def test_a_commitment_of_the_version_in_force_has_no_form(self, world: World, enter: Enter) -> None:
        row = Commitment.objects.filter(version__contract=world.a.contract)[0]
        browser, address = enter(world.admin), reverse("commitment", args=[world.a.contract.pk, row.pk])
        assert browser.get(address).status_code == 404
        amend(world, START.date() + DAY)
        assert browser.get(address).status_code == 404


def test_the_history_says_which_promise_and_in_words(world: World, enter: Enter) -> None:
    draft, contract = amend(world), world.a.contract.pk
    shorten(world, draft)
    policies = {
        "on_priority_change": "restart_if_client_initiated",
        "pauses": {"resolution": {"supplier": True}},
        "silence_days": [2, 4, 6],
    }
    versions.change_draft(boss(world), contract, policies, now=START)
    change_contract(boss(world), contract, {"ends_on": START.date() + 500 * DAY}, now=START)
    page = text(enter(world.admin), "contract_history", contract)
    for words in (
        "Engagement · Tous les tickets · P1 · Résolution · Version 2",
        "<del>4:00</del>",
        "</span> · Version 2 <span",
        "Le temps consommé est conservé",
        "Le décompte repart de zéro si le client l’a demandé",
        "2, 4, 6",
        "26 mai 2027",
    ):
        assert words in page, words
    for raw in ("7200", "carry_over", "restart_if", "{", "supplier"):
        assert raw not in page.split('<ol class="lines">', 1)[1].split("</ol>")[0], raw


def test_the_history_names_what_stood_beside_the_promises_and_forgets_nothing(
    world: World, enter: Enter
) -> None:
    """Who signed, until the line was removed; which price, in money; the oldest change of thirty."""
    contract = world.a.contract.pk
    signs = {"side": "client", "name": "Paule Astier", "title": "DSI", "ceiling": Decimal(50000)}
    row = parties.add_part(boss(world), contract, "signatories", signs, now=START)
    parties.drop_part(boss(world), contract, "signatories", row.pk, now=START)
    amend(world)
    price = {"label_fr": "Forfait mensuel", "label_en": "Monthly fee", "nature": "fee", "amount": Decimal(28400), "unit": "", "period": "month"}  # fmt: skip
    line = parties.add_part(boss(world), contract, "prices", price, now=START)
    for step in range(1, 29):
        parties.change_part(
            boss(world), contract, "prices", line.pk, {**price, "amount": Decimal(28400 + step)}, now=START
        )
    page = text(enter(world.admin), "contract_history", contract).replace("\xa0", " ").replace("\u202f", " ")
    assert page.count("Signataire · Paule Astier") == 2  # added, then removed
    assert page.count("Ligne de prix · Forfait mensuel") == 29
    assert "<del>28 400,00 €</del>" in page
    assert "50 000,00 €" in page


class TestPortal:
    def test_r4_8_the_client_reads_what_stops_a_clock(self, world: World, enter: Enter) -> None:
        browser = enter(world.a.manager)
        assert "fait partie de notre engagement" in text(browser, "portal_contract")
        amend(world, START.date())
        versions.change_draft(
            boss(world), world.a.contract.pk, {"pauses": {"resolution": {"supplier": True}}}, now=START
        )
        assert "fait partie de notre engagement" in text(
            browser, "portal_contract"
        )  # a draft is not yet theirs to read
        force(world)
        page = text(browser, "portal_contract")
        assert "fournisseurs ne compte pas" in page
        assert reverse("calendar", args=[world.calendar.pk]) not in page
        assert "fait partie de notre engagement" in text(browser, "portal_contract", on="2026-01-11")

    def test_dates_are_told_and_no_name_price_or_paper_of_the_provider(
        self, world: World, enter: Enter
    ) -> None:
        act, of_a = boss(world), world.a.contract
        Contract.objects.filter(pk=of_a.pk).update(
            ends_on="2027-01-01", notice_months=3, renewal="tacit", renewal_months=12
        )
        amend(world, START.date())
        kept = {"prices": {"label_fr": "Canari forfait", "label_en": "Canary fee", "nature": "fee", "amount": Decimal("1234.56"),
                           "unit": "", "period": "month"},
                "lots": {"kind": "RUN", "name_fr": "Canari lot", "name_en": "Canary lot", "manager": world.manager.agent},
                "signatories": {"side": "provider", "name": "Canari Signataire", "title": "", "ceiling": None}}  # fmt: skip
        for part, values in kept.items():
            parties.add_part(act, of_a.pk, part, values, now=START)
        force(world)
        page = text(enter(world.a.manager), "portal_contract")
        assert "Tacite" in page
        assert "3 mois avant la fin" in page
        assert "31/12/2026" in page or "31 déc. 2026" in page
        assert not any(word in page for word in ("Canari", "234,56", world.manager.name))

    def test_a_past_day_is_told_with_the_dates_agreed_then(self, world: World, enter: Enter) -> None:
        act, pk = boss(world), world.a.contract.pk
        change_contract(
            act, pk, {"status": "negotiation", "ends_on": dt.date(2029, 1, 1)}, now=START - 2 * DAY
        )
        change_contract(act, pk, {"ends_on": dt.date(2027, 1, 1), "notice_months": 3}, now=START - 2 * DAY)
        change_contract(act, pk, {"status": "active", "renewal": "tacit"}, now=START - 2 * DAY)
        change_contract(act, pk, {"ends_on": dt.date(2028, 1, 1), "notice_months": 6}, now=START + 10 * DAY)
        course.give_notice(act, pk, now=START + 20 * DAY, reference="RAR 7")
        browser = enter(world.a.manager)

        def dates(day: str) -> tuple[bool, ...]:
            told = text(browser, "portal_contract", on=day).split("<dl")
            card = next(one for one in told if "<dt>Début</dt>" in one).split("</dl>")[0]
            words = ("31 déc. 2026", "3 mois avant", "31 déc. 2027", "6 mois avant", "RAR 7", "2028")
            return tuple(one in card.replace("\xa0", " ") for one in words)

        agreed, moved = (True, True, False, False, False, False), (False, False, True, True, False, False)
        noticed = (False, False, True, False, True, False)
        assert dates("2026-01-11") == agreed
        assert dates("2026-01-20") == agreed
        assert dates("2026-01-25") == moved
        assert dates("2026-02-05") == noticed
        # before it was put in force: what was being negotiated stays unsaid
        assert dates("2026-01-02") == agreed

    def test_days_of_suspension_are_told_and_not_why(self, world: World, enter: Enter) -> None:
        browser, contract = enter(world.a.manager), world.a.contract.pk
        before = text(browser, "portal_contract")
        assert not any(words in before for words in ("contrat est suspendu", "Jours de suspension"))
        course.suspend(boss(world), contract, "Canari impayé", now=START)
        page = text(browser, "portal_contract")
        assert "Votre contrat est suspendu depuis le 12 janv. 2026" in page
        course.resume(boss(world), contract, now=START + 3 * DAY)
        later = text(browser, "portal_contract")
        assert "Votre contrat est suspendu" not in later
        assert "du 12 janv. 2026 au 14 janv. 2026" in later
        then = text(browser, "portal_contract", on="2026-01-13")
        assert "Suspendu du 12 janv. 2026 au 14 janv. 2026" in then
        assert "Suspendu du" not in text(browser, "portal_contract", on="2026-01-15")
        assert not any("Canari" in one for one in (page, later, then))

    def test_for_those_who_see_the_company_and_of_their_own(self, world: World, enter: Enter) -> None:
        assert enter(world.a.user).get(reverse("portal_contract")).status_code == 404
        browser = enter(world.a.manager)
        assert browser.get(reverse("portal_contract"), {"contract": world.b.contract.pk}).status_code == 404
        Contract.objects.filter(pk=world.a.contract.pk).update(status="negotiation")
        assert browser.get(reverse("portal_contract"), {"contract": world.a.contract.pk}).status_code == 404
