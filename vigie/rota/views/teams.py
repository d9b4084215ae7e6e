"""Who is open now, the week of a team, gaps ahead, fair load."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from vigie.contracts.rules.instants import epoch, moment
from vigie.rota import access, labels
from vigie.rota.queries import coverage, handover
from vigie.rota.queries import week as weeks
from vigie.rota.queries.load import MONTHS, fair_load
from vigie.rota.queries.people import other_teams
from vigie.rota.views.frame import WEEK, beside, crumbs, monday_of
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render


@agents("rota:view")
@require_safe
def now_open(request: Request) -> HttpResponse:
    """Every team: open or not, until when, who is on, who is on call."""
    actor, now = request.actor, timezone.now()
    context = {
        "rows": weeks.open_now(actor, now=now),
        "waiting": handover.waiting(actor),
        "now": now,
        **beside(actor, "rota"),
    }
    return render(request, "rota/now.html", context)


@agents("rota:view")
@require_safe
def week(request: Request, team_id: int) -> HttpResponse:
    """The plan of a team, week by week."""
    actor, now = request.actor, timezone.now()
    team = access.one(actor, team_id)
    today = moment(epoch(now), team.timezone).date()
    monday = monday_of(request.GET.get("week", ""), today)
    context = {
        "week": weeks.week_of(actor, team_id, monday, (get_language() or "fr")[:2]),
        "today": today,
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "may_plan": access.leads(actor, team_id),
        "may_hand_over": team.pk in actor.team_ids or access.leads(actor, team_id),
        "ranks": labels.RANK_NAMES,
        "weekday": labels.weekday,
        "crumbs": crumbs(team),
        **beside(actor, "", team_id),
    }
    return render(request, "rota/week.html", context)


@agents("rota:view")
@require_safe
def gaps(request: Request) -> HttpResponse:
    """Promised hours with nobody, in the coming 28 days."""
    actor, now = request.actor, timezone.now()
    context = {
        "rows": coverage.gaps_ahead(actor, now=now),
        "most": coverage.MOST,
        "causes": labels.CAUSES,
        "until": now + coverage.AHEAD,
        **beside(actor, "rota_gaps"),
    }
    return render(request, "rota/gaps.html", context)


@agents("rota:view")
@require_safe
def load(request: Request) -> HttpResponse:
    """Who carried how much of a team's on-call."""
    actor, now = request.actor, timezone.now()
    teams = other_teams(actor)
    asked, months = request.GET.get("team", ""), request.GET.get("months", "")
    mine = next((pk for pk, _name in teams if pk in actor.team_ids), teams[0][0] if teams else None)
    team_id = next((pk for pk, _name in teams if str(pk) == asked), mine)
    length = int(months) if months in {str(n) for n in MONTHS} else MONTHS[0]
    context = {
        "teams": teams,
        "team_id": team_id,
        "months": length,
        "lengths": MONTHS,
        "report": fair_load(actor, team_id, length, now=now) if team_id else None,
        "signed": labels.signed,
        "tenth": labels.tenth,
        "sees_all": team_id is not None and access.leads(actor, team_id),
        **beside(actor, "rota_load"),
    }
    return render(request, "rota/load.html", context)
