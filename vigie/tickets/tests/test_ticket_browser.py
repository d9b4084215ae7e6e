"""The ticket's page in Chromium: the agent's journey, and hostile text that stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.world import build_world, report
from vigie.tickets.actions import classifying
from vigie.tickets.actions.canned import WORDS, save_canned
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Draft, Message, Ticket
from vigie.tickets.tests.browsing import Seat, chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def write(taken: Seat, words: str) -> None:
    editor = taken.page.locator("#composer trix-editor")
    editor.click()
    taken.page.keyboard.type(words)


def test_an_agent_answers_waits_and_solves(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/")
        page = desk.page
        write(desk, "Bonjour, je regarde.")
        page.locator("[data-draft-state]:not(:empty)").wait_for()
        assert Draft.objects.filter(place=f"reply:{ticket.pk}").exists()
        page.reload()
        page.locator("#composer trix-editor", has_text="je regarde").wait_for()  # the draft survived
        page.get_by_role("radio").nth(1).check()
        assert (
            page.locator("#composer trix-editor").inner_text().strip() == ""
        )  # a note never inherits a reply
        page.get_by_role("radio").nth(0).check()
        page.locator("#composer button[type=submit]").last.click()
        page.locator("#thread .msg--out", has_text="je regarde").wait_for()
        assert page.locator("#thread .msg--out").count() == 1
        page.locator("#composer trix-editor").wait_for()
        assert page.locator("#composer trix-editor").inner_text().strip() == ""
        _put_on_hold(page)
        _solve(page)
        desk.page.locator("#ticket-head .state--resolved").wait_for()
        ticket.refresh_from_db()
        assert ticket.state == "resolved"
        assert Message.objects.filter(ticket=ticket, kind="reply").count() == 3
        assert desk.troubles == []


def test_a_press_that_comes_too_late_says_what_happened(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/")
        page = desk.page
        start = page.locator("#ticket-head form[action$='/step/start/'] button")
        start.wait_for()
        page.locator("#ticket-head").evaluate("head => head.removeAttribute('data-live')")
        take_step(world.actor(world.dispatcher), ticket.pk, "start", Given(), now=timezone.now())
        start.click()
        page.locator("#act[open] .banner--warn", has_text=world.dispatcher.name).wait_for()
        assert desk.violations() == []


# How many times htmx was done with an answer, the attributes that it puts back afterwards included.
SETTLED = """
document.addEventListener('htmx:after:settle', () => {
  const { dataset } = document.documentElement;
  dataset.settled = Number(dataset.settled ?? 0) + 1;
});
"""


def _does(page: Any, act: Callable[[], None]) -> None:
    """``act``, until its answer is settled in the page."""
    before = page.locator("html").get_attribute("data-settled")
    act()
    changed = "html[data-settled]" + (f":not([data-settled='{before}'])" if before else "")
    page.locator(changed).wait_for()


def _only_the_editor(page: Any, form: str) -> None:
    page.locator(f"{form} trix-editor").wait_for()
    page.locator(".htmx-settling, .htmx-request").first.wait_for(state="detached")
    assert page.locator(f"{form} trix-editor:visible").count() == 1
    assert page.locator(f"{form} trix-toolbar:visible").count() == 1
    assert page.locator(f"{form} [data-rich] > textarea:visible").count() == 0


def test_there_is_one_place_to_type_after_every_act(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    values = {
        **dict.fromkeys(WORDS, "Nous regardons."), "is_shared": False, "team_id": None, "service_id": None
    }  # fmt: skip
    save_canned(world.actor(world.agent), None, values, now=timezone.now())
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.page.add_init_script(SETTLED)
        desk.goto(f"/tickets/{ticket.pk}/")
        page = desk.page
        send = page.locator("#composer button[type=submit]").last
        for kind in (0, 1):  # a reply, a note
            page.get_by_role("radio").nth(kind).check()
            write(desk, "Bonjour.")
            _does(page, send.click)
            page.locator("#thread .msg", has_text="Bonjour.").nth(kind).wait_for()
            _only_the_editor(page, "#composer")
        page.get_by_role("radio").nth(0).check()
        page.locator("#canned").click()
        page.locator("#canned-list [role=option]").first.click()
        page.locator("#composer trix-editor", has_text="Nous regardons.").wait_for()
        _only_the_editor(page, "#composer")
        _put_on_hold(page)
        _only_the_editor(page, "#composer")
        _solve(page)
        page.locator("#ticket-head .state--resolved").wait_for()
        _only_the_editor(page, "#composer")
        assert desk.troubles == []


def _put_on_hold(page: Any) -> None:
    """A new ticket is started first: work that nobody began cannot wait."""
    page.locator("#ticket-head form[action$='/step/start/'] button").click()  # it asks nothing: one press
    page.locator("#ticket-head .state--progress").wait_for()
    assert page.locator("#act[open]").count() == 0
    page.locator("#ticket-head a[href$='/step/wait/']").click()
    page.locator("#act[open] select[name=pending_reason]").select_option("client_info")
    page.locator("#act trix-editor").click()
    page.keyboard.type("Quel est le nom du poste ?")
    page.locator("#act .dialog__end button[type=submit]").click()
    page.locator("#ticket-head .state--waiting").wait_for()
    page.locator("#thread .msg--out", has_text="nom du poste").wait_for()
    assert page.locator("#act[open]").count() == 0


def _solve(page: Any) -> None:
    page.locator("#ticket-head a[href$='/step/resolve/']").click()
    page.locator("#act[open] select[name=resolution_code]").select_option("solved_permanently")
    page.locator("#act .dialog__end button[type=submit]").click()
    page.locator(
        "#act [aria-invalid=true], #act .errors"
    ).first.wait_for()  # the public text is missing: said, nothing lost
    assert page.locator("#act select[name=resolution_code]").input_value() == "solved_permanently"
    _only_the_editor(page, "#act")
    page.locator("#act trix-editor").click()
    page.keyboard.type("Le poste est remplacé.")
    page.locator("#act .dialog__end button[type=submit]").click()


def test_a_conflict_shows_both_versions(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/")
        classifying.edit_ticket(
            world.actor(world.agent_all), ticket.pk, {"title": "Panne Exchange"}, {}, now=timezone.now()
        )
        subject = desk.page.locator("#subject")
        subject.fill("Panne Outlook")
        subject.press("Enter")
        versions = desk.page.locator("#ticket-head .versions")
        versions.wait_for()
        assert "Panne Outlook" in versions.inner_text()
        assert "Panne Exchange" in versions.inner_text()
        desk.page.locator("#ticket-head .banner button").first.click()
        versions.wait_for(state="detached")
        ticket.refresh_from_db()
        assert ticket.title == "Panne Outlook"
        assert desk.troubles == []


def test_pages_are_accessible_and_fit(live_server: Any) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    paths = [
        f"/tickets/{ticket.pk}/", f"/tickets/{ticket.pk}/clocks/", f"/tickets/{ticket.pk}/history/",
        f"/tickets/{ticket.pk}/step/wait/", f"/tickets/new/?organisation={world.a.organisation.pk}",
    ]  # fmt: skip
    with chromium() as browser:
        for width, scheme in ((1440, "light"), (360, "dark")):
            for path in paths:
                desk = seat(
                    browser, live_server.url, world.agent, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
                )  # fmt: skip
                desk.goto(path)
                desk.page.wait_for_timeout(300)
                assert desk.violations() == [], (path, width)
                assert desk.page.evaluate("document.documentElement.scrollWidth") <= width, path
                desk.page.context.close()


TRAPS = """
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) {
  try { window[name] = (...given) => { window.ran.push(name + ': ' + given.join(' ').slice(0, 80)); }; } catch { /* kept */ }
}
"""
HOSTILE = (
    "dompurify",
    "owasp_xss_filter_evasion",
    "bleach_regressions",
    "bluemonday",
    "naughty_strings",
    "csv_formula",
)
LEFT = """() => {
  const bad = [];
  const own = new Set(['id', 'class', 'aria-label']);
  for (const box of document.querySelectorAll('#thread .msg__text')) for (const el of box.querySelectorAll('*')) {
    if (['SCRIPT', 'STYLE', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'INPUT', 'BUTTON', 'LINK', 'META', 'BASE', 'SVG', 'MATH', 'TEMPLATE', 'VIDEO', 'AUDIO'].includes(el.nodeName.toUpperCase())) bad.push(el.outerHTML.slice(0, 120));
    for (const a of el.attributes) if (/^(on|hx-|data-|style|srcset|formaction|id|class|name)/.test(a.name) || /^\\s*(javascript|vbscript|data):/i.test(a.value)) bad.push(el.outerHTML.slice(0, 120));
  }
  return bad;
}"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(live_server: Any, shared_data: Callable[[str], Path], name: str) -> None:
    items = json.loads(shared_data(f"sanitise/{name}.json").read_text())["items"]
    payloads = [str(item.get("payload", item.get("string", ""))) for item in items]
    world = build_world()
    ticket = report(world, now=timezone.now())
    _store(world, ticket, payloads)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.page.add_init_script(TRAPS)
        desk.goto(f"/tickets/{ticket.pk}/?all=1")
        page = desk.page
        assert page.locator("#thread .msg").count() == 2 * len(payloads) + 1
        page.evaluate(
            "for (const el of document.querySelectorAll('#thread .msg__text *')) for (const t of ['mouseover', 'focus', 'click']) if (el.nodeName !== 'A') el.dispatchEvent(new Event(t, {bubbles: true}))"
        )
        page.wait_for_timeout(400)
        assert page.evaluate("window.ran") == []
        assert page.evaluate(LEFT) == []
        assert ticket.reference in page.title()
        strangers = [r for r in desk.requests if not r.startswith((live_server.url, "data:", "blob:"))]
        assert strangers == []
        allowed = ("/static/", "/tickets/", "/live", "/files/")
        assert [r for r in desk.requests if not r.removeprefix(live_server.url).startswith(allowed)] == []
        assert desk.troubles == []


def _store(world: Any, ticket: Ticket, payloads: list[str]) -> None:
    """Each string twice: as HTML that came from outside, and as plain text."""
    Message.objects.bulk_create(
        Message(
            organisation=world.a.organisation, ticket=ticket, author=world.a.user, author_name="User", side="client",
            kind="reply", audience="public", body=text.replace("\x00", ""), is_html=is_html, created_at=timezone.now(),
        )
        for text in payloads
        for is_html in (True, False)
    )  # fmt: skip


def _says_urgent(request: Any) -> bool:
    """Does this draft hold the last choice?"""
    return re.search(r'urgency(=|"\s+)1\b', request.post_data or "") is not None


def test_the_promise_follows_what_is_chosen(live_server: Any) -> None:
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all)
        page = desk.page
        desk.goto("/tickets/new/")
        page.locator("#id_title").fill("Plus de réseau")
        page.locator("#new-ticket trix-editor").click()
        page.keyboard.type("Depuis ce matin")
        page.locator("#id_organisation").select_option(str(world.a.organisation.pk))
        page.locator("#id_requester").click()
        page.keyboard.type("vip")
        page.locator("[role=option]", has_text="Vip Alpha").click()
        page.locator("#promise", has_text="VIP").wait_for()
        page.locator("#id_impact").select_option("1")
        with page.expect_response(lambda r: "/tickets/new/draft/" in r.url and _says_urgent(r.request)):
            page.locator("#id_urgency").select_option("1")
        page.locator("#promise", has_text="P1").wait_for()
        asked = [r for r in desk.requests if "/tickets/new/" in r and "?" in r]
        assert asked
        assert [
            r for r in asked if "body=" in r or "title=" in r
        ] == []  # a long text never goes into an address
        page.reload()
        assert page.locator("#id_title").input_value() == "Plus de réseau"
        page.locator("#new-ticket trix-editor", has_text="Depuis ce matin").wait_for()
        page.locator("#new-ticket button[type=submit]").last.click()
        page.locator("#ticket-head").wait_for()
        ticket = Ticket.objects.get()
        assert (ticket.priority, ticket.requester, ticket.channel) == (1, world.a.vip, "phone")
        assert desk.troubles == []


def test_a_name_typed_while_its_field_is_replaced_is_kept(live_server: Any) -> None:
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all)
        page = desk.page
        desk.goto("/tickets/new/")
        held: list[Any] = []
        page.route("**/tickets/new/fields/*", lambda route: held.append(route))
        page.locator("#id_organisation").select_option(str(world.a.organisation.pk))
        page.locator("#id_requester").click()
        page.keyboard.type("vip")
        page.locator("[role=option]", has_text="Vip Alpha").wait_for()
        held[0].continue_()
        page.locator("#id_beneficiary").wait_for()  # the fields of the client came
        page.locator("#id_requester-list [role=option]", has_text="Vip Alpha").click()
        assert page.locator("#id_requester").input_value() == world.a.vip.name
        assert page.locator("input[name=requester]").input_value() == str(world.a.vip.pk)
        assert desk.troubles == []


def test_the_tools_and_the_files_are_reached_by_keyboard(live_server: Any, tmp_path: Path) -> None:
    world = build_world()
    ticket = report(world, now=timezone.now())
    large, small = tmp_path / "trop.bin", tmp_path / "note.txt"
    with large.open("wb") as file:
        file.truncate(30 * 1024 * 1024)
    small.write_text("une ligne")
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent)
        desk.goto(f"/tickets/{ticket.pk}/")
        page = desk.page
        tools = page.locator("#composer [role=toolbar] button")
        tools.first.wait_for()
        assert page.locator("#composer [role=toolbar] button[tabindex='0']").count() == 1
        tools.first.focus()
        page.keyboard.press("ArrowRight")
        assert tools.nth(1).evaluate("el => el === document.activeElement && el.tabIndex === 0")
        page.keyboard.press("End")
        assert tools.last.is_disabled() or tools.last.evaluate("el => el === document.activeElement")
        files = page.get_by_label("Joindre des fichiers").last
        files.focus()
        assert files.evaluate("el => el === document.activeElement && el.type === 'file'")
        files.set_input_files(str(large))
        page.locator("#toasts", has_text="25 Mo").wait_for()  # refused before it was sent
        files.set_input_files(str(small))
        page.locator("#composer trix-editor", has_text="note.txt").wait_for()
        assert desk.troubles == []
