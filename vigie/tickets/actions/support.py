"""The clocks of teams and suppliers behind a ticket: begun where somebody promised, read again from its journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db.models import Q

from vigie.contracts.actions.stamping import digest_of
from vigie.contracts.models import SupportCommitment
from vigie.contracts.queries.support import SupportBook, support_book
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.contracts.rules.reading import Reading
from vigie.contracts.rules.sla_clock import read_clock
from vigie.tickets.actions.scope import scope_of
from vigie.tickets.models import Referral, SupportClock, SupportTerms, Ticket
from vigie.tickets.queries.support_terms import support_terms_of
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row
from vigie.tickets.rules.support import Track, stages, support_facts, tracks


def stamp_support(wanted: Iterable[Terms]) -> dict[Terms, int]:
    """The ids of these terms, kept where they were not yet."""
    by_digest = {digest_of(terms): terms for terms in wanted}
    if not by_digest:
        return {}
    SupportTerms.objects.bulk_create(
        (
            SupportTerms(digest=digest, kind=str(terms.kind), terms=terms.to_json())
            for digest, terms in by_digest.items()
        ),
        ignore_conflicts=True,
    )
    known = SupportTerms.objects.filter(digest__in=list(by_digest)).values_list("digest", "pk")
    return {by_digest[digest]: pk for digest, pk in known}


def track_of(clock: SupportClock) -> Track:
    return Track(ClockKind(clock.kind), clock.team_id or clock.supplier_contract_id or 0)


def support_reading(clock: SupportClock, rows: Iterable[Row], now: dt.datetime) -> Reading:
    """The clock read from the journal at ``now``."""
    found = support_facts(track_of(clock), stages(rows), support_terms_of)
    return read_clock(support_terms_of(clock.terms_id), found, epoch(now))


def promised_behind(
    ticket: Ticket, wanted: Mapping[Track, int], book: SupportBook | None = None
) -> dict[Track, Terms]:
    """The terms of those clocks that somebody promised; ``wanted`` says when the ticket came to each."""
    if not wanted:
        return {}
    found: dict[Track, Terms] = {}
    book = _book_of(wanted) if book is None else book
    for track, at in wanted.items():
        since = dt.datetime.fromtimestamp(at, dt.UTC)
        terms = book.terms_for((track.audience, track.holder), scope_of(ticket), since).get(track.kind)
        if terms is not None:
            found[track] = terms
    return found


def _book_of(wanted: Iterable[Track]) -> SupportBook:
    teams = {track.holder for track in wanted if track.kind != ClockKind.UC}
    contracts = {track.holder for track in wanted if track.kind == ClockKind.UC}
    promises = SupportCommitment.objects.filter(Q(team_id__in=teams) | Q(supplier_contract_id__in=contracts))
    return support_book(promises)


def new_clocks(ticket: Ticket, rows: Iterable[Row], known: Iterable[SupportClock]) -> list[SupportClock]:
    """The clocks that the journal tells of, that somebody promised and that do not stand yet (not saved)."""
    have = {track_of(clock) for clock in known}
    missing = {track: at for track, at in tracks(stages(rows)).items() if track not in have}
    terms = promised_behind(ticket, missing)
    ids = stamp_support(terms.values())
    return [support_clock(ticket, track, ids[promise]) for track, promise in terms.items()]


def support_clock(ticket: Ticket, track: Track, terms_id: int) -> SupportClock:
    """The row of one clock (not saved, not read)."""
    is_uc = track.kind == ClockKind.UC
    return SupportClock(
        organisation_id=ticket.organisation_id,
        ticket_id=ticket.pk,
        kind=str(track.kind),
        team_id=None if is_uc else track.holder,
        supplier_contract_id=track.holder if is_uc else None,
        terms_id=terms_id,
    )


def holder_values(clock: SupportClock) -> dict[str, object]:
    """Who promised, as a fact keeps it: ids, and names as they are now."""
    if clock.team is not None:
        return {"team": clock.team_id, "team_name": clock.team.name_fr}
    contract = clock.supplier_contract
    return {"contract": clock.supplier_contract_id, "supplier": contract.supplier.name if contract else ""}


def committed_anew(
    ticket: Ticket, clocks: Iterable[SupportClock], rows: list[Row]
) -> list[dict[str, object]]:
    """What running clocks are promised since the ticket changed priority, type or service: one fact's values each."""
    running = {track_of(clock): clock for clock in clocks if clock.stopped_at is None}
    if not running:
        return []
    terms = promised_behind(ticket, {track: epoch(clock.started_at) for track, clock in running.items()})
    ids = stamp_support(terms.values())
    return [
        {"clock": str(track.kind), "holder": track.holder, "terms_id": ids[promise]}
        for track, promise in terms.items()
        if ids[promise] != _in_force(running[track], track, rows)
    ]


def _in_force(clock: SupportClock, track: Track, rows: list[Row]) -> int:
    """The terms that a clock runs under now."""
    anew = [
        int(row.after["terms_id"])
        for row in rows
        if row.kind == facts.COMMITTED
        and (row.after.get("clock"), row.after.get("holder")) == (str(track.kind), track.holder)
    ]
    return anew[-1] if anew else clock.terms_id


def end_referrals(ticket: Ticket) -> None:
    """A ticket that is over awaits no supplier: an answer that nobody judged was good enough."""
    under_way = Referral.objects.filter(ticket_id=ticket.pk)
    under_way.filter(state=Referral.State.OPEN).update(state=Referral.State.ENDED)
    under_way.filter(state=Referral.State.ANSWERED).update(state=Referral.State.ACCEPTED)
