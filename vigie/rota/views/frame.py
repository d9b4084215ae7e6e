"""What the pages of rotas share: the places beside them, instants of another zone, days in addresses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext as p

from vigie.accounts.models import Team
from vigie.kernel.actor import Actor
from vigie.rota import access
from vigie.toolkit.jinja import local_name, url
from vigie.toolkit.ordering import by_name

WEEK = dt.timedelta(days=7)


def beside(actor: Actor, here: str = "", team_id: int | None = None) -> dict[str, Any]:
    """The two lists beside every page: places of rotas, teams."""
    places = (
        ("rota", _("Who is open now")),
        ("rota_mine", _("My shifts")),
        ("rota_gaps", _("Gaps ahead")),
        ("rota_notes", p("hand-over", "Notes")),
        ("rota_load", _("Fair load")),
    )
    return {
        "places": [{"label": word, "href": url(code), "current": code == here} for code, word in places],
        "teams_beside": [
            {"label": local_name(team), "href": url("rota_week", team.pk), "current": team.pk == team_id}
            for team in access.visible(actor).order_by("level", by_name("name_fr"))
        ],
    }


def crumbs(team: Team | None = None, *more: dict[str, Any]) -> list[dict[str, Any]]:
    first = [{"label": p("menu", "Rota"), "href": url("rota")}]
    if team is not None:
        first.append({"label": local_name(team), "href": url("rota_week", team.pk)})
    return [*first, *more]


def monday_of(text: str, today: dt.date) -> dt.date:
    """The Monday of the week that an address names; of this week where it names none that can be shown."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = today
    if not 2000 <= day.year <= 2100:
        day = today
    return day - dt.timedelta(days=day.weekday())
