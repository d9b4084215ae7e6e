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
        desk.goto(reverse("inbound_mails"))
        assert desk.page.locator("#q").evaluate("e => e.getBoundingClientRect().width") > 200
        assert desk.troubles == []


def test_the_form_of_a_mailbox_shows_what_its_source_needs(live_server: Any) -> None:
    world = build_world()
    box = shared_box(source="pipe")
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin)
        page = desk.page

        def seen(*names: str) -> set[str]:
            return {name for name in names if page.locator(f"#id_{name}").is_visible()}

        names = (
            "host",
            "port",
            "folder",
            "after_fetch",
            "done_folder",
            "sign_in",
            "password",
            "oauth_scope",
            "smtp_port",
        )
        desk.goto(reverse("mailbox", args=[box.pk]))
        page.locator("#id_host").wait_for(state="hidden")
        assert seen(*names) == set()
        page.select_option("#id_source", "folder")
        assert seen(*names) == {"folder", "after_fetch"}
        page.fill("#id_smtp_host", "smtp.nord.example")
        assert seen(*names) == {"folder", "after_fetch", "sign_in", "smtp_port"}
        page.select_option("#id_sign_in", "oauth")
        assert seen(*names) == {"folder", "after_fetch", "sign_in", "smtp_port", "oauth_scope"}
        page.fill("#id_smtp_host", "")
        page.select_option("#id_source", "imap")
        page.select_option("#id_sign_in", "password")
        page.select_option("#id_after_fetch", "move")
        assert seen(*names) == set(names) - {"oauth_scope", "smtp_port"}
        assert page.locator("fieldset", has=page.locator("#id_oauth_scope")).is_hidden()
        assert desk.violations() == []
        page.fill("#id_port", "")
        page.locator("form.form button[type=submit]").click()
        page.locator(".errors").wait_for()
        page.select_option("#id_source", "pipe")
        assert page.locator("#id_port").is_visible()  # it is at fault: what must be corrected stays in sight
        assert desk.troubles == []
