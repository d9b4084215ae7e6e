"""The panel of filters: what each choice would show, whom it names, and never anything out of sight."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import World, build_world, report
from vigie.tickets.models import Ticket
from vigie.tickets.queries import facets as queries
from vigie.tickets.queries.queue import counts, names_in_sight
from vigie.tickets.rules.filters import STATUSES, Filters, as_query, without
from vigie.tickets.tests.browsing import chromium, seat
from vigie.tickets.tests.test_queue_page import many, signed_in

pytestmark = pytest.mark.django_db

FIELDS = {
    "status": "status", "type": "types", "priority": "priorities", "client": "clients", "team": "teams", "service": "services",
}  # fmt: skip


def one_by_one(world: World, actor: Any, filters: Filters, key: str) -> dict[str, int]:
    """The same facet, each of its choices counted as a queue of its own."""
    names = names_in_sight(actor)
    table: dict[str, Any] = {
        "status": {status: status for status in STATUSES},
        "type": {"incident": ("incident",)},
        "priority": {str(level): (level,) for level in range(1, 6)},
        "client": {str(pk): (code,) for pk, (code, _) in names.clients.items()},
        "team": {str(pk): (code,) for pk, (code, _) in names.teams.items()},
        "service": {str(pk): (code,) for pk, (code, _) in names.services.items()},
    }[key]
    wanted = {value: replace(without(filters, key), **{FIELDS[key]: code}) for value, code in table.items()}
    found = counts(actor, wanted, names, now=NOW)
    return {value: tickets for value, tickets in found.items() if tickets}


NOW = timezone.now()
WANTED = (
    Filters(),
    Filters(status="all"),
    Filters(for_me=True, priorities=(1, 2)),
    Filters(teams=("n1",), clients=("ALPHA",), status="waiting"),
    Filters(status="all", vip=True, tag="vpn", due="4h", teams=("n1", "n2")),
    Filters(clients=("NOBODY",)),
)


def test_each_choice_is_counted_under_the_other_filters(world: World) -> None:
    many(world, 240)
    for me, filters in itertools.product((world.agent, world.agent_all), WANTED):
        actor = world.actor(me)
        found = queries.facets(actor, filters, names_in_sight(actor), now=NOW)
        for key in FIELDS:
            shown = {value: tickets for value, tickets in found[key].tickets.items() if tickets}
            assert shown == one_by_one(world, actor, filters, key), (filters, key)
            assert found[key].is_whole


def test_all_facets_are_one_statement_and_the_panel_a_few(world: World) -> None:
    many(world, 30)
    actor = world.actor(world.agent_all)
    names = names_in_sight(actor)
    with CaptureQueriesContext(connection) as asked:
        queries.facets(actor, Filters(teams=("n1",)), names, now=NOW)
    assert len(asked) == 1
    client = signed_in(world.agent_all)
    client.get("/tickets/filters/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/tickets/filters/", {"requester": world.a.user.pk})
    assert len(asked) <= 8, [q["sql"][:90] for q in asked.captured_queries]


def test_what_was_not_read_to_the_end_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    many(world, 40)
    monkeypatch.setattr(queries, "READ_AT_MOST", 10)
    actor = world.actor(world.agent_all)
    filters = Filters(status="all", tag="vpn", q="")
    queries._base_statement.cache_clear()
    found = queries.facets(actor, filters, names_in_sight(actor), now=NOW)
    queries._base_statement.cache_clear()
    assert sum(found["team"].tickets.values()) <= 10
    assert not found["priority"].is_whole
    assert found["status"].is_whole


def test_the_panel_says_choices_and_totals_in_words(world: World) -> None:
    report(world, world.a)
    page = signed_in(world.agent_all).get("/tickets/filters/", {"client": "ALPHA", "status": "all"})
    text = page.content.decode()
    assert re.search(r'id="f-client-ALPHA"[^>]*checked', text)
    assert '<span class="sr">, 1 ticket</span>' in text
    assert '<span role="status" class="muted small">1 ticket</span>' in text


def test_the_panel_names_and_counts_nothing_out_of_sight(world: World) -> None:
    report(world, world.a)
    for title in ("un", "deux", "trois"):
        report(world, world.b, title=title)
    client = signed_in(world.agent)  # authorised for A alone
    for query in ("", "?status=all", f"?status=all&requester={world.b.user.pk}", "?client=BETA"):
        text = client.get(f"/tickets/filters/{query}").content.decode()
        assert world.b.user.name not in text
        assert "Beta" not in text
        assert "3 tickets" not in text
    assert world.b.user.name not in client.get("/tickets/filters/people/", {"q": ""}).content.decode()
    assert world.a.user.name in client.get("/tickets/filters/people/", {"q": "ALPHA"}).content.decode()


def test_the_requester_is_a_filter_named_on_its_chip_to_who_may_see_them(world: World) -> None:
    mine, other = report(world, world.a), report(world, world.b)
    client = signed_in(world.agent_all)
    address = "/tickets/?" + "&".join(
        f"{k}={v}" for k, v in as_query(Filters(requester=str(world.b.user.pk))).items()
    )
    text = client.get(address).content.decode()
    assert f'id="row-{other.pk}"' in text
    assert f'id="row-{mine.pk}"' not in text
    assert f"Requester</span> {world.b.user.name}" in text
    hidden = signed_in(world.agent).get(address).content.decode()
    assert world.b.user.name not in hidden
    assert f"#{world.b.user.pk}" in hidden
    assert "not known" in client.get("/tickets/?requester=me").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_filters_are_ticked_by_keyboard_and_the_address_follows(live_server: Any) -> None:
    world = build_world()
    now = timezone.now()
    first, second = report(world, world.a, now=now), report(world, world.b, now=now)
    Ticket.objects.filter(pk=second.pk).update(priority=1)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all)
        desk.goto("/tickets/?status=live")
        page = desk.page
        page.keyboard.press("f")
        page.locator("#f-priority-1").wait_for()
        assert desk.violations() == []
        page.locator("#f-priority-1").focus()
        page.keyboard.press("Space")
        page.wait_for_url("**/tickets/?priority=1")
        page.locator(f"#row-{first.pk}").wait_for(state="detached")
        assert page.locator(f"#row-{second.pk}").count() == 1
        page.locator("#filters [role=status]", has_text=re.compile(r"^1.ticket")).wait_for()
        assert page.evaluate("document.activeElement.id") == "f-priority-1"
        page.locator("#f-client-ALPHA").wait_for(state="detached")
        page.locator("#f-requester").fill(world.b.user.name)
        page.locator("#f-requester-list [role=option]", has_text=world.b.user.name).first.click()
        page.wait_for_url("**requester=*")
        page.keyboard.press("Escape")
        page.locator(".chip--set", has_text=world.b.user.name).wait_for()
        page.go_back()
        page.wait_for_url("**/tickets/?priority=1")
        page.locator(f"#row-{second.pk}").wait_for()
        assert desk.troubles == []
