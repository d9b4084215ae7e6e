"""A mail is stored once, with its job, or not at all."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import START
from vigie.channels.mail.actions.intake import store
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.kernel.refusal import Refusal

pytestmark = pytest.mark.django_db
MAIL = b"Message-ID: <1@client.example>\r\nSubject: Panne\r\n\r\nBonjour\r\n"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox.objects.create(name="Support", address="support@nord.example", created_at=START)


def waiting() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="mail.settle").order_by("id")
    return [args["inbound_id"] for args in jobs.values_list("args", flat=True)]


def test_bytes_hash_place_and_job_are_kept_together(mailbox: Mailbox) -> None:
    done = store(mailbox, MAIL, now=START, uidvalidity=7, uid=3, envelope_from="user@client.example")
    mail = InboundMail.objects.get()
    assert (done.mail_id, done.is_new) == (mail.pk, True)
    assert bytes(mail.raw) == MAIL
    assert mail.sha256 == hashlib.sha256(MAIL).hexdigest()
    assert (mail.uidvalidity, mail.uid, mail.envelope_from, mail.state) == (
        7, 3, "user@client.example", "received",
    )  # fmt: skip
    assert waiting() == [mail.pk]


def test_the_same_bytes_are_stored_once_and_read_once(mailbox: Mailbox) -> None:
    first = store(mailbox, MAIL, now=START, uidvalidity=7, uid=3)
    again = store(mailbox, MAIL, now=START, uidvalidity=8, uid=1)
    assert (again.mail_id, again.is_new) == (first.mail_id, False)
    mail = InboundMail.objects.get()
    assert (mail.uidvalidity, mail.uid) == (8, 1), "the row follows a folder that was renumbered"
    assert waiting() == [mail.pk]


def test_another_mailbox_keeps_its_own_copy(mailbox: Mailbox) -> None:
    other = Mailbox.objects.create(name="Autre", address="autre@nord.example", created_at=START)
    assert store(mailbox, MAIL, now=START).is_new
    assert store(other, MAIL, now=START).is_new


def test_the_same_message_id_over_other_bytes_is_another_mail(mailbox: Mailbox) -> None:
    assert store(mailbox, MAIL, now=START).is_new
    assert store(mailbox, MAIL + b"encore\r\n", now=START).is_new
    assert len(waiting()) == 2


def test_a_server_that_numbers_twice_hides_no_mail(mailbox: Mailbox) -> None:
    store(mailbox, MAIL, now=START, uidvalidity=7, uid=3)
    other = store(mailbox, MAIL + b"autre\r\n", now=START, uidvalidity=7, uid=3)
    assert other.is_new
    assert InboundMail.objects.get(pk=other.mail_id).uid is None


def test_a_mail_too_large_is_refused_whole(mailbox: Mailbox, settings: Any) -> None:
    settings.MAIL_SIZE_LIMIT = len(MAIL) - 1
    with pytest.raises(Refusal) as refused:
        store(mailbox, MAIL, now=START)
    assert refused.value.code == "mail.too_big"
    assert (InboundMail.objects.count(), waiting()) == (0, [])


def test_any_bytes_are_accepted(mailbox: Mailbox) -> None:
    for raw in (b"", b"\0\xff\xfe", bytes(range(256)) * 50):
        assert store(mailbox, raw, now=START, envelope_from="a\0b").is_new
    assert {bytes(raw) for raw in InboundMail.objects.values_list("raw", flat=True)} >= {b"", b"\0\xff\xfe"}
