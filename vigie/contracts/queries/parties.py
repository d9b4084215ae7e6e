"""Reads of what stands beside the promises: who answers, who signed, prices, cover, files, dates. For agents alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from babel.numbers import format_currency
from django.db.models import F

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
    Suspension,
)
from vigie.contracts.rules.renewal import decision_deadline
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.toolkit.jinja import local_name, locale
from vigie.toolkit.written import Written, columns_of, kept, models_of, rows_of, stand_in, written

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
    """The dates of a contract already in sight, with the reminders of agents."""
    dates = agreed_dates(contract, today)
    if dates.last_day is None:
        return dates
    waiting = models_of(Deadline, _deadlines(), {CONTRACT: contract.pk})
    current = tuple(row for row in waiting if row.due_on in (dates.decide_by, dates.last_day))
    return replace(dates, waiting=current)


def agreed_dates(contract: Contract, today: dt.date) -> Dates:
    """The dates that both sides agreed on."""
    if contract.ends_on is None:
        return Dates(None, None, None, ())
    decide = decision_deadline(contract.ends_on, contract.notice_months)
    return Dates(contract.last_day, decide, (decide - today).days, ())


def suspensions_of(actor: Actor, contract: Contract) -> list[Suspension]:
    """The days on which a contract promises nothing to new tickets, the last first; those taken back on their day left out."""
    found = in_sight(actor, Suspension.objects.filter(contract=contract))
    return list(found.exclude(ends_on=F("starts_on")).order_by("-starts_on", "-pk"))


def lots_of(contract: Contract) -> list[dict[str, Any]]:
    """The lots of a contract already in sight, each with its ``manager``."""
    return rows_of(_lots(), {CONTRACT: contract.pk})


def signatories_of(contract: Contract) -> list[dict[str, Any]]:
    """Who signs a contract already in sight, our side first, ceilings in words."""
    rows = models_of(Signatory, _signatories(), {CONTRACT: contract.pk})
    currency = contract.organisation.currency
    return [{"row": row, "ceiling": _money(row.ceiling, currency)} for row in rows]


def prices_of(contract: Contract, version: ContractVersion) -> list[dict[str, Any]]:
    """The price lines of a version of a contract already in sight."""
    rows = models_of(PriceLine, _prices(), {VERSION: version.pk})
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
    for row in rows_of(_cover(), {VERSION: version.pk}):
        if row["service_id"]:
            found.setdefault("services", []).append(local_name(row))
        elif row["site_id"]:
            found.setdefault("sites", []).append(row["site__name"])
        else:
            found.setdefault("people", []).append(row["entity__name"])
    return {sort: sorted(names) for sort, names in found.items()}


def files_of(contract: Contract) -> list[ContractFile]:
    """The documents of a contract already in sight, the newest first."""
    return models_of(ContractFile, _files(), {CONTRACT: contract.pk})


# -- the statements, written once --------------------------------------------------------------------------------------

CONTRACT, VERSION = stand_in(1), stand_in(2)


@kept
def _deadlines() -> Written | None:
    waiting = Deadline.objects.filter(contract_id=CONTRACT, acknowledged_at=None, told__isnull=False)
    return written(waiting.values(*columns_of(Deadline)))


@kept
def _lots() -> Written | None:
    rows = Lot.objects.filter(contract_id=CONTRACT).order_by("-kind", "pk")
    return written(rows.values("id", "kind", "name_fr", "name_en", manager_name=F("manager__person__name")))


@kept
def _signatories() -> Written | None:
    rows = Signatory.objects.filter(contract_id=CONTRACT).order_by("-side", "name")
    return written(rows.values(*columns_of(Signatory)))


@kept
def _prices() -> Written | None:
    return written(PriceLine.objects.filter(version_id=VERSION).order_by("pk").values(*columns_of(PriceLine)))


@kept
def _cover() -> Written | None:
    names = {"name_fr": F("service__name_fr"), "name_en": F("service__name_en")}
    rows = Covered.objects.filter(version_id=VERSION)
    return written(rows.values("service_id", "site_id", "site__name", "entity__name", **names))


@kept
def _files() -> Written | None:
    latest = ContractFile.objects.filter(contract_id=CONTRACT).order_by("-created_at", "-pk")
    return written(latest.values(*columns_of(ContractFile))[:FILES_SHOWN])


def _money(amount: Any, currency: str) -> str:
    return "" if amount is None else _amount(amount, currency, locale())


@lru_cache(maxsize=1024)
def _amount(amount: Any, currency: str, name: str) -> str:
    return format_currency(amount, currency, locale=name)
