"""Pages of workflows: versions of each type, a life drawn, and the publication of a new version."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, form_page
from vigie.toolkit.pages import render
from vigie.workflow import actions, labels, queries
from vigie.workflow.drawing import draw
from vigie.workflow.forms import DELAYS, WorkflowForm, workflow_initial


def _names() -> dict[str, Any]:
    return {
        "types": labels.TYPES, "states": labels.STATES, "verbs": labels.STEPS, "phases": labels.PHASES, "who": labels.WHO,
        "needs": labels.NEEDS, "pending": labels.PENDING_REASONS, "resolutions": labels.RESOLUTIONS,
        "cancels": labels.CANCEL_REASONS, "word": labels.label,
    }  # fmt: skip


@agents("workflow:view")
@require_safe
def workflows(request: Request) -> HttpResponse:
    """Each type of ticket with its versions, the newest first."""
    return render(request, "workflow/workflows.html", {"groups": queries.versions_by_type(), **_names()})


@agents("workflow:view")
@require_safe
def workflow(request: Request, version_id: int) -> HttpResponse:
    """The life of a ticket under one version: drawing, steps, codes, delays."""
    found = queries.one_version(version_id)
    machine = queries.machine_of(version_id)
    context = {"version": found, "machine": machine, "drawing": draw(machine), **_names()}
    context["may_publish"] = found["current"] and request.actor.can("workflow:manage")
    return render(request, "workflow/workflow.html", context)


@agents("workflow:manage")
@require_http_methods(["GET", "POST"])
def workflow_publish(request: Request, version_id: int) -> HttpResponse:
    """Publish a new version from the one in force. Tickets already open keep theirs."""
    found = queries.one_version(version_id)
    machine = queries.machine_of(version_id)
    form = WorkflowForm(request.POST or None, initial=workflow_initial(machine), machine=machine)
    if request.method == "POST":
        made = attempt(
            form,
            lambda values: actions.publish_edit(request.actor, version_id, form.edit(), now=timezone.now()),
        )
        if made:
            return redirect("workflow", made.pk)
    name = labels.label(labels.TYPES, found["ticket_type"])
    here = _("%(type)s, version %(n)s") % {"type": name, "n": found["version"]}
    return form_page(
        request, form, title=_("New version"), action=_("Publish version %(n)s") % {"n": found["version"] + 1},
        crumbs=[{"label": _("Workflows"), "href": reverse("workflows")},
                {"label": here, "href": reverse("workflow", args=[version_id])}],
        groups=[(_("Delays"), DELAYS), (_("Codes"), ("pending_reasons", "resolution_codes", "cancel_reasons"))],
        template="workflow/publish.html", **_names(),
        intro=_("Tickets already open keep the version they were opened under; new ones get this one. States and steps stay as they are."),
    )  # fmt: skip
