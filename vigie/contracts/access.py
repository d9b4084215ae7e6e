"""The one door to contracts, commitments and calendars."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from vigie.contracts.models import Calendar, Commitment, Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, Internal, TableClass

GRANTS = ("contracts:view", "contracts:manage")

OWN_OR_COMMON = "organisation_id is null or organisation_id = any (vigie_organisations())"

TABLES: dict[str, TableClass] = {
    "contracts_calendar": Client(owner=OWN_OR_COMMON),
    "contracts_calendarversion": Client(
        owner=(
            "exists (select 1 from contracts_calendar c where c.id = calendar_id"
            " and (c.organisation_id is null or c.organisation_id = any (vigie_organisations())))"
        )
    ),
    "contracts_contract": Client(),
    "contracts_commitment": Client(),
    "contracts_stampedterms": Client(write=("insert",)),
    "contracts_requirement": Client(),
    "contracts_requirementtrace": Internal(),
    # what stands behind a promise is the provider's own business
    "contracts_supplier": Internal(),
    "contracts_suppliercontact": Internal(),
    "contracts_suppliercontract": Internal(),
    "contracts_suppliercontract_services": Internal(),
    "contracts_supportcommitment": Internal(),
}


def visible(actor: Actor) -> QuerySet[Contract]:
    return in_sight(actor, Contract.objects.all())


def visible_commitments(actor: Actor) -> QuerySet[Commitment]:
    return in_sight(actor, Commitment.objects.all())


def visible_calendars(actor: Actor) -> QuerySet[Calendar]:
    if actor.organisations is None:
        return Calendar.objects.all()
    return Calendar.objects.filter(
        Q(organisation_id=None) | Q(organisation_id__in=sorted(actor.organisations))
    )


def one(actor: Actor, contract_id: int) -> Contract:
    found = visible(actor).filter(pk=contract_id).first()
    if found is None:
        raise NotFound()
    return found


def one_calendar(actor: Actor, calendar_id: int) -> Calendar:
    """The calendar with this id, common or of a client in sight, or :class:`NotFound`."""
    found = visible_calendars(actor).filter(pk=calendar_id).select_related("organisation").first()
    if found is None:
        raise NotFound()
    return found


def one_commitment(actor: Actor, contract_id: int, commitment_id: int) -> Commitment:
    """The commitment of this contract with this id, or :class:`NotFound`."""
    found = visible_commitments(actor).filter(contract_id=contract_id, pk=commitment_id).first()
    if found is None:
        raise NotFound()
    return found
