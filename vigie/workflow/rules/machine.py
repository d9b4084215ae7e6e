"""One engine for every ticket type: which state may follow, and what the step demands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vigie.kernel.refusal import Refusal

Phase = Literal["active", "waiting", "done", "ended"]
Who = Literal["agent", "client", "system"]

# What a step may demand before it is taken.
NEEDS = frozenset(
    {"team", "assignee", "pending_reason", "resolution", "reason", "public_text", "reopen_window"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the transition table. ``verb`` names the button; ``needs`` what must be given with it."""

    source: str
    target: str
    verb: str
    who: frozenset[Who]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Machine:
    """The life of one ticket type: states with their phase, steps, and the delays around the end.

    ``reopen_days`` and ``close_days`` are business days; ``silence`` = (first reminder, second, resolution)
    in business days of client silence.
    """

    ticket_type: str
    initial: str
    states: Mapping[str, Phase]
    steps: tuple[Step, ...]
    pending_reasons: tuple[str, ...]
    resolution_codes: tuple[str, ...]
    cancel_reasons: tuple[str, ...]
    reopen_days: int = 5
    close_days: int = 5
    silence: tuple[int, int, int] = (2, 4, 6)

    def phase(self, state: str) -> Phase:
        return self.states[state]

    def steps_from(self, state: str, who: Who) -> list[Step]:
        """Steps that ``who`` may take from ``state``, in table order."""
        return [s for s in self.steps if s.source == state and who in s.who]

    def step(self, state: str, target: str, who: Who) -> Step:
        """The step from ``state`` to ``target``. Raises ``workflow.no_such_step``."""
        for candidate in self.steps:
            if candidate.source == state and candidate.target == target and who in candidate.who:
                return candidate
        raise Refusal("workflow.no_such_step", source=state, target=target)

    def step_named(self, state: str, verb: str, who: Who) -> Step | None:
        """The first step called ``verb`` from ``state``, or ``None``."""
        return next((s for s in self.steps_from(state, who) if s.verb == verb), None)

    def any_step_named(self, verb: str, who: Who) -> Step | None:
        """The first step called ``verb`` from whatever state, or ``None``: what its form asks for."""
        return next((s for s in self.steps if s.verb == verb and who in s.who), None)


def check_needs(machine: Machine, step: Step, given: Mapping[str, Any]) -> None:
    """Refuse a step whose demands are not met, or whose codes are unknown to the definition.

    ``given`` holds: team_id, assignee_id, pending_reason, resolution_code, reason, public_text,
    reopen_allowed (bool).
    """
    demands = {
        "team": ("team_id", "workflow.needs_team"),
        "assignee": ("assignee_id", "workflow.needs_assignee"),
        "pending_reason": ("pending_reason", "workflow.needs_pending_reason"),
        "resolution": ("resolution_code", "workflow.needs_resolution"),
        "reason": ("reason", "workflow.needs_reason"),
        "public_text": ("public_text", "workflow.needs_public_text"),
        "reopen_window": ("reopen_allowed", "workflow.window_over"),
    }
    for need in sorted(step.needs):
        field, code = demands[need]
        if not given.get(field):
            raise Refusal(code, field=field)
    if machine.phase(step.target) == "waiting" and given.get("pending_reason"):
        reason = given["pending_reason"]
        if reason not in machine.pending_reasons:
            raise Refusal("workflow.unknown_pending_reason", field="pending_reason", reason=reason)
        if str(reason).startswith("client_") and not given.get("public_text"):
            raise Refusal("workflow.needs_public_text", field="public_text")
    if "resolution" in step.needs and given["resolution_code"] not in machine.resolution_codes:
        raise Refusal(
            "workflow.unknown_resolution", field="resolution_code", resolution=given["resolution_code"]
        )
    if step.verb == "cancel" and given.get("reason") not in machine.cancel_reasons:
        raise Refusal("workflow.unknown_cancel_reason", field="reason", reason=given.get("reason"))


def machine_from(definition: Mapping[str, Any]) -> Machine:
    """Read a stored definition. Raises ``workflow.bad_definition`` saying what is wrong."""
    try:
        machine = Machine(
            ticket_type=definition["ticket_type"],
            initial=definition["initial"],
            states=dict(definition["states"]),
            steps=tuple(
                Step(s["from"], s["to"], s["verb"], frozenset(s["who"]), frozenset(s.get("needs", ())))
                for s in definition["steps"]
            ),
            pending_reasons=tuple(definition["pending_reasons"]),
            resolution_codes=tuple(definition["resolution_codes"]),
            cancel_reasons=tuple(definition["cancel_reasons"]),
            reopen_days=int(definition.get("reopen_days", 5)),
            close_days=int(definition.get("close_days", 5)),
            silence=tuple(definition.get("silence", (2, 4, 6))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal("workflow.bad_definition", detail=str(error)) from error
    _check(machine)
    return machine


def _check(machine: Machine) -> None:
    def bad(detail: str) -> Refusal:
        return Refusal("workflow.bad_definition", detail=detail)

    if machine.initial not in machine.states:
        raise bad(f"the initial state {machine.initial} is not a state")
    for step in machine.steps:
        for state in (step.source, step.target):
            if state not in machine.states:
                raise bad(f"the step {step.source} → {step.target} uses the unknown state {state}")
        if not step.needs <= NEEDS:
            raise bad(f"unknown demand {', '.join(sorted(step.needs - NEEDS))}")
        if machine.phase(step.source) == "ended":
            raise bad(f"the ended state {step.source} may have no step")
    reached = {machine.initial}
    while True:
        more = {s.target for s in machine.steps if s.source in reached} - reached
        if not more:
            break
        reached |= more
    if lost := set(machine.states) - reached:
        raise bad(f"no step leads to {', '.join(sorted(lost))}")
    if not any(machine.phase(state) == "done" for state in machine.states):
        raise bad("no state is of phase done")


def to_definition(machine: Machine) -> dict[str, Any]:
    """The JSON form that :func:`machine_from` reads back."""
    return {
        "ticket_type": machine.ticket_type,
        "initial": machine.initial,
        "states": dict(machine.states),
        "steps": [
            {"from": s.source, "to": s.target, "verb": s.verb, "who": sorted(s.who), "needs": sorted(s.needs)}
            for s in machine.steps
        ],
        "pending_reasons": list(machine.pending_reasons),
        "resolution_codes": list(machine.resolution_codes),
        "cancel_reasons": list(machine.cancel_reasons),
        "reopen_days": machine.reopen_days,
        "close_days": machine.close_days,
        "silence": list(machine.silence),
    }
