"""From a ticket's journal to the facts of what teams and suppliers promised on it. Pure.

A team's clock runs while the ticket is with the team (``ola_work``), or with it and nobody has taken it
(``ola_own``); a supplier's while its answer is awaited (``uc``). Coming back resumes the same clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import Audience, ClockKind
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row, TermsById
from vigie.tickets.rules.corrections import effective

# kinds worth loading to read a clock of a team or a supplier
KINDS = (
    facts.OPENED, facts.STATE, facts.TYPE, facts.ASSIGNED, facts.REFERRED, facts.ANSWERED, facts.JUDGED, facts.COMMITTED,
    facts.CORRECTED,
)  # fmt: skip
ON_TEAM = (ClockKind.OLA_OWN, ClockKind.OLA_WORK)
SOMEBODY = -1


@dataclass(frozen=True, slots=True)
class Track:
    """One clock that the journal tells of: its kind and who promises (a team's or a supplier contract's id)."""

    kind: ClockKind
    holder: int

    @property
    def audience(self) -> Audience:
        return Audience.UC if self.kind == ClockKind.UC else Audience.OLA


@dataclass(frozen=True, slots=True)
class Stage:
    """A ticket after one fact: who has it, in which phase, whose answer is awaited.

    ``contract`` is the supplier contract of the referral under way (0: none), ``awaited`` whether the supplier owes an
    answer still; ``reason`` is what a waiting ticket waits for.
    """

    at: int
    order: int
    team: int = 0
    assignee: int = 0
    phase: str = "active"
    reason: str = ""
    agreed: bool = True
    contract: int = 0
    awaited: bool = False

    @property
    def is_live(self) -> bool:
        return self.phase in ("active", "waiting")

    def runs(self, track: Track) -> bool:
        """Is the ticket in the hands that this clock measures?"""
        if not self.is_live:
            return False
        if track.kind == ClockKind.UC:
            return self.awaited and self.contract == track.holder
        if track.kind == ClockKind.OLA_OWN and self.assignee:
            return False
        return self.team == track.holder


Staged = list[tuple[Row, Stage]]


def stages(rows: Iterable[Row]) -> Staged:
    """Each fact with the stage that it leads to, corrections taken in."""
    found: Staged = []
    stage = Stage(0, 0)
    for row in effective(rows):
        stage = replace(stage, at=epoch(row.at), order=row.order, **_moves(row, stage))
        found.append((row, stage))
    return found


def _moves(row: Row, stage: Stage) -> dict[str, Any]:
    """What of the stage the fact changes."""
    after = row.after
    if row.kind == facts.ASSIGNED:
        return {"team": after.get("team") or 0, "assignee": after.get("assignee") or 0}
    if row.kind == facts.REFERRED:
        return {"contract": after.get("contract") or 0, "awaited": True}
    if row.kind == facts.ANSWERED:
        return {"awaited": False}
    if row.kind == facts.JUDGED:
        accepted = bool(after.get("accepted"))
        return {"awaited": not accepted, "contract": 0 if accepted else stage.contract}
    if row.kind in (facts.OPENED, facts.STATE, facts.TYPE):
        return _step(after, stage)
    return {}


def _step(after: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    phase = str(after.get("phase") or stage.phase)
    reason = str(after.get("reason") or "") if phase == "waiting" else ""
    moves: dict[str, Any] = {"phase": phase, "reason": reason, "agreed": bool(after.get("agreed", True))}
    if phase in ("done", "ended"):
        moves.update(contract=0, awaited=False)
    if after.get("verb") == "start":  # whoever starts takes it
        moves.update(assignee=stage.assignee or SOMEBODY)
    return moves


def tracks(staged: Staged) -> dict[Track, int]:
    """Every clock of teams and suppliers that the journal tells of, with the instant at which it starts."""
    found: dict[Track, int] = {}
    for _row, stage in staged:
        wanted = [Track(kind, stage.team) for kind in ON_TEAM if stage.team]
        wanted += [Track(ClockKind.UC, stage.contract)] if stage.contract else []
        for track in wanted:
            if track not in found and stage.runs(track):
                found[track] = stage.at
    return found


def support_facts(track: Track, staged: Staged, terms_by_id: TermsById) -> list[ClockFact]:
    """The facts of one of these clocks, in journal order."""
    found: list[ClockFact] = []
    ran = started = False
    for row, stage in staged:
        runs = stage.runs(track)
        if row.kind == facts.COMMITTED and _concerns(row, track):
            terms = terms_by_id(int(row.after["terms_id"]))
            found.append(ClockFact(FactKind.RETARGET, stage.at, stage.order, terms=terms))
        if started and _cancels(row):
            found.append(
                ClockFact(FactKind.CANCEL, stage.at, stage.order, reason=str(row.after.get("state")))
            )
            break
        if runs != ran:
            kind = FactKind.STOP if ran else FactKind.REOPEN if started else FactKind.START
            found.append(ClockFact(kind, stage.at, stage.order))
            started = True
        if track.kind != ClockKind.UC and (row.kind == facts.STATE or runs != ran):
            found.append(_wait(stage))
        ran = runs
    return found


def _concerns(row: Row, track: Track) -> bool:
    return row.after.get("clock") == track.kind and row.after.get("holder") == track.holder


def _cancels(row: Row) -> bool:
    return row.kind == facts.STATE and row.after.get("phase") == "ended" and row.before.get("phase") != "done"


def _wait(stage: Stage) -> ClockFact:
    if stage.phase == "waiting":
        return ClockFact(FactKind.PAUSE, stage.at, stage.order, reason=stage.reason, agreed=stage.agreed)
    return ClockFact(FactKind.RESUME, stage.at, stage.order)
