"""Reads of suppliers, their contracts and decision days, and of what teams and suppliers promise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from vigie.accounts import access as accounts_access
from vigie.contracts import access, labels
from vigie.contracts.models import Supplier, SupplierContract, SupportCommitment
from vigie.contracts.queries.support import last_day
from vigie.contracts.rules.deadlines import decide_by, term_after
from vigie.contracts.rules.promise import THRESHOLDS
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import local_name
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name, name_key
from vigie.toolkit.paging import Order, Page, page_of
from vigie.workflow.labels import TYPES, label

BY_NAME = Order(("name_key", "id"))
SOON = dt.timedelta(days=60)
LISTED = ("name", "trade", "criticality", "is_active", "held")


@dataclass(frozen=True, slots=True)
class Term:
    """The term that runs on a day: its last day, and until when one must decide. ``tone`` colours how near that is.

    ``renews_until``: past that day, the last day of the term that a tacit renewal will now begin.
    """

    ends_on: dt.date | None
    decide_by: dt.date | None
    tone: str
    running: bool
    renews_until: dt.date | None = None


def term_of(contract: SupplierContract, today: dt.date) -> Term:
    """A contract that renews itself is told by the term that runs today."""
    ends = contract.ends_on
    if ends is not None and contract.renewal == SupplierContract.Renewal.TACIT:
        ends = term_after(ends, contract.renewal_months, today)
    decide = decide_by(ends, contract.notice_months)
    tone = "quiet"
    if decide is not None and decide < today:
        tone = "late"
    elif decide is not None and decide - today <= SOON:
        tone = "warn"
    then = None
    if tone == "late" and contract.renewal == SupplierContract.Renewal.TACIT and contract.ends_on and ends:
        then = term_after(contract.ends_on, contract.renewal_months, ends + dt.timedelta(days=1))
    return Term(ends, decide, tone, contract.starts_on <= today <= last_day(contract), then)


def suppliers_page(
    actor: Actor, *, today: dt.date, search: str = "", cursor: str | None = None, size: int = 50
) -> Page:
    """Suppliers by name, each with its number of contracts and the ``term`` that must be decided first."""
    found = access.visible_suppliers(actor).annotate(held=Count("contracts"), name_key=by_name("name"))
    if wanted := holding(search, "name", "code", "trade"):
        found = found.filter(wanted)
    page = page_of(found, BY_NAME, fields=LISTED, size=size, cursor=cursor)
    contracts = access.visible_supplier_contracts(actor).filter(supplier__in=[row["id"] for row in page.rows])
    terms = [(contract.supplier_id, term_of(contract, today)) for contract in contracts]
    for row in page.rows:
        its = [term for supplier, term in terms if supplier == row["id"] and term.running and term.decide_by]
        row["term"] = min(its, key=lambda term: term.decide_by or dt.date.max, default=None)
    return page


def contracts_of(actor: Actor, supplier: Supplier, *, today: dt.date) -> list[dict[str, Any]]:
    """A supplier's contracts with their services, term and promises, those that run first."""
    rows = access.visible_supplier_contracts(actor).filter(supplier=supplier).prefetch_related("services")
    promises = promises_of(
        actor, SupportCommitment.objects.filter(supplier_contract__supplier=supplier), today=today
    )
    found = [
        {
            "contract": row,
            "term": term_of(row, today),
            "services": sorted((local_name(service) for service in row.services.all()), key=name_key),
            "promises": [one for one in promises if one["supplier_contract_id"] == row.pk],
        }
        for row in rows.order_by("-starts_on", "-pk")
    ]
    return sorted(found, key=lambda one: not one["term"].running)


def agreements(actor: Actor, *, today: dt.date) -> list[dict[str, Any]]:
    """Every team in use with what it promises the others."""
    promises = promises_of(actor, SupportCommitment.objects.filter(audience="ola"), today=today)
    offered = accounts_access.offered_teams(accounts_access.visible_teams(actor))
    teams = offered.order_by("level", by_name("name_fr"))
    return [
        {"team": team, "promises": [one for one in promises if one["team_id"] == team.pk]} for team in teams
    ]


def promises_of(actor: Actor, rows: Iterable[SupportCommitment], *, today: dt.date) -> list[dict[str, Any]]:
    """Promises in force or to come among ``rows``, in reading order: clock, scope, priority."""
    kept = access.visible_support(actor).filter(pk__in=[row.pk for row in rows])
    kept = kept.filter(Q(valid_until=None) | Q(valid_until__gt=today))
    kinds = list(labels.SUPPORT_KINDS)
    found = [
        {
            "id": row.pk,
            "team_id": row.team_id,
            "supplier_contract_id": row.supplier_contract_id,
            "kind": labels.SUPPORT_KINDS[row.kind],
            "scope": support_scope(row),
            "priority": row.priority,
            "target": labels.target_words(row.target_seconds, row.target_days),
            "calendar_id": row.calendar_id,
            "calendar": local_name(row.calendar),
            "thresholds": row.thresholds or list(THRESHOLDS),
            "valid_from": row.valid_from,
            "last_day": row.last_day,
            "later": row.valid_from > today,
            "order": (
                kinds.index(row.kind),
                bool(row.service_id),
                row.ticket_type,
                row.priority or 0,
                row.valid_from,
            ),
        }
        for row in kept
    ]
    return sorted(found, key=lambda one: one["order"])


def support_scope(row: SupportCommitment) -> str:
    """For which tickets, in words."""
    parts = [
        label(TYPES, row.ticket_type) if row.ticket_type else "",
        local_name(row.service) if row.service else "",
    ]
    return " · ".join(part for part in parts if part) or str(labels.EVERY_TICKET)
