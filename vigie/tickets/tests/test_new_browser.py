"""A ticket opened during a call, in Chromium: the name first, the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import build_world
from vigie.tickets.models import Ticket
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_call_becomes_a_ticket_from_the_caller_s_name(live_server: Any) -> None:
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all)
        desk.goto("/tickets/")
        page = desk.page
        page.keyboard.press("c")
        page.wait_for_url("**/tickets/new/**")
        page.locator("#id_requester:focus").wait_for()
        page.keyboard.type(world.b.user.name.lower())
        page.locator("#id_requester-list [role=option]", has_text=world.b.organisation.name).wait_for()
        page.keyboard.press("Enter")
        page.locator("#id_beneficiary").wait_for()
        assert page.locator("#id_organisation").input_value() == str(world.b.organisation.pk)
        assert page.locator("#id_requester").input_value() == world.b.user.name
        assert page.locator("#id_site option", has_text="Beta").count() > 0
        page.locator("#id_title").fill("Plus de réseau")
        page.locator("#new-ticket trix-editor").click()
        page.keyboard.type("Depuis ce matin.")
        page.keyboard.press("Control+Enter")
        page.locator("#ticket-head").wait_for()
        assert Ticket.objects.get().requester_id == world.b.user.pk
        assert desk.violations() == []
        assert desk.troubles == []
