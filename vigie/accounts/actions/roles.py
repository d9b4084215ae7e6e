"""Roles are data: a name and the grants it carries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from vigie.accounts import access
from vigie.accounts.actions.safeguards import administrator_kept
from vigie.accounts.models import Role, RoleGiven
from vigie.accounts.rules import ADMINISTRATION, DEFAULT_ROLES
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal


@transaction.atomic
def create_role(
    actor: Actor, *, code: str, name_fr: str, name_en: str, grants: Iterable[str], now: dt.datetime
) -> Role:
    """A new role. A grant that no feature declares is refused (``accounts.unknown_grant``)."""
    actor.demand(ADMINISTRATION)
    values = {"code": code, "name_fr": name_fr, "name_en": name_en, "grants": _known(grants)}
    return journal.write(actor, Role(), values, now=now)


@transaction.atomic
def change_role(
    actor: Actor, role_id: int, *, name_fr: str, name_en: str, grants: Iterable[str], now: dt.datetime
) -> Role:
    """Change what a role means, for everybody who holds it, from their next request on."""
    actor.demand(ADMINISTRATION)
    role = _one(role_id)
    with administrator_kept():
        return journal.write(
            actor, role, {"name_fr": name_fr, "name_en": name_en, "grants": _known(grants)}, now=now
        )


@transaction.atomic
def delete_role(actor: Actor, role_id: int, *, now: dt.datetime) -> None:
    """Remove a role that nobody holds."""
    actor.demand(ADMINISTRATION)
    role = _one(role_id)
    holders = RoleGiven.objects.filter(role=role).count()
    if holders:
        raise Refusal("accounts.role_in_use", count=holders)
    journal.record(actor, "deleted", role, now=now, before=journal.snapshot(role))
    role.delete()


@transaction.atomic
def publish_default_roles(actor: Actor, *, now: dt.datetime) -> None:
    """The usual roles of a service provider, for an installation that has none of that code yet."""
    actor.demand(ADMINISTRATION)
    present = set(Role.objects.values_list("code", flat=True))
    for code, (name_fr, name_en, grants) in DEFAULT_ROLES.items():
        if code not in present:
            create_role(actor, code=code, name_fr=name_fr, name_en=name_en, grants=grants, now=now)


def _one(role_id: int) -> Role:
    role = Role.objects.select_for_update().filter(pk=role_id).first()
    if role is None:
        raise NotFound()
    return role


def _known(grants: Iterable[str]) -> list[str]:
    wanted = sorted(set(grants))
    declared = access.declared_grants()
    for grant in wanted:
        if grant not in declared:
            raise Refusal("accounts.unknown_grant", field="grants", grant=grant)
    return wanted
