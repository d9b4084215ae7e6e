"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.compliance.models import Exclusion, Outage, RateCommitment
from vigie.compliance.rules import Judged, as_share
from vigie.contracts.labels import KINDS
from vigie.contracts.rules.compliance import Measure, Tally, Verdict, percent
from vigie.toolkit import refusals
from vigie.toolkit.jinja import duration, local_name, locale, number
from vigie.workflow.labels import TYPES

Label = str | Promise

VERDICTS: dict[str, Label] = {
    "conforming": p("verdict", "Reached"),
    "not_conforming": p("verdict", "Missed"),
    "not_applicable": p("verdict", "No measure"),
    "not_assessed": p("verdict", "Not assessed"),
}
STEPS: dict[str, Label] = {
    "not_cumulated": _("One cause, several rates: only the highest counts"),
    "month_cap": _("Beyond the cap of the month"),
    "year_cap": _("Beyond the cap of the contract year"),
    "franchise": _("Franchise: nothing is due under it, everything beyond it"),
    "bonus": _("Bonus"),
    "earned_back": _("Given back: met ever since"),
    "correction": _("Corrections of earlier months"),
    "carried_in": _("Carried over from earlier statements"),
    "carried_out": _("Carried over to the next statement"),
}
STATES: dict[str, Label] = {
    "simulated": p("statement", "Simulated"),
    "proposed": p("statement", "Proposed"),
    "frozen": p("statement", "Approved and frozen"),
}
EXCLUSION_STATES: dict[str, Label] = dict(Exclusion.State.choices)
EXCLUSION_KINDS: dict[str, Label] = dict(Exclusion.Kind.choices)
FORMULAS: dict[str, Label] = dict(RateCommitment.Formula.choices)
MEASURES: dict[str, Label] = dict(RateCommitment.Measure.choices)
VOLUME_VERDICTS: dict[str, Label] = {
    "conforming": p("volume", "In the band"),
    "not_applicable": p("volume", "Judged at the end of the month"),
    "not_conforming": p("volume", "Outside the band"),
}
NATURES: dict[str, Label] = {
    "outage": _("Outage"),
    "maintenance": _("Planned maintenance"),
    "overrun": _("Maintenance beyond what was agreed"),
    "delivery": _("Delivery"),
    "report": _("Report"),
    "survey": _("Satisfaction survey"),
    "ticket": _("Ticket"),
}
WHY: dict[str, Label] = {
    "": "",
    "excluded": _("excluded by agreement"),
    "overlap": _("at the same time as another, counted once"),
    "outside_hours": _("outside the agreed hours"),
    "not_admitted": _(
        "not announced in time, outside the window, beyond the quota or outside the agreed hours"
    ),
}
NUMBERS: dict[str, Label] = {
    "agreed": _("Agreed service time"),
    "planned": _("Planned maintenance, left out"),
    "down": _("Downtime"),
    "raw_down": _("Downtime without exclusions"),
    "failures": _("Failures"),
    "restore": _("Mean time to restore (MTRS)"),
    "between_failures": _("Mean time between failures (MTBF)"),
    "between_incidents": _("Mean time between incidents (MTBSI)"),
    "budget": _("Error budget left"),
    "designed": _("What the parts can give together"),
}
SOURCES: dict[str, Label] = dict(Outage.Source.choices)
STANDING_TONES = {
    "open": "warn", "agreed": "ok", "silent": "ok", "contested": "late", "decided": "accent", "noted": "quiet",
}  # fmt: skip
STANDINGS: dict[str, Label] = {
    "open": p("credit", "To be answered"),
    "agreed": p("credit", "Agreed"),
    "silent": p("credit", "Agreed by silence"),
    "contested": p("credit", "Contested"),
    "decided": p("credit", "Decided"),
    "noted": p("credit", "Credit note made"),
}
ONLY: dict[str, Label] = {
    "": p("clocks", "All"),
    "met": p("clocks", "Met"),
    "missed": p("clocks", "Missed"),
    "excluded": p("clocks", "Excluded"),
    "open": p("clocks", "Open and late at the end"),
}

refusals.register(
    {
        "compliance.already_answered": _("This credit is already answered."),
        "compliance.already_asked": _("An exclusion of this is already asked or agreed."),
        "compliance.already_decided": _("This exclusion is already decided."),
        "compliance.answer_too_late": _("The days to contest are over: the credit stands as it was asked."),
        "compliance.balance_closed": _("What this contract left over is noted as settled: no statement follows."),
        "compliance.balance_settled": _("This is noted as settled already."),
        "compliance.contest_without_reason": _("Say what you do not agree with."),
        "compliance.credit_not_final": _("The amount is not final yet: the client may still answer, or its contest waits for a decision."),
        "compliance.earlier_open": _("An earlier month still waits for approval: months are approved in their order."),
        "compliance.figures_moved": _("The figures changed since they were proposed. Propose the month again."),
        "compliance.formula_of_another": _("This penalty does not fit this commitment: choose another."),
        "compliance.frozen": _("This month is approved and frozen. A correction shows beside it, and in the months to come."),
        "compliance.in_the_future": _("This is still to come."),
        "compliance.month_closed": _("A month from then on already has its statement: choose a later month."),
        "compliance.month_not_over": _("This month is not over: its figures are a simulation."),
        "compliance.no_evidence": _("Give evidence: words, or a file of the ticket."),
        "compliance.no_note_number": _("Give the number of the credit note."),
        "compliance.no_reason": _("Say why."),
        "compliance.no_source": _("Say where this comes from."),
        "compliance.not_subscribed": _("This client does not use this service."),
        "compliance.nothing_agreed": _("Say what was agreed: the client reads it."),
        "compliance.nothing_contested": _("Nothing is contested here, or it is already decided."),
        "compliance.no_grounds": _("Say on what grounds: the client reads it."),
        "compliance.not_first_of_month": _("Terms change on the first day of a month."),
        "compliance.not_missed": _("This promise is not missed: there is nothing to exclude."),
        "compliance.nothing_promised": _("No rate is promised for this month."),
        "compliance.own_exclusion": _("You asked for this exclusion: somebody else decides."),
        "compliance.own_statement": _("You proposed this month: somebody else approves it."),
        "compliance.per_ticket_by_end": _("A penalty by the ticket needs the population of promises that ended in the month."),
        "compliance.rate_ended": _("This rate has ended by then: it can no longer change."),
        "compliance.rate_twice": _("The same tickets, or the same service, already have this commitment at that time."),
        "compliance.refused_without_grounds": _("Say why you refuse it."),
        "compliance.unknown_ticket": _("No ticket of this client has this reference."),
        "compliance.withdrawn": _("This record was withdrawn: it no longer changes."),
    }
)  # fmt: skip


def month_words(month: dt.date, *, short: bool = False) -> str:
    """``March 2026``, or ``Mar``."""
    return _month_words(month, "LLL" if short else "LLLL yyyy", locale())


@lru_cache(maxsize=1024)
def _month_words(month: dt.date, pattern: str, name: str) -> str:
    return format_date(month, pattern, locale=name)


def money(amount: Decimal, currency: str) -> str:
    """An amount before tax, in its currency; below zero with a minus, not with a hyphen that a line may end on."""
    return _money(amount, currency, locale())


@lru_cache(maxsize=1024)
def _money(amount: Decimal, currency: str, name: str) -> str:
    return format_currency(amount, currency, locale=name).replace("-", "−")


def percent_words(percent: Decimal) -> str:
    """``95 %``, ``99.5 %``."""
    return _percent_words(percent, locale())


@lru_cache(maxsize=1024)
def _percent_words(percent: Decimal, _locale: str) -> str:
    return gettext("%(n)s%%") % {"n": number(float(percent))}


def rate_words(tally: Tally, target: Decimal | None = None) -> str:
    """``94.9 %``, cut where rounding would reach a target that was missed; ``no measure`` without a population."""
    return _rate_words(tally, target, locale())


@lru_cache(maxsize=4096)
def _rate_words(tally: Tally, target: Decimal | None, _locale: str) -> str:
    return share_words(tally.rate, "", target)


def share_words(share: Fraction | None, kind: str, target: Decimal | None = None) -> str:
    """A share in percent, three digits for an availability; ``no measure`` where there is none."""
    return _share_words(share, kind, target, locale())


@lru_cache(maxsize=4096)
def _share_words(share: Fraction | None, kind: str, target: Decimal | None, _locale: str) -> str:
    if share is None:
        return gettext("no measure")
    goal = None if target is None or kind == "volume" else as_share(target)
    shown = percent(share, 3 if kind == "availability" else 1, goal)
    return gettext("%(n)s%%") % {"n": number(float(shown))}


def scope_words(row: RateCommitment) -> str:
    """``Resolution · Incident · P2``, ``Availability of a service · Mail``."""
    parts = [
        str(MEASURES.get(row.kind) or KINDS.get(row.kind, row.kind)),
        local_name(row.service) if row.service_id is not None else "",
        str(TYPES.get(row.ticket_type, row.ticket_type)) if row.ticket_type else "",
        f"P{row.priority}" if row.priority else "",
    ]
    return " · ".join(part for part in parts if part)


def target_words(row: RateCommitment) -> str:
    """What is to reach, in words."""
    if row.kind != "volume":
        return percent_words(row.target)
    values = {name: number(int(row.measured[name])) for name in ("forecast", "low", "high")}
    return gettext("%(forecast)s, from \N{MINUS SIGN}%(low)s%% to +%(high)s%%") % values


def told_words(row: RateCommitment, line: Judged) -> str:
    """What a measure came to, in a few words; empty without a measure."""
    measure, numbers = line.measure, dict(line.numbers)
    if row.kind == "availability":
        failures = int(numbers["failures"])
        words = ngettext(
            "%(down)s lost of %(agreed)s, %(num)s failure",
            "%(down)s lost of %(agreed)s, %(num)s failures",
            failures,
        )
        return words % {
            "num": failures, "down": duration(seconds(numbers["down"])), "agreed": duration(seconds(numbers["agreed"])),
        }  # fmt: skip
    if row.kind == "volume":
        count = int(numbers["count"])
        words = ngettext("%(num)s ticket opened", "%(num)s tickets opened", count) % {"num": number(count)}
        return f"{words}, {gettext('a mass event')}" if numbers["mass_event"] == "1" else words
    if not measure.adjusted.population and not measure.excluded:
        return ""
    values = {"met": number(measure.met), "all": number(measure.adjusted.population)}
    if row.kind == "satisfaction":
        words = ngettext(
            "%(met)s satisfied answer of %(all)s", "%(met)s satisfied answers of %(all)s", measure.met
        )
        return words % values
    if row.kind == "backlog":
        days = int(row.measured["days"])
        words = ngettext(
            "%(met)s of %(all)s open tickets no older than %(num)s day",
            "%(met)s of %(all)s open tickets no older than %(num)s days",
            days,
        )
        return words % {**values, "num": days}
    words = gettext("%(met)s of %(all)s on time") % values
    days = int(numbers["days"])
    late = ngettext("%(num)s day late this month", "%(num)s days late this month", days) % {"num": days}
    return f"{words}, {late}" if days else words


def small_words(row: RateCommitment, line: Judged, rate: Fraction | None) -> str:
    """By what rule a small volume was judged, so that anybody judges it again; empty where the rate alone decides."""
    if not 0 < line.measure.adjusted.population < row.n_min:
        return ""
    values = {"least": number(row.n_min), "num": row.allowed_misses}
    if row.small_volume == RateCommitment.SmallVolume.POOLED:
        return gettext("fewer than %(least)s, judged with up to three months before") % values
    if row.small_volume == RateCommitment.SmallVolume.NOT_ASSESSED:
        return gettext("fewer than %(least)s") % values
    if line.verdict != Verdict.CONFORMING or rate is None or rate * 100 >= Fraction(row.target):
        return ""
    words = ngettext(
        "fewer than %(least)s, %(num)s missed is tolerated",
        "fewer than %(least)s, %(num)s missed are tolerated",
        row.allowed_misses,
    )
    return words % values


def correction_words(row: RateCommitment | None, line: Mapping[str, Any] | None, currency: str) -> str:
    """A line before or after a correction: its rate, its verdict, what it costs. ``row``: its commitment, where it still is one."""
    if line is None:
        return "–"
    measure = Measure(line["met"], line["missed"], line["excluded_met"], line["excluded_missed"])
    rate = Fraction(line["value"]) if line.get("value") else measure.adjusted.rate
    shown = share_words(rate, row.kind, row.target) if row else share_words(rate, "")
    return f"{shown}, {VERDICTS[line['verdict']]}, {money(Decimal(line['penalty']), currency)}"


def seconds(text: str) -> int:
    """A duration that a line keeps as text, in whole seconds."""
    return int(Fraction(text))


def exclusion_subject(row: Exclusion) -> tuple[str, str]:
    """What an exclusion is about: a reference or a nature, and a title."""
    if row.ticket is not None:
        return row.ticket.reference, row.ticket.title
    thing = row.outage or row.delivery
    nature = "outage" if row.outage_id else "delivery"
    return str(NATURES[nature]), "" if thing is None else thing.title


def formula_words(row: RateCommitment, currency: str) -> str:
    """What a miss costs, in a few words."""

    def due(name: str) -> str:
        return money(Decimal(row.terms[name]), currency) if row.terms[name] else ""

    if row.formula == "bands":
        steps = [
            gettext("%(n)s%% from %(floor)s%%") % {"n": number(float(due)), "floor": number(float(floor))}
            for floor, due in row.terms["bands"]
        ]
        return " · ".join(steps)
    if row.formula == "per_point":
        words = (
            _("%(n)s%% of the fee per started point")
            if row.terms["started"]
            else _("%(n)s%% of the fee per point, in proportion")
        )
        return str(words) % {"n": number(float(row.terms["percent"]))}
    if row.formula == "per_ticket":
        words = (
            _("%(n)s per started hour late, at most %(cap)s a ticket")
            if row.terms["cap"]
            else _("%(n)s per started hour late")
        )
        return str(words) % {"n": due("hourly"), "cap": due("cap")}
    if row.formula == "lateness":
        return gettext("value × days late / %(n)s") % {"n": number(int(row.terms["divisor"]))}
    if row.formula == "per_day":
        words = (
            _("%(n)s per day late, at most %(cap)s a month") if row.terms["cap"] else _("%(n)s per day late")
        )
        return str(words) % {"n": due("daily"), "cap": due("cap")}
    return gettext("no penalty")
