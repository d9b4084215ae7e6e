"""What new hours would have changed: counted on real promises, and nothing is touched."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import World, report
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.tickets.models import Clock
from vigie.tickets.queries.hours_effect import HoursEffect, effect_of

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC)  # 09:00 in Paris
LATER = MONDAY + dt.timedelta(days=1)


def hours(start: str, end: str) -> Calendar:
    return Calendar.weekly("Europe/Paris", WEEKDAYS[:5], (start, end), holiday_sets=["FR"])


def effect(world: World, new: Calendar) -> HoursEffect | None:
    return effect_of(world.actor(world.admin), world.calendar.pk, new, now=LATER)


def test_promises_are_counted_by_what_would_move(world: World) -> None:
    assert effect(world, hours("08:00", "18:00")) is None
    report(world, now=MONDAY, impact=1, urgency=1)
    clocks = list(Clock.objects.values("id", "due_at", "used_seconds"))
    assert len(clocks) == 2
    assert effect(world, hours("08:00", "18:00")) == HoursEffect(kept=2, looked_at=2, sooner=0, later=0)
    assert effect(world, hours("10:00", "18:00")) == HoursEffect(kept=2, looked_at=2, sooner=0, later=2)
    # reported after closing, the first promise is due on the next morning: opening earlier moves it forward
    evening = report(world, now=MONDAY + dt.timedelta(hours=10), impact=1, urgency=1)
    assert effect(world, hours("07:00", "18:00")) == HoursEffect(kept=4, looked_at=4, sooner=2, later=0)
    assert list(Clock.objects.exclude(ticket=evening).values("id", "due_at", "used_seconds")) == clocks


def test_only_clocks_in_sight_and_of_the_last_weeks_count(world: World) -> None:
    report(world, now=MONDAY, impact=1, urgency=1)
    report(world, world.b, now=MONDAY, impact=1, urgency=1)
    found = effect_of(world.actor(world.manager), world.calendar.pk, hours("10:00", "18:00"), now=LATER)
    assert found is not None
    assert found.looked_at == 2
    late = MONDAY + dt.timedelta(days=100)
    old = effect_of(world.actor(world.admin), world.calendar.pk, hours("10:00", "18:00"), now=late)
    assert old == HoursEffect(kept=4, looked_at=0, sooner=0, later=0)


def test_the_check_of_new_hours_says_it(world: World) -> None:
    client = Client()
    client.force_login(world.admin)
    report(world, now=timezone.now(), impact=1, urgency=1)
    day = timezone.localdate() + dt.timedelta(days=2)
    typed = {"effective_on": day.isoformat(), "timezone": "Europe/Paris", "mon": "8h-12h", "check": "1"}
    answer = client.post(reverse("calendar_hours", args=[world.calendar.pk]), typed)
    assert "2 engagements en cours gardent" in answer.content.decode()
