"""Calendars that join others, made and changed by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import K1, START, World
from vigie.contracts.models import Calendar, CalendarVersion

pytestmark = pytest.mark.django_db
QUEBEC = {**K1, "timezone": "America/Toronto", "holiday_sets": ["CA-QC"], "code": "quebec"}


@pytest.fixture
def desk(world: World) -> Client:
    world.roles["agent"].grants.append("contracts:manage")
    world.roles["agent"].save()
    client = Client()
    client.force_login(world.agent_all)
    return client


def calendar(code: str, definition: dict[str, object]) -> Calendar:
    made = Calendar.objects.create(code=code, name_fr=code, name_en=code)
    CalendarVersion.objects.create(
        calendar=made, effective_on=dt.date(2025, 1, 1), definition=definition, created_at=START
    )
    return made


def newest(code: str) -> dict[str, object]:
    versions = CalendarVersion.objects.filter(calendar__code=code).order_by("-effective_on")
    return versions.values_list("definition", flat=True)[0]


def test_a_union_is_made_of_calendars_in_force(desk: Client, world: World) -> None:
    quebec = calendar("quebec", QUEBEC)
    sent = {
        "code": "sun", "name_fr": "Soleil", "name_en": "Sun", "timezone": "Europe/Paris", "effective_on": timezone.localdate(),
        "union": [f"calendar-{world.calendar.pk}", f"calendar-{quebec.pk}"], "mon": "08:00-12:00",
    }  # fmt: skip
    assert desk.post("/calendars/new/", sent).status_code == 302
    made = newest("sun")
    assert [part["timezone"] for part in made["union"]] == ["Europe/Paris", "America/Toronto"]  # type: ignore[index, attr-defined]
    assert made["hours"] == {}


def test_a_union_is_edited_part_by_part(desk: Client, world: World) -> None:
    quebec = calendar("quebec", QUEBEC)
    sun = calendar(
        "sun", {"code": "sun", "timezone": "Europe/Paris", "union": [{**K1, "code": "paris"}, QUEBEC]}
    )
    address, day = f"/calendars/{sun.pk}/hours/", timezone.localdate() + dt.timedelta(days=1)
    page = desk.get(address).content.decode()
    assert page.count("checked") >= 2
    sent = {
        "timezone": "Europe/Paris",
        "effective_on": day,
        "union": ["part-1", f"calendar-{world.calendar.pk}"],
    }
    assert desk.post(address, sent).status_code == 302
    assert [part["code"] for part in newest("sun")["union"]] == ["quebec", "K1"]  # type: ignore[index, attr-defined]
    alone = {"timezone": "Europe/Paris", "effective_on": day + dt.timedelta(days=1), "mon": "09:00-12:00"}
    assert desk.post(address, alone).status_code == 302
    assert newest("sun")["union"] == []
    assert f"calendar-{sun.pk}" not in page
    assert f"calendar-{quebec.pk}" in page


def test_another_clients_calendar_is_not_offered(desk: Client, world: World) -> None:
    theirs = calendar("beta", K1)
    Calendar.objects.filter(pk=theirs.pk).update(organisation=world.b.organisation)
    client = Client()
    client.force_login(world.manager)  # she sees Alpha alone
    assert f"calendar-{theirs.pk}" not in client.get("/calendars/new/").content.decode()
    assert f"calendar-{theirs.pk}" in desk.get("/calendars/new/").content.decode()
