"""What is measured of this process, in the words of Prometheus: requests, live streams, the database pool.

Each web process counts for itself and bears its number in the label ``process``: a sum over it is the installation's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

PROCESS = str(os.getpid())
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Collector(Protocol):
    """Reads its figures at the moment they are asked for."""

    def collect(self) -> Iterable[Any]: ...


_registry = CollectorRegistry()
_requests = Counter(
    "vigie_requests", "Answers given.", ("process", "route", "method", "status"), registry=_registry
)
_durations = Histogram(
    "vigie_request_seconds", "Time until an answer began.", ("process", "route"), buckets=SECONDS, registry=_registry
)  # fmt: skip
_streams = Gauge(
    "vigie_live_streams", "Pages that listen for live updates.", ("process",), registry=_registry
)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """``route`` is a name of our own, never an address: addresses are without number and may hold secrets."""
    _requests.labels(PROCESS, route, method, str(status)).inc()
    _durations.labels(PROCESS, route).observe(seconds)


def streams_are(count: Callable[[], int]) -> None:
    """Tell how the live streams of this process are counted."""
    _streams.labels(PROCESS).set_function(count)


def register(collector: Collector) -> None:
    _registry.register(collector)


def exposition() -> bytes:
    """Every measure, in Prometheus' text format."""
    return generate_latest(_registry)


class _Pool:
    def collect(self) -> Iterable[Any]:
        pool = connection.pool  # type: ignore[attr-defined]  # of Django's PostgreSQL backend
        known = pool.get_stats() if pool is not None else {}
        family = GaugeMetricFamily(
            "vigie_pool_connections", "Database connections of this process.", labels=("process", "state")
        )
        family.add_metric((PROCESS, "open"), known.get("pool_size", 0))
        family.add_metric((PROCESS, "free"), known.get("pool_available", 0))
        waiting = GaugeMetricFamily(
            "vigie_pool_waiting", "Requests that wait for a database connection.", labels=("process",)
        )
        waiting.add_metric((PROCESS,), known.get("requests_waiting", 0))
        return (family, waiting)


register(_Pool())
