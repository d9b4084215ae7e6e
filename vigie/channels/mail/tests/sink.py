"""A real SMTP server on the loopback that answers as it is told and keeps what it took."""

from __future__ import annotations

import asyncio
import base64
import email
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Behaviour = Callable[[str], str]


@dataclass
class Taken:
    """A mail that the server answered 250 for."""

    sender: str
    recipients: list[str]
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        return cast(EmailMessage, email.message_from_bytes(self.data, policy=default))

    @property
    def text(self) -> str:
        return str(self.mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")  # type: ignore[union-attr]

    @property
    def html(self) -> str:
        return str(self.mail.get_body(("html",)).get_content())  # type: ignore[union-attr]


@dataclass
class Sink:
    """``at_recipient`` and ``at_content`` give the answer for an address: an SMTP line, ``drop`` or ``hang``."""

    port: int = 0
    at_recipient: dict[str, str] = field(default_factory=dict)
    at_content: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    connections: int = 0
    secret: str = ""  # when set, nobody writes here without it: a password, or an OAuth token
    signed_in: list[str] = field(default_factory=list)

    def to(self, address: str) -> list[Taken]:
        return [one for one in self.taken if one.recipients == [address]]

    def one(self, address: str) -> Taken:
        found = self.to(address)
        assert len(found) == 1, (address, [t.recipients for t in self.taken])
        return found[0]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        self.tried.append(address)
        answer = await self._answer(server, self.at_recipient, address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await self._answer(server, self.at_content, envelope.rcpt_tos[0])
        if answer.startswith("2"):
            content = envelope.original_content
            assert isinstance(content, bytes)
            self.taken.append(Taken(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        good = data.password == self.secret.encode()
        if good:
            self.signed_in.append(f"{mechanism} {data.login.decode()}")
        return AuthResult(success=good, handled=good)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        login, bearer = base64.b64decode(args[1]).decode().split("\x01")[:2]
        good = bearer == f"auth=Bearer {self.secret}"
        if good:
            self.signed_in.append(f"XOAUTH2 {login.removeprefix('user=')}")
        return AuthResult(success=good, handled=False)

    async def _answer(self, server: SMTP, told: dict[str, str], address: str) -> str:
        answer = told.get(address, told.get(address.rpartition("@")[2], "250 fine"))
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "drop":
            assert server.transport is not None
            server.transport.close()
        return answer


@contextmanager
def open_sink() -> Iterator[Sink]:
    sink = Sink()

    class Counted(Controller):
        def factory(self) -> SMTP:
            sink.connections += 1
            secured = {"authenticator": sink.authenticate, "auth_required": True} if sink.secret else {}
            return SMTP(
                self.handler,
                hostname="sink.example",
                enable_SMTPUTF8=False,
                auth_require_tls=False,
                **secured,
            )

        def _trigger_server(self) -> None:
            """It connects once to itself, to be sure that it answers: at the port that the system gave."""
            assert self.server is not None
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Counted(sink, hostname="127.0.0.1", port=0)
    controller.start()
    sink.port, sink.connections = controller.port, 0
    try:
        yield sink
    finally:
        controller.stop(no_assert=True)
