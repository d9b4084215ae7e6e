"""A day at the desk and at the client's, in Chromium: the console stays silent, policy violations included."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.world import build_world, report
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Message
from vigie.tickets.tests.browsing import Seat, chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Written from an address without policy: what is copied comes from other programs.
COPY = """async ([html, picture]) => {
  const items = {'text/html': new Blob([html], {type: 'text/html'})};
  if (picture) items['image/png'] = await (async () => {
    const canvas = new OffscreenCanvas(60, 40);
    canvas.getContext('2d').fillRect(0, 0, 60, 40);
    return canvas.convertToBlob({type: 'image/png'});
  })();
  await navigator.clipboard.write([new ClipboardItem(items)]);
}"""
# What an extension does to a page, and Trix to a caption: the editor reads itself back.
TOUCH = "el => { el.style.color = 'red'; return new Promise((done) => setTimeout(done, 300)); }"
STYLED = '<p style="color:red">Comme <b>ceci</b></p><img src="https://elsewhere.example/a.png" style="width:9px" alt="a>b">'
PICTURE = '<meta charset="utf-8"><img src="https://elsewhere.example/a.png" style="width:9px" alt="a>b">'


def paste(taken: Seat, editor: str, html: str, *, picture: bool = False) -> None:
    """Copy ``html`` (with a picture beside it) elsewhere, paste it into ``editor``."""
    elsewhere = taken.page.context.new_page()
    elsewhere.goto(f"{taken.url}/static/vigie/icons/vigie.svg")
    elsewhere.bring_to_front()
    elsewhere.evaluate(COPY, [html, picture])
    elsewhere.close()
    taken.page.bring_to_front()
    taken.page.locator(editor).click()
    taken.page.keyboard.press("Control+v")


def allowed(browser: Any, url: str, person: Any) -> Seat:
    return seat(browser, url, person, permissions=["clipboard-read", "clipboard-write"])


def test_the_desk_leaves_the_console_silent(live_server: Any, settings: Any, tmp_path: Path) -> None:
    settings.FILES = tmp_path
    world = build_world()
    ticket = report(world, now=timezone.now())
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=timezone.now())
    with chromium() as browser:
        desk = allowed(browser, live_server.url, world.agent)
        desk.goto("/")
        desk.goto(f"/tickets/{ticket.pk}/")
        paste(desk, "#composer trix-editor", PICTURE, picture=True)
        desk.page.locator("#composer trix-editor img[src*='/files/']").wait_for()
        paste(desk, "#composer trix-editor", STYLED)
        desk.page.locator("#composer trix-editor strong", has_text="ceci").wait_for()
        assert desk.page.locator("#composer trix-editor img").count() == 1
        desk.page.locator("#composer trix-editor strong").evaluate(TOUCH)
        desk.page.locator("#subject").evaluate("el => { el.style.height = '60px'; }")  # as when stretched
        _step(desk.page, "wait", "pending_reason", "client_info")
        desk.page.locator("#ticket-head .state--waiting").wait_for()
        _step(desk.page, "resolve", "resolution_code", "solved_permanently")
        desk.page.locator("#ticket-head .state--resolved").wait_for()
        for path in ("clocks/", "history/"):
            desk.goto(f"/tickets/{ticket.pk}/{path}")
        for path in ("/tickets/new/", "/search/?q=messagerie", "/notices/", "/me/"):
            desk.goto(path)
        assert desk.troubles == []


def _step(page: Any, verb: str, field: str, code: str) -> None:
    page.locator(f"#ticket-head a[href$='/step/{verb}/']").click()
    page.locator(f"#act[open] select[name={field}]").select_option(code)
    page.locator("#act trix-editor").click()
    page.keyboard.type("Voilà.")
    page.locator("#act .dialog__end button[type=submit]").click()


def test_the_portal_leaves_the_console_silent(live_server: Any, settings: Any, tmp_path: Path) -> None:
    settings.FILES = tmp_path
    world = build_world()
    with chromium() as browser:
        client = allowed(browser, live_server.url, world.a.user)
        client.goto("/")
        client.goto("/portal/new/?type=incident")
        client.page.locator("#new-form trix-editor").wait_for()
        client.page.fill("#id_title", "Écran noir")
        paste(client, "#new-form trix-editor", PICTURE, picture=True)
        client.page.locator("#new-form trix-editor img[src*='/files/']").wait_for()
        client.page.keyboard.type("Voir l’image.")
        client.page.check(f"[name=service][value='{world.service.pk}']")
        client.page.click("#new-form .form__end button[type=submit]")
        client.page.wait_for_selector(".where")
        assert "/files/" in Message.objects.get().body
        client.page.locator(".msg img, .turn img, main img[src*='/files/']").first.wait_for()
        client.goto("/portal/tickets/")
        assert client.troubles == []


def test_the_end_of_a_session_is_told_in_time_and_put_off(live_server: Any) -> None:
    """WCAG 2.2.1: at least twenty seconds before, with a way to go on."""
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        Session.objects.update(expire_date=timezone.now() + dt.timedelta(seconds=100))
        desk.goto("/tickets/")
        desk.page.locator("#confirm[open]").wait_for()
        assert Session.objects.get().expire_date < timezone.now() + dt.timedelta(seconds=100)
        with desk.page.expect_response("**/me/session/"):
            desk.page.locator("#confirm [data-confirm-yes]").click()
        desk.goto("/notices/")
        assert Session.objects.get().expire_date > timezone.now() + dt.timedelta(hours=11)
        assert desk.page.locator("#confirm[open]").count() == 0
        assert desk.troubles == []
