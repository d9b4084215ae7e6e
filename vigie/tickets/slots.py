"""What tickets say on pages of lower features."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone

from vigie.contracts.models import Calendar
from vigie.contracts.rules.calendar import Calendar as Hours
from vigie.tickets.queries.hours_effect import effect_of
from vigie.toolkit.entry import Request


def hours_effect(request: Request, *, calendar: Calendar, hours: Hours) -> str:
    """On the page of new hours: how many promises they leave alone, how many they would have moved."""
    effect = effect_of(request.actor, calendar.pk, hours, now=timezone.now())
    return render_to_string("tickets/_hours_effect.html", {"effect": effect}, request) if effect else ""
