"""A promise explained to the person it was made to: where it stands, and why, piece by piece."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from babel.dates import get_day_names
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from vigie.contracts.rules.calendar import Calendar, Hours
from vigie.contracts.rules.promise import Unit
from vigie.contracts.rules.reading import ClockState, Reading, Segment
from vigie.tickets.portal.words import Words, promise_sentence, spoken
from vigie.tickets.queries.customer import Promised
from vigie.toolkit.jinja import locale

Tone = Literal["ok", "late", "wait", "run"]

NAMES: dict[str, Words] = {"response": _("Our first answer"), "resolution": _("The solution")}
_VERDICTS: dict[tuple[str, str], Words] = {
    ("response", "met"): _("We answered you %(when)s, within the promise."),
    ("response", "missed"): _("We answered you %(when)s, later than promised."),
    ("resolution", "met"): _("Solved %(when)s, within the promise."),
    ("resolution", "missed"): _("Solved %(when)s, later than promised."),
}
_LATE: dict[str, Words] = {
    "response": _("We had promised you an answer for %(when)s. We are late, and we are on it."),
    "resolution": _("We had promised you a solution for %(when)s. We are late, and we are on it."),
}
_CAUSES: dict[str, Words] = {
    "running": _("We work on your request"),
    "resolved": _("Solved: nothing counts any more"),
    "before_restart": _("Before the promise started again"),
    "pending_client_info": _("We wait for your answer"),
    "pending_client_validation": _("We wait for you to check"),
    "pending_client_availability": _("We wait for an appointment with you"),
    "pending_client_third_party": _("We wait for your supplier"),
    "pending_client_approval": _("We wait for an approval on your side"),
    "pending_change_window": _("We wait for the date agreed with you"),
    "pending_supplier": _("We wait for our supplier"),
    "pending_internal_part": _("We wait for a part"),
    "pending_problem": _("We look for the root cause"),
    "pending_other_team": _("Another of our teams works on it"),
}


def instant(epoch_seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch_seconds, dt.UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One promise in one sentence."""

    name: Words
    sentence: str
    tone: Tone


def told(promised: Promised, ticket_type: str, now: dt.datetime) -> Told:
    """Where a promise stands at ``now``."""
    kind, reading = promised.kind, promised.reading
    name = NAMES[kind]
    if reading.stopped_at is not None:
        verdict = "missed" if reading.state == ClockState.MISSED else "met"
        sentence = str(_VERDICTS[kind, verdict]) % {"when": spoken(instant(reading.stopped_at), now)}
        return Told(name, sentence, "late" if verdict == "missed" else "ok")
    if reading.breached_at is not None:
        return Told(name, str(_LATE[kind]) % {"when": spoken(instant(reading.breached_at), now)}, "late")
    if reading.due_at is None:
        return Told(name, _suspended(reading), "wait")
    return Told(name, promise_sentence(kind, ticket_type, instant(reading.due_at), now), "run")


def _suspended(reading: Reading) -> str:
    if reading.pending_reason.startswith("client_"):
        return gettext("Suspended while we wait for you. The time left is kept and runs again afterwards.")
    return gettext("Suspended as agreed. The time left is kept and runs again afterwards.")


# -- piece by piece ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a promise: from, to, what it was, in whose hands, how much of it counted."""

    start: dt.datetime
    end: dt.datetime
    kind: Literal["run", "pause", "off", "late"]
    label: Words
    hands: Literal["ours", "yours", "none"]
    counted: bool
    seconds: int


def pieces(reading: Reading) -> list[Piece]:
    """The life of the promise, in order; cut where it went beyond what was promised."""
    found: list[Piece] = []
    for segment in reading.segments:
        found.extend(_cut(reading, segment))
    merged: list[Piece] = []
    for _key, group in groupby(found, key=lambda piece: (piece.kind, str(piece.label), piece.counted)):
        run = list(group)
        merged.append(
            Piece(
                run[0].start,
                run[-1].end,
                run[0].kind,
                run[0].label,
                run[0].hands,
                run[0].counted,
                sum(x.seconds for x in run),
            )
        )
    return merged


def _cut(reading: Reading, segment: Segment) -> list[Piece]:
    edge = (
        None if reading.breached_at is None else reading.breached_at - 1
    )  # the last instant within the promise
    if not segment.counted or edge is None or edge >= segment.end:
        return [_piece(segment, segment.start, segment.end, segment.service_seconds, late=False)]
    if edge <= segment.start:
        return [_piece(segment, segment.start, segment.end, segment.service_seconds, late=True)]
    before = reading.terms.target.openings(reading.terms.calendar).elapsed(segment.start, edge)
    return [
        _piece(segment, segment.start, edge, before, late=False),
        _piece(segment, edge, segment.end, segment.service_seconds - before, late=True),
    ]


def _piece(segment: Segment, start: int, end: int, seconds: int, *, late: bool) -> Piece:
    cause = segment.cause
    on_client = cause.startswith("pending_client_")
    if cause in ("resolved", "before_restart"):
        kind, hands = "off", "none"
    elif late:
        kind, hands = "late", "yours" if on_client else "ours"
    else:
        kind, hands = "run" if segment.counted else "pause", "yours" if on_client else "ours"
    label = _CAUSES.get(cause, _CAUSES["running"])
    return Piece(instant(start), instant(end), kind, label, hands, segment.counted, seconds)  # type: ignore[arg-type]


# -- what was promised ---------------------------------------------------------


def target_words(reading: Reading) -> str:
    """``4 h`` of service, or ``2 working days``."""
    target = reading.terms.target
    if target.unit == Unit.BUSINESS_DAYS_EOD:
        return gettext("end of working day + %(n)s") % {"n": target.value}
    hours, rest = divmod(reading.target_seconds // 60, 60)
    if not hours:
        return gettext("%(n)s min") % {"n": rest}
    return gettext("%(h)s h %(m)02d") % {"h": hours, "m": rest} if rest else gettext("%(h)s h") % {"h": hours}


def hours_words(calendar: Calendar) -> list[str]:
    """The hours that count, days with the same hours together; empty for a union of calendars."""
    if calendar.parts:
        return []
    names = get_day_names("wide", locale=locale())
    days = [(names[i], hours) for i, hours in enumerate(calendar.week)]
    if all(hours == ((0, 1440),) for _name, hours in days):
        return [gettext("day and night, every day")]
    lines = []
    for hours, group in groupby(days, key=lambda day: day[1]):
        run = [name for name, _hours in group]
        if hours:
            lines.append(_line(run, hours))
    return lines


def _line(days: list[str], hours: Hours) -> str:
    spans = ", ".join(f"{_minutes(a)}–{_minutes(b)}" for a, b in hours)
    if len(days) == 1:
        return pgettext("hours", "%(day)s, %(spans)s") % {"day": days[0], "spans": spans}
    return gettext("%(first)s to %(last)s, %(spans)s") % {"first": days[0], "last": days[-1], "spans": spans}


def _minutes(minutes: int) -> str:
    return f"{minutes // 60 % 24 if minutes != 1440 else 24:02d}:{minutes % 60:02d}"
