"""The one door to rate commitments, records, exclusions, statements and credits."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from vigie.compliance.models import (
    CreditRequest,
    Delivery,
    Exclusion,
    FinalBalance,
    Maintenance,
    Outage,
    PenaltyTerms,
    RateCommitment,
    Reading,
    Statement,
)
from vigie.contracts import access as contracts_access
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, TableClass
from vigie.tickets import access as tickets_access

M = TypeVar("M", bound=Model)

GRANTS = ("compliance:view", "compliance:propose", "compliance:approve")

RECORD = "id, organisation_id, title, cancelled_for, recorded_at"  # who recorded it is the provider's

TABLES: dict[str, TableClass] = {
    "compliance_penaltyterms": Client(),
    "compliance_ratecommitment": Client(),
    "compliance_exclusion": Client(
        columns="id, organisation_id, ticket_id, clock_id, outage_id, delivery_id, kind, reason, evidence, state, asked_by_id,"
        " asked_at, decided_by_id, decided_at, decision",
        write=("update (state, decided_by_id, decided_at, decision)",),
    ),
    "compliance_statement": Client(),
    "compliance_statementline": Client(),
    "compliance_statementclock": Client(),
    "compliance_statementrecord": Client(),
    "compliance_statementcorrection": Client(),
    "compliance_outage": Client(
        columns=f"{RECORD}, service_id, starts_at, ends_at, weight, users, source, ticket_id"
    ),
    "compliance_maintenance": Client(
        columns=f"{RECORD}, service_id, announced_at, starts_at, ends_at, finished_at"
    ),
    "compliance_delivery": Client(columns=f"{RECORD}, contract_id, value, agreed_on, delivered_on"),
    "compliance_reading": Client(
        columns="id, organisation_id, contract_id, kind, service_id, month, answers, satisfied, delivered_on, source, recorded_at"
    ),
    "compliance_creditrequest": Client(
        columns="id, organisation_id, statement_id, amount, asked_at, answer_by, decided, grounds, decided_at, note, noted_at"
    ),
    "compliance_creditanswer": Client(write=("insert",)),
    "compliance_finalbalance": Client(
        columns="id, organisation_id, statement_id, amount, agreed, settled_at"
    ),
}


def contract(actor: Actor, contract_id: int) -> Contract:
    """The contract, for whoever may read its rates and penalties: staff with the grant, the client's own manager."""
    if actor.is_provider:
        actor.demand("compliance:view")
    elif actor.scope != "company":
        raise NotFound()
    found = contracts(actor).filter(pk=contract_id).first()
    if found is None:
        raise NotFound()
    return found


def contracts(actor: Actor) -> QuerySet[Contract]:
    """Contracts in sight, with their client."""
    return contracts_access.visible(actor).select_related("organisation")


def visible_commitments(actor: Actor) -> QuerySet[RateCommitment]:
    return in_sight(actor, RateCommitment.objects.all())


def visible_terms(actor: Actor) -> QuerySet[PenaltyTerms]:
    return in_sight(actor, PenaltyTerms.objects.all())


def visible_statements(actor: Actor) -> QuerySet[Statement]:
    return in_sight(actor, Statement.objects.all())


def visible_exclusions(actor: Actor) -> QuerySet[Exclusion]:
    """Exclusions of tickets in sight, and of outages and deliveries of clients in sight."""
    seen = Q(ticket=None) | Q(ticket__in=tickets_access.visible(actor).values("pk"))
    return in_sight(actor, Exclusion.objects.filter(seen))


def visible_outages(actor: Actor) -> QuerySet[Outage]:
    return in_sight(actor, Outage.objects.all())


def visible_maintenance(actor: Actor) -> QuerySet[Maintenance]:
    return in_sight(actor, Maintenance.objects.all())


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    return in_sight(actor, Delivery.objects.all())


def visible_readings(actor: Actor) -> QuerySet[Reading]:
    return in_sight(actor, Reading.objects.all())


def visible_credits(actor: Actor) -> QuerySet[CreditRequest]:
    return in_sight(actor, CreditRequest.objects.all())


def visible_balances(actor: Actor) -> QuerySet[FinalBalance]:
    return in_sight(actor, FinalBalance.objects.all())


def one_of(found: QuerySet[M], record_id: int) -> M:
    """The record with this id among those in sight, or :class:`NotFound`."""
    row = found.filter(pk=record_id).first()
    if row is None:
        raise NotFound()
    return row


def exclusion_to_answer(actor: Actor, exclusion_id: int) -> QuerySet[Exclusion]:
    """The exclusion with this id, for the client's own manager.

    Raises :class:`NotFound`.
    """
    found = visible_exclusions(actor).filter(pk=exclusion_id)
    if actor.scope != "company" or not found.exists():
        raise NotFound()
    return found


def one_statement(actor: Actor, statement_id: int) -> Statement:
    """The statement with this id, or :class:`NotFound`."""
    found = visible_statements(actor).filter(pk=statement_id).first()
    if found is None:
        raise NotFound()
    return found


def one_exclusion(actor: Actor, exclusion_id: int) -> Exclusion:
    """The exclusion with this id, or :class:`NotFound`."""
    found = (
        visible_exclusions(actor)
        .select_related("ticket", "clock", "attachment", "outage", "delivery")
        .filter(pk=exclusion_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found
