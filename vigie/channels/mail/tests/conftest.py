"""What tests of mailboxes share: a running IMAP server, and mailboxes that point at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.world import START
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.tests.servers import PASSWORD, ImapServer, dovecot
from vigie.toolkit import vault

MakeMailbox = Callable[..., Mailbox]


@pytest.fixture(scope="session")
def running_imap() -> Iterator[ImapServer]:
    with dovecot() as server:
        yield server


@pytest.fixture
def imap(running_imap: ImapServer, settings: Any) -> ImapServer:
    """The server, its authority trusted."""
    settings.MAIL_CA_FILE = str(running_imap.certificate.authority)
    return running_imap


@pytest.fixture
def make_mailbox(imap: ImapServer) -> MakeMailbox:
    """A mailbox on the IMAP server, its own at each call; any field may be given."""

    def make(**values: Any) -> Mailbox:
        name = f"support-{uuid4().hex[:12]}@nord.example"
        fields: dict[str, Any] = {
            "name": "Support", "address": name, "username": name, "host": "localhost", "port": imap.tls_port,
            "password_sealed": vault.seal(PASSWORD), "created_at": START,
        }  # fmt: skip
        return Mailbox.objects.create(**(fields | values))

    return make
