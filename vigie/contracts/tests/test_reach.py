"""Targets that could never fall due: refused wherever they would be promised, and by the hours that would cause them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.world import START, World
from vigie.contracts.actions import calendars, commitments, support, versions
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, ContractVersion
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.instants import DAY, epoch
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import Audience
from vigie.contracts.rules.reach import Reach, reach
from vigie.contracts.tests.test_versions import amend, boss
from vigie.kernel.refusal import Refusal

FIRST = dt.date(2026, 1, 13)
EVE = {"timezone": "Europe/Paris", "dates": {"2026-12-24": [["08:00", "12:00"]]}}
MONDAYS = {"timezone": "Europe/Paris", "hours": {"mon": [["08:00", "12:00"]]}}


def least(*hours: tuple[dt.date, dict[str, Any]]) -> Reach:
    return reach([(day, rules.Calendar.from_json(one)) for day, one in hours], FIRST)


def test_one_day_of_opening_leaves_nothing_once_it_is_past() -> None:
    assert least((FIRST, EVE)) == Reach(0, 0)


def test_a_week_gives_what_400_days_hold() -> None:
    found = least((FIRST, MONDAYS))
    assert found == Reach(57 * 4 * 3600, 56)
    assert found.holds(57 * 4 * 3600, None)
    assert not found.holds(57 * 4 * 3600 + 1, None)
    assert found.holds(None, 56)
    assert not found.holds(None, 57)


def test_what_takes_over_within_the_year_counts() -> None:
    assert least((FIRST, MONDAYS), (dt.date(2026, 6, 1), EVE)) == Reach(0, 0)
    assert least() == Reach(0, 0)
    assert least((dt.date(2026, 6, 1), MONDAYS)).seconds > 0  # before the first hours, the first


@given(st.sets(st.sampled_from(rules.WEEKDAYS), min_size=1), st.integers(0, 363), st.integers(0, 86_399))
def test_what_is_within_reach_falls_due_within_400_days(days: set[str], day: int, second: int) -> None:
    calendar = rules.Calendar.weekly("Europe/Paris", sorted(days), ("09:00", "17:30"))
    found = reach([(FIRST, calendar)], FIRST)
    at = epoch(dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(), dt.UTC))
    hours = openings(calendar)
    # the midnights bound every opening between them, to a day
    assert hours.due(at + second, found.seconds) <= at + second + 401 * DAY
    assert hours.business_days_eod(at + second, found.days) <= at + second + 401 * DAY


@pytest.fixture
def eve(world: World) -> Calendar:
    made = Calendar.objects.create(code="eve", name_fr="Veille de Noël", name_en="Christmas Eve")
    CalendarVersion.objects.create(calendar=made, effective_on=FIRST, definition=EVE, created_at=START)
    return made


def promise(calendar: Calendar, **more: Any) -> dict[str, Any]:
    return {
        "kind": "resolution", "ticket_type": "incident", "priority": 2, "service": None, "category": None, "site": None,
        "vip_only": False, "target_seconds": 8 * 3600, "target_days": None, "calendar": calendar, "follow_site": True,
        "pauses": {}, "thresholds": [], **more,
    }  # fmt: skip


def refusal(act: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        act()
    return found.value


@pytest.mark.django_db
class TestRefused:
    @pytest.mark.parametrize("target", [(8 * 3600, None), (None, 1)])
    def test_when_it_is_written(
        self, world: World, eve: Calendar, target: tuple[int | None, int | None]
    ) -> None:
        amend(world, FIRST)
        values = promise(eve, target_seconds=target[0], target_days=target[1])
        found = refusal(
            lambda: commitments.add_commitment(boss(world), world.a.contract.pk, values, now=START)
        )
        assert (found.code, found.field) == ("contracts.target_unreachable", "calendar")
        assert found.params["line"] == "Incident · P2 · Résolution"
        assert found.params["calendar"] == "Veille de Noël"

    def test_when_the_draft_is_put_in_force_on_its_own_page(self, world: World, eve: Calendar) -> None:
        contract = world.a.contract.pk
        draft = amend(world, timezone.localdate() + dt.timedelta(days=10))
        Commitment.objects.filter(version=draft, kind="resolution", priority=1).update(calendar=eve)
        found = refusal(lambda: versions.put_in_force(boss(world), contract, now=START))
        assert found.code == "contracts.target_unreachable"
        browser = Client()
        browser.force_login(world.admin)
        for answer in (
            browser.get(reverse("draft", args=[contract])),
            browser.post(reverse("draft_force", args=[contract])),
        ):
            page = answer.content.decode()
            assert "Veille de Noël" in page
            assert "P1 · Résolution\N{NO-BREAK SPACE}» ne tomberait jamais" in page
        assert answer.status_code == 422
        assert ContractVersion.objects.get(pk=draft.pk).state == "draft"

    def test_for_a_team(self, world: World, eve: Calendar) -> None:
        values = {
            "kind": "ola_work", "service": None, "ticket_type": "", "priority": None, "target_seconds": 8 * 3600,
            "target_days": None, "calendar": eve, "thresholds": [],
        }  # fmt: skip
        found = refusal(
            lambda: support.add_support(
                world.actor(world.admin), (Audience.OLA, world.team.pk), values, FIRST, now=START
            )
        )
        assert (found.code, found.field) == ("contracts.target_unreachable", "calendar")

    def test_when_hours_would_break_what_is_promised(self, world: World) -> None:
        before = CalendarVersion.objects.count()
        publish = lambda hours: calendars.publish_hours(  # noqa: E731
            boss(world), world.calendar.pk, hours, FIRST, now=START
        )
        found = refusal(lambda: publish(EVE))
        assert found.code == "contracts.hours_break_promise"
        assert found.params["holder"] == world.a.contract.reference
        assert CalendarVersion.objects.count() == before
        assert publish(MONDAYS).pk


@pytest.mark.django_db
def test_pages_of_hours_that_open_no_more_are_read(world: World) -> None:
    past = {"timezone": "Europe/Paris", "dates": {"2026-01-05": [["08:00", "12:00"]]}}
    CalendarVersion.objects.create(
        calendar=world.calendar, effective_on=dt.date(2026, 1, 2), definition=past, created_at=START
    )
    browser, contract = Client(), world.a.contract.pk
    browser.force_login(world.admin)
    page = browser.get(reverse("calendar", args=[world.calendar.pk]))
    assert page.status_code == 200
    assert "N’ouvre plus" in page.content.decode()
    asked = {"type": "incident", "priority": "1", "at": "2026-01-14T10:00"}
    page = browser.get(reverse("contract_preview", args=[contract]), asked)
    assert page.status_code == 200
    assert "n’ouvrent pas assez" in page.content.decode()
    amend(world, FIRST)
    for name in ("contract", "coverage", "draft"):
        assert browser.get(reverse(name, args=[contract])).status_code == 200, name
