"""Around every request: its id, how long it took and how it ended, by the name of its route."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from vigie.toolkit import measures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")
NO_VIEW = "none"
# Asked for every few seconds by machines, or by every page: counted, not written.
UNWRITTEN = frozenset({NO_VIEW, "health_ready", "metrics"})

log = structlog.get_logger("vigie.request")


class RequestMiddleware:
    """The outermost: sees what every other middleware answers, errors included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = request_id(request)  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request=request.id):  # type: ignore[attr-defined]
            began = time.perf_counter()
            response = self.get_response(request)
            _tell(request, response.status_code, time.perf_counter() - began)
        response[HEADER] = request.id  # type: ignore[attr-defined]
        return response


def request_id(request: HttpRequest) -> str:
    """The one that a proxy of ours gave, when it is well formed; else a new one."""
    given = request.headers.get(HEADER, "")
    if request.META.get("REMOTE_ADDR") in settings.PROXIES and WELL_FORMED.fullmatch(given):
        return given
    return secrets.token_hex(12)


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    route = route_of(request)
    method = request.method if request.method in METHODS else "other"
    measures.count_request(route, method, status, seconds)
    if route in UNWRITTEN and status < 500:
        return
    actor = getattr(request, "actor", None)
    log.info(
        "request", route=route, method=method, status=status, ms=round(seconds * 1000, 1),
        actor=actor.person_id if actor else None,
    )  # fmt: skip


def route_of(request: HttpRequest) -> str:
    """The name of the route that answered; ``none`` where no view was reached: files, redirects, unknown addresses."""
    match = request.resolver_match
    return (match.url_name or "unnamed") if match else NO_VIEW
