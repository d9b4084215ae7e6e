"""What the pages of contracts share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from vigie.contracts.models import Contract
from vigie.contracts.queries.versions import Pauses
from vigie.contracts.rules.instants import zone_of
from vigie.toolkit.jinja import local_name


def today_at(contract: Contract) -> dt.date:
    """The client's day."""
    return timezone.localdate(timezone=zone_of(contract.organisation.timezone))


def parse_day(text: str) -> dt.date | None:
    """A day of an address; ``None`` for what is none."""
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


def reasons_of(rows: Iterable[dict[str, Any]]) -> list[Pauses]:
    """The distinct sets of pauses among these commitments."""
    return list(dict.fromkeys(row["pauses"] for row in rows if row["pauses"].reasons))


def crumb() -> dict[str, str]:
    """The way to the list."""
    return {"label": _("Contracts"), "href": reverse("contracts")}


def contract_crumb(contract: Contract) -> dict[str, str]:
    """The way to a contract."""
    return {
        "label": f"{contract.reference} · {local_name(contract)}",
        "href": reverse("contract", args=[contract.pk]),
    }


def draft_crumb(contract: Contract) -> dict[str, str]:
    """The way to the draft of a contract."""
    return {"label": _("Draft"), "href": reverse("draft", args=[contract.pk])}
