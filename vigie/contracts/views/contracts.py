"""Pages of contracts: the list, what one promises, its commitments, and a promise foreseen."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.history import told_about
from vigie.contracts import access, forms, labels
from vigie.contracts.actions import contracts as actions
from vigie.contracts.models import Commitment, Contract
from vigie.contracts.queries import contracts as queries
from vigie.contracts.queries.book import Scope
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import Actor
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import slots
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import local_name
from vigie.toolkit.pages import render

PERIOD = ("status", "nature", "starts_on", "ends_on")
SCOPE = ("ticket_type", "priority", "service", "category", "site", "vip_only")
PROMISE = ("kind", "target", "calendar", "follow_site")
COURSE = ("on_priority_change", "on_reopen", "thresholds", "valid_from")


@agents("contracts:view")
@require_safe
def contracts(request: Request) -> HttpResponse:
    """The contracts in sight, by client."""
    search, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    found = queries.contracts_page(
        request.actor, search=search, status=status, cursor=request.GET.get("page")
    )
    counts = queries.counts_by_status(request.actor)
    context = {
        "found": found, "search": search, "status": status, "total": sum(counts.values()), "statuses": labels.STATUSES,
        "chips": [(code, word, counts[code]) for code, word in labels.STATUSES.items() if counts.get(code)],
        "may_manage": request.actor.can("contracts:manage"),
    }  # fmt: skip
    return render(request, "contracts/contracts.html", context)


@agents("contracts:view")
@require_safe
def contract(request: Request, contract_id: int) -> HttpResponse:
    """What a contract promises, to whom, from when to when."""
    found = access.one(request.actor, contract_id)
    rows = queries.commitments_of(request.actor, found, today=_today(found))
    current = [row for row in rows if row["when"] != "past"]
    pauses = dict.fromkeys(row["pauses"] for row in current if row["pauses"].reasons)
    context = {
        "contract": found, "groups": queries.grouped(current), "past": [row for row in rows if row["when"] == "past"],
        "pauses": list(pauses), "statuses": labels.STATUSES, "natures": labels.NATURES,
        "may_manage": request.actor.can("contracts:manage"), "today": _today(found),
        "more": slots.filled("contract", request, contract=found),
        "history": told_about({"contracts.contract": [found.pk], "contracts.commitment": [row["id"] for row in rows]},
                              {"contracts.commitment": _("Commitment")}),
    }  # fmt: skip
    return render(request, "contracts/contract.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def contract_new(request: Request) -> HttpResponse:
    """A new contract, of a client given in the address or chosen."""
    clients = tenancy_access.visible(request.actor).order_by("name")
    initial = {"organisation": request.GET.get("client", ""), "starts_on": timezone.localdate()}
    form = forms.ContractForm(request.POST or None, initial=initial, clients=clients)
    if request.method == "POST":
        made = attempt(form, lambda values: actions.create_contract(
            request.actor, values.pop("organisation").pk, values, now=timezone.now()))  # fmt: skip
        if made:
            return redirect("contract", made.pk)
    groups = [("", ("organisation", "reference", "name_fr", "name_en")), (_("Period"), PERIOD)]
    return form_page(
        request,
        form,
        title=_("New contract"),
        crumbs=[_crumb()],
        groups=groups,
        action=_("Create the contract"),
    )


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def contract_edit(request: Request, contract_id: int) -> HttpResponse:
    """Change a contract's titles, status and period."""
    found = access.one(request.actor, contract_id)
    form = forms.ContractForm(
        request.POST or None, initial=model_to_dict(found), clients=tenancy_access.visible(request.actor)
    )
    del form.fields["organisation"]
    if request.method == "POST" and done(
        form, lambda values: actions.change_contract(request.actor, contract_id, values, now=timezone.now())
    ):
        return redirect("contract", contract_id)
    groups = [("", ("reference", "name_fr", "name_en")), (_("Period"), PERIOD)]
    return form_page(
        request, form, title=_("Edit the contract"), crumbs=[_crumb(), _contract_crumb(found)], groups=groups,
        action=_("Save"), intro=_("Tickets already open keep what was promised to them."),
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def commitment_form(request: Request, contract_id: int, commitment_id: int | None = None) -> HttpResponse:
    """Promise something more, or change a promise from a day on."""
    actor, found = request.actor, access.one(request.actor, contract_id)
    row = access.one_commitment(actor, contract_id, commitment_id) if commitment_id else None
    form = _commitment_form(request, found, row)
    if request.method == "POST" and done(
        form, lambda values: _save(actor, found, row, form, values["valid_from"])
    ):
        return redirect("contract", contract_id)
    groups = [(_("For which tickets"), SCOPE), (_("The promise"), PROMISE), (_("Suspensions"), ("own_pauses", "paused_by")),
              (_("In the course of the ticket"), COURSE)]  # fmt: skip
    return form_page(
        request, form, title=_("Change the commitment") if row else _("New commitment"), action=_("Save"), groups=groups,
        crumbs=[_crumb(), _contract_crumb(found)], template="contracts/commitment.html", commitment=row, contract=found,
        intro=_("The old promise ends on the day the new one starts. Tickets already open keep theirs.") if row else "",
    )  # fmt: skip


def _commitment_form(request: Request, found: Contract, row: Commitment | None) -> forms.CommitmentForm:
    today = _today(found)
    initial: dict[str, Any] = {"valid_from": max(today, found.starts_on), "follow_site": True}
    if row:
        initial = forms.commitment_initial(row, today)
    its_own = Q(organisation=None) | Q(organisation_id=found.organisation_id)
    calendars = access.visible_calendars(request.actor).filter(its_own).order_by("code")
    return forms.CommitmentForm(
        request.POST or None, initial=initial, organisation_id=found.organisation_id, calendars=calendars
    )


def _save(
    actor: Actor, found: Contract, row: Commitment | None, form: forms.CommitmentForm, day: dt.date
) -> Commitment:
    if row is None:
        return actions.add_commitment(actor, found.pk, form.values(), day, now=timezone.now())
    return actions.change_commitment(actor, found.pk, row.pk, form.values(), day, now=timezone.now())


@agents("contracts:manage")
@require_POST
def commitment_end(request: Request, contract_id: int, commitment_id: int) -> HttpResponse:
    """Promise it no more, from today on."""
    found = access.one(request.actor, contract_id)
    actions.end_commitment(request.actor, contract_id, commitment_id, _today(found), now=timezone.now())
    return redirect("contract", contract_id)


@agents("contracts:view")
@require_safe
def contract_preview(request: Request, contract_id: int) -> HttpResponse:
    """Which promise would a ticket get, until when, and why."""
    found = access.one(request.actor, contract_id)
    zone = zone_of(found.organisation.timezone)
    asked = "type" in request.GET
    with timezone.override(zone):
        initial = {"at": timezone.localtime().replace(second=0, microsecond=0, tzinfo=None)}
        form = forms.PreviewForm(
            request.GET if asked else None, initial=initial, organisation_id=found.organisation_id
        )
        scope = _scope(form.cleaned_data) if asked and form.is_valid() else None
    context = {
        "contract": found, "form": form, "zone": str(zone), "asked": scope is not None,
        "foreseen": queries.foresee(request.actor, found, scope) if scope else [],
        "crumbs": [_crumb(), _contract_crumb(found), {"label": _("Which promise for this ticket?")}],
    }  # fmt: skip
    return render(request, "contracts/preview.html", context, status=422 if form.errors else 200)


def _scope(data: dict[str, Any]) -> Scope:
    return Scope(
        ticket_type=data["type"],
        priority=data["priority"],
        service_id=data["service"].pk if data["service"] else None,
        category_id=data["category"].pk if data["category"] else None,
        site_id=data["site"].pk if data["site"] else None,
        is_vip=data["vip"],
        opened_at=data["at"],
    )


def _today(found: Contract) -> dt.date:
    return timezone.localdate(timezone=zone_of(found.organisation.timezone))


def _crumb() -> dict[str, str]:
    return {"label": _("Contracts"), "href": reverse("contracts")}


def _contract_crumb(found: Contract) -> dict[str, str]:
    return {"label": f"{found.reference} · {local_name(found)}", "href": reverse("contract", args=[found.pk])}
