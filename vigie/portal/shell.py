"""The customer shell: the client's name and colours, the few places to go, notices and the person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext as p

from vigie.kernel.actor import Actor
from vigie.notifications.queries import unread_count
from vigie.portal.queries import brand
from vigie.toolkit.jinja import url


def shell(request: HttpRequest) -> dict[str, Any]:
    """The layout's context for a person of a client."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = brand(actor)
    person: Any = request.user
    return {
        "client": {
            "name": client["name"],
            "logo": url("portal_logo", v=client["logo_size"]) if client["logo_size"] else None,
        },
        "client_style": url("portal_theme", v=client["accent"].lstrip("#")),
        "nav": navigation(request.path),
        "home_url": url("portal_home"),
        "person": {"name": actor.name, "email": person.email, "href": url("me")},
        "switch_url": url("switch_client") if actor.other_clients else None,
        "notices": {"href": url("notices"), "count": unread_count(actor)},
        "live_url": "/live",
    }


def navigation(path: str) -> list[dict[str, Any]]:
    """The few places of the portal; the one at ``path`` is current."""
    home, tickets, new = url("portal_home"), url("portal_tickets"), url("portal_new")
    return [
        {"code": "home", "label": _("Home"), "icon": "home", "href": home, "current": path == home},
        {
            "code": "tickets",
            "label": _("My requests"),
            "icon": "list",
            "href": tickets,
            "current": path.startswith(tickets),
        },
        {
            "code": "new",
            "label": p("menu", "New request"),
            "icon": "plus",
            "href": new,
            "current": path.startswith(new),
        },
    ]
