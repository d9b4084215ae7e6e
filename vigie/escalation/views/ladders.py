"""Ladders: the list, one drawn as a time line, its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.history import told_about
from vigie.contracts.models import Contract
from vigie.escalation import access, forms, labels
from vigie.escalation.actions import ladders as actions
from vigie.escalation.models import Ladder, Step
from vigie.escalation.queries import ladders as queries
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import local_name, url
from vigie.toolkit.pages import render

WIDTH, LINE, MARGIN = 520, 34, 34


def contract_part(request: HttpRequest, *, contract: Contract) -> str:
    """Markup for the contract's page: the ladders that its tickets may climb."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("escalation:view"):
        return ""
    rows = [
        (row, labels.owner_words(row), labels.scope_words(row))
        for row in queries.ladders_for(actor, contract)
    ]
    context = {"rows": rows, "contract": contract, "may_manage": actor.can("escalation:manage")}
    return render_to_string("escalation/_contract.html", context, request)


@dataclass(frozen=True, slots=True)
class Dot:
    """A step on the time line: its number, its place in the drawing, its words."""

    number: int
    step: Step
    x: int
    when: str
    who: str
    answer: str
    late: bool


@agents("escalation:view")
@require_safe
def ladders(request: Request) -> HttpResponse:
    """Every ladder in sight, by owner."""
    rows = [(row, labels.owner_words(row), labels.scope_words(row)) for row in queries.ladders(request.actor)]
    return render(
        request,
        "escalation/ladders.html",
        {"rows": rows, "may_manage": request.actor.can("escalation:manage")},
    )


@agents("escalation:view")
@require_safe
def ladder(request: Request, ladder_id: int) -> HttpResponse:
    """One ladder: its steps on a time line."""
    found = access.one(request.actor, ladder_id)
    steps = queries.steps_of(found)
    dots, breach = drawn(steps)
    context = {
        "ladder": found, "dots": dots, "breach": breach, "width": WIDTH, "line": LINE, "owner": labels.owner_words(found),
        "scope": labels.scope_words(found), "may_manage": _may_change(request.actor, found), "crumbs": _crumbs(found),
        "history": told_about(
            {"escalation.ladder": [found.pk], "escalation.step": [step.pk for step in steps]},
            {"escalation.step": pgettext("escalation", "Step")},
        ),
    }  # fmt: skip
    return render(request, "escalation/ladder.html", context)


def drawn(steps: list[Step]) -> tuple[list[Dot], int]:
    """Where each step goes on the line, in order, and the breach between those before and those after it."""
    early = sum(_is_early(step) for step in steps)
    slots = len(steps) + 2
    places = [n + 1 if n < early else n + 2 for n in range(len(steps))]
    gap = (WIDTH - 2 * MARGIN) // max(slots - 1, 1)
    dots = [
        Dot(
            n, step, MARGIN + place * gap, labels.point_words(step), labels.who_words(step), labels.answer_words(step),
            not _is_early(step),
        )
        for n, (step, place) in enumerate(zip(steps, places, strict=True), 1)
    ]  # fmt: skip
    return dots, MARGIN + (early + 1) * gap


def _is_early(step: Step) -> bool:
    return step.value < (100 if step.unit == Step.Unit.PERCENT else 0)


def _may_change(actor: Actor, ladder: Ladder) -> bool:
    return actor.can("escalation:manage") and (
        ladder.organisation_id is not None or actor.organisations is None
    )


def _crumbs(ladder: Ladder | None = None) -> list[dict[str, Any]]:
    crumbs = [{"label": _("Ladders of escalation"), "href": url("ladders")}]
    if ladder is not None:
        crumbs.append({"label": local_name(ladder), "href": url("ladder", ladder.pk)})
    return crumbs


# -- forms -----------------------------------------------------------------------------------------------------------


@agents("escalation:manage")
@require_http_methods(["GET", "POST"])
def ladder_new(request: Request) -> HttpResponse:
    """A new ladder, of a contract given in the address or chosen."""
    initial = {"contract": request.GET.get("contract", ""), "is_active": True}
    form = forms.LadderForm(request.POST or None, initial=initial, actor=request.actor)
    if request.method == "POST":
        made = attempt(
            form, lambda values: actions.save_ladder(request.actor, None, values, now=timezone.now())
        )
        if made is not None:
            return redirect("ladder", made.pk)
    return _ladder_form(request, form, _("New ladder"), _crumbs())


@agents("escalation:manage")
@require_http_methods(["GET", "POST"])
def ladder_edit(request: Request, ladder_id: int) -> HttpResponse:
    """Other names, scope or continuation."""
    found = access.one(request.actor, ladder_id)
    access.demand_owner(request.actor, found.organisation_id)
    form = forms.LadderForm(
        request.POST or None, initial=model_to_dict(found), actor=request.actor, ladder=found
    )
    if request.method == "POST" and done(
        form, lambda values: actions.save_ladder(request.actor, ladder_id, values, now=timezone.now())
    ):
        return redirect("ladder", ladder_id)
    return _ladder_form(request, form, _("Change the ladder"), _crumbs(found))


def _ladder_form(
    request: Request, form: forms.LadderForm, title: str, crumbs: list[dict[str, Any]]
) -> HttpResponse:
    groups = [
        ("", forms.LADDER_NAMES),
        (_("Whose ladder it is"), forms.LADDER_OWNER),
        (_("For which clocks"), forms.LADDER_SCOPE),
        (_("After the last step"), ("continues_with",)),
    ]
    return form_page(
        request, form, title=title, crumbs=crumbs, groups=groups, action=_("Save"),
        intro=_(
            "The most specific ladder applies: the contract’s, the client’s, or the common one. Where one applies, it alone "
            "tells people that time runs out: the usual warnings stay silent."
        ),
    )  # fmt: skip


@agents("escalation:manage")
@require_http_methods(["GET", "POST"])
def ladder_step_new(request: Request, ladder_id: int) -> HttpResponse:
    """A step more."""
    return _step_form(request, ladder_id, None, _("New step"))


@agents("escalation:manage")
@require_http_methods(["GET", "POST"])
def ladder_step(request: Request, ladder_id: int, step_id: int) -> HttpResponse:
    """Other terms of a step."""
    return _step_form(request, ladder_id, step_id, _("Change the step"))


def _step_form(request: Request, ladder_id: int, step_id: int | None, title: str) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    found = access.one(actor, ladder_id)
    access.demand_owner(actor, found.organisation_id)
    step = next((one for one in queries.steps_of(found) if one.pk == step_id), None)
    if step_id is not None and step is None:
        raise NotFound()
    form = forms.StepForm(request.POST or None, initial=forms.step_initial(step) if step else {}, actor=actor)
    if request.method == "POST" and done(
        form, lambda values: actions.save_step(actor, ladder_id, step_id, form.values(values), now=now)
    ):
        return redirect("ladder", ladder_id)
    groups = [
        (_("When"), forms.STEP_WHEN), (_("To whom"), forms.STEP_WHO), (_("The answer"), forms.STEP_ANSWER),
    ]  # fmt: skip
    return form_page(
        request, form, title=title, crumbs=_crumbs(found), groups=groups, action=_("Save"),
        template="escalation/step.html", step=step, ladder=found,
    )  # fmt: skip


@agents("escalation:manage")
@require_POST
def ladder_step_remove(request: Request, ladder_id: int, step_id: int) -> HttpResponse:
    """The step fires no more."""
    actions.remove_step(request.actor, ladder_id, step_id, now=timezone.now())
    return redirect("ladder", ladder_id)
