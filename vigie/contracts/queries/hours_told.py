"""The hours that a promise counts, in words: whose, which, in which zone, closed when. Anybody can count again from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from babel.dates import format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.contracts import access
from vigie.contracts.models import CalendarVersion
from vigie.contracts.queries.calendars import hours_text, summary
from vigie.contracts.queries.places import place_name
from vigie.contracts.rules.calendar import MIDNIGHT, Calendar
from vigie.contracts.rules.promise import Terms, Unit
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import local_name, locale, when

MOST_DAYS = 6
"""Days with hours of their own that are named; more are counted."""


def calendar_names(actor: Actor, terms: Iterable[Terms]) -> dict[str, str]:
    """Names of the calendars in sight that the terms were stamped with, by ``calendar_version``."""
    wanted = {int(one.calendar_version) for one in terms if one.calendar_version.isdecimal()}
    if not wanted:
        return {}
    rows = CalendarVersion.objects.filter(pk__in=wanted, calendar__in=access.visible_calendars(actor))
    return {str(row.pk): local_name(row.calendar) for row in rows.select_related("calendar")}


def hours_told(terms: Terms, name: str = "") -> str:
    """``Office hours: Mon–Fri 08:00-18:00 (Europe/Paris time; closed on public holidays: France)``."""
    calendar = terms.calendar
    if terms.target.unit == Unit.CALENDAR_TIME:
        return _("day and night, every day")
    told = " + ".join(_told(part) for part in calendar.parts or (calendar,))
    name = name or calendar.code
    return _("%(calendar)s: %(hours)s") % {"calendar": name, "hours": told} if name else told


def _told(calendar: Calendar) -> str:
    always = all(hours == ((0, MIDNIGHT),) for hours in calendar.week)
    hours = _("day and night, every day") if always else summary(calendar)
    about = [_("%(zone)s time") % {"zone": calendar.zone}, *_holidays(calendar), *_special(calendar)]
    among = _("; ").join(about)
    return f"{hours} ({among})"


def _holidays(calendar: Calendar) -> list[str]:
    """Which days are closed, or that they are not."""
    if calendar.works_on_holidays or not (calendar.holiday_sets or calendar.holidays):
        return [_("open on public holidays")]
    told = []
    if calendar.holiday_sets:
        sets = ", ".join(place_name(code, locale()) for code in calendar.holiday_sets)
        told.append(_("closed on public holidays: %(sets)s") % {"sets": sets})
    if calendar.holidays:
        rules = ", ".join(_days(rule) for rule in calendar.holidays)
        told.append(_("closed too on: %(days)s") % {"days": rules})
    return told


def _days(rule: str) -> str:
    """``--12-24`` as ``24 Dec``, ``2026-08-03/2026-08-14`` as both days."""
    if rule.startswith("--"):
        month, day = map(int, rule.removeprefix("--").split("-"))
        return format_skeleton("MMMd", dt.date(2024, month, day), locale=locale())
    return " – ".join(when(dt.date.fromisoformat(day)) for day in rule.split("/"))


def _special(calendar: Calendar) -> list[str]:
    if not calendar.special:
        return []
    if len(calendar.special) > MOST_DAYS:
        return [
            ngettext("%(num)s day with other hours", "%(num)s days with other hours", len(calendar.special))
            % {"num": len(calendar.special)}
        ]
    shut = _("closed")
    return [", ".join(f"{when(day, 'date')} {hours_text(hours) or shut}" for day, hours in calendar.special)]
