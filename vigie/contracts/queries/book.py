"""A client's promises, loaded once: which terms a ticket gets, the most specific commitment first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vigie.catalog.models import Category
from vigie.contracts.models import CalendarVersion, Commitment, Contract, StampedTerms
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.promise import (
    THRESHOLDS,
    Audience,
    ClockKind,
    PauseMatrix,
    PriorityPolicy,
    ReopenPolicy,
    Target,
    Terms,
    Unit,
)
from vigie.contracts.rules.targets import CommitmentRow, TicketScope, choose_all
from vigie.tenancy.models import Organisation, Site

SITE = ("id", "organisation_id", "name", "timezone", "country", "subdivision")
"""What a book reads of a site."""
_terms: dict[int, Terms] = {}
_TERMS_KEPT = 8192


def terms_of_many(stamped_ids: Iterable[int]) -> dict[int, Terms]:
    """Stamped terms by id, at most one statement. Rows are append-only, so a process may keep them."""
    wanted = set(stamped_ids)
    missing = wanted - _terms.keys()
    if missing:
        if len(_terms) > _TERMS_KEPT:
            _terms.clear()
            missing = wanted
        for pk, terms in StampedTerms.objects.filter(pk__in=missing).values_list("pk", "terms"):
            _terms[pk] = Terms.from_json(terms)
    return {pk: _terms[pk] for pk in wanted}


def terms_of(stamped_id: int) -> Terms:
    """Stamped terms by id."""
    return terms_of_many((stamped_id,))[stamped_id]


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a ticket decides its promises."""

    ticket_type: str
    priority: int
    service_id: int | None
    category_id: int | None
    site_id: int | None
    is_vip: bool
    opened_at: dt.datetime


@dataclass(frozen=True, slots=True)
class PromiseBook:
    """The contracts, commitments, calendars and sites of one client. Pure once loaded.

    ``calendars`` holds those read so far: an import asks for the same one thousands of times.
    """

    organisation_id: int
    contracts: tuple[Contract, ...]
    commitments: Mapping[str, Commitment]
    rows: Mapping[int, tuple[CommitmentRow, ...]]
    versions: Mapping[int, tuple[CalendarVersion, ...]]
    sites: Mapping[int, Site]
    category_paths: Mapping[int, tuple[str, ...]]
    reporting_zone: str
    calendars: dict[int, Calendar] = field(default_factory=dict, compare=False)

    def contract_at(self, at: dt.datetime) -> Contract | None:
        """The contract in force on the local day of ``at``; of two, the one that started last."""
        day = at.astimezone(zone_of(self.reporting_zone)).date()
        running = [c for c in self.contracts if c.starts_on <= day and (c.ends_on is None or day < c.ends_on)]
        return max(running, key=lambda c: (c.starts_on, c.pk), default=None)

    def terms_for(self, scope: Scope) -> dict[ClockKind, Terms]:
        """The terms of every promised clock of a ticket; empty without a contract in force."""
        contract = self.contract_at(scope.opened_at)
        if contract is None:
            return {}
        site = self.sites.get(scope.site_id or 0)
        zone = site.timezone if site else self.reporting_zone
        day = scope.opened_at.astimezone(zone_of(zone)).date()
        wanted = TicketScope(
            on=day,
            contract=str(contract.pk),
            service=(str(scope.service_id),) if scope.service_id else (),
            site=str(scope.site_id) if scope.site_id else None,
            vip=scope.is_vip,
            category=self.category_paths.get(scope.category_id or 0, ()),
            ticket_type=scope.ticket_type,
            priority=scope.priority,
        )
        chosen = choose_all(self.rows.get(contract.pk, ()), wanted, Audience.SLA)
        return {kind: self._terms(self.commitments[row.id], kind, site, day) for kind, row in chosen.items()}

    def _terms(self, commitment: Commitment, kind: ClockKind, site: Site | None, day: dt.date) -> Terms:
        version = self._version(commitment.calendar_id, day)
        calendar = self._calendar(version)
        if commitment.follow_site and site is not None and not calendar.parts:
            calendar = replace(calendar, zone=site.timezone, holiday_sets=holiday_sets(site, calendar))
        if commitment.target_days:
            target = Target(commitment.target_days, Unit.BUSINESS_DAYS_EOD)
        else:
            target = Target(commitment.target_seconds or 0)
        matrix = PauseMatrix({(Audience.SLA, kind): commitment.pauses} if commitment.pauses else {})
        return Terms(
            kind=kind,
            target=target,
            calendar=calendar,
            pause_reasons=matrix.reasons(Audience.SLA, kind),
            thresholds=tuple(commitment.thresholds) or THRESHOLDS,
            on_retarget=PriorityPolicy(commitment.on_priority_change),
            on_reopen=ReopenPolicy(commitment.on_reopen),
            calendar_version=str(version.pk),
            commitment_id=str(commitment.pk),
            contract_id=str(commitment.contract_id),
        )

    def _calendar(self, version: CalendarVersion) -> Calendar:
        if version.pk not in self.calendars:
            self.calendars[version.pk] = Calendar.from_json(version.definition)
        return self.calendars[version.pk]

    def _version(self, calendar_id: int, day: dt.date) -> CalendarVersion:
        """The calendar version in force on ``day``; before the first one, the first."""
        versions = self.versions[calendar_id]
        return max(
            (v for v in versions if v.effective_on <= day), key=lambda v: v.effective_on, default=versions[0]
        )


def holiday_sets(site: Site, calendar: Calendar) -> tuple[str, ...]:
    """The site's own holidays, when the calendar observes any at all."""
    if not calendar.holiday_sets:
        return ()
    return (f"{site.country}-{site.subdivision}" if site.subdivision else site.country,)


def commitment_row(commitment: Commitment, paths: Mapping[int, tuple[str, ...]]) -> CommitmentRow:
    """The commitment as the rules read it; ``paths`` are the categories' codes from the root."""
    return CommitmentRow(
        id=str(commitment.pk),
        kind=ClockKind(commitment.kind),
        valid_from=commitment.valid_from,
        valid_until=commitment.valid_until or dt.date.max,
        contract=str(commitment.contract_id),
        service=(str(commitment.service_id),) if commitment.service_id else None,
        site=str(commitment.site_id) if commitment.site_id else None,
        vip=True if commitment.vip_only else None,
        category=paths.get(commitment.category_id) if commitment.category_id else None,
        ticket_type=commitment.ticket_type or None,
        priority=commitment.priority,
    )


def promise_book(
    organisation_id: int,
    *,
    with_drafts: bool = False,
    zone: str | None = None,
    sites: Iterable[Site] | None = None,
) -> PromiseBook:
    """Load a client's book in narrow queries; its ``zone`` and the ``sites`` asked about, from who has read them already."""
    contracts = Contract.objects.filter(organisation_id=organisation_id)
    if not with_drafts:
        contracts = contracts.exclude(status=Contract.Status.DRAFT)
    commitments = list(Commitment.objects.filter(organisation_id=organisation_id))
    named = any(commitment.category_id for commitment in commitments)  # else no path decides anything
    categories: dict[int, Any] = dict(Category.objects.values_list("pk", "path")) if named else {}
    paths = {pk: tuple(path.split("/")) for pk, path in categories.items()}
    versions: dict[int, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.filter(
        calendar_id__in={c.calendar_id for c in commitments}
    ).order_by("effective_on"):
        versions.setdefault(version.calendar_id, []).append(version)
    rows: dict[int, list[CommitmentRow]] = {}
    for commitment in commitments:
        rows.setdefault(commitment.contract_id, []).append(commitment_row(commitment, paths))
    if sites is None:
        sites = Site.objects.filter(organisation_id=organisation_id).only(*SITE)
    if zone is None:
        zone = Organisation.objects.values_list("timezone", flat=True).get(pk=organisation_id)
    return PromiseBook(
        organisation_id=organisation_id,
        contracts=tuple(contracts),
        commitments={str(c.pk): c for c in commitments},
        rows={k: tuple(v) for k, v in rows.items()},
        versions={k: tuple(v) for k, v in versions.items()},
        sites={site.pk: site for site in sites},
        category_paths=paths,
        reporting_zone=zone,
    )
