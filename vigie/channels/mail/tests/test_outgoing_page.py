"""The administration page of outgoing mail, and the suspended address on a person's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.world import START, World, report
from vigie.accounts.models import Person
from vigie.channels.mail.models import DeadAddress, Mailbox
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.notifications.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


def signed_in(person: Person) -> Client:
    Person.objects.filter(pk=person.pk).update(language="en")
    client = Client()
    client.force_login(person)
    return client


def test_without_a_server_the_page_says_that_nothing_leaves(world: World) -> None:
    page = signed_in(world.admin).get(reverse("outgoing_mail")).content.decode()
    assert "No mail leaves this installation" in page
    answer = signed_in(world.admin).post(reverse("outgoing_test"))
    assert answer.status_code == 422
    assert "VIGIE_SMTP_HOST" in answer.content.decode()
    assert signed_in(world.agent).get(reverse("outgoing_mail")).status_code == 403


def test_a_test_mail_says_what_the_server_answers(world: World, sink: Sink) -> None:
    client = signed_in(world.admin)
    with override_settings(
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=sink.port, DEFAULT_FROM_EMAIL="vigie@nord.example"
    ):
        page = client.post(reverse("outgoing_test"), follow=True).content.decode()
        assert "A test mail is on its way to admin@nord.example." in page
        assert "No mail leaves this installation" not in page
        assert sink.one("admin@nord.example").mail["X-Loop"]
        sink.at_recipient["nord.example"] = "550 relay denied"
        page = client.post(reverse("outgoing_test"), follow=True).content.decode()
        assert "The test mail did not leave: 550 relay denied" in page


def test_what_was_refused_is_listed_and_sent_again(world: World) -> None:
    ticket = report(world, channel="email")
    Delivery.objects.update(state="failed", answer="550 <i>no</i>", attempts=1)
    client = signed_in(world.admin)
    page = client.get(reverse("outgoing_mail")).content.decode()
    assert "refused: 550 &lt;i&gt;no&lt;/i&gt;" in page
    assert ticket.reference in page
    row = Delivery.objects.get()
    client.post(reverse("outgoing_retry"), {"mail": [row.pk, "x", "9" * 30]})
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_what_was_not_sent_by_choice_is_listed_with_its_reason(world: World) -> None:
    shown, history = report(world, channel="email"), report(world, world.b, channel="email")
    Delivery.objects.filter(notice__subject_id=shown.pk).update(state="skipped", answer="suspended")
    Delivery.objects.filter(notice__subject_id=history.pk).update(state="skipped", answer="demo")
    client = signed_in(world.admin)

    def page(**asked: str) -> str:
        return client.get(reverse("outgoing_mail"), asked).content.decode()

    assert shown.reference not in page()
    for asked in ({}, {"reason": "suspended"}, {"reason": "nonsense"}):
        assert shown.reference in page(show="skipped", **asked)
        assert history.reference not in page(show="skipped", **asked)
    assert "not mailed: address suspended after refusals" in page(show="skipped")
    assert shown.reference not in page(show="skipped", reason="capped")


def test_what_had_no_server_to_leave_by_is_counted_and_never_said_to_have_left(world: World) -> None:
    ticket = report(world, channel="email")
    client = signed_in(world.admin)

    def page(**asked: str) -> str:
        return client.get(reverse("outgoing_mail"), asked).content.decode()

    assert "every mail left" in page()
    assert "not mailed: no outgoing mail server" not in page()
    Delivery.objects.filter(notice__subject_id=ticket.pk).update(state="skipped", answer="no_server")
    assert "every mail left" not in page()
    assert "No mail was refused." in page()
    number = Delivery.objects.filter(answer="no_server").count()
    assert f'<span class="tile__figure">{number}</span><a href' in page()
    assert ticket.reference in page(show="skipped", reason="no_server")


def test_a_suspended_address_shows_on_its_person_and_is_used_again(world: World) -> None:
    Mailbox.objects.create(name="x", address="x@nord.example", created_at=START)
    DeadAddress.objects.create(
        address="user@alpha.example",
        hard_bounces=3,
        last_reason="550 <b>gone</b>",
        last_at=START,
        suspended_at=START,
    )
    ticket = report(world)
    warning = "Mails to User Alpha do not arrive"
    assert warning in signed_in(world.agent).get(reverse("ticket", args=[ticket.pk])).content.decode()
    page = signed_in(world.agent).get(reverse("person", args=[world.a.user.pk])).content.decode()
    assert "Address suspended" in page
    assert "550 &lt;b&gt;gone&lt;/b&gt;" in page
    assert (
        "Address suspended"
        not in signed_in(world.agent).get(reverse("person", args=[world.a.vip.pk])).content.decode()
    )
    address = reverse("address_use_again", args=[world.a.user.pk])
    assert signed_in(world.agent).post(address).status_code == 302
    assert DeadAddress.objects.get().suspended_at is None
    assert warning not in signed_in(world.agent).get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert (
        signed_in(world.agent).post(reverse("address_use_again", args=[world.b.user.pk])).status_code == 404
    )
