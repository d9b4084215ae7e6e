"""What becomes of a contract: negotiated, suspended, given notice, renewed, ended, and who is reminded in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from vigie.accounts.models import Agent
from vigie.contracts import access
from vigie.contracts.actions.parties import attach
from vigie.contracts.actions.versions import refuse_rivals, today_of
from vigie.contracts.models import Contract, Deadline, Lot, Suspension
from vigie.contracts.rules.renewal import decision_deadline, renewed, runs_until, step_due
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.notifications.actions import Message, notify
from vigie.toolkit import journal

Status = Contract.Status
Letter = tuple[str, int, Iterable[bytes]]
"""A file: its name, its size in bytes, its pieces."""


def _move(
    actor: Actor, contract_id: int, allowed: tuple[str, ...], to: str, *, now: dt.datetime, **more: Any
) -> Contract:
    """Change the state and what goes with it, from one of those ``allowed`` (``contracts.state_refused``)."""
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    if contract.status not in allowed:
        raise Refusal("contracts.state_refused")
    return journal.write(actor, contract, {"status": to, **more}, now=now)


@transaction.atomic
def negotiate(actor: Actor, contract_id: int, *, now: dt.datetime) -> Contract:
    """The draft is with the client: it still promises nothing, and is listed apart."""
    return _move(actor, contract_id, (Status.DRAFT,), Status.NEGOTIATION, now=now)


@transaction.atomic
def give_up(actor: Actor, contract_id: int, *, now: dt.datetime) -> Contract:
    """A contract that never was in force will not be: it leaves the list, and its draft is kept."""
    return _move(actor, contract_id, (Status.DRAFT, Status.NEGOTIATION), Status.GIVEN_UP, now=now)


@transaction.atomic
def take_up(actor: Actor, contract_id: int, *, now: dt.datetime) -> Contract:
    """What was given up is a draft again."""
    return _move(actor, contract_id, (Status.GIVEN_UP,), Status.DRAFT, now=now)


@transaction.atomic
def give_notice(
    actor: Actor,
    contract_id: int,
    *,
    now: dt.datetime,
    on: dt.date | None = None,
    reference: str = "",
    letter: Letter | None = None,
) -> Contract:
    """The contract ends on its end, whatever its renewal, and nobody is reminded of the decision any more.

    ``on`` is the day of the letter (today where none is given), which its reference or its file prove. Refuses
    ``contracts.notice_in_the_future``, ``contracts.no_end`` and, past the deadline of a tacit renewal,
    ``contracts.notice_too_late``.
    """
    today = today_of(access.one(actor, contract_id), now)
    day = on or today
    if day > today:
        raise Refusal("contracts.notice_in_the_future", field="notice_on")
    contract = _move(
        actor, contract_id, (Status.ACTIVE, Status.SUSPENDED), Status.NOTICE_GIVEN, now=now,
        notice_on=day, notice_reference=reference.strip(),
    )  # fmt: skip
    if contract.ends_on is None:
        raise Refusal("contracts.no_end")
    late = decision_deadline(contract.ends_on, contract.notice_months) < day
    if late and contract.renewal == Contract.Renewal.TACIT:
        raise Refusal("contracts.notice_too_late", field="notice_on")
    if letter is not None:
        attach(actor, contract_id, *letter, now=now)
    return contract


@transaction.atomic
def withdraw_notice(actor: Actor, contract_id: int, *, now: dt.datetime) -> Contract:
    """Both sides go on as before the notice, unless another contract has taken over from its end."""
    contract = _move(
        actor, contract_id, (Status.NOTICE_GIVEN,), Status.ACTIVE, now=now,
        notice_on=None, notice_reference="",
    )  # fmt: skip
    refuse_rivals(contract, now=now)
    return contract


@transaction.atomic
def suspend(actor: Actor, contract_id: int, reason: str, *, now: dt.datetime) -> Suspension:
    """From today on, new tickets get no promise; those already open keep theirs."""
    contract = _move(actor, contract_id, (Status.ACTIVE,), Status.SUSPENDED, now=now)
    row = Suspension(organisation_id=contract.organisation_id, contract=contract)
    return journal.write(actor, row, {"starts_on": today_of(contract, now), "reason": reason}, now=now)


@transaction.atomic
def resume(actor: Actor, contract_id: int, *, now: dt.datetime) -> Contract:
    """From today on, new tickets get its promises again."""
    contract = _move(actor, contract_id, (Status.SUSPENDED,), Status.ACTIVE, now=now)
    row = Suspension.objects.get(contract=contract, ends_on=None)
    journal.write(actor, row, {"ends_on": today_of(contract, now)}, now=now)
    return contract


@transaction.atomic
def acknowledge(actor: Actor, contract_id: int, deadline_id: int, *, now: dt.datetime) -> Deadline:
    """Somebody takes the date in hand: no more reminders of it. Twice is once."""
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    row = Deadline.objects.filter(contract=contract, pk=deadline_id).first()
    if row is None:
        raise NotFound()
    if row.acknowledged_at is not None:
        return row
    return journal.write(actor, row, {"acknowledged_at": now, "acknowledged_by_name": actor.name}, now=now)


# -- each day ------------------------------------------------------------------------------------------------------


def follow_dates(now: dt.datetime) -> None:
    """Start, end, renew and remind, contract by contract: whatever is due by now and not done yet."""
    wanted = Contract.objects.exclude(status__in=(*Contract.UNPROMISED, Status.ENDED))
    for contract_id in wanted.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            contract = Contract.objects.select_for_update().select_related("organisation").get(pk=contract_id)
            _follow(contract, now)


def _follow(contract: Contract, now: dt.datetime) -> None:
    today = today_of(contract, now)
    if contract.status == Status.SIGNED and contract.starts_on <= today:
        journal.write(SYSTEM, contract, {"status": Status.ACTIVE}, now=now)
    notice_given = contract.status == Status.NOTICE_GIVEN
    tacit = contract.renewal == Contract.Renewal.TACIT
    end = runs_until(contract.ends_on, tacit=tacit, notice_given=notice_given)
    if end is not None and end <= today:
        journal.write(SYSTEM, contract, {"status": Status.ENDED}, now=now)
    elif contract.ends_on is not None:
        if end is None and contract.ends_on <= today:
            fresh = renewed(contract.ends_on, contract.renewal_months, today)
            journal.write(SYSTEM, contract, {"ends_on": fresh}, now=now)
        for kind, due_on in _dates(contract, ends=end is not None, notice_given=notice_given).items():
            _remind(contract, kind, due_on, today, now=now)


def _dates(contract: Contract, *, ends: bool, notice_given: bool) -> dict[Deadline.Kind, dt.date]:
    """The dates that somebody must know of: to decide while one may, and the end where it is one."""
    assert contract.ends_on is not None
    found = {Deadline.Kind.END: contract.ends_on - dt.timedelta(days=1)} if ends else {}
    if not notice_given:
        found[Deadline.Kind.DECISION] = decision_deadline(contract.ends_on, contract.notice_months)
    return found


def _remind(
    contract: Contract, kind: Deadline.Kind, due_on: dt.date, today: dt.date, *, now: dt.datetime
) -> None:
    """Tell the step that is due, once."""
    row = Deadline.objects.filter(contract=contract, kind=kind, due_on=due_on).first()
    row = row or Deadline(
        organisation_id=contract.organisation_id, contract=contract, kind=kind, due_on=due_on
    )
    step = None if row.acknowledged_at else step_due(due_on, today, row.told)
    if step is None:
        return
    row.told = step
    row.save()
    params = {
        "reference": contract.reference,
        "title": contract.organisation.name,
        "day": due_on.isoformat(),
    }
    message = Message(f"contract_{kind}", contract.organisation_id, "contract", contract.pk, params)
    notify(accountable(contract), message, now=now)


def accountable(contract: Contract) -> set[int]:
    """The managers of its lots; while it has none, whoever may manage this client's contracts."""
    managers = set(Lot.objects.filter(contract=contract).values_list("manager_id", flat=True))
    if managers:
        return managers
    sees = Q(all_clients=True) | Q(clients__organisation_id=contract.organisation_id)
    found = Agent.objects.filter(sees, roles__role__grants__contains=["contracts:manage"])
    return set(found.values_list("pk", flat=True))
