"""Gaps ahead: hours that contracts promise, team by team, in which nobody would answer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q

from vigie.accounts.models import Team
from vigie.catalog.models import Subscription
from vigie.contracts import access as contracts_access
from vigie.contracts.models import CalendarVersion, Commitment, Contract
from vigie.contracts.queries.book import holiday_sets
from vigie.contracts.queries.versions import standing_commitments
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.openings import openings
from vigie.kernel.actor import Actor
from vigie.kernel.spans import Spans, intersection, tidy, union
from vigie.rota import access
from vigie.rota.queries.plan import Plan, plans
from vigie.rota.rules.gaps import Cover, gaps
from vigie.tenancy.models import Site

AHEAD = dt.timedelta(days=28)
MOST = 200


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Nobody of ``team`` (nor of those it hands over to) answers then, though ``contracts`` promise it."""

    team: Team
    start: dt.datetime
    end: dt.datetime
    cause: str
    contracts: tuple[Contract, ...]


def gaps_ahead(actor: Actor, *, now: dt.datetime, ahead: dt.timedelta = AHEAD) -> list[Uncovered]:
    """Gaps from ``now`` on, by start, against the contracts in sight."""
    promised = promised_hours(actor, now, now + ahead)
    teams = list(access.visible(actor))
    found = plans(teams, now, now + ahead)
    rows = [
        row for pk, plan in found.items() if pk in promised for row in _of_team(plan, promised[pk], found)
    ]
    return sorted(rows, key=lambda row: (row.start, row.team.pk))[:MOST]


def _of_team(
    plan: Plan, promises: list[tuple[Contract, Spans]], every: dict[int, Plan]
) -> Iterator[Uncovered]:
    others = [plan.reachable]
    for other in _after(plan, every):
        others += [other.staffed, other.reachable]
    away = tidy((s.start, s.end) for rank in plan.ranks.values() for s in rank if s.away)
    cover = Cover(plan.shifts, plan.without_holidays(), plan.away, union(*others), away)
    for gap in gaps(union(*(spans for _, spans in promises)), cover):
        span = ((gap.start, gap.end),)
        hit = {c.pk: c for c, spans in promises if intersection(spans, span)}
        zone = plan.team.timezone
        yield Uncovered(
            plan.team, moment(gap.start, zone), moment(gap.end, zone), gap.cause, tuple(hit.values())
        )


def _after(plan: Plan, every: dict[int, Plan]) -> Iterator[Plan]:
    """The teams that go on after this one, each once."""
    seen = {plan.team.pk}
    hub = plan.hub
    while hub and hub.next_team_id and hub.next_team_id not in seen and hub.next_team_id in every:
        seen.add(hub.next_team_id)
        following = every[hub.next_team_id]
        yield following
        hub = following.hub


def promised_hours(
    actor: Actor, low: dt.datetime, high: dt.datetime
) -> dict[int, list[tuple[Contract, Spans]]]:
    """By team, the hours that each contract in force promises for the services that the team handles."""
    contracts = {row.pk: row for row in _in_force(actor, low.date(), high.date())}
    clients = {row.organisation_id for row in contracts.values()}
    handled: dict[int, list[tuple[int, int]]] = defaultdict(list)
    subscribed = Subscription.objects.filter(organisation_id__in=clients, is_active=True).select_related(
        "service"
    )
    for one in subscribed:
        team_id = one.team_id or one.service.default_team_id
        if team_id:
            handled[one.organisation_id].append((one.service_id, team_id))
    calendars = _Calendars(clients, low, high)
    found: dict[int, dict[int, list[Spans]]] = defaultdict(lambda: defaultdict(list))
    for row in _commitments(contracts, low.date()):
        spans = calendars.spans(row)
        for service_id, team_id in handled[row.organisation_id]:
            if row.service_id in (None, service_id) and spans:
                found[team_id][row.version.contract_id].append(spans)
    return {
        team_id: [(contracts[pk], union(*{*many})) for pk, many in sorted(of_team.items())]
        for team_id, of_team in found.items()
    }


def _in_force(actor: Actor, first: dt.date, last: dt.date) -> Iterable[Contract]:
    running = (Contract.Status.SIGNED, Contract.Status.ACTIVE, Contract.Status.NOTICE_GIVEN)
    rows = contracts_access.visible(actor).filter(status__in=running, starts_on__lte=last)
    return rows.filter(Q(ends_on=None) | Q(ends_on__gt=first)).select_related("organisation")


def _commitments(contracts: Iterable[int], day: dt.date) -> list[Commitment]:
    """One row for each way of promising hours, of contracts already in sight."""
    rows = standing_commitments(day).filter(version__contract_id__in=list(contracts))
    way = ("version__contract_id", "calendar_id", "follow_site", "service_id", "site_id")
    return list(rows.select_related("version").order_by(*way).distinct(*way))


class _Calendars:
    """Hours that commitments promise, each calendar read once."""

    def __init__(self, clients: Iterable[int], low: dt.datetime, high: dt.datetime) -> None:
        self._low, self._high = epoch(low), epoch(high)
        versions = CalendarVersion.objects.filter(effective_on__lte=low.date()).order_by("effective_on")
        self._rules = {row.calendar_id: Calendar.from_json(row.definition) for row in versions}
        self._sites: dict[int, list[Site]] = defaultdict(list)
        for site in Site.objects.filter(organisation_id__in=list(clients), is_active=True).order_by("pk"):
            self._sites[site.organisation_id].append(site)

    def spans(self, row: Commitment) -> Spans:
        """Open hours of a commitment in the span; where it follows the site, of every site of the client."""
        calendar = self._rules.get(row.calendar_id)
        if calendar is None:
            return ()
        ways = {calendar}
        sites = [s for s in self._sites[row.organisation_id] if row.site_id in (None, s.pk)]
        if row.follow_site and not calendar.parts and sites:
            ways = {
                replace(calendar, zone=site.timezone, holiday_sets=holiday_sets(site, calendar))
                for site in sites
            }
        return union(*(openings(way).spans(self._low, self._high) for way in ways))
