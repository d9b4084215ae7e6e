"""A variant as it was typed and is kept, and the change that it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from vigie.contracts.models import Calendar, CalendarVersion, Commitment, Contract, ContractVersion
from vigie.contracts.rules import calendar as calendars
from vigie.contracts.rules.calendar import CLOSED, WEEKDAYS, Hours, read_hours
from vigie.contracts.rules.promise import (
    Audience,
    ClockKind,
    PauseMatrix,
    PriorityPolicy,
    ReopenPolicy,
    Target,
    Unit,
    read_target,
)
from vigie.kernel.refusal import Refusal
from vigie.replay.rules import Change

Variant = Mapping[str, Any]
"""``{"name", "targets": {commitment id: "4h"}, "calendar": id, "hours": [["08:00", "20:00"]], "days": ["mon"],
"pauses": {reason: true}, "on_priority_change", "on_reopen"}``; what is absent or empty is not changed."""

DECIDES = ("targets", "calendar", "hours", "pauses", "on_priority_change", "on_reopen")


def changes_something(variant: Variant) -> bool:
    return any(variant.get(name) for name in DECIDES)


def change_of(contract: Contract, variant: Variant) -> Change:
    """The change that a variant means. Refuses what cannot be read, and targets of another contract's commitments."""
    pauses = {str(reason): bool(value) for reason, value in (variant.get("pauses") or {}).items()}
    PauseMatrix({(Audience.SLA, ClockKind.RESOLUTION): pauses})  # refuses a word that is no reason
    retarget, reopen = variant.get("on_priority_change"), variant.get("on_reopen")
    return Change(
        targets=_targets(contract, variant.get("targets") or {}),
        calendar=_calendar(contract, variant.get("calendar")),
        week=_week(variant),
        pauses=pauses,
        on_retarget=PriorityPolicy(retarget) if retarget else None,
        on_reopen=ReopenPolicy(reopen) if reopen else None,
    )


def _targets(contract: Contract, typed: Mapping[str, str]) -> dict[str, Target]:
    """The targets typed, each for every version of its line: tickets of the year were judged by several."""
    rows = Commitment.objects.filter(version__contract=contract).values_list("pk", "line")
    lines = {str(pk): line for pk, line in rows}
    found = {}
    for key, text in typed.items():
        if str(key) not in lines:
            raise Refusal("replay.commitment_of_another")
        target = read_target(text)
        if target.unit == Unit.FIXED_DATE:
            raise Refusal("contracts.target_wrong_unit", field="target")
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


def commitments_in(contract: Contract) -> list[Commitment]:
    """The commitments of the version put in force last, in reading order; of its first draft before any was."""
    versions = ContractVersion.objects.filter(contract=contract).filter(
        Q(state=ContractVersion.State.IN_FORCE) | Q(number=1)
    )
    rows = Commitment.objects.filter(version=versions.order_by("-number").first()).select_related(
        "service", "category", "site", "calendar"
    )
    return sorted(rows, key=lambda row: (_stated(row), row.priority or 0, row.kind != "response"))


def _stated(row: Commitment) -> tuple[Any, ...]:
    stated = (row.ticket_type, row.service_id or 0, row.site_id or 0, row.vip_only, row.category_id or 0)
    return (sum(map(bool, stated)), *stated)
