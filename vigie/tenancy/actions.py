"""Writes of clients, their sites and their entities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tenancy import access
from vigie.tenancy.models import Entity, Organisation, Site
from vigie.tenancy.questions import check_holidays, code_is_used
from vigie.toolkit import journal
from vigie.toolkit.files import SNIFFED_BYTES, sniff

LOGO_LIMIT = 200 * 1024
LOGO_KINDS = frozenset({"image/png", "image/jpeg"})


@transaction.atomic
def create_client(
    actor: Actor, values: Mapping[str, Any], *, logo: bytes | None = None, now: dt.datetime
) -> Organisation:
    """Open a client. Only for who sees every client: a new one would be out of the others' sight."""
    actor.demand("clients:manage")
    if actor.organisations is not None:
        raise NotAllowed("tenancy.needs_full_sight")
    changes = {**values, **_logo(logo)}
    return journal.write(actor, Organisation(kind=Organisation.Kind.CLIENT, created_at=now), changes, now=now)


@transaction.atomic
def change_client(
    actor: Actor,
    organisation_id: int,
    values: Mapping[str, Any],
    *,
    logo: bytes | None = None,
    drop_logo: bool = False,
    now: dt.datetime,
) -> Organisation:
    """Change a client's identity. Raises ``tenancy.code_in_use`` once tickets carry its code."""
    actor.demand("clients:manage")
    client = access.one(actor, organisation_id)
    if values.get("code", client.code) != client.code and code_is_used(client.pk):
        raise Refusal("tenancy.code_in_use", field="code", present=client.code)
    changes = {**values, **({"logo": None} if drop_logo else {}), **_logo(logo)}
    return journal.write(actor, client, changes, now=now)


def _logo(data: bytes | None) -> dict[str, bytes]:
    """The picture as a change, once its size and its bytes (not its name) were checked."""
    if not data:
        return {}
    if len(data) > LOGO_LIMIT:
        raise Refusal("tenancy.logo_too_large", field="logo", limit=LOGO_LIMIT // 1024)
    if sniff(data[:SNIFFED_BYTES], "logo") not in LOGO_KINDS:
        raise Refusal("tenancy.logo_kind", field="logo")
    return {"logo": data}


@transaction.atomic
def save_site(
    actor: Actor, organisation_id: int, site_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Site:
    """Add or change a site. Its zone and its holidays must be known: clocks are measured with them."""
    actor.demand("clients:manage")
    client = access.one(actor, organisation_id)
    site = Site(organisation=client) if site_id is None else one_site(actor, organisation_id, site_id)
    country, part = str(values.get("country", site.country)), str(values.get("subdivision", site.subdivision))
    check_holidays(country, part)
    _own_entity(actor, client.pk, values.get("entity"), "entity")
    return journal.write(actor, site, values, now=now)


@transaction.atomic
def save_entity(
    actor: Actor, organisation_id: int, entity_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Entity:
    """Add or change a node of the client's tree. Raises ``tenancy.entity_loop``."""
    actor.demand("clients:manage")
    client = access.one(actor, organisation_id)
    Organisation.objects.select_for_update().get(pk=client.pk)  # two moves at once could close a loop
    entity = (
        Entity(organisation=client) if entity_id is None else one_entity(actor, organisation_id, entity_id)
    )
    parent = values.get("parent")
    _own_entity(actor, client.pk, parent, "parent")
    if parent is not None and entity.pk in _line_of(parent):
        raise Refusal("tenancy.entity_loop", field="parent")
    return journal.write(actor, entity, values, now=now)


def one_site(actor: Actor, organisation_id: int, site_id: int) -> Site:
    """The site of this client with this id, or :class:`NotFound`."""
    site = access.visible_sites(actor).filter(organisation_id=organisation_id, pk=site_id).first()
    if site is None:
        raise NotFound()
    return site


def one_entity(actor: Actor, organisation_id: int, entity_id: int) -> Entity:
    """The entity of this client with this id, or :class:`NotFound`."""
    entity = access.visible_entities(actor).filter(organisation_id=organisation_id, pk=entity_id).first()
    if entity is None:
        raise NotFound()
    return entity


def _own_entity(actor: Actor, organisation_id: int, entity: Entity | None, field: str) -> None:
    if entity is None:
        return
    if not access.visible_entities(actor).filter(organisation_id=organisation_id, pk=entity.pk).exists():
        raise Refusal("tenancy.entity_of_another", field=field)


def _line_of(entity: Entity) -> set[int]:
    """Ids from this node up to the root."""
    parents = dict(
        Entity.objects.filter(organisation_id=entity.organisation_id).values_list("pk", "parent_id")
    )
    line: set[int] = set()
    at: int | None = entity.pk
    while at is not None and at not in line:
        line.add(at)
        at = parents.get(at)
    return line
