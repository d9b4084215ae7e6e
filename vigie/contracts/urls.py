"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.contracts.views import calendars, contracts

urlpatterns: list[URLPattern] = [
    path("contracts/", contracts.contracts, name="contracts"),
    path("contracts/new/", contracts.contract_new, name="contract_new"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/edit/", contracts.contract_edit, name="contract_edit"),
    path("contracts/<int:contract_id>/preview/", contracts.contract_preview, name="contract_preview"),
    path("contracts/<int:contract_id>/commitments/new/", contracts.commitment_form, name="commitment_new"),
    path(
        "contracts/<int:contract_id>/commitments/<int:commitment_id>/",
        contracts.commitment_form,
        name="commitment",
    ),
    path(
        "contracts/<int:contract_id>/commitments/<int:commitment_id>/end/",
        contracts.commitment_end,
        name="commitment_end",
    ),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("calendars/<int:calendar_id>/", calendars.calendar, name="calendar"),
    path("calendars/<int:calendar_id>/hours/", calendars.calendar_hours, name="calendar_hours"),
    path("calendars/<int:calendar_id>/edit/", calendars.calendar_edit, name="calendar_edit"),
]
