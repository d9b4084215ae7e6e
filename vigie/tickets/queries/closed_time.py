"""The closed time of a stretch of a clock in words: how much, and which nights, days and holidays."""

from __future__ import annotations

from babel.dates import format_date, get_day_names
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.closures import Closure, closures
from vigie.contracts.rules.holiday_sets import named_days
from vigie.contracts.rules.reading import Reading
from vigie.toolkit.jinja import hms, locale


def closed_words(reading: Reading, start: int, end: int, closed: int) -> str:
    """Why ``closed`` seconds of ``[start, end)`` were outside service hours, each reason with its time; "" for none.

    Where the hours have changed since, those of today would not add up: then it says so and gives no detail.
    """
    if not closed:
        return ""
    calendar = reading.terms.calendar
    found = closures(reading.terms.target.openings(calendar), start, end)
    if sum(one.seconds for one in found) != closed:
        why = _("by the service hours of that time")
    else:
        why = ", ".join(f"{_named(one, calendar)} {hms(one.seconds)}" for one in found)
    return _("of which outside service hours: %(time)s (%(why)s)") % {"time": hms(closed), "why": why}


def _named(one: Closure, calendar: Calendar) -> str:
    if one.reason == "hours":
        return _("nights and breaks")
    if one.reason == "weekday":
        return str(get_day_names("wide", locale=locale())[one.day.weekday()])
    values = {"day": format_date(one.day, "d MMM", locale()), "name": _holiday(one, calendar)}
    return _("%(name)s (%(day)s)") % values if values["name"] else _("closed on %(day)s") % values


def _holiday(one: Closure, calendar: Calendar) -> str:
    """The name of a public holiday in the reader's language; "" for a closed day written by hand."""
    language = "en_US" if (get_language() or "fr").startswith("en") else "fr"
    if one.reason != "holiday":
        return ""
    for part in calendar.parts or (calendar,):
        for code in part.holiday_sets:
            if name := named_days(code, one.day.year, language).get(one.day):
                return name
    return ""
