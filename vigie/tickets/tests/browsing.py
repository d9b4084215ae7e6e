"""A Chromium that signs people in and writes down everything that must not happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from vigie.accounts.models import Person

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(__file__).resolve().parents[3] / "tests" / "vendor" / "axe.min.js"
# The live stream is the ASGI server's: the tests' own server has none and says 404.
EXPECTED = ("/live",)
# A refusal that the page shows is no accident, though the browser writes its status down.
REFUSED = (409, 422)


@dataclass
class Seat:
    """One person's browser window and what went wrong in it."""

    page: Any
    url: str
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def goto(self, path: str) -> None:
        self.page.goto(self.url + path)

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA."""
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        wanted = f"{{runOnly: {{type: 'tag', values: {tags!r}}}, resultTypes: ['violations']}}"
        found = self.page.evaluate(f"axe.run({wanted})")
        return [f"{v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]


@contextmanager
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


def seat(browser: Any, url: str, person: Person, **options: Any) -> Seat:
    """A window in which ``person`` is signed in."""
    client = Client()
    client.force_login(person)
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    context.add_cookies([{"name": "vigie", "value": client.cookies["vigie"].value, "url": url}])
    page = context.new_page()
    taken = Seat(page, url)

    def console(message: Any) -> None:
        where = (message.location or {}).get("url", "")
        said = message.text.startswith("Failed to load resource") and any(
            f"status of {n}" in message.text for n in REFUSED
        )
        if message.type == "error" and not where.endswith(EXPECTED) and not said:
            taken.troubles.append(f"{message.text} {where}")

    page.on("console", console)
    page.on("pageerror", lambda error: taken.troubles.append(f"page error: {error}"))
    page.on("request", lambda request: taken.requests.append(request.url))
    page.on("dialog", lambda dialog: (taken.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.set_default_timeout(15000)
    return taken
