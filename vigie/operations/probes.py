"""What machines ask: may work be sent here, and how is it going?"""

from __future__ import annotations

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from vigie.kernel.refusal import NotFound
from vigie.operations.queries import figures
from vigie.operations.rules import asks_from_this_machine, readiness
from vigie.toolkit import measures
from vigie.toolkit.entry import anyone


@anyone(answers="json")
@require_safe
def health_ready(request: HttpRequest) -> HttpResponse:
    """Each check as ``ok`` or ``not ok``, and nothing more: anybody may ask. 503 unless all are."""
    checks = {"database": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        checks = {"database": True, **readiness(figures.vitals(timezone.now()))}
    except (Error, OSError):
        pass  # said by what is missing from the list
    ready = checks["database"] and all(checks.values())
    said = {name: "ok" if good else "not ok" for name, good in checks.items()}
    response = JsonResponse(said, status=200 if ready else 503, json_dumps_params={"indent": 1})
    response["Cache-Control"] = "no-store"
    return response


@anyone(answers="text")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for this very machine or for who holds VIGIE_METRICS_TOKEN; to anybody else there is nothing here."""
    if not _may_measure(request):
        raise NotFound()
    return HttpResponse(measures.exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_measure(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return True
    sent = frozenset(name.lower() for name in request.headers)
    return asks_from_this_machine(request.META.get("REMOTE_ADDR", ""), request.get_host(), sent)
