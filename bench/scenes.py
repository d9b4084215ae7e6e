"""What the driver asks for: eight journeys of an agent and of a customer."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus

from bench import tickets, world

Request = tuple[str, str, dict[str, str] | None]
"""Method, path, form."""
Make = Callable[[random.Random], Request]

WHO = {
    "agent": range(1, 40, 2),  # limited to sixty clients
    "agent_all": range(2, 40, 2),
    "agent_busy": world.BUSY,
    "customer": world.PORTAL,
    "customer_new": world.contacts()[40:80],  # creating must not change what the others' home shows
}
"""People who sign in, by the words of ``Scene.who``."""


@dataclass(frozen=True, slots=True)
class Scene:
    """``requests`` are sent at concurrency 1, twice as many at 4 and 16."""

    name: str
    who: str
    make: Make
    requests: int


def scenes(total: int) -> list[Scene]:
    """The journeys over a data set of ``total`` tickets."""
    with_ten_messages = range(total - total % 100, total // 50, -100)[:2000]
    live = range(tickets.live_from(total) + 1, total)  # a ticket that is over refuses a reply

    def search(rng: random.Random) -> Request:
        return "GET", "/search/?q=" + quote_plus(" ".join(rng.sample(world.WORDS[:30], 2))), None

    def reply(rng: random.Random) -> Request:
        form = {"kind": "reply", "body": "<p>Bonjour, nous regardons.</p>", "despite": "1"}
        return "POST", f"/tickets/{rng.choice(live)}/say/", {**form, "submission": secrets.token_hex(8)}

    def create(rng: random.Random) -> Request:
        form = {
            "type": "incident", "title": "Imprimante bloquée", "body": "Elle ne répond plus.", "service": "1",
            "urgency": "2", "impact": "3", "submission": secrets.token_hex(8),
        }  # fmt: skip
        return "POST", "/portal/new/?type=incident", form

    return [
        Scene("queue, newest", "agent", _get("/tickets/?status=live&sort=newest"), 200),
        Scene("queue, mine by time left", "agent_busy", _get("/tickets/?status=live&assignee=me"), 200),
        Scene("queue, one client", "agent", _get("/tickets/?status=live&client=C2"), 200),
        Scene(
            "ticket, 10 messages",
            "agent_all",
            lambda rng: ("GET", f"/tickets/{rng.choice(with_ten_messages)}/", None),
            200,
        ),
        Scene("search, two words", "agent_all", search, 100),
        Scene("portal home", "customer", _get("/portal/"), 150),
        Scene("reply", "agent_all", reply, 100),
        Scene("create, from the portal", "customer_new", create, 100),
    ]


def _get(path: str) -> Make:
    return lambda rng: ("GET", path, None)
