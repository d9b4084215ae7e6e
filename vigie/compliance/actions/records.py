"""Writes of what is measured without being a ticket. A record is corrected or withdrawn with a reason, never deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from vigie.catalog.models import Subscription
from vigie.compliance import access
from vigie.compliance.models import Delivery, Maintenance, Outage, Reading
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy
from vigie.tickets import access as tickets
from vigie.tickets.models import Ticket
from vigie.toolkit import journal

GRANT = "compliance:propose"
R = TypeVar("R", Outage, Maintenance, Delivery)


@transaction.atomic
def save_outage(
    actor: Actor,
    organisation_id: int,
    values: Mapping[str, Any],
    outage_id: int | None = None,
    *,
    now: dt.datetime,
) -> Outage:
    """Record an outage, or correct it: the journal keeps what it was. ``reference`` names the ticket it is tied to."""
    row = _outage(actor, organisation_id, outage_id, now)
    values = dict(values)
    reference = values.pop("reference", "").strip()
    values["ticket"] = _ticket(actor, organisation_id, reference) if reference else None
    _check_service(organisation_id, values["service"].pk)
    _check_past(values, now)
    return journal.write(actor, row, values, now=now)


@transaction.atomic
def save_maintenance(
    actor: Actor,
    organisation_id: int,
    values: Mapping[str, Any],
    work_id: int | None = None,
    *,
    now: dt.datetime,
) -> Maintenance:
    """Record a planned maintenance, or correct it."""
    actor.demand(GRANT)
    if work_id is None:
        tenancy.one(actor, organisation_id)
        row = Maintenance(organisation_id=organisation_id, recorded_by_id=actor.person_id, recorded_at=now)
    else:
        found = access.visible_maintenance(actor).filter(organisation_id=organisation_id)
        row = _standing_one(found, work_id)
    _check_service(organisation_id, values["service"].pk)
    return journal.write(actor, row, values, now=now)


@transaction.atomic
def save_delivery(
    actor: Actor,
    contract_id: int,
    values: Mapping[str, Any],
    delivery_id: int | None = None,
    *,
    now: dt.datetime,
) -> Delivery:
    """Record something due on a day, or correct it."""
    contract = _contract(actor, contract_id)
    if delivery_id is None:
        row = Delivery(
            organisation_id=contract.organisation_id, contract=contract, recorded_by_id=actor.person_id, recorded_at=now
        )  # fmt: skip
    else:
        row = _standing_one(access.visible_deliveries(actor).filter(contract=contract), delivery_id)
    delivered = values.get("delivered_on")
    if delivered is not None and delivered > (now + dt.timedelta(days=1)).date():
        raise Refusal("compliance.in_the_future", field="delivered_on")
    return journal.write(actor, row, values, now=now)


@transaction.atomic
def save_reading(
    actor: Actor,
    contract_id: int,
    scope: tuple[str, int | None, dt.date],
    values: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> Reading:
    """What was read for a month: ``scope`` is the kind, the service (``None``: the whole contract) and the month."""
    contract = _contract(actor, contract_id)
    kind, service_id, month = scope
    if month > now.date():
        raise Refusal("compliance.in_the_future")
    known = Reading.objects.filter(contract=contract, kind=kind, month=month)
    row = known.filter(Q(service=None) if service_id is None else Q(service=service_id)).first()
    row = row or Reading(
        organisation_id=contract.organisation_id, contract=contract, kind=kind, service_id=service_id, month=month
    )  # fmt: skip
    if not str(values.get("source", "")).strip():
        raise Refusal("compliance.no_source", field="source")
    return journal.write(
        actor, row, {**values, "recorded_by_id": actor.person_id, "recorded_at": now}, now=now
    )


@transaction.atomic
def withdraw(actor: Actor, row: Outage | Maintenance | Delivery, reason: str, *, now: dt.datetime) -> None:
    """It counts no more: entered by error, or the work did not take place. The record stays, with the reason."""
    actor.demand(GRANT)
    if row.cancelled_for:
        raise Refusal("compliance.withdrawn")
    if not reason.strip():
        raise Refusal("compliance.no_reason", field="reason")
    journal.write(actor, row, {"cancelled_for": reason.strip()}, now=now)


def _outage(actor: Actor, organisation_id: int, outage_id: int | None, now: dt.datetime) -> Outage:
    actor.demand(GRANT)
    if outage_id is not None:
        return _standing_one(access.visible_outages(actor).filter(organisation_id=organisation_id), outage_id)
    tenancy.one(actor, organisation_id)
    return Outage(organisation_id=organisation_id, recorded_by_id=actor.person_id, recorded_at=now)


def _standing_one(found: QuerySet[R], record_id: int) -> R:
    """A record in sight that was not withdrawn, held against another change."""
    row = access.one_of(found.select_for_update(), record_id)
    if row.cancelled_for:
        raise Refusal("compliance.withdrawn")
    return row


def _contract(actor: Actor, contract_id: int) -> Contract:
    actor.demand(GRANT)
    return access.contract(actor, contract_id)


def _check_service(organisation_id: int, service_id: int) -> None:
    if not Subscription.objects.filter(organisation_id=organisation_id, service_id=service_id).exists():
        raise Refusal("compliance.not_subscribed", field="service")


def _check_past(values: Mapping[str, Any], now: dt.datetime) -> None:
    """An outage is a fact: neither its start nor its end is to come."""
    for name in ("starts_at", "ends_at"):
        if values.get(name) is not None and values[name] > now:
            raise Refusal("compliance.in_the_future", field=name)


def _ticket(actor: Actor, organisation_id: int, reference: str) -> Ticket:
    found = (
        tickets.visible(actor).filter(organisation_id=organisation_id, reference__iexact=reference).first()
    )
    if found is None:
        raise Refusal("compliance.unknown_ticket", field="reference")
    return found
