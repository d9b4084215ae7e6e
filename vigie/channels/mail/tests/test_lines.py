"""Lines to mail servers that break, lie or ask for more: nothing is lost, no secret is sent in clear."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.world import START
from vigie.channels.mail.actions import fetching
from vigie.channels.mail.labels import trouble_sentence
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import Round
from vigie.channels.mail.sources import imap as source
from vigie.channels.mail.sources import line as wire
from vigie.channels.mail.tests import servers
from vigie.channels.mail.tests.conftest import MakeMailbox
from vigie.channels.mail.tests.servers import ImapServer
from vigie.kernel.refusal import Refusal
from vigie.toolkit import vault

pytestmark = pytest.mark.django_db


def trouble(mailbox: Mailbox) -> str:
    """The trouble of a round that must fail, and whose sentence has no hole."""
    done = fetching.fetch(mailbox.pk, now=START)
    assert not isinstance(done, Round), done
    mailbox.refresh_from_db()
    assert "%(" not in trouble_sentence(mailbox)
    return mailbox.trouble


def mails(count: int, size: int = 2000) -> list[bytes]:
    return [b"Subject: %d\r\n\r\n%s\r\n" % (n, b"y" * size) for n in range(count)]


@pytest.mark.parametrize("after", [40_000, 90_000, 150_000])
def test_a_line_cut_in_the_middle_loses_and_doubles_nothing(
    imap: ImapServer, make_mailbox: MakeMailbox, after: int
) -> None:
    mailbox = make_mailbox(security="starttls")
    imap.put(mailbox.username, *mails(90))
    with servers.serving(servers.cutting_proxy(imap.port, after)) as port:
        Mailbox.objects.filter(pk=mailbox.pk).update(port=port)
        assert trouble(mailbox) == "mail.connection_cut"
    Mailbox.objects.filter(pk=mailbox.pk).update(port=imap.port)
    assert isinstance(fetching.fetch(mailbox.pk, now=START), Round)
    found = InboundMail.objects.filter(mailbox=mailbox)
    assert sorted(bytes(raw) for raw in found.values_list("raw", flat=True)) == sorted(mails(90))


def test_a_server_that_says_nothing_is_given_up(
    make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "CONNECT_SECONDS", 0.2)
    with servers.serving(servers.silent) as port:
        assert trouble(make_mailbox(port=port)) == "mail.no_answer"


def test_a_server_that_trickles_is_cut(make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def trickle(line: socket.socket) -> None:
        line.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        with line.makefile("rb") as lines:
            tag = lines.readline().split()[0]  # CAPABILITY
            line.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK\r\n")
            lines.readline()  # LOGIN
        while not ended.wait(0.05):
            line.sendall(b"*")

    monkeypatch.setattr(source, "LINE_SECONDS", 0.5)
    with servers.serving(trickle) as port:
        mailbox = make_mailbox(host="127.0.0.1", port=port, security="none")
        assert trouble(mailbox) in ("mail.connection_cut", "mail.sign_in_refused")
        ended.set()


def test_a_wrong_password(make_mailbox: MakeMailbox) -> None:
    mailbox = make_mailbox(password_sealed=vault.seal("faux"))
    assert trouble(mailbox) == "mail.sign_in_refused"
    assert "faux" not in mailbox.trouble_detail
    assert mailbox.trouble_detail.startswith("[AUTHENTICATIONFAILED]")


def test_a_password_closed_with_another_key(make_mailbox: MakeMailbox) -> None:
    assert trouble(make_mailbox(password_sealed=b"x" * 100)) == "vault.wrong_key"


def test_nobody_listens(make_mailbox: MakeMailbox) -> None:
    assert trouble(make_mailbox(port=servers.free_port())) == "mail.connection_refused"


def test_a_name_that_does_not_exist(make_mailbox: MakeMailbox) -> None:
    assert trouble(make_mailbox(host="no-such-host.invalid")) == "mail.host_unknown"


@pytest.mark.parametrize(
    ("made", "trusted", "code"),
    [
        ({"ended": True}, True, "mail.certificate_expired"),
        ({"name": "autre.example"}, True, "mail.certificate_name"),
        ({}, False, "mail.certificate_untrusted"),
    ],
)
def test_a_certificate_that_cannot_be_trusted(
    make_mailbox: MakeMailbox, settings: Any, tmp_path: Path, made: dict[str, Any], trusted: bool, code: str
) -> None:
    certificate = servers.certificate(tmp_path, **made)
    settings.MAIL_CA_FILE = str(certificate.authority) if trusted else ""
    with servers.serving(servers.tls_server(certificate)) as port:
        assert trouble(make_mailbox(port=port)) == code


def test_a_certificate_that_cannot_be_trusted_after_starttls(
    imap: ImapServer, make_mailbox: MakeMailbox, settings: Any
) -> None:
    settings.MAIL_CA_FILE = ""
    found = make_mailbox(port=imap.port, security="starttls")
    assert trouble(found) == "mail.certificate_untrusted"
    with pytest.raises(Refusal, match=r"mail\.certificate_untrusted"):
        source.connect(found)


def test_tls_on_a_port_that_speaks_none(imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    assert trouble(make_mailbox(port=imap.port)) == "mail.tls_failed"


def test_starttls(imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    mailbox = make_mailbox(port=imap.port, security="starttls")
    imap.put(mailbox.username, *mails(1))
    done = fetching.fetch(mailbox.pk, now=START)
    assert isinstance(done, Round)
    assert done.stored == 1


def test_a_stripped_starttls_sends_nothing_in_clear(make_mailbox: MakeMailbox) -> None:
    heard: list[bytes] = []
    with servers.serving(servers.stripped_imap(heard)) as port:
        assert trouble(make_mailbox(port=port, security="starttls")) == "mail.starttls_missing"
    assert heard
    assert {line.split()[1] for line in heard} <= {b"CAPABILITY", b"LOGOUT"}


def test_no_encryption_is_for_this_machine_alone(
    imap: ImapServer, make_mailbox: MakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = make_mailbox(port=imap.port, security="none")
    assert isinstance(fetching.fetch(mailbox.pk, now=START), Round)
    monkeypatch.setattr(wire, "addresses", lambda host, port: ["127.0.0.1", "192.0.2.7"])
    assert trouble(mailbox) == "mail.plain_only_local"


def test_sign_in_with_a_token(make_mailbox: MakeMailbox, settings: Any) -> None:
    """Dovecot asks the authorisation server whose token it is: XOAUTH2 from end to end."""

    def tokeninfo(line: socket.socket) -> None:
        asked = line.recv(4096).split(b"\r\n")[0]
        known = b"jeton-valide" in asked
        body = json.dumps({"email": "support@nord.example", "active": "yes" if known else "no"}).encode()
        line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n")
        line.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    with (
        servers.serving(tokeninfo) as port,
        servers.dovecot(f"http://127.0.0.1:{port}/tokeninfo?access_token=") as imap,
    ):
        settings.MAIL_CA_FILE = str(imap.certificate.authority)
        imap.put("support@nord.example", *mails(2))

        def mailbox_with(token: str) -> Mailbox:
            tokens = {"access": token, "refresh": "r", "ends_at": "2026-01-12T09:00:00+00:00"}
            return make_mailbox(
                username="support@nord.example", port=imap.tls_port, sign_in="oauth",
                oauth_tokens_sealed=vault.seal(json.dumps(tokens)),
            )  # fmt: skip

        done = fetching.fetch(mailbox_with("jeton-valide").pk, now=START)
        assert isinstance(done, Round), done
        assert done.stored == 2
        assert trouble(mailbox_with("jeton-perdu")) == "mail.sign_in_refused"
