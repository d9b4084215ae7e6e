"""The web entry: `/live` is an asynchronous stream, `/health/live` a word, everything else plain Django in a few threads.

Django's own ASGI handler costs five times more per request (docs/adr/0003-hybrid-entry.md). Here a request
body is read first (so that a slow sender holds no thread), Django runs in one thread, and a finished page is
sent after that thread is free. Only streamed answers hold their thread while a client reads.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any, ClassVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from vigie.runtime import processes
from vigie.runtime.live import Hub
from vigie.runtime.lookout import look_out
from vigie.runtime.pool import close_pool
from vigie.toolkit import logs, measures

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

log = logging.getLogger("vigie.web")

SORRY = b"Something went wrong on our side, and was written to the log. Please try again.\n"
THREADS = 4
WAITING_LIMIT = 256
IN_MEMORY = 1_000_000
DEFAULT_LIMIT = 25_000_000
FORM_ALLOWANCE = 2_000_000  # what stands around a file: fields, boundaries
BODY_SILENCE = 30.0
BREATH = 1.0
READER_SILENCE = 60.0
CHUNK = 65536
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te", "trailer"}

_server = multiprocessing.parent_process()
if (
    _server is not None and _server.pid is not None
):  # a worker of the web server: never outlive it, even killed before we are up
    processes.die_with(_server.pid)

logs.catch_the_rest()
django = get_wsgi_application()
threads = ThreadPoolExecutor(THREADS, thread_name_prefix="django")
hub = Hub(threads)
measures.streams_are(lambda: hub.count)


class Refused(Exception):
    """A request that never reaches Django."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class TooLarge(Exception):
    """The body is larger than the largest file and the fields around it."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] != "http":
        raise RuntimeError(f"{scope['type']} is not served")
    elif scope["path"] == "/live":
        await hub.stream(scope, receive, send)
    elif scope["path"] == "/health/live":
        await _alive(send)
    else:
        await Exchange(scope, receive, send).run()


async def _alive(send: Send) -> None:
    """The process lives. Said by the loop itself: threads that all wait for a lost database are no reason to kill it."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})


async def _lifespan(receive: Receive, send: Send) -> None:
    lookout = asyncio.ensure_future(look_out(threads))
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _close)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            lookout.cancel()
            hub.close()
            threads.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(close_pool)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _close() -> None:
    """The server is told to stop: what waits for somebody outside ends, what has begun is finished."""
    hub.close()
    _hasten()


def _hasten() -> None:
    """Now and again until the end: a sender may pause later."""
    for exchange in Exchange.arriving:
        exchange.give_up_if_silent()
    asyncio.get_running_loop().call_later(BREATH / 4, _hasten)


class Exchange:
    """One request and its answer."""

    waiting = 0
    arriving: ClassVar[set[Exchange]] = set()

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.heard = self.loop.time()
        self.gone = threading.Event()
        self.status = 500
        self.headers: Headers = []
        self.headers_sent = False

    async def run(self) -> None:
        try:
            if Exchange.waiting >= WAITING_LIMIT:
                raise Refused(503, "Too many requests are waiting; please try again in a few seconds.")
            Exchange.waiting += 1
            try:
                with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                    await self._answer(await self._asked(body))
            finally:
                Exchange.waiting -= 1
        except Refused as refused:
            await self._refuse(refused)
        except ClientGone:
            self.gone.set()

    # -- request -----------------------------------------------------------------------------------

    async def _asked(self, body: SpooledTemporaryFile[bytes]) -> dict[str, Any]:
        """The request as Django takes it. One that is too large goes without its body, to be refused in a page."""
        Exchange.arriving.add(self)
        try:
            return self._environ(body, await self._read_body(body))
        except TooLarge:
            body.seek(0)
            body.truncate()
            return {**self._environ(body, 0), "vigie.too_large": True}
        except asyncio.CancelledError:
            raise Refused(503, "Vigie is stopping; please try again in a few seconds.") from None
        finally:
            Exchange.arriving.discard(self)

    def give_up_if_silent(self) -> None:
        """A sender that paused is not waited for when the server stops."""
        if self.task is not None and self.loop.time() - self.heard > BREATH:
            self.task.cancel()

    async def _read_body(self, body: SpooledTemporaryFile[bytes]) -> int:
        limit = int(getattr(settings, "UPLOAD_LIMIT", DEFAULT_LIMIT)) + FORM_ALLOWANCE
        declared = dict(self.scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge
        size = 0
        while True:
            try:
                message = await asyncio.wait_for(self.receive(), BODY_SILENCE)
            except TimeoutError:
                raise Refused(408, "The request did not arrive in time.") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            self.heard = self.loop.time()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge
            if size > IN_MEMORY:
                await asyncio.to_thread(body.write, chunk)
            elif chunk:
                body.write(chunk)
            if not message.get("more_body", False):
                body.seek(0)
                return size

    def _environ(self, body: SpooledTemporaryFile[bytes], size: int) -> dict[str, Any]:
        scope = self.scope
        server = scope.get("server") or ("localhost", 80)
        client = scope.get("client") or ("", 0)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": scope["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": scope["query_string"].decode("latin-1"),
            "SERVER_NAME": str(server[0]),
            "SERVER_PORT": str(server[1] or 0),
            "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
            "REMOTE_ADDR": str(client[0]),
            "REMOTE_PORT": str(client[1]),
            "CONTENT_LENGTH": str(size),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope.get("scheme", "http"),
            "wsgi.input": body,
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip()
            if "_" in name or name in {"content-length", "transfer-encoding", "proxy"}:
                continue  # `x_forwarded_for` would pass for `x-forwarded-for`
            key = "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")
            if key in environ:
                value = environ[key] + (";" if name == "cookie" else ",") + value
            environ[key] = value
        return environ

    # -- answer ------------------------------------------------------------------------------------

    async def _answer(self, environ: dict[str, Any]) -> None:
        job = threads.submit(self._in_thread, environ)
        work = asyncio.wrap_future(job)
        leaving = asyncio.ensure_future(self._watch_for_leaving())
        both: set[asyncio.Future[Any]] = {work, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.gone.set()  # a job not begun is skipped, a stream stops; an action begun is completed
                job.cancel()
            page = await _quietly(work)
            if "vigie.too_large" in environ:
                self.headers.append((b"connection", b"close"))  # the rest of the body is never read
            if page is not None and not self.gone.is_set():
                await self._send_headers()
                await self.send({"type": "http.response.body", "body": page})
        finally:
            leaving.cancel()

    async def _watch_for_leaving(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _in_thread(self, environ: dict[str, Any]) -> bytes | None:
        """Run Django. Returns a finished page, or streams from here and returns nothing."""
        if self.gone.is_set():
            return None
        try:
            response = django(environ, self._start_response)
        except Exception:
            log.exception("The error page itself failed.")
            self.status, self.headers = 500, [(b"content-type", b"text/plain; charset=utf-8")]
            return SORRY
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                return b""
            if not getattr(response, "streaming", False):
                return b"".join(response)
            self._stream(response)
            return None
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [
            (name.lower().encode("latin-1"), str(value).strip().encode("latin-1"))
            for name, value in headers
            if name.lower() not in HOP_BY_HOP
        ]
        return _no_write

    def _stream(self, response: Iterable[bytes]) -> None:
        if hasattr(response, "block_size"):
            response.block_size = CHUNK  # a file goes in larger pieces than Django's 4 kB
        self._from_thread(self._send_headers())
        for chunk in response:
            if self.gone.is_set():
                return
            if chunk:
                body = {"type": "http.response.body", "body": bytes(chunk), "more_body": True}
                self._from_thread(self.send(body))
        self._from_thread(self.send({"type": "http.response.body", "body": b""}))

    def _from_thread(self, step: Awaitable[None]) -> None:
        """Wait for the loop to send; a reader that takes nothing for a minute is gone."""

        async def bounded() -> None:
            await asyncio.wait_for(step, READER_SILENCE)

        try:
            asyncio.run_coroutine_threadsafe(bounded(), self.loop).result()
        except Exception:
            self.gone.set()

    async def _send_headers(self) -> None:
        self.headers_sent = True
        await self.send({"type": "http.response.start", "status": self.status, "headers": self.headers})

    async def _refuse(self, refused: Refused) -> None:
        measures.count_request("refused", "other", refused.status, 0.0)
        text = refused.sentence.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
        headers.append((b"connection", b"close"))
        if refused.status == 503:
            headers.append((b"retry-after", b"5"))
        await self.send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": text})


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


def _no_write(data: bytes) -> object:
    raise NotImplementedError("Django answers by iteration")


async def _quietly(work: asyncio.Future[bytes | None]) -> bytes | None:
    try:
        return await work
    except asyncio.CancelledError:
        return None
