"""Rounds against a real IMAP server: what is taken, what is left, what is remembered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import START, World
from vigie.channels.mail import tasks
from vigie.channels.mail.actions import fetching, intake
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import Round
from vigie.channels.mail.sources import imap as source
from vigie.channels.mail.tests.conftest import MakeMailbox
from vigie.channels.mail.tests.servers import ImapServer
from vigie.notifications.models import Notice

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def mail(number: int, size: int = 0) -> bytes:
    return b"Message-ID: <%d@client.example>\r\nSubject: n\r\n\r\n%s\r\n" % (number, b"x" * size)


def fetch(mailbox: Mailbox, now: dt.datetime = START) -> Round:
    done = fetching.fetch(mailbox.pk, now=now)
    assert isinstance(done, Round), done
    mailbox.refresh_from_db()
    return done


def stored(mailbox: Mailbox) -> set[bytes]:
    return {bytes(raw) for raw in InboundMail.objects.filter(mailbox=mailbox).values_list("raw", flat=True)}


def test_unread_mails_are_taken_and_only_then_marked(imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, *(mail(n) for n in range(60)))
    assert fetch(mailbox).stored == 60
    assert stored(mailbox) == {mail(n) for n in range(60)}
    assert set(map(frozenset, imap.flags(mailbox.username).values())) == {frozenset({b"\\Seen"})}
    assert (fetch(mailbox).stored, fetch(mailbox).known) == (0, 0)


def test_a_worker_told_to_stop_leaves_the_rest_to_the_next_round(
    imap: ImapServer, make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, *(mail(n) for n in range(60)))
    with monkeypatch.context() as stopping:
        stopping.setattr(source, "stop_asked", lambda: InboundMail.objects.exists())
        done = fetch(mailbox)
    assert (done.stored, done.left) == (source.GROUP_MAILS, 10)
    assert fetch(mailbox).stored == 10


def test_what_people_had_read_before_is_left_to_them(imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, mail(1), mail(2))
    with imap.client(mailbox.username) as client:
        client.add_flags([1], [b"\\Seen"])
    assert fetch(mailbox).stored == 1
    assert stored(mailbox) == {mail(2)}
    assert fetch(mailbox, START + DAY).stored == 1, "it arrived after the mailbox was set up"


def test_a_mail_that_somebody_read_first_is_taken_all_the_same(
    imap: ImapServer, make_mailbox: MakeMailbox
) -> None:
    mailbox = make_mailbox()
    fetch(mailbox)
    imap.put(mailbox.username, mail(1))
    with imap.client(mailbox.username) as client:
        client.add_flags([1], [b"\\Seen"])
    assert fetch(mailbox).stored == 1


@pytest.mark.parametrize("read", [False, True])
def test_a_wrong_memory_hides_no_mail(imap: ImapServer, make_mailbox: MakeMailbox, read: bool) -> None:
    mailbox = make_mailbox()
    fetch(mailbox)
    imap.put(mailbox.username, mail(1))
    if read:
        with imap.client(mailbox.username) as client:
            client.add_flags([1], [b"\\Seen"])
    Mailbox.objects.filter(pk=mailbox.pk).update(last_uid=900)
    assert fetch(mailbox).stored == (0 if read else 1)
    assert fetch(mailbox, START + DAY).stored == (1 if read else 0)


def test_mails_from_before_the_mailbox_are_never_imported_by_a_full_look(
    imap: ImapServer, make_mailbox: MakeMailbox
) -> None:
    mailbox = make_mailbox()
    with imap.client(mailbox.username) as client:
        client.append("INBOX", mail(1), flags=[b"\\Seen"], msg_time=START - dt.timedelta(hours=3))
    fetch(mailbox)
    assert fetch(mailbox, START + DAY).stored == 0


def test_a_renumbered_folder_is_looked_through_and_nothing_comes_twice(
    imap: ImapServer, make_mailbox: MakeMailbox
) -> None:
    mailbox = make_mailbox(folder="Support")
    with imap.client(mailbox.username) as client:
        client.create_folder("Support")
    imap.put(mailbox.username, *(mail(n) for n in range(5)), folder="Support")
    assert fetch(mailbox).stored == 5
    before = mailbox.uidvalidity
    with imap.client(mailbox.username) as client:
        client.delete_folder("Support")
        client.create_folder("Support")
        for number in (9, 4, 3, 2, 1, 0):
            client.append("Support", mail(number), flags=[b"\\Seen"])
    done = fetch(mailbox)
    assert mailbox.uidvalidity != before
    assert (done.stored, done.known) == (1, 5)
    assert InboundMail.objects.filter(mailbox=mailbox).count() == 6
    assert (fetch(mailbox).known, ProcrastinateJob.objects.filter(task_name="mail.settle").count()) == (0, 6)


def test_stored_mails_are_moved(imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    mailbox = make_mailbox(after_fetch="move", done_folder="Traités")
    with imap.client(mailbox.username) as client:
        client.create_folder("Traités")
    imap.put(mailbox.username, mail(1), mail(2))
    assert fetch(mailbox).stored == 2
    assert imap.flags(mailbox.username) == {}
    assert len(imap.flags(mailbox.username, "Traités")) == 2


def test_stored_mails_are_deleted_and_those_that_others_marked_stay(
    imap: ImapServer, make_mailbox: MakeMailbox
) -> None:
    mailbox = make_mailbox(after_fetch="delete")
    imap.put(mailbox.username, mail(1), mail(2))
    with imap.client(mailbox.username) as client:
        client.add_flags([1], [b"\\Deleted"])
    assert fetch(mailbox).stored == 1
    assert list(imap.flags(mailbox.username)) == [1]


def test_a_mail_too_large_stays_unread_and_is_told_once(
    imap: ImapServer, make_mailbox: MakeMailbox, settings: Any, world: World
) -> None:
    settings.MAIL_SIZE_LIMIT = 2_000_000
    mailbox = make_mailbox()
    imap.put(mailbox.username, mail(1), mail(2, 3_000_000), mail(3))
    assert fetch(mailbox).stored == 2
    assert imap.flags(mailbox.username)[2] == set()
    assert (mailbox.trouble, mailbox.trouble_detail, mailbox.failures) == ("mail.too_big", "3 MB", 0)
    assert [fetching.raise_alarms(START), fetching.raise_alarms(START)] == [1, 0]
    fetch(mailbox)
    assert fetching.raise_alarms(START) == 0
    settings.MAIL_SIZE_LIMIT = 4_000_000
    assert fetch(mailbox).stored == 1
    assert (mailbox.trouble, mailbox.alarmed_at) == ("", None)


def test_a_mail_that_the_server_cannot_give_holds_up_no_other(
    imap: ImapServer, make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, mail(1), mail(2), mail(3))
    whole = source.IMAPClient.fetch

    def stumble(client: Any, uids: list[int], data: list[str], **more: Any) -> Any:
        if data == ["BODY.PEEK[]"] and 2 in uids:
            raise source.IMAPClientError("fetch failed: internal error")
        return whole(client, uids, data, **more)

    monkeypatch.setattr(source.IMAPClient, "fetch", stumble)
    done = fetch(mailbox)
    assert (done.stored, done.left, mailbox.trouble, mailbox.last_uid) == (2, 1, "mail.message_unreadable", 1)
    monkeypatch.undo()
    assert fetch(mailbox).stored == 1
    assert (mailbox.trouble, mailbox.last_uid) == ("", 3)


def test_a_database_that_refuses_leaves_the_mail_unread(
    imap: ImapServer, make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, mail(1))

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(intake, "_keep", refuse)
    fetching.fetch(mailbox.pk, now=START)
    mailbox.refresh_from_db()
    assert imap.flags(mailbox.username) == {1: set()}
    assert mailbox.trouble
    monkeypatch.undo()
    assert fetch(mailbox).stored == 1


@pytest.mark.parametrize("name", ['Sup"port', "Boîte à idées", "a b (c)", "%x & y", "back\\slash"])
def test_folder_names_are_quoted(imap: ImapServer, make_mailbox: MakeMailbox, name: str) -> None:
    mailbox = make_mailbox(folder=name)
    with imap.client(mailbox.username) as client:
        client.create_folder(name)
    imap.put(mailbox.username, mail(1), folder=name)
    assert fetch(mailbox).stored == 1


def test_a_mailbox_pointed_elsewhere_during_a_round_remembers_nothing_of_it(
    imap: ImapServer, make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = make_mailbox()
    imap.put(mailbox.username, mail(1))
    whole = intake.store

    def store(*args: Any, **more: Any) -> Any:
        Mailbox.objects.filter(pk=mailbox.pk).update(folder="Autre")
        return whole(*args, **more)

    monkeypatch.setattr(intake, "store", store)
    assert fetch(mailbox).stored == 1
    assert (mailbox.uidvalidity, mailbox.last_uid, mailbox.succeeded_at) == (None, 0, None)


class TestHealth:
    def fail(self, mailbox: Mailbox, now: dt.datetime) -> None:
        fetching.fetch(mailbox.pk, now=now)
        mailbox.refresh_from_db()

    def test_failures_wait_longer_and_success_clears_them(
        self, imap: ImapServer, make_mailbox: MakeMailbox
    ) -> None:
        mailbox, waits = make_mailbox(folder="Absent"), []
        for _ in range(7):
            self.fail(mailbox, START)
            assert mailbox.retry_at
            waits.append(int((mailbox.retry_at - START).total_seconds()))
        assert waits == [20, 40, 80, 160, 300, 300, 300]
        assert (mailbox.trouble, mailbox.failures) == ("mail.folder_missing", 7)
        assert mailbox.pk not in fetching.due(START)
        with imap.client(mailbox.username) as client:
            client.create_folder("Absent")
        fetch(mailbox)
        assert (mailbox.trouble, mailbox.failures, mailbox.succeeded_at) == ("", 0, START)

    def test_administrators_are_told_once_after_ten_minutes(
        self, world: World, make_mailbox: MakeMailbox
    ) -> None:
        mailbox = make_mailbox(folder="Absent", succeeded_at=START)
        self.fail(mailbox, START)
        assert fetching.raise_alarms(START + dt.timedelta(minutes=9)) == 0
        late = START + dt.timedelta(minutes=11)
        assert [fetching.raise_alarms(late), fetching.raise_alarms(late)] == [1, 0]
        assert [(n.recipient, n.kind) for n in Notice.objects.all()] == [(world.admin, "mailbox_troubled")]

    def test_a_round_asked_for_that_never_runs_is_told_too(
        self, world: World, make_mailbox: MakeMailbox
    ) -> None:
        make_mailbox(succeeded_at=START, polled_at=START, asked_at=START + dt.timedelta(minutes=1))
        assert fetching.raise_alarms(START + dt.timedelta(minutes=10)) == 0
        assert fetching.raise_alarms(START + dt.timedelta(minutes=12)) == 1

    def test_a_worker_that_was_down_raises_no_false_alarm(self, make_mailbox: MakeMailbox) -> None:
        make_mailbox(succeeded_at=START, polled_at=START, asked_at=START - dt.timedelta(seconds=1))
        assert fetching.raise_alarms(START + dt.timedelta(hours=3)) == 0

    def test_each_due_mailbox_gets_one_job(self, make_mailbox: MakeMailbox) -> None:
        due = [make_mailbox(), make_mailbox()]
        make_mailbox(is_active=False)
        make_mailbox(source="pipe")
        for _ in range(2):
            tasks.schedule_fetches(0)
        jobs = ProcrastinateJob.objects.filter(task_name="mail.fetch").order_by("id")
        assert [(job.args["mailbox_id"], job.lock) for job in jobs] == [
            (mailbox.pk, f"mail.fetch:{mailbox.pk}") for mailbox in due
        ]
