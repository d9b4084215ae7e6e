"""The outside world: people who post forms and servers that hand mails over. Whoever is not told tries again."""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from imapclient import IMAPClient

from faults.ledger import Ledger
from faults.mails import Post
from faults.site import Site

FILE_EVERY = 20
PEOPLE_AT_ONCE = 4
AGAIN_AFTER = 0.5
NO_ROOM = 422  # the form again, with what was typed: its file found no room on the disk


class Sender(threading.Thread):
    """Sends one token after the other at ``rate`` a second until it is ended, then brings the last one home."""

    def __init__(self, name: str, site: Site, ledger: Ledger, rate: float) -> None:
        super().__init__(daemon=True, name=name)
        self.site, self.ledger, self.rate = site, ledger, rate
        self.ended = threading.Event()
        self.failed: list[str] = []

    def run(self) -> None:
        due = time.monotonic()
        while not self.ended.is_set():
            try:
                self.send(self.ledger.next_token())
            except Exception as error:  # said at the end, never silently
                self.failed.append(f"{self.name}: {type(error).__name__}: {error}")
            due = max(due + 1 / self.rate, time.monotonic() - 2)
            self.ended.wait(max(0.0, due - time.monotonic()))

    def send(self, token: str) -> None:
        raise NotImplementedError


class FormSender(Sender):
    """Posts the form of a new request; the same submission until it is answered with the ticket's page."""

    def send(self, token: str) -> None:
        cookie = self.site.prepared.cookies[int(token[2:]) % len(self.site.prepared.cookies)]
        self.ledger.sending(token, "form")
        while True:
            self.ledger.tried(token)
            if self._post(token, cookie):
                self.ledger.told(token)
                return
            time.sleep(AGAIN_AFTER)

    def _post(self, token: str, cookie: str) -> bool:
        body, content_type = _form(token, cookie.rpartition("csrf=")[2])
        web = http.client.HTTPConnection("127.0.0.1", self.site.web_port, timeout=15)
        try:
            web.request(
                "POST", "/portal/new/?type=incident", body=body,
                headers={"Cookie": cookie, "Accept": "text/html", "Content-Type": content_type},
            )  # fmt: skip
            answer = web.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            web.close()
        if answer.status >= 500 or answer.status == NO_ROOM:
            self.ledger.measured(f"answered {answer.status}", 0)
        elif answer.status in (400, 403, 404):
            self.failed.append(f"form {token}: answered {answer.status}")
        return answer.status in (302, 303) and (answer.getheader("Location") or "").startswith("/portal/")


def _form(token: str, csrf: str) -> tuple[bytes, str]:
    """Body and type; every twentieth carries a file whose bytes name it."""
    fields = {
        "type": "incident", "title": f"Demande {token}", "body": f"Rien ne va plus, {token}.", "service": "",
        "urgency": "2", "impact": "3", "submission": f"faults-{token}", "csrfmiddlewaretoken": csrf,
    }  # fmt: skip
    if int(token[2:]) % FILE_EVERY:
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    parts = [
        f'--zq\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = '--zq\r\nContent-Disposition: form-data; name="files"; filename="journal.log"\r\nContent-Type: text/plain\r\n\r\n'
    return b"".join(
        [*parts, head.encode(), token.encode() * 5000, b"\r\n--zq--\r\n"]
    ), "multipart/form-data; boundary=zq"


class MailSender(Sender):
    """Puts mails where Vigie fetches them. ``boxes`` take turns."""

    way = ""

    def __init__(
        self, name: str, site: Site, ledger: Ledger, rate: float, post: Post, boxes: list[str]
    ) -> None:
        super().__init__(name, site, ledger, rate)
        self.post, self.boxes, self._turn = post, boxes, 0

    def send(self, token: str) -> None:
        self._turn += 1
        box = self.boxes[self._turn % len(self.boxes)]
        mail = self.post.write(token, box)
        self.ledger.sending(token, self.way, kind=mail.kind, sha256=mail.sha256)
        self.put(token, box, mail.raw)

    def put(self, token: str, box: str, raw: bytes) -> None:
        raise NotImplementedError


class ImapSender(MailSender):
    """A mail server's own delivery: straight to Dovecot, not by the line that is broken.

    What counts is what the server holds: it gives NULs and bare line ends a form of its own.
    """

    way = "imap"
    client: IMAPClient | None = None

    def put(self, token: str, box: str, raw: bytes) -> None:
        server = self.site.imap_server
        assert server is not None
        user = box.partition("@")[0]
        with server.client(user) as client:
            answer = client.append("INBOX", raw)
            uid = int(answer.rpartition(b"APPENDUID ")[2].split()[1].rstrip(b"]"))
            held = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
        self.ledger.placed(token, f"{user} {uid}", hashlib.sha256(held).hexdigest())


class FolderSender(MailSender):
    way = "folder"

    def put(self, token: str, box: str, raw: bytes) -> None:
        """As maildir says: written aside, then renamed into place."""
        folder = Path(self.site.variables["VIGIE_DATA"]) / "mail" / box.partition("@")[0]
        (folder / "tmp" / token).write_bytes(raw)
        (folder / "tmp" / token).rename(folder / "new" / token)
        self.ledger.placed(token, str(folder / "new" / token))


class PipeSender(MailSender):
    """A mail server's pipe: it keeps the mail and comes again as long as the command does not end with 0."""

    way = "pipe"

    def put(self, token: str, box: str, raw: bytes) -> None:
        for _ in range(200):
            self.ledger.tried(token)
            code = self.site.vigie("mail", "deliver", "--mailbox", box, given=raw)
            if code == 0:
                self.ledger.told(token)
                return
            if code < 0:
                self.ledger.killed("pipe")
            if self.ended.is_set() and code > 0:
                time.sleep(2)
        self.failed.append(f"pipe {token}: never taken")


class HandFetcher(Sender):
    """An administrator who fetches by hand, beside the worker: one more process to be killed at a point."""

    def send(self, token: str) -> None:
        if self.site.vigie("mail", "fetch") < 0:
            self.ledger.killed("fetcher")


def read_back(site: Site, ledger: Ledger) -> None:
    """What the servers of IMAP and the folders say of each mail now: read, moved away, or still waiting."""
    waiting: dict[str, list[tuple[str, int]]] = {}
    for sent in ledger.all_sent():
        if sent.way == "folder" and sent.place and not Path(sent.place).exists():
            ledger.told(sent.token)
        if sent.way == "imap" and sent.place:
            user, uid = sent.place.split()
            waiting.setdefault(user, []).append((sent.token, int(uid)))
    for user, mails in waiting.items():
        assert site.imap_server is not None
        seen = {uid for uid, flags in site.imap_server.flags(user).items() if b"\\Seen" in flags}
        for token, uid in mails:
            if uid in seen:
                ledger.told(token)


def load(site: Site, ledger: Ledger, post: Callable[[], Post], rates: dict[str, float]) -> list[Sender]:
    """Senders of every way, started. ``rates``: tokens a second by way."""
    prepared = site.prepared
    senders: list[Sender] = [
        FormSender(f"form {n}", site, ledger, rates["form"] / PEOPLE_AT_ONCE) for n in range(PEOPLE_AT_ONCE)
    ]
    if prepared.imap:
        senders.append(ImapSender("imap", site, ledger, rates["imap"], post(), prepared.imap))
    senders.append(FolderSender("folder", site, ledger, rates["folder"], post(), prepared.folders))
    senders.append(PipeSender("pipe", site, ledger, rates["pipe"], post(), [prepared.pipe]))
    for sender in senders:
        sender.start()
    return senders


def end(senders: list[Sender], patience: float) -> list[str]:
    """Let each bring its last token home; what went wrong in them."""
    for sender in senders:
        sender.ended.set()
    ends = time.monotonic() + patience
    for sender in senders:
        sender.join(max(0.1, ends - time.monotonic()))
    return [line for sender in senders for line in sender.failed]
