"""Reads of credits: where each stands, and the list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Subquery

from vigie.compliance import access, labels
from vigie.compliance.models import CreditAnswer, CreditRequest, Statement
from vigie.compliance.queries.names import names_of
from vigie.compliance.rules.credits import Standing, standing
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import Actor
from vigie.toolkit.paging import Order, Page, page_of


@dataclass(frozen=True, slots=True)
class Credit:
    """A request with its answer (``None``: none yet), by whom, and where it stands."""

    request: CreditRequest
    answer: CreditAnswer | None
    by: str
    standing: Standing


def standing_of(row: CreditRequest, now: dt.datetime) -> Standing:
    """Where the credit stands today, in the client's zone."""
    return standing_with_answer(row, now).standing


def standing_with_answer(row: CreditRequest, now: dt.datetime) -> Credit:
    """A credit in sight with its answer and where it stands."""
    answer = CreditAnswer.objects.filter(request=row).first()
    who = names_of([answer.answered_by_id]) if answer else {}
    return Credit(row, answer, next(iter(who.values()), ""), _standing(row, answer, now))


def _standing(row: CreditRequest, answer: CreditAnswer | None, now: dt.datetime) -> Standing:
    today = now.astimezone(zone_of(row.statement.organisation.timezone)).date()
    contested = None if answer is None else answer.contested
    return standing(row.amount, row.answer_by, contested, row.decided, row.note, today)


def credit_of(actor: Actor, statement: Statement | None, *, now: dt.datetime) -> Credit | None:
    """The credit of a statement, where it has one."""
    if statement is None or statement.state != Statement.State.FROZEN or not statement.total:
        return None
    rows = access.visible_credits(actor).filter(statement=statement)
    row = rows.defer("decided_by").select_related("statement__organisation").first()
    if row is None:
        return None
    return standing_with_answer(row, now)


def waiting_credits(actor: Actor, *, now: dt.datetime, most: int = 20) -> list[dict[str, Any]]:
    """Credits that the client's manager may still answer, the one to answer first: ``id month amount answer_by`` in words."""
    answered = CreditAnswer.objects.filter(request=OuterRef("pk"))
    rows = access.visible_credits(actor).filter(~Exists(answered), decided=None, note="")
    open_still = rows.filter(answer_by__gte=now.date() - dt.timedelta(days=1)).order_by("answer_by", "pk")
    named = open_still.values(
        "id", "amount", "answer_by", "decided", "note", month=F("statement__month"),
        currency=F("statement__currency"), zone=F("organisation__timezone"),
    )[:most]  # fmt: skip
    return [
        {
            **row,
            "month": labels.month_words(row["month"]),
            "amount": labels.money(row["amount"], row["currency"]),
        }
        for row in named
        if _standing_of_row({**row, "contested": None}, now) == Standing.OPEN
    ]


def credits_page(actor: Actor, *, now: dt.datetime, cursor: str | None = None, size: int = 50) -> Page:
    """Credits in sight, latest first, each with its ``standing``."""
    actor.demand("compliance:view")
    answer = CreditAnswer.objects.filter(request=OuterRef("pk"))
    rows = access.visible_credits(actor).annotate(
        client=F("organisation__name"), currency=F("statement__currency"), month=F("statement__month"),
        contract_id=F("statement__contract_id"), reference=F("statement__contract__reference"),
        zone=F("organisation__timezone"), contested=Subquery(answer.values("contested")[:1]),
    )  # fmt: skip
    fields = (
        "client", "currency", "month", "contract_id", "reference", "zone", "contested", "amount", "decided", "note",
        "asked_at", "answer_by",
    )  # fmt: skip
    page = page_of(rows, Order(("-id",)), fields=fields, size=size, cursor=cursor)
    for row in page.rows:
        row["standing"] = _standing_of_row(row, now)
    return page


def _standing_of_row(row: dict[str, Any], now: dt.datetime) -> Standing:
    today = now.astimezone(zone_of(row["zone"])).date()
    return standing(row["amount"], row["answer_by"], row["contested"], row["decided"], row["note"], today)
