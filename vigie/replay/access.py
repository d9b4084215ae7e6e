"""The one door to studies."""

from __future__ import annotations

from django.db.models import QuerySet

from vigie.contracts import access as contracts_access
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.replay.models import Study
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Internal, TableClass

TABLES: dict[str, TableClass] = {
    "replay_study": Internal(),
    "replay_changedclock": Internal(),
}


def contract(actor: Actor, contract_id: int) -> Contract:
    """The contract, for staff who may read its rates."""
    actor.demand("compliance:view")
    found = contracts_access.visible(actor).select_related("organisation").filter(pk=contract_id).first()
    if found is None:
        raise NotFound()
    return found


def visible(actor: Actor) -> QuerySet[Study]:
    return in_sight(actor, Study.objects.all())


def one(actor: Actor, study_id: int) -> Study:
    """The study with this id, or :class:`NotFound`."""
    actor.demand("compliance:view")
    found = (
        visible(actor)
        .select_related("contract", "contract__organisation", "asked_by")
        .filter(pk=study_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found
