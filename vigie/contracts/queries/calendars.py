"""Reads of service calendars: the week as a picture, the days that are closed, the next openings."""

from __future__ import annotations

import datetime as dt
from calendar import Calendar as Months
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Literal

from babel.dates import get_day_names, get_month_names
from django.db.models import Exists, OuterRef
from django.utils.translation import get_language

from vigie.contracts import access
from vigie.contracts.models import CalendarVersion, Commitment, ContractVersion
from vigie.contracts.queries.places import named_sets
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.calendar import MIDNIGHT, Calendar, Hours
from vigie.contracts.rules.holiday_sets import rule_days
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.openings import openings
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit.jinja import local_name, locale
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, page_of

BY_CODE = Order(("code", "id"))


def calendars_page(actor: Actor, *, today: dt.date, cursor: str | None = None, size: int = 50) -> Page:
    """Calendars in sight by code, each with its hours in force in a few words."""
    fields = ("code", "name_fr", "name_en", "organisation_id", "organisation__name")
    page = page_of(access.visible_calendars(actor), BY_CODE, fields=fields, size=size, cursor=cursor)
    ids = [row["id"] for row in page.rows]
    in_force: dict[int, dict[str, Any]] = {}
    versions = CalendarVersion.objects.filter(calendar_id__in=ids).order_by("calendar_id", "effective_on")
    for one in versions.values("calendar_id", "effective_on", "definition"):
        if one["effective_on"] <= today or one["calendar_id"] not in in_force:
            in_force[one["calendar_id"]] = {**one}
    for row in page.rows:
        version = in_force.get(row["id"])
        calendar = Calendar.from_json(version["definition"]) if version else None
        row["zone"] = calendar.zone if calendar else ""
        row["summary"] = summary(calendar) if calendar else ""
    return page


@dataclass(frozen=True, slots=True)
class Joinable:
    """Hours that a calendar may join: those it joins now (``joined``), or those in force of another calendar."""

    key: str
    name: str
    definition: Mapping[str, Any]
    joined: bool = False


def joinable(actor: Actor, hours: Calendar | None, *, but: int | None, today: dt.date) -> list[Joinable]:
    """What a calendar (``but``, with the ``hours`` in force) may join: its present parts, then the calendars in sight."""
    parts = hours.parts if hours else ()
    found = [
        Joinable(f"part-{n}", part.code or part.zone, part.to_json(), joined=True)
        for n, part in enumerate(parts)
    ]
    others = access.visible_calendars(actor)
    others = others if but is None else others.exclude(pk=but)
    versions = CalendarVersion.objects.filter(calendar__in=others, effective_on__lte=today)
    newest = (
        versions.order_by("calendar_id", "-effective_on").distinct("calendar_id").select_related("calendar")
    )
    found += [
        Joinable(f"calendar-{row.calendar_id}", local_name(row.calendar), row.definition)
        for row in newest
        if not row.definition.get("union")
    ]
    return found


def versions_of(calendar_id: int, *, today: dt.date) -> list[dict[str, Any]]:
    """Versions of a calendar already in sight, newest first; one of them is ``current``."""
    rows = list(
        CalendarVersion.objects.filter(calendar_id=calendar_id)
        .order_by("-effective_on")
        .values("id", "effective_on", "definition", "created_at")
    )
    current = next(
        (row["id"] for row in rows if row["effective_on"] <= today), rows[-1]["id"] if rows else None
    )
    return [{**row, "current": row["id"] == current, "later": row["effective_on"] > today} for row in rows]


def one_version(versions: Sequence[dict[str, Any]], version_id: int | None) -> dict[str, Any]:
    """The version asked for, else the one in force."""
    for row in versions:
        if row["current"] if version_id is None else row["id"] == version_id:
            return row
    raise NotFound()


def uses_of(actor: Actor, calendar_id: int) -> list[dict[str, Any]]:
    """Contracts in sight that measure a commitment of the version put in force last with this calendar; no draft counts."""
    in_force = ContractVersion.State.IN_FORCE
    following = ContractVersion.objects.filter(
        contract_id=OuterRef("version__contract_id"),
        number__gt=OuterRef("version__number"),
        state=in_force,
    )
    rows = Commitment.objects.filter(
        calendar_id=calendar_id, version__contract_id=OuterRef("pk"), version__state=in_force
    )
    found = access.visible(actor).filter(Exists(rows.filter(~Exists(following))))
    names = ("id", "reference", "name_fr", "name_en", "organisation__name")
    return list(found.order_by(by_name("organisation__name"), "reference").values(*names)[:50])


# -- the week ------------------------------------------------------------------------------------------------------


def day_names(width: Literal["wide", "abbreviated"] = "wide") -> list[str]:
    """Names of the days from Monday, in the reader's language."""
    names = get_day_names(width, context="stand-alone", locale=locale())
    return [names[i] for i in range(7)]


def hours_text(hours: Hours) -> str:
    """``08:00-12:00, 13:30-18:00``, as it is typed."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in hours)


def _clock(minutes: int) -> str:
    if minutes > MIDNIGHT:
        minutes -= MIDNIGHT
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def week_of(calendar: Calendar) -> list[dict[str, Any]]:
    """The seven days: name, hours as text, bars as minutes from midnight (a night ends on the next day)."""
    bars: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for i, hours in enumerate(calendar.week):
        for start, end in hours:
            bars[i].append((start, min(end, MIDNIGHT)))
            if end > MIDNIGHT:
                bars[(i + 1) % 7].append((0, end - MIDNIGHT))
    names = day_names()
    return [{"name": names[i], "text": hours_text(calendar.week[i]), "bars": bars[i]} for i in range(7)]


def summary(calendar: Calendar) -> str:
    """``Mon–Fri 08:00-18:00 · Sat 09:00-12:00``: runs of days with the same hours."""
    if calendar.parts:
        return " + ".join(f"{summary(part)} ({part.zone})" for part in calendar.parts)
    names, words = day_names("abbreviated"), []
    for hours, run in groupby(range(7), key=lambda i: calendar.week[i]):
        days = list(run)
        if hours:
            span = names[days[0]] if len(days) == 1 else f"{names[days[0]]}–{names[days[-1]]}"
            words.append(f"{span} {hours_text(hours)}")
    return " · ".join(words)


# -- the year ------------------------------------------------------------------------------------------------------


def special_year(calendar: Calendar, year: int) -> list[dict[str, Any]]:
    """Holidays, days closed by hand and exceptional days of a year, by day: ``day, name, sets, hours``.

    ``hours`` is ``None`` for a closed day, else what opens that day.
    """
    language = "en_US" if (get_language() or "fr").startswith("en") else "fr"
    rows: dict[dt.date, dict[str, Any]] = {}
    for day, name, sets in named_sets(calendar.holiday_sets, year, language):
        rows[day] = {"day": day, "name": name, "sets": sets, "kind": "holiday"}
    for rule in calendar.holidays:
        for day in rule_days(rule, year):
            rows.setdefault(day, {"day": day, "name": "", "sets": "", "kind": "closed"})
    for day, _hours in calendar.special:
        if day.year == year:
            rows.setdefault(day, {"day": day, "name": "", "sets": ""})["kind"] = "special"
    for day, row in rows.items():
        row["hours"] = hours_text(calendar.hours_on(day))
    return [rows[day] for day in sorted(rows)]


@dataclass(frozen=True, slots=True)
class Day:
    """A date of a year: ``open``, ``off`` (its weekday never opens), ``holiday``, ``closed`` (by hand) or ``special`` hours."""

    date: dt.date
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday; ``None`` is a place before the first day or after the last."""

    name: str
    weeks: tuple[tuple[Day | None, ...], ...]


def year_of(calendar: Calendar, year: int) -> list[Month]:
    """The twelve months of one calendar (not of a union), each day with what it is."""
    unlike = {row["day"]: row for row in special_year(calendar, year)}
    names = get_month_names("wide", context="stand-alone", locale=locale())
    return [
        Month(names[month].capitalize(), tuple(
            tuple(_day(calendar, day, unlike.get(day)) if day.month == month else None for day in week)
            for week in Months().monthdatescalendar(year, month)
        ))
        for month in range(1, 13)
    ]  # fmt: skip


def _day(calendar: Calendar, day: dt.date, unlike: Mapping[str, Any] | None) -> Day:
    hours = hours_text(calendar.hours_on(day))
    if unlike is None:
        return Day(day, "open" if hours else "off", hours)
    kind = "special" if hours else "holiday" if unlike["kind"] == "holiday" else "closed"
    return Day(day, kind, " ".join(filter(None, (unlike["name"], hours))))


def next_openings(
    calendar: rules.Calendar, now: dt.datetime, most: int = 5
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The next open spans, in the calendar's own zone; fewer where it opens no more after them."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    try:
        for start, end in islice(openings(calendar).intervals(epoch(now)), most):
            found.append((moment(start, calendar.zone), moment(end, calendar.zone)))
    except Refusal:  # nothing opens any more
        pass
    return found


def opens_again(calendar: rules.Calendar, now: dt.datetime) -> bool:
    """Does it open now or later?"""
    try:
        openings(calendar).next_open(epoch(now))
    except Refusal:
        return False
    return True
