"""Writes of rate commitments and penalty terms. A month that has its statement is never judged by other terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q

from vigie.compliance import access, rules
from vigie.compliance.models import PenaltyTerms, RateCommitment, Statement
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal

R = TypeVar("R", PenaltyTerms, RateCommitment)
SCOPE = ("kind", "ticket_type", "priority", "service_id")


@transaction.atomic
def set_penalty_terms(
    actor: Actor, contract_id: int, values: Mapping[str, Any], month: dt.date, *, now: dt.datetime
) -> PenaltyTerms:
    """How months are measured and settled from ``month`` on; what was in force before ends there."""
    contract = _locked(actor, contract_id, month)
    if values["kind"] != PenaltyTerms.Method.RESOLVED:
        _refuse_per_ticket(contract, month)
    row = PenaltyTerms.objects.filter(contract=contract, valid_from=month).first()
    following = (
        PenaltyTerms.objects.filter(contract=contract, valid_from__gt=month).order_by("valid_from").first()
    )
    for earlier in _in_force(PenaltyTerms, contract, month).exclude(valid_from=month):
        journal.write(actor, earlier, {"valid_until": month}, now=now)
    row = row or PenaltyTerms(organisation_id=contract.organisation_id, contract=contract, valid_from=month)
    until = following.valid_from if following else None
    return journal.write(actor, row, {**values, "valid_until": until}, now=now)


@transaction.atomic
def add_rate(
    actor: Actor, contract_id: int, values: Mapping[str, Any], month: dt.date, *, now: dt.datetime
) -> RateCommitment:
    """A rate more to reach, from ``month`` on."""
    contract = _locked(actor, contract_id, month)
    return _write(actor, contract, _new(contract), {**values, "valid_from": month}, now)


@transaction.atomic
def change_rate(
    actor: Actor,
    contract_id: int,
    rate_id: int,
    values: Mapping[str, Any],
    month: dt.date,
    *,
    now: dt.datetime,
) -> RateCommitment:
    """Other terms from ``month`` on: the row ends there and a new one starts; one that starts then is corrected."""
    contract = _locked(actor, contract_id, month)
    row = _one(contract, rate_id)
    if row.valid_until is not None and row.valid_until <= month:
        raise Refusal("compliance.rate_ended", field="valid_from")
    until = row.valid_until
    if month <= row.valid_from:
        return _write(actor, contract, row, {**values, "valid_from": month}, now)
    journal.write(actor, row, {"valid_until": month}, now=now)
    return _write(actor, contract, _new(contract), {**values, "valid_from": month, "valid_until": until}, now)


@transaction.atomic
def end_rate(
    actor: Actor, contract_id: int, rate_id: int, month: dt.date, *, now: dt.datetime
) -> RateCommitment:
    """Promised no more from ``month`` on."""
    contract = _locked(actor, contract_id, month)
    row = _one(contract, rate_id)
    if row.valid_until is not None and row.valid_until <= month:
        raise Refusal("compliance.rate_ended", field="valid_from")
    return journal.write(actor, row, {"valid_until": max(month, row.valid_from)}, now=now)


def _locked(actor: Actor, contract_id: int, month: dt.date) -> Contract:
    """The contract, held so that two changes at once cannot overlap; its month is open."""
    actor.demand("compliance:propose")
    contract = access.contract(actor, contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    if month.day != 1:
        raise Refusal("compliance.not_first_of_month", field="valid_from")
    if Statement.objects.filter(contract=contract, month__gte=month).exists():
        raise Refusal("compliance.month_closed", field="valid_from")
    return contract


def _new(contract: Contract) -> RateCommitment:
    return RateCommitment(organisation_id=contract.organisation_id, contract=contract)


def _one(contract: Contract, rate_id: int) -> RateCommitment:
    found = RateCommitment.objects.filter(contract=contract, pk=rate_id).first()
    if found is None:
        raise NotFound()
    return found


def _in_force(model: type[R], contract: Contract, month: dt.date) -> Any:
    return model._default_manager.filter(
        Q(valid_until=None) | Q(valid_until__gt=month), contract=contract, valid_from__lte=month
    )


def _write(
    actor: Actor, contract: Contract, row: RateCommitment, values: Mapping[str, Any], now: dt.datetime
) -> RateCommitment:
    """Check the formula, save, and refuse a rate that the same tickets already have then."""
    _check_formula(values)
    if values["formula"] == RateCommitment.Formula.PER_TICKET:
        for terms in _in_force(PenaltyTerms, contract, values["valid_from"]):
            if terms.kind != PenaltyTerms.Method.RESOLVED:
                raise Refusal("compliance.per_ticket_by_end", field="formula")
    saved = journal.write(actor, row, values, now=now)
    same = RateCommitment.objects.filter(contract=contract, **{name: getattr(saved, name) for name in SCOPE})
    same = same.exclude(pk=saved.pk).filter(Q(valid_until=None) | Q(valid_until__gt=saved.valid_from))
    if saved.valid_until is not None:
        same = same.filter(valid_from__lt=saved.valid_until)
    if same.exclude(valid_until__lte=saved.valid_from).exists():
        raise Refusal("compliance.rate_twice", field="kind")
    return saved


def _check_formula(values: Mapping[str, Any]) -> None:
    """The formula can be read, and its kind of commitment can be judged by it."""
    formula = rules.formula_of(values["formula"], values["terms"])
    dated = values["kind"] in ("delivery", "report")
    by_day = isinstance(formula, penalties.ByDay)
    by_ticket = isinstance(formula, penalties.PerTicket)
    is_measure = values["kind"] in RateCommitment.Measure.values
    if (by_day and not dated) or (by_ticket and is_measure) or (formula and values["kind"] == "volume"):
        raise Refusal("compliance.formula_of_another", field="formula")


def _refuse_per_ticket(contract: Contract, month: dt.date) -> None:
    rows = RateCommitment.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=month),
        contract=contract,
        formula=RateCommitment.Formula.PER_TICKET,
    )
    if rows.exists():
        raise Refusal("compliance.per_ticket_by_end", field="kind")
