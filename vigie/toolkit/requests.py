"""Around every request: how long it took and how it ended, by the name of its route."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from vigie.toolkit import measures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_VIEW = "none"


class RequestMiddleware:
    """The outermost: sees what every other middleware answers, errors included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        measures.count_request(route_of(request), method, response.status_code, time.perf_counter() - began)
        return response


def route_of(request: HttpRequest) -> str:
    """The name of the route that answered; ``none`` where no view was reached: files, redirects, unknown addresses."""
    match = request.resolver_match
    return (match.url_name or "unnamed") if match else NO_VIEW
