"""The live hub: who hears what, how much a slow page costs, when a stream ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.conf import settings

from vigie.runtime import live
from vigie.runtime.live import Access, Hub, Mailbox, heard


class Page:
    """One open page: what it received, and how to make it leave."""

    def __init__(self, hub: Hub, session: str, *, method: str = "GET") -> None:
        self.received: list[bytes] = []
        self.status = 0
        self.left = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
        scope = {"type": "http", "method": method, "path": "/live", "headers": [(b"cookie", cookie)]}
        self.task = asyncio.ensure_future(hub.stream(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["body"]:
            self.received.append(message["body"])

    def messages(self) -> list[list[str]]:
        found = []
        for block in b"".join(self.received).split(b"\n\n"):
            if block.startswith(b"event: message\ndata: "):
                found.append(json.loads(block.split(b"data: ", 1)[1])["topics"])
        return found

    def hellos(self) -> int:
        return b"".join(self.received).count(b"event: hello")


ACCESS: dict[str, Access | None] = {
    "agent": (1, frozenset({"org:*", "person:1"})),
    "limited": (2, frozenset({"org:4", "person:2"})),
    "client": (3, frozenset({"client:4", "person:3"})),
}


@pytest.fixture
def access() -> dict[str, Access | None]:
    return dict(ACCESS)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MERGE_SECONDS", 0.0)
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(live.connections, "close_all", lambda: None)
    monkeypatch.setattr(live, "close_old_connections", lambda: None)


def play(
    scene: Callable[[Hub], Awaitable[None]], access: dict[str, Access | None], *, listening: bool = False
) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(2) as threads:
            hub = Hub(threads, access.get)
            if not listening:
                hub._listen = _nothing  # type: ignore[method-assign]
            try:
                await scene(hub)
            finally:
                hub.close()
                await settle()

    asyncio.run(run())


async def _nothing() -> None:
    await asyncio.sleep(3600)


async def settle(seconds: float = 0.05) -> None:
    await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("message", "allowed", "result"),
    [
        (["org:4", "ticket:12"], {"org:4"}, ["org:4", "ticket:12"]),
        (["org:5", "ticket:12"], {"org:4"}, []),
        (["org:5", "client:5", "ticket:12"], {"org:*"}, ["org:5", "ticket:12"]),
        (["org:4", "client:4", "person:9", "ticket:1"], {"client:4"}, ["client:4", "ticket:1"]),
        (["ticket:12"], {"org:*", "client:4"}, []),
        ([], {"org:*"}, []),
    ],
)
def test_what_a_stream_hears(message: list[str], allowed: set[str], result: list[str]) -> None:
    assert heard(message, frozenset(allowed)) == result


def test_messages_reach_only_those_concerned(access: dict[str, Access | None]) -> None:
    async def scene(hub: Hub) -> None:
        pages = {name: Page(hub, name) for name in access}
        await settle()
        hub.publish(json.dumps({"topics": ["org:4", "ticket:1"], "name": "changed", "text": "secret"}), 0)
        hub.publish(json.dumps({"topics": ["org:5", "ticket:2"]}), 0)
        hub.publish("not json", 0)
        hub.publish("[]", 0)
        await settle()
        assert pages["agent"].messages() == [["org:4", "ticket:1", "org:5", "ticket:2"]]
        assert pages["limited"].messages() == [["org:4", "ticket:1"]]
        assert pages["client"].messages() == []
        assert b"secret" not in b"".join(pages["agent"].received)
        assert pages["agent"].received[0].startswith(b"retry: 2000\n\nevent: hello")

    play(scene, access)


@pytest.mark.parametrize(("session", "method", "status"), [("unknown", "GET", 401), ("agent", "POST", 405)])
def test_who_is_refused(access: dict[str, Access | None], session: str, method: str, status: int) -> None:
    async def scene(hub: Hub) -> None:
        page = Page(hub, session, method=method)
        await page.task
        assert page.status == status
        assert hub.count == 0

    play(scene, access)


def test_a_slow_reader_holds_a_bounded_mailbox_and_is_told_to_refresh(
    access: dict[str, Access | None],
) -> None:
    async def scene(hub: Hub) -> None:
        slow, quick = Page(hub, "agent"), Page(hub, "limited")
        await settle()
        slow.reading.clear()
        for number in range(5000):
            hub.publish(json.dumps({"topics": ["org:4", f"ticket:{number}"]}), 0)
            if number % 50 == 0:
                await asyncio.sleep(0.002)
        await settle()
        assert max(len(box.pending) for box in hub._boxes()) <= live.MAILBOX
        assert [t for t in quick.messages()[-1] if t in ("org:4", "ticket:4999")] == ["org:4", "ticket:4999"]
        slow.reading.set()
        await settle()
        assert slow.hellos() == 2

    play(scene, access)


def test_an_ended_session_ends_its_streams_and_no_other(access: dict[str, Access | None]) -> None:
    async def scene(hub: Hub) -> None:
        ended, kept = Page(hub, "limited"), Page(hub, "agent")
        await settle()
        access["limited"] = None
        await asyncio.wait_for(ended.task, 2)
        assert not kept.task.done()
        assert hub.count == 1

    play(scene, access)


def test_changed_rights_count_without_a_new_stream(access: dict[str, Access | None]) -> None:
    async def scene(hub: Hub) -> None:
        page = Page(hub, "limited")
        await settle()
        access["limited"] = (2, frozenset({"org:7"}))
        await settle(0.3)
        hub.publish(json.dumps({"topics": ["org:4"]}), 0)
        hub.publish(json.dumps({"topics": ["org:7"]}), 0)
        await settle()
        assert page.messages() == [["org:7"]]

    play(scene, access)


def test_access_not_confirmed_lately_is_not_used(access: dict[str, Access | None]) -> None:
    box = Mailbox("limited", frozenset({"org:4"}), now=100.0)
    box.take()
    hub = Hub(ThreadPoolExecutor(1), access.get)
    hub.streams["limited"] = [box]
    hub.publish(json.dumps({"topics": ["org:4"]}), 100.0 + live.TRUST_SECONDS + 1)
    assert box.closed
    assert not box.pending


def test_a_page_that_leaves_is_forgotten_and_many_of_one_session_push_out_the_oldest(
    access: dict[str, Access | None],
) -> None:
    async def scene(hub: Hub) -> None:
        pages = [Page(hub, "agent") for _ in range(live.STREAMS_PER_SESSION + 1)]
        await settle()
        assert hub.count == live.STREAMS_PER_SESSION
        assert sum(page.task.done() for page in pages) == 1
        for page in pages:
            page.left.set()
        await settle()
        assert hub.count == 0
        assert hub.streams == {}

    play(scene, access)


def test_closing_the_hub_ends_all_streams(access: dict[str, Access | None]) -> None:
    async def scene(hub: Hub) -> None:
        pages = [Page(hub, name) for name in access]
        await settle()
        hub.close()
        await asyncio.wait_for(asyncio.gather(*(page.task for page in pages)), 2)

    play(scene, access)


@pytest.mark.django_db
def test_a_notification_of_the_database_arrives_and_a_lost_connection_is_made_again(
    access: dict[str, Access | None],
) -> None:
    def tell(topic: str) -> None:
        with psycopg.connect(**live._parameters()) as link:
            link.execute("select pg_notify('vigie_live', %s)", (json.dumps({"topics": [topic]}),))

    async def scene(hub: Hub) -> None:
        page = Page(hub, "agent")
        await settle(0.5)
        await asyncio.to_thread(tell, "org:1")
        await settle(0.3)
        assert page.messages() == [["org:1"]]
        greeted = page.hellos()

        def cut() -> None:
            with psycopg.connect(**live._parameters()) as link:
                link.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where query like 'listen %' and datname = current_database()"
                )

        await asyncio.to_thread(cut)
        await settle(1.0)
        assert page.hellos() == greeted + 1
        await asyncio.to_thread(tell, "org:2")
        await settle(0.3)
        assert page.messages() == [["org:1"], ["org:2"]]

    play(scene, access, listening=True)
