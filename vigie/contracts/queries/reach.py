"""Promises that could never fall due: a target longer than its hours ever open in 400 days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef

from vigie.contracts import labels
from vigie.contracts.models import CalendarVersion, Commitment, Contract, ContractVersion, SupportCommitment
from vigie.contracts.queries.comparison import whose
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.reach import Hours, Reach, reach
from vigie.kernel.refusal import Refusal
from vigie.toolkit.jinja import local_name

Promise = Commitment | SupportCommitment


def hours_of(calendar_ids: Iterable[int]) -> dict[int, list[tuple[dt.date, Calendar]]]:
    """The versions of each calendar by day."""
    found: dict[int, list[tuple[dt.date, Calendar]]] = {pk: [] for pk in calendar_ids}
    rows = CalendarVersion.objects.filter(calendar_id__in=found).order_by("effective_on")
    for pk, day, definition in rows.values_list("calendar_id", "effective_on", "definition"):
        found[pk].append((day, Calendar.from_json(definition)))
    return found


def never_due(
    promises: Iterable[tuple[Promise, dt.date]], hours: Mapping[int, Hours] | None = None
) -> list[Promise]:
    """Those of the promises, each with its first day, whose target some opening of a year could never reach."""
    asked = list(promises)
    known = hours if hours is not None else hours_of({row.calendar_id for row, _ in asked})
    reached: dict[tuple[int, dt.date], Reach] = {}
    found = []
    for row, first in asked:
        key = row.calendar_id, first
        if key not in reached:
            reached[key] = reach(known[row.calendar_id], first)
        if not reached[key].holds(row.target_seconds, row.target_days):
            found.append(row)
    return found


def refusals_of(draft: ContractVersion, today: dt.date) -> list[Refusal]:
    """``contracts.target_unreachable`` for each promise of a draft that could never fall due."""
    rows = Commitment.objects.filter(version=draft).order_by("line")
    rows = rows.select_related("version__contract", "calendar", "service", "category", "site")
    first = max(draft.effective_on, today)
    return [unreachable(row) for row in never_due((row, first) for row in rows)]


def check_promise(row: Promise, first: dt.date) -> None:
    """Refuse a promise that could never fall due (``contracts.target_unreachable``)."""
    if never_due([(row, first)]):
        raise unreachable(row)


def check_hours(calendar_id: int, hours: Hours, first: dt.date) -> None:
    """Refuse hours under which something promised could never fall due (``contracts.hours_break_promise``)."""
    asked: list[tuple[Promise, dt.date]] = [
        *((row, max(first, row.version.effective_on)) for row in _promised(calendar_id, first)),
        *((row, max(first, row.valid_from)) for row in _behind(calendar_id, first)),
    ]
    broken = never_due(asked, {calendar_id: hours})
    if broken:
        raise Refusal("contracts.hours_break_promise", **_told(broken[0]))


def _promised(calendar_id: int, day: dt.date) -> list[Commitment]:
    """What versions in force on a day or later promise in these hours."""
    standing = ContractVersion.State.IN_FORCE
    following = ContractVersion.objects.filter(
        contract_id=OuterRef("version__contract_id"), effective_on__gt=OuterRef("version__effective_on"),
        effective_on__lte=day, state=standing,
    )  # fmt: skip
    rows = Commitment.objects.filter(~Exists(following), calendar_id=calendar_id, version__state=standing)
    rows = rows.exclude(version__contract__status=Contract.Status.ENDED)
    rows = rows.select_related("version__contract", "calendar", "service", "category", "site")
    return list(rows.order_by("version__contract_id", "version__effective_on", "line"))


def _behind(calendar_id: int, day: dt.date) -> list[SupportCommitment]:
    """What teams and suppliers promise in these hours on a day or later."""
    rows = SupportCommitment.objects.filter(calendar_id=calendar_id).exclude(valid_until__lte=day)
    return list(rows.select_related("calendar", "service", "team", "supplier_contract"))


def unreachable(row: Promise) -> Refusal:
    """The refusal of a promise that could never fall due."""
    return Refusal("contracts.target_unreachable", field="calendar", **_told(row))


def _told(row: Promise) -> dict[str, Any]:
    """Whose promise it is, its line, its target and its hours, in words."""
    if isinstance(row, Commitment):
        holder, line = row.version.contract.reference, whose(row)
    else:
        holder = local_name(row.team) if row.team else str(row.supplier_contract)
        priority = f"P{row.priority}" if row.priority else ""
        words = labels.service_words(row.service), priority, str(labels.SUPPORT_KINDS.get(row.kind, row.kind))
        line = " · ".join(word for word in words if word)
    return {
        "holder": holder, "line": line, "calendar": local_name(row.calendar),
        "target": labels.target_words(row.target_seconds, row.target_days),
    }  # fmt: skip
