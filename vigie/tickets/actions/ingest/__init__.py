"""Whole histories written at once, equal to what the actions would have left, one by one.

Used by imports and by the demonstration. Nobody is notified: the notices of a past that people know already
would be noise. ``tests/test_ingest.py`` proves the equality, row by row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets.actions.ingest.behind import clocks_behind
from vigie.tickets.actions.ingest.events import (
    Answered,
    Assigned,
    Duplicated,
    Event,
    History,
    Kept,
    Parented,
    Prioritised,
    Referred,
    Said,
    Stepped,
    Watched,
)
from vigie.tickets.actions.ingest.fold import Fold
from vigie.tickets.actions.ingest.ground import Ground, Ids, ground_of
from vigie.tickets.actions.ingest.write import write
from vigie.tickets.models import Clock, Counter, Fact, Message, Ticket

BATCH = 500

__all__ = [
    "Answered",
    "Assigned",
    "Duplicated",
    "Event",
    "History",
    "Ingested",
    "Kept",
    "Parented",
    "Prioritised",
    "Referred",
    "Said",
    "Stepped",
    "Watched",
    "fold_all",
    "ingest",
]  # fmt: skip


class Ingested(dict[str, int]):
    """Ticket id by history key; ``refused`` holds the histories that were not written, with why."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[tuple[History, Refusal]] = []


@transaction.atomic
def ingest(
    actor: Actor,
    organisation_id: int,
    histories: Sequence[History],
    *,
    until: dt.datetime,
    batch: int = BATCH,
) -> Ingested:
    """Write these histories of one client, in this order, and what the sweep would have told up to ``until``.

    A history whose ``source`` is already known is left out. One that the rules refuse is left out whole and
    listed in ``refused``; the others are written. Links may name keys of this call only.
    """
    actor.demand("imports:run")
    if not actor.sees(organisation_id):
        raise NotFound()
    ids = (Ids(Ticket), Ids(Message), Ids(Clock), Ids(Fact))
    ground = ground_of(organisation_id, ids)
    done = Ingested()
    known: dict[str, Ticket] = {}
    watching: set[tuple[int, int]] = set()
    for start in range(0, len(histories), batch):
        part = _fresh(histories[start : start + batch])
        folds = fold_all(part, ground, known, done, until)
        with connection.cursor() as cursor:
            cursor.execute("set local synchronous_commit = off")
        write(folds, organisation_id, ground.fact_ids, watching)
    Counter.objects.filter(pk=organisation_id).update(last=ground.last_number)
    return done


def _fresh(histories: Sequence[History]) -> list[History]:
    sources = [history.source for history in histories if history.source]
    seen = (
        set(Ticket.objects.filter(source__in=sources).values_list("source", flat=True)) if sources else set()
    )
    fresh: list[History] = []
    for history in histories:
        if history.source not in seen:
            fresh.append(history)
            seen.update({history.source} - {""})
    return fresh


def fold_all(
    histories: Iterable[History], ground: Ground, known: dict[str, Ticket], done: Ingested, until: dt.datetime
) -> list[Fold]:
    """Fold histories in memory; refused ones are listed in ``done`` and leave no trace but a number."""

    def find(key: str) -> Ticket:
        if key not in known:
            raise NotFound()
        return known[key]

    folds: list[Fold] = []
    for history in histories:
        number = ground.last_number
        fold = Fold(ground, find)
        try:
            _fold(fold, history, until)
        except Refusal as refusal:
            ground.last_number = number
            done.refused.append((history, refusal))
            continue
        folds.append(fold)
        key = history.key or history.source
        if key:
            known[key] = fold.ticket
            done[key] = fold.ticket.pk
    return folds


def _fold(fold: Fold, history: History, until: dt.datetime) -> None:
    fold.open(history)
    last = history.created_at
    for event in history.events:
        if event.at < last:
            raise Refusal("tickets.history_out_of_order", at=event.at.isoformat())
        fold.take(event)
        last = event.at
    if fold.ticket.phase in ("done", "ended"):
        fold.end_referrals()
    fold.behind = clocks_behind(fold.ticket, fold.facts, fold.ground.behind, max(until, last))
    told = fold.clocks.settle(until)
    fold.facts.extend(told)
    fold.facts.sort(key=lambda fact: (fact.recorded_at, fact.kind not in ("warned", "breached")))
