"""Two windows of one agent on one ticket: neither text is lost."""

from __future__ import annotations

import datetime as dt
import html
import json
import re

import pytest
from django.urls import reverse

from tests.world import START, World, report
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.drafting import Typed, keep_words
from vigie.tickets.models import Draft
from vigie.tickets.queries.page import ticket_page
from vigie.tickets.tests.test_queue_page import signed_in

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


def test_the_second_window_is_told_and_keeps_its_text(world: World) -> None:
    agent, ticket = world.actor(world.agent), report(world)
    place = f"reply:{ticket.pk}"
    first = keep_words(agent, place, Typed("<div>un</div>", "a"), now=START)
    again = keep_words(agent, place, Typed("<div>un et plus</div>", "a", first.version), now=START + SECOND)
    assert not again.overtaken
    second = keep_words(agent, place, Typed("<div>deux</div>", "b", ""), now=START + 2 * SECOND)
    assert (second.overtaken, second.body) == (True, "<div>un et plus</div>")
    page = ticket_page(agent, ticket.pk, now=START)
    assert page.drafts["reply"] == "<div>un et plus</div>"
    assert page.beside["reply"] == "<div>deux</div>"
    both = Typed("<div>deux, un et plus</div>", "b", second.version, settles=True)
    assert not keep_words(agent, place, both, now=START + 3 * SECOND).overtaken
    page = ticket_page(agent, ticket.pk, now=START)
    assert (page.drafts["reply"], page.beside["reply"]) == ("<div>deux, un et plus</div>", "")
    late = keep_words(agent, place, Typed("<div>un encore</div>", "a", again.version), now=START + 4 * SECOND)
    assert late.overtaken


def test_a_window_opened_on_the_draft_goes_on_with_it(world: World) -> None:
    agent, ticket = world.actor(world.agent), report(world)
    place = f"note:{ticket.pk}"
    keep_words(agent, place, Typed("un", "a"), now=START)
    seen = ticket_page(agent, ticket.pk, now=START).versions["note"]
    assert not keep_words(agent, place, Typed("un, deux", "b", seen), now=START + SECOND).overtaken
    assert not keep_words(agent, place, Typed("", "a"), now=START + 2 * SECOND).overtaken
    assert Draft.objects.get().content["body"] == "un, deux"


def test_what_was_not_sent_stays_when_the_other_is_sent(world: World) -> None:
    agent, ticket = world.actor(world.agent), report(world)
    place = f"reply:{ticket.pk}"
    keep_words(agent, place, Typed("un", "a"), now=START)
    keep_words(agent, place, Typed("deux", "b"), now=START + SECOND)
    reply(agent, ticket.pk, Said("un", is_html=False), now=START + 2 * SECOND)
    assert ticket_page(agent, ticket.pk, now=START).drafts["reply"] == "deux"
    reply(agent, ticket.pk, Said("deux", is_html=False), now=START + 3 * SECOND)
    assert not Draft.objects.exists()


def test_the_page_tells_both(world: World) -> None:
    ticket, desk = report(world), signed_in(world.agent)
    address = reverse("ticket_draft", args=[ticket.pk])
    first = desk.post(address, {"kind": "reply", "body": "<div>un</div>", "draft_window": "a"}).json()
    answer = desk.post(address, {"kind": "reply", "body": "<div>deux</div>", "draft_window": "b"})
    assert answer.status_code == 409
    assert (answer.json()["other"], answer.json()["seen"]) == ("<div>un</div>", first["seen"])
    page = desk.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "<div>deux</div>" in page
    assert "data-draft-other hidden" not in page
    told = re.search(r'data-draft-versions="([^"]*)"', page)
    assert told
    assert json.loads(html.unescape(told[1])) == {"reply": first["seen"], "note": ""}
