"""Reads of what stands beside the promises: who answers, who signed, prices, cover, files, dates. For agents alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_currency

from vigie.contracts import access
from vigie.contracts.models import (
    Contract,
    ContractFile,
    ContractVersion,
    Covered,
    Deadline,
    Lot,
    PriceLine,
    Signatory,
)
from vigie.contracts.rules.renewal import decision_deadline
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit.jinja import local_name, locale

FILES_SHOWN = 50
PARTS: dict[str, type[Lot] | type[Signatory] | type[PriceLine]] = {
    "lots": Lot,
    "signatories": Signatory,
    "prices": PriceLine,
}


def one_part(actor: Actor, contract: Contract, part: str, row_id: int) -> Any:
    """The lot, signatory or price of the draft with this id, or :class:`NotFound`."""
    access.one(actor, contract.pk)
    owner = (
        {"version__contract": contract, "version__state": ContractVersion.State.DRAFT}
        if part == "prices"
        else {"contract": contract}
    )
    found = PARTS[part]._default_manager.filter(pk=row_id, **owner).first()
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class Dates:
    """What must be decided, and until when. ``left`` = days until then; ``waiting`` = reminders nobody took in hand."""

    last_day: dt.date | None
    decide_by: dt.date | None
    left: int | None
    waiting: tuple[Deadline, ...]


def dates_of(contract: Contract, today: dt.date) -> Dates:
    """The dates of a contract already in sight."""
    if contract.ends_on is None:
        return Dates(None, None, None, ())
    decide = decision_deadline(contract.ends_on, contract.notice_months)
    waiting = Deadline.objects.filter(contract=contract, acknowledged_at=None, told__isnull=False)
    current = tuple(row for row in waiting if row.due_on in (decide, contract.ends_on - dt.timedelta(days=1)))
    return Dates(contract.ends_on - dt.timedelta(days=1), decide, (decide - today).days, current)


def lots_of(contract: Contract) -> list[Lot]:
    """The lots of a contract already in sight, each with its manager."""
    return list(
        Lot.objects.filter(contract=contract).select_related("manager__person").order_by("-kind", "pk")
    )


def signatories_of(contract: Contract) -> list[dict[str, Any]]:
    """Who signs a contract already in sight, our side first, ceilings in words."""
    rows = Signatory.objects.filter(contract=contract).order_by("-side", "name")
    currency = contract.organisation.currency
    return [{"row": row, "ceiling": _money(row.ceiling, currency)} for row in rows]


def prices_of(contract: Contract, version: ContractVersion) -> list[dict[str, Any]]:
    """The price lines of a version of a contract already in sight."""
    rows = PriceLine.objects.filter(version=version).order_by("pk")
    return [
        {
            "row": row,
            "label": local_name(row, "label"),
            "amount": _money(row.amount, contract.organisation.currency),
        }
        for row in rows
    ]


def cover_of(version: ContractVersion) -> dict[str, list[str]]:
    """What a version covers, by sort, in words; a sort that is not limited is left out."""
    found: dict[str, list[str]] = {}
    for row in Covered.objects.filter(version=version).select_related("service", "site", "entity"):
        if row.service:
            found.setdefault("services", []).append(local_name(row.service))
        elif row.site:
            found.setdefault("sites", []).append(row.site.name)
        elif row.entity:
            found.setdefault("people", []).append(row.entity.name)
    return {sort: sorted(names) for sort, names in found.items()}


def files_of(contract: Contract) -> list[ContractFile]:
    """The documents of a contract already in sight, the newest first."""
    return list(ContractFile.objects.filter(contract=contract).order_by("-created_at", "-pk")[:FILES_SHOWN])


def _money(amount: Any, currency: str) -> str:
    return "" if amount is None else format_currency(amount, currency, locale=locale())
