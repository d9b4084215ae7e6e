"""Canned replies and approvals in Chromium: by keyboard, and as axe sees them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.world import START, build_world, report
from vigie.tickets.actions.canned import WORDS, save_canned
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_reply_is_found_by_keyboard_and_goes_where_the_cursor_is(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    values = {
        **dict.fromkeys(WORDS, "Bonjour {{ requester }},\n\nNous regardons {{ reference }}."), "title_fr": "Accusé",
        "title_en": "Accusé", "is_shared": False, "team_id": None, "service_id": None,
    }  # fmt: skip
    save_canned(world.actor(world.agent), None, values, now=START)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/")
        page = desk.page
        page.locator("#composer trix-editor").wait_for()
        page.locator("#canned").focus()
        page.keyboard.type("accus")
        page.locator("#canned-list [role=option][aria-selected=true]").wait_for()
        page.keyboard.press("Enter")
        page.locator("#composer trix-editor", has_text="Nous regardons INC-ALPHA-1.").wait_for()
        assert "Bonjour User Alpha," in page.locator("#composer trix-editor").inner_text()
        assert page.locator("#canned").input_value() == ""
        page.keyboard.type(" Merci.")
        page.locator("#composer trix-editor", has_text="INC-ALPHA-1. Merci.").wait_for()
        assert desk.violations() == []
        for address in ("/tickets/replies/", "/tickets/replies/new/"):
            desk.goto(address)
            assert desk.violations() == []
        assert desk.troubles == []


def test_an_approval_is_asked_and_given(live_server: Any) -> None:
    world = build_world()
    now = timezone.now()
    ticket = report(world, ticket_type="request", now=now)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/step/ask_approval/")
        assert desk.violations() == []
        take_step(world.actor(world.agent), ticket.pk, "ask_approval", Given(), now=now)
        boss = seat(browser, live_server.url, world.a.manager, viewport={"width": 390, "height": 844})
        boss.goto("/portal/")
        assert boss.violations() == []
        boss.page.locator("#to-approve a").click()
        boss.page.locator("form[action$='/steps/approve/'] button").wait_for()
        assert boss.violations() == []
        boss.page.locator("form[action$='/steps/approve/'] button").click()
        boss.page.locator(".toast").first.wait_for()
        ticket.refresh_from_db()
        assert ticket.state == "approved"
        assert (desk.troubles, boss.troubles) == ([], [])
