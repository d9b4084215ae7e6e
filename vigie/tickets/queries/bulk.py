"""What an act on several tickets would change, row by row, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vigie.kernel.actor import Actor
from vigie.tickets.actions.bulk import LIMIT
from vigie.tickets.queries.queue import people_names
from vigie.tickets.queries.screen import rows_by_id
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step


@dataclass(frozen=True, slots=True)
class Planned:
    """One chosen ticket: where it stands and where the step leads (empty when it is not possible)."""

    id: int
    reference: str
    title: str
    state: str
    phase: str
    team_id: int | None
    assignee_id: int | None
    assignee: str
    target: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen tickets, the steps possible for some of them with how many, and what the chosen step needs."""

    rows: list[Planned]
    steps: list[tuple[str, int]]
    needs: frozenset[str]
    pending_reasons: tuple[str, ...]
    resolution_codes: tuple[str, ...]
    cancel_reasons: tuple[str, ...]


def plan(actor: Actor, ticket_ids: Sequence[int], verb: str = "") -> Plan:
    """What taking ``verb`` would do to each of the tickets in sight (at most :data:`LIMIT`)."""
    fields = ("reference", "title", "state", "phase", "team_id", "assignee_id", "workflow_version_id")
    found = rows_by_id(actor, ticket_ids[:LIMIT], *fields)
    people = people_names(row["assignee_id"] for row in found)
    machines = {row["workflow_version_id"]: machine_of(row["workflow_version_id"]) for row in found}
    rows: list[Planned] = []
    chosen: list[tuple[Machine, Step]] = []
    steps: dict[str, int] = {}
    for row in found:
        machine = machines[row["workflow_version_id"]]
        for name in dict.fromkeys(step.verb for step in machine.steps_from(row["state"], "agent")):
            steps[name] = steps.get(name, 0) + 1
        step = machine.step_named(row["state"], verb, "agent") if verb else None
        if step:
            chosen.append((machine, step))
        rows.append(
            Planned(
                id=row["id"],
                reference=row["reference"],
                title=row["title"],
                state=row["state"],
                phase=row["phase"],
                team_id=row["team_id"],
                assignee_id=row["assignee_id"],
                assignee=people.get(row["assignee_id"], ""),
                target=step.target if step else "",
                is_closed=row["phase"] == "ended",
            )
        )
    # An assignment has its own button, and an approval is never given in bulk.
    offered = [
        (name, n) for name, n in steps.items() if name not in ("assign", "approve", "reject", "ask_approval")
    ]
    return Plan(rows, offered, _needs(chosen), *_codes(machines.values()))


def _needs(chosen: Sequence[tuple[Machine, Step]]) -> frozenset[str]:
    needs: set[str] = set()
    for machine, step in chosen:
        needs |= step.needs
        if machine.phase(step.target) == "waiting":
            needs.add("pending_reason")
    return frozenset(needs)


def _codes(machines: object) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Codes that every machine of the selection knows, in the order of the first."""
    listed: list[Machine] = list(machines)  # type: ignore[call-overload]

    def common(name: str) -> tuple[str, ...]:
        lists = [getattr(machine, name) for machine in listed]
        return tuple(code for code in lists[0] if all(code in other for other in lists)) if lists else ()

    return common("pending_reasons"), common("resolution_codes"), common("cancel_reasons")
