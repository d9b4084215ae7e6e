"""A contract begun from usual levels: the contract, the draft of its first version and its promises, in one go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from vigie.contracts.actions.commitments import add_commitment, read_commitment_target
from vigie.contracts.actions.contracts import create_contract
from vigie.contracts.models import Calendar, Contract
from vigie.contracts.rules.presets import Line
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal


@transaction.atomic
def start_contract(
    actor: Actor,
    organisation_id: int,
    values: Mapping[str, Any],
    promises: Iterable[tuple[Line, str, Calendar]],
    *,
    now: dt.datetime,
) -> Contract:
    """The contract with a draft that promises ``(line, target as typed, calendar)``; an empty target promises nothing.

    Nothing is in force until somebody puts the draft in force. A target that cannot be read names its line's field.
    """
    contract = create_contract(actor, organisation_id, values, now=now)
    for line, target, calendar in promises:
        if not target.strip():
            continue
        try:
            columns = read_commitment_target(target)
        except Refusal as refusal:
            raise Refusal(refusal.code, **{**refusal.params, "field": line.key}) from refusal  # type: ignore[arg-type]
        row: dict[str, Any] = {
            "kind": str(line.kind), "ticket_type": line.ticket_type, "priority": line.priority, "service": None, "category": None,
            "site": None, "vip_only": False, "calendar": calendar, "follow_site": True, "pauses": {}, "thresholds": [], **columns,
        }  # fmt: skip
        add_commitment(actor, contract.pk, row, now=now)
    return contract
