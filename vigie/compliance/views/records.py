"""Outages, planned maintenance and deliveries: recorded, corrected, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.history import told_about
from vigie.compliance import access, labels
from vigie.compliance.actions import records as actions
from vigie.compliance.forms import records as forms
from vigie.compliance.models import Delivery, Maintenance, Outage
from vigie.compliance.queries import records as queries
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access as tenancy
from vigie.tenancy.models import Organisation
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render

Save = Callable[[dict[str, Any]], object]
OF_OUTAGE = ("service", "title", "starts_at", "ends_at", "weight", "users", "source", "reference")
OF_WORK = ("service", "title", "announced_at", "starts_at", "ends_at", "finished_at")
OF_DELIVERY = ("title", "value", "agreed_on", "delivered_on")


@agents("compliance:view")
@require_safe
def records(request: Request, organisation_id: int) -> HttpResponse:
    """A client's outages, or its planned maintenance (``of=maintenance``)."""
    actor, client = request.actor, tenancy.one(request.actor, organisation_id)
    works = request.GET.get("of") == "maintenance"
    read = queries.works_page if works else queries.outages_page
    context = {
        "client": client, "works": works, "found": read(actor, client.pk, cursor=request.GET.get("page")),
        "may_record": actor.can("compliance:propose"), "sources": labels.SOURCES, "crumbs": _client_crumbs(client),
    }  # fmt: skip
    return render(request, "compliance/records.html", context)


@agents("compliance:view")
@require_safe
def deliveries(request: Request, contract_id: int) -> HttpResponse:
    """What a contract promised for a day."""
    actor = request.actor
    contract = access.contract(actor, contract_id)
    found = queries.deliveries_page(actor, contract, cursor=request.GET.get("page"))
    for row in found.rows:
        row["value"] = labels.money(row["value"], contract.organisation.currency)
    context = {
        "contract": contract, "found": found, "may_record": actor.can("compliance:propose"), "today": timezone.localdate(),
        "crumbs": _contract_crumbs(contract)[:-1],
    }  # fmt: skip
    return render(request, "compliance/deliveries.html", context)


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def outage_new(request: Request, organisation_id: int) -> HttpResponse:
    """An outage more."""
    actor, client, now = request.actor, tenancy.one(request.actor, organisation_id), timezone.now()
    form = forms.OutageForm(request.POST or None, services=queries.services_of(client.pk))

    def save(values: dict[str, Any]) -> Outage:
        return actions.save_outage(actor, client.pk, values, now=now)

    return _form(request, form, save, OF_OUTAGE, _("New outage"), _client_crumbs(client))


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def outage(request: Request, organisation_id: int, outage_id: int) -> HttpResponse:
    """An outage, corrected or withdrawn."""
    actor, client, now = request.actor, tenancy.one(request.actor, organisation_id), timezone.now()
    found = access.visible_outages(actor).filter(organisation=client).select_related("ticket")
    row = access.one_of(found, outage_id)
    initial = {**model_to_dict(row), "reference": row.ticket.reference if row.ticket else ""}
    form = forms.OutageForm(request.POST or None, initial=initial, services=queries.services_of(client.pk))

    def save(values: dict[str, Any]) -> Outage:
        return actions.save_outage(actor, client.pk, values, row.pk, now=now)

    return _form(request, form, save, OF_OUTAGE, row.title, _client_crumbs(client), row, "outage")


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def maintenance_new(request: Request, organisation_id: int) -> HttpResponse:
    """A planned maintenance more."""
    actor, client, now = request.actor, tenancy.one(request.actor, organisation_id), timezone.now()
    form = forms.MaintenanceForm(
        request.POST or None, initial={"announced_at": now}, services=queries.services_of(client.pk)
    )

    def save(values: dict[str, Any]) -> Maintenance:
        return actions.save_maintenance(actor, client.pk, values, now=now)

    return _form(request, form, save, OF_WORK, _("New maintenance"), _client_crumbs(client, "maintenance"))


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def maintenance(request: Request, organisation_id: int, work_id: int) -> HttpResponse:
    """A planned maintenance, corrected or withdrawn."""
    actor, client, now = request.actor, tenancy.one(request.actor, organisation_id), timezone.now()
    row = access.one_of(access.visible_maintenance(actor).filter(organisation=client), work_id)
    form = forms.MaintenanceForm(
        request.POST or None, initial=model_to_dict(row), services=queries.services_of(client.pk)
    )

    def save(values: dict[str, Any]) -> Maintenance:
        return actions.save_maintenance(actor, client.pk, values, row.pk, now=now)

    crumbs = _client_crumbs(client, "maintenance")
    return _form(request, form, save, OF_WORK, row.title, crumbs, row, "maintenance")


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def delivery_new(request: Request, contract_id: int) -> HttpResponse:
    """Something more that is due on a day."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    form = forms.DeliveryForm(request.POST or None)

    def save(values: dict[str, Any]) -> Delivery:
        return actions.save_delivery(actor, contract_id, values, now=now)

    return _form(request, form, save, OF_DELIVERY, _("New delivery"), _contract_crumbs(contract))


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def delivery(request: Request, contract_id: int, delivery_id: int) -> HttpResponse:
    """A delivery, corrected or withdrawn."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    row = access.one_of(access.visible_deliveries(actor).filter(contract=contract), delivery_id)
    form = forms.DeliveryForm(request.POST or None, initial=model_to_dict(row))

    def save(values: dict[str, Any]) -> Delivery:
        return actions.save_delivery(actor, contract_id, values, row.pk, now=now)

    return _form(request, form, save, OF_DELIVERY, row.title, _contract_crumbs(contract), row, "delivery")


def _form(
    request: Request, form: django_forms.BaseForm, save: Save, names: tuple[str, ...], title: str,
    crumbs: list[dict[str, Any]], row: Outage | Maintenance | Delivery | None = None, nature: str = "",
) -> HttpResponse:  # fmt: skip
    """The page of a record; one that is known can be withdrawn, and shows what it was before."""
    if request.method == "POST" and done(form, save):
        return redirect(crumbs[-1]["href"])
    past = told_about({row._meta.label_lower: [row.pk]}, {}) if row is not None else []
    return form_page(
        request, form, title=title, crumbs=crumbs, groups=[("", names)], action=_("Save"), template="compliance/record.html",
        row=row, nature=nature, history=past, withdrawal=forms.WithdrawForm(),
    )  # fmt: skip


@agents("compliance:propose")
@require_POST
def withdraw(request: Request, nature: str, record_id: int) -> HttpResponse:
    """It counts no more, for a reason."""
    actor = request.actor
    row = _one(actor, nature, record_id)
    actions.withdraw(actor, row, request.POST.get("reason", "")[:500], now=timezone.now())
    if isinstance(row, Delivery):
        return redirect("deliveries", row.contract_id)
    return redirect(
        url("records", row.organisation_id, of="maintenance" if nature == "maintenance" else None)
    )


def _one(actor: Actor, nature: str, record_id: int) -> Outage | Maintenance | Delivery:
    if nature == "outage":
        return access.one_of(access.visible_outages(actor), record_id)
    if nature == "maintenance":
        return access.one_of(access.visible_maintenance(actor), record_id)
    if nature == "delivery":
        return access.one_of(access.visible_deliveries(actor), record_id)
    raise NotFound()


def _client_crumbs(client: Organisation, of: str | None = None) -> list[dict[str, Any]]:
    return [
        {"label": client.name, "href": url("client", client.pk)},
        {"label": _("Outages and maintenance"), "href": url("records", client.pk, of=of)},
    ]


def _contract_crumbs(contract: Any) -> list[dict[str, Any]]:
    return [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": contract.reference, "href": url("contract", contract.pk)},
        {"label": _("Deliveries"), "href": url("deliveries", contract.pk)},
    ]
