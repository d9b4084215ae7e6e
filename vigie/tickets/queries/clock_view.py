"""A clock as people read it: time left, and why, segment by segment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vigie.contracts.labels import PAUSES
from vigie.contracts.models import Commitment
from vigie.contracts.queries import terms_of
from vigie.contracts.queries.hours_told import calendar_names, hours_told
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.cycles import Cycle
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import KEPT_BY_MESSAGE, Audience, ClockKind, Terms, Unit
from vigie.contracts.rules.reading import Reading, Segment
from vigie.contracts.rules.sla_clock import read_clock
from vigie.contracts.rules.strip import Part, strip
from vigie.kernel.actor import Actor
from vigie.tenancy.access import in_sight
from vigie.tickets import access
from vigie.tickets.actions.ledger import load_rows, moment
from vigie.tickets.labels import CLOCKS, SUPPORT_CLOCKS
from vigie.tickets.models import Clock
from vigie.tickets.queries.closed_time import closed_words
from vigie.tickets.queries.holding import holder_names
from vigie.tickets.queries.support_terms import support_terms_of, support_terms_of_many
from vigie.tickets.rules import cycles
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row, clock_facts, cycle_facts
from vigie.tickets.rules.holders import with_holders
from vigie.tickets.rules.support import KINDS as SUPPORT_KINDS
from vigie.tickets.rules.support import Track, stages, support_facts
from vigie.toolkit.jinja import local_name, spelled
from vigie.workflow.labels import label

AT_RISK = 0.75


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock. ``state`` is the meter's: ok, warn, closed, late, paused, met or missed.

    ``holder`` names the team or the supplier whose promise it is; empty for a promise to the client.
    """

    id: int
    kind: str
    name: str
    state: str
    left: int
    used: int
    target: int
    share: float
    due_at: dt.datetime | None
    stopped_at: dt.datetime | None
    breached_at: dt.datetime | None
    target_words: str
    reading: Reading
    holder: str = ""
    cycle: int = 0

    @property
    def started_at(self) -> dt.datetime | None:
        return moment(self.reading.started_at)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One segment in words. ``seconds`` are of service time; with ``closed`` they make the ``elapsed`` time.

    ``kind`` is ``run``, ``late``, ``pause`` or ``off`` (nothing of it is within service hours).
    """

    start: dt.datetime
    end: dt.datetime
    counted: bool
    kind: str
    why: str
    holder: str
    seconds: int
    elapsed: int
    closed: int
    closed_why: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A clock with its terms in words and every segment; the counted seconds sum to ``clock.used``.

    ``hours`` is the zone in which they are counted, ``calendar`` those hours in words.
    ``elapsed`` is ``closed`` + ``held`` (service time that does not count) + ``clock.used``, to the second.
    """

    clock: ClockView
    contract: str
    commitment: str
    hours: str
    calendar: str
    stretches: list[Stretch]
    strip: list[Part]
    pauses: list[str]

    @property
    def elapsed(self) -> int:
        return sum(stretch.elapsed for stretch in self.stretches)

    @property
    def closed(self) -> int:
        return sum(stretch.closed for stretch in self.stretches)

    @property
    def held(self) -> int:
        return sum(stretch.seconds for stretch in self.stretches if not stretch.counted)


def clock_views(
    clocks: Iterable[Mapping[str, Any]], rows: list[Row], now: dt.datetime, *, tells_holders: bool = False
) -> list[ClockView]:
    """The live clocks of a ticket read from its journal: response, resolution, then the cycles in their order.

    A clock is ``id kind terms_id``, and for a cycle its ``cycle``, ``start`` and ``stop`` (epoch seconds).
    ``tells_holders`` cuts segments where the ticket changed hands, told in the words of ``rules.holders``.
    """
    found = []
    order = list(CLOCKS)
    for clock in sorted(clocks, key=lambda c: (order.index(c["kind"]), c.get("cycle") or 0)):
        facts, terms = _facts(clock, rows), terms_of(clock["terms_id"])
        if tells_holders:
            facts = with_holders(facts, rows, terms)
        found.append(_view(clock, read_clock(terms, facts, epoch(now)), epoch(now)))
    return found


def _facts(clock: Mapping[str, Any], rows: list[Row]) -> list[ClockFact]:
    if clock["kind"] not in cycles.KINDS:
        return clock_facts(clock["kind"], clock["id"], rows, terms_of)
    return cycle_facts(clock["kind"], Cycle(clock["cycle"], clock["start"], clock["stop"]), rows, terms_of)


def support_views(clocks: Iterable[Mapping[str, Any]], rows: list[Row], now: dt.datetime) -> list[ClockView]:
    """The clocks of teams, then of suppliers. A clock is ``id kind terms_id holder_id holder`` (its name)."""
    clocks = list(clocks)
    terms, staged = support_terms_of_many({clock["terms_id"] for clock in clocks}), stages(rows)
    kinds = list(SUPPORT_CLOCKS)
    found = []
    for clock in sorted(clocks, key=lambda c: (kinds.index(c["kind"]) == 2, c["id"])):
        track = Track(ClockKind(clock["kind"]), clock["holder_id"])
        facts = support_facts(track, staged, support_terms_of)
        found.append(_view(clock, read_clock(terms[clock["terms_id"]], facts, epoch(now)), epoch(now)))
    return found


def _view(clock: Mapping[str, Any], reading: Reading, now: int) -> ClockView:
    target = max(reading.target_seconds, 0)
    share = reading.used_seconds / target if target else 1.0
    names = {**CLOCKS, **SUPPORT_CLOCKS}
    return ClockView(
        id=clock["id"],
        kind=clock["kind"],
        name=str(names.get(clock["kind"], clock["kind"])),
        state=_state(reading, share, now),
        left=reading.remaining_seconds,
        used=reading.used_seconds,
        target=target,
        share=share,
        due_at=moment(reading.due_at),
        stopped_at=moment(reading.stopped_at),
        breached_at=moment(reading.breached_at),
        target_words=target_words(reading.terms),
        reading=reading,
        holder=clock.get("holder") or "",
        cycle=clock.get("cycle") or 0,
    )


def _state(reading: Reading, share: float, now: int) -> str:
    if reading.state in ("met", "missed"):
        return str(reading.state)
    if reading.breached:
        return "late"
    if reading.state == "paused":
        return "paused"
    if not openings(reading.terms.calendar).is_open(now):
        return "closed"
    return "warn" if share >= AT_RISK else "ok"


def target_words(terms: Terms) -> str:
    """The target as a promise: "8 h" of service time, "2 business days"."""
    value = int(terms.target.value)
    if terms.target.unit == Unit.BUSINESS_DAYS_EOD:
        return _("end of business day %(n)s after the start") % {"n": value}
    if terms.target.unit == Unit.CALENDAR_TIME:
        return _("%(time)s, day and night") % {"time": exact(value)}
    return _("%(time)s of service hours") % {"time": exact(value)}


def exact(seconds: int) -> str:
    """A target in hours, whatever its length: "24 h" stays "24 h"."""
    hours, rest = divmod(int(seconds), 3600)
    if rest or not hours:
        return spelled(seconds)
    return _("%(h)s h") % {"h": hours}


def explained(actor: Actor, ticket_id: int, *, now: dt.datetime) -> list[Explained]:
    """Every live clock of a ticket in sight with its segments, as a client could read them.

    Of cycles those that run or were missed: one that was kept needs no explanation.
    """
    ticket = access.one(actor, ticket_id)
    rows = load_rows(ticket.pk, {*CLOCK_KINDS, *SUPPORT_KINDS})
    views = clock_views(live_clocks(ticket.pk), rows, now, tells_holders=actor.is_provider)
    views = [view for view in views if view.kind not in cycles.KINDS or view.state != "met"]
    return explained_views(actor, views)


def live_clocks(ticket_id: int) -> list[dict[str, Any]]:
    """The clocks of a ticket in sight as :func:`clock_views` reads them."""
    found = Clock.objects.filter(ticket_id=ticket_id).exclude(state="cancelled").order_by("id")
    columns = ("id", "kind", "terms_id", "cycle", "started_at", "stopped_at")
    return [
        {
            **clock,
            "start": epoch(clock["started_at"]),
            "stop": clock["stopped_at"] and epoch(clock["stopped_at"]),
        }
        for clock in found.values(*columns)
    ]


def explained_views(actor: Actor, views: list[ClockView]) -> list[Explained]:
    """Clocks in words, segment by segment; who held the ticket is the provider's alone."""
    wanted = {view.reading.terms.commitment_id for view in views if not view.holder}
    rows = in_sight(actor, Commitment.objects.filter(pk__in=wanted - {""}))
    # a contract's client is that of its commitments: the reference keeps them together
    commitments = {str(row.pk): row for row in rows.select_related("version__contract", "calendar")}
    behind = calendar_names(actor, [view.reading.terms for view in views if view.holder])
    names: dict[str, str] = {}
    if actor.is_provider:
        names = holder_names({s.holder for view in views if not view.holder for s in view.reading.segments})
    return [_explain(view, {} if view.holder else commitments, behind, names) for view in views]


def _explain(
    view: ClockView,
    commitments: Mapping[str, Commitment],
    behind: Mapping[str, str],
    names: Mapping[str, str],
) -> Explained:
    terms = view.reading.terms
    commitment = commitments.get(terms.commitment_id)
    calendar = local_name(commitment.calendar) if commitment else behind.get(terms.calendar_version, "")
    return Explained(
        clock=view,
        contract=commitment.version.contract.reference if commitment else "",
        commitment=scope_words(commitment),
        hours=terms.calendar.zone,
        calendar=hours_told(terms, calendar),
        stretches=[_stretch(segment, view.reading, names) for segment in view.reading.segments],
        strip=strip(view.reading),
        pauses=[label(PAUSES, reason) for reason in sorted(terms.pause_reasons)],
    )


def scope_words(commitment: Commitment | None) -> str:
    """What the commitment is about: its priority, and whether it is narrower than the whole contract."""
    if commitment is None:
        return ""
    if commitment.priority:
        return _("Commitment for priority P%(level)s") % {"level": commitment.priority}
    return _("Commitment for every priority")


def _stretch(segment: Segment, reading: Reading, names: Mapping[str, str]) -> Stretch:
    kind = "run" if segment.counted and segment.service_seconds else ("off" if segment.counted else "pause")
    if kind == "run" and reading.breached_at is not None and segment.start >= reading.breached_at:
        kind = "late"
    start, end = moment(segment.start), moment(segment.end)
    assert start is not None
    assert end is not None
    closed = segment.calendar_seconds - segment.service_seconds
    return Stretch(
        start,
        end,
        segment.counted,
        kind,
        why(segment, reading.terms),
        "" if segment.cause == "resolved" else names.get(segment.holder, ""),
        segment.service_seconds,
        segment.calendar_seconds,
        closed,
        closed_words(reading, segment.start, segment.end, closed),
    )


def why(segment: Segment, terms: Terms) -> str:
    """The reason why the time of a segment counts, or not. Between two turns, a team or a supplier had not the ticket."""
    if segment.cause == "resolved" and terms.audience == Audience.OLA:
        return _("Not with this team: not counted")
    if segment.cause == "resolved" and terms.audience == Audience.UC:
        return _("Not with this supplier: not counted")
    if segment.cause == "running":
        return (
            _("In progress: counted")
            if segment.service_seconds
            else _("In progress, outside service hours: nothing to count")
        )
    if segment.cause == "resolved":
        return _("Resolved, then reopened: counted") if segment.counted else _("Resolved: not counted")
    if segment.cause == "before_restart":
        return _("Before the clock started again: not counted")
    values = {"reason": label(PAUSES, segment.cause.removeprefix("pending_"))}
    if segment.counted and terms.kind in KEPT_BY_MESSAGE:
        return _("On hold (%(reason)s): counted, our message is owed all the same") % values
    if segment.counted:
        return _("On hold (%(reason)s): counted, the contract does not suspend for this") % values
    return _("On hold (%(reason)s): not counted") % values
