"""What the client's manager decides of an exclusion, and where each euro of a month leads."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import translation

from tests.world import World
from vigie.compliance import labels
from vigie.compliance.actions import exclusions, statements
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import Exclusion, RateCommitment
from vigie.compliance.queries.sheet import measure_row
from vigie.compliance.rules import Judged
from vigie.compliance.rules.measures import of_volume
from vigie.compliance.tests.scene import (
    JANUARY,
    KEPT,
    MISSED,
    THEN,
    change_terms,
    rated,
    resolution,
    second_manager,
    solved,
)
from vigie.compliance.tests.test_measures import promise
from vigie.compliance.tests.test_pages import enter, text_of
from vigie.compliance.tests.test_records import available, out
from vigie.contracts.rules.compliance import Measure, Verdict
from vigie.contracts.rules.penalties import NOTHING
from vigie.notifications.labels import sentence
from vigie.notifications.models import Notice
from vigie.toolkit.models import JournalEntry

PLEA = Plea("client_access", "Site fermé par le client", "Courriel du 14 janvier")
MARCH_2 = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    with patch("django.utils.timezone.now", return_value=THEN):
        yield


def asked(world: World, **more: Any) -> Exclusion:
    rated(world)
    late = solved(world, MISSED, **more)
    return exclusions.ask(world.actor(world.manager), resolution(late).pk, PLEA, now=THEN)


class TestAnswer:
    def test_the_client_agrees_through_the_wall_and_the_journal_says_who(self, world: World) -> None:
        row = asked(world)
        browser, address = enter(world.a.manager), reverse("portal_exclusion", args=[row.pk])
        assert Notice.objects.filter(recipient=world.a.manager, kind="exclusion_asked").exists()
        assert address in text_of(browser, "portal_compliance", month="2026-01")
        page = text_of(browser, "portal_exclusion", row.pk)
        assert "Site fermé par le client" in page
        assert f"{world.manager.name} (pour le prestataire)" in page
        assert "data-confirm=" in page  # one click decides nothing
        home = text_of(browser, "portal_home")
        assert "En attente de votre réponse" in home
        assert address in home
        assert browser.post(address, {"decision": "Vu", "verdict": "approve"}).status_code == 302
        row.refresh_from_db()
        assert (row.state, row.decided_by, row.decision) == ("approved", world.a.manager, "Vu")
        entry = JournalEntry.objects.filter(subject="compliance.exclusion", verb="changed").get()
        assert (entry.actor_id, entry.after["state"]) == (world.a.manager.pk, "approved")
        assert Notice.objects.filter(recipient=world.manager, kind="exclusion_approved").exists()
        assert "(pour le client)" in text_of(enter(world.manager), "exclusion", row.pk)
        assert f"{world.a.manager.name} (pour le client)" in text_of(browser, "portal_exclusion", row.pk)
        assert "En attente de votre réponse" not in text_of(browser, "portal_home")
        assert browser.post(address, {"decision": "Non", "verdict": "refuse"}).status_code == 422
        row.refresh_from_db()
        assert row.state == "approved"

    def test_a_refusal_says_why(self, world: World) -> None:
        row = asked(world)
        browser, address = enter(world.a.manager), reverse("portal_exclusion", args=[row.pk])
        missing = browser.post(address, {"decision": " ", "verdict": "refuse"})
        assert missing.status_code == 422
        assert "Dites pourquoi vous la refusez." in missing.content.decode()
        assert browser.post(address, {"decision": "Site ouvert", "verdict": "refuse"}).status_code == 302
        row.refresh_from_db()
        assert row.state == "refused"
        assert "Site ouvert" in text_of(browser, "portal_exclusion", row.pk)

    def test_nobody_else_answers(self, world: World) -> None:
        row = asked(world)
        address = reverse("portal_exclusion", args=[row.pk])
        for person in (world.b.manager, world.a.user, world.a.key_user):
            assert enter(person).get(address).status_code == 404
            assert enter(person).post(address, {"decision": "x", "verdict": "approve"}).status_code == 404
        row.refresh_from_db()
        assert row.state == "asked"

    def test_an_outage_is_answered_too(self, world: World) -> None:
        available(world)
        subject = exclusions.record_to_exclude(world.actor(world.manager), "outage", out(world).pk)
        row = exclusions.ask_about(world.actor(world.manager), subject, PLEA, now=THEN)
        browser, agent = enter(world.a.manager), enter(world.manager)
        rated(world)
        late = solved(world, MISSED)
        exclusions.ask(world.actor(world.manager), resolution(late).pk, PLEA, now=THEN)
        told = "2 exclusions attendent une décision"  # of a clock and of an outage, before and after the proposal
        assert told in text_of(agent, "contract_month", world.a.contract.pk, month="2026-01")
        statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
        assert told in text_of(browser, "portal_compliance", month="2026-01")
        approving = text_of(
            enter(second_manager(world)), "contract_month", world.a.contract.pk, month="2026-01"
        )
        assert "2 exclusions attendent encore une décision" in approving
        assert "Messagerie arrêtée" in text_of(browser, "portal_exclusion", row.pk)
        address = reverse("portal_exclusion", args=[row.pk])
        assert browser.post(address, {"decision": "", "verdict": "approve"}).status_code == 302
        row.refresh_from_db()
        assert (row.state, row.decided_by) == ("approved", world.a.manager)
        assert "1 exclusion attend une décision" in text_of(browser, "portal_compliance", month="2026-01")
        assert address not in text_of(browser, "portal_compliance", month="2026-01")

    def test_who_does_not_decide_reads_why(self, world: World) -> None:
        row = asked(world)
        world.roles["agent"].grants.append("compliance:view")
        world.roles["agent"].save()
        assert "Vous l’avez demandée" in text_of(enter(world.manager), "exclusion", row.pk)
        assert "De notre côté, personne d’autre" in text_of(enter(world.manager), "exclusion", row.pk)
        other = second_manager(world)
        assert f"Peuvent décider : {other.name}" in text_of(enter(world.manager), "exclusion", row.pk)
        page = text_of(enter(world.agent_all), "exclusion", row.pk)
        assert "Vous l’avez demandée" not in page
        assert "Votre rôle ne permet pas" in page


class TestEuros:
    def test_what_is_given_back_names_its_month_and_its_commitment(self, world: World) -> None:
        row = rated(world)
        change_terms(world, earn_back_after=1)
        solved(world, MISSED)
        statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
        solved(world, KEPT, now=dt.datetime(2026, 2, 10, 9, tzinfo=dt.UTC))
        with patch("django.utils.timezone.now", return_value=MARCH_2):
            page = text_of(enter(world.manager), "contract_month", world.a.contract.pk, month="2026-02")
            told = text_of(enter(world.a.manager), "portal_compliance", month="2026-02")
        for one in (page, told):
            assert "janvier 2026, Résolution" in one
            assert f"month=2026-01&amp;rate={row.pk}" in one
            assert "pas plus que ce que ce mois a coûté" in one  # 9 000 by its line, 700 after the cap

    def test_the_sum_leads_to_clocks_and_records(self, world: World) -> None:
        rated(world)
        solved(world, MISSED, title="Panne du serveur de fichiers")
        available(world)
        out(world)
        names = ("contract_month_tickets", "portal_compliance_tickets")
        for person, name in zip((world.manager, world.a.manager), names, strict=True):
            page = text_of(enter(person), name, world.a.contract.pk, month="2026-01", only="missed")
            assert "Panne du serveur de fichiers" in page
            assert "Messagerie arrêtée" in page
            assert "9 200,00 €" in page  # 90 points at 1 % of 10 000, and two for the outage
            assert "1 engagement manqué" in page

    def test_a_month_that_is_over_is_no_longer_said_to_become_a_proposal(self, world: World) -> None:
        rated(world)
        browser = enter(world.manager)
        page = text_of(browser, "contract_month", world.a.contract.pk, month="2026-01")
        assert "Le mois est terminé et n’a jamais été proposé" in page
        assert "à la fin du mois" not in page
        now = text_of(browser, "contract_month", world.a.contract.pk)
        assert "à la fin du mois" in now

    def test_a_cap_says_what_of_which_base(self, world: World) -> None:
        rated(world)
        solved(world, MISSED)
        page = text_of(enter(world.manager), "contract_month", world.a.contract.pk, month="2026-01")
        assert "7 % de la redevance de 10 000,00 € : au plus 700,00 € par mois" in page


class TestWords:
    @pytest.mark.parametrize(
        ("language", "days", "words"),
        [
            ("fr", 1, "ouverts depuis 1 jour au plus : 3 sur 4"),
            ("fr", 10, "ouverts depuis 10 jours au plus : 3 sur 4"),
            ("en", 1, "3 of 4 open tickets no older than 1 day"),
            ("en", 10, "3 of 4 open tickets no older than 10 days"),
        ],
    )
    def test_a_backlog_says_how_old_a_ticket_may_be(self, language: str, days: int, words: str) -> None:
        line = Judged(1, Measure(3, 1), Verdict.CONFORMING, NOTHING, NOTHING)
        with translation.override(language):
            row = RateCommitment(kind="backlog", measured={"days": days}, target=Decimal(75))
            assert labels.told_words(row, line).replace("\xa0", " ") == words

    @pytest.mark.parametrize(
        ("language", "words"),
        [("fr", "45, de \N{MINUS SIGN}25 % à +20 %"), ("en", "45, from \N{MINUS SIGN}25% to +20%")],
    )
    def test_a_range_of_volume_has_a_minus_as_amounts_do(self, language: str, words: str) -> None:
        row = RateCommitment(
            kind="volume", measured={"forecast": 45, "low": 25, "high": 20}, target=Decimal(0)
        )
        with translation.override(language):
            assert re.sub(r"[\xa0\u202f]", " ", labels.target_words(row)) == words

    def test_a_notice_says_the_month_in_words(self) -> None:
        with translation.override("fr"):
            said = sentence("statement_proposed", {"reference": "C-1", "month": "2026-10"})
        assert said.replace("\xa0", " ") == "C-1 : octobre 2026 attend une approbation"

    def test_a_volume_of_a_month_in_progress_is_not_called_without_object(self) -> None:
        measured = {"forecast": 100, "low": 10, "high": 20}
        line, _ = of_volume(promise("volume"), measured, 80, over=False)
        row = RateCommitment(pk=1, kind="volume", measured=measured, target=100, formula="none")
        with translation.override("fr"):
            told = measure_row(row, line, "EUR")
        assert (told.rate.replace("\xa0", " ").replace("\u202f", " "), told.verdict) == (
            "80 %",
            "Jugé à la fin du mois",
        )
