"""The statement of a month: proposed once the month is over, approved by somebody else, then frozen for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value

from vigie.compliance import access, rules
from vigie.compliance.actions import credits, telling
from vigie.compliance.models import (
    RateCommitment,
    Statement,
    StatementClock,
    StatementCorrection,
    StatementLine,
    StatementRecord,
)
from vigie.compliance.queries import clocks, figures
from vigie.compliance.queries.corrections import found_values
from vigie.compliance.queries.left_over import has_final_balance, has_something_to_say
from vigie.compliance.queries.reading import Figures
from vigie.compliance.queries.terms import Terms
from vigie.contracts.models import Contract
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import Refusal
from vigie.toolkit import journal


@transaction.atomic
def propose(actor: Actor, contract_id: int, month: dt.date, *, now: dt.datetime) -> Statement:
    """Write down what the month comes to, with the clocks behind it; a proposal made before is replaced."""
    actor.demand("compliance:propose")
    contract = access.contract(actor, contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    if has_final_balance(contract):
        raise Refusal("compliance.balance_closed")
    _, end = rules.span_of(month, contract.organisation.timezone)
    if now < end:
        raise Refusal("compliance.month_not_over")
    ground = figures.ground_of(actor, contract, month, now=now)
    if not ground.terms.commitments:
        raise Refusal("compliance.nothing_promised")
    _drop_proposal(contract, month)
    found = figures.simulated(actor, contract, month, now=now, ground=ground)
    row = Statement(organisation_id=contract.organisation_id, contract=contract, month=month)
    values = {
        **figures.values_of(found), "currency": contract.organisation.currency,
        "proposed_by_id": actor.person_id, "proposed_at": now,
    }  # fmt: skip
    saved = journal.write(actor, row, values, now=now)
    _write_lines(saved, found)
    _write_records(saved, found)
    _write_clocks(saved, contract, ground.terms, now)
    telling.statement_told(
        actor, "statement_proposed", saved, telling.deciders(saved.organisation_id), now=now
    )
    return saved


def _drop_proposal(contract: Contract, month: dt.date) -> None:
    former = Statement.objects.select_for_update().filter(contract=contract, month=month).first()
    if former is None:
        return
    if former.state == Statement.State.FROZEN:
        raise Refusal("compliance.frozen")
    for part in (former.clocks, former.records, former.corrections):
        part.all()._raw_delete(part.db)
    former.lines.all().delete()
    former.delete()


def _write_lines(statement: Statement, found: Figures) -> None:
    StatementLine.objects.bulk_create(
        StatementLine(
            organisation_id=statement.organisation_id, statement=statement, commitment_id=line.key,
            met=line.measure.met, missed=line.measure.missed, excluded_met=line.measure.excluded_met,
            excluded_missed=line.measure.excluded_missed, verdict=line.verdict, penalty=line.penalty, bonus=line.bonus,
            found=found_values(line),
        )
        for line in found.lines
    )  # fmt: skip


def _write_records(statement: Statement, found: Figures) -> None:
    """What stands behind the measures, and what earlier months are corrected by."""
    same = {"organisation_id": statement.organisation_id, "statement": statement}
    StatementRecord.objects.bulk_create(
        StatementRecord(commitment_id=key, **same, **asdict(entry))
        for key, entries in found.entries.items()
        for entry in entries
    )
    StatementCorrection.objects.bulk_create(
        StatementCorrection(
            corrected_id=one.statement_id, was=one.was, now=one.now, amount=one.amount, **same
        )
        for one in found.corrections
    )


COPIED = (
    "organisation_id", "statement", "ticket_id", "clock", "kind", "ticket_type", "priority", "at", "late", "excluded",
    "is_open", "target_seconds", "used_seconds",
)  # fmt: skip
PLAIN = {field.attname for field in StatementClock._meta.concrete_fields}


def _write_clocks(statement: Statement, contract: Contract, terms: Terms, now: dt.datetime) -> None:
    """Copy the population where it is: the database writes what the list would have shown."""
    period = clocks.period_of(contract, statement.month, now)
    counted = clocks.population(contract, [period], terms.method).filter(clocks.any_of(terms.commitments))
    _copy(statement, counted.annotate(is_open=Value(False)))
    _copy(statement, clocks.still_late(contract, period.end).annotate(is_open=Value(True)))


def _copy(statement: Statement, rows: QuerySet[Any]) -> None:
    rows = rows.annotate(
        statement=Value(statement.pk), clock=F("pk"), ticket_type=F("ticket__ticket_type"), priority=F("ticket__priority")
    )  # fmt: skip
    sql, params = rows.order_by().values_list(*COPIED).query.sql_with_params()
    columns = ", ".join(name if name in PLAIN else f"{name.removesuffix('_id')}_id" for name in COPIED)
    with connection.cursor() as cursor:
        cursor.execute(f"insert into compliance_statementclock ({columns}) {sql}", params)


@transaction.atomic
def approve(actor: Actor, statement_id: int, *, now: dt.datetime) -> Statement:
    """Freeze what somebody else proposed, if it still says what the clocks say. In the order of the months."""
    actor.demand("compliance:approve")
    row = access.one_statement(actor, statement_id)
    contract = access.contract(actor, row.contract_id)
    Contract.objects.select_for_update().get(pk=contract.pk)
    row.refresh_from_db()
    if row.state == Statement.State.FROZEN:
        raise Refusal("compliance.frozen")
    if row.proposed_by_id == actor.person_id:
        raise Refusal("compliance.own_statement")
    if earlier_open(contract, row.month):
        raise Refusal("compliance.earlier_open")
    if figures.moved(actor, contract, row, now=now):
        raise Refusal("compliance.figures_moved")
    values = {"state": Statement.State.FROZEN, "approved_by_id": actor.person_id, "approved_at": now}
    saved = journal.write(actor, row, values, now=now)
    proposers = {saved.proposed_by_id} if saved.proposed_by_id else set()
    telling.statement_told(actor, "statement_frozen", saved, proposers, now=now)
    credits.ask(actor, saved, now=now)
    return saved


def earlier_open(contract: Contract, month: dt.date) -> dt.date | None:
    """The first month before this one that still waits for approval."""
    rows = Statement.objects.filter(contract=contract, month__lt=month, state=Statement.State.PROPOSED)
    return rows.order_by("month").values_list("month", flat=True).first()


def months_to_propose(now: dt.datetime) -> Iterator[tuple[int, dt.date]]:
    """Contracts whose last month is over, promised a rate, and has no statement yet. Once a contract has ended, only months
    that have something to say."""
    for contract in Contract.objects.exclude(status__in=Contract.UNPROMISED).select_related("organisation"):
        month = rules.later(rules.month_of(now, contract.organisation.timezone), -1)
        promised = RateCommitment.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=month), contract=contract, valid_from__lte=month
        )
        if (
            promised.exists()
            and not Statement.objects.filter(contract=contract, month=month).exists()
            and has_something_to_say(SYSTEM, contract, month, now)
        ):
            yield contract.pk, month


def propose_months(now: dt.datetime) -> int:
    """Propose what is due, contract by contract; how many were."""
    due = list(months_to_propose(now))
    for contract_id, month in due:
        propose(SYSTEM, contract_id, month, now=now)
    return len(due)
