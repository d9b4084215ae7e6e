"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.workflow import views

urlpatterns: list[URLPattern] = [
    path("workflows/", views.workflows, name="workflows"),
    path("workflows/<int:version_id>/", views.workflow, name="workflow"),
    path("workflows/<int:version_id>/publish/", views.workflow_publish, name="workflow_publish"),
]
