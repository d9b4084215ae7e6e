"""Writes of the catalogue: services, the category tree, what a client subscribes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.catalog import access
from vigie.catalog.models import Category, Service, Subscription
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy import access as tenancy_access
from vigie.toolkit import journal

LEVELS = 3


@transaction.atomic
def save_service(
    actor: Actor, service_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Service:
    """Add or change a service of the catalogue."""
    actor.demand("catalog:manage")
    service = Service() if service_id is None else access.one_of_all(actor, service_id)
    return journal.write(actor, service, values, now=now)


@transaction.atomic
def save_category(
    actor: Actor, category_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Category:
    """Add, change or move a category; the paths of all that is under it follow.

    Raises ``catalog.category_loop`` and ``catalog.too_deep``.
    """
    actor.demand("catalog:manage")
    tree = {c.pk: c for c in Category.objects.select_for_update().order_by("pk")}
    category = Category() if category_id is None else tree.get(category_id)
    if category is None:
        raise NotFound()
    before = category.path
    parent = values.get("parent", category.parent)
    _check_place(category, parent, tree)
    code = str(values.get("code", category.code))
    path = f"{tree[parent.pk].path}/{code}" if parent else code
    saved = journal.write(actor, category, {**values, "path": path}, now=now)
    if before and before != path:
        _move_branch(before, path, tree.values())
    return saved


def _check_place(category: Category, parent: Category | None, tree: Mapping[int, Category]) -> None:
    """Refuse a place inside the category itself, or one that puts its branch below the last level."""
    if parent is None:
        return
    path = tree[parent.pk].path
    if category.pk and (parent.pk == category.pk or path.startswith(f"{category.path}/")):
        raise Refusal("catalog.category_loop", field="parent")
    branch = [c.path for c in tree.values() if c.path.startswith(f"{category.path}/")] if category.pk else []
    height = max((p.count("/") - category.path.count("/") for p in branch), default=0)
    if path.count("/") + 2 + height > LEVELS:
        raise Refusal("catalog.too_deep", field="parent", levels=LEVELS)


def _move_branch(before: str, after: str, tree: Any) -> None:
    moved = [c for c in tree if c.path.startswith(f"{before}/")]
    for category in moved:
        category.path = after + category.path[len(before) :]
    Category.objects.bulk_update(moved, ["path"])


@transaction.atomic
def save_subscription(
    actor: Actor,
    organisation_id: int,
    subscription_id: int | None,
    values: Mapping[str, Any],
    *,
    now: dt.datetime,
) -> Subscription:
    """A client starts to use a service, changes the team that handles it, or stops."""
    actor.demand("clients:manage")
    client = tenancy_access.one(actor, organisation_id)
    if subscription_id is None:
        if Subscription.objects.filter(organisation=client, service=values["service"]).exists():
            raise Refusal("catalog.already_subscribed", field="service")
        subscription = Subscription(organisation=client)
    else:
        subscription = access.one_subscription(actor, organisation_id, subscription_id)
    return journal.write(actor, subscription, values, now=now)
