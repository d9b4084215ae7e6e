"""The frame of every agent page: where one may go, what is unread, who one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import pgettext as p

from vigie.kernel.actor import Actor
from vigie.notifications.queries import unread_count
from vigie.tickets.labels import TYPES
from vigie.toolkit.jinja import url

LIVE_URL = "/live"
ADMINISTRATION = (
    "access:manage",
    "workflow:manage",
    "catalog:manage",
    "contracts:manage",
    "clients:manage",
    "mail:manage",
    "operations:view",
)
# Whoever answers for contracts and sees their tickets: the day begins with the clients, not with a queue.
BOARD = ("tickets:view", "contracts:manage")
TYPE_ICONS = {"incident": "bolt", "request": "shopping-cart", "question": "help-circle"}


def places(actor: Actor) -> list[dict[str, Any]]:
    """The pages that the actor's grants open, in the order of the rail. ``key`` follows ``g``."""
    all_places = (
        ("board", p("menu", "Board"), "layout-dashboard", "b", BOARD),
        ("queue", p("menu", "Tickets"), "inbox", "q", ("tickets:view",)),
        ("inbound_mails", p("menu", "Mails"), "mail", "m", ("mail:triage",)),
        ("clients", p("menu", "Clients"), "building", "c", ("clients:view",)),
        ("people", p("menu", "People"), "users", "p", ("people:view",)),
        ("contracts", p("menu", "Contracts"), "contract", "o", ("contracts:view",)),
        ("rota", p("menu", "Rota"), "calendar-event", "r", ("rota:view",)),
        ("services", p("menu", "Services"), "apps", "s", ("catalog:view",)),
    )
    return [
        {"code": code, "label": word, "icon": icon, "key": key, "href": url(code)}
        for code, word, icon, key, grants in all_places
        if all(actor.can(grant) for grant in grants)
    ]


def administration(actor: Actor) -> list[dict[str, Any]]:
    """The foot of the rail, for those who administer something."""
    if not any(actor.can(grant) for grant in ADMINISTRATION):
        return []
    word = p("menu", "Settings")
    return [
        {
            "code": "administration",
            "label": word,
            "icon": "settings",
            "key": "a",
            "href": url("administration"),
        }
    ]


def creations(actor: Actor) -> list[dict[str, Any]]:
    """What "+ New" offers."""
    if not actor.can("tickets:open"):
        return []
    base = url("ticket_new")
    return [
        {
            "label": word,
            "href": f"{base}?type={code}",
            "icon": TYPE_ICONS[code],
            "key": "c" if code == "incident" else None,
        }
        for code, word in TYPES.items()
    ]


def _here(items: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    return [{**item, "current": path.startswith(item["href"])} for item in items]


def bell(actor: Actor) -> dict[str, Any]:
    """The bell and its unread count, live on the person's own topic."""
    return {
        "href": url("notices"),
        "count": unread_count(actor),
        "topic": f"person:{actor.person_id}",
        "live_href": url("notices_bell"),
    }


def shell(request: HttpRequest) -> dict[str, Any]:
    """The layout's own context for the provider's staff."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "nav": _here(places(actor), request.path),
        "nav_end": _here(administration(actor), request.path),
        "creations": creations(actor),
        "person": {"name": actor.name, "email": getattr(request.user, "email", ""), "href": url("me")},
        "notices": bell(actor),
        "home_url": url("home"),
        "search_url": url("search"),
        "palette_url": url("palette"),
        "live_url": LIVE_URL,
    }
