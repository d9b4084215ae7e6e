"""The connection of a mailbox through OAuth 2, against an authorisation server on this machine."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import START, World
from vigie.channels.mail import oauth
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.tests.servers import certificate
from vigie.channels.mail.tests.test_pages import browser
from vigie.kernel.refusal import Refusal
from vigie.toolkit import vault

pytestmark = pytest.mark.django_db


@dataclass
class AuthorisationServer:
    """Grants codes to whoever asks well, exchanges each once against its verifier, refreshes with rotation."""

    port: int = 0
    codes: dict[str, str] = field(default_factory=dict)  # code → challenge
    refresh: str = "r0"
    asked: list[dict[str, str]] = field(default_factory=list)
    answer: tuple[int, dict[str, str], bytes] | None = None

    @property
    def base(self) -> str:
        return f"https://localhost:{self.port}"

    def approve(self, address: str) -> dict[str, str]:
        """What the owner's browser does there: the query of the address it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    def token(self, asked: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.asked.append(asked)
        if asked["grant_type"] == "authorization_code":
            challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest())
            good = self.codes.pop(asked["code"], None) == challenge.decode().rstrip("=")
        else:
            good = asked["refresh_token"] == self.refresh
        if not good or asked["client_secret"] != "secret":
            return 400, {"error": "invalid_grant", "error_description": "<b>nothing to show</b>"}
        self.refresh = f"r{len(self.asked)}"
        return 200, {
            "access_token": f"a{len(self.asked)}", "refresh_token": self.refresh, "expires_in": "3600",
        }  # fmt: skip


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[AuthorisationServer]:
    made, ours = certificate(tmp_path), AuthorisationServer()
    settings.MAIL_CA_FILE = str(made.authority)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            status, values = ours.token(asked)
            headers, text = {"Content-Type": "application/json"}, json.dumps(values).encode()
            if ours.answer:
                status, headers, text = ours.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    http = HTTPServer(("127.0.0.1", 0), Handler)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    ours.port = http.server_port
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    yield ours
    http.shutdown()
    http.server_close()


@pytest.fixture
def mailbox(server: AuthorisationServer) -> Mailbox:
    return Mailbox.objects.create(
        name="S", address="support@nord.example", host="imap.example", username="support@nord.example", sign_in="oauth",
        oauth_provider="other", oauth_authorize_url=f"{server.base}/authorize?tenant=1",
        oauth_token_url=f"{server.base}/token", oauth_scope="mail offline_access", oauth_client_id="vigie",
        oauth_client_secret_sealed=vault.seal("secret"), created_at=START,
    )  # fmt: skip


def connect(admin: Client, mailbox: Mailbox) -> str:
    """Where the browser is sent."""
    answer = admin.get(reverse("mailbox_connect", args=[mailbox.pk]))
    assert answer.status_code == 302
    return str(answer["Location"])


def test_connected_used_and_refreshed(world: World, server: AuthorisationServer, mailbox: Mailbox) -> None:
    admin = browser(world.admin)
    address = connect(admin, mailbox)
    assert address.startswith(f"{server.base}/authorize?tenant=1&")
    assert "login_hint=support%40nord.example" in address
    back = admin.get(reverse("mailbox_oauth_return"), server.approve(address))
    assert (back.status_code, back["Location"]) == (302, reverse("mailbox", args=[mailbox.pk]))
    now = timezone.now()
    assert oauth.access_token(mailbox.pk, now=now) == "a1"
    assert oauth.access_token(mailbox.pk, now=now + dt.timedelta(minutes=57)) == "a1"
    later = now + dt.timedelta(minutes=59)
    assert oauth.access_token(mailbox.pk, now=later) == "a2", "two minutes before its end it is refreshed"
    assert oauth.access_token(mailbox.pk, now=later + dt.timedelta(hours=2)) == "a3", "with the rotated token"
    mailbox.refresh_from_db()
    assert b'"a3"' not in bytes(
        mailbox.oauth_tokens_sealed or b""
    )  # quoted: sealed text may hold the letters
    assert [asked["grant_type"] for asked in server.asked] == [
        "authorization_code", "refresh_token", "refresh_token",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["", "x" * 43])
def test_an_answer_to_nothing_we_asked(
    world: World, server: AuthorisationServer, mailbox: Mailbox, state: str
) -> None:
    admin = browser(world.admin)
    good = server.approve(connect(admin, mailbox))
    assert admin.get(reverse("mailbox_oauth_return"), good | {"state": state}).status_code == 422
    assert admin.get(reverse("mailbox_oauth_return"), good).status_code == 422, "one try for one connection"
    stranger = browser(world.admin)
    assert stranger.get(reverse("mailbox_oauth_return"), good).status_code == 422
    assert server.asked == []


def test_a_refusal_shows_its_code_and_no_foreign_text(
    world: World, server: AuthorisationServer, mailbox: Mailbox
) -> None:
    admin = browser(world.admin)
    begun = server.approve(connect(admin, mailbox))
    said = admin.get(reverse("mailbox_oauth_return"), {"state": begun["state"], "error": "access_denied"})
    assert "access_denied" in said.content.decode()
    begun = server.approve(connect(admin, mailbox))
    said = admin.get(reverse("mailbox_oauth_return"), begun | {"code": "stolen"})
    assert said.status_code == 422
    assert "invalid_grant" in said.content.decode()
    assert "nothing to show" not in said.content.decode()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((302, {"Location": "https://127.0.0.1:1/steal"}, b""), "mail.oauth_refused"),
        ((200, {}, b"not json"), "mail.oauth_refused"),
        ((200, {}, b"[]"), "mail.oauth_refused"),
        ((200, {}, json.dumps({"access_token": 7}).encode()), "mail.oauth_refused"),
        ((503, {}, b"x" * 200_000), "mail.oauth_refused"),
    ],
)
def test_odd_answers(
    server: AuthorisationServer, mailbox: Mailbox, answer: tuple[int, dict[str, str], bytes], code: str
) -> None:
    server.answer = answer
    with pytest.raises(Refusal) as refused:
        oauth.exchange(mailbox, code="c", verifier="v", return_to="https://x/", now=START)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://localhost:1/token", "mail.oauth_https"),
        ("file:///etc/passwd", "mail.oauth_https"),
        ("https://localhost:1/token", "mail.connection_refused"),
        ("https://no-such-host.invalid/token", "mail.host_unknown"),
    ],
)
def test_where_tokens_are_asked_for(mailbox: Mailbox, url: str, code: str) -> None:
    mailbox.oauth_token_url = url
    with pytest.raises(Refusal) as refused:
        oauth.exchange(mailbox, code="c", verifier="v", return_to="https://x/", now=START)
    assert refused.value.code == code


def test_a_server_of_no_known_authority(mailbox: Mailbox, settings: Any) -> None:
    settings.MAIL_CA_FILE = ""
    with pytest.raises(Refusal) as refused:
        oauth.exchange(mailbox, code="c", verifier="v", return_to="https://x/", now=START)
    assert refused.value.code == "mail.certificate_untrusted"


def test_a_mailbox_never_connected(mailbox: Mailbox) -> None:
    with pytest.raises(Refusal) as refused:
        oauth.access_token(mailbox.pk, now=START)
    assert refused.value.code == "mail.oauth_not_connected"
