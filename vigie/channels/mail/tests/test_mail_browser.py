"""The pages of mail in Chromium: WCAG 2.2 AA holds, the test of a mailbox and the choice of a contact work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from tests.world import build_world
from vigie.channels.mail.tests.test_pages import held, shared_box
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ON_SCREEN = (
    "[...document.querySelectorAll('td.c-end')].every(e => e.getBoundingClientRect().right <= innerWidth)"
)


def test_setting_up_and_triage(live_server: Any, settings: Any, tmp_path: Path) -> None:
    settings.MAIL_FOLDERS = tmp_path
    (tmp_path / "support").mkdir()
    world = build_world()
    box = shared_box(source="folder", folder="support")
    mail = held(box)
    held(box, b"x", state="quarantined", outcome="too_deep")
    for outcome in ("new_address", "disabled_person", "agent_in_doubt"):
        held(
            box,
            outcome=outcome,
            sender=f"{'prenom.nom-' * 4}@une-societe-au-nom-long.example",
            subject="Panne " * 30,
        )
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin)
        page = desk.page
        for path in ("mailboxes", "mailbox_new", "client_domains", "inbound_mails"):
            desk.goto(reverse(path))
            assert desk.violations() == [], path
        for width in (1440, 390):  # on the list of mails
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.querySelector('main').scrollWidth") <= width
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate(ON_SCREEN), "the last column is in the window"
        page.set_viewport_size({"width": 1440, "height": 900})
        desk.goto(reverse("inbound_mails") + "?state=quarantined&reason=too_deep")
        assert desk.violations() == []
        desk.goto(reverse("mailbox", args=[box.pk]))
        page.get_by_role("button", name="Tester les réglages enregistrés").click()
        page.locator("#test li").nth(1).wait_for()
        assert desk.violations() == []
        desk.goto(reverse("inbound_mail", args=[mail.pk]))
        assert desk.violations() == []
        page.locator("#affiliation").fill("User Beta")
        page.get_by_role("option", name="User Beta").click()
        page.get_by_role("button", name="Créer le ticket").click()
        page.get_by_text("C’est décidé").wait_for()
        mail.refresh_from_db()
        assert (mail.state, mail.decided_person) == ("received", world.b.user)
        assert desk.troubles == []


def test_pages_fit_a_phone(live_server: Any) -> None:
    world = build_world()
    box = shared_box()
    mail = held(box)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin, viewport={"width": 390, "height": 844})
        for path in (
            reverse("mailboxes"), reverse("mailbox", args=[box.pk]), reverse("inbound_mails"),
            reverse("inbound_mail", args=[mail.pk]),
        ):  # fmt: skip
            desk.goto(path)
            assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert desk.troubles == []
