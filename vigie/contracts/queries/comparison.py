"""A draft beside the version it amends, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vigie.contracts import access, labels
from vigie.contracts.models import Commitment, Contract, ContractVersion
from vigie.contracts.queries.parties import cover_of, prices_of
from vigie.contracts.queries.versions import scope_words, version_at
from vigie.contracts.rules.comparison import Change, Move, compare, differences, overall, paired
from vigie.contracts.rules.policies import COLUMNS, pause_reasons
from vigie.contracts.rules.promise import THRESHOLDS, ClockKind, Target, Unit
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import local_name
from vigie.workflow.labels import TYPES, label
from vigie.workflow.queries import current_versions, machine_of

COURSE = ("on_priority_change", "on_reopen")
DELAYS = ("reopen_days", "close_days", "silence_days")


@dataclass(frozen=True, slots=True)
class Part:
    """One part before and after, in words."""

    name: str
    before: str
    after: str
    move: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of a promise or of the rules of the contract: whose it is, which way it goes, part by part."""

    what: str
    move: str
    parts: tuple[Part, ...]


def compared(actor: Actor, base: ContractVersion, draft: ContractVersion) -> list[Compared]:
    """Promises first, line by line, then the course of tickets. The lines of another contract are paired by their tickets."""
    rows = access.visible_commitments(actor).filter(version_id__in=(base.pk, draft.pk))
    found: dict[int, dict[int, Commitment]] = {base.pk: {}, draft.pk: {}}
    for row in rows.select_related("service", "category", "site", "calendar"):
        found[row.version_id][row.line] = row
    was, new = found[base.pk], found[draft.pk]
    if base.contract_id != draft.contract_id:
        was = _in_place_of(was, new)
    before = {line: _clause(row) for line, row in was.items()}
    after = {line: _clause(row) for line, row in new.items()}
    named = {**was, **new}
    told = [_promise(change, named[change.line]) for change in compare(before, after)]
    return told + _course(base, draft) + _beside(base, draft)


def comparable(actor: Actor, contract: Contract, today: dt.date) -> list[ContractVersion]:
    """What stands today in the other contracts of the client: what a contract that never was in force is compared with."""
    standing = (Contract.Status.ACTIVE, Contract.Status.NOTICE_GIVEN, Contract.Status.SUSPENDED)
    others = access.visible(actor).filter(organisation_id=contract.organisation_id, status__in=standing)
    found = []
    for other in others.exclude(pk=contract.pk).order_by("reference"):
        version = version_at(actor, other, today)
        if version is not None:
            version.contract = other
            found.append(version)
    return found


def _in_place_of(was: Mapping[int, Commitment], new: Mapping[int, Commitment]) -> dict[int, Commitment]:
    """The promises of another contract under the lines that take their place; those that none replaces, below zero."""
    pairs = paired({n: _scope(row) for n, row in was.items()}, {n: _scope(row) for n, row in new.items()})
    left = {-line: row for line, row in was.items() if line not in pairs.values()}
    return {**left, **{line: was[other] for line, other in pairs.items()}}


def _scope(row: Commitment) -> dict[str, Any]:
    names = ("kind", "ticket_type", "priority", "service_id", "category_id", "site_id", "vip_only")
    return {name: value for name in names if (value := getattr(row, name))}


def _clause(row: Commitment) -> dict[str, Any]:
    """What a promise says for itself; what its version says for all of them is told once."""
    kind = ClockKind(row.kind)
    days = row.target_days
    return {
        "scope": whose(row),
        "target": Target(days, Unit.BUSINESS_DAYS_EOD) if days else Target(row.target_seconds or 0),
        "hours": _hours(row),
        "pauses": pause_reasons(kind, {}, row.pauses),
        "thresholds": tuple(row.thresholds) or THRESHOLDS,
        "on_priority_change": row.on_priority_change,
        "on_reopen": row.on_reopen,
    }


def whose(row: Commitment) -> str:
    """For which tickets and what, in words: ``Incident · P1 · Resolution``."""
    words = [scope_words(row), f"P{row.priority}" if row.priority else "", str(labels.KINDS[row.kind])]
    return " · ".join(word for word in words if word)


def _hours(row: Commitment) -> str:
    name = local_name(row.calendar)
    return f"{name} · {labels.OF_THE_SITE}" if row.follow_site else name


def _promise(change: Change, row: Commitment) -> Compared:
    if change.move in (Move.ADDED, Move.GONE):
        target = labels.target_words(row.target_seconds, row.target_days)
        return Compared(f"{whose(row)} · {target}", change.move, ())
    parts = tuple(_part(one.name, one.before, one.after, one.move) for one in change.parts)
    return Compared(whose(row), change.move, parts)


def _course(base: ContractVersion, draft: ContractVersion) -> list[Compared]:
    found = differences(_policies(base), _policies(draft))
    parts = tuple(_part(one.name, one.before, one.after, one.move) for one in found)
    return [Compared(str(labels.COURSE), overall(found), parts)] if parts else []


def _beside(base: ContractVersion, draft: ContractVersion) -> list[Compared]:
    """What is covered, sort by sort, and what is charged, line by line."""
    before, after = _covered(base), _covered(draft)
    parts = [
        Part(str(labels.PARTS[name]), before[name], words, Move.OTHER)
        for name, words in after.items()
        if words != before[name]
    ]
    charged, to_charge = _charged(base), _charged(draft)
    parts += [
        Part(name, charged.get(line, "—"), to_charge.get(line, "—"), Move.OTHER)
        for line in {**charged, **to_charge}
        if charged.get(line) != to_charge.get(line)
        for name in [line[0]]
    ]
    return [Compared(str(labels.BESIDE), Move.OTHER, tuple(parts))] if parts else []


def _covered(version: ContractVersion) -> dict[str, str]:
    cover = cover_of(version)
    return {sort: " · ".join(cover.get(sort, ())) or str(words) for sort, words in labels.ALL_OF.items()}


def _charged(version: ContractVersion) -> dict[tuple[str, int], str]:
    """What each line of prices says, under its name; lines of one name are told apart by their order."""
    found: dict[tuple[str, int], str] = {}
    for one in prices_of(version.contract, version):
        row, name = one["row"], one["label"]
        number = sum(1 for known, _number in found if known == name)
        amount = f"{one['amount']} / {row.unit}" if row.unit else one["amount"]
        found[name, number] = f"{amount}, {row.get_nature_display()} · {row.get_period_display()}"
    return found


def _policies(version: ContractVersion) -> dict[str, Any]:
    """What a version says once for all its commitments; its pauses are told with each of them."""
    return {
        **{name: getattr(version, name) for name in COURSE},
        **{f"pauses_{column}": pause_reasons(kind, version.pauses, {}) for column, kind in COLUMNS.items()},
        **{name: getattr(version, name) or None for name in DELAYS},
    }


def policies_of(version: ContractVersion, *, for_client: bool = False) -> list[tuple[str, str, bool]]:
    """``(what, in words, is it another choice than the usual one)`` for each policy of a version.

    ``for_client``: a delay that is not set is told as the days of the workflows, whose name says nothing to a client.
    """
    usual = _policies(ContractVersion())
    return [
        (
            str(labels.PARTS[name]),
            _of_workflows(name) if for_client and value is None else words_of(name, value),
            value != usual[name],
        )
        for name, value in _policies(version).items()
    ]


def _of_workflows(name: str) -> str:
    """The days that the workflows in use give, type by type where they differ."""
    machines = {code: machine_of(pk) for code, pk in current_versions().items()}
    days = {
        code: ", ".join(map(str, one.silence)) if name == "silence_days" else str(getattr(one, name))
        for code, one in machines.items()
    }
    if len(set(days.values())) == 1:
        return next(iter(days.values()))
    colon = _(": ")
    return " · ".join(f"{label(TYPES, code)}{colon}{told}" for code, told in days.items())


def _part(name: str, before: Any, after: Any, move: Move) -> Part:
    if isinstance(before, frozenset) and isinstance(after, frozenset):
        return Part(str(labels.PARTS[name]), "", _moved(before, after), move)
    return Part(str(labels.PARTS[name]), words_of(name, before), words_of(name, after), move)


def _moved(before: frozenset[str], after: frozenset[str]) -> str:
    """What joins a set of reasons and what leaves it; all that stays is left out."""
    told = []
    if after - before:
        told.append(_("Added: %(reasons)s") % {"reasons": reasons_words(after - before)})
    if before - after:
        told.append(_("Removed: %(reasons)s") % {"reasons": reasons_words(before - after)})
    return " · ".join(told)


def words_of(name: str, value: Any) -> str:
    """A part of a promise for people."""
    if value is None:
        return str(labels.OF_THE_WORKFLOW)
    if value == "":
        return str(labels.OF_THE_CONTRACT)
    return _WORDS.get(name, str)(value)


def _target(target: Target) -> str:
    days = target.value if target.unit == Unit.BUSINESS_DAYS_EOD else None
    return labels.target_words(target.value, days)


def reasons_words(reasons: Iterable[str]) -> str:
    found = set(reasons)
    return " · ".join(str(word) for code, word in labels.PAUSES.items() if code in found) or str(labels.NEVER)


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "target": _target,
    "pauses": reasons_words,
    "pauses_resolution": reasons_words,
    "pauses_update": reasons_words,
    "thresholds": lambda shares: f"{', '.join(map(str, shares))}\N{NO-BREAK SPACE}%",
    "on_priority_change": lambda code: str(labels.PRIORITY_CHANGES[code]),
    "on_reopen": lambda code: str(labels.REOPENINGS[code]),
    "silence_days": lambda days: ", ".join(map(str, days)),
}
