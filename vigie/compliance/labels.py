"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from babel.dates import format_date
from babel.numbers import format_currency
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.compliance.models import Exclusion, RateCommitment
from vigie.contracts.labels import KINDS
from vigie.contracts.rules.compliance import Tally, percent
from vigie.toolkit import refusals
from vigie.toolkit.jinja import locale, number
from vigie.workflow.labels import TYPES

Label = str | Promise

VERDICTS: dict[str, Label] = {
    "conforming": p("verdict", "Reached"),
    "not_conforming": p("verdict", "Missed"),
    "not_applicable": p("verdict", "No measure"),
}
STEPS: dict[str, Label] = {
    "not_cumulated": _("One cause, several rates: only the highest counts"),
    "month_cap": _("Beyond the cap of the month"),
    "year_cap": _("Beyond the cap of the contract year"),
    "franchise": _("Franchise: nothing is due under it, everything beyond it"),
    "bonus": _("Bonus"),
    "earned_back": _("Given back: met ever since"),
}
STATES: dict[str, Label] = {
    "simulated": p("statement", "Simulated"),
    "proposed": p("statement", "Proposed"),
    "frozen": p("statement", "Approved and frozen"),
}
EXCLUSION_STATES: dict[str, Label] = dict(Exclusion.State.choices)
EXCLUSION_KINDS: dict[str, Label] = dict(Exclusion.Kind.choices)
FORMULAS: dict[str, Label] = dict(RateCommitment.Formula.choices)
ONLY: dict[str, Label] = {
    "": p("clocks", "All"),
    "met": p("clocks", "Met"),
    "missed": p("clocks", "Missed"),
    "excluded": p("clocks", "Excluded"),
    "open": p("clocks", "Open and late at the end"),
}

refusals.register(
    {
        "compliance.already_asked": _("An exclusion of this promise is already asked or agreed."),
        "compliance.already_decided": _("This exclusion is already decided."),
        "compliance.earlier_open": _("An earlier month still waits for approval: months are approved in their order."),
        "compliance.figures_moved": _("The figures changed since they were proposed. Propose the month again."),
        "compliance.frozen": _("This month is approved and frozen. A correction shows beside it, and in the months to come."),
        "compliance.month_closed": _("A month from then on already has its statement: choose a later month."),
        "compliance.month_not_over": _("This month is not over: its figures are a simulation."),
        "compliance.no_evidence": _("Give evidence: words, or a file of the ticket."),
        "compliance.no_grounds": _("Say on what grounds: the client reads it."),
        "compliance.not_first_of_month": _("Terms change on the first day of a month."),
        "compliance.not_missed": _("This promise is not missed: there is nothing to exclude."),
        "compliance.nothing_promised": _("No rate is promised for this month."),
        "compliance.own_exclusion": _("You asked for this exclusion: somebody else decides."),
        "compliance.own_statement": _("You proposed this month: somebody else approves it."),
        "compliance.per_ticket_by_end": _("A penalty by the ticket needs the population of promises that ended in the month."),
        "compliance.rate_ended": _("This rate has ended by then: it can no longer change."),
        "compliance.rate_twice": _("The same tickets already have a rate for this clock at that time."),
    }
)  # fmt: skip


def month_words(month: dt.date) -> str:
    """``March 2026``."""
    return format_date(month, "LLLL yyyy", locale=locale())


def money(amount: Decimal, currency: str) -> str:
    """An amount before tax, in its currency."""
    return format_currency(amount, currency, locale=locale())


def percent_words(percent: Decimal) -> str:
    """``95 %``, ``99.5 %``."""
    return gettext("%(n)s%%") % {"n": number(float(percent))}


def rate_words(tally: Tally, target: Decimal | None = None) -> str:
    """``94.9 %``, cut where rounding would reach a target that was missed; ``no measure`` without a population."""
    if tally.rate is None:
        return gettext("no measure")
    shown = percent(tally.rate, 1, None if target is None else Fraction(target) / 100)
    return gettext("%(n)s%%") % {"n": number(float(shown))}


def scope_words(row: RateCommitment) -> str:
    """``Resolution · Incident · P2``."""
    parts = [
        str(KINDS.get(row.kind, row.kind)),
        str(TYPES.get(row.ticket_type, row.ticket_type)) if row.ticket_type else "",
        f"P{row.priority}" if row.priority else "",
    ]
    return " · ".join(part for part in parts if part)


def formula_words(row: RateCommitment) -> str:
    """What a miss costs, in a few words."""
    if row.formula == "bands":
        steps = [
            gettext("%(n)s%% from %(floor)s%%") % {"n": due, "floor": floor}
            for floor, due in row.terms["bands"]
        ]
        return " · ".join(steps)
    if row.formula == "per_point":
        words = (
            _("%(n)s%% of the fee per started point")
            if row.terms["started"]
            else _("%(n)s%% of the fee per point, in proportion")
        )
        return str(words) % {"n": row.terms["percent"]}
    if row.formula == "per_ticket":
        words = (
            _("%(n)s per started hour late, at most %(cap)s a ticket")
            if row.terms["cap"]
            else _("%(n)s per started hour late")
        )
        return str(words) % {"n": row.terms["hourly"], "cap": row.terms["cap"]}
    return gettext("no penalty")
