"""One agent's two windows on one ticket, in Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.world import START, build_world, report
from vigie.tickets.actions.canned import WORDS, save_canned
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = "[data-draft-state][data-state=saved]"


def test_neither_of_two_windows_loses_its_text(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    save_canned(
        world.actor(world.agent), None,
        {**dict.fromkeys(WORDS, "Cordialement"), "is_shared": False, "team_id": None, "service_id": None}, now=START,
    )  # fmt: skip
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        first, second = desk.page, desk.page.context.new_page()
        for page in (first, second):
            page.goto(f"{live_server.url}/tickets/{ticket.pk}/")
            page.locator("#composer trix-editor").wait_for()
        first.locator("#composer trix-editor").click()
        send = first.locator("#composer [type=submit]")
        before = send.bounding_box()
        first.keyboard.type("Du premier")
        first.locator(KEPT).wait_for()
        assert send.bounding_box() == before
        second.locator("#composer trix-editor").click()
        second.keyboard.type("Du second")
        second.locator("[data-draft-other-text]", has_text="Du premier").wait_for()
        second.reload()
        second.locator("#composer trix-editor", has_text="Du second").wait_for()
        second.locator("[data-draft-other-text]", has_text="Du premier").wait_for()
        second.locator("[data-draft-adds]").click()
        second.locator(KEPT).wait_for()
        second.reload()
        both = second.locator("#composer trix-editor", has_text="Du premier")
        both.wait_for()
        assert both.inner_text().split() == ["Du", "second", "Du", "premier"]
        assert second.locator("[data-draft-other]").is_hidden()
        second.locator("#canned").focus()
        second.keyboard.type("cord")
        second.locator("#canned-list [role=option][aria-selected=true]").wait_for()
        second.keyboard.press("Enter")
        second.locator("#composer trix-editor", has_text="Cordialement").wait_for()
        assert "Cordialement" in second.locator("#composer trix-editor").inner_text().splitlines()
