"""Live updates: one LISTEN connection per process, one small mailbox per open page.

A message says only *what changed* (`{"topics": ["org:4", "ticket:12"]}`); a page fetches its own fragment
again, with its reader's own rights. So nothing secret travels here, and losing a message costs a late
refresh: after any gap a stream gets `hello`, on which the page refreshes all it shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from typing import Any

import psycopg
from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.http import parse_cookie

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Access = tuple[int, frozenset[str]]
AskAccess = Callable[[str], Access | None]

CHANNEL = "vigie_live"
PING_SECONDS = 25.0
MERGE_SECONDS = 0.3
RECHECK_SECONDS = 7.0
TRUST_SECONDS = 15.0
IDLE_SECONDS = 20.0
LONGEST_WAIT = 15.0
MAILBOX = 200
STREAMS = 4000
STREAMS_PER_SESSION = 12
AUDIENCES = ("org:", "client:", "person:")
HELLO = b"event: hello\ndata: {}\n\n"
PING = b": ping\n\n"

log = logging.getLogger("vigie.live")


class Mailbox:
    """What one page still has to hear. Topics are merged: a slow reader holds MAILBOX of them at most."""

    __slots__ = ("checked", "closed", "hello", "pending", "session", "topics", "wake")

    def __init__(self, session: str, topics: frozenset[str], now: float) -> None:
        self.session = session
        self.topics = topics
        self.checked = now
        self.pending: dict[str, None] = {}
        self.hello = True
        self.closed = False
        self.wake = asyncio.Event()

    def post(self, topics: Iterable[str]) -> None:
        if self.hello:  # everything is refreshed anyway
            return
        self.pending.update(dict.fromkeys(topics))
        if len(self.pending) > MAILBOX:
            self.greet()
        self.wake.set()

    def greet(self) -> None:
        """Missed messages cannot be listed: say so, the page refreshes what it shows."""
        self.pending.clear()
        self.hello = True
        self.wake.set()

    def close(self) -> None:
        self.closed = True
        self.wake.set()

    def take(self) -> bytes:
        self.wake.clear()
        if self.hello:
            self.hello = False
            return HELLO
        if not self.pending:
            return PING
        topics, self.pending = list(self.pending), {}
        return b"event: message\ndata: " + json.dumps({"topics": topics}).encode() + b"\n\n"


def heard(message: Iterable[str], allowed: frozenset[str]) -> list[str]:
    """What of a message a stream may hear: nothing, or the topics allowed and those that name no audience.

    `org:*` among the allowed topics stands for every organisation.
    """
    topics = list(message)
    mine = [t for t in topics if t in allowed or ("org:*" in allowed and t.startswith("org:"))]
    if not mine:
        return []
    return mine + [t for t in topics if t not in mine and not t.startswith(AUDIENCES)]


class Hub:
    """All the streams of this process."""

    def __init__(self, threads: Executor, ask: AskAccess | None = None) -> None:
        self.threads = threads
        self.ask = ask or _ask_accounts
        self.streams: dict[str, list[Mailbox]] = {}
        self.closing = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def count(self) -> int:
        return sum(len(group) for group in self.streams.values())

    # -- one stream --------------------------------------------------------------------------------

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        session = _session_of(scope)
        access = None
        if refusal is None:
            try:
                access = await self._in_thread(self._ask_one, session) if session else None
            except Exception:
                log.warning("live: access cannot be asked", exc_info=True)
                refusal = 503
            if refusal is None and access is None:
                refusal = 401
        if refusal is not None or access is None or self.closing:
            await _refuse(send, refusal or 503)
            return
        box = self._join(session, access)
        leaving = asyncio.ensure_future(_watch_for_leaving(receive, box))
        try:
            await _talk(box, send)
        finally:
            leaving.cancel()
            self._leave(box)

    def _refusal(self, scope: Scope) -> int | None:
        if scope["method"] != "GET":
            return 405
        return 503 if self.closing or self.count >= STREAMS else None

    def _join(self, session: str, access: Access) -> Mailbox:
        self._ensure_running()
        box = Mailbox(session, access[1], time.monotonic())
        group = self.streams.setdefault(session, [])
        group.append(box)
        if len(group) > STREAMS_PER_SESSION:
            group.pop(0).close()
        return box

    def _leave(self, box: Mailbox) -> None:
        group = self.streams.get(box.session, [])
        if box in group:
            group.remove(box)
        if not group:
            self.streams.pop(box.session, None)

    # -- all streams -------------------------------------------------------------------------------

    def publish(self, payload: str, now: float) -> None:
        """Give a message to whom it concerns. Access not confirmed lately is not used: that stream ends."""
        try:
            topics = [str(topic) for topic in json.loads(payload)["topics"]]
        except (ValueError, KeyError, TypeError):
            log.warning("live: a message without topics was dropped")
            return
        for box in self._boxes():
            mine = heard(topics, box.topics)
            if mine and now - box.checked > TRUST_SECONDS:
                box.close()
            elif mine:
                box.post(mine)

    def greet(self) -> None:
        for box in self._boxes():
            box.greet()

    def close(self) -> None:
        """End every stream; pages connect again by themselves."""
        self.closing = True
        for box in self._boxes():
            box.close()
        for task in self._tasks:
            task.cancel()

    def _boxes(self) -> list[Mailbox]:
        return [box for group in self.streams.values() for box in group]

    def _ensure_running(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.ensure_future(self._listen()), asyncio.ensure_future(self._recheck())]

    async def _listen(self) -> None:
        wait = 0.2
        while not self.closing:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters()) as link:
                    await link.execute(f"listen {CHANNEL}")
                    self.greet()
                    wait = 0.2
                    while True:
                        async for notify in link.notifies(timeout=IDLE_SECONDS):
                            self.publish(notify.payload, time.monotonic())
                        await link.execute("select 1")  # a connection lost in silence shows itself here
            except (psycopg.Error, OSError) as error:
                log.warning(
                    "live: listening stopped (%s), next attempt in %.1f s", type(error).__name__, wait
                )
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, wait * 2)

    async def _recheck(self) -> None:
        """Every few seconds, ask again for all sessions at once: an ended session ends its streams."""
        while not self.closing:
            await asyncio.sleep(RECHECK_SECONDS)
            sessions = list(self.streams)
            if not sessions:
                continue
            asked = time.monotonic()
            try:
                answers = await self._in_thread(self._ask_many, sessions)
            except (
                Exception
            ):  # the database is away: nothing arrives either, and `publish` trusts no old answer
                log.warning("live: access cannot be asked again", exc_info=True)
                continue
            self._apply(answers, asked)

    def _apply(self, answers: dict[str, Access | None], asked: float) -> None:
        for session, access in answers.items():
            for box in self.streams.get(session, []):
                if access is None:
                    box.close()
                else:
                    box.topics, box.checked = access[1], max(asked, box.checked)

    # -- in a thread -------------------------------------------------------------------------------

    async def _in_thread(self, call: Callable[[Any], Any], argument: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, call, argument)

    def _ask_one(self, session: str) -> Access | None:
        return self._ask_many([session])[session]

    def _ask_many(self, sessions: list[str]) -> dict[str, Access | None]:
        close_old_connections()
        try:
            return {session: self.ask(session) for session in sessions}
        finally:
            connections.close_all()


def _ask_accounts(session: str) -> Access | None:
    from vigie.accounts.live import topics_of

    return topics_of(session)


def _parameters() -> dict[str, Any]:
    """How Django reaches its database, for a plain connection of our own."""
    known = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold", "server_side_binding", "row_factory"):
        known.pop(name, None)
    return known | {"autocommit": True, "connect_timeout": 5}


def _session_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            found = parse_cookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
            if found:
                return found
    return ""


async def _talk(box: Mailbox, send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"connection", b"close"),  # an ended stream must not keep its connection
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 2000\n\n" + box.take(), "more_body": True})
    while not box.closed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(box.wake.wait(), PING_SECONDS)
        if not box.closed:
            await send({"type": "http.response.body", "body": box.take(), "more_body": True})
            await asyncio.sleep(MERGE_SECONDS)  # a burst becomes one message
    await send({"type": "http.response.body", "body": b""})


async def _watch_for_leaving(receive: Receive, box: Mailbox) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    box.close()


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
