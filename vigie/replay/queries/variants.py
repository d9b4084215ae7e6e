"""A variant as it was typed and is kept, and the change that it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from vigie.contracts.models import Calendar, CalendarVersion, Commitment, Contract, ContractVersion
from vigie.contracts.queries.versions import version_at
from vigie.contracts.rules import calendar as calendars
from vigie.contracts.rules.calendar import CLOSED, WEEKDAYS, Hours, read_hours
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import (
    Audience,
    ClockKind,
    Delays,
    PauseMatrix,
    PriorityPolicy,
    ReopenPolicy,
    Target,
    Unit,
    read_target,
)
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.replay.rules import Change, Clause

Variant = Mapping[str, Any]
"""``{"name", "version": id, "targets": {commitment id: "4h"}, "calendar": id, "hours": [["08:00", "20:00"]], "days": ["mon"],
"pauses": {reason: true}, "on_priority_change", "on_reopen"}``; what is absent or empty is not changed."""

SCOPE = ("kind", "ticket_type", "priority", "service_id", "category_id", "site_id", "vip_only")
DECIDES = ("version", "targets", "calendar", "hours", "pauses", "on_priority_change", "on_reopen")


def changes_something(variant: Variant) -> bool:
    return any(variant.get(name) for name in DECIDES)


def change_of(contract: Contract, variant: Variant) -> Change:
    """The change that a variant means. Refuses what cannot be read, and targets of another contract's commitments."""
    pauses = {str(reason): bool(value) for reason, value in (variant.get("pauses") or {}).items()}
    PauseMatrix({(Audience.SLA, ClockKind.RESOLUTION): pauses})  # refuses a word that is no reason
    retarget, reopen = variant.get("on_priority_change"), variant.get("on_reopen")
    return Change(
        clauses=_clauses(contract, variant.get("version")),
        targets=_targets(contract, variant.get("targets") or {}),
        calendar=_calendar(contract, variant.get("calendar")),
        week=_week(variant),
        pauses=pauses,
        on_retarget=PriorityPolicy(retarget) if retarget else None,
        on_reopen=ReopenPolicy(reopen) if reopen else None,
    )


def _clauses(contract: Contract, version_id: int | None) -> dict[str, Clause]:
    """What the version says of each line, for every version that stamped a promise of that line."""
    if not version_id:
        return {}
    version = ContractVersion.objects.filter(contract=contract, pk=version_id).first()
    if version is None:
        raise Refusal("replay.version_of_another", field="version")
    said = {row.line: row for row in Commitment.objects.filter(version=version).select_related("calendar")}
    stamped = Commitment.objects.filter(version__contract=contract, line__in=said)
    return {str(old.pk): _clause(contract, version, said[old.line], old) for old in stamped}


def _clause(contract: Contract, version: ContractVersion, row: Commitment, old: Commitment) -> Clause:
    kind = ClockKind(row.kind)
    same_hours = (row.calendar_id, row.follow_site) == (old.calendar_id, old.follow_site)
    days = row.target_days
    return Clause(
        kind=kind,
        target=Target(days, Unit.BUSINESS_DAYS_EOD) if days else Target(row.target_seconds or 0),
        pause_reasons=pause_reasons(kind, version.pauses, row.pauses),
        on_retarget=PriorityPolicy(row.on_priority_change or version.on_priority_change),
        on_reopen=ReopenPolicy(row.on_reopen or version.on_reopen),
        delays=Delays(version.reopen_days, version.close_days, tuple(version.silence_days)),
        calendar=None if same_hours else _calendar(contract, row.calendar_id),
        of_site=row.follow_site,
    )


def _targets(contract: Contract, typed: Mapping[str, str]) -> dict[str, Target]:
    """The targets typed, each for every version of its line: tickets of the year were judged by several."""
    rows = Commitment.objects.filter(version__contract=contract).values_list("pk", "line")
    lines = {str(pk): line for pk, line in rows}
    found = {}
    for key, text in typed.items():
        if str(key) not in lines:
            raise Refusal("replay.commitment_of_another")
        try:
            target = read_target(text)
        except Refusal as refusal:
            refusal.field = f"target_{key}"
            raise
        if target.unit == Unit.FIXED_DATE:
            raise Refusal("contracts.target_wrong_unit", field=f"target_{key}")
        found.update({pk: target for pk, line in lines.items() if line == lines[str(key)]})
    return found


def _calendar(contract: Contract, calendar_id: int | None) -> calendars.Calendar | None:
    """The hours of the calendar as they were last written."""
    if not calendar_id:
        return None
    its_own = Q(calendar__organisation=None) | Q(calendar__organisation_id=contract.organisation_id)
    versions = CalendarVersion.objects.filter(its_own, calendar_id=calendar_id).order_by("effective_on")
    version = versions.last()
    if version is None:
        raise Refusal("replay.calendar_of_another", field="calendar")
    return calendars.Calendar.from_json(version.definition)


def _week(variant: Variant) -> tuple[Hours, ...]:
    if not variant.get("hours"):
        return ()
    days = variant.get("days") or WEEKDAYS[:5]
    hours = read_hours([list(pair) for pair in variant["hours"]], "hours")
    return tuple(hours if day in days else CLOSED for day in WEEKDAYS)


def choices(contract: Contract) -> list[Calendar]:
    """The calendars that a variant may be measured in."""
    its_own = Q(organisation=None) | Q(organisation_id=contract.organisation_id)
    return list(Calendar.objects.filter(its_own).order_by("code"))


def versions_to_come(contract: Contract, day: dt.date) -> list[ContractVersion]:
    """The versions that no ticket was promised yet: amendments put in force from a later day, then the draft of one."""
    coming = Q(state=ContractVersion.State.DRAFT) | Q(effective_on__gt=day)
    return list(ContractVersion.objects.filter(coming, contract=contract, number__gt=1).order_by("number"))


def left_out(contract: Contract, version: ContractVersion, day: dt.date) -> int:
    """How many lines of the version are new, gone or for other tickets than in the version of that day: no ticket was
    promised them, so that no replay can tell what they would have changed."""
    standing = version_at(SYSTEM, contract, day)
    before, after = (
        {
            row.line: tuple(getattr(row, name) for name in SCOPE)
            for row in Commitment.objects.filter(version=one)
        }
        for one in (standing, version)
    )
    return sum(before.get(line) != after.get(line) for line in before.keys() | after.keys())


def commitments_in(contract: Contract, day: dt.date) -> list[Commitment]:
    """The commitments of the version in force on a day, in reading order; of the first one before it is."""
    version = version_at(SYSTEM, contract, day)
    rows = Commitment.objects.filter(version=version).select_related(
        "service", "category", "site", "calendar", "version"
    )
    return sorted(rows, key=lambda row: (_stated(row), row.priority or 0, row.kind != "response"))


def _stated(row: Commitment) -> tuple[Any, ...]:
    stated = (row.ticket_type, row.service_id or 0, row.site_id or 0, row.vip_only, row.category_id or 0)
    return (sum(map(bool, stated)), *stated)
