"""Contracts of a client that cover the same tickets as precisely as another: nobody could tell which of them governs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.catalog.models import Service
from vigie.contracts import labels
from vigie.contracts.models import Contract, ContractVersion, Covered
from vigie.contracts.rules.cover import Limits, shared
from vigie.tenancy.models import Entity, Site
from vigie.toolkit.jinja import local_name


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another contract, the first day that both run, and which tickets both cover, in words."""

    contract: Contract
    since: dt.date
    what: str


def overlaps(version: ContractVersion, today: dt.date) -> list[Overlap]:
    """The running contracts of the same client and nature that ``version`` meets from ``today`` on, each once.

    ``version.contract`` says until when; a version that another one follows ends where that one starts.
    """
    contract = version.contract
    others = (
        Contract.objects.filter(organisation_id=contract.organisation_id, nature=contract.nature)
        .exclude(status__in=(*Contract.UNPROMISED, Contract.Status.ENDED))
        .exclude(pk=contract.pk)
    )
    standing = ContractVersion.objects.filter(
        contract__in=[contract, *others], state=ContractVersion.State.IN_FORCE
    ).exclude(pk=version.pk)
    editions: dict[int, list[ContractVersion]] = {}
    for one in standing.select_related("contract").order_by("effective_on"):
        editions.setdefault(one.contract_id, []).append(one)
    own = _until(version, editions.pop(contract.pk, []), contract.promises_until)
    limits = _limits([version, *(one for its in editions.values() for one in its)])
    found = []
    for its in editions.values():
        for one in its:
            since = max(version.effective_on, one.effective_on, today)
            both = shared(limits[version.pk], limits[one.pk])
            ends = [day for day in (own, _until(one, its, one.contract.promises_until)) if day is not None]
            if both is not None and all(since < day for day in ends):
                found.append(Overlap(one.contract, since, _words(both)))
                break
    return found


def _until(version: ContractVersion, its: Iterable[ContractVersion], end: dt.date | None) -> dt.date | None:
    """The first day on which a version no longer governs: the next one's, or the contract's end."""
    days = [one.effective_on for one in its if one.effective_on > version.effective_on]
    return min([*days, *([end] if end else [])], default=None)


def _limits(versions: Iterable[ContractVersion]) -> dict[int, Limits]:
    """What each version is limited to; an entity comes with what is under it."""
    found: dict[int, dict[str, set[int]]] = {version.pk: {} for version in versions}
    rows: Iterable[tuple[Any, ...]] = Covered.objects.filter(version_id__in=found).values_list(
        "version_id", "organisation_id", "service_id", "site_id", "entity_id"
    )
    under: dict[int, set[int]] = {}
    for pk, client, service, site, entity in rows:
        if entity is not None:
            under = under or _under(client)
            found[pk].setdefault("people", set()).update(under[entity])
        else:
            found[pk].setdefault("services" if service else "sites", set()).add(service or site)
    return {pk: {sort: frozenset(ids) for sort, ids in its.items()} for pk, its in found.items()}


def _under(organisation_id: int) -> dict[int, set[int]]:
    """Each entity of a client with what is under it."""
    above: dict[int, Any] = dict(
        Entity.objects.filter(organisation_id=organisation_id).values_list("pk", "parent_id")
    )
    found: dict[int, set[int]] = {pk: {pk} for pk in above}
    for pk in above:
        parent = above[pk]
        while parent is not None:
            found[parent].add(pk)
            parent = above[parent]
    return found


def _words(both: Mapping[str, frozenset[int]]) -> str:
    names: dict[str, Callable[[Any], Iterable[str]]] = {
        "services": lambda ids: [local_name(row) for row in Service.objects.filter(pk__in=ids)],
        "sites": lambda ids: Site.objects.filter(pk__in=ids).values_list("name", flat=True),
        "people": lambda ids: Entity.objects.filter(pk__in=ids).values_list("name", flat=True),
    }
    told = [
        ", ".join(sorted(names[sort](both[sort]))) if sort in both else str(words).lower()
        for sort, words in labels.ALL_OF.items()
    ]
    return " · ".join(told)
