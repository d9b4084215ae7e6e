"""SMTP, one mail and one recipient at a time over a connection that is kept. Every end is an ``Answer``."""

from __future__ import annotations

import base64
import re
import smtplib
import threading
from dataclasses import dataclass
from socket import SHUT_RDWR
from typing import Literal

from vigie.channels.mail.outgoing.senders import Route
from vigie.channels.mail.rules.delivery import Answer, Stage
from vigie.channels.mail.sources.line import refuse_plain_line, tls_context
from vigie.toolkit.crashpoints import crashpoint

Step = Literal["connect", "sign_in"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a connection, for an answer, for the answer to a whole mail (servers read it first), and how long
    one mail may take in all before its connection is cut."""

    connect: float = 20
    answer: float = 30
    content: float = 120
    whole: float = 240


class Session:
    """A signed-in connection. ``open`` and ``send`` are called by one thread, ``cut`` by any."""

    def __init__(self, patience: Patience, name: str) -> None:
        self.route: Route | None = None
        self._patience, self._name = patience, name
        self._server: smtplib.SMTP | None = None
        self._begun = False  # a mail was begun and refused: the server waits for its end
        self._lock = threading.Lock()

    def send(self, route: Route, sender: str, recipient: str, data: bytes) -> Answer:
        """Send one mail to one recipient, connecting first where that is needed."""
        if route != self.route:
            self.close()
            refused = self._open(route)
            if refused is not None:
                return refused
        stage: Stage = "sender"
        try:
            server = self._server
            assert server is not None
            if self._begun:
                server.docmd("RSET")
                self._begun = False
            for stage, command in (
                ("sender", f"MAIL FROM:<{sender}>"),
                ("recipient", f"RCPT TO:<{recipient}>"),
                ("content", "DATA"),
            ):
                code, text = server.docmd(command)
                if code not in (250, 251, 354):
                    return self._refused(code, text, stage)
            return self._content(server, data)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Answer(0, _said(error), stage, lost=True)

    def _content(self, server: smtplib.SMTP, data: bytes) -> Answer:
        """The mail itself, after 354. A line that begins with a dot gets a second one."""
        if server.sock is not None:
            server.sock.settimeout(self._patience.content)
        whole = re.sub(rb"(?m)^\.", b"..", data)
        server.send(whole if whole.endswith(b"\r\n") else whole + b"\r\n")
        server.send(b".\r\n")
        crashpoint("out.after_data")
        code, text = server.getreply()
        if server.sock is not None:
            server.sock.settimeout(self._patience.answer)
        if code == 421:
            self.close()
        return Answer(code, _words(text), "content", lost=code == 421)

    def _refused(self, code: int, text: bytes, stage: Stage) -> Answer:
        if code == 421 or code < 0:
            self.close()
            return Answer(max(code, 0), _words(text), stage, lost=True)
        self._begun = True
        return Answer(code, _words(text), stage)

    def _open(self, route: Route) -> Answer | None:
        """Connect and sign in; the answer that refused us, or None when the connection is ready."""
        step: Step = "connect"
        try:
            server = self._connect(route)
            with self._lock:
                self._server = server
            if server.sock is not None:
                server.sock.settimeout(self._patience.answer)
            server.ehlo_or_helo_if_needed()
            if route.security == "starttls":
                server.starttls(context=tls_context())
                server.ehlo_or_helo_if_needed()
            step = "sign_in"
            _sign_in(server, route)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Answer(getattr(error, "smtp_code", 0), _said(error), step, lost=True)
        self.route, self._begun = route, False
        return None

    def _connect(self, route: Route) -> smtplib.SMTP:
        patience = self._patience.connect
        if route.security == "tls":
            trusted = tls_context()
            return smtplib.SMTP_SSL(route.host, route.port, self._name, timeout=patience, context=trusted)
        return smtplib.SMTP(route.host, route.port, self._name, patience)

    def close(self) -> None:
        """End the connection politely where it still answers."""
        with self._lock:
            server, self._server, self.route = self._server, None, None
        if server is None:
            return
        try:
            if server.sock is not None:
                server.sock.settimeout(1)
                server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()

    def cut(self) -> None:
        """End a connection that another thread waits on: its wait fails at once."""
        with self._lock:
            sock = self._server.sock if self._server is not None else None
        if sock is not None:
            try:
                sock.shutdown(SHUT_RDWR)
            except OSError:  # it has just ended by itself
                return


def _sign_in(server: smtplib.SMTP, route: Route) -> None:
    if route.username and route.security == "none":
        refuse_plain_line(route.host, route.port)
    if route.token:
        line = f"user={route.username}\x01auth=Bearer {route.token}\x01\x01"
        code, text = server.docmd("AUTH", "XOAUTH2 " + base64.b64encode(line.encode()).decode())
        if code == 334:  # the reason stands in a challenge that wants an empty answer
            code, text = server.docmd("")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)
    elif route.username:
        server.login(route.username, route.password)


def _words(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(shown.split())


def _said(error: Exception) -> str:
    """What a failed connection says, in words for an administrator."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_error)
    return _words(str(error)) or type(error).__name__
