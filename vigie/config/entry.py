"""Where a request becomes an act: who is it, may they, behind which wall, in which language."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone, translation

from vigie.accounts.actors import actor_of
from vigie.config import late
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy.walls import client_wall
from vigie.toolkit.entry import audience_of
from vigie.toolkit.pages import refused, wrong_method

# Pages of django-allauth: each about the visitor alone, reading no client's table.
ACCOUNT_MODULES = ("allauth.",)


class EntryMiddleware:
    """Builds the actor, refuses who may not enter, raises the client wall, and shows refusals."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None  # type: ignore[attr-defined]
        request.GET = _without_nul(request.GET)  # type: ignore[assignment]
        with translation.override(_language(request)), timezone.override(_zone(request)):
            response = self._answer(request)
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if "vigie.too_large" in request.META:
            return late.too_large(request)
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b""):
            page = wrong_method(request)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if request.method == "POST":
            request.POST = _without_nul(request.POST)  # type: ignore[assignment]
        audience = audience_of(view)
        if audience is None:
            if getattr(view, "__module__", "").startswith(ACCOUNT_MODULES):
                return None
            raise RuntimeError(f"{view} does not say who it is for (vigie.toolkit.entry)")
        try:
            return self._enter(request, view, audience, args, kwargs)
        except Refusal as refusal:
            return refused(request, refusal)

    def _enter(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        audience: str,
        args: Any,
        kwargs: Any,
    ) -> HttpResponseBase:
        actor = None
        if request.user.is_authenticated:
            actor = actor_of(
                request.user,
                today=timezone.localdate(),
                organisation_id=request.session.get("organisation_id"),
            )
        request.actor = actor  # type: ignore[attr-defined]
        if audience != "anyone":
            if actor is None:
                if request.user.is_authenticated:  # may act no more: no affiliation in force, no profile
                    logout(request)
                return late.sign_in(request)
            if (refusal := late.under_another_name(request)) is not None:
                return refusal
            if (audience == "agents" and not actor.is_provider) or (
                audience == "customers" and not actor.is_client
            ):
                raise NotFound()
            if grant := getattr(view, "grant", None):
                actor.demand(grant)
        if actor is None or actor.is_provider:
            return view(request, *args, **kwargs)
        with client_wall(actor):
            response = view(request, *args, **kwargs)
            if response.streaming and not getattr(response, "walled_file", False):
                raise RuntimeError("a streamed answer would run outside the client wall")
            return response


def _without_nul(sent: QueryDict) -> QueryDict:
    """What was sent without NUL characters: the database refuses them and no reader would see one."""
    if not any("\x00" in part for name, values in sent.lists() for part in (name, *values)):
        return sent
    kept = QueryDict(mutable=True)
    for name, values in sent.lists():
        kept.setlist(name.replace("\x00", ""), [value.replace("\x00", "") for value in values])
    kept._mutable = False
    return kept


def _language(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return str(request.user.language)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return translation.get_language_from_request(request)


def _zone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    name = request.user.timezone if request.user.is_authenticated else settings.TIME_ZONE
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
