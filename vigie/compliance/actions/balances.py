"""What an ended contract left over: noted as settled, once, by somebody who may approve."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from vigie.compliance.models import FinalBalance
from vigie.compliance.queries.left_over import one_left_over
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.toolkit import journal


@transaction.atomic
def settle(actor: Actor, statement_id: int, agreed: str, *, now: dt.datetime) -> FinalBalance:
    """Note what both sides agreed on for what no credit could take. No statement of the contract follows."""
    actor.demand("compliance:approve")
    found = one_left_over(actor, statement_id, now=now)
    Contract.objects.select_for_update().get(pk=found.statement.contract_id)
    found = one_left_over(actor, statement_id, now=now)
    if found.settled is not None:
        raise Refusal("compliance.balance_settled")
    if not agreed.strip():
        raise Refusal("compliance.nothing_agreed", field="agreed")
    row = FinalBalance(organisation_id=found.statement.organisation_id, statement=found.statement)
    values = {
        "amount": found.amount, "agreed": agreed.strip(), "settled_by_id": actor.person_id, "settled_at": now,
    }  # fmt: skip
    return journal.write(actor, row, values, now=now)
