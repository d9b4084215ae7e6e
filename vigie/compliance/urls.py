"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.compliance.views import exclusions, month, paper, terms

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
    path("exclusions/", exclusions.exclusions, name="exclusions"),
    path("exclusions/new/<int:clock_id>/", exclusions.exclusion_new, name="exclusion_new"),
    path("exclusions/<int:exclusion_id>/", exclusions.exclusion, name="exclusion"),
]
