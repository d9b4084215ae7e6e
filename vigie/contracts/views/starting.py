"""Beginning a contract: which usual level, then who, when and the targets, all open to change."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.contracts import labels
from vigie.contracts.actions.commitments import read_commitment_target
from vigie.contracts.actions.starting import start_contract
from vigie.contracts.forms.starting import StartForm, line_words
from vigie.contracts.models import Contract
from vigie.contracts.queries.usual import by_use, usual_hours
from vigie.contracts.rules.presets import PRESETS
from vigie.contracts.views.parts import crumb
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access as tenancy_access
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, form_page
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

NAMES = ("organisation", "reference", "name_fr", "name_en")
PERIOD = ("nature", "starts_on", "ends_on", "notice_months", "renewal", "renewal_months")
RECORD = {*NAMES, *PERIOD} - {"organisation"}


@agents("contracts:manage")
@require_safe
def contract_start(request: Request) -> HttpResponse:
    """The usual levels side by side, and a blank contract."""
    words = {line.key: line_words(line) for lines in reversed(PRESETS.values()) for line in lines}
    targets = {
        (code, line.key): (labels.target_words(*read_commitment_target(line.target).values()), line.hours)
        for code, lines in PRESETS.items() for line in lines
    }  # fmt: skip
    context = {
        "presets": labels.PRESETS, "words": words, "targets": targets, "client": request.GET.get("client", ""),
        "crumbs": [crumb(), {"label": _("New contract")}],
    }  # fmt: skip
    return render(request, "contracts/start.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def contract_from(request: Request, preset: str) -> HttpResponse:
    """A new contract with the targets of a preset; nothing is in force before its draft is."""
    if preset not in PRESETS:
        raise NotFound()
    calendars = by_use(request.actor)
    form = StartForm(
        request.POST or None, initial=_initial(request), lines=PRESETS[preset], calendars=calendars,
        clients=tenancy_access.visible(request.actor).order_by(by_name("name")),
    )  # fmt: skip
    if request.method == "POST":
        made = attempt(form, lambda values: _start(request, form, values))
        if made:
            return redirect("contract", made.pk)
    hours = tuple(name for name in ("office", "always") if name in form.fields)
    groups = [("", NAMES), (_("Period"), PERIOD), (_("Hours"), hours), (_("Targets"), tuple(form.targets))]
    return form_page(
        request, form, title=_("New contract: %(level)s") % {"level": labels.PRESETS[preset][0]}, crumbs=[crumb()], groups=groups,
        action=_("Create the draft"),
        intro=_("Write 8h, 1h30, 30 min or D+2; an emptied line promises nothing. Only a draft is made: compare it, then put it in force."),
    )  # fmt: skip


def _start(request: Request, form: StartForm, values: dict[str, Any]) -> Contract:
    record = {name: values[name] for name in RECORD}
    return start_contract(
        request.actor, values["organisation"].pk, record, list(form.promises()), now=timezone.now()
    )


def _initial(request: Request) -> dict[str, Any]:
    """Tomorrow, and the hours that the contracts of the client given in the address use most, else those of all."""
    client = request.GET.get("client", "")
    office, always = usual_hours(request.actor, int(client) if client.isdecimal() else None)
    return {"organisation": client, "starts_on": timezone.localdate(), "office": office, "always": always}
