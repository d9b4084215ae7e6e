"""Mails that come back, files that travel, and a sender that is killed: nothing is lost, nobody is told twice over."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from psycopg.conninfo import make_conninfo

from tests.world import START, ClientWorld, World
from tests.world import report as reported
from vigie.channels.mail import outgoing
from vigie.channels.mail.models import DeadAddress, Mailbox
from vigie.channels.mail.outgoing import actions, bounces
from vigie.channels.mail.outgoing.dispatch import dispatch
from vigie.channels.mail.outgoing.transport import Patience
from vigie.channels.mail.rules.delivery_status import Failed
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.kernel.refusal import NotFound
from vigie.notifications.labels import mail_words
from vigie.notifications.models import Delivery, Notice
from vigie.tickets.actions.conversation import Said, reply, upload
from vigie.tickets.models import Attachment, Ticket
from vigie.tickets.queries.told import tell
from vigie.toolkit.models import JournalEntry

LATER = START + dt.timedelta(hours=3)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


def report(world: World, client: ClientWorld | None = None, **more: object) -> Ticket:
    """A ticket that its requester asked for by mail, and that is acknowledged by mail."""
    return reported(world, client, channel="email", **more)  # type: ignore[arg-type]


def open_desk(sink: Sink) -> Mailbox:
    return Mailbox.objects.create(
        name="Support", address="support@nord.example", smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none",
        created_at=START,
    )  # fmt: skip


def send(now: dt.datetime = LATER) -> None:
    dispatch(lambda: now, Patience(connect=5, answer=2, content=2, whole=5))


def attach(world: World, name: str, data: bytes) -> Attachment:
    return upload(world.actor(world.agent), world.a.organisation.pk, name, len(data), [data], now=LATER)


def failed(address: str, original_id: str = "", reason: str = "unknown_user") -> Failed:
    return Failed(address, "5.1.1", "550", reason, True, "550 5.1.1 unknown", original_id)


@pytest.mark.django_db
def test_pictures_and_files_travel_and_what_is_too_large_is_a_link(world: World, sink: Sink) -> None:
    open_desk(sink)
    ticket = report(world)
    picture, notes = attach(world, "écran.png", PNG), attach(world, "notes é.txt", "déjà vu".encode())
    large = attach(world, "dump.log", b"x" * 4000)
    body = f'<p>Voici.</p><img src="/files/{picture.token}">'
    with override_settings(MAIL_FILES_LIMIT=3000):
        reply(world.actor(world.agent), ticket.pk, Said(body, uploads=[notes.token, large.token]), now=LATER)
        send()
    sent = sink.to("user@alpha.example")[-1]
    parts = {part.get_filename(): part for part in sent.mail.walk() if part.get_filename()}
    assert sorted(parts) == ["notes é.txt", "écran.png"]
    assert parts["écran.png"].get_payload(decode=True) == PNG
    assert parts["notes é.txt"].get_payload(decode=True).decode() == "déjà vu"
    name = parts["écran.png"]["Content-ID"].strip("<>")
    assert f'src="cid:{name}"' in sent.html
    for shown in (sent.html, sent.text):
        assert f"{settings.VIGIE_URL}/files/{large.token}" in shown
    assert "dump.log" in sent.text


@pytest.mark.django_db
def test_a_bounce_comes_back_to_its_ticket_and_the_third_suspends_the_address(
    world: World, sink: Sink
) -> None:
    open_desk(sink)
    ticket = report(world, assignee_id=None)
    ticket.assignee = world.agent
    ticket.save(update_fields=["assignee"])
    for n in range(3):
        reply(world.actor(world.agent), ticket.pk, Said(f"<p>{n}</p>"), now=LATER)
        send(LATER + dt.timedelta(minutes=n))
        row = Delivery.objects.filter(address="user@alpha.example").latest("id")
        assert bounces.bounced(failed("user@alpha.example", row.header_id), now=LATER)
        again = bounces.bounced(failed("user@alpha.example", row.header_id), now=LATER)
        assert not again, "the same report twice counts once"
    row.refresh_from_db()
    assert (row.state, row.answer) == ("bounced", "550 5.1.1 unknown")
    assert ticket.facts.filter(kind="undelivered", audience="internal").count() == 3
    assert Notice.objects.filter(kind="mail_undelivered", recipient=world.agent).count() == 3
    dead = DeadAddress.objects.get()
    assert (dead.address, dead.hard_bounces, dead.suspended_at, dead.person) == (
        "user@alpha.example", 3, LATER, world.a.user,
    )  # fmt: skip
    reply(world.actor(world.agent), ticket.pk, Said("<p>encore</p>"), now=LATER)
    send(LATER + dt.timedelta(hours=1))
    assert Delivery.objects.filter(address="user@alpha.example").latest("id").answer == "suspended"
    with pytest.raises(NotFound):
        actions.use_again(world.actor(world.agent), world.b.user.pk, now=LATER)
    actions.use_again(world.actor(world.agent), world.a.user.pk, now=LATER)
    dead.refresh_from_db()
    assert (dead.hard_bounces, dead.suspended_at) == (0, None)
    entries = JournalEntry.objects.filter(subject="accounts.person", subject_id=world.a.user.pk).order_by(
        "id"
    )
    assert list(entries.values_list("verb", flat=True))[-2:] == ["address_suspended", "address_used_again"]


@pytest.mark.django_db
def test_a_report_without_a_word_of_the_server_is_told_in_ours(world: World, sink: Sink) -> None:
    open_desk(sink)
    ticket = report(world)
    send(START)
    row = Delivery.objects.get(address="user@alpha.example")
    silent = Failed("user@alpha.example", "5.1.1", "", "unknown_user", True, "", row.header_id)
    assert bounces.bounced(silent, now=LATER)
    row.refresh_from_db()
    shown = mail_words(row.state, row.answer, row.sent_at, tried=True)
    line = tell(
        ticket.facts.values("kind", "before", "after", "side", "actor_name").get(kind="undelivered"), {}
    )
    assert line is not None
    for words in (shown, line.text, DeadAddress.objects.get().last_reason):
        assert "cette adresse n’existe pas" in words
        assert "unknown_user" not in words


@pytest.mark.django_db
def test_a_report_without_an_id_means_the_last_mail_to_that_address(world: World, sink: Sink) -> None:
    open_desk(sink)
    report(world)
    send(START)
    assert not bounces.bounced(failed("nobody@alpha.example"), now=LATER)
    assert not bounces.bounced(failed("user@alpha.example", "forged@evil.example"), now=LATER)
    assert not bounces.bounced(failed("user@alpha.example", reason="delayed"), now=LATER)
    assert bounces.bounced(failed("USER@alpha.example"), now=LATER)
    assert Delivery.objects.get().state == "bounced"
    assert not DeadAddress.objects.exists(), "anybody can write such a report"


SENDER = """
import django; django.setup()
from django.utils import timezone
from vigie.channels.mail.outgoing.dispatch import dispatch
dispatch(timezone.now)
"""


def crash_points() -> list[str]:
    sources = Path(outgoing.__file__).parent.glob("*.py")
    return sorted(
        name for path in sources for name in re.findall(r'crashpoint\("([a-z0-9_.]+)"\)', path.read_text())
    )


@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_anywhere_sends_again_under_the_same_message_id(
    world: World, sink: Sink, tmp_path: Path
) -> None:
    open_desk(sink)
    ticket = report(world)
    Delivery.objects.all().delete()
    assert len(crash_points()) >= 5
    place = connection.settings_dict
    dsn = make_conninfo(
        dbname=place["NAME"],
        user=place["USER"],
        password=place["PASSWORD"],
        host=place["HOST"],
        port=place["PORT"],
    )
    variables = os.environ | {
        "DATABASE_URL": dsn, "DJANGO_SETTINGS_MODULE": "vigie.config.settings", "VIGIE_CRASH_FOLDER": str(tmp_path),
        "VIGIE_SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    for point in crash_points():
        sink.taken.clear()
        reply(world.actor(world.agent), ticket.pk, Said(f"<p>{point}</p>"), now=LATER)
        (tmp_path / point).touch()
        child = subprocess.run([sys.executable, "-c", SENDER], env=variables, check=False)
        assert child.returncode == -signal.SIGKILL, point
        before = len(sink.taken)
        row = Delivery.objects.latest("id")
        assert row.header_id, point
        Delivery.objects.filter(pk=row.pk).update(claimed_until=LATER)  # its time in hand is over
        send(LATER + dt.timedelta(minutes=2))
        row.refresh_from_db()
        assert row.state == "sent", point
        assert 1 <= len(sink.taken) <= 2, point
        assert {one.mail["Message-ID"] for one in sink.taken} == {f"<{row.header_id}>"}, point
        assert before == (1 if point in ("out.after_250_before_mark", "out.after_mark") else before), point
