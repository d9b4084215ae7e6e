"""Pages of service calendars: the list, a week as a picture, the year, and new hours from a day on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms as web
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.contracts import access
from vigie.contracts.actions import calendars as actions
from vigie.contracts.forms import CalendarForm, HoursForm, hours_initial
from vigie.contracts.models import Calendar
from vigie.contracts.queries import calendars as queries
from vigie.contracts.queries.feeds import feed_of, unlike, why_failed
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy_access
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, blame, done, form_page
from vigie.toolkit.jinja import local_name
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render
from vigie.toolkit.slots import filled

OFFICE = "08:00-12:00, 13:30-18:00"


@agents("contracts:view")
@require_safe
def calendars(request: Request) -> HttpResponse:
    """The calendars in sight, with their hours in a few words."""
    found = queries.calendars_page(request.actor, today=timezone.localdate(), cursor=request.GET.get("page"))
    return render(request, "contracts/calendars.html", {"found": found, "may_manage": _may_manage(request)})


@agents("contracts:view")
@require_safe
def calendar(request: Request, calendar_id: int) -> HttpResponse:
    """A calendar: its week, its closed days of a year, its next openings, its versions."""
    found = access.one_calendar(request.actor, calendar_id)
    today = timezone.localdate()
    versions = queries.versions_of(calendar_id, today=today)
    shown = queries.one_version(versions, _number(request.GET.get("version")))
    hours = rules.Calendar.from_json(shown["definition"])
    year = min(max(_number(request.GET.get("year")) or max(today, shown["effective_on"]).year, 2000), 2100)
    plans = hours.parts or (hours,)
    feed = feed_of(calendar_id)
    context = {
        "feed": feed, "news": unlike(feed, versions[0]["definition"]) if feed else None,
        "failure": why_failed(feed),
        "day_names": queries.day_names(), "calendar": found, "versions": versions, "shown": shown, "hours": hours, "year": year,
        "plans": [
            (plan, queries.week_of(plan), queries.special_year(plan, year), queries.year_of(plan, year)) for plan in plans
        ],
        "openings": queries.next_openings(hours, timezone.now()), "uses": queries.uses_of(request.actor, calendar_id),
        "may_manage": _may_manage(request, found), "opens_again": queries.opens_again(hours, timezone.now()),
    }  # fmt: skip
    return render(request, "contracts/calendar.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def calendar_new(request: Request) -> HttpResponse:
    """A new calendar with its first hours."""
    actor = request.actor
    naming = CalendarForm(
        request.POST or None, clients=tenancy_access.visible(actor).order_by(by_name("name"))
    )
    week = dict.fromkeys(WEEKDAYS[:5], OFFICE)
    today = timezone.localdate()
    form = HoursForm(
        request.POST or None, initial={"effective_on": today, "holiday_sets": "FR", **week},
        joinable=queries.joinable(actor, None, but=None, today=today),
    )  # fmt: skip
    if actor.organisations is not None:
        naming.fields["organisation"].required = True
    for name, field in naming.fields.items():
        form.fields[name] = field
    if request.method == "POST":
        made = _try(request, form, lambda values: actions.create_calendar(
            actor, {name: values[name] for name in naming.fields}, form.definition(), values["effective_on"],
            now=timezone.now()))  # fmt: skip
        if made:
            return redirect("calendar", made.pk)
    return _hours_page(
        request, form, title=_("New calendar"), crumbs=[_crumb()], action=_("Create the calendar"),
        first=[(_("Identity"), tuple(naming.fields))],
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def calendar_hours(request: Request, calendar_id: int) -> HttpResponse:
    """New hours from a day on; the present ones stay as they were."""
    found = access.one_calendar(request.actor, calendar_id)
    today = timezone.localdate()
    shown = queries.one_version(queries.versions_of(calendar_id, today=today), None)
    hours = rules.Calendar.from_json(shown["definition"])
    form = HoursForm(
        request.POST or None, initial=hours_initial(hours, today + dt.timedelta(days=1)),
        joinable=queries.joinable(request.actor, hours, but=calendar_id, today=today),
    )  # fmt: skip
    if request.method == "POST" and _try(request, form, lambda values: actions.publish_hours(
        request.actor, calendar_id, form.definition(), values["effective_on"], now=timezone.now())):  # fmt: skip
        return redirect("calendar", calendar_id)
    intro = _(
        "The hours in force are never edited: new ones start on a day. Tickets already open keep the hours stamped on them."
    )
    if hours.parts:
        intro = _(
            "The hours in force join those of several places: tick others, or untick all to write one week instead."
        )
    return _hours_page(
        request, form, title=_("New hours"), crumbs=[_crumb(), _calendar_crumb(found)], action=_("Publish these hours"),
        intro=intro, calendar=found, present=hours,
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def calendar_edit(request: Request, calendar_id: int) -> HttpResponse:
    """Change the names of a calendar."""
    found = access.one_calendar(request.actor, calendar_id)
    form = CalendarForm(
        request.POST or None, initial=model_to_dict(found), clients=tenancy_access.visible(request.actor)
    )
    del form.fields["organisation"]
    if request.method == "POST" and done(
        form, lambda values: actions.rename_calendar(request.actor, calendar_id, values, now=timezone.now())
    ):
        return redirect("calendar", calendar_id)
    return form_page(
        request, form, title=_("Rename the calendar"), crumbs=[_crumb(), _calendar_crumb(found)], action=_("Save"),
        groups=[("", ("name_fr", "name_en", "code"))],
    )  # fmt: skip


def _try(request: Request, form: web.Form, act: Any) -> Any:
    """Write, unless the person only asked to see the next openings."""
    return None if "check" in request.POST else attempt(form, act)


def _hours_page(
    request: Request,
    form: HoursForm,
    *,
    first: Any = (),
    calendar: Calendar | None = None,
    present: rules.Calendar | None = None,
    **page: Any,
) -> HttpResponse:
    """The form of hours; after a check, the next openings of what was typed, its year, and what it would change."""
    hours, opened, effects = present, [], []
    if "check" in request.POST and form.is_valid():
        day = form.cleaned_data["effective_on"]
        try:
            hours = actions.checked(form.definition(), day, now=timezone.now())
            start = dt.datetime.combine(day, dt.time(), timezone.get_current_timezone())
            opened = queries.next_openings(hours, max(timezone.now(), start))
            if calendar is not None:
                actions.check_promised(calendar, hours, day)
                effects = filled("contracts.hours", request, calendar=calendar, hours=hours)
        except Refusal as refusal:
            blame(form, refusal)
    groups = [
        *first,
        (_("In force"), ("effective_on", "timezone")),
        (_("Several places"), ("union",)),
        (_("The week"), WEEKDAYS),
        (_("Holidays and exceptional days"), ("holiday_sets", "works_on_holidays", "holidays", "dates")),
    ]
    year = timezone.localdate().year
    days = queries.year_of(hours, year) if hours and not hours.parts else []
    return form_page(
        request, form, template="contracts/hours.html", groups=groups, openings=opened, effects=effects, year=year,
        day_names=queries.day_names(), year_days=days, **page,
    )  # fmt: skip


def _may_manage(request: Request, found: Calendar | None = None) -> bool:
    if not request.actor.can("contracts:manage"):
        return False
    return found is None or found.organisation_id is not None or request.actor.organisations is None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _crumb() -> dict[str, str]:
    return {"label": _("Calendars"), "href": reverse("calendars")}


def _calendar_crumb(found: Calendar) -> dict[str, str]:
    return {"label": local_name(found), "href": reverse("calendar", args=[found.pk])}
