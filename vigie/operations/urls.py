"""Addresses of this area. ``/health/live`` is answered by the web entry itself (``runtime.asgi``)."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.operations import probes

urlpatterns: list[URLPattern] = [
    path("health/ready", probes.health_ready, name="health_ready"),
    path("metrics", probes.metrics, name="metrics"),
]
