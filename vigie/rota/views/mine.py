"""One's own plan, absences, and the address where a calendar program reads it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.rota import labels
from vigie.rota.actions import absences, addresses
from vigie.rota.forms import AbsenceForm
from vigie.rota.queries import mine as queries
from vigie.rota.queries.feed import feed_of
from vigie.rota.queries.people import led_people
from vigie.rota.views.frame import beside, crumbs
from vigie.toolkit.entry import Request, agents, anyone
from vigie.toolkit.forms import attempt, form_page
from vigie.toolkit.jinja import local_name, url, when
from vigie.toolkit.pages import missing, render

AHEAD = dt.timedelta(days=28)


@agents("rota:view")
@require_safe
def mine(request: Request) -> HttpResponse:
    """What I work in the coming four weeks, my absences, swaps that concern me."""
    return _mine(request)


def _mine(request: Request, address: str = "") -> HttpResponse:
    actor, now = request.actor, timezone.now()
    context = {
        "turns": queries.plan_of(actor.me, now, now + AHEAD),
        "absences": queries.absences_of(actor, since=now),
        "swaps": queries.swaps_of(actor, now=now),
        "known": queries.address_of(actor),
        "address": address,
        "kinds": labels.ABSENCE_KINDS,
        "ranks": labels.RANK_NAMES,
        "states": labels.SWAP_STATES,
        **beside(actor, "rota_mine"),
    }
    return render(request, "rota/mine.html", context)


@agents("rota:view")
@require_POST
def address(request: Request) -> HttpResponse:
    """Give out a new secret address (shown this once), or revoke the one there is."""
    now = timezone.now()
    if request.POST.get("act") == "revoke":
        if addresses.revoke_address(request.actor, now=now):
            messages.success(request, _("The address answers no more."))
        return redirect("rota_mine")
    token = addresses.give_address(request.actor, now=now)
    return _mine(request, request.build_absolute_uri(reverse("rota_feed", args=[token])))


@anyone(answers="file")
@require_safe
def feed(request: Any, token: str) -> HttpResponse:
    """The plan of whoever gave out this address; an address that answers no more is not found.

    A calendar program brings no session. Whoever is signed in for a client is behind the wall, where no plan is read.
    """
    visitor = getattr(request, "actor", None)
    text = None if visitor is not None and visitor.is_client else feed_of(token, now=timezone.now())
    if text is None:
        return missing(request)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'inline; filename="vigie.ics"'
    return answer


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def absence_new(request: Request) -> HttpResponse:
    """Record an absence; what it leaves open is said."""
    actor, now = request.actor, timezone.now()
    people = led_people(actor)
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    asked = request.GET.get("person", "")
    initial = {
        "person": int(asked) if asked.isdigit() and len(asked) < 10 else actor.me,
        "starts_at": day, "ends_at": day + dt.timedelta(days=1),
    }  # fmt: skip
    form = AbsenceForm(request.POST or None, initial=initial, people=people)

    def save(values: dict[str, Any]) -> absences.Recorded:
        return absences.record_absence(
            actor,
            values["person"],
            values["kind"],
            values["starts_at"],
            values["ends_at"],
            values["note"],
            now=now,
        )

    recorded = attempt(form, save) if request.method == "POST" else None
    if recorded is not None:
        _say(request, recorded)
        return redirect("rota_mine")
    return form_page(
        request, form, title=_("New absence"), crumbs=crumbs(None, {"label": _("My shifts"), "href": url("rota_mine")}),
        groups=[("", ("person", "kind", "starts_at", "ends_at", "note"))], action=_("Record the absence"),
        intro=_("Times of your zone, %(zone)s.") % {"zone": timezone.get_current_timezone_name()},
    )  # fmt: skip


def _say(request: Request, recorded: absences.Recorded) -> None:
    messages.success(request, _("The absence is recorded."))
    for turn in recorded.open_turns[:5]:
        text = _("Nobody is on call for %(team)s from %(start)s to %(end)s until somebody covers it.")
        words = {"team": local_name(turn.team), "start": when(turn.start), "end": when(turn.end)}
        messages.warning(request, text % words)


@agents("rota:view")
@require_POST
def absence_withdraw(request: Request, absence_id: int) -> HttpResponse:
    """It does not take place after all."""
    absences.withdraw_absence(request.actor, absence_id, now=timezone.now())
    return redirect("rota_mine")
