"""Writes of the register of requirements: what a client asks, what came of it, and which commitments it became."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from vigie.contracts import access, labels
from vigie.contracts.models import Contract, Requirement, RequirementTrace
from vigie.contracts.queries.versions import agreed_commitments
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.requirements import check_step, keeps
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal


@transaction.atomic
def ask(actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime) -> Requirement:
    """What a client asks of a contract in sight; numbered within it."""
    actor.demand("contracts:manage")
    contract = access.one(actor, contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    last = Requirement.objects.filter(contract=contract).aggregate(n=Max("number"))["n"] or 0
    row = Requirement(organisation_id=contract.organisation_id, contract=contract, number=last + 1)
    return _write(actor, row, values, now)


@transaction.atomic
def reword(actor: Actor, requirement_id: int, values: Mapping[str, Any], *, now: dt.datetime) -> Requirement:
    """Say it better: the words, the measure, the value wished."""
    actor.demand("contracts:manage")
    return _write(actor, access.one_requirement(actor, requirement_id, lock=True), values, now)


@transaction.atomic
def decide(actor: Actor, requirement_id: int, to: str, reason: str, *, now: dt.datetime) -> Requirement:
    """Take it to its next state; a refusal, a withdrawal and a change of mind say why."""
    actor.demand("contracts:manage")
    row = access.one_requirement(actor, requirement_id, lock=True)
    check_step(row.state, to, reason)
    return journal.write(actor, row, {"state": to, "reason": reason.strip()}, now=now)


@transaction.atomic
def trace(
    actor: Actor, requirement_id: int, commitment_ids: Iterable[int], *, now: dt.datetime
) -> Requirement:
    """Say which commitments of its contract it became; only an agreed one may have any."""
    actor.demand("contracts:manage")
    row = access.one_requirement(actor, requirement_id, lock=True)
    wanted = set(commitment_ids)
    if wanted and row.state != Requirement.State.AGREED:
        raise Refusal("contracts.requirement_not_agreed", field="commitments")
    known = agreed_commitments(actor, row.contract).filter(pk__in=wanted)
    if known.count() != len(wanted):
        raise NotFound()
    if not all(
        keeps(row.measure, kind, tickets) for kind, tickets in known.values_list("kind", "ticket_type")
    ):
        raise Refusal(
            "contracts.requirement_not_kept", field="commitments", measure=labels.MEASURES[row.measure],
            promise=labels.KEPT_BY[row.measure],
        )  # fmt: skip
    before = set(row.traces.values_list("commitment_id", flat=True))
    if before != wanted:
        row.traces.exclude(commitment_id__in=wanted).delete()
        RequirementTrace.objects.bulk_create(
            RequirementTrace(requirement=row, commitment_id=pk) for pk in sorted(wanted - before)
        )
        journal.record(
            actor, "traced", row, now=now,
            before={"commitments": sorted(before)}, after={"commitments": sorted(wanted)},
        )  # fmt: skip
    return row


def _write(actor: Actor, row: Requirement, values: Mapping[str, Any], now: dt.datetime) -> Requirement:
    if values["asked_on"] > timezone.localdate(now, zone_of(row.contract.organisation.timezone)):
        raise Refusal("contracts.requirement_in_the_future", field="asked_on")
    return journal.write(actor, row, values, now=now)
