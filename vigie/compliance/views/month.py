"""A contract's month: its figures, the tickets behind each of them, its proposal and its approval."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vigie.accounts.queries import holders
from vigie.compliance import access, labels, rules
from vigie.compliance.actions import statements
from vigie.compliance.models import Statement, StatementClock
from vigie.compliance.queries import behind, sheet
from vigie.compliance.queries.costs import costs_of
from vigie.compliance.queries.credits import credit_of
from vigie.contracts.labels import KINDS
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets.queries.corrected import waiting_corrections
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence


@agents("compliance:view")
@require_safe
def month(request: Request, contract_id: int) -> HttpResponse:
    """The month asked for, or the one in progress."""
    contract, now = access.contract(request.actor, contract_id), timezone.now()
    return _page(request, contract, sheet.month_asked(request.GET, contract, now), now)


def _page(
    request: Request, contract: Contract, shown: dt.date, now: dt.datetime, refused: str = ""
) -> HttpResponse:
    """The month; ``refused``: why it was not approved."""
    actor = request.actor
    told = sheet.sheet_of(actor, contract, shown, now=now)
    over = told.month < rules.month_of(now, contract.organisation.timezone)
    proposed = told.statement is not None and told.state == Statement.State.PROPOSED
    approval = _approval(actor, contract, told) if proposed else {}
    context = {
        "contract": contract, "sheet": told, "states": labels.STATES, "crumbs": _crumbs(contract, told.month),
        "earlier": rules.later(told.month, -1), "later": rules.later(told.month) if over else None,
        "may_propose": over and actor.can("compliance:propose") and (told.rows or told.measures) and told.state != Statement.State.FROZEN,
        "credit": credit_of(actor, told.statement, now=now), "standings": labels.STANDINGS,
        "credit_tones": labels.STANDING_TONES, "may_read": actor.can("compliance:propose"), "refused": refused, **approval,
    }  # fmt: skip
    return render(request, "compliance/month.html", context, status=409 if refused else 200)


def _approval(actor: Actor, contract: Contract, told: sheet.Sheet) -> dict[str, Any]:
    """Who may approve the month, and whether the reader may do so now: not its own, not before an earlier month, not figures
    that moved. ``corrections``: late ones of its tickets that wait for a second person."""
    assert told.statement is not None
    proposer = told.statement.proposed_by_id
    others = holders("compliance:approve", contract.organisation_id)
    mine = proposer is not None and proposer == actor.person_id
    before = statements.earlier_open(contract, told.month)
    its_tickets = StatementClock.objects.filter(statement=told.statement).values("ticket_id")
    may = actor.can("compliance:approve") and not mine and told.today is None and before is None
    return {
        "may_approve": may, "is_mine": mine, "approvers": [name for pk, name in others.items() if pk != proposer],
        "corrections": waiting_corrections(actor, its_tickets),
        "open_before": before, "open_before_words": labels.month_words(before) if before else "",
    }  # fmt: skip


@agents("compliance:view")
@require_safe
def tickets(request: Request, contract_id: int) -> HttpResponse:
    """The tickets behind a figure of the month."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    wanted = sheet.wanted_of(actor, contract, request.GET, now=now)
    context = {
        "contract": contract, "may_ask": actor.can("compliance:propose"), **listed(request, wanted, now),
        "crumbs": [*_crumbs(contract, wanted.month), {"label": _("Tickets")}],
    }  # fmt: skip
    return render(request, "compliance/tickets.html", context)


def listed(request: Request, wanted: behind.Wanted, now: dt.datetime) -> dict[str, Any]:
    """The list of tickets and its filters, for either shell."""
    found, total = behind.counted(request.actor, wanted, now=now, cursor=request.GET.get("page"))
    sheet.amount_words(found.rows, wanted.contract.organisation.currency)
    kept = {
        "month": wanted.month.isoformat()[:7],
        "rate": wanted.commitment.pk if wanted.commitment else None,
    }
    return {
        "found": found, "total": total, "wanted": wanted, "only": labels.ONLY, "kinds": KINDS, "kept": kept,
        "scope": labels.scope_words(wanted.commitment) if wanted.commitment else _("All commitments"),
        "month": labels.month_words(wanted.month), "exclusion_states": labels.EXCLUSION_STATES,
        "live": "1" if wanted.live else None,
        "costs": None if request.GET.get("page") else costs_of(request.actor, wanted, now=now),
    }  # fmt: skip


@agents("compliance:propose")
@require_POST
def propose(request: Request, contract_id: int) -> HttpResponse:
    """Propose the month, or propose it again."""
    contract, now = access.contract(request.actor, contract_id), timezone.now()
    wanted = sheet.month_asked(request.POST, contract, now)
    statements.propose(request.actor, contract_id, wanted, now=now)
    return redirect(url("contract_month", contract_id, month=wanted.isoformat()[:7]))


@agents("compliance:view")
@require_safe
def statement(request: Request, statement_id: int) -> HttpResponse:
    """Where a statement is read: the page of its month."""
    found = access.one_statement(request.actor, statement_id)
    return redirect(url("contract_month", found.contract_id, month=found.month.isoformat()[:7]))


@agents("compliance:approve")
@require_POST
def approve(request: Request, statement_id: int) -> HttpResponse:
    """Approve what somebody else proposed: the month is frozen. Where it cannot be, its page says why."""
    now = timezone.now()
    found = access.one_statement(request.actor, statement_id)
    try:
        statements.approve(request.actor, statement_id, now=now)
    except (NotFound, NotAllowed):
        raise
    except Refusal as refusal:
        contract = access.contract(request.actor, found.contract_id)
        return _page(request, contract, found.month, now, sentence(refusal))
    return redirect(url("contract_month", found.contract_id, month=found.month.isoformat()[:7]))


def _crumbs(contract: Contract, shown: dt.date) -> list[dict[str, Any]]:
    return [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": contract.reference, "href": url("contract", contract.pk)},
        {
            "label": labels.month_words(shown),
            "href": url("contract_month", contract.pk, month=shown.isoformat()[:7]),
        },
    ]
