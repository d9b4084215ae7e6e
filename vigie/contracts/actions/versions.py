"""Writes of a contract's versions: an amendment is drafted, compared, put in force from its day, and then stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from vigie.contracts import access
from vigie.contracts.models import Commitment, Contract, ContractVersion, Covered, Lot, PriceLine
from vigie.contracts.queries.overlaps import overlaps
from vigie.contracts.queries.reach import refusals_of
from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.policies import COLUMNS, pause_reasons
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy.models import Organisation
from vigie.toolkit import journal
from vigie.toolkit.jinja import local_name, when

POLICIES = ("on_priority_change", "on_reopen", "pauses", "reopen_days", "close_days", "silence_days")
PARTS = (Commitment, Covered, PriceLine)
"""What belongs to a version, copied into the draft of the next one."""


def first_draft(actor: Actor, contract: Contract, *, now: dt.datetime) -> ContractVersion:
    """The version that a new contract will start with."""
    version = ContractVersion(
        organisation_id=contract.organisation_id, contract=contract, number=1, created_at=now
    )
    return journal.write(actor, version, {"effective_on": contract.starts_on}, now=now)


def move_first_draft(actor: Actor, contract: Contract, day: dt.date, *, now: dt.datetime) -> None:
    """The first version starts with its contract."""
    draft = draft_of(contract)
    if draft is not None:
        journal.write(actor, draft, {"effective_on": day}, now=now)


def draft_of(contract: Contract) -> ContractVersion | None:
    """The draft of a contract, where one waits."""
    return ContractVersion.objects.filter(contract=contract, state=ContractVersion.State.DRAFT).first()


def last_in_force(contract: Contract) -> ContractVersion | None:
    """The version put in force last, whether its day has come or not."""
    standing = ContractVersion.objects.filter(contract=contract, state=ContractVersion.State.IN_FORCE)
    return standing.order_by("effective_on").last()


@transaction.atomic
def draft_amendment(
    actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> ContractVersion:
    """A draft that starts as a copy of the version put in force last. ``values``: its day and what changes, in words.

    Refuses ``contracts.draft_exists``, and ``contracts.not_in_force`` for a contract that has no version to amend.
    """
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    base = last_in_force(contract)
    if draft_of(contract) is not None:
        raise Refusal("contracts.draft_exists")
    if base is None:
        raise Refusal("contracts.not_in_force")
    _check_day(contract, base, values["effective_on"], now)
    draft = ContractVersion(
        organisation_id=contract.organisation_id, contract=contract, number=base.number + 1, created_at=now,
        **{name: getattr(base, name) for name in POLICIES},
    )  # fmt: skip
    draft = journal.write(actor, draft, values, now=now)
    for part in PARTS:
        _copy(part, base, draft)
    return draft


def _copy(
    part: type[Commitment] | type[Covered] | type[PriceLine], base: ContractVersion, draft: ContractVersion
) -> None:
    rows: list[Any] = list(part._default_manager.filter(version=base).order_by("pk"))
    for row in rows:
        row.pk, row.version_id = None, draft.pk
        row._state.adding = True
    part._default_manager.bulk_create(rows)


@transaction.atomic
def change_draft(
    actor: Actor, contract_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> ContractVersion:
    """Change the day, the words or the policies of a draft. The first version starts with its contract."""
    contract, draft = locked_draft(actor, contract_id)
    day, base = values.get("effective_on", draft.effective_on), last_in_force(contract)
    if base is not None and "effective_on" in values:
        _check_day(contract, base, day, now)
    elif base is None and day != contract.starts_on:
        raise Refusal("contracts.first_version_starts_with_contract", field="effective_on")
    check_pauses(values.get("pauses", {}))
    return journal.write(actor, draft, values, now=now)


@transaction.atomic
def drop_draft(actor: Actor, contract_id: int, *, now: dt.datetime) -> None:
    """Give up an amendment. The first version of a contract cannot be given up (``contracts.first_version``)."""
    contract, draft = locked_draft(actor, contract_id)
    if last_in_force(contract) is None:
        raise Refusal("contracts.first_version")
    journal.record(actor, "deleted", draft, now=now, before=journal.snapshot(draft))
    for part in PARTS:
        part._default_manager.filter(version=draft).delete()
    draft.delete()


@transaction.atomic
def put_in_force(
    actor: Actor, contract_id: int, *, now: dt.datetime, taken_over: bool = False
) -> ContractVersion:
    """The draft stands from its day on, and never changes again; refused by the first of its :func:`obstacles`.

    The first version puts its contract in force. ``taken_over``: of a tool left behind, which named no manager.
    """
    contract, draft = locked_draft(actor, contract_id)
    hold_client(contract)
    for refusal in obstacles(contract, draft, now=now):
        if not (taken_over and refusal.code == "contracts.nobody_accountable"):
            raise refusal
    draft = journal.write(actor, draft, {"state": ContractVersion.State.IN_FORCE}, now=now)
    if contract.status in Contract.UNPROMISED:
        began = contract.starts_on <= today_of(contract, now)
        status = Contract.Status.ACTIVE if began else Contract.Status.SIGNED
        journal.write(actor, contract, {"status": status}, now=now)
    return draft


def obstacles(contract: Contract, draft: ContractVersion, *, now: dt.datetime) -> list[Refusal]:
    """Why the draft cannot be put in force: its day or who answers, the contracts that it would take tickets from without
    a word, then each target that its hours would never let fall due.
    """
    base, today = last_in_force(contract), today_of(contract, now)
    found: list[Refusal] = []
    if contract.status == Contract.Status.GIVEN_UP:
        found.append(Refusal("contracts.given_up"))
    if base is not None:
        try:
            _check_day(contract, base, draft.effective_on, now)
        except Refusal as refusal:
            found.append(refusal)
    else:
        found += missing_terms(contract)
        if not Lot.objects.filter(contract=contract).exists():
            found.append(Refusal("contracts.nobody_accountable", field="manager"))
    return [*found, *rivals(draft, today), *refusals_of(draft, today)]


def missing_terms(contract: Contract) -> list[Refusal]:
    """A renewal and a notice are counted from an end."""
    if contract.ends_on is not None:
        return []
    found = []
    if contract.renewal == Contract.Renewal.TACIT:
        found.append(Refusal("contracts.renewal_without_end", field="ends_on"))
    if contract.notice_months:
        found.append(Refusal("contracts.notice_without_end", field="ends_on"))
    return found


def hold_client(contract: Contract) -> None:
    """Two contracts of a client are compared by one person at a time."""
    Organisation.objects.select_for_update(no_key=True).get(pk=contract.organisation_id)


def rivals(version: ContractVersion, today: dt.date) -> list[Refusal]:
    """The contracts that a version would share tickets with, nothing telling which one governs."""
    return [
        Refusal(
            "contracts.covered_twice",
            contract=f"{one.contract.reference} ({local_name(one.contract)})",
            what=one.what,
            day=when(one.since),
        )
        for one in overlaps(version, today)
    ]


def refuse_rivals(contract: Contract, *, now: dt.datetime) -> None:
    """Refuse (``contracts.covered_twice``) dates by which a contract in force would run beside another one."""
    hold_client(contract)
    standing = ContractVersion.objects.filter(contract=contract, state=ContractVersion.State.IN_FORCE)
    for version in standing.order_by("effective_on"):
        version.contract = contract
        for refusal in rivals(version, today_of(contract, now)):
            raise refusal


def locked_draft(actor: Actor, contract_id: int) -> tuple[Contract, ContractVersion]:
    """The contract, held so that two people cannot change its draft at once, and the draft.

    Refuses ``contracts.no_draft`` where none waits: what is in force is changed by an amendment.
    """
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    draft = draft_of(contract)
    if draft is None:
        raise Refusal("contracts.no_draft")
    return contract, draft


def commitment_of(draft: ContractVersion, commitment_id: int) -> Commitment:
    """The commitment of a draft with this id."""
    found = Commitment.objects.filter(version=draft, pk=commitment_id).first()
    if found is None:
        raise NotFound()
    return found


def today_of(contract: Contract, now: dt.datetime) -> dt.date:
    """The client's day."""
    return timezone.localdate(now, zone_of(contract.organisation.timezone))


def check_pauses(pauses: Mapping[str, Mapping[str, bool]]) -> None:
    """Refuse a reason that does not exist (``contracts.pause_unknown_reason``)."""
    for kind in COLUMNS.values():
        pause_reasons(kind, pauses, {})


def _check_day(contract: Contract, base: ContractVersion, day: dt.date, now: dt.datetime) -> None:
    """An amendment starts after the version put in force last, before the end where it is one, and tomorrow at the earliest.

    The tickets of today were promised what stood this morning.
    """
    if day == base.effective_on:
        raise Refusal("contracts.amendment_same_day", field="effective_on")
    if day < base.effective_on:
        raise Refusal("contracts.version_overlaps", field="effective_on")
    end = contract.promises_until
    if end is not None and day >= end:
        raise Refusal("contracts.amendment_after_end", field="effective_on")
    if day <= today_of(contract, now):
        raise Refusal("contracts.change_in_the_past", field="effective_on")
