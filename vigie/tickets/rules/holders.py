"""Who had a ticket in hand, at every instant of its life; and what of a clock's time each of them took. Pure.

A holder is one word: ``team:12``, ``supplier:3`` (an underpinning contract; ``supplier:0`` when none was named),
``client``, ``third_party`` (the client's own supplier), ``wait:<reason>`` inside the provider, ``nobody``, ``done``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.promise import KEPT_BY_MESSAGE, PendingReason, Terms
from vigie.contracts.rules.reading import Reading
from vigie.tickets.rules.clock_facts import Row
from vigie.tickets.rules.support import Stage, stages

CLIENT, THIRD_PARTY, NOBODY, DONE = "client", "third_party", "nobody", "done"


@dataclass(frozen=True, slots=True)
class Hold:
    """``[start, end)`` in the same hands."""

    start: int
    end: int
    holder: str


def holder_of(stage: Stage, terms: Terms | None = None) -> str:
    """Who has the ticket: the one waited for, where somebody is; otherwise its team.

    ``terms``: who has what they promise. A message that is owed while the ticket waits is in the team's hands.
    """
    if not stage.is_live:
        return DONE
    if stage.phase == "active" or (terms is not None and _is_owed(stage, terms)):
        return f"team:{stage.team}" if stage.team else NOBODY
    reason = stage.reason
    if reason == PendingReason.SUPPLIER:
        return f"supplier:{stage.contract}"
    if reason == PendingReason.CLIENT_THIRD_PARTY:
        return THIRD_PARTY
    if reason.startswith("client_") or (reason == PendingReason.CHANGE_WINDOW and stage.agreed):
        return CLIENT
    return f"wait:{reason}"


def _is_owed(stage: Stage, terms: Terms) -> bool:
    return terms.kind in KEPT_BY_MESSAGE and not terms.pauses(stage.reason, stage.agreed)


def holder_facts(rows: Iterable[Row], terms: Terms | None = None) -> list[ClockFact]:
    """The changes of hands, as facts that cut a clock in segments."""
    found: list[ClockFact] = []
    for _row, stage in stages(rows):
        holder = holder_of(stage, terms)
        if not found or found[-1].holder != holder:
            found.append(ClockFact(FactKind.HOLDER, stage.at, stage.order, holder=holder))
    return found


def with_holders(found: Iterable[ClockFact], rows: Iterable[Row], terms: Terms) -> list[ClockFact]:
    """The facts of a clock of these terms, with the hands told in the words of this module."""
    return [*(fact for fact in found if fact.kind != FactKind.HOLDER), *holder_facts(rows, terms)]


def holds(rows: Iterable[Row], until: int) -> list[Hold]:
    """The life of a ticket from its opening to ``until``, cut where it changed hands. Nothing is left out."""
    turns = sorted(
        (fact for fact in holder_facts(rows) if fact.at < until), key=lambda fact: (fact.at, fact.order)
    )
    ends = [*(turn.at for turn in turns[1:]), until]
    found: list[Hold] = []
    for turn, end in zip(turns, ends, strict=False):
        if end == turn.at:
            continue
        if found and found[-1].holder == turn.holder:
            found[-1] = Hold(found[-1].start, end, turn.holder)
        else:
            found.append(Hold(turn.at, end, turn.holder))
    return found


def shares(reading: Reading) -> dict[str, int]:
    """Counted seconds of each holder, the largest first; together they are the used seconds, to the second."""
    sums: Counter[str] = Counter()
    for segment in reading.segments:
        if segment.counted and segment.service_seconds:
            sums[segment.holder or NOBODY] += segment.service_seconds
    return dict(sorted(sums.items(), key=lambda share: (-share[1], share[0])))


def proposed(found: dict[str, int]) -> str:
    """The holder of the largest share: whom to look at first where the promise was missed; "" without any."""
    return next(iter(found), "")
