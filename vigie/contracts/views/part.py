"""The way from a contract's page to what was asked of it and what holds it up."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from vigie.contracts.models import Contract


def coverage_part(request: HttpRequest, *, contract: Contract) -> str:
    """Markup for the contract's page."""
    return render_to_string("contracts/_coverage.html", {"contract": contract}, request)
