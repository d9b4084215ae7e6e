"""The web entry: what Django is given, what comes back, and who may not keep a thread."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from vigie.runtime import asgi


class Client:
    """An ASGI server for one request."""

    def __init__(
        self, *, body: Iterable[bytes] = (b"",), headers: Any = (), method: str = "GET", path: str = "/été/x"
    ) -> None:
        self.parts = list(body)
        self.scope = {
            "type": "http", "method": method, "path": path, "query_string": b"a=%20b",
            "headers": list(headers),
            "http_version": "1.1", "scheme": "http", "server": ("h", 80), "client": ("1.2.3.4", 5),
        }  # fmt: skip
        self.sent: list[Any] = []
        self.leaves = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts)}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def ask(django: Any, monkeypatch: pytest.MonkeyPatch, *, leave: bool = False, **request: Any) -> Client:
    monkeypatch.setattr(asgi, "django", django)

    async def run() -> Client:
        client = Client(**request)
        if leave:
            asyncio.get_running_loop().call_later(0.2, client.leaves.set)
        await asgi.application(client.scope, client.receive, client.send)
        return client

    return asyncio.run(run())


def test_a_request_reaches_django_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def django(environ: Any, start: Any) -> list[bytes]:
        seen.update(environ, read=environ["wsgi.input"].read())
        start("201 Created", [("Set-Cookie", " a=1"), ("Set-Cookie", "b=2"), ("Connection", "close")])
        return [b"one ", b"two"]

    headers = [
        (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"content-type", b"text/plain"),
        (b"x_forwarded_for", b"6.6.6.6"), (b"proxy", b"evil"), (b"transfer-encoding", b"chunked"),
        (b"accept", b" text/html "),
    ]  # fmt: skip
    client = ask(django, monkeypatch, method="POST", headers=headers, body=[b"ab" * 600_000, b"c"])
    assert client.status == 201
    assert client.body == b"one two"
    assert client.sent[0]["headers"] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert seen["read"] == b"ab" * 600_000 + b"c"
    assert seen["CONTENT_LENGTH"] == "1200001"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/été/x"
    assert seen["QUERY_STRING"] == "a=%20b"
    assert seen["HTTP_COOKIE"] == "a=1;b=2"
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert seen["HTTP_ACCEPT"] == "text/html"
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_PROXY", "HTTP_TRANSFER_ENCODING"} & set(seen)


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_past_the_limit_never_reaches_django_which_writes_the_refusal(
    monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    monkeypatch.setattr(asgi, "FORM_ALLOWANCE", -asgi.settings.UPLOAD_LIMIT + 1000)
    headers = [(b"content-length", b"2000")] if declared else []
    seen: dict[str, Any] = {}

    def django(environ: Any, start: Any) -> list[bytes]:
        seen.update(environ, read=environ["wsgi.input"].read())
        start("413 Content Too Large", [("Content-Type", "text/html")])
        return [b"<p>too large"]

    client = ask(django, monkeypatch, method="POST", headers=headers, body=[b"x" * 600, b"x" * 600])
    assert client.status == 413
    assert client.body == b"<p>too large"
    assert (b"connection", b"close") in client.sent[0]["headers"]
    assert seen["vigie.too_large"] is True
    assert (seen["read"], seen["CONTENT_LENGTH"]) == (b"", "0")


def test_a_sender_that_falls_silent_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SILENCE", 0.05)
    assert ask(None, monkeypatch, method="POST", body=[]).status == 408


def test_too_many_waiting_requests_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "WAITING_LIMIT", 0)
    client = ask(None, monkeypatch)
    assert client.status == 503
    assert (b"retry-after", b"5") in client.sent[0]["headers"]


class Stream:
    streaming = True

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.taken = 0

    def __iter__(self) -> Any:
        while not self.closed.wait(0.01):
            self.taken += 1
            yield b"x"

    def close(self) -> None:
        self.closed.set()


def test_a_stream_stops_when_its_reader_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()

    def django(environ: Any, start: Any) -> Stream:
        start("200 OK", [])
        return stream

    client = ask(django, monkeypatch, leave=True)
    assert client.status == 200
    assert stream.closed.is_set()
    assert 0 < stream.taken < 100


def test_an_action_begun_is_completed_although_its_sender_left(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def django(environ: Any, start: Any) -> list[bytes]:
        done.wait(0.5)
        assert environ["wsgi.input"].read() == b"order"
        done.set()
        start("200 OK", [])
        return [b"never sent"]

    client = ask(django, monkeypatch, leave=True, method="POST", body=[b"order"])
    assert done.is_set()
    assert client.sent == []


def test_a_failure_of_the_error_page_is_still_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def django(environ: Any, start: Any) -> list[bytes]:
        raise RuntimeError("the template of the error page is broken")

    client = ask(django, monkeypatch)
    assert client.status == 500
    assert b"try again" in client.body


def test_head_has_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def django(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Length", "5")])
        return [b"hello"]

    assert ask(django, monkeypatch, method="HEAD").body == b""


def test_the_process_says_it_lives_while_no_thread_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(environ: Any, start_response: Any) -> Any:
        raise AssertionError("the database may be away: Django is not asked")

    client = ask(unreachable, monkeypatch, path="/health/live")
    assert (client.status, client.body) == (200, b"ok\n")
