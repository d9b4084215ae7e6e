"""Writes of what stands beside the promises of a contract: lots, signatories, prices, cover, files."""

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models, transaction

from vigie.accounts.models import Agent, AgentClient
from vigie.catalog.models import Service
from vigie.contracts import access
from vigie.contracts.actions.versions import locked_draft
from vigie.contracts.models import Contract, ContractFile, Covered
from vigie.contracts.queries.parties import PARTS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy.models import Entity, Site
from vigie.toolkit import files, journal

REFUSED_KINDS = frozenset({"application/x-msdownload", "application/x-executable"})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
SORTS = ("service", "site", "entity")


@transaction.atomic
def add_part(
    actor: Actor, contract_id: int, part: str, values: Mapping[str, Any], *, now: dt.datetime
) -> Any:
    """A lot or a signatory of a contract, or a price of its draft. ``part`` is a key of ``PARTS``."""
    contract, owner = _owner(actor, contract_id, part)
    _check_manager(contract, values)
    row = PARTS[part](organisation_id=contract.organisation_id, **owner)
    return journal.write(actor, row, values, now=now)


@transaction.atomic
def change_part(
    actor: Actor, contract_id: int, part: str, row_id: int, values: Mapping[str, Any], *, now: dt.datetime
) -> Any:
    """Change one of them."""
    contract, owner = _owner(actor, contract_id, part)
    _check_manager(contract, values)
    return journal.write(actor, _one(part, owner, row_id), values, now=now)


@transaction.atomic
def drop_part(actor: Actor, contract_id: int, part: str, row_id: int, *, now: dt.datetime) -> None:
    """Remove one of them."""
    _contract, owner = _owner(actor, contract_id, part)
    row = _one(part, owner, row_id)
    journal.record(actor, "deleted", row, now=now, before=journal.snapshot(row))
    row.delete()


def _owner(actor: Actor, contract_id: int, part: str) -> tuple[Contract, dict[str, models.Model]]:
    """The contract, held, and what a part of this sort belongs to: the contract itself, or its draft."""
    if part == "prices":
        contract, draft = locked_draft(actor, contract_id)
        return contract, {"version": draft}
    actor.demand("contracts:manage")
    contract = access.locked(actor, contract_id)
    return contract, {"contract": contract}


def _one(part: str, owner: Mapping[str, Any], row_id: int) -> Any:
    found = PARTS[part]._default_manager.filter(pk=row_id, **owner).first()
    if found is None:
        raise NotFound()
    return found


def _check_manager(contract: Contract, values: Mapping[str, Any]) -> None:
    """Who answers for a lot sees its client (``contracts.manager_without_sight``)."""
    manager: Agent | None = values.get("manager")
    if manager is None or manager.all_clients:
        return
    if not AgentClient.objects.filter(agent=manager, organisation_id=contract.organisation_id).exists():
        raise Refusal("contracts.manager_without_sight", field="manager")


@transaction.atomic
def set_cover(
    actor: Actor,
    contract_id: int,
    services: Iterable[Service],
    sites: Iterable[Site],
    entities: Iterable[Entity],
    *,
    now: dt.datetime,
) -> None:
    """What the draft covers; nothing of a sort = all of it. Refuses what is another client's."""
    contract, draft = locked_draft(actor, contract_id)
    sites, entities = list(sites), list(entities)
    wanted = {("service", row.pk) for row in services} | {("site", row.pk) for row in sites}
    wanted |= {("entity", row.pk) for row in entities}
    owned: list[Site | Entity] = [*sites, *entities]
    for one in owned:
        if one.organisation_id != contract.organisation_id:
            raise Refusal("contracts.cover_of_another")
    known = list(Covered.objects.filter(version=draft))
    before = {
        (name, value) for row in known for name in SORTS if (value := getattr(row, f"{name}_id")) is not None
    }
    if before == wanted:
        return
    Covered.objects.filter(version=draft).delete()
    Covered.objects.bulk_create(
        Covered(organisation_id=contract.organisation_id, version=draft, **{f"{name}_id": pk})
        for name, pk in sorted(wanted)
    )
    told = [{"cover": sorted(f"{name}:{pk}" for name, pk in cover)} for cover in (before, wanted)]
    journal.record(actor, "changed", draft, now=now, before=told[0], after=told[1])


@transaction.atomic
def attach(
    actor: Actor, contract_id: int, name: str, size: int, chunks: Iterable[bytes], *, now: dt.datetime
) -> ContractFile:
    """Keep a document of a contract. Refuses what is empty, too large, a program, or has no room."""
    actor.demand("contracts:manage")
    contract = access.one(actor, contract_id)
    shown, limit = files.clean_name(name), settings.UPLOAD_LIMIT
    if size > limit:
        raise Refusal("contracts.file_too_large", field="file", name=shown, limit=limit // 1024 // 1024)
    if size == 0:
        raise Refusal("contracts.file_empty", field="file", name=shown)
    try:
        stored = files.store(chunks, shown)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise Refusal("contracts.file_no_room", field="file", name=shown) from error
    if stored.content_type in REFUSED_KINDS:
        raise Refusal("contracts.file_refused", field="file", name=shown)
    row = ContractFile(
        organisation_id=contract.organisation_id, contract=contract, created_at=now, added_by_name=actor.name,
        name=shown, content_type=stored.content_type, size=stored.size, sha256=stored.sha256,
    )  # fmt: skip
    row.save()
    journal.record(actor, "created", row, now=now, after=journal.snapshot(row, ("name", "size", "sha256")))
    return row


@transaction.atomic
def detach(actor: Actor, contract_id: int, file_id: int, *, now: dt.datetime) -> None:
    """Remove a document from a contract; its bytes go with the next purge unless something else names them."""
    actor.demand("contracts:manage")
    row = access.one_file(actor, contract_id, file_id)
    journal.record(actor, "deleted", row, now=now, before=journal.snapshot(row, ("name", "size", "sha256")))
    row.delete()
