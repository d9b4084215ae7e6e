"""Pages of what stands beside the promises: lots, signatories, prices, cover, files, and the state of a contract."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.contracts import access
from vigie.contracts.actions import course, parties, versions
from vigie.contracts.forms.parties import (
    PART_FORMS,
    PART_TITLES,
    CoverForm,
    FileForm,
    NoticeForm,
    SuspensionForm,
    cover_initial,
    part_initial,
)
from vigie.contracts.models import Contract
from vigie.contracts.queries.parties import one_part
from vigie.contracts.views.parts import contract_crumb, crumb, draft_crumb, today_at
from vigie.kernel.refusal import NotFound
from vigie.toolkit import files
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def part(request: Request, contract_id: int, part: str, row_id: int | None = None) -> HttpResponse:
    """Add a lot, a signatory or a price of the draft, or change one."""
    if part not in PART_FORMS:
        raise NotFound()
    actor, found = request.actor, access.one(request.actor, contract_id)
    row = one_part(actor, found, part, row_id) if row_id else None
    form = PART_FORMS[part](request.POST or None, initial=part_initial(row) if row else {}, contract=found)

    def save(values: dict[str, Any]) -> object:
        if row is None:
            return parties.add_part(actor, contract_id, part, values, now=timezone.now())
        return parties.change_part(actor, contract_id, part, row.pk, values, now=timezone.now())

    if request.method == "POST" and done(form, save):
        return redirect("draft" if part == "prices" else "contract", contract_id)
    crumbs = [crumb(), contract_crumb(found), *([draft_crumb(found)] if part == "prices" else [])]
    return form_page(
        request, form, title=PART_TITLES[part][1 if row else 0], crumbs=crumbs, groups=[("", tuple(form.fields))],
        action=_("Save"), template="contracts/part.html", contract=found, part=part, row=row,
    )  # fmt: skip


@agents("contracts:manage")
@require_POST
def part_drop(request: Request, contract_id: int, part: str, row_id: int) -> HttpResponse:
    """Remove one of them."""
    if part not in PART_FORMS:
        raise NotFound()
    parties.drop_part(request.actor, contract_id, part, row_id, now=timezone.now())
    return redirect("draft" if part == "prices" else "contract", contract_id)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def cover(request: Request, contract_id: int) -> HttpResponse:
    """What the draft covers."""
    found = access.one(request.actor, contract_id)
    draft = versions.draft_of(found)
    if draft is None:
        raise NotFound()
    form = CoverForm(
        request.POST or None, initial=cover_initial(draft), organisation_id=found.organisation_id
    )

    def save(values: dict[str, Any]) -> bool:
        parties.set_cover(
            request.actor, contract_id, values["services"], values["sites"], values["entities"], now=timezone.now()
        )  # fmt: skip
        return True

    if request.method == "POST" and done(form, save):
        return redirect("draft", contract_id)
    return form_page(
        request, form, title=_("What it covers"), crumbs=[crumb(), contract_crumb(found), draft_crumb(found)],
        groups=[("", tuple(form.fields))], action=_("Save"),
        intro=_("A ticket outside of it gets no promise from this contract."),
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def file_new(request: Request, contract_id: int) -> HttpResponse:
    """Attach a document."""
    found = access.one(request.actor, contract_id)
    form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))

    def save(values: dict[str, Any]) -> object:
        sent = values["file"]
        return parties.attach(
            request.actor, contract_id, sent.name or "", sent.size or 0, sent.chunks(), now=timezone.now()
        )

    if request.method == "POST" and done(form, save):
        return redirect("contract", contract_id)
    return form_page(
        request, form, title=_("Attach a document"), crumbs=[crumb(), contract_crumb(found)],
        groups=[("", ("file",))], action=_("Attach"),
    )  # fmt: skip


@agents("contracts:view", answers="file")
@require_safe
def file(request: Request, contract_id: int, file_id: int) -> HttpResponseBase:
    """The document, served so that it cannot act."""
    found = access.one_file(request.actor, contract_id, file_id)
    try:
        return files.serve(found.sha256, found.name, found.content_type)
    except FileNotFoundError:
        raise NotFound() from None


@agents("contracts:manage")
@require_POST
def file_drop(request: Request, contract_id: int, file_id: int) -> HttpResponse:
    """Remove a document."""
    parties.detach(request.actor, contract_id, file_id, now=timezone.now())
    return redirect("contract", contract_id)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def suspension_new(request: Request, contract_id: int) -> HttpResponse:
    """Suspend a contract, with the reason."""
    found: Contract = access.one(request.actor, contract_id)
    form = SuspensionForm(request.POST or None)
    if request.method == "POST" and done(
        form, lambda values: course.suspend(request.actor, contract_id, values["reason"], now=timezone.now())
    ):
        return redirect("contract", contract_id)
    return form_page(
        request, form, title=_("Suspend the contract"), crumbs=[crumb(), contract_crumb(found)],
        groups=[("", ("reason",))], action=_("Suspend"),
        intro=_("From today on, new tickets get no promise. Those already open keep theirs."),
    )  # fmt: skip


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def notice_new(request: Request, contract_id: int) -> HttpResponse:
    """Give notice: on which day, proven by what."""
    found: Contract = access.one(request.actor, contract_id)
    form = NoticeForm(request.POST or None, request.FILES or None, initial={"notice_on": today_at(found)})

    def save(values: dict[str, Any]) -> object:
        file = values["file"]
        return course.give_notice(
            request.actor, contract_id, now=timezone.now(), on=values["notice_on"], reference=values["notice_reference"],
            letter=(file.name or "", file.size or 0, file.chunks()) if file else None,
        )  # fmt: skip

    if request.method == "POST" and done(form, save):
        return redirect("contract", contract_id)
    return form_page(
        request, form, title=_("Give notice"), crumbs=[crumb(), contract_crumb(found)],
        groups=[("", tuple(form.fields))], action=_("Give notice"),
        intro=_("The contract ends on its last day, whatever its renewal."),
    )  # fmt: skip


STEPS = {
    "negotiate": course.negotiate,
    "give-up": course.give_up,
    "take-up": course.take_up,
    "withdraw": course.withdraw_notice,
    "resume": course.resume,
}


@agents("contracts:manage")
@require_POST
def contract_step(request: Request, contract_id: int, step: str) -> HttpResponse:
    """Take a contract to another state."""
    if step not in STEPS:
        raise NotFound()
    STEPS[step](request.actor, contract_id, now=timezone.now())
    return redirect("contract", contract_id)


@agents("contracts:manage")
@require_POST
def deadline_acknowledge(request: Request, contract_id: int, deadline_id: int) -> HttpResponse:
    """Take a date in hand: no more reminders of it."""
    course.acknowledge(request.actor, contract_id, deadline_id, now=timezone.now())
    return redirect("contract", contract_id)
