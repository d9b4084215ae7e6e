"""Targets of a variant that some opening of a year could never reach: no replay measures them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from vigie.contracts.labels import target_words
from vigie.contracts.models import Commitment, Contract, ContractVersion
from vigie.contracts.queries.comparison import whose
from vigie.contracts.queries.reach import hours_of
from vigie.contracts.rules.promise import Target, Unit
from vigie.contracts.rules.reach import Hours, Reach, reach
from vigie.kernel.refusal import Refusal
from vigie.replay.queries.variants import Variant
from vigie.replay.rules import Change
from vigie.toolkit.jinja import local_name


def check_reach(contract: Contract, variant: Variant, change: Change, day: dt.date) -> None:
    """Refuse what would never fall due (``replay.unreachable``), by the rule of the contract's form; what was typed comes first.

    Hours are measured once each: some milliseconds for every calendar of the contract.
    """
    if not (change.clauses or change.targets or change.calendar or change.week):
        return
    rows = sorted(_promises(contract, variant), key=lambda row: str(row.pk) not in change.targets)
    known = hours_of({row.calendar_id for row in rows})
    reached: dict[int, Reach] = {}
    for row in rows:
        key = 0 if change.calendar is not None else row.calendar_id
        if key not in reached:
            reached[key] = reach(_hours(change, known[row.calendar_id], day), day)
        seconds, days = _promised(row, change.targets.get(str(row.pk)))
        if not reached[key].holds(seconds, days):
            raise _refusal(variant, row, target_words(seconds, days))


def _promises(contract: Contract, variant: Variant) -> Iterator[Commitment]:
    """The lines of the variant's version, then the others that tickets were promised; the newest first."""
    chosen = variant.get("version") or 0
    standing = ContractVersion.State.IN_FORCE
    rows = Commitment.objects.filter(version__contract=contract)
    rows = rows.select_related("calendar", "service", "category", "site", "version")
    rows = rows.order_by("-version__number", "line")
    said = list(rows.filter(version_id=chosen))
    yield from said
    yield from rows.filter(version__state=standing).exclude(line__in=[row.line for row in said])


def _hours(change: Change, stands: Hours, day: dt.date) -> Hours:
    if change.calendar is not None:
        return [(day, change.calendar)]
    if not change.week:
        return stands
    return [(start, replace(hours, week=change.week, parts=(), code="")) for start, hours in stands]


def _promised(row: Commitment, target: Target | None) -> tuple[int | None, int | None]:
    if target is None:
        return row.target_seconds, row.target_days
    by_days = target.unit == Unit.BUSINESS_DAYS_EOD
    return (None, target.value) if by_days else (target.value, None)


def _refusal(variant: Variant, row: Commitment, target: str) -> Refusal:
    """Beside what was typed: the target of the line, else the hours."""
    lines = dict(Commitment.objects.filter(pk__in=variant.get("targets") or {}).values_list("line", "pk"))
    if row.line in lines:
        field = f"target_{lines[row.line]}"
    else:
        field = next((name for name in ("calendar", "hours") if variant.get(name)), "version")
    others = variant.get("hours") or variant.get("calendar")
    words = {"name": str(variant.get("name", "")), "line": whose(row), "target": target}
    if others:
        return Refusal("replay.unreachable_in_hours", field=field, **words)
    return Refusal("replay.unreachable", field=field, calendar=local_name(row.calendar), **words)
