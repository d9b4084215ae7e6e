"""Writes of commitments, always in the draft of a version: what is in force is never edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from vigie.catalog.models import Category
from vigie.contracts.actions.versions import commitment_of, locked_draft, today_of
from vigie.contracts.models import Commitment, Contract, ContractVersion
from vigie.contracts.queries.book import commitment_row
from vigie.contracts.queries.reach import check_promise
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import ClockKind, Target, Unit, read_target
from vigie.contracts.rules.targets import refuse_ties
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.toolkit import journal


@transaction.atomic
def add_commitment(
    actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Commitment:
    """A promise more in the draft. Its line is a new one of the contract, never one that was used before."""
    contract, draft = locked_draft(actor, contract_id)
    used = Commitment.objects.filter(version__contract=contract).aggregate(last=Max("line"))["last"] or 0
    row = Commitment(organisation_id=contract.organisation_id, version=draft, line=used + 1)
    return _write(actor, contract, draft, row, values, now)


@transaction.atomic
def change_commitment(
    actor: Actor, contract_id: int, commitment_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Commitment:
    """Change a promise of the draft."""
    contract, draft = locked_draft(actor, contract_id)
    return _write(actor, contract, draft, commitment_of(draft, commitment_id), values, now)


@transaction.atomic
def drop_commitment(actor: Actor, contract_id: int, commitment_id: int, *, now: dt.datetime) -> None:
    """Take a promise out of the draft: it ends on the day the draft is put in force."""
    _contract, draft = locked_draft(actor, contract_id)
    row = commitment_of(draft, commitment_id)
    journal.record(actor, "deleted", row, now=now, before=journal.snapshot(row))
    row.delete()


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


def _write(
    actor: Actor,
    contract: Contract,
    draft: ContractVersion,
    row: Commitment,
    values: Mapping[str, Any],
    now: dt.datetime,
) -> Commitment:
    """Check what the rules check, save, and refuse what could not be told apart from another row."""
    Target(values["target_days"] or values["target_seconds"] or 0)
    pause_reasons(ClockKind(values["kind"]), draft.pauses, values["pauses"])
    if any(percent <= 0 for percent in values["thresholds"]):
        raise Refusal("contracts.threshold_not_positive", field="thresholds")
    site, calendar = values.get("site"), values["calendar"]
    if site is not None and site.organisation_id != contract.organisation_id:
        raise Refusal("contracts.site_of_another", field="site")
    if calendar.organisation_id not in (None, contract.organisation_id):
        raise Refusal("contracts.calendar_of_another", field="calendar")
    saved = journal.write(actor, row, values, now=now)
    check_promise(saved, max(draft.effective_on, today_of(contract, now)))
    paths = {pk: tuple(path.split("/")) for pk, path in Category.objects.values_list("pk", "path")}
    refuse_ties(commitment_row(one, paths) for one in Commitment.objects.filter(version=draft))
    return saved
