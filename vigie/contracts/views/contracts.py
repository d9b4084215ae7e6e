"""Pages of contracts: the list, what one promises, and a promise foreseen."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.contracts import access, labels
from vigie.contracts.actions import contracts as actions
from vigie.contracts.forms import ContractForm, PreviewForm, contract_initial
from vigie.contracts.models import Contract, ContractVersion, Deadline, Lot, PriceLine, Signatory
from vigie.contracts.queries import contracts as queries
from vigie.contracts.queries import parties, versions
from vigie.contracts.queries.book import Scope
from vigie.contracts.queries.changes import changes_of
from vigie.contracts.queries.comparison import policies_of
from vigie.contracts.queries.past import as_on
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.views.parts import contract_crumb, crumb, parse_day, reasons_of, today_at
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import slots
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

PERIOD = ("nature", "starts_on", "ends_on", "notice_months", "renewal", "renewal_months")


@agents("contracts:view")
@require_safe
def contracts(request: Request) -> HttpResponse:
    """The contracts in sight, by client."""
    search, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    found = queries.contracts_page(
        request.actor,
        today=timezone.localdate(),
        search=search,
        status=status,
        cursor=request.GET.get("page"),
    )
    counts = queries.counts_by_status(request.actor)
    context = {
        "found": found, "search": search, "status": status, "statuses": labels.STATUSES,
        "total": sum(counts.values()) - counts.get("given_up", 0),
        "tones": labels.TONES, "chips": [(code, word, counts[code]) for code, word in labels.STATUSES.items() if counts.get(code)],
        "may_manage": request.actor.can("contracts:manage"),
    }  # fmt: skip
    return render(request, "contracts/contracts.html", context)


@agents("contracts:view")
@require_safe
def contract(request: Request, contract_id: int) -> HttpResponse:
    """What a contract promises today, or promised on a day (``?on=2026-03-01``), and its versions."""
    actor, found = request.actor, access.one(request.actor, contract_id)
    today, on = today_at(found), parse_day(request.GET.get("on", ""))
    dated = as_on(found, on, today)
    known = versions.editions(actor, found, today=today)
    draft = next((one for one in known if one.when == "draft"), None)
    shown = versions.edition_on(known, on or today) or (None if on else known[0] if known else None)
    rows = versions.commitments_of(actor, shown.version) if shown else []
    context = {
        "contract": found, "dated": dated, "editions": known, "shown": shown, "draft": draft, "on": on, "today": today,
        "groups": versions.grouped(rows), "pauses": reasons_of(rows),
        "policies": policies_of(shown.version) if shown else [],
        **_beside(found, shown.version if shown else None),
        "dates": parties.dates_of(dated, min(on or today, today)),
        "statuses": labels.STATUSES, "tones": labels.TONES, "natures": labels.NATURES, "states": labels.VERSION_STATES,
        "may_manage": actor.can("contracts:manage"), "may_edit": False,
        "more": slots.filled("contract", request, contract=found),
    }  # fmt: skip
    return render(request, "contracts/contract.html", context)


@agents("contracts:manage")
@require_safe
def contract_history(request: Request, contract_id: int) -> HttpResponse:
    """Who changed what of a contract and of its versions."""
    found = access.one(request.actor, contract_id)
    context = {
        "contract": found,
        "history": changes_of(request.actor, found),
        "crumbs": [crumb(), contract_crumb(found), {"label": _("History")}],
    }
    return render(request, "contracts/history.html", context)


def _beside(found: Contract, version: ContractVersion | None) -> dict[str, Any]:
    """What stands beside the promises of a contract already in sight."""
    return {
        "lots": parties.lots_of(found),
        "signatories": parties.signatories_of(found),
        "files": parties.files_of(found),
        "prices": parties.prices_of(found, version) if version else [],
        "cover": parties.cover_of(version) if version else {},
        "lot_kinds": dict(Lot.Kind.choices),
        "sides": dict(Signatory.Side.choices),
        "price_natures": dict(PriceLine.Nature.choices),
        "periods": dict(PriceLine.Period.choices),
        "deadlines": dict(Deadline.Kind.choices),
        "renewals": dict(Contract.Renewal.choices),
    }


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def contract_new(request: Request) -> HttpResponse:
    """A new contract, of a client given in the address or chosen."""
    clients = tenancy_access.visible(request.actor).order_by(by_name("name"))
    initial = {"organisation": request.GET.get("client", ""), "starts_on": timezone.localdate()}
    form = ContractForm(request.POST or None, initial=initial, clients=clients)
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
        crumbs=[crumb()],
        groups=groups,
        action=_("Create the contract"),
    )


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def contract_edit(request: Request, contract_id: int) -> HttpResponse:
    """Change a contract's titles, status and period."""
    found = access.one(request.actor, contract_id)
    form = ContractForm(
        request.POST or None, initial=contract_initial(found), clients=tenancy_access.visible(request.actor)
    )
    del form.fields["organisation"]
    if request.method == "POST" and done(
        form, lambda values: actions.change_contract(request.actor, contract_id, values, now=timezone.now())
    ):
        return redirect("contract", contract_id)
    groups = [("", ("reference", "name_fr", "name_en")), (_("Period"), PERIOD)]
    return form_page(
        request, form, title=_("Edit the contract"), crumbs=[crumb(), contract_crumb(found)], groups=groups,
        action=_("Save"), intro=_("Tickets already open keep what was promised to them."),
    )  # fmt: skip


@agents("contracts:view")
@require_safe
def contract_preview(request: Request, contract_id: int) -> HttpResponse:
    """Which promise would a ticket get, until when, and why."""
    found = access.one(request.actor, contract_id)
    zone = zone_of(found.organisation.timezone)
    asked, drafted = "type" in request.GET, "draft" in request.GET
    with timezone.override(zone):
        initial = {"at": timezone.localtime().replace(second=0, microsecond=0, tzinfo=None)}
        form = PreviewForm(
            request.GET if asked else None, initial=initial, organisation_id=found.organisation_id
        )
        scope = _scope(form.cleaned_data) if asked and form.is_valid() else None
    context = {
        "contract": found, "form": form, "zone": str(zone), "asked": scope is not None,
        "governing": queries.governing(request.actor, found, scope, with_draft=drafted) if scope else None,
        "foreseen": queries.foresee(request.actor, found, scope, with_draft=drafted) if scope else [],
        "drafted": drafted, "asked_for": request.GET.urlencode(),
        "crumbs": [crumb(), contract_crumb(found), {"label": _("Which promise for this ticket?")}],
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
