"""The on-call calendar of a team, and what changes it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.models import Team
from vigie.contracts.queries.calendars import day_names
from vigie.contracts.rules.instants import epoch, moment, zone_of
from vigie.rota import access, labels
from vigie.rota.actions import on_call as actions
from vigie.rota.forms import CallOutForm, EndForm, RotationForm, SpanForm, SwapForm
from vigie.rota.queries import week as weeks
from vigie.rota.queries.people import members
from vigie.rota.views.frame import beside, crumbs, monday_of
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render

WEEKS = 6
ROTATION = ("rank", "starts_on", "turn_days", "handover_weekday", "handover_at", "people")
SPAN = ("rank", "person", "starts_at", "ends_at", "reason")
SWAP = ("rank", "asker", "other", "starts_at", "ends_at", "back_starts_at", "back_ends_at", "reason")


@agents("rota:view")
@require_safe
def calendar(request: Request, team_id: int) -> HttpResponse:
    """Who is on call, week by week, and why."""
    actor, now = request.actor, timezone.now()
    team = access.one(actor, team_id)
    today = moment(epoch(now), team.timezone).date()
    first = monday_of(request.GET.get("from", ""), today)
    step = dt.timedelta(days=WEEKS * 7)
    with timezone.override(zone_of(team.timezone)):
        context = {
            "on_call": weeks.on_call_calendar(actor, team_id, first, WEEKS, now=now),
            "now": now,
            "earlier": first - step,
            "later": first + step,
            "days": day_names(),
            "may_plan": access.leads(actor, team_id),
            "is_member": team_id in actor.team_ids,
            "ranks": labels.RANK_NAMES,
            "sources": labels.SOURCES,
            "states": labels.SWAP_STATES,
            "crumbs": crumbs(team, {"label": _("On-call")}),
            **beside(actor, "", team_id),
        }
        return render(request, "rota/on_call.html", context)


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def rotation_new(request: Request, team_id: int) -> HttpResponse:
    """People in turn, from a day on."""
    actor, now = request.actor, timezone.now()
    team = access.led(actor, team_id)
    people = members(actor, team_id)
    initial = {
        "starts_on": moment(epoch(now), team.timezone).date() + dt.timedelta(days=1),
        "people": "\n".join(name for _pk, name in people),
    }
    form = RotationForm(request.POST or None, initial=initial, people=people)

    def save(values: dict[str, Any]) -> object:
        return actions.start_rotation(actor, team_id, values.pop("people"), **values, now=now)

    if request.method == "POST" and done(form, save):
        return redirect("rota_on_call", team_id)
    intro = _("It takes the place of the rotation of that rank. Hours of %(zone)s.") % {"zone": team.timezone}
    return form_page(
        request, form, title=_("New rotation"), crumbs=_crumbs(team), groups=[("", ROTATION)],
        action=_("Start the rotation"), intro=intro,
    )  # fmt: skip


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def rotation_end(request: Request, rotation_id: int) -> HttpResponse:
    """The day on which a rotation ends."""
    actor, now = request.actor, timezone.now()
    row = access.rotation(actor, rotation_id)
    access.led(actor, row.team_id)
    form = EndForm(request.POST or None)
    if request.method == "POST" and done(
        form, lambda values: actions.end_rotation(actor, rotation_id, values["ends_on"], now=now)
    ):
        return redirect("rota_on_call", row.team_id)
    return form_page(
        request, form, title=_("End the rotation"), crumbs=_crumbs(row.team), groups=[("", ("ends_on",))],
        action=_("End the rotation"),
    )  # fmt: skip


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def override_new(request: Request, team_id: int) -> HttpResponse:
    """Somebody instead of whoever the rotation says."""
    actor, now = request.actor, timezone.now()
    team = access.led(actor, team_id)
    with timezone.override(zone_of(team.timezone)):
        form = SpanForm(request.POST or None, initial=_span_asked(request), people=members(actor, team_id))

        def save(values: dict[str, Any]) -> object:
            span = (values["starts_at"], values["ends_at"])
            return actions.override(
                actor, team_id, values["person"], span, rank=values["rank"], reason=values["reason"], now=now
            )

        if request.method == "POST" and done(form, save):
            return redirect("rota_on_call", team_id)
        return _span_page(request, form, team, _("New replacement"), _("Replace"), SPAN)


@agents("rota:view")
@require_POST
def override_withdraw(request: Request, override_id: int) -> HttpResponse:
    """The rotation holds again."""
    row = actions.withdraw_override(request.actor, override_id, now=timezone.now())
    return redirect("rota_on_call", row.team_id)


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def swap_new(request: Request, team_id: int) -> HttpResponse:
    """Ask somebody to take a span."""
    actor, now = request.actor, timezone.now()
    team, people = access.one(actor, team_id), members(actor, team_id)
    askers = people if access.leads(actor, team_id) else [one for one in people if one[0] == actor.me]
    with timezone.override(zone_of(team.timezone)):
        initial = {**_span_asked(request), "asker": actor.me}
        form = SwapForm(request.POST or None, initial=initial, people=people, askers=askers)

        def save(values: dict[str, Any]) -> object:
            back = (values["back_starts_at"], values["back_ends_at"])
            return actions.ask_swap(
                actor, team_id, values["other"], (values["starts_at"], values["ends_at"]),
                back if back[0] else None, asker_id=values["asker"], rank=values["rank"], reason=values["reason"], now=now,
            )  # fmt: skip

        if request.method == "POST" and done(form, save):
            messages.success(request, _("Asked. It counts once accepted."))
            return redirect("rota_on_call", team_id)
        return _span_page(request, form, team, _("New swap"), _("Ask for the swap"), SWAP)


@agents("rota:view")
@require_POST
def swap_answer(request: Request, swap_id: int) -> HttpResponse:
    """Accept, refuse or withdraw a swap."""
    now, act = timezone.now(), request.POST.get("act", "")
    if act == "withdraw":
        row = actions.withdraw_swap(request.actor, swap_id, now=now)
    else:
        row = actions.answer_swap(request.actor, swap_id, accept=act == "accept", now=now)
    return redirect("rota_on_call", row.team_id)


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def call_out_new(request: Request, team_id: int) -> HttpResponse:
    """Record that somebody on call was called."""
    actor, now = request.actor, timezone.now()
    team = access.one(actor, team_id)
    people = members(actor, team_id)
    if not access.leads(actor, team_id):
        people = [one for one in people if one[0] == actor.me]
    with timezone.override(zone_of(team.timezone)):
        form = CallOutForm(request.POST or None, initial={"person": actor.me}, people=people)

        def save(values: dict[str, Any]) -> object:
            span = (values["starts_at"], values["ends_at"])
            return actions.record_call_out(actor, team_id, values["person"], span, values["reason"], now=now)

        if request.method == "POST" and done(form, save):
            messages.success(request, _("The call-out is recorded."))
            return redirect("rota_on_call", team_id)
        return _span_page(request, form, team, _("New call-out"), _("Record the call-out"), SPAN[1:])


def _span_page(
    request: Request, form: Any, team: Team, title: str, action: str, names: tuple[str, ...]
) -> HttpResponse:
    return form_page(
        request, form, title=title, crumbs=_crumbs(team), groups=[("", names)], action=action,
        intro=_("Times of the team, %(zone)s.") % {"zone": team.timezone},
    )  # fmt: skip


def _span_asked(request: Request) -> dict[str, Any]:
    """The span that the address proposes: a hole on the calendar, for example."""
    found: dict[str, Any] = {}
    for name, key in (("starts_at", "from"), ("ends_at", "until")):
        try:
            at = dt.datetime.fromisoformat(request.GET.get(key, ""))
        except ValueError:
            continue
        found[name] = at if at.tzinfo else at.replace(tzinfo=timezone.get_current_timezone())
    rank = request.GET.get("rank", "")
    return {**found, "rank": int(rank) if rank in ("1", "2", "3") else 1}


def _crumbs(team: Team) -> list[dict[str, Any]]:
    return crumbs(team, {"label": _("On-call"), "href": url("rota_on_call", team.pk)})
