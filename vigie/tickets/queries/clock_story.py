"""All clocks of a ticket on one axis: those of the client, of teams, of suppliers; who held it; why one was missed.

The provider's alone: a client reads its own promises in ``customer`` and ``clock_view.explained``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from vigie.contracts.rules.compliance import shares_of
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.strip import Part, strip
from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.actions.ledger import load_rows, moment
from vigie.tickets.models import BreachCause, SupportClock, Ticket
from vigie.tickets.queries.clock_view import (
    ClockView,
    Explained,
    clock_views,
    explained_views,
    live_clocks,
    support_views,
)
from vigie.tickets.queries.holding import holder_names
from vigie.tickets.rules import cycles
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row
from vigie.tickets.rules.holders import DONE, Hold, holds, proposed, shares
from vigie.tickets.rules.support import KINDS
from vigie.toolkit.jinja import local_name


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch of the ticket's life in the same hands; ``kind`` is its colour: the first word of the holder, teams numbered."""

    start: dt.datetime
    end: dt.datetime
    kind: str
    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Line:
    """One clock on the axis of all: parts of ``strip``, with the empty time before and after it."""

    name: str
    holder: str
    state: str
    parts: list[Part | tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Share:
    """Counted seconds of a promise that went by in the same hands. Those of a promise add up to 100 percent."""

    holder: str
    name: str
    seconds: int
    percent: float

    @property
    def pair(self) -> tuple[str, str]:
        """As a list of choices has it."""
        return self.holder, self.name


@dataclass(frozen=True, slots=True)
class Miss:
    """A missed promise: whose time it was (the shares add up to ``clock.used``), and why, once confirmed."""

    clock: ClockView
    shares: list[Share]
    proposed: str
    cause: BreachCause | None
    cause_holder: str


@dataclass(frozen=True, slots=True)
class Story:
    """What the page of clocks shows. ``scale``: five instants at equal distances on the axis of ``lines``."""

    ticket: Ticket
    clocks: list[Explained]
    support: list[Explained]
    turns: list[ClockView]
    holds: list[Held]
    lines: list[Line]
    scale: list[dt.datetime]
    misses: list[Miss]


def story(actor: Actor, ticket_id: int, *, now: dt.datetime) -> Story:
    """Every clock of a ticket in sight, explained together."""
    ticket = access.one(actor, ticket_id)
    rows = load_rows(ticket.pk, {*CLOCK_KINDS, *KINDS})
    views = clock_views(live_clocks(ticket.pk), rows, now, tells_holders=True)
    behind = support_views(_behind(ticket.pk), rows, now)
    until = epoch(ticket.closed_at or ticket.resolved_at or now)
    found = holds(rows, max(until, epoch(ticket.opened_at)))
    names = holder_names(
        {hold.holder for hold in found} | {s.holder for v in views for s in v.reading.segments}
    )
    shown = [view for view in views if view.kind not in cycles.KINDS or view.state != "met"]
    told = behind or len({hold.holder for hold in found}) > 1
    lines, scale = _lines(shown, behind, found, rows) if told else ([], [])
    return Story(
        ticket=ticket,
        clocks=explained_views(actor, shown),
        support=explained_views(actor, behind),
        turns=[view for view in views if view.kind in cycles.KINDS],
        holds=[_held(hold, names, colours(found)) for hold in found],
        lines=lines,
        scale=scale,
        misses=_misses(views, names),
    )


def _behind(ticket_id: int) -> list[dict[str, Any]]:
    found = SupportClock.objects.filter(ticket_id=ticket_id).exclude(state="cancelled").order_by("id")
    columns = found.values(
        "id", "kind", "terms_id", "team_id", "supplier_contract_id",
        name_fr=F("team__name_fr"), name_en=F("team__name_en"), supplier=F("supplier_contract__supplier__name"),
    )  # fmt: skip
    return [
        {
            **row,
            "holder_id": row["team_id"] or row["supplier_contract_id"],
            "holder": row["supplier"] or local_name(row),
        }
        for row in columns
    ]


TEAMS = 4
"""Colours of teams; the fifth takes the first again."""


def colours(found: Iterable[Hold]) -> dict[str, str]:
    """A colour for each holder: by its kind, teams each by its own in the order in which they had the ticket."""
    teams = dict.fromkeys(hold.holder for hold in found if hold.holder.startswith("team:"))
    numbered = {holder: f"team-{n % TEAMS + 1}" for n, holder in enumerate(teams)}
    return {hold.holder: numbered.get(hold.holder, hold.holder.partition(":")[0]) for hold in found}


def _held(hold: Hold, names: Mapping[str, str], tones: Mapping[str, str]) -> Held:
    start, end = moment(hold.start), moment(hold.end)
    assert start is not None
    assert end is not None
    return Held(start, end, tones[hold.holder], names.get(hold.holder, ""), hold.end - hold.start)


def _lines(
    views: Iterable[ClockView], behind: Iterable[ClockView], found: list[Hold], rows: list[Row]
) -> tuple[list[Line], list[dt.datetime]]:
    """The clocks one under the other, from the opening to the last instant that any of them shows; and the scale under them."""
    clocks = [view for view in [*views, *behind] if view.reading.segments]
    if not clocks:
        return [], []
    start = min([epoch(rows[0].at), *(view.reading.started_at for view in clocks)])
    drawn = [(view, strip(view.reading)) for view in clocks]
    end = max(view.reading.started_at + sum(part.seconds for part in parts) for view, parts in drawn)
    end = max([end, *(hold.end for hold in found if hold.holder != DONE)])
    tones = colours(found)
    held: list[Part | tuple[str, int]] = [
        (tones[h.holder], min(h.end, end) - h.start) for h in found if h.start < end
    ]
    lines = [Line("", "", "held", _padded(held, 0, end - start))]
    for view, parts in drawn:
        before = view.reading.started_at - start
        lines.append(Line(view.name, view.holder, view.state, _padded([*parts], before, end - start)))
    return lines, [dt.datetime.fromtimestamp(start + (end - start) * n // 4, dt.UTC) for n in range(5)]


def _padded(parts: list[Any], before: int, whole: int) -> list[Part | tuple[str, int]]:
    """``parts`` with empty time around them, so that every line is ``whole`` seconds long."""
    found = [("gap", before), *((part[0], part[1]) for part in parts)]
    found.append(("gap", whole - sum(seconds for _kind, seconds in found)))
    return [part for part in found if part[1] > 0]


def _misses(views: Iterable[ClockView], names: Mapping[str, str]) -> list[Miss]:
    missed = [view for view in views if view.reading.breached]
    causes = {
        cause.clock_id: cause
        for cause in BreachCause.objects.filter(clock_id__in=[view.id for view in missed]).select_related(
            "confirmed_by"
        )
    }
    found = []
    for view in missed:
        of = shares(view.reading)
        cause = causes.get(view.id)
        percents = shares_of(list(of.values()))
        rows = [
            Share(holder, names.get(holder, ""), seconds, float(share))
            for (holder, seconds), share in zip(of.items(), percents, strict=True)
        ]
        held_by = names.get(cause.holder, "") if cause else ""
        found.append(Miss(view, rows, proposed(of), cause, held_by))
    return found
