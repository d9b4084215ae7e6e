"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.compliance.views import balances, credits, exclusions, measures, month, paper, records, terms

urlpatterns: list[URLPattern] = [
    path("contracts/<int:contract_id>/compliance/", month.month, name="contract_month"),
    path("contracts/<int:contract_id>/compliance/tickets/", month.tickets, name="contract_month_tickets"),
    path(
        "contracts/<int:contract_id>/compliance/paper/",
        paper.contract_month_paper,
        name="contract_month_paper",
    ),
    path("contracts/<int:contract_id>/compliance/propose/", month.propose, name="statement_propose"),
    path("contracts/<int:contract_id>/penalties/", terms.penalty_terms, name="penalty_terms"),
    path("contracts/<int:contract_id>/rates/new/", terms.rate, name="rate_new"),
    path("contracts/<int:contract_id>/rates/<int:rate_id>/", terms.rate, name="rate"),
    path("contracts/<int:contract_id>/rates/<int:rate_id>/end/", terms.rate_end, name="rate_end"),
    path("statements/<int:statement_id>/", month.statement, name="statement"),
    path("statements/<int:statement_id>/approve/", month.approve, name="statement_approve"),
    path("statements/<int:statement_id>/left-over/", balances.balance, name="balance"),
    path("exclusions/", exclusions.exclusions, name="exclusions"),
    path("exclusions/new/<int:clock_id>/", exclusions.exclusion_new, name="exclusion_new"),
    path("exclusions/<int:exclusion_id>/", exclusions.exclusion, name="exclusion"),
    path(
        "exclusions/new/<slug:nature>/<int:record_id>/",
        exclusions.exclusion_new_record,
        name="exclusion_new_record",
    ),
    path("contracts/<int:contract_id>/measures/new/<slug:kind>/", measures.measure_new, name="measure_new"),
    path("contracts/<int:contract_id>/measures/<int:rate_id>/", measures.measure, name="measure"),
    path(
        "contracts/<int:contract_id>/measures/<int:rate_id>/month/",
        measures.measure_month,
        name="measure_month",
    ),
    path("contracts/<int:contract_id>/measures/<int:rate_id>/reading/", measures.reading, name="reading"),
    path("contracts/<int:contract_id>/deliveries/", records.deliveries, name="deliveries"),
    path("contracts/<int:contract_id>/deliveries/new/", records.delivery_new, name="delivery_new"),
    path("contracts/<int:contract_id>/deliveries/<int:delivery_id>/", records.delivery, name="delivery"),
    path("clients/<int:organisation_id>/outages/", records.records, name="records"),
    path("clients/<int:organisation_id>/outages/new/", records.outage_new, name="outage_new"),
    path("clients/<int:organisation_id>/outages/<int:outage_id>/", records.outage, name="outage"),
    path("clients/<int:organisation_id>/maintenance/new/", records.maintenance_new, name="maintenance_new"),
    path("clients/<int:organisation_id>/maintenance/<int:work_id>/", records.maintenance, name="maintenance"),
    path("records/<slug:nature>/<int:record_id>/withdraw/", records.withdraw, name="record_withdraw"),
    path("credits/", credits.credit_list, name="credits"),
    path("credits/<int:credit_id>/", credits.credit, name="credit"),
    path("credits/<int:credit_id>/note/", credits.credit_note, name="credit_note"),
]
