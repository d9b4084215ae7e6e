"""Writes of suppliers, their contracts, and the promises of teams and suppliers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from vigie.catalog.models import Service
from vigie.contracts import access
from vigie.contracts.models import (
    Calendar,
    CalendarVersion,
    Supplier,
    SupplierContact,
    SupplierContract,
    SupportCommitment,
)
from vigie.contracts.queries.reach import check_promise
from vigie.contracts.queries.support import Holder, holder_of, support_row
from vigie.contracts.rules import calendar as hours
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.contracts.rules.openings import check_opens
from vigie.contracts.rules.promise import Audience
from vigie.contracts.rules.targets import refuse_ties
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.toolkit import journal


@transaction.atomic
def save_supplier(
    actor: Actor, supplier_id: int | None, values: Mapping[str, Any], contacts: Sequence[Mapping[str, str]],
    *, now: dt.datetime,
) -> Supplier:  # fmt: skip
    """A supplier with all its contacts (``name``, ``purpose``, ``email``, ``phone``)."""
    actor.demand("contracts:manage")
    supplier = access.one_supplier(actor, supplier_id) if supplier_id else Supplier()
    saved = journal.write(actor, supplier, values, now=now)
    names = ("name", "purpose", "email", "phone")
    before = [{**row} for row in saved.contacts.order_by("pk").values(*names)]
    after = [{name: contact.get(name, "") for name in names} for contact in contacts]
    if before != after:
        saved.contacts.all().delete()
        for contact in after:
            row = SupplierContact(supplier=saved, **contact)
            row.full_clean()
            row.save()
        journal.record(
            actor, "contacts", saved, now=now, before={"contacts": before}, after={"contacts": after}
        )
    return saved


@transaction.atomic
def save_supplier_contract(
    actor: Actor, supplier_id: int, contract_id: int | None, values: Mapping[str, Any], services: Iterable[Service],
    *, now: dt.datetime,
) -> SupplierContract:  # fmt: skip
    """An underpinning contract and the services it covers; refused without any (``contracts.supplier_no_service``)."""
    actor.demand("contracts:manage")
    supplier = access.one_supplier(actor, supplier_id)
    covered = sorted(services, key=lambda service: service.code)
    if not covered:
        raise Refusal("contracts.supplier_no_service", field="services")
    new = SupplierContract(supplier=supplier)
    contract = access.one_supplier_contract(actor, contract_id) if contract_id else new
    saved = journal.write(actor, contract, values, now=now)
    before = list(saved.services.order_by("code").values_list("code", flat=True))
    after = [service.code for service in covered]
    if before != after:
        saved.services.set(covered)
        journal.record(
            actor, "services", saved, now=now, before={"services": before}, after={"services": after}
        )
    return saved


@transaction.atomic
def add_support(
    actor: Actor, holder: Holder, values: Mapping[str, Any], from_day: dt.date, *, now: dt.datetime
) -> SupportCommitment:
    """A promise more of a team or of a supplier contract, from a day on."""
    actor.demand("contracts:manage")
    audience, pk = holder
    row = SupportCommitment(audience=audience)
    if audience == Audience.OLA:
        row.team = access.one_supporting_team(actor, pk)
    else:
        row.supplier_contract = access.one_supplier_contract(actor, pk)
    return _write(actor, row, {**values, "valid_from": from_day}, now)


@transaction.atomic
def change_support(
    actor: Actor, commitment_id: int, values: Mapping[str, Any], from_day: dt.date, *, now: dt.datetime
) -> SupportCommitment:
    """Change a promise from a day on: the old row ends that day, a new one starts. One that has not begun is corrected."""
    actor.demand("contracts:manage")
    row = access.one_support(actor, commitment_id, lock=True)
    today = _today(row, now)
    if row.valid_from > today:
        return _write(actor, row, {**values, "valid_from": from_day}, now)
    if from_day < today:
        raise Refusal("contracts.change_in_the_past", field="valid_from")
    if row.valid_until is not None and row.valid_until <= max(from_day, today):
        raise Refusal("contracts.commitment_ended", field="valid_from")
    until = row.valid_until
    journal.write(actor, row, {"valid_until": from_day}, now=now)
    following = SupportCommitment(
        audience=row.audience, team=row.team, supplier_contract=row.supplier_contract
    )
    return _write(actor, following, {**values, "valid_from": from_day, "valid_until": until}, now)


@transaction.atomic
def end_support(actor: Actor, commitment_id: int, *, now: dt.datetime) -> SupportCommitment:
    """Promise it no more from today on; tickets that run keep the terms stamped on their clocks."""
    actor.demand("contracts:manage")
    row = access.one_support(actor, commitment_id, lock=True)
    today = _today(row, now)
    if row.valid_until is not None and row.valid_until <= today:
        raise Refusal("contracts.commitment_ended", field="valid_from")
    return journal.write(actor, row, {"valid_until": max(today, row.valid_from)}, now=now)


def _today(row: SupportCommitment, now: dt.datetime) -> dt.date:
    return timezone.localdate(now, zone_of(row.team.timezone)) if row.team else timezone.localdate(now)


def _write(
    actor: Actor, row: SupportCommitment, values: Mapping[str, Any], now: dt.datetime
) -> SupportCommitment:
    """Check what the rules check, save, and refuse what could not be told apart from another row of this holder."""
    if any(percent <= 0 for percent in values["thresholds"]):
        raise Refusal("contracts.threshold_not_positive", field="thresholds")
    _check_calendar(values["calendar"], values["valid_from"], now)
    saved = journal.write(actor, row, values, now=now)
    check_promise(saved, max(saved.valid_from, _today(saved, now)))
    rows = SupportCommitment.objects.filter(team=saved.team, supplier_contract=saved.supplier_contract)
    refuse_ties(
        support_row(other)
        for other in rows
        if holder_of(other) == holder_of(saved) and other.valid_until != other.valid_from
    )
    return saved


def _check_calendar(calendar: Calendar, from_day: dt.date, now: dt.datetime) -> None:
    """The calendar serves everybody, and opens: a target on one that does not would never fall due."""
    if calendar.organisation_id is not None:
        raise Refusal("contracts.calendar_of_another", field="calendar")
    versions = CalendarVersion.objects.filter(calendar=calendar).order_by("effective_on")
    for version in versions:
        read = hours.Calendar.from_json(version.definition)
        start = dt.datetime.combine(max(version.effective_on, from_day), dt.time(), zone_of(read.zone))
        try:
            check_opens(read, max(epoch(now), epoch(start)))
        except Refusal as refusal:
            raise Refusal("contracts.target_never_due", field="calendar", calendar=calendar.code) from refusal
