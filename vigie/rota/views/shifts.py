"""Setting up a team's shifts: its place, its hours, who works them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.models import Team
from vigie.contracts.queries.calendars import day_names, summary
from vigie.contracts.rules.instants import epoch, moment
from vigie.rota import access
from vigie.rota.actions import shifts as actions
from vigie.rota.forms import DayForm, HubForm, PatternForm, PlaceForm
from vigie.rota.queries import setup
from vigie.rota.queries.people import members, other_teams
from vigie.rota.queries.plan import pattern_rule
from vigie.rota.views.frame import beside, crumbs
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render

NAMES = ("name_fr", "name_en", "people_needed", "works_on_holidays")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@agents("rota:view")
@require_safe
def shifts(request: Request, team_id: int) -> HttpResponse:
    """Shifts of a team and who works them, now and to come."""
    actor, now = request.actor, timezone.now()
    team = access.one(actor, team_id)
    today = _today(team, now)
    patterns = setup.patterns_of(actor, team_id, today=today)
    context = {
        "team": team,
        "hub": setup.hub_of(actor, team_id),
        "patterns": patterns,
        "words": {row.pk: summary(pattern_rule(row, team.timezone, None).calendar) for row in patterns},
        "changes": setup.changes_of(actor, team_id, today=today),
        "days": [name.capitalize() for name in day_names("abbreviated")],
        "today": today,
        "may_plan": access.leads(actor, team_id),
        "crumbs": crumbs(team, {"label": _("Shifts")}),
        **beside(actor, "", team_id),
    }
    return render(request, "rota/shifts.html", context)


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def hub(request: Request, team_id: int) -> HttpResponse:
    """Holidays of the team's place, and the next team."""
    actor, now = request.actor, timezone.now()
    team = access.led(actor, team_id)
    row = setup.hub_of(actor, team_id)
    initial = {
        "holiday_sets": ", ".join(row.holiday_sets) if row else "",
        "next_team": row.next_team_id if row else None,
    }
    form = HubForm(request.POST or None, initial=initial, teams=other_teams(actor, team_id))
    if request.method == "POST" and done(
        form, lambda values: actions.set_hub(actor, team_id, form.sets(), values["next_team"], now=now)
    ):
        return redirect("rota_shifts", team_id)
    return form_page(
        request, form, title=_("Place of the team"), crumbs=_crumbs(team), groups=[("", ("holiday_sets", "next_team"))],
        action=_("Save"),
    )  # fmt: skip


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def pattern(request: Request, team_id: int, pattern_id: int | None = None) -> HttpResponse:
    """A new shift of a team, or another from a day on."""
    actor, now = request.actor, timezone.now()
    team = access.led(actor, team_id)
    row = access.pattern(actor, pattern_id) if pattern_id else None
    initial: dict[str, Any] = {"valid_from": _today(team, now) + dt.timedelta(days=1)}
    if row is not None:
        initial |= {**{name: getattr(row, name) for name in NAMES}, "valid_until": row.valid_until}
        initial |= {code: setup.hours_words(row.hours.get(code, [])) for code in DAYS}
    form = PatternForm(request.POST or None, initial=initial)

    def save(values: dict[str, Any]) -> object:
        if row is None:
            return actions.add_pattern(actor, team_id, values, now=now)
        return actions.change_pattern(actor, row.pk, values, now=now)

    if request.method == "POST" and done(form, save):
        return redirect("rota_shifts", team_id)
    groups = [
        ("", NAMES),
        (_("Hours, in %(zone)s") % {"zone": team.timezone}, DAYS),
        (_("When"), ("valid_from", "valid_until")),
    ]
    return form_page(
        request, form, title=_("Change the shift") if row else _("New shift"), crumbs=_crumbs(team), groups=groups,
        action=_("Save"),
    )  # fmt: skip


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def place_new(request: Request, pattern_id: int) -> HttpResponse:
    """Put somebody on a shift."""
    actor, now = request.actor, timezone.now()
    row = access.pattern(actor, pattern_id)
    team = access.led(actor, row.team_id)
    initial = {"valid_from": max(_today(team, now), row.valid_from), "weekdays": list(range(5))}
    form = PlaceForm(request.POST or None, initial=initial, people=members(actor, team.pk))

    def save(values: dict[str, Any]) -> object:
        return actions.place(
            actor,
            pattern_id,
            values["person"],
            values["weekdays"],
            values["valid_from"],
            values["valid_until"],
            now=now,
        )

    if request.method == "POST" and done(form, save):
        return redirect("rota_shifts", team.pk)
    return form_page(
        request, form, title=_("Put somebody on the shift"), crumbs=_crumbs(team),
        groups=[("", ("person", "weekdays", "valid_from", "valid_until"))], action=_("Put on the shift"),
    )  # fmt: skip


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def day_new(request: Request, pattern_id: int) -> HttpResponse:
    """A day that is other than the week says."""
    actor, now = request.actor, timezone.now()
    row = access.pattern(actor, pattern_id)
    team = access.led(actor, row.team_id)
    form = DayForm(request.POST or None, initial={"day": _today(team, now)}, people=members(actor, team.pk))

    def save(values: dict[str, Any]) -> object:
        return actions.change_day(
            actor, pattern_id, values["person"], values["day"], values["kind"], values["reason"], now=now
        )

    if request.method == "POST" and done(form, save):
        return redirect("rota_shifts", team.pk)
    return form_page(
        request, form, title=_("Change one day"), crumbs=_crumbs(team),
        groups=[("", ("person", "day", "kind", "reason"))], action=_("Save"),
    )  # fmt: skip


@agents("rota:view")
@require_POST
def place_end(request: Request, place_id: int) -> HttpResponse:
    """From tomorrow on the person no longer works this shift."""
    now = timezone.now()
    row = setup.place_of(request.actor, place_id)
    tomorrow = _today(row.pattern.team, now) + dt.timedelta(days=1)
    actions.end_place(request.actor, place_id, tomorrow, now=now)
    return redirect("rota_shifts", row.pattern.team_id)


def _today(team: Team, now: dt.datetime) -> dt.date:
    return moment(epoch(now), team.timezone).date()


def _crumbs(team: Team) -> list[dict[str, Any]]:
    return crumbs(team, {"label": _("Shifts"), "href": url("rota_shifts", team.pk)})
