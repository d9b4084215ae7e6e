"""What the months of a contract are judged by, and the statements that were made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F

from vigie.catalog.models import Service
from vigie.compliance import access, rules
from vigie.compliance.models import PenaltyTerms, RateCommitment, StatementLine
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.compliance import Measure, Method, Verdict
from vigie.contracts.rules.penalties import NOTHING
from vigie.kernel.actor import Actor
from vigie.toolkit.written import Written, columns_of, kept, models_of, rows_of, stand_in, written

MEASURES = frozenset(RateCommitment.Measure.values)
"""What is judged from records, and not from clocks."""


@dataclass(frozen=True)
class Terms:
    """What a month of a contract is judged by. Without penalty terms there is no fee, no cap and no franchise."""

    commitments: tuple[RateCommitment, ...]
    penalty: PenaltyTerms

    @property
    def method(self) -> Method:
        return Method(self.penalty.kind)

    def promises(self) -> Sequence[rules.Promise]:
        """The commitments as the rules read them."""
        return self._promises

    @cached_property
    def _promises(self) -> list[rules.Promise]:
        return [
            rules.Promise(
                row.pk, row.kind, row.ticket_type, row.priority, row.target, row.n_min, row.allowed_misses,
                rules.formula_of(row.formula, row.terms), row.base if row.base is not None else self.penalty.fee, row.cause,
                row.bonus_from, row.bonus_percent, row.small_volume,
            )
            for row in self.commitments
        ]  # fmt: skip

    def rates(self) -> list[rules.Promise]:
        """Those that clocks are judged by."""
        return [one for one in self.promises() if one.kind not in MEASURES]

    def limits(self) -> penalties.Limits:
        """The caps as amounts."""
        fee, month, year = self.penalty.fee, self.penalty.month_cap, self.penalty.year_cap
        return penalties.Limits(
            None if month is None else penalties.share_of(fee, month),
            None if year is None else penalties.share_of(fee * 12, year),
            self.penalty.franchise,
        )


@dataclass(frozen=True, slots=True)
class Stated:
    """The statement of an earlier month, as far as later ones depend on it; ``lines`` where it is one of the last year."""

    id: int
    month: dt.date
    state: str
    met: int
    missed: int
    excluded: int
    charged: Decimal
    due: Decimal
    total: Decimal
    steps: Sequence[tuple[str, str]]
    lines: tuple[rules.Judged, ...]


CONTRACT, STATEMENTS = stand_in(1), stand_in(2)
STATED = tuple(column.name for column in fields(Stated) if column.name != "lines")
JUDGED = (
    "commitment_id", "met", "missed", "excluded_met", "excluded_missed", "verdict", "penalty", "bonus", "found",
)  # fmt: skip


SERVICE_NAMES = ("name_fr", "name_en")


@kept
def _rates(actor: Actor) -> Written | None:
    rows = access.visible_commitments(actor).filter(contract_id=CONTRACT)
    # response before resolution
    rows = rows.order_by("-kind", "ticket_type", F("priority").asc(nulls_first=True), "pk")
    named = (f"service__{name}" for name in SERVICE_NAMES)
    return written(rows.values(*columns_of(RateCommitment), *named))


def _commitments(actor: Actor, contract: Contract) -> list[RateCommitment]:
    """The contract's commitments, each with the names of its service."""
    own, found = columns_of(RateCommitment), []
    services: dict[int, Service] = {}
    for values in rows_of(_rates(actor), {CONTRACT: contract.pk}):
        row = RateCommitment.from_db(DEFAULT_DB_ALIAS, own, [values[name] for name in own])
        if row.service_id is not None:
            if row.service_id not in services:
                names = {name: values[f"service__{name}"] for name in SERVICE_NAMES}
                services[row.service_id] = Service(pk=row.service_id, **names)
            row.service = services[row.service_id]
        found.append(row)
    return found


@kept
def _penalties(actor: Actor) -> Written | None:
    rows = access.visible_terms(actor).filter(contract_id=CONTRACT).order_by("valid_from")
    return written(rows.values(*columns_of(PenaltyTerms)))


@kept
def _statements(actor: Actor) -> Written | None:
    rows = access.visible_statements(actor).filter(contract_id=CONTRACT).order_by("month")
    return written(rows.values(*STATED))


@kept
def _lines() -> Written | None:
    rows = StatementLine.objects.filter(statement_id__any_of=[STATEMENTS]).order_by("pk")
    return written(rows.values("statement_id", *JUDGED))


def terms_in(actor: Actor, contract: Contract, months: Sequence[dt.date]) -> dict[dt.date, Terms]:
    """The terms in force in each month. Two statements."""
    rates = _commitments(actor, contract)
    penalty = models_of(PenaltyTerms, _penalties(actor), {CONTRACT: contract.pk})
    bare = PenaltyTerms(
        organisation_id=contract.organisation_id, contract=contract, fee=NOTHING, valid_from=months[0]
    )
    found: dict[dt.date, Terms] = {}
    known: dict[tuple[Any, ...], Terms] = {}
    for month in months:
        held = tuple(row for row in rates if _holds(row, month))
        judged = next((row for row in penalty if _holds(row, month)), bare)
        key = (judged.id, *(row.id for row in held))  # months under the same terms share them
        found[month] = known.setdefault(key, Terms(held, judged))
    return found


def statements_before(actor: Actor, contract: Contract, month: dt.date) -> list[Stated]:
    """The contract's statements of earlier months, oldest first; those of a year with their lines."""
    found = rows_of(_statements(actor), {CONTRACT: contract.pk})
    earlier, first = [row for row in found if row["month"] < month], rules.later(month, -12)
    lines: dict[int, list[rules.Judged]] = {row["id"]: [] for row in earlier if row["month"] >= first}
    if lines:
        for values in rows_of(_lines(), {STATEMENTS: list(lines)}):
            lines[values["statement_id"]].append(judged_from(values))
    return [Stated(**row, lines=tuple(lines.get(row["id"], ()))) for row in earlier]


def judged_from(line: Mapping[str, Any]) -> rules.Judged:
    """The line of a statement as it was judged; the columns :data:`JUDGED`."""
    found: Mapping[str, Any] = line["found"]
    measure = Measure(line["met"], line["missed"], line["excluded_met"], line["excluded_missed"])
    value, raw = (Fraction(text) if text else None for text in (found.get("value"), found.get("raw")))
    numbers = tuple(sorted((str(name), str(text)) for name, text in found.get("numbers", {}).items()))
    return rules.Judged(
        line["commitment_id"],
        measure,
        Verdict(line["verdict"]),
        line["penalty"],
        line["bonus"],
        value,
        raw,
        numbers,
    )


def _holds(row: PenaltyTerms | RateCommitment, month: dt.date) -> bool:
    return row.valid_from <= month and (row.valid_until is None or month < row.valid_until)
