"""Pages for whoever runs the installation."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.utils.translation import pgettext as p
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.operations.actions import jobs as deciding
from vigie.operations.forms import DiscardForm
from vigie.operations.labels import STATES, job_name
from vigie.operations.queries import jobs as queue
from vigie.operations.queries.figures import SHOWN
from vigie.operations.queries.status import status as whole_status
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.pages import render


@agents("operations:view")
@require_safe
def status(request: Request) -> HttpResponse:
    """Is all well, and since when not?"""
    return render(request, "operations/status.html", whole_status(request.actor, timezone.now()))


@agents("operations:view")
@require_safe
def jobs(request: Request) -> HttpResponse:
    """Jobs that failed, wait or run."""
    asked, name = request.GET.get("state", ""), request.GET.get("name", "")[:128]
    state = asked if asked in SHOWN else "failed"
    actor = request.actor
    page = queue.page(actor, state, name, request.GET.get("cursor"))
    kept = urlencode({"state": state, "name": name})
    context = {
        "rows": page.rows,
        "previous": page.previous and f"?{kept}&cursor={page.previous}",
        "next": page.next and f"?{kept}&cursor={page.next}",
        "counts": queue.counts(actor),
        "names": queue.names(actor, state),
        "state": state,
        "states": STATES,
        "name": name,
        "name_words": job_name(name),
        "may_run": actor.can("operations:run"),
    }
    return render(request, "operations/jobs.html", context)


@agents("operations:view")
@require_safe
def job(request: Request, job_id: int) -> HttpResponse:
    """One job and what happened to it."""
    context = {"job": queue.one(request.actor, job_id), "may_run": request.actor.can("operations:run")}
    return render(request, "operations/job.html", context)


@agents("operations:run", answers="redirect")
@require_POST
def job_replay(request: Request, job_id: int) -> HttpResponse:
    """Run a failed job again."""
    deciding.replay(request.actor, job_id, now=timezone.now())
    messages.success(request, _("The job is queued again."))
    return redirect("jobs")


@agents("operations:run", answers="redirect")
@require_POST
def jobs_replay(request: Request) -> HttpResponse:
    """Run all failed jobs of a name again."""
    number = deciding.replay_all(request.actor, request.POST.get("name", "")[:128], now=timezone.now())
    said = ngettext("%(num)s job is queued again.", "%(num)s jobs are queued again.", number)
    messages.info(request, said % {"num": number})
    return redirect("jobs")


@agents("operations:run")
@require_http_methods(["GET", "POST"])
def job_discard(request: Request, job_id: int) -> HttpResponse:
    """Give a failed job up, and say why."""
    form = DiscardForm(request.POST or None)
    sent = request.method == "POST"
    if sent and done(form, lambda values: _discarded(request, job_id, values["reason"])):
        messages.success(request, _("The job is discarded."))
        return redirect("jobs")
    found = queue.one(request.actor, job_id)
    crumbs = [
        {"label": p("menu", "Settings"), "href": reverse("administration")},
        {"label": _("Background jobs"), "href": reverse("jobs")},
        {"label": found["words"], "href": reverse("job", args=[job_id])},
    ]
    return form_page(
        request, form, title=_("Discard the job"), crumbs=crumbs, groups=[("", ["reason"])], action=_("Discard"),
        intro=_("What it was to do is not done, and will not be tried again. The reason stays in the journal."),
    )  # fmt: skip


def _discarded(request: Request, job_id: int, reason: str) -> bool:
    deciding.discard(request.actor, job_id, reason, now=timezone.now())
    return True
