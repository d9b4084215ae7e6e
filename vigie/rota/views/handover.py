"""The hand-over at the end of a team's day, and notes between teams."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.rota import access, labels
from vigie.rota.actions import handover as actions
from vigie.rota.forms import NoteForm
from vigie.rota.queries import handover as queries
from vigie.rota.queries.people import other_teams
from vigie.rota.views.frame import beside, crumbs
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt
from vigie.toolkit.jinja import spelled
from vigie.toolkit.pages import render

SURE = dt.timedelta(hours=1)  # longer before the end of the day, handing over is asked twice


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def hand_over(request: Request, team_id: int) -> HttpResponse:
    """Tickets of concern, a note drafted from facts, and one act that sends both."""
    actor, now = request.actor, timezone.now()
    end = queries.ending(actor, team_id, now=now)
    found = queries.concerns(actor, end, now=now)
    words = queries.draft(end, found)
    initial = {
        "to_team": end.to_team.pk if end.to_team else None, "body_fr": words["fr"], "body_en": words["en"],
    }  # fmt: skip
    form = NoteForm(request.POST or None, initial=initial, teams=other_teams(actor, team_id))
    told, moved = _ticked(request, found)

    def send(values: dict[str, Any]) -> Any:
        note = actions.Note(values["body_fr"], values["body_en"], told, frozenset(moved))
        return actions.hand_over(actor, team_id, values["to_team"], note, now=now)

    early = end.is_open and end.ends_at - now > SURE and "sure" not in request.POST
    asked = request.method == "POST" and early and form.is_valid()
    sent = attempt(form, send) if request.method == "POST" and not asked else None
    if sent is not None:
        messages.success(request, _("Handed over. The next team is told."))
        return redirect("rota_note", sent.pk)
    context = {
        "end": end, "found": found, "form": form, "told": told, "moved": moved, "reasons": labels.REASONS, "tones": labels.TONES,
        "asked": _given(len(moved)) if asked else "",
        "left": spelled(int((end.ends_at - now).total_seconds())), "most": queries.MOST, "now": now,
        "may_send": team_id in actor.team_ids or access.leads(actor, team_id),
        "crumbs": crumbs(end.team, {"label": _("Hand-over")}), **beside(actor, "", team_id),
    }  # fmt: skip
    return render(request, "rota/hand_over.html", context, status=422 if form.errors or asked else 200)


def _given(moved: int) -> str:
    """How many tickets go at once."""
    return ngettext(
        "%(n)s ticket goes to the next team at once.", "%(n)s tickets go to the next team at once.", moved
    ) % {"n": moved}


def _ticked(request: Request, found: list[queries.Concern]) -> tuple[dict[int, str], set[int]]:
    """Tickets told of with their comments, and those to give: before anything was sent, all that leave or run out."""
    if request.method != "POST":
        return (
            {one.ticket.pk: "" for one in found},
            {one.ticket.pk for one in found if {"late", "before", "due", "leaving"} & set(one.reasons)},
        )
    told, moved = set(request.POST.getlist("told")), set(request.POST.getlist("moved"))
    ids = [one.ticket.pk for one in found]
    return (
        {
            pk: request.POST.get(f"comment-{pk}", "")[:500]
            for pk in ids
            if str(pk) in told or str(pk) in moved
        },
        {pk for pk in ids if str(pk) in moved},
    )


@agents("rota:view")
@require_safe
def notes(request: Request) -> HttpResponse:
    """Notes between teams, newest first."""
    page = queries.notes_page(request.actor, cursor=request.GET.get("page"))
    return render(request, "rota/notes.html", {"found": page, **beside(request.actor, "rota_notes")})


@agents("rota:view")
@require_http_methods(["GET", "POST"])
def note(request: Request, note_id: int) -> HttpResponse:
    """One note; a POST acknowledges it."""
    actor, now = request.actor, timezone.now()
    if request.method == "POST":
        actions.acknowledge(actor, note_id, now=now)
        messages.success(request, _("Acknowledged."))
        return redirect("rota_note", note_id)
    row = access.handover(actor, note_id)
    lines = queries.lines_of(actor, row)
    given = sum(line["moved"] for line in lines)
    context = {
        "note": row,
        "lines": lines,
        "given": ngettext("%(n)s ticket given", "%(n)s tickets given", given) % {"n": given},
        "reasons": labels.REASONS,
        "tones": labels.TONES,
        "body": row.body_en if (get_language() or "fr").startswith("en") else row.body_fr,
        "may_acknowledge": row.acknowledged_at is None
        and row.author_id != actor.person_id
        and actions.receives(actor, row),
        **beside(actor, "rota_notes"),
    }
    return render(request, "rota/note.html", context)
