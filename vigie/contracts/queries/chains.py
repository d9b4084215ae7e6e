"""The paths behind the commitments of a contract, and whether the promises on them are long enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from vigie.accounts.models import Team
from vigie.catalog.models import Service, Subscription
from vigie.contracts.models import Contract, SupplierContract
from vigie.contracts.queries.book import PromiseBook, Scope, promise_book
from vigie.contracts.queries.support import Holder, SupportBook, last_day, support_book
from vigie.contracts.rules.chain import HORIZON, Leg, Worst, worst
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.contracts.rules.promise import Audience, ClockKind, PendingReason, Terms
from vigie.kernel.refusal import Refusal
from vigie.tenancy.models import Site
from vigie.toolkit.jinja import local_name
from vigie.workflow.labels import TYPES

OWNED = (ClockKind.RESPONSE,)
WORKED = (ClockKind.RESTORE, ClockKind.RESOLUTION, ClockKind.FULFILMENT)


@dataclass(frozen=True, slots=True)
class Chain:
    """One path behind one commitment, for one service. ``silent`` names the holder on it that promised nothing."""

    commitment_id: int
    service: str
    holders: tuple[str, ...]
    by_supplier: bool
    worst: Worst | None
    zone: str
    silent: str = ""
    holder: Holder | None = None  # the one that promised nothing, or the last
    supplier_id: int | None = None

    @property
    def missing(self) -> int:
        """Seconds of service by which the commitment is too short; 0 where it is supported or nothing is known."""
        return self.worst.missing if self.worst else 0


@dataclass(frozen=True, slots=True)
class Behind:
    """Who stands behind the services of a client: the teams of each, and the supplier contracts that cover it."""

    services: tuple[tuple[Service, tuple[Team, ...]], ...]
    suppliers: Mapping[int, tuple[SupplierContract, ...]]
    book: SupportBook


def day_of(contract: Contract, now: dt.datetime) -> dt.date:
    """The day on which a contract is looked at: today, or its first or last day where today is outside it."""
    today = now.astimezone(zone_of(contract.organisation.timezone)).date()
    if contract.ends_on is not None and today >= contract.ends_on:
        return max(contract.starts_on, contract.ends_on - dt.timedelta(days=1))
    return max(today, contract.starts_on)


def chains_of(contract: Contract, *, now: dt.datetime) -> list[Chain]:
    """Every distinct path behind the commitments in force, the worst of each service and path kept."""
    day = day_of(contract, now)
    at = dt.datetime.combine(day, dt.time(12), zone_of(contract.organisation.timezone))
    drafted = contract.status in Contract.UNPROMISED
    book = promise_book(contract.organisation_id, draft_of=contract.pk if drafted else 0)
    book = replace(book, contracts=tuple(one for one in book.contracts if one.pk == contract.pk))
    behind = _behind(contract, day)
    found: dict[tuple[object, ...], Chain] = {}
    for (service, teams), scope in _probes(book, behind, contract, at):
        for kind, terms in book.terms_for(scope).items():
            try:
                paths = list(_paths(kind, terms, service, teams, behind, scope, at))
            except Refusal:  # hours that open no more: there is no worst opening to tell
                continue
            for chain in paths:
                key = (chain.commitment_id, service.pk, chain.holders)
                known = found.get(key)
                if known is None or _worse(chain) > _worse(known):
                    found[key] = chain
    return sorted(found.values(), key=lambda chain: (-chain.missing, chain.service, chain.holders))


def _worse(chain: Chain) -> tuple[bool, int]:
    return bool(chain.silent), chain.worst.seconds - chain.worst.allowed if chain.worst else 0


def _behind(contract: Contract, day: dt.date) -> Behind:
    """A service is worked on by its own team, then by those whose agreement names it, by level."""
    book = support_book()
    named: dict[int, list[Team]] = {}
    for row in book.commitments.values():
        if row.team is not None and row.service_id is not None and row.kind == ClockKind.OLA_WORK:
            named.setdefault(row.service_id, []).append(row.team)
    subscribed = Subscription.objects.filter(organisation_id=contract.organisation_id, is_active=True)
    services: list[tuple[Service, tuple[Team, ...]]] = []
    for one in subscribed.select_related("service__default_team", "team").order_by("service__code"):
        first = one.team or one.service.default_team
        others = sorted(named.get(one.service_id, ()), key=lambda team: (team.level, team.code))
        teams = dict.fromkeys([*([first] if first else []), *others])
        services.append((one.service, tuple(teams)))
    suppliers: dict[int, list[SupplierContract]] = {}
    running = SupplierContract.objects.filter(starts_on__lte=day, supplier__is_active=True)
    for found in running.select_related("supplier").prefetch_related("services").order_by("reference"):
        if last_day(found) >= day:
            for service in found.services.all():
                suppliers.setdefault(service.pk, []).append(found)
    return Behind(tuple(services), {pk: tuple(rows) for pk, rows in suppliers.items()}, book)


def _probes(
    book: PromiseBook, behind: Behind, contract: Contract, at: dt.datetime
) -> Iterator[tuple[tuple[Service, tuple[Team, ...]], Scope]]:
    """One ticket of every sort that the promises tell apart, at each place whose hours differ."""
    version = book.version_on(contract.pk, at.date())
    rows = [row for row in book.commitments.values() if version and row.version_id == version.pk]
    supports = list(behind.book.commitments.values())
    typed = any(r.ticket_type for r in rows) or any(r.ticket_type for r in supports)
    ranked = any(r.priority for r in rows) or any(r.priority for r in supports)
    special = {(row.category_id, row.vip_only) for row in rows} | {(None, False)}
    for part in behind.services:
        for site in _places(book):
            for ticket_type in TYPES if typed else ("incident",):
                for priority in range(1, 6) if ranked else (3,):
                    for category, vip in special:
                        place = site.pk if site else None
                        yield part, Scope(ticket_type, priority, part[0].pk, category, place, vip, at)


def _places(book: PromiseBook) -> list[Site | None]:
    """A site for each zone and holidays, and those that a commitment names."""
    named = {row.site_id for row in book.commitments.values()}
    apart = {
        (s.timezone, s.country, s.subdivision, s.pk if s.pk in named else 0): s for s in book.sites.values()
    }
    return [apart[key] for key in sorted(apart)] or [None]


def _paths(
    kind: ClockKind, terms: Terms, service: Service, teams: tuple[Team, ...], behind: Behind, scope: Scope, at: dt.datetime
) -> Iterator[Chain]:  # fmt: skip
    """Teams alone; then, for each supplier contract that covers the service, teams and that supplier.

    A response waits for the first team only. Where the client accepted to wait for the supplier, its time is not the promise's.
    """
    if kind not in (*OWNED, *WORKED) or not teams:
        return
    wanted = ClockKind.OLA_OWN if kind in OWNED else ClockKind.OLA_WORK
    held = [(Audience.OLA, team.pk, local_name(team)) for team in (teams[:1] if kind in OWNED else teams)]
    yield _chain(terms, service, held, wanted, behind, scope, at)
    if kind in OWNED or terms.pauses(PendingReason.SUPPLIER):
        return
    for contract in behind.suppliers.get(service.pk, ()):
        whole = [*held, (Audience.UC, contract.pk, f"{contract.supplier.name} ({contract.reference})")]
        chain = _chain(terms, service, whole, wanted, behind, scope, at)
        yield replace(chain, supplier_id=contract.supplier_id)


def _chain(
    terms: Terms, service: Service, held: list[tuple[Audience, int, str]], wanted: ClockKind, behind: Behind, scope: Scope,
    at: dt.datetime,
) -> Chain:  # fmt: skip
    legs: list[Leg] = []
    names = tuple(name for _, _, name in held)
    last = held[-1]
    by_supplier = last[0] == Audience.UC
    base = Chain(
        int(terms.commitment_id), local_name(service), names, by_supplier, None, terms.zone, holder=last[:2]
    )
    for audience, pk, name in held:
        kind = ClockKind.UC if audience == Audience.UC else wanted
        promised = behind.book.terms_for((audience, pk), scope, at).get(kind)
        if promised is None:
            return replace(base, silent=name, holder=(audience, pk))
        legs.append(Leg(name, promised.target, promised.calendar))
    start = epoch(at.replace(hour=0))
    promise = Leg("", terms.target, terms.calendar)
    return replace(base, worst=worst(promise, tuple(legs), start, start + HORIZON))
