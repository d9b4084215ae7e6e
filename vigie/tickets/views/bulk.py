"""The same act on several tickets: first what will change, then what was done and what was refused."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from vigie.kernel.refusal import Refusal
from vigie.tickets.actions import bulk
from vigie.tickets.actions.lifecycle import DUPLICATE, Given
from vigie.tickets.queries import choices
from vigie.tickets.queries.bulk import Plan, plan
from vigie.tickets.queries.filtering import agents_in_sight
from vigie.tickets.views import words
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import CANCEL_REASONS, PENDING_REASONS, RESOLUTIONS, STATES, STEPS, label

ACTS = ("assign", "take", "step")


def _id(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 16 else None


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
        team, assignee = _id(posted.get("team", "")), _id(posted.get("assignee", ""))
        if team is None and assignee is None:
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
    planned = plan(request.actor, picked, verb)
    teams: list[tuple[str, str]] = []
    colleagues: list[tuple[str, str]] = []
    names: dict[int, str] = {}
    if act == "assign":
        names = dict(choices.teams(request.actor, [row.team_id for row in planned.rows]))
        teams = [(str(pk), name) for pk, name in names.items()]
        colleagues = [(str(pk), name) for pk, name in agents_in_sight(request.actor)]
    values: dict[str, Any] = {
        "act": act,
        "verb": verb,
        "plan": planned,
        "rows": _rows(planned, names),
        "steps": [(code, label(STEPS, code), count) for code, count in planned.steps],
        "verb_word": label(STEPS, verb),
        "teams": teams,
        "colleagues": colleagues,
        "pending_reasons": [(c, label(PENDING_REASONS, c)) for c in planned.pending_reasons],
        "resolutions": [(c, label(RESOLUTIONS, c)) for c in planned.resolution_codes if c != DUPLICATE],
        "cancel_reasons": [(c, label(CANCEL_REASONS, c)) for c in planned.cancel_reasons if c != DUPLICATE],
        "typed": {
            k: request.POST.get(k, "")
            for k in ("team", "assignee", "pending_reason", "resolution", "reason", "text")
        },
        "error": sentence(error) if error else "",
    }
    return render(request, "tickets/_queue_bulk.html", values, status=error.status if error else 200)


def _rows(planned: Plan, teams: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "reference": row.reference,
            "title": row.title,
            "state": label(STATES, row.state),
            "shape": words.shape(row.state, row.phase),
            "target": label(STATES, row.target) if row.target else "",
            "assignee": row.assignee or teams.get(row.team_id or 0, ""),
            "is_closed": row.is_closed,
        }
        for row in planned.rows
    ]
