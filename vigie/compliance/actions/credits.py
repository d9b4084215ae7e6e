"""The credit of a frozen month: asked, answered by the client or not, decided where contested, noted once it is final."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction

from vigie.compliance import access
from vigie.compliance.actions import telling
from vigie.compliance.models import CreditAnswer, CreditRequest, Statement
from vigie.compliance.queries.credits import standing_of
from vigie.compliance.queries.terms import terms_in
from vigie.compliance.rules.credits import Standing, may_be_noted
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit import journal


def ask(actor: Actor, statement: Statement, *, now: dt.datetime) -> CreditRequest | None:
    """Open the credit of a month that was just frozen, in its transaction; the client is told. ``None`` where it gives nothing."""
    if statement.total <= 0:
        return None
    terms = terms_in(actor, statement.contract, [statement.month])[statement.month].penalty
    today = now.astimezone(zone_of(statement.organisation.timezone)).date()
    row = CreditRequest(organisation_id=statement.organisation_id, statement=statement)
    values = {
        "amount": statement.total, "asked_at": now, "answer_by": today + dt.timedelta(days=terms.answer_days),
    }  # fmt: skip
    saved = journal.write(actor, row, values, now=now)
    people = telling.client_managers(saved.organisation_id, today)
    telling.credit_told(actor, "credit_asked", saved, people, now=now)
    return saved


@transaction.atomic
def answer(actor: Actor, credit_id: int, *, contested: bool, reason: str, now: dt.datetime) -> CreditAnswer:
    """What the client's manager answers, once, within the days. A contest says why."""
    if actor.scope != "company" or actor.person_id is None:
        raise NotFound()
    # who decided is the provider's: the client's side may not read it
    rows = access.visible_credits(actor).defer("decided_by")
    row = access.one_of(rows.select_related("statement__organisation", "statement__contract"), credit_id)
    found = standing_of(row, now)
    if found == Standing.SILENT:
        raise Refusal("compliance.answer_too_late")
    if found != Standing.OPEN:
        raise Refusal("compliance.already_answered")
    if contested and not reason.strip():
        raise Refusal("compliance.contest_without_reason", field="reason")
    given = CreditAnswer.objects.create(
        organisation_id=row.organisation_id, request=row, contested=contested, reason=reason.strip(),
        answered_by_id=actor.person_id, answered_at=now,
    )  # fmt: skip
    with past_the_wall("notify"):
        people = telling.who_decides(row.organisation_id)
    if contested:
        telling.credit_told(actor, "credit_contested", row, set(people), now=now, names=people.values())
    else:
        telling.credit_told(actor, "credit_agreed", row, set(people), now=now)
    return given


@transaction.atomic
def decide(actor: Actor, credit_id: int, *, amount: Decimal, grounds: str, now: dt.datetime) -> CreditRequest:
    """What remains of a contested credit, with grounds that the client reads."""
    row = _held(actor, credit_id)
    if standing_of(row, now) != Standing.CONTESTED:
        raise Refusal("compliance.nothing_contested")
    if not grounds.strip():
        raise Refusal("compliance.no_grounds", field="grounds")
    values = {"decided": amount, "grounds": grounds, "decided_by_id": actor.person_id, "decided_at": now}
    saved = journal.write(actor, row, values, now=now)
    today = now.astimezone(zone_of(row.statement.organisation.timezone)).date()
    people = telling.client_managers(saved.organisation_id, today)
    telling.credit_told(actor, "credit_decided", saved, people, now=now)
    return saved


@transaction.atomic
def note(actor: Actor, credit_id: int, number: str, *, now: dt.datetime) -> CreditRequest:
    """The credit note that was made of it, once its amount is final."""
    row = _held(actor, credit_id)
    if not may_be_noted(standing_of(row, now)):
        raise Refusal("compliance.credit_not_final")
    if not number.strip():
        raise Refusal("compliance.no_note_number", field="note")
    return journal.write(actor, row, {"note": number.strip(), "noted_at": now}, now=now)


def _held(actor: Actor, credit_id: int) -> CreditRequest:
    actor.demand("compliance:approve")
    row = access.one_of(access.visible_credits(actor), credit_id)
    return (
        CreditRequest.objects.select_for_update(of=("self",))
        .select_related("statement__organisation", "statement__contract")
        .get(pk=row.pk)
    )
