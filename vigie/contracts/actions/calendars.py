"""Writes of service calendars. Hours are never edited: a new version starts on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from vigie.contracts import access
from vigie.contracts.models import Calendar, CalendarVersion
from vigie.contracts.queries.reach import check_hours, hours_of
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.contracts.rules.openings import check_opens
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import journal


@transaction.atomic
def create_calendar(
    actor: Actor,
    values: Mapping[str, Any],
    definition: Mapping[str, Any],
    effective_on: dt.date,
    *,
    now: dt.datetime,
) -> Calendar:
    """A calendar with its first hours; ``organisation`` empty for every client."""
    actor.demand("contracts:manage")
    may_write(actor, values.get("organisation"))
    calendar = journal.write(actor, Calendar(), values, now=now)
    _add_version(actor, calendar, definition, effective_on, now)
    return calendar


@transaction.atomic
def rename_calendar(
    actor: Actor, calendar_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Calendar:
    """Change the names of a calendar; its client and its hours stay."""
    actor.demand("contracts:manage")
    calendar = access.one_calendar(actor, calendar_id)
    may_write(actor, calendar.organisation)
    return journal.write(actor, calendar, values, now=now)


@transaction.atomic
def publish_hours(
    actor: Actor, calendar_id: int, definition: Mapping[str, Any], effective_on: dt.date, *, now: dt.datetime
) -> CalendarVersion:
    """New hours from a day on. Tickets already open keep the hours stamped on them.

    Raises ``contracts.version_in_the_past``, ``contracts.hours_break_promise`` and every fault of the hours themselves.
    """
    actor.demand("contracts:manage")
    calendar = access.one_calendar(actor, calendar_id)
    may_write(actor, calendar.organisation)
    Calendar.objects.select_for_update().get(pk=calendar.pk)
    return _add_version(actor, calendar, definition, effective_on, now)


def checked(definition: Mapping[str, Any], effective_on: dt.date, *, now: dt.datetime) -> rules.Calendar:
    """The hours as the clock will read them, once they are known to open."""
    calendar = rules.Calendar.from_json(definition)
    start = dt.datetime.combine(effective_on, dt.time(), zone_of(calendar.zone))
    check_opens(calendar, epoch(max(now, start)))
    return calendar


def check_promised(calendar: Calendar, hours: rules.Calendar, effective_on: dt.date) -> None:
    """Refuse hours that would keep something promised from ever falling due (``contracts.hours_break_promise``)."""
    versions = [*hours_of([calendar.pk])[calendar.pk], (effective_on, hours)]
    check_hours(calendar.pk, sorted(versions, key=lambda version: version[0]), effective_on)


def _add_version(
    actor: Actor, calendar: Calendar, definition: Mapping[str, Any], effective_on: dt.date, now: dt.datetime
) -> CalendarVersion:
    hours = checked({**definition, "code": calendar.code}, effective_on, now=now)
    if CalendarVersion.objects.filter(calendar=calendar).exists():
        if effective_on < timezone.localdate(now, zone_of(hours.zone)):
            raise Refusal("contracts.version_in_the_past", field="effective_on")
        if CalendarVersion.objects.filter(calendar=calendar, effective_on=effective_on).exists():
            raise Refusal("contracts.version_same_day", field="effective_on")
        check_promised(calendar, hours, effective_on)
    version = CalendarVersion(calendar=calendar, created_at=now)
    return journal.write(
        actor, version, {"effective_on": effective_on, "definition": hours.to_json()}, now=now
    )


def may_write(actor: Actor, organisation: Any) -> None:
    """A common calendar changes the promises of every client: it takes the sight of every client."""
    if organisation is not None:
        tenancy_access.one(actor, organisation.pk)
    elif actor.organisations is not None:
        raise NotAllowed("contracts.calendar_is_common")
