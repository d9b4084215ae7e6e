"""Addresses of this area. ``/health/live`` is answered by the web entry itself (``runtime.asgi``)."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.operations import probes, views

urlpatterns: list[URLPattern] = [
    path("health/ready", probes.health_ready, name="health_ready"),
    path("metrics", probes.metrics, name="metrics"),
    path("administration/status/", views.status, name="status"),
    path("administration/jobs/", views.jobs, name="jobs"),
    path("administration/jobs/replay/", views.jobs_replay, name="jobs_replay"),
    path("administration/jobs/<int:job_id>/", views.job, name="job"),
    path("administration/jobs/<int:job_id>/replay/", views.job_replay, name="job_replay"),
    path("administration/jobs/<int:job_id>/discard/", views.job_discard, name="job_discard"),
]
