"""A promise explained to the person it was made to: where it stands, and why, piece by piece."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import KEPT_BY_MESSAGE, Unit
from vigie.contracts.rules.reading import ClockState, Reading, Segment
from vigie.tickets.portal.words import Turn, Words, clock_time, promise_sentence, spoken
from vigie.tickets.queries.closed_time import closed_words
from vigie.tickets.queries.customer import Promised
from vigie.toolkit.jinja import is_elsewhere, reader_zone, there

Tone = Literal["ok", "late", "wait", "run"]

NAMES: dict[str, Words] = {
    "response": _("Our first answer"),
    "resolution": _("The solution"),
    "update": _("News of your request"),
    "reply": _("Our answer to your message"),
}
_VERDICTS: dict[tuple[str, str], Words] = {
    ("response", "met"): _("We answered you %(when)s, within the promise."),
    ("response", "missed"): _("We answered you %(when)s, later than promised."),
    ("resolution", "met"): _("Solved %(when)s, within the promise."),
    ("resolution", "missed"): _("Solved %(when)s, later than promised."),
    ("update", "met"): _("Our last news came %(when)s, within the promise."),
    ("update", "missed"): _("Our last news came %(when)s, later than promised."),
    ("reply", "met"): _("We answered your message %(when)s, within the promise."),
    ("reply", "missed"): _("We answered your message %(when)s, later than promised."),
}
_LATE: dict[str, Words] = {
    "response": _("We had promised you an answer for %(when)s. We are late, and we are on it."),
    "resolution": _("We had promised you a solution for %(when)s. We are late, and we are on it."),
    "update": _("We had promised you news for %(when)s. We are late, and we are on it."),
    "reply": _("We had promised you an answer to your message for %(when)s. We are late, and we are on it."),
}
_LATE_YOURS: dict[str, Words] = {
    "response": _("We had promised you an answer for %(when)s and did not keep it. The next step is yours."),
    "resolution": _(
        "We had promised you a solution for %(when)s and did not keep it. "
        "We now wait for you, and go on as soon as we hear from you."
    ),
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
_OWED: Words = _("On hold, but a message from us is still owed to you")
_HANDS = {"resolved": "none", "before_restart": "none", "pending_supplier": "supplier"}


def instant(epoch_seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch_seconds, dt.UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One promise in one sentence."""

    name: Words
    sentence: str
    tone: Tone


def told(promised: Promised, ticket_type: str, now: dt.datetime, *, turn: Turn = "ours") -> Told:
    """Where a promise stands at ``now``; its instant also in the promise's own zone where the reader is elsewhere.

    ``turn`` is whose the next step is: late, we do not say that we are on it while the client's answer is awaited.
    """
    kind, reading = promised.kind, promised.reading
    at, name, zone = _told_instant(reading), NAMES[kind], reading.terms.zone
    if at is None:
        return Told(name, _suspended(reading), "wait")
    if reading.stopped_at is not None:
        verdict = "missed" if reading.state == ClockState.MISSED else "met"
        sentence = str(_VERDICTS[kind, verdict]) % {"when": spoken(at, now)}
        return Told(name, _with_zones(sentence, at, zone), "late" if verdict == "missed" else "ok")
    if reading.breached_at is not None:
        late = _LATE_YOURS.get(kind, _LATE[kind]) if turn == "yours" else _LATE[kind]
        return Told(name, _with_zones(str(late) % {"when": spoken(at, now)}, at, zone), "late")
    return Told(name, _with_zones(promise_sentence(kind, ticket_type, at, now), at, zone), "run")


def kept_words(promised: Promised) -> str:
    """Of a promise kept again and again, how often it was; "" before its first cycle ended."""
    if not promised.kept or not promised.kept[1]:
        return ""
    met, ended = promised.kept
    return ngettext("%(met)s of %(n)s in time so far.", "%(met)s of %(n)s in time so far.", ended) % {
        "met": met,
        "n": ended,
    }


def _told_instant(reading: Reading) -> dt.datetime | None:
    """The instant that says where the promise stands: when it stopped, was missed, or is due."""
    found = (reading.stopped_at, reading.breached_at, reading.due_at)
    at = next((one for one in found if one is not None), None)
    return None if at is None else instant(at)


def _with_zones(sentence: str, at: dt.datetime, zone: str) -> str:
    if not is_elsewhere(at, zone):
        return sentence
    values = {"sentence": sentence, "yours": f"{clock_time(at)} {reader_zone(at)}", "theirs": there(at, zone)}
    return gettext("%(sentence)s (%(yours)s is %(theirs)s.)") % values


def _suspended(reading: Reading) -> str:
    if reading.pending_reason.startswith("client_"):
        return gettext("Suspended while we wait for you. The time left is kept and runs again afterwards.")
    return gettext("Suspended as agreed. The time left is kept and runs again afterwards.")


# -- piece by piece ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a promise: from, to, what it was, in whose hands; its seconds of service time, counted or not."""

    start: dt.datetime
    end: dt.datetime
    kind: Literal["run", "pause", "off", "late"]
    label: Words
    hands: Literal["ours", "yours", "supplier", "none"]
    counted: bool
    seconds: int
    closed_why: str = ""

    @property
    def elapsed(self) -> int:
        return int((self.end - self.start).total_seconds())

    @property
    def closed(self) -> int:
        """Seconds outside service hours."""
        return self.elapsed - self.seconds


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
    return [replace(piece, closed_why=_closed_why(reading, piece)) for piece in merged]


def _closed_why(reading: Reading, piece: Piece) -> str:
    return closed_words(reading, epoch(piece.start), epoch(piece.end), piece.closed)


def totals(found: Sequence[Piece]) -> dict[str, int]:
    """Seconds of all pieces: ``elapsed`` is ``closed`` + ``held`` (service time that does not count) + ``counted``."""
    return {
        "elapsed": sum(piece.elapsed for piece in found),
        "closed": sum(piece.closed for piece in found),
        "held": sum(piece.seconds for piece in found if not piece.counted),
        "counted": sum(piece.seconds for piece in found if piece.counted),
    }


def _cut(reading: Reading, segment: Segment) -> list[Piece]:
    edge = (
        None if reading.breached_at is None else reading.breached_at - 1
    )  # the last instant within the promise
    if not segment.counted or edge is None or edge >= segment.end:
        return [_piece(reading, segment, segment.start, segment.end, segment.service_seconds, late=False)]
    if edge <= segment.start:
        return [_piece(reading, segment, segment.start, segment.end, segment.service_seconds, late=True)]
    before = reading.terms.target.openings(reading.terms.calendar).elapsed(segment.start, edge)
    return [
        _piece(reading, segment, segment.start, edge, before, late=False),
        _piece(reading, segment, edge, segment.end, segment.service_seconds - before, late=True),
    ]


def _piece(reading: Reading, segment: Segment, start: int, end: int, seconds: int, *, late: bool) -> Piece:
    cause, is_message = segment.cause, reading.terms.kind in KEPT_BY_MESSAGE
    hands = "yours" if cause.startswith("pending_client_") else _HANDS.get(cause, "ours")
    if cause in ("resolved", "before_restart"):
        kind = "off"
    else:
        kind = "late" if late else "run" if segment.counted else "pause"
    label = _CAUSES.get(cause, _CAUSES["running"])
    if segment.counted and is_message and cause.startswith("pending_"):
        label, hands = _OWED, "ours"
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
    return (
        gettext("%(h)s h %(m)02d min") % {"h": hours, "m": rest}
        if rest
        else gettext("%(h)s h") % {"h": hours}
    )
