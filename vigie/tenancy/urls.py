"""Addresses of this area (the client's own page, which knows every area, is the console's)."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.tenancy import views

urlpatterns: list[URLPattern] = [
    path("administration/", views.administration, name="administration"),
    path("clients/", views.clients, name="clients"),
    path("clients/new/", views.client_new, name="client_new"),
    path("clients/<int:organisation_id>/edit/", views.client_edit, name="client_edit"),
    path("clients/<int:organisation_id>/logo", views.client_logo, name="client_logo"),
    path("clients/<int:organisation_id>/sites/new/", views.site_form, name="site_new"),
    path("clients/<int:organisation_id>/sites/<int:site_id>/", views.site_form, name="site"),
    path("clients/<int:organisation_id>/entities/new/", views.entity_form, name="entity_new"),
    path("clients/<int:organisation_id>/entities/<int:entity_id>/", views.entity_form, name="entity"),
]
