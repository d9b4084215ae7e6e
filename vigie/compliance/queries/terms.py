"""What the months of a contract are judged by, and the statements that were made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F, prefetch_related_objects

from vigie.catalog.models import Service
from vigie.compliance import access, rules
from vigie.compliance.models import PenaltyTerms, RateCommitment, Statement
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.compliance import Method
from vigie.contracts.rules.penalties import NOTHING
from vigie.kernel.actor import Actor
from vigie.toolkit.written import Written, columns_of, kept, models_of, stand_in, written


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
        return [one for one in self.promises() if one.kind not in RateCommitment.Measure.values]

    def limits(self) -> penalties.Limits:
        """The caps as amounts."""
        fee, month, year = self.penalty.fee, self.penalty.month_cap, self.penalty.year_cap
        return penalties.Limits(
            None if month is None else penalties.share_of(fee, month),
            None if year is None else penalties.share_of(fee * 12, year),
            self.penalty.franchise,
        )


CONTRACT = stand_in(1)


@kept
def _rates(actor: Actor) -> Written | None:
    rows = access.visible_commitments(actor).filter(contract_id=CONTRACT)
    # response before resolution
    rows = rows.order_by("-kind", "ticket_type", F("priority").asc(nulls_first=True), "pk")
    return written(rows.values(*columns_of(RateCommitment)))


@kept
def _penalties(actor: Actor) -> Written | None:
    rows = access.visible_terms(actor).filter(contract_id=CONTRACT).order_by("valid_from")
    return written(rows.values(*columns_of(PenaltyTerms)))


@kept
def _statements(actor: Actor) -> Written | None:
    rows = access.visible_statements(actor).filter(contract_id=CONTRACT).order_by("month")
    return written(rows.values(*columns_of(Statement)))


def terms_in(actor: Actor, contract: Contract, months: Sequence[dt.date]) -> dict[dt.date, Terms]:
    """The terms in force in each month. Two statements, three where services are named."""
    given = {CONTRACT: contract.pk}
    rates = models_of(RateCommitment, _rates(actor), given)
    penalty = models_of(PenaltyTerms, _penalties(actor), given)
    _name_services(rates)
    bare = PenaltyTerms(
        organisation_id=contract.organisation_id, contract=contract, fee=NOTHING, valid_from=months[0]
    )
    found: dict[dt.date, Terms] = {}
    known: dict[tuple[Any, ...], Terms] = {}
    for month in months:
        held = tuple(row for row in rates if _holds(row, month))
        judged = next((row for row in penalty if _holds(row, month)), bare)
        key = (judged.pk, *(row.pk for row in held))  # months under the same terms share them
        found[month] = known.setdefault(key, Terms(held, judged))
    return found


def statements_before(actor: Actor, contract: Contract, month: dt.date) -> list[Statement]:
    """The contract's statements of earlier months, oldest first; those of a year with their lines."""
    found = models_of(Statement, _statements(actor), {CONTRACT: contract.pk})
    earlier, first = [row for row in found if row.month < month], rules.later(month, -12)
    prefetch_related_objects([row for row in earlier if row.month >= first], "lines")
    return earlier


def _holds(row: PenaltyTerms | RateCommitment, month: dt.date) -> bool:
    return row.valid_from <= month and (row.valid_until is None or month < row.valid_until)


def _name_services(rates: Sequence[RateCommitment]) -> None:
    """Their services beside those that state one."""
    wanted = {row.service_id for row in rates if row.service_id is not None}
    services = Service.objects.in_bulk(wanted) if wanted else {}
    for row in rates:
        if row.service_id is not None:
            row.service = services[row.service_id]
