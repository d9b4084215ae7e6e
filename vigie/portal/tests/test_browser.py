"""The journey of a client's person on a phone, in French: report, see the promise, answer, confirm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import World, build_world, report
from vigie.accounts.models import Person
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Message, Ticket

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).resolve().parents[3] / "tests" / "vendor" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


class Phone:
    """A signed-in person on a phone; every complaint of the browser is kept."""

    def __init__(self, browser: Any, address: str, person: Person) -> None:
        signed_in = Client()
        signed_in.force_login(person)
        self.address = address
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="fr-FR")
        cookie = signed_in.cookies["vigie"]
        self.context.add_cookies([{"name": "vigie", "value": cookie.value, "url": address}])
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        # /live is answered by the real server alone, not by the one of the tests
        if message.type in ("error", "warning") and "/live" not in str(message.location):
            self.complaints.append(message.text)

    def check(self) -> None:
        """Nothing wider than the screen, no violation of WCAG 2.2 AA, nothing said on the console."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = self.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", tags)
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]] == []
        assert self.complaints == []


@pytest.fixture
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def world(transactional_db: None, settings: Any, tmp_path: Path) -> World:
    settings.FILES = tmp_path
    return build_world()


def test_report_follow_answer_confirm_on_a_phone(world: World, live_server: Any, browser: Any) -> None:
    phone = Phone(browser, live_server.url, world.a.user)
    page = phone.page
    page.goto(f"{live_server.url}/portal/")
    assert page.locator("html").get_attribute("lang") == "fr"
    phone.check()
    page.fill("#ask", "messagerie")
    page.wait_for_selector("#suggestions .follow__link")
    phone.check()
    page.click(".door >> nth=0")
    _report(phone, world)
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.priority, ticket.urgency, ticket.impact) == ("Plus de messagerie", 2, 1, 2)
    assert Message.objects.get().body.startswith("<div>Depuis ce matin")
    assert page.locator(".pledge").count() == 2
    phone.check()
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=timezone.now())
    take_step(
        agent,
        ticket.pk,
        "wait",
        Given(pending_reason="client_info", text="<p>Quel poste ?</p>"),
        now=timezone.now(),
    )
    page.reload()
    page.wait_for_selector(".where--yours")
    page.locator("#reply-form trix-editor").click()
    page.keyboard.type("Le poste 12")
    with page.expect_response(
        lambda answer: answer.url.endswith("/draft/") and 'name="uploads"' in (answer.request.post_data or "")
    ):
        page.set_input_files("#files", {"name": "écran.txt", "mimeType": "text/plain", "buffer": b"one line"})
    page.reload()  # nor are the files of an answer
    sync_api.expect(page.locator("#reply-form [data-kept]")).to_contain_text("écran.txt")
    page.wait_for_selector("#reply-form trix-editor")
    phone.check()
    page.click("#reply-form button[type=submit]")
    page.wait_for_selector(".where--ours")
    assert page.get_by_text("Le poste 12").count() == 1
    take_step(
        agent,
        ticket.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Réparé.</p>"),
        now=timezone.now(),
    )
    page.reload()
    page.wait_for_selector(".where--confirm")
    phone.check()
    page.click(f"form[action='/portal/tickets/{ticket.pk}/steps/close/'] button")
    page.wait_for_selector(".where--over")
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    page.click(f"a[href='/portal/tickets/{ticket.pk}/promise/']")
    page.wait_for_selector(".table")
    phone.check()


def _report(phone: Phone, world: World) -> None:
    page = phone.page
    page.wait_for_selector("#new-form trix-editor")
    phone.check()
    before = page.locator("#promise").inner_text()
    assert re.search(r"\d\d:\d\d", before)
    page.fill("#id_title", "Plus de messagerie")
    page.locator("#new-form trix-editor").click()
    page.keyboard.type("Depuis ce matin, tout le monde.")
    page.check(f"[name=service][value='{world.service.pk}']")
    assert not page.locator(".tiles--wish").is_visible()
    page.check("[name=urgency][value='1']")
    page.check("[name=impact][value='2']")
    sync_api.expect(page.locator("#promise")).not_to_have_text(before, use_inner_text=True)
    sync_api.expect(page.locator("#new-form [data-draft-state]")).not_to_be_empty()
    with page.expect_response(lambda answer: 'name="uploads"' in (answer.request.post_data or "")):
        page.set_input_files(
            "#files", {"name": "journal.txt", "mimeType": "text/plain", "buffer": b"one line"}
        )
    page.reload()  # nothing typed is lost
    sync_api.expect(page.locator("[data-kept]")).to_contain_text("journal.txt")
    page.wait_for_selector("#new-form trix-editor")
    assert page.input_value("#id_title") == "Plus de messagerie"
    assert "Depuis ce matin" in page.locator("#new-form trix-editor").inner_text()
    assert page.is_checked("[name=urgency][value='1']")
    page.click("#new-form .form__end button[type=submit]")
    page.wait_for_selector(".where")


def test_the_type_of_request_changes_the_questions(world: World, live_server: Any, browser: Any) -> None:
    phone = Phone(browser, live_server.url, world.a.manager)
    page = phone.page
    page.goto(f"{live_server.url}/portal/new/?type=incident")
    page.fill("#id_title", "Un écran")
    page.check("[name=type][value=request]")
    assert page.locator(".tiles--wish").is_visible()
    assert page.locator(".tiles--incident >> nth=0").is_hidden()
    assert page.input_value("#id_title") == "Un écran"
    page.wait_for_selector("#new-form trix-editor")
    page.click("#new-form .form__end button[type=submit]")
    page.wait_for_selector(".errors")
    assert page.input_value("#id_title") == "Un écran"
    phone.complaints = [c for c in phone.complaints if "422" not in c]  # the browser notes the refusal
    phone.check()


def test_paper_holds_nothing_to_press(world: World, live_server: Any, browser: Any) -> None:
    ticket = report(world, now=timezone.now())
    phone = Phone(browser, live_server.url, world.a.user)
    phone.page.goto(f"{live_server.url}/portal/tickets/{ticket.pk}/")
    assert phone.page.locator(".bell").is_visible()
    phone.page.emulate_media(media="print")
    assert phone.page.locator(".btn:visible").count() == 0
    assert phone.page.locator("h1").is_visible()
