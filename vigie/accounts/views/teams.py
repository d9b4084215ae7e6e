"""Teams, their members, and the list of skills."""

from __future__ import annotations

from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.accounts import access, actions, history, queries
from vigie.accounts.forms import SkillForm, TeamForm
from vigie.accounts.rules import TEAM_FIELDS
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.pages import render

FIELDS = ("name_fr", "name_en", "code", "level", "timezone", "is_active")


@agents("people:view")
@require_safe
def teams(request: Request) -> HttpResponse:
    """Teams and skills of the provider."""
    context = {
        "teams": queries.teams(request.actor),
        "skills": queries.skills(),
        "may_manage": request.actor.can("people:manage"),
    }
    return render(request, "accounts/teams.html", context)


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def team_new(request: Request) -> HttpResponse:
    """A new team."""
    colleagues = queries.colleagues(request.actor)
    form = TeamForm(request.POST or None, colleagues=_choices(colleagues))
    if request.method == "POST":
        made = attempt(form, lambda values: actions.create_team(
            request.actor, values, leads=form.leads(), now=timezone.now()))  # fmt: skip
        if made:
            return redirect("teams")
    return _team_page(
        request, form, title=_("New team"), action=_("Create the team"), colleagues=colleagues, history=[]
    )


@agents("people:view")
@require_http_methods(["GET", "POST"])
def team_edit(request: Request, team_id: int) -> HttpResponse:
    """One team: who is in it, who leads; what it is, for whoever may change it."""
    team = access.seen_team(request.actor, team_id)
    if request.method == "GET" and not request.actor.can("people:manage"):
        return render(
            request, "accounts/team_seen.html", {"team": team, "members": queries.team_people(team_id)}
        )
    colleagues, members = queries.colleagues(request.actor), queries.members_of(request.actor, team_id)
    leads = [one for one, is_lead in members.items() if is_lead]
    initial = {**model_to_dict(team, fields=TEAM_FIELDS), "member": list(members), "lead": leads}
    form = TeamForm(request.POST or None, initial=initial, colleagues=_choices(colleagues))
    if request.method == "POST" and done(
        form,
        lambda values: actions.change_team(
            request.actor, team_id, values, leads=form.leads(), now=timezone.now()
        ),
    ):
        return redirect("teams")
    told = history.told(queries.history_of_subject(request.actor, "accounts.team", team_id))
    return _team_page(
        request, form, title=queries.named(team), action=_("Save"), colleagues=colleagues, history=told
    )


def _team_page(request: Request, form: TeamForm, **page: Any) -> HttpResponse:
    return form_page(
        request, form, template="accounts/team.html", groups=[("", FIELDS)],
        crumbs=[{"label": _("Teams"), "href": reverse("teams")}], members=form.leads(), **page,
    )  # fmt: skip


def _choices(colleagues: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(one["id"], one["name"]) for one in colleagues]


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def skill_new(request: Request) -> HttpResponse:
    """One more skill."""
    form = SkillForm(request.POST or None)
    if request.method == "POST" and done(
        form, lambda values: actions.create_skill(request.actor, now=timezone.now(), **values)
    ):
        return redirect("teams")
    return form_page(
        request, form, title=_("New skill"), crumbs=[{"label": _("Teams"), "href": reverse("teams")}],
        groups=[("", ("name_fr", "name_en"))], action=_("Create the skill"),
    )  # fmt: skip
