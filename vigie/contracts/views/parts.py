"""What the pages of contracts share."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
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
    """The distinct sets of pauses among these commitments, each named by its clocks, and by its tickets where that is not enough."""
    held: dict[Pauses, list[dict[str, Any]]] = {}
    for row in rows:
        if row["pauses"].reasons:
            held.setdefault(row["pauses"], []).append(row)
    names = {its: f"{_distinct(row['kind'] for row in found)} · {its.name}" for its, found in held.items()}
    twice = {name for name, times in Counter(names.values()).items() if times > 1}
    return [
        replace(its, name=f"{name} · {_distinct(map(_tickets, held[its]))}" if name in twice else name)
        for its, name in names.items()
    ]


def _distinct(words: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(map(str, words)))


def _tickets(row: dict[str, Any]) -> str:
    return f"{row['scope']} P{row['priority']}" if row["priority"] else str(row["scope"])


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
