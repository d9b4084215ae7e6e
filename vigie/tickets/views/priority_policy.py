"""The page of a client's priority matrix."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from vigie.tenancy import access as tenancy_access
from vigie.tickets.actions.priority_policy import drop_priority_policy, save_priority_policy
from vigie.tickets.labels import IMPACTS, PRIORITIES, URGENCIES
from vigie.tickets.models import PriorityPolicy
from vigie.tickets.rules.priority import DEFAULT_MATRIX
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, form_page

LEVELS = (1, 2, 3)


class PolicyForm(forms.Form):
    """Nine priorities and the VIP rule."""

    vip_rule = forms.ChoiceField(
        label=gettext_lazy("What a VIP changes"),
        choices=[
            (
                "raise_urgency",
                gettext_lazy("Urgency is raised by one step, never better than P2 by that alone"),
            ),
            ("none", gettext_lazy("Nothing: VIPs have their own commitments, or none")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(n, f"P{n} · {word}") for n, word in PRIORITIES.items()]
        for i in LEVELS:
            for j in LEVELS:
                field = forms.TypedChoiceField(
                    choices=choices, coerce=int, label=f"{IMPACTS[i]} × {URGENCIES[j]}"
                )
                self.fields[f"cell_{i}_{j}"] = field

    def matrix(self) -> list[list[int]]:
        """Rows by impact, columns by urgency."""
        return [[self.cleaned_data[f"cell_{i}_{j}"] for j in LEVELS] for i in LEVELS]


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def priority_policy(request: Request, organisation_id: int) -> HttpResponse:
    """Change the matrix and the VIP rule of a client, or go back to the usual ones."""
    client = tenancy_access.one(request.actor, organisation_id)
    policy = PriorityPolicy.objects.filter(pk=client.pk).first()
    matrix = policy.matrix if policy else DEFAULT_MATRIX
    cells = {f"cell_{i}_{j}": matrix[i - 1][j - 1] for i in LEVELS for j in LEVELS}
    form = PolicyForm(
        request.POST or None, initial={"vip_rule": policy.vip_rule if policy else "raise_urgency", **cells}
    )
    back = reverse("client", args=[organisation_id])
    if request.method == "POST":
        if "usual" in request.POST:
            drop_priority_policy(request.actor, organisation_id, now=timezone.now())
            return redirect(f"{back}#priorities")
        saved = attempt(form, lambda values: save_priority_policy(
            request.actor, organisation_id, form.matrix(), values["vip_rule"], now=timezone.now()))  # fmt: skip
        if saved:
            return redirect(f"{back}#priorities")
    return form_page(
        request, form, title=_("Priorities"), action=_("Save"), template="tickets/priority_policy.html",
        crumbs=[{"label": _("Clients"), "href": reverse("clients")}, {"label": client.name, "href": back}],
        groups=[("", ("vip_rule",))], own=policy is not None, levels=LEVELS, impacts=IMPACTS, urgencies=URGENCIES,
        intro=_("Impact and urgency give the priority of a new ticket. Tickets already open keep theirs."),
    )  # fmt: skip
