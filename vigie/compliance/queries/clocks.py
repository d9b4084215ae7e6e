"""The clocks of a contract's months, counted where they are: the one place that says in SQL what the rules say of a period.

``vigie/contracts/rules/compliance.py`` states the rule; a test holds the two together on random clocks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce

from vigie.compliance import rules
from vigie.compliance.models import Exclusion, RateCommitment
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Method
from vigie.tickets.models import Clock

INSTANTS = {Method.RESOLVED: "stopped_at", Method.OPENED: "ticket__opened_at", Method.DUE: "due"}
DUE = Coalesce("due_at", "breached_at")


@dataclass(frozen=True, slots=True)
class Period:
    """``[start, end)``; a month in progress is read as of now."""

    start: dt.datetime
    end: dt.datetime


def period_of(contract: Contract, month: dt.date, now: dt.datetime) -> Period:
    """The month in the client's reporting zone, up to now."""
    start, end = rules.span_of(month, contract.organisation.timezone)
    return Period(start, min(end, max(now, start)))


class _Nth(Func):
    """The element of an array at a place (from 1)."""

    template, arg_joiner = "(%(expressions)s]", ")["


def _instants(values: Iterable[dt.datetime]) -> Value:
    return Value(list(values), ArrayField(DateTimeField()))


def population(contract: Contract, periods: Sequence[Period], method: Method) -> QuerySet[Any]:
    """The contract's clocks that a period holds, excluded ones too, with ``place`` (which period, from 1), ``at``, ``late``, ``excluded``.

    Periods follow each other. A clock that stopped after its period's end counts as it stood at that end.
    """
    instant = INSTANTS[method]
    clocks = Clock.objects.filter(organisation_id=contract.organisation_id, ticket__contract_id=contract.pk)
    clocks = clocks.exclude(state=Clock.State.CANCELLED).alias(due=DUE)
    clocks = clocks.filter(
        **{f"{instant}__gte": periods[0].start, f"{instant}__lt": periods[-1].end}
    ).annotate(
        at=F(instant),
        place=Func(
            F(instant),
            _instants(one.start for one in periods),
            function="width_bucket",
            output_field=IntegerField(),
        ),
        end=_Nth(_instants(one.end for one in periods), F("place"), output_field=DateTimeField()),
    )
    if method == Method.OPENED:
        clocks = clocks.filter(Q(stopped_at__lt=F("end")) | Q(due__lt=F("end")))
    agreed = Exclusion.objects.filter(clock_id=OuterRef("pk"), state=Exclusion.State.APPROVED)
    return clocks.annotate(late=_late(), excluded=Exists(agreed))


def _late() -> Case:
    """Missed, for a clock that stopped by the end; else due before the end."""
    yes, no = Value(True), Value(False)
    return Case(
        When(stopped_at__lt=F("end"), state=Clock.State.MISSED, then=yes),
        When(stopped_at__lt=F("end"), then=no),
        When(due__lt=F("end"), then=yes),
        default=no,
        output_field=BooleanField(),
    )


def counts(contract: Contract, periods: Sequence[Period], method: Method) -> list[list[rules.Count]]:
    """For each period, its clocks counted by what sets commitments apart. One statement."""
    if not periods:
        return []
    names = ("place", "kind", "ticket__ticket_type", "ticket__priority", "late", "excluded")
    rows = population(contract, periods, method).order_by().values_list(*names).annotate(n=Count("pk"))
    found: list[list[rules.Count]] = [[] for _ in periods]
    for place, *values in rows:
        found[place - 1].append(rules.Count(*values))
    return found


Late = tuple[str, str, int, int]
"""Kind, type, priority, seconds beyond the target."""


def late_seconds(contract: Contract, periods: Sequence[Period], method: Method) -> list[list[Late]]:
    """For each period, its clocks missed and not excluded. One statement."""
    if not periods:
        return []
    rows = population(contract, periods, method).filter(late=True, excluded=False)
    names = ("place", "kind", "ticket__ticket_type", "ticket__priority")
    late = F("used_seconds") - F("target_seconds")
    found: list[list[Late]] = [[] for _ in periods]
    for place, *values in rows.order_by().annotate(beyond=late).values_list(*names, "beyond"):
        found[place - 1].append(tuple(values))
    return found


def any_of(rows: Iterable[RateCommitment], *, ticket: str = "ticket__") -> Q:
    """Those that at least one of the commitments measures."""
    found = Q(pk__in=[])
    for row in rows:
        scope: dict[str, Any] = {"kind": row.kind}
        scope |= {f"{ticket}ticket_type": row.ticket_type} if row.ticket_type else {}
        scope |= {f"{ticket}priority": row.priority} if row.priority is not None else {}
        found |= Q(**scope)
    return found


def open_and_late(contract: Contract, end: dt.datetime) -> tuple[int, dt.datetime | None]:
    """Clocks still open at ``end`` and beyond their promise: how many, and since when the oldest is."""
    clocks = still_late(contract, end).order_by().aggregate(n=Count("pk"), oldest=Min("due"))
    return clocks["n"], clocks["oldest"]


def still_late(contract: Contract, end: dt.datetime) -> QuerySet[Any]:
    """The clocks themselves, as a population has them; ``at`` is when they were due."""
    clocks = Clock.objects.filter(
        Q(stopped_at=None) | Q(stopped_at__gte=end), organisation_id=contract.organisation_id,
        ticket__contract_id=contract.pk,
    )  # fmt: skip
    clocks = clocks.exclude(state=Clock.State.CANCELLED).annotate(
        due=DUE, at=F("due"), late=Value(True), excluded=Value(False)
    )
    return clocks.filter(due__lt=end)
