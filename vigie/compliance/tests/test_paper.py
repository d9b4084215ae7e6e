"""The paper of a month: its figures are the page's, its list the promises behind them, bounded."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.world import START, World
from vigie.compliance.queries import paper as papers
from vigie.compliance.queries.sheet import sheet_of
from vigie.compliance.tests.scene import JANUARY, KEPT, MISSED, THEN, rated, solved
from vigie.tickets.actions.correcting import correct
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.queries.paper import TEMPLATE
from vigie.tickets.rules.corrections import MOVED, Correction, points
from vigie.tickets.tests.test_paper import text_of
from vigie.toolkit.papers import paper

pytestmark = pytest.mark.django_db


def printed(world: World) -> str:
    world.a.contract.refresh_from_db()
    _name, values = papers.month_paper(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
    return text_of(paper(TEMPLATE, values, language="en", made_at=THEN))


def test_the_figures_and_the_promises_behind_them(world: World) -> None:
    rated(world)
    kept, missed = solved(world, KEPT), solved(world, MISSED)
    with translation.override("en"):
        told = printed(world)
        row = sheet_of(world.actor(world.manager), world.a.contract, JANUARY, now=THEN).rows[0]
    assert row.rate in told
    assert row.target in told
    assert "€700.00" in told  # 40 points at 1 %, under the cap of 7 %
    assert told.index(missed.reference) < told.index(kept.reference)
    assert "40:00:00" in told  # the open hours of four days


def test_a_ticket_whose_facts_were_put_right_says_so(world: World) -> None:
    rated(world)
    ticket = solved(world, KEPT)
    with translation.override("en"):
        assert "Fact corrected" not in printed(world)
        done = next(one for one in points(load_rows(ticket.pk)) if one.role == "solved")
        asked = Correction(MOVED, of=done.id, at=START + KEPT / 2)
        correct(world.actor(world.manager), ticket.pk, asked, "Rétabli plus tôt", now=START + KEPT)
        assert "Met · Fact corrected" in " ".join(printed(world).split())


def test_a_large_month_is_cut_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rated(world)
    tickets = [solved(world, KEPT) for _ in range(3)] + [solved(world, MISSED)]
    monkeypatch.setattr(papers, "MOST_ROWS", 2)
    with translation.override("en"):
        told = printed(world)
    assert "2 of 4 promises are printed" in told
    assert sum(ticket.reference in told for ticket in tickets) == 2
    assert tickets[-1].reference in told


def test_the_clients_manager_has_it_and_another_client_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: THEN)
    rated(world)
    missed = solved(world, MISSED)
    for person, status in ((world.a.manager, 200), (world.b.manager, 404), (world.a.user, 404)):
        browser = Client()
        browser.force_login(person)
        answer = browser.get(f"/portal/promises/{world.a.contract.pk}/paper/?month=2026-01")
        assert answer.status_code == status
        assert status != 200 or missed.reference in text_of(answer.content)
    browser = Client()
    browser.force_login(world.manager)
    assert browser.get(f"/contracts/{world.a.contract.pk}/compliance/paper/?month=2026-01").status_code == 200
