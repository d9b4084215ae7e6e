"""Pictures of a mail that stand elsewhere: never loaded unasked, then through Vigie alone, and only pictures."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import World, report
from vigie.tickets.models import Message, Ticket
from vigie.toolkit import outside

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
BODY = (
    '<p>Voyez</p><img src="https://suivi.example/a.png?u=42&amp;v=1" width="1"><IMG SRC=\'http://x.example/b.gif\'>'
    '<img src="https://suivi.example/a.png?u=42&amp;v=1"><img src="cid:z"><img src="/logout/">'
)


@pytest.fixture
def mailed(world: World) -> tuple[Ticket, Message]:
    ticket = report(world)
    message = ticket.messages.get()
    Message.objects.filter(pk=message.pk).update(body=BODY, is_html=True, via="mail")
    return ticket, message


def page_of(
    world: World, name: str, ticket: Ticket, message: Message, query: str = ""
) -> tuple[int, str, bytes]:
    client = Client()
    client.force_login(world.agent)
    answer = client.get(reverse(name, args=[ticket.pk, message.pk]) + query)
    return (
        answer.status_code,
        answer.headers.get("Content-Type", ""),
        b"".join(answer) if answer.streaming else answer.content,
    )


def test_they_are_counted_and_none_is_in_the_page(world: World, mailed: tuple[Ticket, Message]) -> None:
    client = Client()
    client.force_login(world.agent)
    shown = client.get(reverse("ticket", args=[mailed[0].pk])).content.decode()
    assert "suivi.example" not in shown
    assert "2 images" in shown
    assert reverse("message_images", args=[mailed[0].pk, mailed[1].pk]) in shown
    status, _, fragment = page_of(world, "message_images", *mailed)
    assert (status, fragment.count(b"<img")) == (200, 2)
    assert b"suivi.example" not in fragment


def test_one_is_fetched_by_vigie_and_served_so_that_it_cannot_act(
    world: World, mailed: tuple[Ticket, Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(url: str) -> outside.Fetched:
        asked.append(url)
        return outside.Fetched("text/html", PNG if "a.png" in url else b"<script>alert(1)</script>")

    monkeypatch.setattr(outside, "fetch", fetch)
    assert page_of(world, "message_image", *mailed) == (200, "image/png", PNG)
    assert asked == ["https://suivi.example/a.png?u=42&v=1"]
    status, _, content = page_of(world, "message_image", *mailed, "?n=1")
    assert status == 422
    assert b"<script>alert" not in content
    assert page_of(world, "message_image", *mailed, "?n=2")[0] == 404
    assert len(asked) == 2


def test_a_message_of_a_ticket_out_of_sight_shows_nothing(
    world: World, mailed: tuple[Ticket, Message]
) -> None:
    other = report(world, world.b)
    Message.objects.filter(ticket=other).update(body=BODY, is_html=True, via="mail")
    theirs = other.messages.get()
    assert page_of(world, "message_images", other, theirs)[0] == 404
    assert page_of(world, "message_images", mailed[0], theirs)[0] == 404
