"""What-if pages: what is typed is replayed and shown, what cannot be read keeps what was typed."""

from __future__ import annotations

import datetime as dt
import html
import re
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import START, World, report
from vigie.compliance.tests.scene import KEPT, THEN, rated, solved
from vigie.contracts.actions import versions
from vigie.contracts.models import Commitment, Contract
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.replay import actions
from vigie.replay.models import ChangedClock, Study
from vigie.replay.queries import told
from vigie.tickets.actions.correcting import correct
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Ticket
from vigie.tickets.queries.corrected import corrected_among
from vigie.tickets.rules.corrections import MOVED, Correction, points

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def manager(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: THEN)
    browser = Client()
    browser.force_login(world.manager)
    return browser


def refused(code: str) -> Any:
    return pytest.raises(Refusal, match=re.escape(code))


def target(world: World) -> Commitment:
    return Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=4)


def test_variants_are_typed_replayed_and_shown(world: World, manager: Client) -> None:
    rated(world)
    ticket = solved(world, KEPT)
    place = f"/contracts/{world.a.contract.pk}/what-if/"
    assert manager.get(place).status_code == 200
    sent = {"a_name": "Une heure", f"a_target_{target(world).pk}": "1h", "b_pause_supplier": "yes"}
    answer = manager.post(place, sent)
    study = Study.objects.get()
    assert answer.headers["Location"] == f"/what-if/{study.pk}/"
    assert [one["name"] for one in study.variants] == ["Une heure", "Variante 2"]
    shown = manager.get(f"/what-if/{study.pk}/").content.decode()
    assert "Une heure" in shown
    assert "<polyline" in shown or "<circle" in shown
    drawing = shown[shown.index('<figure class="trend') : shown.index("</figure>")]
    assert [words.replace("\xa0", " ") for words in re.findall(r'text-anchor="end">([^<]+)', drawing)] == [
        "0 %",
        "50 %",
        "100 %",
    ]
    assert "janv." in re.findall(r'text-anchor="middle">([^<]+)', drawing)
    listed = manager.get(f"/what-if/{study.pk}/tickets/?variant=0&then=missed").content.decode()
    assert ticket.reference in listed
    assert f"/tickets/{ticket.pk}/clocks/" in listed
    assert ticket.reference not in manager.get(f"/what-if/{study.pk}/tickets/?variant=1").content.decode()
    assert "Une heure" in manager.get(f"/contracts/{world.a.contract.pk}/").content.decode()


def test_a_contract_that_never_was_in_force_says_that_nothing_is_replayed(
    world: World, manager: Client
) -> None:
    place = f"/contracts/{world.a.contract.pk}/what-if/"
    words = "Aucun ticket n’a jamais été jugé par ce contrat"
    assert words not in manager.get(place).content.decode()
    Contract.objects.filter(pk=world.a.contract.pk).update(status="draft")
    assert words in manager.get(place).content.decode()


def test_every_changed_promise_is_listed_page_after_page(
    world: World, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "IN_MEMORY", 1)  # what waits to be written goes to the disk
    monkeypatch.setattr(told, "SIZE", 2)
    rated(world)
    tickets = [solved(world, KEPT) for _ in range(5)]
    manager.post(f"/contracts/{world.a.contract.pk}/what-if/", {"a_target_" + str(target(world).pk): "1h"})
    study = Study.objects.get()
    place, listed, pages = f"/what-if/{study.pk}/tickets/?variant=0", [], 0
    while place:
        page = manager.get(place).content.decode()
        listed += re.findall(r'<span class="ref">([^<]+)</span>', page)
        onwards = re.search(r'href="([^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', page)
        place, pages = html.unescape(onwards[1] or onwards[2]) if onwards else "", pages + 1
    assert (listed, pages) == ([one.reference for one in tickets], 3)
    sums = study.result["variants"][0]
    assert (sums["to_missed"], ChangedClock.objects.filter(study=study).count()) == (5, 5)
    for whole in (True, False):  # an earlier release counted all, and listed the first 2,000
        study.result = {**study.result, "whole": whole, "variants": [{**sums, "to_missed": 2001}]}
        study.save()
        page = manager.get(f"/what-if/{study.pk}/tickets/?variant=0").content.decode()
        assert ("seraient jugés autrement ; les" in page.replace("\u202f", " ")) is not whole


def test_the_draft_leads_to_what_it_would_have_changed(world: World, manager: Client) -> None:
    solved(world, KEPT)
    contract = world.a.contract
    place = f"/contracts/{contract.pk}/what-if/"
    assert "a_version" not in manager.get(place).content.decode()  # nothing is drafted
    day = {"effective_on": dt.date(2026, 3, 1), "changes": "Délais"}
    draft = versions.draft_amendment(SYSTEM, contract.pk, day, now=THEN)
    shown = manager.get(f"/contracts/{contract.pk}/draft/").content.decode()
    assert f"{place}?version={draft.pk}" in shown
    asked = manager.get(f"{place}?version={draft.pk}").content.decode()
    assert f'value="{draft.pk}" selected' in asked
    assert asked.count("Version 2, brouillon") == 3
    manager.post(place, {"a_version": str(draft.pk)})
    study = Study.objects.get()
    assert [(one["name"], one["version"]) for one in study.variants] == [("Version 2, brouillon", draft.pk)]
    assert manager.get(f"/what-if/{study.pk}/").status_code == 200


def test_a_ticket_whose_wait_was_corrected_says_so(world: World, manager: Client) -> None:
    ticket = waited(world)
    other = solved(world, KEPT)
    boss = world.actor(world.dispatcher)
    end = next(one for one in points(load_rows(ticket.pk)) if one.role == "resume")
    correct(
        boss,
        ticket.pk,
        Correction(MOVED, of=end.id, at=end.at - HOUR),
        "Répondu plus tôt",
        now=START + 7 * HOUR,
    )
    done = next(one for one in points(load_rows(other.pk)) if one.role == "solved")
    correct(
        boss,
        other.pk,
        Correction(MOVED, of=done.id, at=done.at - HOUR / 2),
        "Rétabli plus tôt",
        now=START + 7 * HOUR,
    )
    assert corrected_among([ticket.pk, other.pk]) == {ticket.pk: "pause", other.pk: "fact"}
    rated(world)
    variant = {"name": "x", "targets": {str(target(world).pk): "1h"}}
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    for place in (
        f"/what-if/{study.pk}/tickets/?variant=0",
        f"/contracts/{world.a.contract.pk}/compliance/tickets/?month=2026-01",
    ):
        shown = manager.get(place).content.decode()
        assert "Pause corrigée" in shown
        assert "Fait corrigé" in shown


def waited(world: World) -> Ticket:
    agent = world.actor(world.agent_all)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    wait = Given(text="<p>Quel poste ?</p>", pending_reason="client_info")
    take_step(agent, ticket.pk, "wait", wait, now=START + HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + 4 * HOUR)
    done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    return take_step(agent, ticket.pk, "resolve", done, now=START + 6 * HOUR)


def test_one_commitment_alone(world: World, manager: Client) -> None:
    rate = rated(world)
    solved(world, KEPT)
    variant = {"name": "x", "targets": {str(target(world).pk): "1h"}}
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    assert "700,00" in manager.get(f"/what-if/{study.pk}/").content.decode()  # under the cap of the month
    assert "9\u202f000,00" in manager.get(f"/what-if/{study.pk}/?rate={rate.pk}").content.decode()
    assert manager.get(f"/what-if/{study.pk}/?rate=999").status_code == 404


def test_what_cannot_be_read_keeps_what_was_typed(world: World, manager: Client) -> None:
    place = f"/contracts/{world.a.contract.pk}/what-if/"
    answer = manager.post(place, {f"a_target_{target(world).pk}": "1 jour", "a_hours": "8 heures"})
    assert answer.status_code == 422
    assert 'value="1 jour"' in answer.content.decode()
    assert manager.post(place, {}).status_code == 422
    assert not Study.objects.exists()


def test_a_long_replay_is_a_job_and_its_page_tells_how_far_it_is(
    world: World, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", -1)
    solved(world, KEPT)
    variant = {"name": "x", "pauses": {"supplier": True}}
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    waiting = manager.get(f"/what-if/{study.pk}/").content.decode()
    assert "every 1s" in waiting
    actions.carry_out(study.pk, now=THEN)
    actions.carry_out(study.pk, now=THEN)  # a job that runs twice
    assert "every 1s" not in manager.get(f"/what-if/{study.pk}/").content.decode()


def test_agents_without_the_grant_are_refused(world: World) -> None:
    browser = Client()
    browser.force_login(world.agent_all)
    assert browser.get(f"/contracts/{world.a.contract.pk}/what-if/").status_code == 403


def test_a_target_that_would_never_fall_due_is_refused_at_once(world: World, manager: Client) -> None:
    row, place = target(world), f"/contracts/{world.a.contract.pk}/what-if/"
    sent = {"b_name": "Une minute", "b_hours": "08:00-08:01", f"b_target_{row.pk}": "3000h"}
    began = time.monotonic()
    answer = manager.post(place, sent)
    assert time.monotonic() - began < 2, "hours are measured once, whatever the target"
    shown = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert not Study.objects.exists()
    assert "Une minute\N{NO-BREAK SPACE}: «" in shown
    assert "P4 · Résolution\N{NO-BREAK SPACE}» ne tomberait jamais" in shown
    field = re.search(rf'<input[^>]*name="b_target_{row.pk}"[^>]*>', shown)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert 'value="3000h"' in field[0]


def test_hours_too_short_for_what_is_promised_are_refused_beside_the_hours(
    world: World, manager: Client
) -> None:
    with refused("replay.unreachable_in_hours") as found:
        actions.ask(
            world.actor(world.manager),
            world.a.contract.pk,
            [{"name": "x", "pauses": {"supplier": True}}, {"name": "y", "hours": [["08:00", "08:01"]]}],
            now=THEN,
        )
    assert found.value.field == "1.hours"
    assert found.value.params["name"] == "y"


def test_a_target_that_cannot_be_read_is_told_beside_it(world: World, manager: Client) -> None:
    row = target(world)
    answer = manager.post(f"/contracts/{world.a.contract.pk}/what-if/", {f"a_target_{row.pk}": "1 jour"})
    field = re.search(rf'<input[^>]*name="a_target_{row.pk}"[^>]*>', answer.content.decode())
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
