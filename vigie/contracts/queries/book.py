"""A client's promises, loaded once: which version governs a ticket and which terms it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from vigie.accounts.models import Affiliation
from vigie.catalog.models import Category
from vigie.contracts.models import (
    CalendarVersion,
    Commitment,
    Contract,
    ContractVersion,
    Covered,
    StampedTerms,
    Suspension,
)
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.cover import EVERYTHING, Cover
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import (
    THRESHOLDS,
    Audience,
    ClockKind,
    Delays,
    PriorityPolicy,
    ReopenPolicy,
    Target,
    Terms,
    Unit,
)
from vigie.contracts.rules.targets import CommitmentRow, TicketScope, choose_all
from vigie.tenancy.models import Entity, Organisation, Site
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written

SITE = ("id", "organisation_id", "name", "timezone", "country", "subdivision")
"""What a book reads of a site."""
_terms: dict[int, Terms] = {}
_TERMS_KEPT = 8192
STAMPED = stand_in(1)


@kept
def _stamped() -> Written | None:
    return written(StampedTerms.objects.filter(pk__any_of=[STAMPED]).values("id", "terms"))


def terms_of_many(stamped_ids: Iterable[int]) -> dict[int, Terms]:
    """Stamped terms by id, at most one statement. Rows are append-only, so a process may keep them."""
    wanted = set(stamped_ids)
    missing = wanted - _terms.keys()
    if missing:
        if len(_terms) > _TERMS_KEPT:
            _terms.clear()
            missing = wanted
        for row in rows_of(_stamped(), {STAMPED: list(missing)}):
            _terms[row["id"]] = Terms.from_json(row["terms"])
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
    beneficiary_id: int | None = None


@dataclass(frozen=True, slots=True)
class PromiseBook:
    """The contracts of one client with their versions, commitments, calendars and sites. Pure once loaded.

    ``editions`` are the versions of each contract by day, ``rows`` the commitments of each version, ``hours`` the
    versions of each calendar, ``pauses`` the days on which a contract is suspended. ``calendars`` and ``written``
    (terms) hold those read so far: an import asks for the same one thousands of times.
    """

    organisation_id: int
    contracts: tuple[Contract, ...]
    editions: Mapping[int, tuple[ContractVersion, ...]]
    covers: Mapping[int, Cover]
    pauses: Mapping[int, tuple[tuple[dt.date, dt.date | None], ...]]
    commitments: Mapping[str, Commitment]
    rows: Mapping[int, tuple[CommitmentRow, ...]]
    hours: Mapping[int, tuple[CalendarVersion, ...]]
    sites: Mapping[int, Site]
    category_paths: Mapping[int, tuple[str, ...]]
    reporting_zone: str
    calendars: dict[int, Calendar] = field(default_factory=dict, compare=False)
    written: dict[tuple[object, ...], Terms] = field(default_factory=dict, compare=False)

    def version_for(self, scope: Scope) -> ContractVersion | None:
        """The version that governs a ticket: of a contract running on the client's day of opening and covering it, the
        one in force on the local day of opening. Of two contracts, the narrower cover, then the one started last.
        """
        day = scope.opened_at.astimezone(zone_of(self.reporting_zone)).date()
        local = self._local_day(scope)
        found = []
        for contract in self.contracts:
            if self._runs(contract, day):
                version = self.version_on(contract.pk, local)
                cover = self.covers.get(version.pk, EVERYTHING) if version else EVERYTHING
                if version and cover.holds(scope.service_id, scope.site_id, scope.beneficiary_id):
                    found.append((cover.rank, contract.starts_on, contract.pk, version))
        return max(found, key=lambda one: one[:3])[3] if found else None

    def _runs(self, contract: Contract, day: dt.date) -> bool:
        """Has it started, not ended, and is it not suspended on that day?"""
        end = contract.promises_until
        if day < contract.starts_on or (end is not None and end <= day):
            return False
        return not any(
            start <= day and (until is None or day < until)
            for start, until in self.pauses.get(contract.pk, ())
        )

    def version_on(self, contract_id: int, day: dt.date) -> ContractVersion | None:
        """The version of a contract in force on a day; ``None`` before the first."""
        started = [v for v in self.editions.get(contract_id, ()) if v.effective_on <= day]
        return max(started, key=lambda v: v.effective_on, default=None)

    def terms_for(self, scope: Scope) -> dict[ClockKind, Terms]:
        """The terms of every promised clock of a ticket; empty where no contract in force covers it."""
        version = self.version_for(scope)
        return self.terms_under(version, scope) if version else {}

    def terms_under(self, version: ContractVersion, scope: Scope) -> dict[ClockKind, Terms]:
        """The terms that one version gives to a ticket."""
        site = self.sites.get(scope.site_id or 0)
        day = self._local_day(scope)
        wanted = TicketScope(
            on=day,
            contract=str(version.contract_id),
            service=(str(scope.service_id),) if scope.service_id else (),
            site=str(scope.site_id) if scope.site_id else None,
            vip=scope.is_vip,
            category=self.category_paths.get(scope.category_id or 0, ()),
            ticket_type=scope.ticket_type,
            priority=scope.priority,
        )
        chosen = choose_all(self.rows.get(version.pk, ()), wanted, Audience.SLA)
        return {
            kind: self._terms(version, self.commitments[row.id], kind, site, day)
            for kind, row in chosen.items()
        }

    def _local_day(self, scope: Scope) -> dt.date:
        site = self.sites.get(scope.site_id or 0)
        return scope.opened_at.astimezone(zone_of(site.timezone if site else self.reporting_zone)).date()

    def _terms(
        self,
        version: ContractVersion,
        commitment: Commitment,
        kind: ClockKind,
        site: Site | None,
        day: dt.date,
    ) -> Terms:
        hours = self._hours(commitment.calendar_id, day)
        key = (version.pk, commitment.pk, kind, hours.pk, site and commitment.follow_site and site.pk)
        if key not in self.written:
            self.written[key] = self._written(version, commitment, kind, site, hours)
        return self.written[key]

    def _written(
        self,
        version: ContractVersion,
        commitment: Commitment,
        kind: ClockKind,
        site: Site | None,
        hours: CalendarVersion,
    ) -> Terms:
        calendar = self._calendar(hours)
        if commitment.follow_site and site is not None and not calendar.parts:
            calendar = replace(calendar, zone=site.timezone, holiday_sets=holiday_sets(site, calendar))
        if commitment.target_days:
            target = Target(commitment.target_days, Unit.BUSINESS_DAYS_EOD)
        else:
            target = Target(commitment.target_seconds or 0)
        return Terms(
            kind=kind,
            target=target,
            calendar=calendar,
            pause_reasons=pause_reasons(kind, version.pauses, commitment.pauses),
            thresholds=tuple(commitment.thresholds) or THRESHOLDS,
            on_retarget=PriorityPolicy(commitment.on_priority_change or version.on_priority_change),
            on_reopen=ReopenPolicy(commitment.on_reopen or version.on_reopen),
            calendar_version=str(hours.pk),
            commitment_id=str(commitment.pk),
            contract_id=str(version.contract_id),
            delays=Delays(version.reopen_days, version.close_days, tuple(version.silence_days)),
        )

    def _calendar(self, hours: CalendarVersion) -> Calendar:
        if hours.pk not in self.calendars:
            self.calendars[hours.pk] = Calendar.from_json(hours.definition)
        return self.calendars[hours.pk]

    def _hours(self, calendar_id: int, day: dt.date) -> CalendarVersion:
        """The calendar version in force on ``day``; before the first one, the first."""
        known = self.hours[calendar_id]
        return max(
            (v for v in known if v.effective_on <= day), key=lambda v: v.effective_on, default=known[0]
        )


def holiday_sets(site: Site, calendar: Calendar) -> tuple[str, ...]:
    """The site's own holidays, when the calendar observes any at all."""
    if not calendar.holiday_sets:
        return ()
    return (f"{site.country}-{site.subdivision}" if site.subdivision else site.country,)


def commitment_row(commitment: Commitment, paths: Mapping[int, tuple[str, ...]]) -> CommitmentRow:
    """The commitment as the rules read it, its dates left to its version; ``paths`` are the categories' codes from the root."""
    return CommitmentRow(
        id=str(commitment.pk),
        kind=ClockKind(commitment.kind),
        service=(str(commitment.service_id),) if commitment.service_id else None,
        site=str(commitment.site_id) if commitment.site_id else None,
        vip=True if commitment.vip_only else None,
        category=paths.get(commitment.category_id) if commitment.category_id else None,
        ticket_type=commitment.ticket_type or None,
        priority=commitment.priority,
    )


def promise_book(
    organisation_id: int, *, draft_of: int = 0, zone: str | None = None, sites: Iterable[Site] | None = None
) -> PromiseBook:
    """Load a client's book in narrow queries; its ``zone`` and the ``sites`` asked about, from who has read them already.

    ``draft_of``: a contract whose draft is read too, as if it were put in force.
    """
    versions = _versions(organisation_id, draft_of)
    contracts = {version.contract_id: version.contract for version in versions}
    editions: dict[int, list[ContractVersion]] = {}
    for version in versions:
        editions.setdefault(version.contract_id, []).append(version)
    commitments = list(
        Commitment.objects.filter(organisation_id=organisation_id, version_id__in=[v.pk for v in versions])
    )
    named = any(commitment.category_id for commitment in commitments)  # else no path decides anything
    categories: dict[int, Any] = dict(Category.objects.values_list("pk", "path")) if named else {}
    paths = {pk: tuple(path.split("/")) for pk, path in categories.items()}
    hours: dict[int, list[CalendarVersion]] = {}
    for one in CalendarVersion.objects.filter(calendar_id__in={c.calendar_id for c in commitments}).order_by(
        "effective_on"
    ):
        hours.setdefault(one.calendar_id, []).append(one)
    rows: dict[int, list[CommitmentRow]] = {}
    for commitment in commitments:
        rows.setdefault(commitment.version_id, []).append(commitment_row(commitment, paths))
    if sites is None:
        sites = Site.objects.filter(organisation_id=organisation_id).only(*SITE)
    if zone is None:
        zone = Organisation.objects.values_list("timezone", flat=True).get(pk=organisation_id)
    return PromiseBook(
        organisation_id=organisation_id,
        contracts=tuple(contracts.values()),
        editions={k: tuple(v) for k, v in editions.items()},
        covers=_covers(organisation_id, versions),
        pauses={
            v.contract_id: tuple(zip(v.paused_on, v.resumed_on, strict=True)) for v in versions if v.paused_on
        },
        commitments={str(c.pk): c for c in commitments},
        rows={k: tuple(v) for k, v in rows.items()},
        hours={k: tuple(v) for k, v in hours.items()},
        sites={site.pk: site for site in sites},
        category_paths=paths,
        reporting_zone=zone,
    )


def _versions(organisation_id: int, draft_of: int) -> list[Any]:
    """The versions in force, with their contract, the ids that limit them and its suspensions, in one statement."""
    stands = Q(state=ContractVersion.State.IN_FORCE) | Q(contract_id=draft_of)
    limits = {
        f"{name}_ids": ArraySubquery(
            Covered.objects.filter(version_id=OuterRef("pk"), **{f"{name}__isnull": False}).values(
                f"{name}_id"
            )
        )
        for name in ("service", "site", "entity")
    }
    paused = Suspension.objects.filter(contract_id=OuterRef("contract_id")).order_by("pk")
    limits["paused_on"] = ArraySubquery(paused.values("starts_on"))
    limits["resumed_on"] = ArraySubquery(paused.values("ends_on"))
    found = ContractVersion.objects.filter(stands, organisation_id=organisation_id)
    return list(found.select_related("contract").annotate(**limits).order_by("contract_id", "effective_on"))


def _covers(organisation_id: int, versions: Iterable[Any]) -> dict[int, Cover]:
    """The cover of each version that limits something."""
    limited = [v for v in versions if v.service_ids or v.site_ids or v.entity_ids]
    people = _people(organisation_id, {pk for v in limited for pk in v.entity_ids})
    return {
        v.pk: Cover(
            frozenset(v.service_ids) or None,
            frozenset(v.site_ids) or None,
            frozenset(pk for entity in v.entity_ids for pk in people[entity]) if v.entity_ids else None,
        )
        for v in limited
    }


def _people(organisation_id: int, entities: set[int]) -> dict[int, set[int]]:
    """The people of each entity and of what is under it."""
    if not entities:
        return {}
    above: dict[int, Any] = dict(
        Entity.objects.filter(organisation_id=organisation_id).values_list("pk", "parent_id")
    )
    found: dict[int, set[int]] = {entity: set() for entity in entities}
    members = Affiliation.objects.filter(organisation_id=organisation_id, entity_id__isnull=False)
    for person, its_own in members.values_list("person_id", "entity_id"):
        entity: int | None = its_own
        while entity is not None:
            if entity in found:
                found[entity].add(person)
            entity = above.get(entity)
    return found
