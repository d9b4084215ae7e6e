"""Writes of contracts and commitments. What was promised before today is never rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from vigie.catalog.models import Category
from vigie.contracts import access
from vigie.contracts.models import Commitment, Contract
from vigie.contracts.queries.book import commitment_row
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.promise import Audience, ClockKind, PauseMatrix, Target, Unit, read_target
from vigie.contracts.rules.targets import refuse_ties
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import journal


@transaction.atomic
def create_contract(
    actor: Actor, organisation_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Contract:
    """A contract of a client in sight."""
    actor.demand("contracts:manage")
    client = tenancy_access.one(actor, organisation_id)
    return journal.write(actor, Contract(organisation=client), values, now=now)


@transaction.atomic
def change_contract(
    actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Contract:
    """Change the period, the status or the titles. Open tickets keep the terms stamped on them."""
    actor.demand("contracts:manage")
    return journal.write(actor, access.one(actor, contract_id), values, now=now)


@transaction.atomic
def add_commitment(
    actor: Actor, contract_id: int, values: Mapping[str, Any], from_day: dt.date, *, now: dt.datetime
) -> Commitment:
    """A promise more, from a day on."""
    contract = _locked(actor, contract_id)
    if contract.status != Contract.Status.DRAFT:
        _not_before_today(contract, from_day, now)
    commitment = Commitment(organisation_id=contract.organisation_id, contract=contract)
    return _write(actor, contract, commitment, {**values, "valid_from": from_day}, now)


@transaction.atomic
def change_commitment(
    actor: Actor,
    contract_id: int,
    commitment_id: int,
    values: Mapping[str, Any],
    from_day: dt.date,
    *,
    now: dt.datetime,
) -> Commitment:
    """Change a promise from a day on: the old row ends that day, a new one starts.

    A row of a draft, or one that has not started, is simply corrected: nothing was promised by it yet.
    """
    contract = _locked(actor, contract_id)
    commitment = _one(contract, commitment_id)
    if not _started(contract, commitment, now):
        return _write(actor, contract, commitment, {**values, "valid_from": from_day}, now)
    _not_before_today(contract, from_day, now)
    until = commitment.valid_until
    if until is not None and until <= max(from_day, _today(contract, now)):
        raise Refusal("contracts.commitment_ended", field="valid_from")
    _end(actor, commitment, from_day, now)
    following = Commitment(organisation_id=contract.organisation_id, contract=contract)
    return _write(actor, contract, following, {**values, "valid_from": from_day, "valid_until": until}, now)


@transaction.atomic
def end_commitment(
    actor: Actor, contract_id: int, commitment_id: int, from_day: dt.date, *, now: dt.datetime
) -> Commitment:
    """Promise this no more from a day on."""
    contract = _locked(actor, contract_id)
    commitment = _one(contract, commitment_id)
    if _started(contract, commitment, now):
        _not_before_today(contract, from_day, now)
    if commitment.valid_until is not None and commitment.valid_until <= _today(contract, now):
        raise Refusal("contracts.commitment_ended", field="valid_from")
    return _end(actor, commitment, max(from_day, commitment.valid_from), now)


def read_commitment_target(text: str) -> dict[str, int | None]:
    """The columns of a typed target. Ambiguous units and dates are refused."""
    target = read_target(text)
    if target.unit == Unit.BUSINESS_DAYS_EOD:
        if target.value < 1:
            raise Refusal("contracts.target_not_positive", field="target")
        return {"target_seconds": None, "target_days": target.value}
    if target.unit != Unit.SERVICE_TIME:
        raise Refusal("contracts.target_wrong_unit", field="target")
    return {"target_seconds": target.value, "target_days": None}


def _locked(actor: Actor, contract_id: int) -> Contract:
    """The contract, held so that two changes at once cannot promise two things for the same tickets."""
    actor.demand("contracts:manage")
    contract = access.one(actor, contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    return contract


def _one(contract: Contract, commitment_id: int) -> Commitment:
    found = Commitment.objects.filter(contract=contract, pk=commitment_id).first()
    if found is None:
        raise NotFound()
    return found


def _today(contract: Contract, now: dt.datetime) -> dt.date:
    return timezone.localdate(now, zone_of(contract.organisation.timezone))


def _started(contract: Contract, commitment: Commitment, now: dt.datetime) -> bool:
    return contract.status != Contract.Status.DRAFT and commitment.valid_from <= _today(contract, now)


def _not_before_today(contract: Contract, day: dt.date, now: dt.datetime) -> None:
    if day < _today(contract, now):
        raise Refusal("contracts.change_in_the_past", field="valid_from")


def _end(actor: Actor, commitment: Commitment, day: dt.date, now: dt.datetime) -> Commitment:
    return journal.write(actor, commitment, {"valid_until": day}, now=now)


def _write(
    actor: Actor, contract: Contract, commitment: Commitment, values: Mapping[str, Any], now: dt.datetime
) -> Commitment:
    """Check what the rules check, save, and refuse what could not be told apart from another row."""
    kind = ClockKind(values["kind"])
    Target(values["target_days"] or values["target_seconds"] or 0)
    PauseMatrix({(Audience.SLA, kind): values["pauses"]} if values["pauses"] else {})
    if any(percent <= 0 for percent in values["thresholds"]):
        raise Refusal("contracts.threshold_not_positive", field="thresholds")
    site, calendar = values.get("site"), values["calendar"]
    if site is not None and site.organisation_id != contract.organisation_id:
        raise Refusal("contracts.site_of_another", field="site")
    if calendar.organisation_id not in (None, contract.organisation_id):
        raise Refusal("contracts.calendar_of_another", field="calendar")
    saved = journal.write(actor, commitment, values, now=now)
    paths = {pk: tuple(path.split("/")) for pk, path in Category.objects.values_list("pk", "path")}
    rows = [commitment_row(row, paths) for row in Commitment.objects.filter(contract=contract)]
    refuse_ties(row for row in rows if row.valid_from < row.valid_until)
    return saved
