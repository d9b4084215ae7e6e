"""What teams and suppliers promise behind a ticket: which terms they get, the most specific promise first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from vigie.contracts.models import CalendarVersion, SupplierContract, SupportCommitment
from vigie.contracts.queries.book import Scope
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.promise import THRESHOLDS, Audience, ClockKind, Target, Terms, Unit, default_pauses
from vigie.contracts.rules.targets import CommitmentRow, TicketScope, choose_all
from vigie.toolkit.ordering import by_name

Holder = tuple[Audience, int]
"""Who promises: ``(Audience.OLA, team id)`` or ``(Audience.UC, supplier contract id)``."""


@dataclass(frozen=True, slots=True)
class SupportBook:
    """Promises of teams and suppliers with their calendars. Pure once loaded.

    ``zones`` say on which local day a holder's promises are chosen; ``periods`` are the first and last day of supplier
    contracts. ``calendars`` and ``written`` (terms) hold those read so far.
    """

    commitments: Mapping[str, SupportCommitment]
    rows: Mapping[Holder, tuple[CommitmentRow, ...]]
    versions: Mapping[int, tuple[CalendarVersion, ...]]
    zones: Mapping[Holder, str]
    periods: Mapping[Holder, tuple[dt.date, dt.date]]
    calendars: dict[int, Calendar] = field(default_factory=dict, compare=False)
    written: dict[tuple[object, ...], Terms] = field(default_factory=dict, compare=False)

    def terms_for(self, holder: Holder, scope: Scope, at: dt.datetime) -> dict[ClockKind, Terms]:
        """The terms of every clock that runs for this holder, chosen on the local day of ``at``.

        ``at`` is when the ticket comes to the holder. Empty where it promised nothing, or its contract does not run.
        """
        rows = self.rows.get(holder, ())
        if not rows:
            return {}
        day = at.astimezone(zone_of(self.zones[holder])).date()
        first, last = self.periods.get(holder, (dt.date.min, dt.date.max))
        if not first <= day <= last:
            return {}
        wanted = TicketScope(
            on=day,
            service=(str(scope.service_id),) if scope.service_id else (),
            ticket_type=scope.ticket_type,
            priority=scope.priority,
        )
        chosen = choose_all(rows, wanted, holder[0])
        return {kind: self._terms(self.commitments[row.id], kind, day) for kind, row in chosen.items()}

    def _terms(self, row: SupportCommitment, kind: ClockKind, day: dt.date) -> Terms:
        versions = self.versions[row.calendar_id]
        version = max(
            (v for v in versions if v.effective_on <= day), key=lambda v: v.effective_on, default=versions[0]
        )
        key = (row.pk, kind, version.pk)
        if key not in self.written:
            self.written[key] = self._written(row, kind, version)
        return self.written[key]

    def _written(self, row: SupportCommitment, kind: ClockKind, version: CalendarVersion) -> Terms:
        if version.pk not in self.calendars:
            self.calendars[version.pk] = Calendar.from_json(version.definition)
        audience = Audience(row.audience)
        days = row.target_days
        return Terms(
            kind=kind,
            audience=audience,
            target=Target(days, Unit.BUSINESS_DAYS_EOD) if days else Target(row.target_seconds or 0),
            calendar=self.calendars[version.pk],
            calendar_version=str(version.pk),
            pause_reasons=default_pauses(audience, kind),
            thresholds=tuple(row.thresholds) or THRESHOLDS,
            commitment_id=str(row.pk),
            contract_id=str(row.supplier_contract_id or ""),
        )


def support_row(row: SupportCommitment) -> CommitmentRow:
    """The promise as the rules read it. A holder's rows are compared among themselves only."""
    return CommitmentRow(
        id=str(row.pk),
        kind=ClockKind(row.kind),
        audience=Audience(row.audience),
        valid_from=row.valid_from,
        valid_until=row.valid_until or dt.date.max,
        service=(str(row.service_id),) if row.service_id else None,
        ticket_type=row.ticket_type or None,
        priority=row.priority,
    )


def holder_of(row: SupportCommitment) -> Holder:
    """Who makes this promise."""
    return Audience(row.audience), row.team_id or row.supplier_contract_id or 0


def last_day(contract: SupplierContract) -> dt.date:
    """The last day on which a supplier contract runs: one that renews itself goes on until it is said otherwise."""
    if contract.ends_on is None or contract.renewal == SupplierContract.Renewal.TACIT:
        return dt.date.max
    return contract.ends_on


def support_book(rows: QuerySet[SupportCommitment] | None = None) -> SupportBook:
    """Load these promises, or all of them, in two queries."""
    found = SupportCommitment.objects.all() if rows is None else rows
    commitments = list(found.select_related("team", "supplier_contract").order_by("pk"))
    versions: dict[int, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.filter(
        calendar_id__in={row.calendar_id for row in commitments}
    ).order_by("effective_on"):
        versions.setdefault(version.calendar_id, []).append(version)
    by_holder: dict[Holder, list[CommitmentRow]] = {}
    zones: dict[Holder, str] = {}
    periods: dict[Holder, tuple[dt.date, dt.date]] = {}
    for row in commitments:
        holder = holder_of(row)
        by_holder.setdefault(holder, []).append(support_row(row))
        zones[holder] = row.team.timezone if row.team else versions[row.calendar_id][0].definition["timezone"]
        if row.supplier_contract is not None:
            periods[holder] = row.supplier_contract.starts_on, last_day(row.supplier_contract)
    return SupportBook(
        commitments={str(row.pk): row for row in commitments},
        rows={holder: tuple(its) for holder, its in by_holder.items()},
        versions={calendar: tuple(its) for calendar, its in versions.items()},
        zones=zones,
        periods=periods,
    )


def support_terms(holder: Holder, scope: Scope, at: dt.datetime) -> dict[ClockKind, Terms]:
    """What one team or supplier contract promises for one ticket that comes to it at ``at``."""
    audience, pk = holder
    of = {"team_id": pk} if audience == Audience.OLA else {"supplier_contract_id": pk}
    return support_book(SupportCommitment.objects.filter(**of)).terms_for(holder, scope, at)


def supplier_contracts_for(service_id: int | None, on: dt.date) -> list[SupplierContract]:
    """The supplier contracts that run on a day and cover a service; all that run where there is none."""
    goes_on = Q(ends_on=None) | Q(ends_on__gte=on) | Q(renewal=SupplierContract.Renewal.TACIT)
    running = SupplierContract.objects.filter(goes_on, starts_on__lte=on, supplier__is_active=True)
    if service_id is not None:
        running = running.filter(services=service_id)
    return list(running.select_related("supplier").order_by(by_name("supplier__name"), "reference"))
