"""Hours drawn in Chromium: with the mouse, by keyboard, on the year, and as axe sees the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.world import build_world
from vigie.contracts.models import CalendarVersion
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_week_is_drawn_and_days_of_the_year_are_closed(live_server: Any) -> None:
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin)
        desk.goto(reverse("calendar_hours", args=[world.calendar.pk]))
        assert desk.violations() == []
        page = desk.page
        week = page.locator(".week--drawn")
        week.scroll_into_view_if_needed()
        box = week.bounding_box()
        assert box is not None

        def point(minute: int, day: int) -> tuple[float, float]:
            return (
                box["x"] + (110 + minute * 0.45) * box["width"] / 1000,
                box["y"] + (26 + day * 32 + 12) * box["height"] / 252,
            )

        page.mouse.move(*point(9 * 60, 5))
        page.mouse.down()
        page.mouse.move(*point(11 * 60, 5))
        page.mouse.move(*point(12 * 60, 5))
        page.mouse.up()
        assert page.locator("#id_sat").input_value() == "09:00-12:00"
        bar = week.locator("[data-row='5'][data-place='0']")
        bar.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert page.locator("#id_sat").input_value() == "09:15-12:30"
        page.locator("#id_sun").fill("10h-11h")
        week.locator("[data-row='6'][data-place='0']").focus()
        page.keyboard.press("Delete")
        assert page.locator("#id_sun").input_value() == ""
        assert week.locator("[data-row='6'][data-place]").count() == 0
        page.locator("[data-year] [data-day]").nth(200).click()
        day = page.locator("#id_dates").input_value()
        assert len(day) == len("2026-07-20")
        assert page.locator(f"[data-day='{day}']").get_attribute("aria-pressed") == "true"
        # the year is one stop of the Tab key, and arrows go from day to day
        page.locator("#id_sun").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.day") == day
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        pressed = page.evaluate("document.activeElement.dataset.day")
        assert pressed.endswith("-01-09")
        assert page.locator("#id_dates").input_value().split("\n") == [pressed, day]
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "holiday_sets"
        page.locator("button[name=check]").click()
        page.locator("[role=status] .banner").first.wait_for()
        assert page.locator("#id_sat").input_value() == "09:15-12:30"
        assert desk.violations() == []
        page.locator("button[type=submit].btn--main").last.click()
        page.wait_for_url(f"**{reverse('calendar', args=[world.calendar.pk])}")
        hours = CalendarVersion.objects.latest("pk").definition
        assert hours["hours"]["sat"] == [["09:15", "12:30"]]
        assert hours["dates"] == {day: []}
        assert desk.violations() == []
        assert desk.troubles == []
