"""What new hours would have changed: promises of the last weeks, due under the hours they have and under others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vigie.contracts.models import CalendarVersion, StampedTerms
from vigie.contracts.queries import terms_of_many
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import Terms
from vigie.kernel.actor import Actor
from vigie.tenancy.access import in_sight
from vigie.tickets.models import Clock

DAYS, MOST = 90, 5000


@dataclass(frozen=True, slots=True)
class HoursEffect:
    """``kept``: clocks open now, whose hours stay (at most ``MOST`` counted). Of ``looked_at`` promises made in the last
    ``days``, the newest ``MOST``: ``sooner`` and ``later`` would have been due at another instant, before any pause."""

    kept: int
    looked_at: int
    sooner: int
    later: int
    days: int = DAYS

    @property
    def same(self) -> int:
        return self.looked_at - self.sooner - self.later


def effect_of(actor: Actor, calendar_id: int, hours: Calendar, *, now: dt.datetime) -> HoursEffect | None:
    """Of the clocks in sight that a calendar measures; ``None`` where it has measured none yet."""
    versions = {
        str(row.pk): row.definition for row in CalendarVersion.objects.filter(calendar_id=calendar_id)
    }
    stamped = StampedTerms.objects.filter(terms__calendar_version__in=list(versions)).values_list(
        "pk", flat=True
    )
    clocks = in_sight(actor, Clock.objects.filter(terms_id__in=list(stamped))).exclude(
        state=Clock.State.CANCELLED
    )
    recent = list(
        clocks.filter(started_at__gte=now - dt.timedelta(days=DAYS))
        .order_by("-started_at").values_list("started_at", "terms_id")[:MOST]
    )  # fmt: skip
    kept = clocks.filter(stopped_at=None)[:MOST].count()
    if not recent and not kept:
        return None
    terms = terms_of_many({terms_id for _, terms_id in recent})
    others = {pk: _under(found, hours, versions[found.calendar_version]) for pk, found in terms.items()}
    moved = [_moved(terms[pk], others[pk], epoch(start)) for start, pk in recent]
    return HoursEffect(kept, len(recent), sum(by < 0 for by in moved), sum(by > 0 for by in moved))


def _under(terms: Terms, hours: Calendar, version: object) -> Terms:
    """The terms as they would be stamped under other hours: those that followed a site still do."""
    if not hours.parts and (terms.calendar.zone, terms.calendar.holiday_sets) != _place(version):
        hours = hours.for_site(terms.calendar.zone, terms.calendar.holiday_sets if hours.holiday_sets else ())
    return replace(terms, calendar=hours)


def _place(version: object) -> tuple[str, Sequence[str]]:
    written = Calendar.from_json(version)
    return written.zone, written.holiday_sets


def _moved(terms: Terms, other: Terms, start: int) -> int:
    """Seconds by which the promise would have been due later."""
    return _due(other, start) - _due(terms, start)


def _due(terms: Terms, start: int) -> int:
    return terms.target.openings(terms.calendar).due(start, terms.target.budget(terms.calendar, start))
