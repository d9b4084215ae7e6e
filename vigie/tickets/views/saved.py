"""Saved views of the queue: kept, managed, ordered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vigie.accounts.access import visible_teams
from vigie.kernel.refusal import Refusal
from vigie.tickets.actions import views as actions
from vigie.tickets.queries.screen import filters_of, saved_views
from vigie.tickets.views.queue import address
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import local_name
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence


@agents("tickets:view")
def saved(request: Request) -> HttpResponse:
    """The page where one's views are renamed, shared, ordered and deleted."""
    return _page(request)


def _page(
    request: Request, *, error: Refusal | None = None, typed: dict[str, Any] | None = None
) -> HttpResponse:
    actor = request.actor
    rows = [
        {
            "pk": view.pk,
            "name": view.name,
            "href": address(filters_of(view.query), view=view.pk),
            "query": view.query,
            "sharing": actions.sharing_of(view),
            "mine": view.owner_id == actor.person_id,
            "may_change": view.owner_id == actor.person_id or actor.can("views:share"),
        }
        for view in saved_views(actor)
    ]
    values = {
        "rows": rows,
        "my_teams": my_teams(request),
        "may_share": actor.can("views:share"),
        "error": sentence(error) if error else "",
        "typed": typed or {},
    }
    return render(request, "tickets/queue_views.html", values, status=error.status if error else 200)


def my_teams(request: Request) -> list[tuple[str, str]]:
    """Teams that one may share a view with: one's own."""
    if not request.actor.can("views:share") or not request.actor.team_ids:
        return []
    rows = (
        visible_teams(request.actor)
        .filter(pk__in=sorted(request.actor.team_ids))
        .values("id", "name_fr", "name_en")
    )
    return [(str(row["id"]), local_name(row)) for row in rows]


def _back(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("queue_views"))


@agents("tickets:view", answers="redirect")
def new(request: Request) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    typed = {key: request.POST.get(key, "") for key in ("name", "query", "share")}
    try:
        view = actions.save_view(request.actor, typed["name"], typed["query"], typed["share"])
    except Refusal as refusal:
        return _page(request, error=refusal, typed=typed)
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return HttpResponseRedirect(address(filters_of(view.query), view=view.pk))


@agents("tickets:view", answers="redirect")
def update(request: Request, view_id: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    given = {key: request.POST[key] for key in ("name", "query", "share") if key in request.POST}
    try:
        view = actions.update_view(request.actor, view_id, **given)
    except Refusal as refusal:
        return _page(request, error=refusal, typed={**given, "pk": view_id})
    if "query" in given:
        return HttpResponseRedirect(address(filters_of(view.query), view=view.pk))
    return _back(request)


@agents("tickets:view", answers="redirect")
def delete(request: Request, view_id: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actions.delete_view(request.actor, view_id)
    messages.success(request, _("The view is deleted; its tickets are untouched."))
    return _back(request)


@agents("tickets:view", answers="redirect")
def order(request: Request) -> HttpResponse:
    """The order of one's own views, as the list of their ids."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ids = [int(value) for value in request.POST.getlist("order") if value.isdigit() and len(value) < 16]
    actions.order_views(request.actor, _moved(ids, request.POST.get("up", ""), request.POST.get("down", "")))
    return _back(request)


def _moved(ids: list[int], up: str, down: str) -> list[int]:
    """``ids`` with one moved a place up or down (the button that was pressed)."""
    for value, step in ((up, -1), (down, 1)):
        if value.isdigit() and int(value) in ids:
            at = ids.index(int(value))
            to = min(max(at + step, 0), len(ids) - 1)
            ids[at], ids[to] = ids[to], ids[at]
    return ids
