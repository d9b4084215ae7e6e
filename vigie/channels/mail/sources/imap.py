"""An IMAP folder as a source: what is wanted, fetched without touching it, and let go of once it is stored.

What is wanted: every unread mail, and every mail past the highest number handled before. Now and then, and whenever
the server has renumbered the folder (UIDVALIDITY), the whole folder since the mailbox was set up is compared with what is
stored, so that a wrong memory of ours hides nothing. A mailbox seen for the first time gives its unread mails only.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.sources import Keep, Round, too_big
from vigie.channels.mail.sources.line import (
    CONNECT_SECONDS,
    READ_SECONDS,
    explained,
    refuse_plain_line,
    said,
    tls_context,
)
from vigie.kernel.refusal import Refusal
from vigie.toolkit.crashpoints import crashpoint
from vigie.toolkit.jobs import stop_asked

# A round begins no new group after ROUND_SECONDS; a line that trickles is cut after LINE_SECONDS.
ROUND_SECONDS, LINE_SECONDS = 40, 150
GROUP_MAILS, GROUP_BYTES = 50, 8 * 1024 * 1024
AT_ONCE, WINDOW = 1000, 50_000

BODY = b"BODY[]"
Known = Callable[[int, list[int]], set[int]]


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the last rounds came to; ``uidvalidity`` None: the folder was never read."""

    uidvalidity: int | None
    last_uid: int
    look_everywhere: bool


def connect(mailbox: Mailbox) -> IMAPClient:
    """A line up to encryption, not signed in."""
    encrypted = mailbox.security == Mailbox.Security.TLS
    if mailbox.security == Mailbox.Security.NONE:
        refuse_plain_line(mailbox.host, mailbox.port)
    with explained(mailbox.host):
        client = IMAPClient(
            mailbox.host,
            mailbox.port,
            ssl=encrypted,
            ssl_context=tls_context() if encrypted else None,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )
        client.normalise_times = False
        if mailbox.security == Mailbox.Security.STARTTLS:
            _encrypt(client, mailbox.host)
    return client


def _encrypt(client: IMAPClient, host: str) -> None:
    """Somebody on the way may have taken STARTTLS out of the offer: nothing is sent in clear then."""
    try:
        if not client.has_capability("STARTTLS"):
            raise Refusal("mail.starttls_missing", host=host, detail="")
        client.starttls(tls_context())
    except BaseException:
        with suppress(OSError):  # a handshake that failed closed the line already: what counts is why
            client.shutdown()
        raise


def sign_in(client: IMAPClient, mailbox: Mailbox, secret: str) -> None:
    with explained(mailbox.host):
        if mailbox.sign_in == Mailbox.SignIn.OAUTH:
            client.oauth2_login(mailbox.username, secret)
        else:
            client.login(mailbox.username, secret)


def select(client: IMAPClient, mailbox: Mailbox) -> tuple[int, int]:
    """Open the folder; ``(uidvalidity, uidnext)``."""
    try:
        answer = client.select_folder(mailbox.folder)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise Refusal("mail.folder_missing", folder=mailbox.folder, detail=said(error)) from error
    if b"READ-WRITE" not in answer:
        raise Refusal("mail.folder_read_only", folder=mailbox.folder, detail="")
    return answer[b"UIDVALIDITY"], answer.get(b"UIDNEXT", 1)


@contextmanager
def opened(mailbox: Mailbox, secret: str) -> Iterator[IMAPClient]:
    """A line signed in, cut for good after ``LINE_SECONDS`` even when the server trickles."""
    client = connect(mailbox)
    cutter = threading.Timer(LINE_SECONDS, client.shutdown)
    cutter.daemon = True
    cutter.start()
    try:
        with explained(mailbox.host), client:
            sign_in(client, mailbox, secret)
            yield client
    finally:
        cutter.cancel()


def fetch_round(
    mailbox: Mailbox, secret: str, memory: Memory, keep: Keep, known: Known
) -> tuple[Round, Memory]:
    """One round. ``known(uidvalidity, uids)`` tells which are stored already. What it came to, to be remembered."""
    with opened(mailbox, secret) as client:
        uidvalidity, uidnext = select(client, mailbox)
        if memory.uidvalidity not in (None, uidvalidity):
            memory = Memory(uidvalidity, 0, look_everywhere=True)
        wanted = _wanted(client, mailbox, memory, (uidvalidity, uidnext), known)
        return _Folder(client, mailbox, uidvalidity, keep).bring(wanted, max(memory.last_uid, uidnext - 1))


def _wanted(
    client: IMAPClient, mailbox: Mailbox, memory: Memory, place: tuple[int, int], known: Known
) -> list[int]:
    uidvalidity, uidnext = place
    unread = client.search(["UNSEEN", "UNDELETED"])
    if memory.uidvalidity is None:
        return sorted(unread)
    if memory.look_everywhere:
        found = _all_since(client, mailbox.created_at, uidnext)
    else:
        newer = client.search(["UNDELETED", "UID", f"{memory.last_uid + 1}:*"])
        found = {uid for uid in newer if uid > memory.last_uid}  # "n:*" always names the last mail
    others = sorted(found - set(unread))
    if mailbox.after_fetch == Mailbox.AfterFetch.SEEN:
        others = sorted(set(others) - known(uidvalidity, others))
    if memory.look_everywhere:
        others = _arrived_since(client, mailbox.created_at, others)
    return sorted({*unread, *others})


def _all_since(client: IMAPClient, since: dt.datetime, uidnext: int) -> set[int]:
    """Every mail since about that day, asked for in windows: an answer is one line, and lines have a limit."""
    day = since.date() - dt.timedelta(days=1)  # servers disagree on the zone of a date
    found: set[int] = set()
    for low in range(1, uidnext, WINDOW):
        found.update(client.search(["UNDELETED", "SINCE", day, "UID", f"{low}:{low + WINDOW - 1}"]))
    return found


def _arrived_since(client: IMAPClient, since: dt.datetime, uids: list[int]) -> list[int]:
    """The server's date of arrival is to the second."""
    arrived: list[int] = []
    for some in _slices(uids):
        dates = client.fetch(some, ["INTERNALDATE"])
        arrived += [uid for uid, row in dates.items() if row[b"INTERNALDATE"] >= since]
    return arrived


def _slices(uids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), AT_ONCE):
        yield uids[start : start + AT_ONCE]


@dataclass(slots=True)
class _Folder:
    """The folder being emptied in one round."""

    client: IMAPClient
    mailbox: Mailbox
    uidvalidity: int
    keep: Keep

    def bring(self, wanted: list[int], highest: int) -> tuple[Round, Memory]:
        """Store what is wanted, group by group; remember the highest number below which nothing is owed."""
        done, ends, owed = Round(), time.monotonic() + ROUND_SECONDS, []
        groups = self._groups(wanted, done)
        for group in groups:
            if time.monotonic() > ends or stop_asked():
                owed += group
                continue
            owed += self._bring_group(group, done)
        done.left = len(owed)
        last_uid = min(owed) - 1 if owed else max([highest, *wanted])
        return done, Memory(self.uidvalidity, last_uid, look_everywhere=False)

    def _groups(self, wanted: list[int], done: Round) -> list[list[int]]:
        """Mails small enough to come together; those past the limit stay on the server, and it is said."""
        groups: list[list[int]] = []
        room = 0
        for some in _slices(wanted):
            sizes = self.client.fetch(some, ["RFC822.SIZE"])
            for uid in some:
                size = sizes.get(uid, {}).get(b"RFC822.SIZE", 0)
                if size > settings.MAIL_SIZE_LIMIT:
                    done.warning = too_big(size)
                    continue
                if not groups or size > room or len(groups[-1]) >= GROUP_MAILS:
                    groups.append([])
                    room = GROUP_BYTES
                groups[-1].append(uid)
                room -= size
        return groups

    def _bring_group(self, group: list[int], done: Round) -> list[int]:
        """Fetch, store, let go. The numbers that could not be fetched: one bad mail holds up no other."""
        stored: list[int] = []
        crashpoint("imap.before_fetch")
        for uid, raw in self._bodies(group):
            crashpoint("imap.after_fetch")
            try:
                done.count(self.keep(raw, self.uidvalidity, uid))
            except Refusal as refusal:  # larger than the server had said
                done.warning = refusal
                continue
            stored.append(uid)
        self._let_go(stored)
        crashpoint("imap.after_flag")
        missing = self._still_there(sorted(set(group) - set(stored)))
        if missing and done.warning is None:
            done.warning = Refusal("mail.message_unreadable", count=len(missing), detail=f"UID {missing[0]}")
        return missing

    def _bodies(self, group: list[int]) -> Iterator[tuple[int, bytes]]:
        """``(uid, raw)`` of a group; one by one when the server stumbles over one of them."""
        try:
            yield from _complete(self.client.fetch(group, ["BODY.PEEK[]"]))
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            for uid in group:
                try:
                    yield from _complete(self.client.fetch([uid], ["BODY.PEEK[]"]))
                except IMAPClientAbortError:
                    raise
                except IMAPClientError:
                    continue

    def _still_there(self, uids: list[int]) -> list[int]:
        """A mail that somebody moved away meanwhile is owed no longer."""
        if not uids:
            return []
        return sorted(self.client.search(["UNDELETED", "UID", ",".join(map(str, uids))]))

    def _let_go(self, uids: list[int]) -> None:
        """Mark, move or delete what is stored."""
        if not uids:
            return
        after = self.mailbox.after_fetch
        if after == Mailbox.AfterFetch.SEEN:
            self.client.add_flags(uids, [b"\\Seen"], silent=True)
        elif after == Mailbox.AfterFetch.MOVE and self.client.has_capability("MOVE"):
            self.client.move(uids, self.mailbox.done_folder)
        else:
            if after == Mailbox.AfterFetch.MOVE:
                self.client.copy(uids, self.mailbox.done_folder)
            self.client.add_flags(uids, [b"\\Seen", b"\\Deleted"], silent=True)
            if self.client.has_capability("UIDPLUS"):  # a bare EXPUNGE would remove what others marked
                self.client.uid_expunge(uids)


def _complete(answer: dict[int, dict[bytes, object]]) -> Iterator[tuple[int, bytes]]:
    for uid, row in answer.items():
        raw = row.get(BODY)
        if isinstance(raw, bytes):
            yield uid, raw
