"""The sum of a month told so that anybody can do it again: the terms in force, and for each line its formula filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.compliance import access, labels
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries.detail import Behind
from vigie.compliance.queries.sheet import MeasureRow, Row, Sheet
from vigie.compliance.queries.terms import Terms
from vigie.compliance.rules import Promise
from vigie.contracts.rules.compliance import percent
from vigie.contracts.rules.penalties import Bands, ByDay, Lateness, PerDay, PerPoint, PerTicket
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import number


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A line in words: which commitment, what a miss costs, how its amount comes about, the amount."""

    scope: str
    formula: str
    sum: str
    amount: str


def terms_told(terms: Terms, currency: str) -> list[tuple[str, str]]:
    """The fee, the caps, the franchise and what is given back; what the contract does not say is left out."""
    penalty, limits = terms.penalty, terms.limits()
    rows = [(_("Monthly fee, before tax"), labels.money(penalty.fee, currency))]
    if penalty.month_cap is not None and limits.month_cap is not None:
        rows.append((_("Cap of a month"), _of(penalty.month_cap, penalty.fee, limits.month_cap, currency)))
    if penalty.year_cap is not None and limits.year_cap is not None:
        rows.append(
            (_("Cap of a contract year"), _of(penalty.year_cap, penalty.fee * 12, limits.year_cap, currency))
        )
    if penalty.franchise:
        rows.append((_("Franchise"), labels.money(penalty.franchise, currency)))
    if penalty.earn_back_after:
        months = penalty.earn_back_after
        words = ngettext("after %(num)s month met", "after %(num)s months met in a row", months)
        rows.append((_("Given back"), words % {"num": months}))
    return rows


def _of(share: Decimal, base: Decimal, amount: Decimal, currency: str) -> str:
    """``7 % of €10,000.00 = €700.00``."""
    return _("%(percent)s of %(base)s = %(amount)s") % {
        "percent": labels.percent_words(share), "base": labels.money(base, currency), "amount": labels.money(amount, currency),
    }  # fmt: skip


def reckoned(sheet: Sheet, terms: Terms, currency: str) -> list[Reckoned]:
    """Every line that may cost, in the order of the sheet."""
    rows = {row.pk: row for row in terms.commitments}
    promises = {one.key: one for one in terms.promises()}
    lines: Sequence[Row | MeasureRow] = [*sheet.rows, *sheet.measures]
    return [
        Reckoned(
            line.scope, line.formula, _sum(line, rows[line.id], promises[line.id], currency), line.penalty
        )
        for line in lines
        if promises[line.id].formula is not None
    ]


def _sum(line: Row | MeasureRow, row: RateCommitment, promise: Promise, currency: str) -> str:
    formula, rate = promise.formula, line.value
    if isinstance(formula, ByDay):
        return _("sum of the records below") if line.due else _("nothing late")
    if not line.due or rate is None:
        return _("%(verdict)s: nothing is due") % {"verdict": line.verdict}
    if isinstance(formula, PerTicket):
        return _("sum of the tickets below")
    base = labels.money(promise.base, currency)
    if isinstance(formula, Bands):
        floor = next(floor for floor, _due in formula.steps if rate * 100 >= Fraction(floor))
        return _("%(rate)s is in the band from %(floor)s on: %(percent)s of %(base)s") % {
            "rate": _exact(rate, row), "floor": labels.percent_words(floor),
            "percent": labels.percent_words(formula.percent(rate)), "base": base,
        }  # fmt: skip
    assert isinstance(formula, PerPoint)
    return _points(formula, rate, row, base)


def _points(formula: PerPoint, rate: Fraction, row: RateCommitment, base: str) -> str:
    missing = (Fraction(row.target) / 100 - rate) * 100
    values = {
        "target": labels.percent_words(row.target), "rate": _exact(rate, row), "missing": number(float(percent(missing / 100, 3))),
        "each": labels.percent_words(formula.each), "base": base,
    }  # fmt: skip
    if not formula.started:
        return _("%(target)s − %(rate)s = %(missing)s points: %(missing)s × %(each)s of %(base)s") % values
    started = -(-missing.numerator // missing.denominator)
    words = ngettext(
        "%(target)s − %(rate)s = %(missing)s points, %(num)s started: %(num)s × %(each)s of %(base)s",
        "%(target)s − %(rate)s = %(missing)s points, %(num)s started: %(num)s × %(each)s of %(base)s",
        started,
    )
    return words % {**values, "num": started}


def _exact(rate: Fraction, row: RateCommitment) -> str:
    """To the thousandth of a percent, cut where rounding would reach a target that was missed."""
    return labels.share_words(rate, "availability", row.target)


def records_reckoned(actor: Actor, records: Iterable[Behind], promise: Promise, currency: str) -> list[str]:
    """For each record how its amount comes about: ``€18,000.00 × 12 / 1000``; empty where it costs nothing."""
    formula, found = promise.formula, list(records)
    ids = [one.record_id for one in found if one.nature == "delivery" and one.amount]
    values = dict(access.visible_deliveries(actor).filter(pk__in=ids).values_list("pk", "value"))
    return [_record(formula, one, values.get(one.record_id, Decimal(0)), currency) for one in found]


def _record(formula: object, one: Behind, value: Decimal, currency: str) -> str:
    """A value changed since the month was frozen no longer gives its amount, and is not told."""
    if not one.amount or not one.days or not isinstance(formula, Lateness | PerDay):
        return ""
    if labels.money(formula.amount(value, one.days), currency) != one.amount:
        return ""
    if isinstance(formula, Lateness):
        words = _("%(value)s × %(days)s / %(divisor)s")
        return words % {
            "value": labels.money(value, currency),
            "days": one.days,
            "divisor": number(formula.divisor),
        }
    words = (
        _("%(days)s × %(daily)s, at most %(cap)s") if formula.cap is not None else _("%(days)s × %(daily)s")
    )
    cap = "" if formula.cap is None else labels.money(formula.cap, currency)
    return words % {"days": one.days, "daily": labels.money(formula.daily, currency), "cap": cap}
