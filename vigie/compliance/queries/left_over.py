"""What the last statement of an ended contract carries over: nothing follows it, so nobody takes it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef

from vigie.compliance import access, labels, rules
from vigie.compliance.models import FinalBalance, Statement
from vigie.compliance.queries import figures
from vigie.compliance.rules.endings import is_over, last_month
from vigie.contracts.models import Contract
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.penalties import NOTHING, StepKind
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets.models import Clock

MOST = 50


@dataclass(frozen=True, slots=True)
class LeftOver:
    """The last statement and what it carries to none; ``settled``: what was agreed on, ``None`` as long as nobody noted it."""

    statement: Statement
    amount: Decimal
    settled: FinalBalance | None

    @property
    def words(self) -> str:
        """The amount in words."""
        return labels.money(self.amount, self.statement.currency)

    @property
    def month(self) -> str:
        """The month in words."""
        return labels.month_words(self.statement.month)


def left_over(actor: Actor, contract: Contract, *, now: dt.datetime) -> LeftOver | None:
    """What an ended contract in sight left over. ``None`` where it runs, or something may still follow."""
    if not is_over(contract.promises_until, _today(contract, now)):
        return None
    row = access.visible_statements(actor).filter(contract=contract).order_by("-month").first()
    if row is not None:
        row.contract, row.organisation = contract, contract.organisation
    return _of(actor, row, now)


def left_overs(actor: Actor, *, now: dt.datetime) -> list[LeftOver]:
    """Those that nobody noted as settled yet, at most :data:`MOST`."""
    actor.demand("compliance:view")
    later = Statement.objects.filter(contract_id=OuterRef("contract_id"), month__gt=OuterRef("month"))
    noted = FinalBalance.objects.filter(statement_id=OuterRef("pk"))
    rows = access.visible_statements(actor).filter(
        ~Exists(later), ~Exists(noted), state=Statement.State.FROZEN, steps__contains=[[StepKind.CARRIED_OUT.value]],
        contract__ends_on__lte=now.date() + dt.timedelta(days=1),
    )  # fmt: skip
    found = []
    for row in rows.select_related("contract__organisation", "organisation").order_by("month", "pk"):
        if is_over(row.contract.promises_until, _today(row.contract, now)) and (one := _of(actor, row, now)):
            found.append(one)
            if len(found) == MOST:  # each is worth a month's figures
                break
    return found


def one_left_over(actor: Actor, statement_id: int, *, now: dt.datetime) -> LeftOver:
    """What this statement left over, or :class:`NotFound`."""
    row = access.one_statement(actor, statement_id)
    found = left_over(actor, access.contract(actor, row.contract_id), now=now)
    if found is None or found.statement.pk != row.pk:
        raise NotFound()
    return found


def _of(actor: Actor, row: Statement | None, now: dt.datetime) -> LeftOver | None:
    if row is None or row.state != Statement.State.FROZEN:
        return None
    until = row.contract.promises_until
    amount = sum((Decimal(amount) for kind, amount in row.steps if kind == StepKind.CARRIED_OUT), NOTHING)
    if until is None or row.month < last_month(until) or not amount or still_runs(row.contract):
        return None
    balances = access.visible_balances(actor).filter(statement=row).defer("settled_by")
    settled = balances.first()
    if settled is None and has_something_to_say(actor, row.contract, rules.later(row.month), now):
        return None
    return LeftOver(row, amount, settled)


def has_final_balance(contract: Contract) -> bool:
    """Was it said what becomes of what the contract left over? Nothing follows then."""
    return FinalBalance.objects.filter(statement__contract=contract).exists()


def has_something_to_say(actor: Actor, contract: Contract, month: dt.date, now: dt.datetime) -> bool:
    """Does a month call for a statement? Always, up to the month of its last day; later where promises ended, or money moves by
    more than what is carried on."""
    until = contract.promises_until
    if until is None or month <= last_month(until):
        return True
    if has_final_balance(contract):
        return False
    found = figures.simulated(actor, contract, month, now=now)
    carried = (StepKind.CARRIED_IN, StepKind.CARRIED_OUT)
    moves = found.settlement.gross or any(step.kind not in carried for step in found.settlement.steps)
    return bool(moves or found.together.raw.population)


def still_runs(contract: Contract) -> bool:
    """Is a promise of it open? It will end in a month that has its statement."""
    live = (Clock.State.RUNNING, Clock.State.PAUSED)
    rows = Clock.objects.filter(organisation_id=contract.organisation_id, ticket__contract_id=contract.pk)
    return rows.filter(stopped_at=None, state__in=live).exists()


def _today(contract: Contract, now: dt.datetime) -> dt.date:
    return now.astimezone(zone_of(contract.organisation.timezone)).date()
