"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction

from babel.dates import format_date, format_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Team
from vigie.rota.models import Absence, ShiftChange, Swap
from vigie.rota.models.on_call import RANKS
from vigie.toolkit import refusals
from vigie.toolkit.jinja import local_name, locale, number

Label = str | Promise

RANK_NAMES: dict[int, Label] = dict(RANKS)
SWAP_STATES: dict[str, Label] = dict(Swap.State.choices)
ABSENCE_KINDS: dict[str, Label] = dict(Absence.Kind.choices)
CHANGE_KINDS: dict[str, Label] = dict(ShiftChange.Kind.choices)
SOURCES: dict[str, Label] = {
    "rotation": p("on call", "Rotation"),
    "swap": p("on call", "Swap"),
    "override": p("on call", "Replacement"),
}
CAUSES: dict[str, Label] = {
    "absence": p("gap", "Everybody on the shift is away"),
    "nobody": p("gap", "Nobody is on the shift"),
    "holiday": p("gap", "Public holiday"),
    "on_call_away": p("gap", "Whoever is on call is away"),
    "outside": p("gap", "No shift then, and nobody on call"),
}
REASONS: dict[str, Label] = {
    "late": p("hand-over", "Late already"),
    "before": p("hand-over", "Runs out before the end"),
    "due": p("hand-over", "Runs out soon"),
    "urgent": p("hand-over", "P1 or P2"),
    "answer": p("hand-over", "The client has answered"),
    "leaving": p("hand-over", "Assigned to somebody going off shift"),
}
TONES = {"late": "late", "before": "late", "due": "warn", "urgent": "warn"}

refusals.register(
    {
        "rota.already_acknowledged": _("This note is acknowledged already."),
        "rota.absences_overlap": _(
            "This person is away then already (%(kind)s, from %(start)s to %(end)s): withdraw that absence, or change the dates."
        ),
        "rota.absence_too_long": _("An absence lasts two years at most: check its end."),
        "rota.away_then": _("This person is away then: choose somebody else, or shorten the span."),
        "rota.ends_before_start": _("The end comes after the start."),
        "rota.no_shift_that_day": _("This shift does not take place on that day."),
        "rota.not_on_call_then": _("Nothing to give: this person is not on call at this rank then."),
        "rota.not_working_here": _("This person is no longer active."),
        "rota.not_yet": _("A call-out is recorded once it is over."),
        "rota.not_your_team": _("You are not in this team."),
        "rota.not_yours_to_answer": _("This swap concerns other people."),
        "rota.note_empty": _("Say something to the next team, in both languages."),
        "rota.nothing_changes": _("The plan of that day says so already."),
        "rota.own_note": _("You wrote this note: somebody else acknowledges it."),
        "rota.person_twice": _("Somebody is named twice: once each in a rotation."),
        "rota.rotation_in_the_past": _("What was on call stays as it was: choose today or a later day."),
        "rota.rotation_later": _("A rotation begins on that day or later already: end it first, or start after it."),
        "rota.rotation_of_nobody": _("Name at least one person: a rotation of nobody calls nobody."),
        "rota.shift_ended": _("This shift has ended by then: it can no longer change."),
        "rota.shifts_overlap": _("On %(day)s this person already works another shift at the same hours (%(team)s)."),
        "rota.span_over": _("That is over: it can no longer change."),
        "rota.span_too_long": _("That is too long: check the end."),
        "rota.swap_begun": _("The span has begun: ask the lead for a replacement instead."),
        "rota.swap_decided": _("This swap is already decided."),
        "rota.swap_with_oneself": _("A swap is with somebody else."),
        "rota.to_itself": _("A team hands over to another team."),
    }
)  # fmt: skip


def weekday(day: dt.date) -> str:
    """``Tuesday 13 January``, short enough for a column."""
    return format_date(day, "EEEE d MMM", locale=locale()).capitalize()


def tenth(value: Fraction) -> str:
    """A mean to the tenth."""
    return number(_half_up(value))


def _half_up(value: Fraction) -> float:
    """As every displayed figure is rounded; below zero as above it."""
    tenths = (abs(value) * 20 + 1) // 2
    return float(tenths if value >= 0 else -tenths) / 10


def signed(value: Fraction) -> str:
    """A deviation to the tenth, with its sign; ``0`` where there is none."""
    rounded = _half_up(value)
    return f"+{number(rounded)}" if rounded > 0 else f"−{number(-rounded)}" if rounded < 0 else "0"


def wall(at: dt.datetime, language: str) -> str:
    """A day and an hour on the wall of the instant's own zone."""
    return format_datetime(at, "EEEE d MMMM HH:mm", tzinfo=at.tzinfo, locale=language)


def note_words(team: Team, ends_at: dt.datetime, found: int, counts: Mapping[str, int], language: str) -> str:
    """The hand-over note drafted from facts, in the active language."""
    head = gettext("%(team)s ends on %(when)s (%(zone)s).") % {
        "team": local_name(team),
        "when": wall(ends_at, language),
        "zone": team.timezone,
    }
    if not found:
        return f"{head}\n{gettext('No ticket needs watching.')}"
    late, due, urgent = counts.get("late", 0), counts.get("due", 0), counts.get("urgent", 0)
    before = counts.get("before", 0)
    answer, leaving = counts.get("answer", 0), counts.get("leaving", 0)
    said = [
        (found, ngettext("%(n)s ticket needs watching.", "%(n)s tickets need watching.", found)),
        (late, ngettext("– %(n)s is already late", "– %(n)s are already late", late)),
        (before, ngettext("– %(n)s runs out before our day ends", "– %(n)s run out before our day ends", before)),
        (due, ngettext("– %(n)s runs out in your first four hours", "– %(n)s run out in your first four hours", due)),
        (urgent, ngettext("– %(n)s is a P1 or a P2", "– %(n)s are P1 or P2", urgent)),
        (answer, ngettext("– the client has answered on %(n)s", "– the client has answered on %(n)s", answer)),
        (leaving, ngettext("– %(n)s is assigned to somebody going off shift", "– %(n)s are assigned to people going off shift", leaving)),
    ]  # fmt: skip
    return "\n".join([head, *(words % {"n": n} for n, words in said if n > 0)])
