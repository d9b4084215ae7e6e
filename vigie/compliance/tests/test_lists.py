"""Each euro leads to all of its records and tickets: the lists behind a figure are read to their end, and say how long they are."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import World
from vigie.compliance.models import Delivery, Maintenance, RateCommitment
from vigie.compliance.queries import behind
from vigie.compliance.tests.scene import MISSED, THEN, rated, solved
from vigie.compliance.tests.test_pages import enter, text_of
from vigie.compliance.tests.test_records import frozen, measured

LATE = 123
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    with patch("django.utils.timezone.now", return_value=THEN):
        yield


def late_by_the_dozen(world: World) -> RateCommitment:
    """More late deliveries than a page holds, several on each day; each costs 18.00 a day."""
    row = measured(
        world, "delivery", target=Decimal(100), formula="per_day", terms={"daily": "18", "cap": None}
    )
    Delivery.objects.bulk_create(
        Delivery(
            organisation=world.a.organisation, contract=world.a.contract, title=f"Lot {n:03}", value=0,
            agreed_on=dt.date(2026, 1, 5) + n % 7 * DAY, delivered_on=dt.date(2026, 1, 20), recorded_at=THEN,
        )
        for n in range(LATE)
    )  # fmt: skip
    return row


def walked(browser: Client, address: str, rel: str = "next") -> list[str]:
    """The pages from an address on, each by the link of the one before."""
    pages = []
    while address:
        answer = browser.get(address)
        assert answer.status_code == 200
        pages.append(answer.content.decode().replace("\u202f", " ").replace("\xa0", " "))
        link = re.search(rf'rel="{rel}" href="([^"]+)"', pages[-1])
        address = unescape(link[1]) if link else ""
    return pages


def lots(pages: list[str]) -> list[str]:
    return [lot for page in pages for lot in re.findall(r"Lot \d{3}", page.partition("<main")[2])]


@pytest.mark.parametrize("state", ["simulated", "frozen", "live"])
@pytest.mark.parametrize("side", ["console", "portal"])
def test_every_record_behind_a_measure_is_reached(world: World, side: str, state: str) -> None:
    row = late_by_the_dozen(world)
    if state != "simulated":
        frozen(world)
    browser = enter(world.manager if side == "console" else world.a.manager)
    place = "measure_month" if side == "console" else "portal_measure"
    address = reverse(place, args=[world.a.contract.pk, row.pk]) + "?month=2026-01"
    pages = walked(browser, address + ("&live=1" if state == "live" else ""))
    assert len(pages) == 3
    assert sorted(set(lots(pages))) == [f"Lot {n:03}" for n in range(LATE)]
    assert all("123 enregistrements en tout" in page for page in pages)
    last = re.search(r'rel="prev" href="([^"]+)"', pages[-1])
    assert last is not None
    back = walked(browser, unescape(last[1]), "prev")
    assert sorted(set(lots(back))) == sorted(set(lots(pages[:-1])))


def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    row = late_by_the_dozen(world)
    address = reverse("measure_month", args=[world.a.contract.pk, row.pk]) + "?month=2026-01&page="
    browser = enter(world.manager)
    for cursor in ("WyJuIixbMV1d", "WyJuIixbMSwyLDMsNF1d", "x"):  # ["n",[1]], ["n",[1,2,3,4]]
        assert browser.get(address + cursor).status_code in (400, 422)


def test_the_sum_of_the_penalties_names_the_first_and_leads_to_all(world: World) -> None:
    row = late_by_the_dozen(world)
    page = text_of(
        enter(world.manager), "contract_month_tickets", world.a.contract.pk, month="2026-01", only="missed"
    )
    assert "et 73 autres" in page
    assert f"/measures/{row.pk}/month/?month=2026-01" in page


def test_the_tickets_behind_a_rate_say_how_many_there_are(world: World) -> None:
    rated(world)
    for _ in range(3):
        solved(world, MISSED)
    with patch.object(behind, "SIZE", 2):
        for person, place in (
            (world.manager, "contract_month_tickets"),
            (world.a.manager, "portal_compliance_tickets"),
        ):
            address = reverse(place, args=[world.a.contract.pk]) + "?month=2026-01"
            pages = walked(enter(person), address)
            assert len(pages) == 2
            assert all("3 engagements en tout" in page for page in pages)


def test_the_client_reads_all_maintenance(world: World) -> None:
    Maintenance.objects.bulk_create(
        Maintenance(
            organisation=world.a.organisation, service=world.service, title=f"Lot {n:03}", announced_at=THEN - 40 * DAY,
            starts_at=THEN - (30 - n % 9) * DAY, ends_at=THEN - 20 * DAY, recorded_at=THEN,
        )
        for n in range(45)
    )  # fmt: skip
    pages = walked(enter(world.a.manager), reverse("portal_records"))
    assert len(set(lots(pages))) == 45
