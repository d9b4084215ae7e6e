"""The same act on several tickets: first what will change, then what was done and what was refused."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from vigie.kernel.refusal import Refusal
from vigie.tickets.actions import bulk
from vigie.tickets.actions.lifecycle import DUPLICATE, Given
from vigie.tickets.queries import choices
from vigie.tickets.queries.bulk import Plan, Planned, plan
from vigie.tickets.queries.filtering import agents_in_sight
from vigie.tickets.views import words
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import CANCEL_REASONS, PENDING_REASONS, RESOLUTIONS, STATES, STEPS, label

ACTS = ("assign", "take", "step")
NONE = "none"
"""The choice that takes the team or the person away; an empty one keeps what each ticket has."""


def _id(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 16 else None


def _wanted(text: str) -> bulk.Wanted:
    if text == NONE:
        return None
    return pk if (pk := _id(text)) else bulk.KEEP


def _picked(values: list[str]) -> list[int]:
    return [pk for value in values if (pk := _id(value))]


@agents("tickets:work", answers="fragment")
def bulk_act(request: Request) -> HttpResponse:
    """GET shows what the act would change; POST does it and reports, row by row."""
    given = request.POST if request.method == "POST" else request.GET
    act = given.get("act", "") if given.get("act") in ACTS else "assign"
    verb = given.get("verb", "")[:20]
    picked = _picked(given.getlist("pick"))
    if request.method != "POST":
        return _form(request, act, verb, picked)
    try:
        report = _do(request, act, verb, picked)
    except Refusal as refusal:
        return _form(request, act, verb, picked, error=refusal)
    return render(request, "tickets/_queue_bulk_done.html", {"report": report})


def _do(request: Request, act: str, verb: str, picked: list[int]) -> bulk.Report:
    posted, now = request.POST, timezone.now()
    if not picked:
        raise Refusal("tickets.none_chosen")
    if act == "take":
        return bulk.take_many(request.actor, picked, now=now)
    if act == "assign":
        team, assignee = _wanted(posted.get("team", "")), _wanted(posted.get("assignee", ""))
        if team is bulk.KEEP and assignee is bulk.KEEP:
            raise Refusal("tickets.nobody_chosen", field="team")
        return bulk.assign_many(request.actor, picked, team_id=team, assignee_id=assignee, now=now)
    given = Given(
        pending_reason=posted.get("pending_reason", ""),
        resolution_code=posted.get("resolution", ""),
        reason=posted.get("reason", ""),
        text=posted.get("text", ""),
        is_html=False,
        submission=posted.get("submission", "")[:64],
    )
    return bulk.step_many(request.actor, picked, verb, given, now=now)


def _form(
    request: Request, act: str, verb: str, picked: list[int], *, error: Refusal | None = None
) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    planned = plan(request.actor, picked, verb)
    teams: dict[int, str] = {}
    colleagues: dict[int, str] = {}
    if act in ("assign", "take"):
        teams = dict(choices.teams(request.actor, [row.team_id for row in planned.rows]))
        colleagues = dict(agents_in_sight(request.actor))
    team, person = _wanted(given.get("team", "")), _wanted(given.get("assignee", ""))
    if act == "take":
        team, person = bulk.KEEP, request.actor.me
        colleagues[person] = request.actor.name
    values: dict[str, Any] = {
        "act": act,
        "verb": verb,
        "plan": planned,
        "rows": _rows(planned),
        "moves": [_moves(row, team, person, teams, colleagues) for row in planned.rows],
        "steps": [(code, label(STEPS, code), count) for code, count in planned.steps],
        "verb_word": label(STEPS, verb),
        "teams": [(str(pk), name) for pk, name in teams.items()],
        "colleagues": [(str(pk), name) for pk, name in colleagues.items()],
        "pending_reasons": [(c, label(PENDING_REASONS, c)) for c in planned.pending_reasons],
        "resolutions": [(c, label(RESOLUTIONS, c)) for c in planned.resolution_codes if c != DUPLICATE],
        "cancel_reasons": [(c, label(CANCEL_REASONS, c)) for c in planned.cancel_reasons if c != DUPLICATE],
        "typed": {
            k: given.get(k, "")
            for k in ("team", "assignee", "pending_reason", "resolution", "reason", "text")
        },
        "error": sentence(error) if error else "",
    }
    return render(request, "tickets/_queue_bulk.html", values, status=error.status if error else 200)


def _moves(
    row: Planned,
    team: bulk.Wanted,
    person: bulk.Wanted,
    teams: dict[int, str],
    colleagues: dict[int, str],
) -> list[tuple[str, str]]:
    """(before, after) of the team and the person of one ticket; ``after`` is empty where nothing changes."""
    nobody, no_team = _("Nobody"), _("No team")
    team_now = teams.get(row.team_id or 0, no_team)
    person_now = row.assignee or nobody
    team_then = team_now if team is bulk.KEEP else teams.get(team or 0, no_team)
    person_then = person_now if person is bulk.KEEP else colleagues.get(person or 0, nobody)
    pairs = [(team_now, team_then), (person_now, person_then)]
    return [(before, after if after != before else "") for before, after in pairs]


def _rows(planned: Plan) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "reference": row.reference,
            "title": row.title,
            "state": label(STATES, row.state),
            "shape": words.shape(row.state, row.phase),
            "target": label(STATES, row.target) if row.target else "",
            "is_closed": row.is_closed,
        }
        for row in planned.rows
    ]
