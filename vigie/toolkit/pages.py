"""Rendering pages and refusals, the same way everywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit.authorship import author_input
from vigie.toolkit.jinja import url
from vigie.toolkit.refusals import sentence
from vigie.toolkit.sessions import seconds_left

Shell = Callable[[HttpRequest], dict[str, Any]]
_shells: dict[str, Shell] = {}


def register_shell(side: str, shell: Shell) -> None:
    """``shell(request)`` gives the layout's own context (navigation, counters) for one side."""
    _shells[side] = shell


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page reads: language, theme, addresses of the person's menu, messages to show once.

    A context processor. The forms of a page share one token (Django would mask it anew for each) and say whose page it is.
    """
    token = SimpleLazyObject(lambda: get_token(request))
    return {
        "language": (get_language() or "fr")[:2],
        "languages": settings.LANGUAGES,
        "theme": getattr(request.user, "theme", "system"),
        "language_url": url("set_language"),
        "theme_url": url("set_theme"),
        "upload_limit": settings.UPLOAD_LIMIT,
        "signout_url": url("account_logout"),
        "flashes": messages.get_messages(request),
        "session_left": seconds_left(request.session) if request.user.is_authenticated else None,
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(lambda: _token_input(token) + author_input(request)),
    }


def _token_input(token: Any) -> SafeString:
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)


def is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page (with its shell's context) or, for a template under ``_``, a bare fragment."""
    actor = getattr(request, "actor", None)
    values: dict[str, Any] = {"request": request, "actor": actor}
    bare = template.rsplit("/", 1)[-1].startswith("_")
    if not bare and actor is not None and actor.side in _shells:
        values.update(_shells[actor.side](request))
    values.update(context or {})
    return HttpResponse(render_to_string(template, values, request=request), status=status)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No page has this address (``handler404``)."""
    return refused(request, NotFound())


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What came cannot be read, or its session ended on the way (``handler400``): asks nothing of what may be broken."""
    refusal = Refusal("access.malformed")
    known = {"code": refusal.code, "message": sentence(refusal), "language": (get_language() or "fr")[:2]}
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": refusal.code, "message": known["message"]}, status=400)
    return HttpResponse(render_to_string("layouts/malformed.html", known), status=400)


def wrong_method(request: HttpRequest) -> HttpResponse:
    """The address takes forms and was opened as a page, or the other way round."""
    refusal = Refusal("access.wrong_method")
    refusal.status = 405
    return refused(request, refusal)


def failed(request: HttpRequest) -> HttpResponse:
    """An error of ours (``handler500``): asks nothing of the database, and gives the id under which the log tells more.

    503 while the database is away: a proxy or a program may then try again by itself.
    """
    is_away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    status, headers = (503, {"Retry-After": "5"}) if is_away else (500, None)
    known = {"request_id": getattr(request, "id", ""), "language": (get_language() or "fr")[:2]}
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(
            {"code": "failed", "request": known["request_id"]}, status=status, headers=headers
        )
    return HttpResponse(render_to_string("layouts/failed.html", known), status=status, headers=headers)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Show a refusal: JSON where JSON was asked, a fragment to htmx, a whole page otherwise."""
    text = sentence(refusal)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": refusal.code, "message": text}, status=refusal.status)
    template = "layouts/_refusal.html" if is_fragment(request) else "layouts/refusal.html"
    values = {
        "request": request,
        "actor": getattr(request, "actor", None),
        "code": refusal.code,
        "message": text,
        "status": refusal.status,
    }
    response = HttpResponse(render_to_string(template, values, request=request), status=refusal.status)
    if is_fragment(request):
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
    return response
