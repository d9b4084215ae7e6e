"""What the pages of a contract say of it: who governs, what changes, what was and will be, in whose words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import UniqueConstraint
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import PASSWORD, START, World
from vigie.contracts.actions import course, parties, requirements, versions
from vigie.contracts.actions.contracts import change_contract, create_contract
from vigie.contracts.models import Commitment, Contract, Requirement, SupplierContract
from vigie.contracts.queries.comparison import compared
from vigie.contracts.queries.coverage import traces_of
from vigie.contracts.queries.past import as_on
from vigie.contracts.queries.suppliers import term_of
from vigie.contracts.rules.cover import shared
from vigie.contracts.rules.requirements import keeps
from vigie.contracts.tests.test_versions import DAY, TODAY, amend, answered, boss, force, refused
from vigie.toolkit.forms import RecordForm, attempt


def enter(person: Any) -> Client:
    client = Client()
    assert client.login(email=person.email, password=PASSWORD)
    return client


def text(client: Client, name: str, *parts: int, **query: str) -> str:
    answer = client.get(reverse(name, args=parts), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_covers_share_tickets_only_where_neither_goes_before_the_other() -> None:
    one, two = frozenset({1}), frozenset({2})
    assert shared({}, {}) == {}
    assert shared({"services": one}, {"services": one | two}) == {"services": one}
    assert shared({"services": one}, {"services": two}) is None
    assert shared({"services": one}, {}) is None
    assert shared({"services": one, "sites": one}, {"services": one, "sites": two}) is None


def second(world: World, **more: Any) -> Contract:
    """A contract beside the first, in force for the service that both name."""
    names = {
        "reference": "N-1",
        "name_fr": "Support ERP",
        "name_en": "ERP support",
        "starts_on": TODAY,
        **more,
    }
    other = answered(world, create_contract(boss(world), world.a.organisation.pk, names, now=START - DAY))
    parties.set_cover(boss(world), other.pk, [world.service], [], [], now=START - DAY)
    return other


def test_the_preview_names_the_contract_that_governs(world: World) -> None:
    other = second(world)
    versions.put_in_force(boss(world), other.pk, now=START - DAY)
    browser = enter(world.admin)
    ticket = {"type": "incident", "priority": "3", "service": str(world.service.pk), "at": "2026-01-13T10:00"}
    page = text(browser, "contract_preview", world.a.contract.pk, **ticket)
    assert "N-1 · Support ERP régit ce ticket" in page
    assert reverse("contract_preview", args=[other.pk]) in page
    assert "clock__big" not in page
    assert "de ce contrat régit ce ticket" in text(browser, "contract_preview", other.pk, **ticket)


def test_a_draft_says_what_stands_in_the_way_and_what_is_missing(world: World) -> None:
    other = second(world)
    other.lots.all().delete()
    page = text(enter(world.admin), "draft", other.pk)
    assert "Personne ne répond de ce contrat" in page
    assert reverse("contract_part_new", args=[other.pk, "lots"]) in page
    for words in ("Il ne promet rien", "Aucun signataire", "Il n’a aucun prix"):
        assert words in page
    answered(world, other)
    versions.put_in_force(boss(world), other.pk, now=START - DAY)
    assert "Ce contrat ne promet rien" in text(enter(world.admin), "contract", other.pk)


def test_only_the_reasons_that_change_are_compared(world: World) -> None:
    draft = amend(world)
    pauses = {"pauses": {"resolution": {"supplier": True, "client_info": False}}}
    versions.change_draft(boss(world), world.a.contract.pk, pauses, now=START - DAY)
    draft.refresh_from_db()
    base = versions.last_in_force(world.a.contract)
    assert base is not None
    (part,) = [part for row in compared(boss(world), base, draft) for part in row.parts]
    assert part.before == ""
    assert part.after.startswith("Ajouté")
    assert "Retiré" in part.after
    assert part.after.count(" · ") == 1


def test_what_suspends_a_clock_is_named_by_its_clock(world: World) -> None:
    page = text(enter(world.admin), "contract", world.a.contract.pk)
    assert "<dt>Résolution · Standard</dt>" in page
    assert "<dt>Standard</dt>" not in page


class TestDays:
    def test_the_future_is_told_as_the_future_and_before_the_start_there_was_none(self, world: World) -> None:
        browser, contract = enter(world.admin), world.a.contract.pk
        later = (timezone.localdate() + 20 * DAY).isoformat()
        page = text(browser, "contract", contract, on=later)
        assert "Tel qu’il sera le" in page
        assert "ont été jugés" not in page
        assert "seront jugées" in text(enter(world.a.manager), "portal_contract", on=later)
        assert "ont été jugés" in text(browser, "contract", contract, on="2026-01-11")
        assert "Il n’y avait pas de contrat le" in text(browser, "contract", contract, on="2020-01-15")
        month = text(enter(world.manager), "contract_month", contract, month="2020-01")
        assert "Il n’y avait pas de contrat ce mois-là" in month
        assert "deviennent une proposition" not in month

    def test_dates_are_those_of_the_day_asked(self, world: World) -> None:
        act, contract = boss(world), world.a.contract
        first = {"ends_on": dt.date(2027, 1, 1), "renewal": "tacit", "notice_months": 3}
        change_contract(act, contract.pk, first, now=START)
        change_contract(
            act, contract.pk, {"ends_on": dt.date(2028, 1, 1), "notice_months": 6}, now=START + 10 * DAY
        )
        course.give_notice(act, contract.pk, now=START + 20 * DAY, reference="RAR 7")
        found, today = Contract.objects.get(pk=contract.pk), TODAY + 90 * DAY
        told = {
            day: (one := as_on(found, day, today)) and (one.ends_on, one.notice_months, one.status, one.notice_reference)
            for day in (TODAY - DAY, TODAY + 5 * DAY, TODAY + 15 * DAY, TODAY + 20 * DAY, today)
        }  # fmt: skip
        assert list(told.values()) == [
            (None, 0, "active", ""),
            (dt.date(2027, 1, 1), 3, "active", ""),
            (dt.date(2028, 1, 1), 6, "active", ""),
            (dt.date(2028, 1, 1), 6, "notice_given", "RAR 7"),
            (dt.date(2028, 1, 1), 6, "notice_given", "RAR 7"),
        ]
        assert as_on(found, None, today) is found
        page = text(enter(world.admin), "contract", contract.pk, on="2026-01-17")
        assert "31 déc. 2026" in page
        assert "Décider au plus tard le" in page
        assert "31 déc. 2027" not in page.split('id="versions"')[0]

    def test_the_last_day_is_typed_and_kept_as_it_is_read(self, world: World) -> None:
        browser, contract = enter(world.admin), world.a.contract
        change_contract(boss(world), contract.pk, {"ends_on": dt.date(2027, 3, 22)}, now=START)
        page = text(browser, "contract_edit", contract.pk)
        assert 'value="2027-03-21"' in page
        assert "Dernier jour" in page
        sent = {"reference": contract.reference, "name_fr": "x", "name_en": "x", "nature": "external", "starts_on": "2025-01-01",
                "ends_on": "2027-03-21", "notice_months": "0", "renewal": "express", "renewal_months": "12"}  # fmt: skip
        assert browser.post(reverse("contract_edit", args=[contract.pk]), sent).status_code == 302
        assert Contract.objects.get(pk=contract.pk).ends_on == dt.date(2027, 3, 22)

    def test_notice_is_given_with_its_day_and_its_letter(self, world: World) -> None:
        browser, contract = enter(world.admin), world.a.contract.pk
        change_contract(boss(world), contract, {"ends_on": timezone.localdate() + 300 * DAY}, now=START)
        address = reverse("notice_new", args=[contract])
        ahead = {"notice_on": (timezone.localdate() + 5 * DAY).isoformat()}
        assert browser.post(address, ahead).status_code == 422
        day = (timezone.localdate() - 2 * DAY).isoformat()
        assert browser.post(address, {"notice_on": day, "notice_reference": "RAR 9"}).status_code == 302
        assert "RAR 9" in text(browser, "contract", contract)
        course.withdraw_notice(boss(world), contract, now=timezone.now())
        assert Contract.objects.get(pk=contract).notice_on is None


def test_the_portal_speaks_to_a_client(world: World) -> None:
    amend(world)
    force(world)
    page = text(enter(world.a.manager), "portal_contract")
    for inside in ("50, 75", "Tout le monde chez le client", "comme le dit le", "Alertes"):
        assert inside not in page, inside
    assert "Toutes les personnes de votre entreprise" in page
    assert "<dd>2, 4, 6</dd>" in page


class TestRequirements:
    def test_restoring_and_fulfilling_are_kept_by_a_resolution(self, world: World) -> None:
        assert keeps("restore", "resolution", "incident")
        assert keeps("fulfilment", "resolution", "")
        assert not keeps("restore", "resolution", "request")
        assert not keeps("fulfilment", "response", "request")
        assert keeps("availability", "response", "incident")

    def test_the_trace_takes_what_keeps_it_and_the_matrix_says_so(self, world: World) -> None:
        act, contract = boss(world), world.a.contract
        asked = {"title_fr": "GTR 4 h", "title_en": "x", "service": None, "measure": "restore", "wished": "4 h", "asked_by": "P. G.",
                 "asked_on": TODAY}  # fmt: skip
        row = requirements.ask(act, contract.pk, asked, now=START)
        requirements.decide(act, row.pk, "agreed", "", now=START)
        rows = Commitment.objects.filter(version__contract=contract)
        able = rows.filter(kind="resolution")
        offered, _became = traces_of(act, Requirement.objects.get(pk=row.pk), now=START)
        assert sorted(offered) == sorted(able.values_list("pk", flat=True))
        answer = rows.filter(kind="response")[0].pk
        assert (
            refused(lambda: requirements.trace(act, row.pk, [answer], now=START))
            == "contracts.requirement_not_kept"
        )
        requirements.trace(act, row.pk, [able[0].pk], now=START)
        browser = enter(world.admin)
        for page in (text(browser, "coverage", contract.pk), text(browser, "requirement", row.pk)):
            assert "tenu par la résolution des incidents" in page
        # without a draft, a commitment begins with an amendment
        assert reverse("amendment_new", args=[contract.pk]) in text(browser, "requirement", row.pk)


def test_a_supplier_contract_past_its_decision_says_until_when_it_is_renewed() -> None:
    contract = SupplierContract(
        starts_on=dt.date(2025, 1, 1),
        ends_on=dt.date(2026, 12, 31),
        notice_months=3,
        renewal="tacit",
        renewal_months=12,
    )
    assert term_of(contract, dt.date(2026, 9, 30)).renews_until is None
    assert term_of(contract, dt.date(2026, 10, 1)).renews_until == dt.date(2027, 12, 31)
    contract.renewal = "express"
    assert term_of(contract, dt.date(2026, 10, 1)).renews_until is None


class TestDuplicates:
    def test_a_reference_already_taken_is_said_in_our_words_beside_its_field(self, world: World) -> None:
        browser = enter(world.admin)
        sent = {"organisation": world.a.organisation.pk, "reference": world.a.contract.reference, "name_fr": "x", "name_en": "x",
                "nature": "external", "starts_on": "2027-01-01", "ends_on": "", "notice_months": "0", "renewal": "express",
                "renewal_months": "12"}  # fmt: skip
        page = browser.post(reverse("contract_new"), sent).content.decode()
        assert f"«\N{NO-BREAK SPACE}{world.a.contract.reference}\N{NO-BREAK SPACE}» est déjà pris" in page
        assert 'id="id_reference_error"' in page
        assert "existe déjà" not in page

    @pytest.mark.parametrize("name", ["contract_version_one_draft", "covered_one_thing", "person_email"])
    def test_no_constraint_speaks_the_words_of_the_framework(self, name: str) -> None:
        class Form(RecordForm):
            class Meta:
                model = Contract
                fields = ("reference",)

        def act(_values: dict[str, Any]) -> None:
            message = UniqueConstraint(fields=["x"], name=name).get_violation_error_message()
            raise ValidationError({"__all__": [ValidationError(message)]})

        form = Form({"reference": "x"})
        assert attempt(form, act) is None
        assert name not in str(form.errors)
        assert ("déjà" in str(form.errors)) == (name != "covered_one_thing")
