"""The paper of a month: its figures are the page's, its list the promises behind them, bounded."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.world import START, World
from vigie.compliance.actions import records, statements
from vigie.compliance.models import Delivery
from vigie.compliance.queries import paper as papers
from vigie.compliance.queries.sheet import sheet_of
from vigie.compliance.tests.scene import (
    FEBRUARY,
    JANUARY,
    KEPT,
    MISSED,
    THEN,
    rated,
    second_manager,
    solved,
)
from vigie.compliance.tests.test_records import (
    MARCH_2,
    available,
    frozen,
    late_delivery,
    measured,
    out,
    outage_values,
)
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


@pytest.mark.parametrize("approved", [False, True])
def test_a_stated_month_is_printed_for_the_client_through_the_wall(
    world: World, monkeypatch: pytest.MonkeyPatch, approved: bool
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: THEN)
    rated(world)
    solved(world, MISSED)
    row = statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
    other = second_manager(world)
    if approved:
        statements.approve(world.actor(other), row.pk, now=THEN)
    browser = Client()
    browser.force_login(world.a.manager)
    answer = browser.get(f"/portal/promises/{world.a.contract.pk}/paper/?month=2026-01")
    assert answer.status_code == 200
    told = text_of(answer.content)
    assert world.manager.name in told
    assert (f"{other.name}, " in told) == approved


def amount(text: str) -> Decimal:
    sign = -1 if text[0] in "-\u2212" else 1
    return sign * Decimal(re.sub(r"[^0-9.]", "", text))


def values_of(world: World, month: dt.date, now: dt.datetime) -> dict[str, Any]:
    world.a.contract.refresh_from_db()
    with translation.override("en"):
        return papers.month_paper(world.actor(world.manager), world.a.contract, month, now=now)[1]


def test_the_paper_has_every_line_and_adds_up(world: World) -> None:
    rated(world)
    solved(world, MISSED)
    available(world)
    out(world)
    late_delivery(world)
    measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
    values = values_of(world, JANUARY, THEN)
    with translation.override("en"):
        sheet = sheet_of(world.actor(world.manager), world.a.contract, JANUARY, now=THEN)
        told = text_of(paper(TEMPLATE, values, language="en", made_at=THEN))
    lines = [*sheet.rows, *sheet.measures]
    assert len(lines) == 3
    printed_lines = {row[0]: row for section in values["sections"][:2] for row in section["table"]["rows"]}
    assert set(printed_lines) == {line.scope for line in lines}
    table = next(section["table"] for section in values["sections"] if section["title"] == "Settlement")
    rows = [row for row in table["rows"] if row[1]]
    gross = next(n for n, row in enumerate(rows) if row[0] == "Sum of the penalties")
    assert sum(amount(row[1]) for row in rows[:gross]) == amount(rows[gross][1]) == sum(x.due for x in lines)
    assert sum(amount(row[1]) for row in rows[gross:]) == amount(table["total"][1]) == Decimal("700.00")
    assert "7% of the fee of €10,000.00: at most €700.00 a month" in told
    assert "Messagerie arrêtée" in told
    assert "Lot 1" in told
    assert "12 days" in told


def test_a_correction_names_its_month_and_its_commitment(world: World) -> None:
    available(world)
    fall = out(world)
    frozen(world)
    shorter = outage_values(world, hours=3)
    records.save_outage(world.actor(world.manager), world.a.organisation.pk, shorter, fall.pk, now=THEN)
    values = values_of(world, FEBRUARY, MARCH_2)
    table = next(section["table"] for section in values["sections"] if section["title"] == "Settlement")
    step = next(n for n, row in enumerate(table["rows"]) if row[0] == "Corrections of earlier months")
    part = table["rows"][step + 1][0]
    assert part.startswith("– January 2026, Availability of a service")
    assert part.endswith(table["rows"][step][1])
    corrected = next(s for s in values["sections"] if s["title"] == "Corrections of earlier months")
    assert corrected["table"]["rows"][0][0] == "January 2026"


def test_each_amount_can_be_reckoned_again(world: World) -> None:
    rated(world)
    solved(world, MISSED)
    solved(world, KEPT)
    late_delivery(world)
    measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
    values = values_of(world, JANUARY, THEN)
    told = next(one for one in values["sections"] if one["title"] == "How the penalties are reckoned")
    assert ["Monthly fee, before tax", "€10,000.00"] in told["facts"]
    assert ["Cap of a month", "7% of €10,000.00 = €700.00"] in told["facts"]
    sums = {row[0]: row[2:] for row in told["table"]["rows"]}
    assert next(one for key, one in sums.items() if key.startswith("Resolution")) == [
        "90% − 50% = 40 points, 40 started: 40 × 1% of €10,000.00", "€4,000.00",
    ]  # fmt: skip
    behind = next(one for one in values["sections"] if one["title"].endswith("Delivery dates"))
    labels = [column["label"] for column in behind["table"]["columns"]]
    assert labels[2:4] == ["Agreed for", "Delivered on"]
    assert behind["table"]["rows"][0][2:] == [
        "8 Jan 2026", "20 Jan 2026", "12 days", "€18,000.00 × 12 / 1,000", "€216.00",
    ]  # fmt: skip


def test_a_value_changed_since_gives_no_reckoning_of_the_frozen_amount(world: World) -> None:
    rated(world)
    late = late_delivery(world)
    measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
    frozen(world)
    Delivery.objects.filter(pk=late.pk).update(value=Decimal(1000))
    values = values_of(world, JANUARY, THEN)
    behind = next(one for one in values["sections"] if one["title"].endswith("Delivery dates"))
    assert behind["table"]["rows"][0][-2:] == ["", "€216.00"]


def test_only_a_frozen_month_is_to_sign(world: World) -> None:
    rated(world)
    solved(world, MISSED)
    values = values_of(world, JANUARY, THEN)
    assert "sign" not in values
    told = text_of(paper(TEMPLATE, values, language="en", made_at=THEN))
    pages = int(told.split("Read on")[1].split(" / ")[1].split()[0])
    assert told.count("Simulation: these figures still move and are not to be signed") == pages
    row = statements.propose(world.actor(world.manager), world.a.contract.pk, JANUARY, now=THEN)
    assert values_of(world, JANUARY, THEN)["stamp"].startswith("Proposed and not approved yet")
    statements.approve(world.actor(second_manager(world)), row.pk, now=THEN)
    values = values_of(world, JANUARY, THEN)
    assert values["sign"]["title"] == "Read and approved"
    assert "stamp" not in values


def test_what_a_small_volume_tolerates_is_said(world: World) -> None:
    rated(world, n_min=20, allowed_misses=1)
    solved(world, KEPT)
    solved(world, MISSED)
    row = values_of(world, JANUARY, THEN)["sections"][0]["table"]["rows"][0]
    assert row[-2] == "Reached (fewer than 20, 1 missed is tolerated)"


def test_a_small_volume_judged_with_earlier_months_is_not_said_to_be_tolerated(world: World) -> None:
    rated(world, n_min=20, allowed_misses=1, small_volume="pooled")
    solved(world, KEPT)
    solved(world, MISSED)
    row = values_of(world, JANUARY, THEN)["sections"][0]["table"]["rows"][0]
    assert row[-2].endswith("(fewer than 20, judged with up to three months before)")
