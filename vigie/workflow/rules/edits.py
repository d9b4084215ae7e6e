"""What an administrator may change of a published life, and what the engine cannot do without. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vigie.kernel.refusal import Refusal
from vigie.workflow.rules.defaults import DEFAULTS
from vigie.workflow.rules.machine import Machine, Step

LONGEST_DELAY = 60
KEPT_RESOLUTIONS = frozenset({"no_client_response", "duplicate", "solved_by_user"})
"""Codes that the system itself gives: when a client stays silent, confirms, or a double is closed."""
KEPT_CANCELS = frozenset({"duplicate"})
OFFERED = ("team", "assignee", "reason", "public_text")


@dataclass(frozen=True, slots=True)
class Edit:
    """The new delays (business days), codes, and what each step demands, step by step."""

    reopen_days: int
    close_days: int
    silence: tuple[int, int, int]
    pending_reasons: tuple[str, ...]
    resolution_codes: tuple[str, ...]
    cancel_reasons: tuple[str, ...]
    needs: Mapping[int, frozenset[str]]


def offered(machine: Machine, step: Step) -> tuple[str, ...]:
    """Demands that may be added to or taken from a step.

    A step that the client or the system also takes demands no more than the usual life does: nobody is there
    to give more.
    """
    extra = ("resolution",) if machine.phase(step.target) == "done" else ()
    known = step.needs | _usual_needs(machine.ticket_type, step)
    alone = step.who == {"agent"}
    return tuple(n for n in (*OFFERED, *extra) if n not in fixed(machine, step) and (alone or n in known))


def _usual_needs(ticket_type: str, step: Step) -> frozenset[str]:
    usual = DEFAULTS.get(ticket_type)
    rows = usual.steps if usual else ()
    same = (
        row for row in rows if (row.source, row.target, row.verb) == (step.source, step.target, step.verb)
    )
    return frozenset(need for row in same for need in row.needs)


def fixed(machine: Machine, step: Step) -> frozenset[str]:
    """Demands of a step without which the ticket would make no sense: they stay."""
    needs = step.needs & {"pending_reason", "reopen_window"}
    return needs | {"reason"} if step.verb in ("cancel", "reopen", "reject") else needs


def edited(machine: Machine, edit: Edit) -> Machine:
    """The machine with the edit applied. Raises a ``workflow.*`` refusal naming the field at fault."""
    _check(machine, edit)
    steps = tuple(
        replace(
            step,
            needs=fixed(machine, step) | (edit.needs.get(i, frozenset()) & frozenset(offered(machine, step))),
        )
        for i, step in enumerate(machine.steps)
    )
    return replace(
        machine,
        steps=steps,
        pending_reasons=edit.pending_reasons,
        resolution_codes=edit.resolution_codes,
        cancel_reasons=edit.cancel_reasons,
        reopen_days=edit.reopen_days,
        close_days=edit.close_days,
        silence=edit.silence,
    )


def _check(machine: Machine, edit: Edit) -> None:
    first, second, last = edit.silence
    if not 0 < first < second < last <= LONGEST_DELAY:
        raise Refusal("workflow.bad_silence", field="silence_last")
    for name, days in (("reopen_days", edit.reopen_days), ("close_days", edit.close_days)):
        if not 0 < days <= LONGEST_DELAY:
            raise Refusal("workflow.bad_delay", field=name, most=LONGEST_DELAY)
    waits = any("pending_reason" in step.needs for step in machine.steps)
    if waits and not edit.pending_reasons:
        raise Refusal("workflow.empty_list", field="pending_reasons")
    _keep("resolution_codes", edit.resolution_codes, KEPT_RESOLUTIONS & set(machine.resolution_codes))
    _keep("cancel_reasons", edit.cancel_reasons, KEPT_CANCELS & set(machine.cancel_reasons))


def _keep(field: str, codes: Sequence[str], kept: frozenset[str]) -> None:
    if not codes:
        raise Refusal("workflow.empty_list", field=field)
    if missing := sorted(kept - set(codes)):
        raise Refusal("workflow.code_needed", field=field, needed=missing[0])
