"""The one door to contracts, commitments and calendars."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet

from vigie.accounts import access as accounts_access
from vigie.accounts.models import Team
from vigie.contracts.models import (
    Calendar,
    Commitment,
    Contract,
    ContractFile,
    ContractVersion,
    Requirement,
    Supplier,
    SupplierContract,
    SupportCommitment,
)
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.models import Organisation
from vigie.tenancy.walls import Client, Internal, TableClass
from vigie.toolkit.written import Written, columns_of, kept, rows_of, stand_in, written

GRANTS = ("contracts:view", "contracts:manage")

OWN_OR_COMMON = "organisation_id is null or organisation_id = any (vigie_organisations())"

# a draft is the provider's own until it is put in force; the inner query is itself walled
IN_FORCE = "version_id in (select v.id from contracts_contractversion v where v.state = 'in_force')"

TABLES: dict[str, TableClass] = {
    "contracts_calendar": Client(owner=OWN_OR_COMMON),
    "contracts_calendarversion": Client(
        owner=(
            "exists (select 1 from contracts_calendar c where c.id = calendar_id"
            " and (c.organisation_id is null or c.organisation_id = any (vigie_organisations())))"
        )
    ),
    "contracts_closeddaysfeed": Internal(),
    "contracts_contract": Client(),
    "contracts_contractversion": Client(where="state = 'in_force'"),
    "contracts_commitment": Client(where=IN_FORCE),
    "contracts_covered": Client(where=IN_FORCE),
    "contracts_suspension": Client(),
    "contracts_stampedterms": Client(write=("insert",)),
    # who answers for a contract here, what it costs and its papers are told to the client by people, not by the portal
    "contracts_lot": Internal(),
    "contracts_priceline": Internal(),
    "contracts_signatory": Internal(),
    "contracts_contractfile": Internal(),
    "contracts_deadline": Internal(),
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


def visible_versions(actor: Actor) -> QuerySet[ContractVersion]:
    """The versions of contracts in sight; the client's side sees none that is not in force."""
    found = in_sight(actor, ContractVersion.objects.all())
    return found.filter(state=ContractVersion.State.IN_FORCE) if actor.is_client else found


def visible_commitments(actor: Actor) -> QuerySet[Commitment]:
    return in_sight(actor, Commitment.objects.all())


def visible_calendars(actor: Actor) -> QuerySet[Calendar]:
    if actor.organisations is None:
        return Calendar.objects.all()
    return Calendar.objects.filter(
        Q(organisation_id=None) | Q(organisation_id__in=sorted(actor.organisations))
    )


CONTRACT = stand_in(1)
OWNER = "organisation__"


@kept
def _one(actor: Actor) -> Written | None:
    client = (f"{OWNER}{name}" for name in columns_of(Organisation))
    return written(visible(actor).filter(pk=CONTRACT).values(*columns_of(Contract), *client))


def one(actor: Actor, contract_id: int) -> Contract:
    """The contract with this id, with its client, or :class:`NotFound`."""
    for values in rows_of(_one(actor), {CONTRACT: contract_id}):
        names, own = columns_of(Organisation), columns_of(Contract)
        found = Contract.from_db(DEFAULT_DB_ALIAS, own, [values[name] for name in own])
        found.organisation = Organisation.from_db(
            DEFAULT_DB_ALIAS, names, [values[OWNER + name] for name in names]
        )
        return found
    raise NotFound()


def one_calendar(actor: Actor, calendar_id: int) -> Calendar:
    """The calendar with this id, common or of a client in sight, or :class:`NotFound`."""
    found = visible_calendars(actor).filter(pk=calendar_id).select_related("organisation").first()
    if found is None:
        raise NotFound()
    return found


def locked(actor: Actor, contract_id: int) -> Contract:
    """The contract, held until the transaction ends: two changes at once cannot promise two things."""
    contract = one(actor, contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    return contract


def one_file(actor: Actor, contract_id: int, file_id: int) -> ContractFile:
    """The document of this contract with this id, or :class:`NotFound`."""
    found = ContractFile.objects.filter(contract=one(actor, contract_id), pk=file_id).first()
    if found is None:
        raise NotFound()
    return found


def one_commitment(actor: Actor, contract_id: int, commitment_id: int) -> Commitment:
    """The commitment of this contract with this id, or :class:`NotFound`."""
    found = visible_commitments(actor).filter(version__contract_id=contract_id, pk=commitment_id)
    row = found.select_related("version").first()
    if row is None:
        raise NotFound()
    return row


def visible_requirements(actor: Actor) -> QuerySet[Requirement]:
    return in_sight(actor, Requirement.objects.all())


def one_requirement(actor: Actor, requirement_id: int, *, lock: bool = False) -> Requirement:
    """The requirement with this id, of a client in sight, or :class:`NotFound`."""
    found = visible_requirements(actor).filter(pk=requirement_id).select_related("contract__organisation")
    row = (found.select_for_update(of=("self",)) if lock else found).first()
    if row is None:
        raise NotFound()
    return row


def visible_suppliers(actor: Actor) -> QuerySet[Supplier]:
    """Suppliers serve every client: whoever works for the provider may see them, nobody else."""
    return Supplier.objects.all() if actor.is_provider else Supplier.objects.none()


def visible_supplier_contracts(actor: Actor) -> QuerySet[SupplierContract]:
    return SupplierContract.objects.filter(supplier__in=visible_suppliers(actor)).select_related("supplier")


def visible_support(actor: Actor) -> QuerySet[SupportCommitment]:
    """Promises of teams and suppliers: the provider's own business."""
    found = SupportCommitment.objects.all() if actor.is_provider else SupportCommitment.objects.none()
    return found.select_related("team", "supplier_contract__supplier", "service", "calendar")


def one_supplier(actor: Actor, supplier_id: int) -> Supplier:
    found = visible_suppliers(actor).filter(pk=supplier_id).first()
    if found is None:
        raise NotFound()
    return found


def one_supplier_contract(actor: Actor, contract_id: int) -> SupplierContract:
    found = visible_supplier_contracts(actor).filter(pk=contract_id).first()
    if found is None:
        raise NotFound()
    return found


def one_support(actor: Actor, commitment_id: int, *, lock: bool = False) -> SupportCommitment:
    found = visible_support(actor).filter(pk=commitment_id)
    row = (found.select_for_update(of=("self",)) if lock else found).first()
    if row is None:
        raise NotFound()
    return row


def one_supporting_team(actor: Actor, team_id: int) -> Team:
    """A team of the provider, for whoever sees what teams promise."""
    return accounts_access.seen_team(actor, team_id)
