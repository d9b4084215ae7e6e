"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.replay.views import studies

urlpatterns: list[URLPattern] = [
    path("contracts/<int:contract_id>/what-if/", studies.what_if, name="what_if"),
    path("what-if/<int:study_id>/", studies.study, name="study"),
    path("what-if/<int:study_id>/tickets/", studies.study_tickets, name="study_tickets"),
]
