"""Exclusions: asked on a missed promise, decided by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.accounts.queries import holders
from vigie.compliance import access, labels
from vigie.compliance.actions import exclusions as actions
from vigie.compliance.forms import exclusions as forms
from vigie.compliance.models import Exclusion
from vigie.compliance.queries import exclusions as queries
from vigie.contracts.labels import KINDS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound
from vigie.tickets.models import Attachment
from vigie.tickets.queries.corrected import waiting_corrections
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render


@agents("compliance:view")
@require_safe
def exclusions(request: Request) -> HttpResponse:
    """Those in sight; first of all those that wait for a decision."""
    state = request.GET.get("state", Exclusion.State.ASKED)
    context = {
        "found": queries.exclusions_page(request.actor, state=state, cursor=request.GET.get("page")),
        "state": state, "states": labels.EXCLUSION_STATES, "categories": labels.EXCLUSION_KINDS, "kinds": KINDS,
        "natures": labels.NATURES, "corrections": waiting_corrections(request.actor),
    }  # fmt: skip
    return render(request, "compliance/exclusions.html", context)


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def exclusion_new(request: Request, clock_id: int) -> HttpResponse:
    """Ask that a missed promise be left out of the rate."""
    actor = request.actor
    clock = actions.clock_to_exclude(actor, clock_id)
    files = Attachment.objects.filter(ticket_id=clock.ticket_id).order_by("pk")
    form = forms.ExclusionForm(request.POST or None, attachments=files)
    crumb = {"label": clock.ticket.reference, "href": url("ticket", clock.ticket_id)}

    def ask(plea: actions.Plea) -> Exclusion:
        return actions.ask(actor, clock_id, plea, now=timezone.now())

    return _asking(request, form, ask, crumb, ("kind", "reason", "evidence", "attachment"))


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def exclusion_new_record(request: Request, nature: str, record_id: int) -> HttpResponse:
    """Ask that an outage or a late delivery be left out of the measure."""
    actor = request.actor
    if nature not in ("outage", "delivery"):
        raise NotFound()
    subject = actions.record_to_exclude(actor, nature, record_id)
    form = forms.ExclusionForm(request.POST or None)
    thing = subject.outage or subject.delivery
    crumb = {"label": thing.title if thing else "", "href": _record_url(subject)}

    def ask(plea: actions.Plea) -> Exclusion:
        return actions.ask_about(actor, subject, plea, now=timezone.now())

    return _asking(request, form, ask, crumb, ("kind", "reason", "evidence"))


def _record_url(subject: actions.Subject) -> str:
    if subject.outage is not None:
        return url("outage", subject.organisation_id, subject.outage.pk)
    assert subject.delivery is not None
    return url("delivery", subject.delivery.contract_id, subject.delivery.pk)


def _asking(
    request: Request,
    form: forms.ExclusionForm,
    ask: Callable[[actions.Plea], Exclusion],
    crumb: dict[str, str],
    names: tuple[str, ...],
) -> HttpResponse:
    if request.method == "POST":
        made = attempt(form, lambda values: ask(form.plea()))
        if made is not None:
            return redirect("exclusion", made.pk)
    return form_page(
        request, form, title=_("Ask for an exclusion"), crumbs=[_crumb(), crumb], action=_("Ask"), groups=[("", names)],
        intro=_("What is excluded is shown apart, neither met nor missed. Until somebody else agrees, it counts as missed."),
    )  # fmt: skip


@agents("compliance:view")
@require_http_methods(["GET", "POST"])
def exclusion(request: Request, exclusion_id: int) -> HttpResponse:
    """One exclusion; whoever may decide does so here."""
    actor = request.actor
    found = access.one_exclusion(actor, exclusion_id)
    may_decide = (
        actor.can("compliance:approve")
        and found.state == Exclusion.State.ASKED
        and found.asked_by_id != actor.person_id
    )
    form = forms.DecisionForm(request.POST or None)
    reference, title = labels.exclusion_subject(found)
    if request.method == "POST":
        if not actor.can("compliance:approve"):
            raise NotAllowed("access.not_granted", grant="compliance:approve")
        if _decided(request, form, exclusion_id):
            return redirect("exclusion", exclusion_id)
    context: dict[str, Any] = {
        "exclusion": found, "form": form, "may_decide": may_decide, "states": labels.EXCLUSION_STATES, "kinds": KINDS,
        "crumbs": [_crumb(), {"label": reference}], "title": title, "reference": reference,
        "why_not": _why_not(actor, found) if found.state == Exclusion.State.ASKED and not may_decide else "",
    }  # fmt: skip
    return render(request, "compliance/exclusion.html", context, status=422 if form.errors else 200)


def _why_not(actor: Actor, found: Exclusion) -> str:
    """Why the reader does not decide."""
    if found.asked_by_id == actor.person_id:
        words = _(
            "Until then the promise counts as missed. You asked for it: the client’s manager or somebody else decides."
        )
    else:
        words = _("Until then the promise counts as missed. Your role does not decide on exclusions.")
    names = [
        name
        for pk, name in holders("compliance:approve", found.organisation_id).items()
        if pk != found.asked_by_id
    ]
    more = (
        _("May decide: %(names)s.")
        if names
        else _("On our side nobody else may: the client’s manager decides.")
    )
    return f"{words} {more % {'names': ', '.join(names)}}"


def _decided(request: Request, form: forms.DecisionForm, exclusion_id: int) -> bool:
    approved = request.POST.get("verdict") == "approve"
    return done(
        form,
        lambda values: actions.decide(
            request.actor, exclusion_id, approved=approved, grounds=values["decision"], now=timezone.now()
        ),
    )


def _crumb() -> dict[str, str]:
    return {"label": _("Exclusions"), "href": url("exclusions")}
