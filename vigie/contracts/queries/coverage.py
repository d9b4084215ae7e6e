"""The coverage of a contract: what was asked, promised, measured and held up, line by line, and what is missing where."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from vigie.catalog.models import Service
from vigie.contracts import access, labels
from vigie.contracts.models import Commitment, Contract, Requirement, RequirementTrace
from vigie.contracts.queries.chains import Chain, chains_of, day_of
from vigie.contracts.queries.versions import agreed_commitments, commitments_of, version_at
from vigie.contracts.questions import Measured, measures_of
from vigie.contracts.rules.instants import moment
from vigie.contracts.rules.promise import ClockKind
from vigie.contracts.rules.requirements import OPEN, keeps
from vigie.kernel.actor import Actor

GAPS = ("uncommitted", "unmeasured", "unasked", "unsupported", "silent")
CLOCKS = frozenset(map(str, ClockKind))
Key = tuple[Any, ...]


@dataclass(slots=True)
class Line:
    """One promise or one wish. ``gaps`` are codes of ``GAPS``; the lists hold what stands in each column."""

    scope: str
    what: str
    priority: int | None
    target: str
    commitment_id: int | None = None
    requirements: list[Requirement] = field(default_factory=list)
    measures: list[Measured] = field(default_factory=list)
    teams: list[Chain] = field(default_factory=list)
    suppliers: list[Chain] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)

    @property
    def holders(self) -> list[str]:
        """Teams that promised something on the paths, each once."""
        return list(dict.fromkeys(name for chain in self.teams for name in chain.holders))

    @property
    def supplied(self) -> list[str]:
        """Suppliers on the paths, each once."""
        return list(dict.fromkeys(chain.holders[-1] for chain in self.suppliers))

    @property
    def worst_team(self) -> Chain | None:
        """The path of teams alone that falls shortest."""
        return max((c for c in self.teams if c.missing), key=lambda c: c.missing, default=None)

    @property
    def worst_supplier(self) -> Chain | None:
        """The path through a supplier that falls shortest, where teams alone do not."""
        return max((c for c in self.suppliers if c.missing), key=lambda c: c.missing, default=None)

    @property
    def silent(self) -> list[Chain]:
        """For each holder that promised nothing, a path it is on."""
        return list({c.silent: c for c in (*self.teams, *self.suppliers) if c.silent}.values())


@dataclass(frozen=True, slots=True)
class Coverage:
    """The lines of a contract on a day, and how many have each gap."""

    on: dt.date
    lines: tuple[Line, ...]
    counts: dict[str, int]

    def with_gap(self, code: str) -> list[Line]:
        """The lines that have this gap; with any, for ``any``; all otherwise."""
        if code == "any":
            return [line for line in self.lines if line.gaps]
        return [line for line in self.lines if code in line.gaps] if code in GAPS else list(self.lines)


def coverage(actor: Actor, contract: Contract, *, now: dt.datetime) -> Coverage:
    """Lines of the commitments in force, then of what was asked and became none, then of what is measured unasked."""
    day = day_of(contract, now)
    measures = measures_of(actor, contract, day)
    chains = chains_of(contract, now=now)
    keys = _keys(actor, contract)
    wishes = list(
        access.visible_requirements(actor)
        .filter(contract=contract, state__in=OPEN)
        .select_related("service")
        .order_by("number")
    )
    traced = _traced(wishes, keys)
    lines: list[Line] = []
    version = version_at(actor, contract, day)
    for row in commitments_of(actor, version) if version else ():
        lines.append(_promised(row, keys[row["id"]], traced, measures, chains))
    kept = {requirement.pk for line in lines for requirement in line.requirements}
    lines += [_wished(row, measures) for row in wishes if row.pk not in kept]
    lines += _unasked(measures, lines)
    return Coverage(day, tuple(lines), dict(Counter(code for line in lines for code in line.gaps)))


def _keys(actor: Actor, contract: Contract) -> dict[int, Key]:
    """What each commitment of the contract, past ones too, promises for which tickets.

    A commitment that follows another in time has its key: what was traced to the one is traced to the other.
    """
    names = ("kind", "ticket_type", "priority", "service_id", "category_id", "site_id", "vip_only")
    rows = agreed_commitments(actor, contract)
    return {pk: tuple(key) for pk, *key in rows.values_list("pk", *names)}


def _traced(wishes: Sequence[Requirement], keys: dict[int, Key]) -> dict[Key, list[Requirement]]:
    by_id = {row.pk: row for row in wishes}
    found: dict[Key, list[Requirement]] = {}
    for trace in RequirementTrace.objects.filter(requirement__in=wishes).order_by("requirement__number"):
        its = found.setdefault(keys.get(trace.commitment_id, ()), [])
        if by_id[trace.requirement_id] not in its:
            its.append(by_id[trace.requirement_id])
    return found


def _promised(
    row: dict[str, Any], key: Key, traced: dict[Key, list[Requirement]], measures: Iterable[Measured], chains: Iterable[Chain]
) -> Line:  # fmt: skip
    kind, ticket_type, priority, service_id = key[:4]
    line = Line(
        row["scope"], row["kind"], priority, row["target"], row["id"], requirements=traced.get(key, [])
    )
    line.measures = [
        one
        for one in measures
        if one.kind == kind
        and one.ticket_type in ("", ticket_type)
        and one.priority in (None, priority)
        and one.service_id in (None, service_id)
    ]
    its = [chain for chain in chains if chain.commitment_id == row["id"]]
    line.teams = [chain for chain in its if not chain.by_supplier]
    line.suppliers = [chain for chain in its if chain.by_supplier]
    line.gaps = {
        code
        for code, missing in (
            ("unmeasured", not line.measures),
            ("unasked", not line.requirements),
            ("unsupported", any(chain.missing for chain in its)),
            ("silent", any(chain.silent for chain in its)),
        )
        if missing
    }
    return line


def _wished(row: Requirement, measures: Iterable[Measured]) -> Line:
    """A requirement that is no commitment with a clock: kept by a measure of its kind once it is agreed, else by nothing."""
    scope = labels.service_words(row.service)
    line = Line(scope, str(labels.MEASURES[row.measure]), None, row.wished, requirements=[row])
    line.measures = [
        one
        for one in measures
        if row.measure not in CLOCKS
        and (
            one.requirement_id == row.pk
            or (one.kind == row.measure and one.service_id in (None, row.service_id))
        )
        and row.state == Requirement.State.AGREED
    ]
    line.gaps = set() if line.measures else {"uncommitted"}
    return line


def _unasked(measures: Iterable[Measured], lines: Iterable[Line]) -> list[Line]:
    """What is promised and measured without a clock, and answers no wish."""
    counted = {id(one) for line in lines for one in line.measures}
    alone = [one for one in measures if one.kind not in CLOCKS and id(one) not in counted]
    services = Service.objects.in_bulk({one.service_id for one in alone if one.service_id})
    return [
        Line(
            labels.service_words(services.get(one.service_id or 0)), str(labels.MEASURES.get(one.kind, one.kind)), None, "",
            measures=[one], gaps={"unasked"},
        )
        for one in alone
    ]  # fmt: skip


def by_scope(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Lines that follow each other under the words of their scope."""
    return [(scope, list(group)) for scope, group in groupby(lines, key=lambda line: line.scope)]


def commitments_now(actor: Actor, contract: Contract, *, now: dt.datetime) -> list[int]:
    """Ids of the commitments in force, in reading order: what a requirement may become."""
    version = version_at(actor, contract, day_of(contract, now))
    return [row["id"] for row in commitments_of(actor, version)] if version else []


def traces_of(actor: Actor, row: Requirement, *, now: dt.datetime) -> tuple[list[int], list[int]]:
    """Ids of the commitments that a requirement may become, and of those among them that it became.

    They are those of today, where what was traced to one is traced to the one that follows it, and those it became that
    nothing follows.
    """
    keys, today = _keys(actor, row.contract), commitments_now(actor, row.contract, now=now)
    traced = sorted(pk for pk in row.traces.values_list("commitment_id", flat=True) if pk in keys)
    standing, became = {keys[pk] for pk in today}, {keys[pk] for pk in traced}
    gone = list({keys[pk]: pk for pk in traced if keys[pk] not in standing}.values())
    able = [pk for pk in today if keeps(row.measure, *keys[pk][:2]) or keys[pk] in became]
    return [*able, *gone], [*(pk for pk in today if keys[pk] in became), *gone]


def one_line(found: Coverage, commitment: Commitment) -> Line | None:
    """The line of a commitment, where it is in force."""
    return next((line for line in found.lines if line.commitment_id == commitment.pk), None)


@dataclass(frozen=True, slots=True)
class Told:
    """A path in words: its steps as local moments, what it takes and what the promise allows (seconds of service)."""

    chain: Chain
    steps: tuple[
        tuple[str, str, dt.datetime, dt.datetime, int], ...
    ]  # holder, target, from, until, seconds of service


def told(found: Coverage, commitment: Commitment) -> list[Told]:
    """The paths of a commitment, the shortest of room first; each moment in the zone of the client's promise."""
    line = one_line(found, commitment)
    chains = (*line.teams, *line.suppliers) if line else ()
    return [_tell(chain) for chain in sorted(chains, key=lambda chain: (-chain.missing, not chain.silent))]


def _tell(chain: Chain) -> Told:
    case = chain.worst
    if case is None:
        return Told(chain, ())
    steps = tuple(
        (
            step.leg.holder,
            labels.promised_words(step.leg.target),
            moment(step.start, chain.zone),
            moment(step.end, chain.zone),
            case.hours.elapsed(step.start, step.end),
        )
        for step in case.steps
    )
    return Told(chain, steps)


def register(actor: Actor, contract: Contract, *, now: dt.datetime) -> list[dict[str, Any]]:
    """Every requirement of a contract in order, with the number of commitments of today that it became.

    What was traced to a commitment of a past version is traced to the one that follows it, and counted once.
    """
    rows = access.visible_requirements(actor).filter(contract=contract).select_related("service")
    found = list(rows.order_by("number"))
    keys = _keys(actor, contract)
    traced = _traced(found, keys)
    counted = Counter(
        row.pk for pk in commitments_now(actor, contract, now=now) for row in traced.get(keys[pk], ())
    )
    return [{"row": row, "promises": counted[row.pk]} for row in found]
