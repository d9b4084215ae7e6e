"""From the sum of the lines to the credit of a month, each step with what it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.compliance import labels, rules
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries.measured import is_measure
from vigie.compliance.queries.reading import (
    Correction,
    Figures,
    before_of,
    conforming,
    given_back,
    lines_of,
    step_of,
)
from vigie.compliance.queries.terms import Stated, Terms
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.penalties import NOTHING, StepKind


@dataclass(frozen=True, slots=True)
class Part:
    """Of what a step is made: in words, how much, and the month where it is read (with the commitment, where it is one)."""

    words: str
    amount: str
    month: dt.date | None = None
    rate: int | None = None
    of_records: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step in words; ``why`` says what of which base, ``parts`` add up to the amount where there are some."""

    words: str
    amount: str
    why: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """A month whose settlement is told: its terms and figures, and the statements before it, oldest first.

    ``is_last``: no statement follows it.
    """

    contract: Contract
    month: dt.date
    terms: Terms
    found: Figures
    earlier: Sequence[Stated]
    currency: str
    is_last: bool = False

    @property
    def known(self) -> dict[int, RateCommitment]:
        return {row.pk: row for row in self.terms.commitments}

    def money(self, amount: Decimal) -> str:
        return labels.money(amount, self.currency)


def steps_told(ground: Ground) -> tuple[Step, ...]:
    """The steps of the month's settlement."""
    return tuple(
        Step(
            _named_step(ground, step.kind), ground.money(step.amount), _why(ground, step.kind), _parts(ground, step)
        )
        for step in ground.found.settlement.steps
    )  # fmt: skip


def _named_step(ground: Ground, kind: StepKind) -> str:
    if kind == StepKind.CARRIED_OUT and ground.is_last:
        return _("Left over: the contract has ended and no statement follows")
    return str(labels.STEPS[kind])


# -- what of which base ----------------------------------------------------------------------------------------------


def _why(ground: Ground, kind: StepKind) -> str:
    terms, limits = ground.terms.penalty, ground.terms.limits()
    if kind == StepKind.MONTH_CAP and limits.month_cap is not None and terms.month_cap is not None:
        return _("%(percent)s of the fee of %(fee)s: at most %(cap)s a month") % {
            "percent": labels.percent_words(terms.month_cap), "fee": ground.money(terms.fee), "cap": ground.money(limits.month_cap),
        }  # fmt: skip
    if kind == StepKind.YEAR_CAP and limits.year_cap is not None and terms.year_cap is not None:
        taken = before_of(ground.contract, ground.month, ground.earlier).charged_in_year
        since = rules.contract_year(ground.contract.starts_on, ground.month)
        return _(
            "%(percent)s of twelve fees of %(fee)s: at most %(cap)s for the year from %(month)s on, of which %(taken)s before this month"
        ) % {
            "percent": labels.percent_words(terms.year_cap), "fee": ground.money(terms.fee), "cap": ground.money(limits.year_cap),
            "month": labels.month_words(since), "taken": ground.money(taken),
        }  # fmt: skip
    if kind == StepKind.FRANCHISE:
        return _("nothing is due until the contract has cost more than %(amount)s") % {
            "amount": ground.money(terms.franchise)
        }
    if kind == StepKind.CARRIED_OUT and ground.is_last:
        return _(
            "a credit is never below zero: this is claimed from nobody, both sides agree on what becomes of it"
        )
    if kind == StepKind.CARRIED_OUT:
        return _("a credit is never below zero: nothing is owed, the statements to come are lowered by it")
    if kind == StepKind.EARNED_BACK:
        after = terms.earn_back_after
        words = ngettext(
            "a penalty comes back once its commitment was met in the month after it",
            "a penalty comes back once its commitment was met in each of the %(num)s months after it",
            after,
        )
        return words % {"num": after}
    return ""


# -- of what it is made ----------------------------------------------------------------------------------------------


def _parts(ground: Ground, step: penalties.Step) -> tuple[Part, ...]:
    if step.kind == StepKind.CORRECTION:
        return tuple(_corrected(ground, one) for one in ground.found.corrections)
    if step.kind == StepKind.CARRIED_IN:
        return tuple(_carried(ground, step))
    lines = ground.found.lines
    if step.kind == StepKind.NOT_CUMULATED:
        month, pairs = ground.month, penalties.not_cumulated(lines_of(ground.terms, lines))
    elif step.kind == StepKind.BONUS:
        month, pairs = ground.month, tuple((line.key, line.bonus) for line in lines if line.bonus)
    elif step.kind == StepKind.EARNED_BACK:
        after = ground.terms.penalty.earn_back_after
        month = rules.later(ground.month, -after)
        pairs = given_back(ground.month, ground.earlier, conforming(lines), after)
    else:
        return ()
    return tuple(_of_lines(ground, step, month, pairs))


def _carried(ground: Ground, step: penalties.Step) -> Iterable[Part]:
    """The last statements that carried something over, as far as they make the step."""
    left = -step.amount
    for row in reversed(ground.earlier):
        amount = min(step_of(row, StepKind.CARRIED_OUT), left)
        if amount > 0:
            left -= amount
            yield Part(labels.month_words(row.month), ground.money(-amount), row.month)


def _of_lines(
    ground: Ground, step: penalties.Step, month: dt.date, pairs: Sequence[tuple[int, Decimal]]
) -> Iterable[Part]:
    """Each commitment with what it takes off, and what the step is bounded by; nothing where they do not make the step."""
    beyond = step.amount + sum((amount for _, amount in pairs), NOTHING)
    if beyond < 0:
        return
    for key, amount in pairs:
        row = ground.known.get(key)
        words = _named(ground.known, key)
        if step.kind == StepKind.EARNED_BACK:
            words = f"{labels.month_words(month)}, {words}"
        yield Part(words, ground.money(-amount), month, key, row is not None and is_measure(row))
    if beyond:
        bounds = {
            StepKind.EARNED_BACK: _("no more than that month cost"),
            StepKind.BONUS: _("no more than is due"),
        }
        yield Part(bounds.get(step.kind, ""), ground.money(beyond))


def _corrected(ground: Ground, one: Correction) -> Part:
    """An earlier month told again: which, and the commitments that differ."""
    keys = sorted({key for key in {*one.was, *one.now} if one.was.get(key) != one.now.get(key)}, key=int)
    names = [_named(ground.known, int(key)) for key in keys]
    words = ", ".join([labels.month_words(one.month), *names])
    return Part(words, ground.money(one.amount), one.month)


def _named(known: Mapping[int, RateCommitment], key: int) -> str:
    """A commitment in words; one that ended since is told by its number."""
    return labels.scope_words(known[key]) if key in known else f"#{key}"
