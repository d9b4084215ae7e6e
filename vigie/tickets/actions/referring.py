"""Giving a ticket to a supplier, and judging what comes back. The client's promise stops only where its contract says so."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from django.db import transaction

from vigie.contracts.models import SupplierContract
from vigie.contracts.queries.support import supplier_contracts_for
from vigie.contracts.rules.promise import PendingReason
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Referral, Ticket
from vigie.tickets.rules import facts
from vigie.workflow.queries import machine_of

SUPPLIER = str(PendingReason.SUPPLIER)
Outcome = Literal["check", "accepted", "rejected"]


@transaction.atomic
def refer(
    actor: Actor, ticket_id: int, contract_id: int, *, reference: str = "", note: str = "", now: dt.datetime
) -> Referral:
    """Refer the ticket to a supplier under one of its contracts in force; the ticket waits for it.

    The supplier's clock starts, or goes on where it was referred there before.
    """
    actor.demand("tickets:work")
    ticket = _open(actor, ticket_id)
    if _under_way(ticket) is not None:
        raise Refusal("tickets.already_referred")
    contract = _contract(contract_id, now)
    referral = Referral.objects.create(
        organisation_id=ticket.organisation_id,
        ticket_id=ticket.pk,
        supplier_contract=contract,
        reference=reference.strip()[:80],
        note=note.strip(),
        referred_at=now,
        referred_by_id=actor.person_id,
    )
    told = {
        "referral": referral.pk, "contract": contract.pk, "supplier": contract.supplier.name,
        "reference": referral.reference, "note": referral.note,
    }  # fmt: skip
    _check_wait(ticket)
    ticket = change(
        actor, ticket, {}, [NewFact(facts.REFERRED, told)], now=now, is_public=False, moves_clock=False
    )
    _wait_for_supplier(actor, ticket, now)
    return referral


@transaction.atomic
def answered(actor: Actor, ticket_id: int, outcome: Outcome, *, note: str = "", now: dt.datetime) -> Referral:
    """The supplier answered: its clock stops. ``check``: to be judged later; a rejected answer resumes the same clock."""
    actor.demand("tickets:work")
    ticket = _open(actor, ticket_id)
    referral = _under_way(ticket)
    if referral is None or referral.state != Referral.State.OPEN:
        raise Refusal("tickets.no_answer_awaited")
    referral.state, referral.answered_at = Referral.State.ANSWERED, now
    referral.save(update_fields=["state", "answered_at"])
    told = [NewFact(facts.ANSWERED, _told(referral, note=note))]
    if outcome != "check":
        told.append(_judge(referral, outcome == "accepted", ""))
    ticket = change(actor, ticket, {}, told, now=now, is_public=False, moves_clock=False)
    if outcome != "rejected":
        _resume(actor, ticket, now)
    return referral


@transaction.atomic
def judge_answer(
    actor: Actor, ticket_id: int, *, accepted: bool, note: str = "", now: dt.datetime
) -> Referral:
    """Accept the supplier's answer, or reject it: the ticket then waits for the supplier again, on the same clock."""
    actor.demand("tickets:work")
    ticket = _open(actor, ticket_id)
    referral = _under_way(ticket)
    if referral is None or referral.state != Referral.State.ANSWERED:
        raise Refusal("tickets.no_answer_to_judge")
    if not accepted and not note.strip():
        raise Refusal("tickets.rejection_needs_reason", field="note")
    judged = _judge(referral, accepted, note)
    ticket = change(actor, ticket, {}, [judged], now=now, is_public=False, moves_clock=False)
    if not accepted:
        _wait_for_supplier(actor, ticket, now)
    return referral


def _open(actor: Actor, ticket_id: int) -> Ticket:
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase in ("done", "ended"):
        raise Refusal("tickets.refer_after_resolution")
    return ticket


def _under_way(ticket: Ticket) -> Referral | None:
    under_way = Referral.objects.filter(ticket_id=ticket.pk, state__in=["open", "answered"])
    return under_way.select_related("supplier_contract__supplier").first()


def _contract(contract_id: int, now: dt.datetime) -> SupplierContract:
    """The contract with this id, where it is in force today."""
    found = [one for one in supplier_contracts_for(None, now.date()) if one.pk == contract_id]
    if not found:
        raise Refusal("tickets.supplier_contract_not_in_force", field="contract")
    return found[0]


def _told(referral: Referral, *, note: str) -> dict[str, object]:
    contract = referral.supplier_contract
    return {
        "referral": referral.pk, "contract": contract.pk, "supplier": contract.supplier.name, "note": note.strip(),
    }  # fmt: skip


def _judge(referral: Referral, accepted: bool, note: str) -> NewFact:
    referral.state = Referral.State.ACCEPTED if accepted else Referral.State.OPEN
    referral.save(update_fields=["state"])
    return NewFact(facts.JUDGED, {**_told(referral, note=note), "accepted": accepted})


def _wait_for_supplier(actor: Actor, ticket: Ticket, now: dt.datetime) -> None:
    """Put the ticket on hold for its supplier; work that nobody had begun is begun with it."""
    _check_wait(ticket)
    if ticket.phase == "waiting":
        return
    machine = machine_of(ticket.workflow_version_id)
    if machine.step_named(ticket.state, "wait", "agent") is None and machine.step_named(
        ticket.state, "start", "agent"
    ):
        take_step(actor, ticket.pk, "start", Given(), now=now)
    take_step(actor, ticket.pk, "wait", Given(pending_reason=SUPPLIER), now=now)


def _check_wait(ticket: Ticket) -> None:
    """A ticket that waits for something else is resumed first: one wait is told at a time."""
    if ticket.phase == "waiting" and ticket.pending_reason != SUPPLIER:
        raise Refusal("tickets.refer_while_waiting")


def _resume(actor: Actor, ticket: Ticket, now: dt.datetime) -> None:
    if ticket.phase == "waiting" and ticket.pending_reason == SUPPLIER:
        take_step(actor, ticket.pk, "resume", Given(), now=now)
