"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.contracts.views import (
    calendars,
    contracts,
    feeds,
    parties,
    requirements,
    starting,
    suppliers,
    versions,
)

urlpatterns: list[URLPattern] = [
    path("contracts/", contracts.contracts, name="contracts"),
    path("contracts/start/", starting.contract_start, name="contract_start"),
    path("contracts/start/<slug:preset>/", starting.contract_from, name="contract_from"),
    path("contracts/new/", contracts.contract_new, name="contract_new"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/edit/", contracts.contract_edit, name="contract_edit"),
    path("contracts/<int:contract_id>/preview/", contracts.contract_preview, name="contract_preview"),
    path("contracts/<int:contract_id>/history/", contracts.contract_history, name="contract_history"),
    path("contracts/<int:contract_id>/draft/", versions.draft, name="draft"),
    path("contracts/<int:contract_id>/draft/new/", versions.amendment_new, name="amendment_new"),
    path("contracts/<int:contract_id>/draft/force/", versions.draft_force, name="draft_force"),
    path("contracts/<int:contract_id>/draft/drop/", versions.draft_drop, name="draft_drop"),
    path(
        "contracts/<int:contract_id>/versions/<int:version_id>/edit/", versions.draft_edit, name="draft_edit"
    ),
    path("contracts/<int:contract_id>/commitments/new/", versions.commitment_form, name="commitment_new"),
    path(
        "contracts/<int:contract_id>/commitments/<int:commitment_id>/",
        versions.commitment_form,
        name="commitment",
    ),
    path(
        "contracts/<int:contract_id>/commitments/<int:commitment_id>/drop/",
        versions.commitment_drop,
        name="commitment_drop",
    ),
    path("contracts/<int:contract_id>/draft/cover/", parties.cover, name="draft_cover"),
    path("contracts/<int:contract_id>/parts/<slug:part>/new/", parties.part, name="contract_part_new"),
    path("contracts/<int:contract_id>/parts/<slug:part>/<int:row_id>/", parties.part, name="contract_part"),
    path(
        "contracts/<int:contract_id>/parts/<slug:part>/<int:row_id>/drop/",
        parties.part_drop,
        name="contract_part_drop",
    ),
    path("contracts/<int:contract_id>/files/new/", parties.file_new, name="contract_file_new"),
    path("contracts/<int:contract_id>/files/<int:file_id>/", parties.file, name="contract_file"),
    path(
        "contracts/<int:contract_id>/files/<int:file_id>/drop/", parties.file_drop, name="contract_file_drop"
    ),
    path("contracts/<int:contract_id>/suspend/", parties.suspension_new, name="suspension_new"),
    path("contracts/<int:contract_id>/notice/", parties.notice_new, name="notice_new"),
    path("contracts/<int:contract_id>/steps/<slug:step>/", parties.contract_step, name="contract_step"),
    path(
        "contracts/<int:contract_id>/deadlines/<int:deadline_id>/",
        parties.deadline_acknowledge,
        name="deadline_acknowledge",
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
