"""What one more miss would cost each contract this month, weighed every few minutes and never by a page: once for each
set of commitments, whatever the number of tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from django.db import transaction

from vigie.compliance import rules as compliance
from vigie.compliance.queries import figures
from vigie.compliance.queries.reading import Figures
from vigie.contracts.models import Contract
from vigie.escalation.models import Stake
from vigie.escalation.queries.risk import HORIZONS
from vigie.escalation.rules import risk
from vigie.kernel.actor import SYSTEM
from vigie.tickets.models import Clock

BATCH = 100
Scope = tuple[str, str, int]  # kind of clock, type of ticket, priority
FURTHEST = max(HORIZONS.values())


def weigh(now: dt.datetime) -> int:
    """Every contract with a clock that runs out within the furthest horizon; how many they are."""
    scopes: dict[int, set[Scope]] = {}
    names = ("ticket__contract_id", "kind", "ticket__ticket_type", "ticket__priority")
    running = Clock.objects.filter(
        ticket__phase="active", ticket__contract__isnull=False, state=Clock.State.RUNNING,
        due_at__gt=now, due_at__lte=now + FURTHEST, ticket__due_at__lte=now + FURTHEST,
    )  # fmt: skip
    for contract_id, *scope in running.order_by().values_list(*names).distinct():
        scopes.setdefault(contract_id, set()).add((scope[0], scope[1], scope[2]))
    ids = sorted(scopes)
    for start in range(0, len(ids), BATCH):
        for contract in Contract.objects.select_related("organisation").filter(
            pk__in=ids[start : start + BATCH]
        ):
            _weigh_one(contract, scopes[contract.pk], now)
    Stake.objects.exclude(contract_id__in=ids).delete()
    return len(ids)


@transaction.atomic
def _weigh_one(contract: Contract, scopes: Iterable[Scope], now: dt.datetime) -> None:
    month = compliance.month_of(now, contract.organisation.timezone)
    ground = figures.ground_of(SYSTEM, contract, month, now=now)
    promises = ground.terms.promises()
    known: dict[frozenset[int], risk.Staked | None] = {}
    today = figures.simulated(SYSTEM, contract, month, now=now, ground=ground) if promises else None
    rows = []
    for scope in sorted(scopes):
        covering = frozenset(one.key for one in promises if one.covers(*scope))
        if today is None or not covering:
            continue
        if covering not in known:
            miss = compliance.Count(*scope, late=True, excluded=False, number=1)
            then = figures.with_a_miss(SYSTEM, contract, month, ground, miss, now=now)
            known[covering] = risk.staked(
                _lines(today), _lines(then), covering, today.settlement.net, then.settlement.net
            )
        found = known[covering]
        if found is not None:
            rows.append(_row(contract, month, scope, found, _target(ground, found.key), now))
    _keep(contract, rows)


def _lines(found: Figures) -> dict[int, risk.Line]:
    return {
        line.key: risk.Line(
            line.key, line.measure.missed, line.measure.adjusted.rate, line.verdict, line.penalty
        )
        for line in found.lines
    }


def _target(ground: figures.Ground, key: int) -> Decimal:
    return next(row.target for row in ground.terms.commitments if row.pk == key)


def _row(
    contract: Contract, month: dt.date, scope: Scope, found: risk.Staked, target: Decimal, now: dt.datetime
) -> Stake:
    return Stake(
        organisation_id=contract.organisation_id, contract=contract, month=month, kind=scope[0], ticket_type=scope[1],
        priority=scope[2], commitment_id=found.key, reason=str(found.why), amount=found.amount, nth=found.nth,
        rate_now=_percent(found.rate_now), rate_then=_percent(found.rate_then), promised=target, computed_at=now,
    )  # fmt: skip


def _percent(rate: Fraction | None) -> Decimal | None:
    """Percent cut to three places."""
    return None if rate is None else Decimal(int(rate * 100_000)).scaleb(-3)


WRITTEN = (
    "month",
    "commitment_id",
    "reason",
    "amount",
    "nth",
    "rate_now",
    "rate_then",
    "promised",
    "computed_at",
)


def _keep(contract: Contract, rows: list[Stake]) -> None:
    """Written anew; those of clocks that no longer run go."""
    Stake.objects.bulk_create(
        rows, update_conflicts=True, update_fields=list(WRITTEN),
        unique_fields=["contract", "kind", "ticket_type", "priority"],
    )  # fmt: skip
    kept = {(row.kind, row.ticket_type, row.priority) for row in rows}
    names = ("pk", "kind", "ticket_type", "priority")
    gone = [
        pk
        for pk, *scope in Stake.objects.filter(contract=contract).values_list(*names)
        if tuple(scope) not in kept
    ]
    if gone:
        Stake.objects.filter(pk__in=gone).delete()
