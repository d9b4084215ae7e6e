"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.catalog import views

urlpatterns: list[URLPattern] = [
    path("services/", views.services, name="services"),
    path("services/new/", views.service_form, name="service_new"),
    path("services/<int:service_id>/", views.service_form, name="service"),
    path("categories/", views.categories, name="categories"),
    path("categories/new/", views.category_form, name="category_new"),
    path("categories/<int:category_id>/", views.category_form, name="category"),
    path("clients/<int:organisation_id>/services/new/", views.subscription_form, name="subscription_new"),
    path(
        "clients/<int:organisation_id>/services/<int:subscription_id>/",
        views.subscription_form,
        name="subscription",
    ),
]
