"""Where a written address may lead: nowhere inside, however it is spelt, whatever the name server says next."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import threading
from collections.abc import Iterator

import pytest

from vigie.kernel.refusal import Refusal
from vigie.toolkit import outside

INSIDE = [
    "127.0.0.1", "10.0.0.8", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:db8::1",
    "2001:0:5ef5:79fd:0:0:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_leads_inside_is_never_public(address: str) -> None:
    assert not outside.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are(address: str) -> None:
    assert outside.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/x.png",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1:80\\@ok.example/", "http://ok.example@127.0.0.1/",
        "http://1.1.1.1:8080/", "https://1.1.1.1:80/", "ftp://1.1.1.1/", "file:///etc/passwd", "gopher://1.1.1.1/", "http:///x", "http://",
        "http://1.1.1.1/\r\nX: y", "http://éxample.com/", "http://[broken/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_no_connection_is_made_for_a_forbidden_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(Refusal) as refused:
        outside.fetch(url)
    assert refused.value.code in {"outside.bad_address", "outside.not_public", "outside.unreachable"}


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/far":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1/secret")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(b"x" * (100 if self.path == "/small" else 5000))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A machine that the name server calls 93.184.216.34, then 127.0.0.1; the addresses that were connected to."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected: list[str] = []

    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))]

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address[0])
        link = socket.socket()
        link.settimeout(timeout)
        link.connect(("127.0.0.1", server.server_port))
        return link

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    yield connected
    server.shutdown()


def test_the_connection_goes_to_the_judged_address(public: list[str]) -> None:
    assert outside.fetch("http://pictures.example/small").data == b"x" * 100
    assert public == ["93.184.216.34"], "not to what the name server says the second time"


def test_no_redirect_is_followed_and_too_much_is_refused(public: list[str]) -> None:
    with pytest.raises(Refusal, match=r"outside\.refused"):
        outside.fetch("http://pictures.example/far")
    assert len(public) == 1


def test_more_than_asked_for_is_refused(public: list[str]) -> None:
    with pytest.raises(Refusal, match=r"outside\.too_large"):
        outside.fetch("http://pictures.example/large", largest=4000)
