"""ITIL defaults of the three ticket types of the desk. Published as version 1; installations publish their own."""

from __future__ import annotations

from vigie.workflow.rules.machine import Machine, Phase, Step, Who

PENDING_REASONS = (
    "client_info",
    "client_validation",
    "client_availability",
    "client_third_party",
    "client_approval",
    "change_window",
    "supplier",
    "internal_part",
    "problem",
    "other_team",
)
RESOLUTION_CODES = (
    "solved_permanently",
    "solved_workaround",
    "solved_by_user",
    "solved_by_article",
    "solved_by_change",
    "solved_by_supplier",
    "known_error_workaround",
    "no_fault_found",
    "not_reproducible",
    "user_training",
    "no_client_response",
    "duplicate",
    "out_of_scope",
    "false_alert",
)
CANCEL_REASONS = ("duplicate", "entered_in_error", "withdrawn", "out_of_scope")


def _steps(rows: str) -> tuple[Step, ...]:
    """Read ``from > to : verb : who : needs`` lines."""
    steps: list[Step] = []
    for row in rows.strip().splitlines():
        path, verb, who, needs = (part.strip() for part in row.split(":"))
        sources, target = (part.strip() for part in path.split(">"))
        people: frozenset[Who] = frozenset(who.split())  # type: ignore[arg-type]
        steps.extend(
            Step(source, target, verb, people, frozenset(needs.split())) for source in sources.split()
        )
    return tuple(steps)


def _machine(ticket_type: str, initial: str, states: dict[str, Phase], rows: str) -> Machine:
    return Machine(
        ticket_type, initial, states, _steps(rows), PENDING_REASONS, RESOLUTION_CODES, CANCEL_REASONS
    )


INCIDENT = _machine(
    "incident",
    "new",
    {
        "new": "active",
        "assigned": "active",
        "in_progress": "active",
        "pending": "waiting",
        "resolved": "done",
        "closed": "ended",
        "cancelled": "ended",
    },
    """
    new > assigned                               : assign  : agent system        : team
    new assigned > in_progress                   : start   : agent               : assignee
    in_progress > pending                        : wait    : agent               : pending_reason
    pending > in_progress                        : resume  : agent client system :
    new assigned in_progress pending > resolved  : resolve : agent client system : resolution public_text
    resolved > in_progress                       : reopen  : agent client        : reason reopen_window
    resolved > closed                            : close   : client system agent :
    new assigned in_progress pending > cancelled : cancel  : agent               : reason
    """,
)

REQUEST = _machine(
    "request",
    "submitted",
    {
        "submitted": "active",
        "pending_approval": "waiting",
        "approved": "active",
        "rejected": "ended",
        "in_fulfilment": "active",
        "pending": "waiting",
        "fulfilled": "done",
        "closed": "ended",
        "cancelled": "ended",
    },
    """
    submitted > pending_approval                                        : ask_approval : agent system        :
    submitted approved > in_fulfilment                                  : start        : agent system        : assignee
    pending_approval > approved                                         : approve      : client agent        :
    pending_approval > rejected                                         : reject       : client agent        : reason public_text
    in_fulfilment > pending                                             : wait         : agent               : pending_reason
    pending > in_fulfilment                                             : resume       : agent client system :
    in_fulfilment > fulfilled                                           : resolve      : agent system        : resolution public_text
    fulfilled > in_fulfilment                                           : reopen       : agent client        : reason reopen_window
    fulfilled > closed                                                  : close        : client system agent :
    submitted pending_approval approved in_fulfilment pending > cancelled : cancel     : agent client        : reason
    """,
)

QUESTION = _machine(
    "question",
    "new",
    {"new": "active", "in_progress": "active", "answered": "done", "closed": "ended", "cancelled": "ended"},
    """
    new > in_progress               : start   : agent               : assignee
    new in_progress > answered      : resolve : agent client system : resolution public_text
    answered > in_progress          : reopen  : agent client        : reason reopen_window
    answered > closed               : close   : client system agent :
    new in_progress > cancelled     : cancel  : agent               : reason
    """,
)

DEFAULTS: dict[str, Machine] = {machine.ticket_type: machine for machine in (INCIDENT, REQUEST, QUESTION)}
