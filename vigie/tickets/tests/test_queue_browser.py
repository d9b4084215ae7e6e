"""The queue in Chromium: what opens beside it covers nothing, and its rows say what is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.world import build_world, report
from vigie.accounts.models import Person
from vigie.catalog.models import Service, Subscription
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Ticket
from vigie.tickets.tests.browsing import chromium, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BOX = "e => { const box = e.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"


@pytest.mark.parametrize("width", [1440, 1920])
def test_the_panel_of_filters_stands_beside_the_rows(live_server: Any, width: int) -> None:
    world = build_world()
    now = timezone.now()
    Organisation.objects.filter(pk=world.a.organisation.pk).update(
        name="Métropole des Deux-Caps et du Littoral"
    )
    Person.objects.filter(pk=world.agent_all.pk).update(name="Guillaume Rousseau-Lemaire")
    ticket = report(
        world, now=now - timedelta(days=3), title="Arrivée d’une personne : compte, poste, téléphone"
    )
    take_step(world.actor(world.agent_all), ticket.pk, "start", Given(), now=now)
    Ticket.objects.update(reference="REQ-METROPOLE-518", state="in_progress")
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all, viewport={"width": width, "height": 900})
        desk.goto("/tickets/?status=live")
        page = desk.page
        page.keyboard.press("f")
        page.locator("#f-priority-1").wait_for()
        panel = page.locator("#filters").evaluate(BOX)
        rows = page.locator("#queue-table").evaluate(BOX)
        assert panel[2] <= rows[0]
        assert rows[2] <= width
        button = page.locator("#filters .dialog__end button").evaluate(BOX)
        assert button[3] <= 900
        assert desk.violations() == []
        page.keyboard.press("Escape")
        assert page.locator("#queue-views").is_visible()
        assert desk.troubles == []


@pytest.mark.parametrize("width", [768, 1001, 1024, 1101, 1279, 1280])
def test_what_is_due_stays_in_sight_between_a_phone_and_a_desk(live_server: Any, width: int) -> None:
    world = build_world()
    now = timezone.now()
    Organisation.objects.filter(pk=world.a.organisation.pk).update(
        name="Métropole des Deux-Caps et du Littoral"
    )
    Person.objects.filter(pk=world.agent_all.pk).update(name="Guillaume Rousseau-Lemaire")
    ticket = report(world, now=now, title="Arrivée d’une personne : compte, poste, téléphone, badge")
    take_step(world.actor(world.agent_all), ticket.pk, "start", Given(), now=now)
    Ticket.objects.update(reference="REQ-METROPOLE-518")
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all, viewport={"width": width, "height": 800})
        desk.goto("/tickets/?status=live")
        page = desk.page
        row = page.locator(f"#row-{ticket.pk}")
        due, title = row.locator(".c-due").evaluate(BOX), row.locator(".c-main a").evaluate(BOX)
        assert due[2] <= width
        assert title[2] - title[0] > 80
        assert row.locator("[data-pick]").is_visible()
        views = page.locator("#queue-views .views__link")
        assert all(one.evaluate(BOX)[2] <= width for one in views.all())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert desk.violations() == []


def test_long_choices_of_the_panel_never_lie_over_each_other(live_server: Any) -> None:
    world = build_world()
    Service.objects.update(name_fr="Hébergement et serveurs de la production et des autres usages")
    now = timezone.now()
    for number in range(9):
        service = Service.objects.create(
            code=f"s{number}", name_fr=f"Hébergement et serveurs numéro {number}", name_en=str(number)
        )
        Subscription.objects.create(organisation=world.a.organisation, service=service)
        report(world, now=now, service_id=service.pk)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all, viewport={"width": 1024, "height": 768})
        desk.goto("/tickets/?status=live")
        page = desk.page
        page.keyboard.press("f")
        page.locator("#f-service-s1").wait_for()
        lines = page.locator("fieldset:has(#f-service-s1) .check")
        boxes = [one.evaluate(BOX) for one in lines.all()]
        words = [one.evaluate(BOX) for one in lines.locator("> span:not(.count)").all()]
        assert len(boxes) == 9
        assert all(word[3] <= box[3] for word, box in zip(words, boxes, strict=True))


def test_rows_are_true_behind_the_report_of_a_bulk_act(live_server: Any) -> None:
    world = build_world()
    now = timezone.now()
    one, two = report(world, now=now), report(world, world.b, now=now)
    take_step(world.actor(world.agent_all), two.pk, "start", Given(), now=now)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.agent_all)
        desk.goto("/tickets/?status=live&sort=newest")
        page = desk.page
        for ticket in (one, two):
            page.locator(f"#row-{ticket.pk} [data-pick]").check()
        page.get_by_role("button", name="Me les affecter", exact=True).click()
        page.locator("#bulk-body button[type=submit]").click()
        page.locator("#bulk-body .banner--ok").wait_for()
        page.locator(f"#row-{one.pk}", has_text=world.agent_all.name).wait_for()
        assert page.locator("#bulk").evaluate("e => e.open")
        assert page.locator("[data-bulk]").is_hidden()
        assert page.locator("#queue-views [aria-current]").count() == 1
        page.locator("#bulk-body [data-closes]").click()
        assert not page.locator("#bulk").evaluate("e => e.open")
        assert set(Ticket.objects.values_list("assignee", flat=True)) == {world.agent_all.pk}
        assert desk.troubles == []


def test_every_place_is_reached_on_a_phone(live_server: Any) -> None:
    world = build_world()
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin, viewport={"width": 390, "height": 844})
        desk.goto(reverse("people"))
        page = desk.page
        shown = page.locator(".rail .rail__link:visible")
        boxes = [one.evaluate(BOX) for one in shown.all()]
        assert all(box[0] >= 0 and box[2] <= 390 for box in boxes)
        assert page.evaluate("document.querySelector('.rail').scrollWidth") <= 390
        page.locator(".rail__more summary").click()
        under = page.locator(".rail__more .menu__item")
        wide = page.locator(".rail li:not(.rail__more) .rail__link")
        at_hand = wide.count() - under.count()
        assert [one.get_attribute("href") for one in under.all()] == [
            one.get_attribute("href") for one in wide.all()[at_hand:]
        ]
        assert under.last.is_visible()
        assert under.first.evaluate(BOX)[1] >= 0
        assert desk.violations() == []
        under.last.click()
        page.wait_for_url(f"**{reverse('administration')}")
        assert page.locator(".rail__more summary[aria-current]").count() == 1
        page.set_viewport_size({"width": 1440, "height": 900})
        assert not page.locator(".rail__more").is_visible()
        assert page.locator(".rail__end .rail__link").is_visible()
        assert desk.troubles == []
