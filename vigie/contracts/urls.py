"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.contracts.views import calendars, contracts, feeds, requirements, suppliers

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
    path("contracts/<int:contract_id>/coverage/", requirements.coverage, name="coverage"),
    path("contracts/<int:contract_id>/coverage/<int:commitment_id>/", requirements.chain, name="chain"),
    path("contracts/<int:contract_id>/requirements/", requirements.requirements, name="requirements"),
    path(
        "contracts/<int:contract_id>/requirements/new/", requirements.requirement_new, name="requirement_new"
    ),
    path("requirements/<int:requirement_id>/", requirements.requirement, name="requirement"),
    path("requirements/<int:requirement_id>/edit/", requirements.requirement_edit, name="requirement_edit"),
    path(
        "requirements/<int:requirement_id>/decide/",
        requirements.requirement_decide,
        name="requirement_decide",
    ),
    path(
        "requirements/<int:requirement_id>/trace/", requirements.requirement_trace, name="requirement_trace"
    ),
    path("suppliers/", suppliers.suppliers, name="suppliers"),
    path("suppliers/new/", suppliers.supplier_form, name="supplier_new"),
    path("suppliers/<int:supplier_id>/", suppliers.supplier, name="supplier"),
    path("suppliers/<int:supplier_id>/edit/", suppliers.supplier_form, name="supplier_edit"),
    path(
        "suppliers/<int:supplier_id>/contracts/new/",
        suppliers.supplier_contract_new,
        name="supplier_contract_new",
    ),
    path(
        "supplier-contracts/<int:supplier_contract_id>/",
        suppliers.supplier_contract,
        name="supplier_contract",
    ),
    path(
        "supplier-contracts/<int:supplier_contract_id>/promises/new/",
        suppliers.underpinning_new,
        name="underpinning_new",
    ),
    path("agreements/", suppliers.agreements, name="agreements"),
    path("agreements/<int:team_id>/new/", suppliers.agreement_new, name="agreement_new"),
    path("support/<int:support_id>/", suppliers.support, name="support"),
    path("support/<int:support_id>/end/", suppliers.support_end, name="support_end"),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("calendars/<int:calendar_id>/", calendars.calendar, name="calendar"),
    path("calendars/<int:calendar_id>/hours/", calendars.calendar_hours, name="calendar_hours"),
    path("calendars/<int:calendar_id>/feed/", feeds.calendar_feed, name="calendar_feed"),
    path("calendars/<int:calendar_id>/feed/read/", feeds.calendar_feed_read, name="calendar_feed_read"),
    path("calendars/<int:calendar_id>/feed/take/", feeds.calendar_feed_take, name="calendar_feed_take"),
    path("calendars/<int:calendar_id>/edit/", calendars.calendar_edit, name="calendar_edit"),
]
