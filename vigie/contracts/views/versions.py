"""Pages of a contract's draft: what it will promise, how it differs, its commitments, and the day it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.contracts import access, labels
from vigie.contracts.actions import commitments, versions
from vigie.contracts.forms import CommitmentForm, VersionForm, commitment_initial, version_initial
from vigie.contracts.models import Commitment, Contract, ContractVersion, PriceLine, Signatory
from vigie.contracts.queries.comparison import comparable, compared, policies_of
from vigie.contracts.queries.parties import cover_of, prices_of
from vigie.contracts.queries.versions import commitments_of, grouped
from vigie.contracts.views.parts import contract_crumb, crumb, draft_crumb, reasons_of, today_at
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit import slots
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence

SCOPE = ("ticket_type", "priority", "service", "category", "site", "vip_only")
PROMISE = ("kind", "target", "calendar", "follow_site")
COURSE = ("on_priority_change", "on_reopen", "thresholds")
AMENDMENT = ("effective_on", "changes")
DELAYS = ("reopen_days", "close_days", "silence_first", "silence_second", "silence_last")


@agents("contracts:view")
@require_safe
def draft(request: Request, contract_id: int) -> HttpResponse:
    """The draft of a contract beside the version it amends."""
    return _draft_page(request, *_draft(request, contract_id))


def _draft_page(
    request: Request, found: Contract, version: ContractVersion, *, refused: bool = False
) -> HttpResponse:
    """The draft, and what stands in the way of putting it in force."""
    actor = request.actor
    base = versions.last_in_force(found)
    others = [] if base else comparable(actor, found, today_at(found))
    base = base or next((one for one in others if str(one.contract_id) == request.GET.get("with")), None)
    base = base or next(iter(others), None)
    rows, prices = commitments_of(actor, version), prices_of(found, version)
    context = {
        "contract": found, "version": version, "base": base, "others": others, "groups": grouped(rows), "pauses": reasons_of(rows),
        "compared": compared(actor, base, version) if base else [], "moves": labels.MOVES, "policies": policies_of(version),
        "cover": cover_of(version), "prices": prices, "price_natures": dict(PriceLine.Nature.choices),
        "periods": dict(PriceLine.Period.choices),
        "may_manage": actor.can("contracts:manage"), "crumbs": [crumb(), contract_crumb(found), {"label": _("Draft")}],
        "more": slots.filled("draft", request, contract=found, version=version), "refused": refused,
        "warnings": _warnings(found, rows, prices) if actor.can("contracts:manage") else [],
        "obstacles": [(sentence(one), one.field) for one in versions.obstacles(found, version, now=timezone.now())],
    }  # fmt: skip
    return render(request, "contracts/draft.html", context, status=422 if refused else 200)


def _warnings(found: Contract, rows: Sequence[object], prices: Sequence[object]) -> list[str]:
    """What a contract usually says and this one does not; nothing of it stands in the way."""
    signed = Signatory.objects.filter(contract=found).exists()
    told = (
        (rows, _("It promises nothing: the tickets it covers get no delay at all.")),
        (signed, _("No signatory is named.")),
        (prices, _("It has no price.")),
    )
    return [words for there, words in told if not there]


def _draft(request: Request, contract_id: int) -> tuple[Contract, ContractVersion]:
    found = access.one(request.actor, contract_id)
    version = versions.draft_of(found)
    if version is None:
        raise NotFound()
    return found, version


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def amendment_new(request: Request, contract_id: int) -> HttpResponse:
    """Begin an amendment: from when, and what it changes."""
    found = access.one(request.actor, contract_id)
    form = VersionForm(request.POST or None, initial={"effective_on": today_at(found) + dt.timedelta(days=1)})
    for name in [name for name in form.fields if name not in AMENDMENT]:
        del form.fields[name]
    if request.method == "POST" and done(
        form, lambda values: versions.draft_amendment(request.actor, contract_id, values, now=timezone.now())
    ):
        return redirect("draft", contract_id)
    return form_page(
        request, form, title=_("New amendment"), crumbs=[crumb(), contract_crumb(found)], groups=[("", AMENDMENT)],
        action=_("Draft the amendment"),
        intro=_("It starts as a copy of what is in force. You change it freely, compare it, then put it in force from its day."),
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def draft_edit(request: Request, contract_id: int, version_id: int) -> HttpResponse:
    """Change the day, the words and the policies of a draft."""
    found, version = _draft(request, contract_id)
    if version.pk != version_id:
        raise NotFound()
    form = VersionForm(request.POST or None, initial=version_initial(version))
    if request.method == "POST" and done(
        form,
        lambda values: versions.change_draft(request.actor, contract_id, form.values(), now=timezone.now()),
    ):
        return redirect("draft", contract_id)
    groups = [
        ("", (*AMENDMENT, "signed_on")),
        (_("In the course of the ticket"), ("on_priority_change", "on_reopen", "pauses_resolution", "pauses_update")),
        (_("Delays"), DELAYS),
    ]  # fmt: skip
    return form_page(
        request, form, title=_("Edit the draft"), crumbs=[crumb(), contract_crumb(found), draft_crumb(found)],
        groups=groups, action=_("Save"), intro=_("A commitment may say otherwise for itself. The response clock is never suspended."),
    )  # fmt: skip


@agents("contracts:manage")
@require_POST
def draft_force(request: Request, contract_id: int) -> HttpResponse:
    """Put the draft in force from its day; what refuses it is told on the page of the draft."""
    try:
        versions.put_in_force(request.actor, contract_id, now=timezone.now())
    except (NotFound, NotAllowed):
        raise
    except Refusal as refusal:
        found = access.one(request.actor, contract_id)
        version = versions.draft_of(found)
        if version is None:  # somebody put it in force or dropped it meanwhile
            raise refusal
        return _draft_page(request, found, version, refused=True)
    return redirect("contract", contract_id)


@agents("contracts:manage")
@require_POST
def draft_drop(request: Request, contract_id: int) -> HttpResponse:
    """Give up the draft."""
    versions.drop_draft(request.actor, contract_id, now=timezone.now())
    return redirect("contract", contract_id)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def commitment_form(request: Request, contract_id: int, commitment_id: int | None = None) -> HttpResponse:
    """Promise something more in the draft, or change one of its promises."""
    actor, now = request.actor, timezone.now()
    found, version = _draft(request, contract_id)
    row = access.one_commitment(actor, contract_id, commitment_id) if commitment_id else None
    if row is not None and row.version_id != version.pk:
        raise NotFound()
    form = _form(request, version, row)

    def save(_values: dict[str, Any]) -> Commitment:
        if row is None:
            return commitments.add_commitment(actor, contract_id, form.values(), now=now)
        return commitments.change_commitment(actor, contract_id, row.pk, form.values(), now=now)

    if request.method == "POST" and done(form, save):
        return redirect("draft", contract_id)
    groups = [(_("For which tickets"), SCOPE), (_("The promise"), PROMISE), (_("Suspensions"), ("own_pauses", "paused_by")),
              (_("In the course of the ticket"), COURSE)]  # fmt: skip
    return form_page(
        request, form, title=_("Change the commitment") if row else _("New commitment"), action=_("Save"), groups=groups,
        crumbs=[crumb(), contract_crumb(found), draft_crumb(found)], template="contracts/commitment.html", commitment=row,
        contract=found, intro=_("Nothing is promised before the draft is put in force."),
    )  # fmt: skip


def _form(request: Request, version: ContractVersion, row: Commitment | None) -> CommitmentForm:
    initial = commitment_initial(row) if row else {"follow_site": True}
    its_own = Q(organisation=None) | Q(organisation_id=version.organisation_id)
    calendars = access.visible_calendars(request.actor).filter(its_own).order_by("code")
    return CommitmentForm(request.POST or None, initial=initial, draft=version, calendars=calendars)


@agents("contracts:manage")
@require_POST
def commitment_drop(request: Request, contract_id: int, commitment_id: int) -> HttpResponse:
    """Take a promise out of the draft."""
    commitments.drop_commitment(request.actor, contract_id, commitment_id, now=timezone.now())
    return redirect("draft", contract_id)
