"""Addresses of the customer portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.compliance import portal as compliance
from vigie.compliance.views import paper as month_paper
from vigie.contracts import portal as contracts
from vigie.portal import views
from vigie.tickets.portal import following, new
from vigie.tickets.views import paper

urlpatterns: list[URLPattern] = [
    path("", views.home, name="portal_home"),
    path("suggestions/", views.suggestions, name="portal_suggestions"),
    path("theme.css", views.theme, name="portal_theme"),
    path("logo", views.logo, name="portal_logo"),
    path("new/", new.new, name="portal_new"),
    path("new/promise/", new.promise, name="portal_new_promise"),
    path("new/people/", new.people, name="portal_new_people"),
    path("new/draft/", new.draft, name="portal_new_draft"),
    path("files/", new.send_file, name="portal_upload"),
    path("contract/", contracts.contract, name="portal_contract"),
    path("promises/", compliance.compliance, name="portal_compliance"),
    path("promises/<int:contract_id>/tickets/", compliance.tickets, name="portal_compliance_tickets"),
    path(
        "promises/<int:contract_id>/paper/",
        month_paper.portal_compliance_paper,
        name="portal_compliance_paper",
    ),
    path("promises/<int:contract_id>/measures/<int:rate_id>/", compliance.measure, name="portal_measure"),
    path("promises/outages/", compliance.records, name="portal_records"),
    path("promises/exclusions/<int:exclusion_id>/", compliance.exclusion, name="portal_exclusion"),
    path("promises/credits/<int:credit_id>/", compliance.credit, name="portal_credit"),
    path("tickets/", following.tickets, name="portal_tickets"),
    path("tickets/<int:ticket_id>/", following.ticket, name="portal_ticket"),
    path("tickets/<int:ticket_id>/promise/", following.explained, name="portal_promise"),
    path("tickets/<int:ticket_id>/promise/paper/", paper.portal_promise_paper, name="portal_promise_paper"),
    path("tickets/<int:ticket_id>/reply/", following.reply, name="portal_reply"),
    path("tickets/<int:ticket_id>/draft/", following.draft, name="portal_draft"),
    path("tickets/<int:ticket_id>/steps/<slug:verb>/", following.take, name="portal_step"),
]
