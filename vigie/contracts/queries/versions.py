"""Reads of a contract's versions: which were in force when, and what one promises in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from vigie.catalog.models import Category, Service
from vigie.contracts import access, labels
from vigie.contracts.models import (
    Calendar,
    Commitment,
    Contract,
    ContractFile,
    ContractVersion,
    Lot,
    PriceLine,
    Signatory,
)
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import THRESHOLDS, Audience, ClockKind, PendingReason, default_pauses
from vigie.contracts.rules.renewal import last_day
from vigie.kernel.actor import Actor
from vigie.tenancy.models import Site
from vigie.toolkit import journal
from vigie.toolkit.jinja import local_name
from vigie.toolkit.written import Written, columns_of, kept, models_of, rows_of, stand_in, written
from vigie.workflow.labels import TYPES, label


@dataclass(frozen=True, slots=True)
class Edition:
    """A version on the time line of its contract. ``until`` is the day on which the next one, or nothing, takes over.

    ``last_day`` is the day before, which people read. ``when`` is ``past``, ``now``, ``later`` or ``draft``.
    """

    version: ContractVersion
    until: dt.date | None
    when: str

    @property
    def last_day(self) -> dt.date | None:
        """The last day that it governs; none where nothing ends it."""
        return last_day(self.until)


def editions(actor: Actor, contract: Contract, *, today: dt.date) -> list[Edition]:
    """Every version of a contract in sight, by day; a draft comes last."""
    found = models_of(ContractVersion, _versions(actor), {CONTRACT: contract.pk})
    standing = sorted((v for v in found if v.state == ContractVersion.State.IN_FORCE), key=_day)
    ends = [*(version.effective_on for version in standing[1:]), contract.promises_until]
    # a contract that is not in force yet has an end, and no version that ends there
    told = [Edition(v, end, _when(v, end, today)) for v, end in zip(standing, ends, strict=False)]
    drafts = [Edition(v, None, "draft") for v in found if v.state == ContractVersion.State.DRAFT]
    return told + drafts


CONTRACT, VERSION = stand_in(1), stand_in(2)


@kept
def _versions(actor: Actor) -> Written | None:
    rows = access.visible_versions(actor).filter(contract_id=CONTRACT)
    return written(rows.values(*columns_of(ContractVersion)))


def _day(version: ContractVersion) -> dt.date:
    return version.effective_on


def _when(version: ContractVersion, until: dt.date | None, today: dt.date) -> str:
    if until is not None and until <= today:
        return "past"
    return "later" if version.effective_on > today else "now"


def edition_on(found: Iterable[Edition], day: dt.date) -> Edition | None:
    """The version that governs tickets opened on a day; before the first one and after the end, none."""
    return next(
        (
            one
            for one in found
            if one.when != "draft"
            and one.version.effective_on <= day
            and (one.until is None or day < one.until)
        ),
        None,
    )


def journalled(actor: Actor, contract: Contract) -> dict[str, list[int]]:
    """The ids of what belongs to a contract in sight, or belonged until it was removed, by the name in the journal."""
    access.one(actor, contract.pk)
    found = {
        model._meta.label_lower: _ever(model, "contract", [contract.pk])
        for model in (ContractVersion, Lot, Signatory, ContractFile)
    }
    versions = found[ContractVersion._meta.label_lower]
    return found | {
        model._meta.label_lower: _ever(model, "version", versions) for model in (Commitment, PriceLine)
    }


def _ever(model: type[Model], owner: str, ids: list[int]) -> list[int]:
    standing = model._default_manager.filter(**{f"{owner}_id__in": ids}).values_list("pk", flat=True)
    return [*standing, *journal.removed(model._meta.label_lower, {f"{owner}_id": ids})]


def standing_commitments(day: dt.date) -> QuerySet[Commitment]:
    """The commitments of every client's versions in force on a day; the caller narrows them to what may be seen."""
    standing = {"state": ContractVersion.State.IN_FORCE, "effective_on__lte": day}
    following = ContractVersion.objects.filter(
        contract_id=OuterRef("version__contract_id"),
        effective_on__gt=OuterRef("version__effective_on"),
        **standing,
    )
    return Commitment.objects.filter(
        ~Exists(following), version__state=ContractVersion.State.IN_FORCE, version__effective_on__lte=day
    )


def agreed_commitments(actor: Actor, contract: Contract) -> QuerySet[Commitment]:
    """What a contract in sight promises or promised, never an amendment's draft; of one not in force yet, its first version."""
    agreed = Q(version__state=ContractVersion.State.IN_FORCE) | Q(version__number=1)
    return access.visible_commitments(actor).filter(agreed, version__contract=contract)


def version_at(actor: Actor, contract: Contract, day: dt.date) -> ContractVersion | None:
    """The version of a contract in sight that stands on a day; of one not in force yet, its first version."""
    found = access.visible_versions(actor).filter(contract=contract)
    standing = found.filter(state=ContractVersion.State.IN_FORCE, effective_on__lte=day)
    return standing.order_by("effective_on").last() or found.filter(number=1).first()


# -- what a version promises ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pauses:
    """What suspends a clock: a short name, the reasons in words; does the wait for our own suppliers?"""

    name: str
    reasons: tuple[str, ...]
    for_suppliers: bool = False


def commitments_of(actor: Actor, version: ContractVersion) -> list[dict[str, Any]]:
    """Every commitment of a version in sight, in reading order: scope, priority, clock."""
    found = [_written(row, version) for row in _rows_of(actor, version)]
    return sorted(found, key=lambda row: (row["order"], row["priority"] or 0, row["kind_order"]))


NAMED: dict[str, type[Model]] = {"service": Service, "category": Category, "site": Site, "calendar": Calendar}
NAMES = {"site": ("name",)}


@kept
def _commitments(actor: Actor) -> Written | None:
    rows = access.visible_commitments(actor).filter(version_id=VERSION)
    named = [f"{what}__{name}" for what in NAMED for name in NAMES.get(what, ("name_fr", "name_en"))]
    return written(rows.values(*columns_of(Commitment), *named))


def _rows_of(actor: Actor, version: ContractVersion) -> list[Commitment]:
    """The commitments of a version, with the names of what they are about."""
    own, rows = columns_of(Commitment), []
    known: dict[tuple[str, int], Model] = {}
    for values in rows_of(_commitments(actor), {VERSION: version.pk}):
        row = Commitment.from_db("default", own, [values[name] for name in own])
        for what, model in NAMED.items():
            if pk := values[f"{what}_id"]:
                if (what, pk) not in known:
                    names = NAMES.get(what, ("name_fr", "name_en"))
                    known[what, pk] = model(pk=pk, **{name: values[f"{what}__{name}"] for name in names})
                setattr(row, what, known[what, pk])
        rows.append(row)
    return rows


def grouped(rows: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows under the words of their scope."""
    return [(scope, list(group)) for scope, group in groupby(rows, key=lambda row: row["scope"])]


def _written(row: Commitment, version: ContractVersion) -> dict[str, Any]:
    kinds = list(ClockKind)
    return {
        "id": row.pk,
        "line": row.line,
        "kind": labels.KINDS.get(row.kind, row.kind),
        "kind_order": kinds.index(ClockKind(row.kind)),
        "scope": scope_words(row),
        "order": _scope_order(row),
        "priority": row.priority,
        "target": labels.target_words(row.target_seconds, row.target_days),
        "calendar_id": row.calendar_id,
        "calendar": local_name(row.calendar),
        "follow_site": row.follow_site,
        "pauses": pauses_of(row, version),
        "thresholds": row.thresholds or list(THRESHOLDS),
    }


def _scope_order(row: Commitment) -> tuple[Any, ...]:
    """General rows first; among the others, by what they state."""
    stated = (row.ticket_type, row.service_id or 0, row.site_id or 0, row.vip_only, row.category_id or 0)
    return (sum(map(bool, stated)), *stated)


def scope_words(row: Commitment) -> str:
    """For which tickets, in words: ``Incident · Mail · VIP``."""
    parts = [
        label(TYPES, row.ticket_type) if row.ticket_type else "",
        local_name(row.service) if row.service else "",
        local_name(row.category) if row.category else "",
        row.site.name if row.site else "",
        label({"vip": labels.VIP}, "vip") if row.vip_only else "",
    ]
    return " · ".join(part for part in parts if part) or str(labels.EVERY_TICKET)


def pauses_of(row: Commitment, version: ContractVersion) -> Pauses:
    """What suspends the clock of a commitment."""
    kind = ClockKind(row.kind)
    reasons = pause_reasons(kind, version.pauses, row.pauses)
    if kind == ClockKind.RESPONSE or not reasons:
        return Pauses(str(labels.NEVER), ())
    words = tuple(str(word) for code, word in labels.PAUSES.items() if code in reasons)
    usual = reasons == default_pauses(Audience.SLA, kind)
    return Pauses(str(labels.STANDARD if usual else labels.OWN), words, PendingReason.SUPPLIER in reasons)
