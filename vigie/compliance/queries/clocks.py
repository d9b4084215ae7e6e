"""The clocks of a contract's months, counted where they are: the one place that says in SQL what the rules say of a period.

``vigie/contracts/rules/compliance.py`` states the rule; a test holds the two together on random clocks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
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

from vigie.compliance import access, rules
from vigie.compliance.models import Exclusion, RateCommitment
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Method
from vigie.kernel.actor import Actor
from vigie.tickets.models import Clock
from vigie.toolkit.written import (
    Written,
    count_of,
    instant,
    kept,
    rows_of,
    stand_in,
    tuples_of,
    written,
)

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


def _instants(values: list[dt.datetime]) -> Value:
    return Value(values, ArrayField(DateTimeField()))


def population(contract: Contract, periods: Sequence[Period], method: Method) -> QuerySet[Any]:
    """The contract's clocks that a period holds, excluded ones too, with ``place`` (which period, from 1), ``at``, ``late``, ``excluded``.

    Periods follow each other. A clock that stopped after its period's end counts as it stood at that end.
    """
    starts, ends = [one.start for one in periods], [one.end for one in periods]
    return _population(contract, Period(starts[0], ends[-1]), starts, ends, method)


def _population(
    contract: Contract, whole: Period, starts: list[dt.datetime], ends: list[dt.datetime], method: Method
) -> QuerySet[Any]:
    instant = INSTANTS[method]
    clocks = Clock.objects.filter(organisation_id=contract.organisation_id, ticket__contract_id=contract.pk)
    clocks = clocks.exclude(state=Clock.State.CANCELLED).alias(due=DUE)
    clocks = clocks.filter(**{f"{instant}__gte": whole.start, f"{instant}__lt": whole.end}).annotate(
        at=F(instant),
        place=Func(
            F(instant),
            _instants(starts),
            function="width_bucket",
            output_field=IntegerField(),
        ),
        end=_Nth(_instants(ends), F("place"), output_field=DateTimeField()),
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


CLIENT, CONTRACT = stand_in(1), stand_in(2)
START, END, STARTS, ENDS = (instant(n) for n in range(4))


def _any_months(method: Method) -> QuerySet[Any]:
    """The population of a contract and of periods that are given when it is asked."""
    contract = Contract(pk=CONTRACT, organisation_id=CLIENT)
    return _population(contract, Period(START, END), [STARTS], [ENDS], method).order_by()


def _given(contract: Contract, periods: Sequence[Period]) -> dict[Any, Any]:
    starts, ends = [one.start for one in periods], [one.end for one in periods]
    whole = {START: starts[0], END: ends[-1], STARTS: _as_text(starts), ENDS: _as_text(ends)}
    return {CLIENT: contract.organisation_id, CONTRACT: contract.pk, **whole}


def _as_text(instants: list[dt.datetime]) -> str:
    """An array for PostgreSQL, written once: the statement holds it several times."""
    return f"{{{','.join(one.isoformat() for one in instants)}}}"


SET_APART = ("place", "kind", "ticket__ticket_type", "ticket__priority")


Late = tuple[str, str, int, int]
"""Kind, type, priority, seconds beyond the target."""


class Counted(NamedTuple):
    """A period: its clocks counted by what sets commitments apart, and those missed and not excluded one by one, where asked for."""

    counts: list[rules.Count]
    late: list[Late]


@kept
def _counts(method: Method, late: bool) -> Written | None:
    rows = _any_months(method).values(*SET_APART, "late", "excluded").annotate(n=Count("pk"))
    beyond = ArrayAgg(F("used_seconds") - F("target_seconds"), filter=Q(late=True))
    return written(rows.annotate(beyond=beyond) if late else rows)


def counted(contract: Contract, periods: Sequence[Period], method: Method, *, late: bool) -> list[Counted]:
    """For each period its clocks. One statement."""
    if not periods:
        return []
    found = [Counted([], []) for _ in periods]
    for place, kind, of_type, priority, is_late, excluded, n, *beyond in tuples_of(
        _counts(method, late), _given(contract, periods)
    ):
        period = found[place - 1]
        period.counts.append(rules.Count(kind, of_type, priority, is_late, excluded, n))
        if late and is_late and not excluded:
            period.late.extend((kind, of_type, priority, seconds) for seconds in beyond[0])
    return found


@kept
def _asked(actor: Actor, method: Method) -> Written | None:
    """Clocks of the population whose exclusion waits for a decision."""
    waiting = access.visible_exclusions(actor).filter(state=Exclusion.State.ASKED, clock_id=OuterRef("pk"))
    return written(_any_months(method).filter(Exists(waiting)).values("pk"))


def asked(actor: Actor, contract: Contract, period: Period, method: Method) -> int:
    """How many clocks of a period wait for somebody to decide on their exclusion: until then they count as they are."""
    return count_of(_asked(actor, method), _given(contract, [period]))


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
    given = {CLIENT: contract.organisation_id, CONTRACT: contract.pk, END: end}
    found = rows_of(_open_and_late(), given)
    return (found[0]["n"], found[0]["oldest"]) if found else (0, None)


@kept
def _open_and_late() -> Written | None:
    rows = still_late(Contract(pk=CONTRACT, organisation_id=CLIENT), END).order_by()
    # of one contract: a group of its own, as an aggregate is no query yet
    return written(
        rows.values("organisation_id").annotate(n=Count("pk"), oldest=Min("due")).values("n", "oldest")
    )


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
