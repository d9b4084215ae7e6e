"""What the page of a contract costs with everything on it: rates, measures, frozen months read again for their corrections."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse

from tests.world import World
from vigie.accounts.models import Person
from vigie.compliance.actions import statements
from vigie.compliance.tests.scene import FEBRUARY, JANUARY, MISSED, THEN, rated, second_manager, solved
from vigie.compliance.tests.test_pages import enter, statements_asked, text_of
from vigie.compliance.tests.test_records import available, late_delivery, measured, out

APRIL_2 = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_april() -> Any:
    with patch("django.utils.timezone.now", return_value=APRIL_2):
        yield


def full(world: World) -> None:
    """A rate that costs by the ticket, and one measure of each kind, all of January."""
    rated(world, formula="per_ticket", terms={"hourly": "50", "cap": None})
    available(world)
    out(world)
    measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
    late_delivery(world)
    hours = {"calendar": world.calendar, "measured": {"days": 5}}
    measured(
        world, "report", target=Decimal(100), formula="per_day", terms={"daily": "50", "cap": None}, **hours
    )
    measured(world, "backlog", target=Decimal(90), **hours)
    measured(world, "satisfaction", target=Decimal(80))
    measured(
        world,
        "volume",
        target=Decimal(100),
        formula="none",
        terms={},
        measured={"forecast": 10, "low": 10, "high": 20},
    )
    solved(world, MISSED)


def freeze(world: World, month: dt.date, second: Person) -> None:
    row = statements.propose(world.actor(world.manager), world.a.contract.pk, month, now=APRIL_2)
    statements.approve(world.actor(second), row.pk, now=APRIL_2)


def test_its_statements_do_not_grow_with_its_months(world: World) -> None:
    full(world)
    browser, page = enter(world.manager), reverse("contract", args=[world.a.contract.pk])
    second = second_manager(world)
    assert statements_asked(browser, page) == 29
    freeze(world, JANUARY, second)
    assert (
        statements_asked(browser, page) == 31
    )  # the lines of frozen months, and what later ones told of them
    freeze(world, FEBRUARY, second)
    assert statements_asked(browser, page) == 31


def test_old_tickets_are_counted_on_it_and_listed_behind_it(world: World) -> None:
    """The page asks how many are too old, not which: one statement, however many there are."""
    hours = {"calendar": world.calendar, "measured": {"days": 5}}
    row = measured(world, "backlog", target=Decimal(90), **hours)
    browser, contract = enter(world.manager), world.a.contract.pk
    page = reverse("contract", args=[contract])
    empty = statements_asked(browser, page)
    late = solved(world, dt.timedelta(days=80))
    assert statements_asked(browser, page) == empty
    text = text_of(browser, "contract", contract)
    assert "0 ticket ouvert" not in text
    assert late.reference in text_of(browser, "measure_month", contract, row.pk, month="2026-02")


def test_it_says_today_what_the_records_say_today(world: World) -> None:
    """Nothing of a month is kept between two visits: an outage more moves the page at once."""
    full(world)
    browser, contract = enter(world.manager), world.a.contract.pk
    before = text_of(browser, "contract", contract)
    assert "97,143" in before
    out(world, hours=2, starts_at=THEN - dt.timedelta(days=6), ends_at=THEN - dt.timedelta(days=6, hours=-2))
    after = text_of(browser, "contract", contract)
    assert "97,143" not in after
