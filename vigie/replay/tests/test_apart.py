"""Corrections of frozen months beside a replay: never in it twice, so that the year adds up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from tests.world import World
from vigie.accounts.models import Person
from vigie.compliance.actions import records, statements
from vigie.compliance.tests.scene import THEN, rated
from vigie.compliance.tests.test_records import available, frozen, out, outage_values
from vigie.contracts.models import Commitment
from vigie.replay import actions
from vigie.replay.queries import told as page

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_corrections_of_the_months_stand_apart_and_the_year_adds_up(world: World) -> None:
    """An outage found shorter after its month was frozen: 200.00 stated, 100.00 today."""
    rated(world)
    available(world)
    fall = out(world)
    january = frozen(world)
    manager = world.actor(world.manager)
    records.save_outage(manager, world.a.organisation.pk, outage_values(world, hours=3), fall.pk, now=THEN)
    target = Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=4)
    variant = {"name": "1 h", "targets": {str(target.pk): "1h"}}

    def asked(now: dt.datetime) -> tuple[page.Told, Decimal]:
        study = actions.ask(manager, world.a.contract.pk, [variant], now=now)
        assert study.result is not None
        years = [study.result["before"], study.result["variants"][0]["months"]]
        before, after = (sum((Decimal(month["total"]) for month in months), Decimal(0)) for months in years)
        assert before == after
        return page.told(manager, study, None), before

    with translation.override("en"):
        told, year = asked(THEN)
        assert [one[::2] for one in told.apart] == [("January 2026", "")]
        assert year == january.total - 100
        assert dt.date(2026, 1, 1) in told.stated
        proposed = statements.propose(manager, world.a.contract.pk, dt.date(2026, 2, 1), now=THEN + 30 * DAY)
        second = world.actor(Person.objects.get(email="second@nord.example"))
        february = statements.approve(second, proposed.pk, now=THEN + 30 * DAY)
        told, year = asked(THEN + 30 * DAY)
        assert [one[::2] for one in told.apart] == [("January 2026", "February 2026")]
        # what February could not give is carried over
        assert (february.total, february.steps[-1]) == (0, ["carried_out", "100.00"])
        assert year == january.total + february.total - 100
        assert list(told.stated) == [dt.date(2026, 1, 1)]
