"""The pages of escalation, by what they show, refuse and keep."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import START, World
from vigie.accounts.models import Person
from vigie.compliance.tests.scene import rated
from vigie.contracts.models import Contract
from vigie.escalation.actions.stakes import weigh
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Escalation, Ladder, Step
from vigie.escalation.tests.scene import HOUR, make_ladder, steps, usual
from vigie.escalation.tests.test_sweep import urgent
from vigie.tickets.models import Ticket

pytestmark = pytest.mark.django_db


def signed_in(person: Person, language: str = "en") -> Client:
    person.language = language
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    def stop(now: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now)

    return stop


class TestEscalations:
    @pytest.fixture
    def ticket(self, world: World, at: Any) -> Ticket:
        usual(world)
        found = urgent(world)
        fire_due_steps(START + 4 * HOUR)
        at(START + 4 * HOUR + dt.timedelta(minutes=5))
        return found

    def test_what_waits_for_me(self, world: World, ticket: Ticket) -> None:
        mine = text(signed_in(world.dispatcher).get("/escalations/"))
        assert ticket.reference in mine
        assert "Waits for an answer" in mine
        assert ticket.reference not in text(signed_in(world.agent_all).get("/escalations/"))
        assert ticket.reference in text(signed_in(world.agent_all).get("/escalations/?which=all"))

    def test_the_link_of_the_mail_leads_to_one_button(self, world: World, ticket: Ticket) -> None:
        row = Escalation.objects.get()
        assert Client().get(f"/escalations/{row.pk}/").status_code == 302, "it asks to sign in"
        client = signed_in(world.dispatcher)
        page = client.get(f"/escalations/{row.pk}/")
        assert f'action="/escalations/{row.pk}/acknowledge/"' in page.content.decode()
        row.refresh_from_db()
        assert row.state == "waiting", "reading changes nothing"
        assert client.post(f"/escalations/{row.pk}/acknowledge/").status_code == 302
        row.refresh_from_db()
        assert (row.state, row.acknowledged_by) == ("acknowledged", world.dispatcher)

    def test_from_the_ticket_page(self, world: World, ticket: Ticket) -> None:
        client = signed_in(world.dispatcher)
        page = client.get(f"/tickets/{ticket.pk}/")
        row = Escalation.objects.get()
        assert f'action="/escalations/{row.pk}/acknowledge/"' in page.content.decode()
        answer = client.post(f"/escalations/{row.pk}/acknowledge/", {"ticket": "1"})
        assert answer["Location"] == f"/tickets/{ticket.pk}/"
        after = client.get(f"/tickets/{ticket.pk}/")
        assert "acknowledged by Dispatcher" in text(after)
        assert f'action="/escalations/{row.pk}/acknowledge/"' not in after.content.decode()

    def test_who_was_not_told_sees_it_without_the_button(self, world: World, ticket: Ticket) -> None:
        page = signed_in(world.agent_all).get(f"/tickets/{ticket.pk}/").content.decode()
        assert "Resolution, step 1" in page
        assert "/acknowledge/" not in page

    def test_a_ticket_without_escalation_shows_no_card(self, world: World, at: Any) -> None:
        page = text(signed_in(world.agent_all).get(f"/tickets/{urgent(world).pk}/"))
        assert "Escalations" not in page

    def test_the_history_tells_it(self, world: World, ticket: Ticket) -> None:
        page = text(signed_in(world.dispatcher).get(f"/tickets/{ticket.pk}/history/"))
        assert "Resolution: step 1 of the escalation told Dispatcher" in page

    def test_the_notice_leads_there(self, world: World, ticket: Ticket) -> None:
        page = signed_in(world.dispatcher).get("/notices/").content.decode()
        assert f'href="/escalations/{Escalation.objects.get().pk}/"' in page

    def test_customers_find_nothing_of_it(self, world: World, ticket: Ticket) -> None:
        client = signed_in(world.a.manager)
        for path in ("/escalations/", "/risks/", "/ladders/", f"/escalations/{Escalation.objects.get().pk}/"):
            assert client.get(path).status_code in (403, 404), path


class TestLadders:
    FORM = {
        "name_fr": "Échelle",
        "whose": "client",
        "name_en": "Ladder",
        "is_active": "on",
        "kind": "resolution",
        "priorities": ["1", "2"],
    }
    STEP = {
        "unit": "percent",
        "amount": "75",
        "mode": "hierarchical",
        "audience": "assignee",
        "acknowledge_within": "30",
    }

    def manager(self, world: World) -> Client:
        return signed_in(world.admin)

    def test_from_nothing_to_a_ladder(self, world: World) -> None:
        client = self.manager(world)
        assert "No ladder yet" in text(client.get("/ladders/"))
        answer = client.post("/ladders/new/", self.FORM)
        ladder = Ladder.objects.get()
        assert answer["Location"] == f"/ladders/{ladder.pk}/"
        assert ladder.priorities == [1, 2]
        assert client.post(f"/ladders/{ladder.pk}/steps/new/", self.STEP).status_code == 302
        page = text(client.get(f"/ladders/{ladder.pk}/"))
        assert "at 75% of the time" in page
        assert "inform: whoever is in charge" in page
        assert "to acknowledge within 30 minutes" in page

    def test_minutes_before_the_breach_are_negative(self, world: World) -> None:
        ladder = make_ladder()
        client = self.manager(world)
        client.post(
            f"/ladders/{ladder.pk}/steps/new/",
            {**self.STEP, "unit": "service", "amount": "60", "side": "before"},
        )
        assert Step.objects.get().value == -60
        page = client.get(f"/ladders/{ladder.pk}/steps/{Step.objects.get().pk}/").content.decode()
        assert 'value="60"' in page
        assert "1 h before the breach" in text(client.get(f"/ladders/{ladder.pk}/"))

    def test_what_is_refused_is_kept_and_said(self, world: World) -> None:
        ladder = usual(world)
        client = self.manager(world)
        answer = client.post(f"/ladders/{ladder.pk}/steps/new/", {**self.STEP, "amount": "40"})
        assert answer.status_code == 422
        assert 'value="40"' in answer.content.decode()
        assert "Each step comes after the one before it" in text(answer)
        assert len(steps(ladder)) == 3

    def test_a_circle_is_said(self, world: World) -> None:
        end = make_ladder({"value": 100, "person": world.dispatcher}, kind="response")
        start = make_ladder({"value": 50, "person": world.dispatcher}, continues_with=end)
        form = {**self.FORM, "kind": "response", "priorities": [], "continues_with": start.pk}
        answer = self.manager(world).post(f"/ladders/{end.pk}/edit/", form)
        assert answer.status_code == 422
        assert "it would go round in circles" in text(answer)

    def test_a_contract_is_named_with_its_client(self, world: World) -> None:
        """Those of all clients may bear one name."""
        Contract.objects.update(name_fr="Infogérance", name_en="Managed services")
        page = signed_in(world.admin).get("/ladders/new/").content.decode()
        for side in (world.a, world.b):
            assert f"{side.organisation.name} · {side.contract.reference} · Managed services" in page

    def test_a_ladder_that_continues_with_itself_is_said_alike(self, world: World) -> None:
        ladder = make_ladder({"value": 50, "person": world.dispatcher}, kind="response")
        form = {**self.FORM, "kind": "response", "priorities": [], "continues_with": ladder.pk}
        answer = self.manager(world).post(f"/ladders/{ladder.pk}/edit/", form)
        assert answer.status_code == 422
        assert "it would go round in circles" in text(answer)
        assert "ladder_not_itself" not in answer.content.decode()

    def test_what_may_not_follow_is_not_offered_and_is_refused_with_what_was_typed(
        self, world: World
    ) -> None:
        common = make_ladder(name_en="Common ladder", is_active=False)
        make_ladder(name_en="Common end", is_active=False)
        narrow = make_ladder(name_en="Standstills", contract=world.a.contract)
        client, address = self.manager(world), f"/ladders/{common.pk}/edit/"
        offered = client.get(address).content.decode()
        assert ">Common end</option>" in offered
        assert ">Standstills</option>" not in offered
        assert ">Common ladder</option>" not in offered  # itself
        answer = client.post(
            address, {**self.FORM, "name_en": "Typed before", "priorities": [], "continues_with": narrow.pk}
        )
        assert answer.status_code == 422
        assert "A ladder continues with one of the same owner" in text(answer)
        assert 'value="Typed before"' in answer.content.decode()
        assert re.search(r"<option[^>]* selected>Standstills</option>", answer.content.decode())
        assert ">Common end</option>" in client.get(f"/ladders/{narrow.pk}/edit/").content.decode()

    def test_a_step_is_removed(self, world: World) -> None:
        ladder = usual(world)
        self.manager(world).post(f"/ladders/{ladder.pk}/steps/{steps(ladder)[0].pk}/remove/")
        assert [step.value for step in steps(ladder)] == [75, 100]

    def test_an_agent_reads_and_does_not_change(self, world: World) -> None:
        ladder = usual(world)
        client = signed_in(world.agent_all)
        page = client.get(f"/ladders/{ladder.pk}/").content.decode()
        assert "steps/new" not in page
        assert client.get(f"/ladders/{ladder.pk}/edit/").status_code == 403

    def test_in_french(self, world: World) -> None:
        ladder = usual(world)
        page = text(signed_in(world.admin, "fr").get(f"/ladders/{ladder.pk}/"))
        assert "à 75 % du temps" in page.replace("\u00a0", " ").replace("\u202f", " ")


class TestRisk:
    def test_the_page_says_why(self, world: World, at: Any) -> None:
        now = START + dt.timedelta(days=7)
        rated(world)
        ticket = urgent(world, now=now)
        weigh(now)
        at(now)
        page = text(signed_in(world.manager).get("/risks/"))
        assert ticket.reference in page
        assert "would cost €700.00: miss no. 1 of the month" in page
        plain = text(signed_in(world.agent).get("/risks/"))
        assert "700" not in plain
        assert "a penalty is at stake" in plain

    def test_the_rows_alone_come_again(self, world: World, at: Any) -> None:
        at(START)
        ticket = urgent(world)
        page = signed_in(world.agent).get("/risks/rows/?within=4h").content.decode()
        assert ticket.reference in page
        assert "<html" not in page

    def test_nothing_runs_out(self, world: World) -> None:
        assert "Nothing runs out in this time" in text(signed_in(world.agent).get("/risks/?within=nonsense"))

    def test_the_queue_leads_there_without_a_statement_more(self, world: World, at: Any) -> None:
        at(START)
        client = signed_in(world.agent)
        client.get("/tickets/")
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/tickets/").content.decode()
        assert 'href="/risks/"' in page
        assert not [q for q in captured if "escalation" in q["sql"]]

    def test_statements_of_the_page_do_not_grow(self, world: World, at: Any) -> None:
        at(START)
        client = signed_in(world.manager)
        counts = []
        for _ in range(2):
            for _ in range(3):
                urgent(world)
            client.get("/risks/")
            with CaptureQueriesContext(connection) as captured:
                client.get("/risks/")
            counts.append(len(captured))
        assert counts[0] == counts[1]


def test_an_administrator_of_ladders_reads_no_ticket(world: World, at: Any) -> None:
    usual(world)
    ticket = urgent(world)
    fire_due_steps(START + 4 * HOUR)
    at(START + 4 * HOUR)
    client = signed_in(world.admin)
    assert client.get("/ladders/").status_code == 200
    assert client.get("/risks/").status_code == 403
    assert ticket.reference not in text(client.get("/escalations/?which=all"))
    assert client.get(f"/escalations/{Escalation.objects.get().pk}/").status_code == 404
