"""Writes of contracts themselves: titles, period, state. What they promise is in their versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.contracts import access
from vigie.contracts.actions.versions import first_draft, missing_terms, move_first_draft, refuse_rivals
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import journal

TERMS = {"nature", "ends_on", "renewal", "notice_months"}


@transaction.atomic
def create_contract(
    actor: Actor, organisation_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Contract:
    """A contract of a client in sight, with the draft of its first version."""
    actor.demand("contracts:manage")
    client = tenancy_access.one(actor, organisation_id)
    contract = journal.write(
        actor, Contract(organisation=client, status=Contract.Status.DRAFT), values, now=now
    )
    _check_terms(contract)
    first_draft(actor, contract, now=now)
    return contract


@transaction.atomic
def change_contract(
    actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Contract:
    """Change the period or the titles. Open tickets keep the terms stamped on them.

    The start of a contract in force stays: its first version began on that day (``contracts.start_stands``).
    """
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    start = values.get("starts_on", contract.starts_on)
    if start != contract.starts_on:
        if contract.status not in Contract.UNPROMISED:
            raise Refusal("contracts.start_stands", field="starts_on")
        move_first_draft(actor, contract, start, now=now)
    changed = journal.write(actor, contract, values, now=now)
    if TERMS & values.keys():
        _check_terms(changed)
        if changed.status not in Contract.UNPROMISED:
            refuse_rivals(changed, now=now)
    return changed


def _check_terms(contract: Contract) -> None:
    """Refuse a renewal or a notice without an end to count from."""
    for refusal in missing_terms(contract):
        raise refusal
