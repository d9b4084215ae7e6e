"""The one door to rate commitments, exclusions and statements."""

from __future__ import annotations

from django.db.models import QuerySet

from vigie.compliance.models import Exclusion, PenaltyTerms, RateCommitment, Statement
from vigie.contracts import access as contracts_access
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, TableClass
from vigie.tickets import access as tickets_access

GRANTS = ("compliance:view", "compliance:propose", "compliance:approve")

TABLES: dict[str, TableClass] = {
    "compliance_penaltyterms": Client(),
    "compliance_ratecommitment": Client(),
    "compliance_exclusion": Client(
        columns="id, organisation_id, ticket_id, clock_id, kind, reason, evidence, state, asked_at, decided_at, decision"
    ),
    "compliance_statement": Client(),
    "compliance_statementline": Client(),
    "compliance_statementclock": Client(),
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
    """Exclusions of tickets in sight."""
    return in_sight(actor, Exclusion.objects.filter(ticket__in=tickets_access.visible(actor).values("pk")))


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
        .select_related("ticket", "clock", "attachment")
        .filter(pk=exclusion_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found
