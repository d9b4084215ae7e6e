"""Addresses of this area."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.escalation.views import escalations, ladders, risk

urlpatterns: list[URLPattern] = [
    path("risks/", risk.breach_risk, name="breach_risk"),
    path("risks/rows/", risk.breach_risk_rows, name="breach_risk_rows"),
    path("escalations/", escalations.escalations, name="escalations"),
    path("escalations/<int:escalation_id>/", escalations.escalation, name="escalation"),
    path(
        "escalations/<int:escalation_id>/acknowledge/",
        escalations.escalation_acknowledge,
        name="escalation_acknowledge",
    ),
    path("ladders/", ladders.ladders, name="ladders"),
    path("ladders/new/", ladders.ladder_new, name="ladder_new"),
    path("ladders/<int:ladder_id>/", ladders.ladder, name="ladder"),
    path("ladders/<int:ladder_id>/edit/", ladders.ladder_edit, name="ladder_edit"),
    path("ladders/<int:ladder_id>/steps/new/", ladders.ladder_step_new, name="ladder_step_new"),
    path("ladders/<int:ladder_id>/steps/<int:step_id>/", ladders.ladder_step, name="ladder_step"),
    path(
        "ladders/<int:ladder_id>/steps/<int:step_id>/remove/",
        ladders.ladder_step_remove,
        name="ladder_step_remove",
    ),
]
