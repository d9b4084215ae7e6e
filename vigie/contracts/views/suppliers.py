"""Pages of suppliers and their contracts, and of what teams and suppliers promise behind the client's promises."""

from __future__ import annotations

from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.history import told_about
from vigie.catalog.models import Service
from vigie.contracts import access, labels
from vigie.contracts.actions import support as actions
from vigie.contracts.forms import support as forms
from vigie.contracts.models import Supplier, SupplierContract, SupportCommitment
from vigie.contracts.queries import suppliers as queries
from vigie.contracts.queries.support import Holder, holder_of
from vigie.contracts.rules.promise import Audience
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import local_name, url
from vigie.toolkit.pages import render

IDENTITY = ("name", "code", "trade", "criticality")
SCOPE = ("service", "ticket_type", "priority")
PROMISE = ("kind", "target", "calendar", "thresholds", "valid_from")


@agents("contracts:view")
@require_safe
def suppliers(request: Request) -> HttpResponse:
    """The companies that the provider relies on."""
    search = request.GET.get("q", "").strip()[:100]
    found = queries.suppliers_page(
        request.actor, today=timezone.localdate(), search=search, cursor=request.GET.get("page")
    )
    context = {
        "found": found, "search": search, "criticalities": labels.CRITICALITIES, "may_manage": request.actor.can("contracts:manage"),
    }  # fmt: skip
    return render(request, "contracts/suppliers.html", context)


@agents("contracts:view")
@require_safe
def supplier(request: Request, supplier_id: int) -> HttpResponse:
    """Whom to reach, which contracts, what they cover and promise, until when to decide."""
    found = access.one_supplier(request.actor, supplier_id)
    contracts = queries.contracts_of(request.actor, found, today=timezone.localdate())
    context = {
        "supplier": found, "contacts": found.contacts.order_by("pk"), "contracts": contracts,
        "criticalities": labels.CRITICALITIES, "renewals": labels.RENEWALS, "may_manage": request.actor.can("contracts:manage"),
        "history": told_about({
            "contracts.supplier": [found.pk], "contracts.suppliercontract": [one["contract"].pk for one in contracts],
            "contracts.supportcommitment": [row["id"] for one in contracts for row in one["promises"]],
        }, {"contracts.suppliercontract": _("Contract"), "contracts.supportcommitment": _("Promise")}),
    }  # fmt: skip
    return render(request, "contracts/supplier.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def supplier_form(request: Request, supplier_id: int | None = None) -> HttpResponse:
    """A new supplier, or another name, contact, criticality of one."""
    found = access.one_supplier(request.actor, supplier_id) if supplier_id else None
    initial: dict[str, Any] = {"is_active": True}
    if found is not None:
        initial = {**model_to_dict(found), "people": forms.people_text(found)}
    form = forms.SupplierForm(request.POST or None, initial=initial)

    def save(values: dict[str, Any]) -> Supplier:
        people = values.pop("people")
        return actions.save_supplier(request.actor, supplier_id, values, people, now=timezone.now())

    if request.method == "POST":
        made = attempt(form, save)
        if made is not None:
            return redirect("supplier", made.pk)
    groups = [("", IDENTITY), (_("Whom to reach"), ("people",)), (_("Notes"), ("notes", "is_active"))]
    return form_page(
        request, form, title=_("Edit the supplier") if found else _("New supplier"), action=_("Save"), groups=groups,
        crumbs=[_crumb(), *([_supplier_crumb(found)] if found else [])],
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def supplier_contract_new(request: Request, supplier_id: int) -> HttpResponse:
    """A contract more with a supplier."""
    return _contract_form(request, access.one_supplier(request.actor, supplier_id), None)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def supplier_contract(request: Request, supplier_contract_id: int) -> HttpResponse:
    """Change what a supplier contract covers, its term, its notice."""
    found = access.one_supplier_contract(request.actor, supplier_contract_id)
    return _contract_form(request, found.supplier, found)


def _contract_form(request: Request, supplier: Supplier, found: SupplierContract | None) -> HttpResponse:
    initial: dict[str, Any] = {"starts_on": timezone.localdate(), "notice_months": 3, "renewal_months": 12}
    form = forms.SupplierContractForm(
        request.POST or None, initial=model_to_dict(found) if found else initial
    )

    def save(values: dict[str, Any]) -> SupplierContract:
        services = values.pop("services")
        pk = found.pk if found else None
        return actions.save_supplier_contract(
            request.actor, supplier.pk, pk, values, services, now=timezone.now()
        )

    if request.method == "POST" and done(form, save):
        return redirect("supplier", supplier.pk)
    term = ("starts_on", "ends_on", "notice_months", "renewal", "renewal_months")
    groups = [
        ("", ("reference", "name_fr", "name_en")),
        (_("What it covers"), ("services",)),
        (_("Term"), term),
    ]
    return form_page(
        request, form, title=_("Edit the supplier contract") if found else _("New supplier contract"), action=_("Save"),
        groups=groups, crumbs=[_crumb(), _supplier_crumb(supplier)],
    )  # fmt: skip


@agents("contracts:view")
@require_safe
def agreements(request: Request) -> HttpResponse:
    """What each team promises the others."""
    found = queries.agreements(request.actor, today=timezone.localdate())
    context = {"found": found, "may_manage": request.actor.can("contracts:manage")}
    return render(request, "contracts/agreements.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def agreement_new(request: Request, team_id: int) -> HttpResponse:
    """A promise more of a team."""
    access.one_supporting_team(request.actor, team_id)
    return _promise_form(request, (Audience.OLA, team_id), None)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def underpinning_new(request: Request, supplier_contract_id: int) -> HttpResponse:
    """A promise more of a supplier contract."""
    access.one_supplier_contract(request.actor, supplier_contract_id)
    return _promise_form(request, (Audience.UC, supplier_contract_id), None)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def support(request: Request, support_id: int) -> HttpResponse:
    """Change a promise from a day on."""
    row = access.one_support(request.actor, support_id)
    return _promise_form(request, holder_of(row), row)


@agents("contracts:manage")
@require_POST
def support_end(request: Request, support_id: int) -> HttpResponse:
    """Promise it no more, from today on."""
    row = actions.end_support(request.actor, support_id, now=timezone.now())
    return _back(row)


def _promise_form(request: Request, holder: Holder, row: SupportCommitment | None) -> HttpResponse:
    actor, today = request.actor, timezone.localdate()
    audience, pk = holder
    services = Service.objects.filter(is_active=True)
    initial: dict[str, Any] = {"valid_from": today}
    if audience == Audience.UC:
        contract = access.one_supplier_contract(actor, pk)
        services = contract.services.all()
        initial = {"valid_from": max(today, contract.starts_on)}
        crumbs = [_crumb(), _supplier_crumb(contract.supplier)]
    else:
        crumbs = [{"label": _("Team agreements"), "href": url("agreements")}]
    if row is not None:
        initial = {**forms.support_initial(row), "valid_from": max(row.valid_from, today)}
    form = forms.SupportForm(
        request.POST or None, initial=initial, audience=audience, services=services.order_by("criticality", "code"),
        calendars=access.visible_calendars(actor).filter(organisation=None).order_by("code"),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> SupportCommitment:
        day, now = values["valid_from"], timezone.now()
        if row is None:
            return actions.add_support(actor, holder, form.values(), day, now=now)
        return actions.change_support(actor, row.pk, form.values(), day, now=now)

    if request.method == "POST":
        made = attempt(form, save)
        if made is not None:
            return _back(made)
    intro = (
        _("The old promise ends on the day the new one starts. Clocks that run keep theirs.") if row else ""
    )
    return form_page(
        request, form, title=_promise_title(holder, row, actor), action=_("Save"), crumbs=crumbs, intro=intro,
        groups=[(_("The promise"), PROMISE), (_("For which tickets"), SCOPE)], template="contracts/support.html", promise=row,
    )  # fmt: skip


def _promise_title(holder: Holder, row: SupportCommitment | None, actor: Any) -> str:
    if row is not None:
        return _("Change the promise")
    if holder[0] == Audience.UC:
        return _("New promise of %(who)s") % {"who": access.one_supplier_contract(actor, holder[1]).reference}
    return _("New promise of %(who)s") % {"who": local_name(access.one_supporting_team(actor, holder[1]))}


def _back(row: SupportCommitment) -> HttpResponse:
    if row.supplier_contract is not None:
        return redirect("supplier", row.supplier_contract.supplier_id)
    return redirect("agreements")


def _crumb() -> dict[str, str]:
    return {"label": _("Suppliers"), "href": url("suppliers")}


def _supplier_crumb(found: Supplier) -> dict[str, str]:
    return {"label": found.name, "href": url("supplier", found.pk)}
