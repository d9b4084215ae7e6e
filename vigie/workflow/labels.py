"""Names of states, steps and codes in the reader's language. Stored values stay English codes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.toolkit import refusals

Label = str | Promise

TYPES: dict[str, Label] = {"incident": _("Incident"), "request": _("Request"), "question": _("Question")}

STATES: dict[str, Label] = {
    "new": p("state", "New"),
    "assigned": p("state", "Assigned"),
    "in_progress": p("state", "In progress"),
    "pending": p("state", "Pending"),
    "resolved": p("state", "Resolved"),
    "closed": p("state", "Closed"),
    "cancelled": p("state", "Cancelled"),
    "submitted": p("state", "Submitted"),
    "pending_approval": p("state", "Awaiting approval"),
    "approved": p("state", "Approved"),
    "rejected": p("state", "Rejected"),
    "in_fulfilment": p("state", "In fulfilment"),
    "fulfilled": p("state", "Fulfilled"),
    "answered": p("state", "Answered"),
}

STEPS: dict[str, Label] = {
    "assign": p("step", "Assign"),
    "start": p("step", "Take ownership"),
    "wait": p("step", "Put on hold"),
    "resume": p("step", "Resume"),
    "resolve": p("step", "Resolve"),
    "reopen": p("step", "Reopen"),
    "close": p("step", "Close"),
    "cancel": p("step", "Cancel the ticket"),
    "ask_approval": p("step", "Ask for approval"),
    "approve": p("step", "Approve"),
    "reject": p("step", "Reject"),
}

PENDING_REASONS: dict[str, Label] = {
    "client_info": _("Information expected from the client"),
    "client_validation": _("Validation expected from the client"),
    "client_availability": _("Appointment or access expected from the client"),
    "client_third_party": _("The client's own supplier"),
    "client_approval": _("Approval expected from the client"),
    "change_window": _("Agreed change window"),
    "supplier": _("Our supplier"),
    "internal_part": _("Part or stock"),
    "problem": _("Root cause being sought"),
    "other_team": _("Another team"),
}

RESOLUTIONS: dict[str, Label] = {
    "solved_permanently": _("Solved permanently"),
    "solved_workaround": _("Solved by a workaround"),
    "solved_by_user": _("Solved by the user"),
    "solved_by_article": _("Solved by an article"),
    "solved_by_change": _("Solved by a change"),
    "solved_by_supplier": _("Solved by the supplier"),
    "known_error_workaround": _("Workaround of a known error"),
    "no_fault_found": _("No fault found"),
    "not_reproducible": _("Not reproducible"),
    "user_training": _("User shown how"),
    "no_client_response": _("No answer from the client"),
    "duplicate": _("Duplicate"),
    "out_of_scope": _("Out of scope"),
    "false_alert": _("False alert"),
}

CANCEL_REASONS: dict[str, Label] = {
    "duplicate": _("Duplicate"),
    "entered_in_error": _("Entered in error"),
    "withdrawn": _("Withdrawn by the requester"),
    "out_of_scope": _("Out of scope"),
}

PHASES: dict[str, Label] = {
    "active": p("phase", "With us"),
    "waiting": p("phase", "Waiting"),
    "done": p("phase", "Solved"),
    "ended": p("phase", "Over"),
}
WHO: dict[str, Label] = {
    "agent": p("who", "Agent"),
    "client": p("who", "Client"),
    "system": p("who", "System"),
}
NEEDS: dict[str, Label] = {
    "team": p("demand", "A team"),
    "assignee": p("demand", "Somebody in charge"),
    "pending_reason": p("demand", "What is awaited"),
    "resolution": p("demand", "A resolution code"),
    "reason": p("demand", "A reason"),
    "public_text": p("demand", "A message to the client"),
    "reopen_window": p("demand", "Within the reopening delay"),
}

refusals.register(
    {
        "workflow.bad_silence": _(
            "Reminders follow each other: the first, the second, then the closure, within 60 business days."
        ),
        "workflow.bad_delay": _("Give between 1 and %(most)s business days."),
        "workflow.newer_version": _(
            "Somebody published a newer version meanwhile. Open it and make your change there."
        ),
        "workflow.empty_list": _("Keep at least one."),
        "workflow.code_needed": _("The system itself uses “%(needed)s”: keep it."),
        "workflow.not_published": _("No workflow is published for the type “%(ticket_type)s”."),
        "workflow.no_such_step": _(
            "This ticket is in the state “%(source)s” now: “%(target)s” is no longer possible. Reload the page to see what is."
        ),
        "workflow.needs_team": _("Choose the team first."),
        "workflow.needs_assignee": _("Choose who takes the ticket first."),
        "workflow.needs_pending_reason": _(
            "Say what is awaited: a ticket is never on hold without a reason."
        ),
        "workflow.unknown_pending_reason": _("“%(reason)s” is not a reason of this workflow."),
        "workflow.needs_resolution": _("Choose a resolution code."),
        "workflow.unknown_resolution": _("“%(resolution)s” is not a resolution code of this workflow."),
        "workflow.needs_reason": _("Give the reason."),
        "workflow.unknown_cancel_reason": _("Choose why the ticket is cancelled."),
        "workflow.needs_public_text": _("Write the message that the client will read."),
        "workflow.window_over": _(
            "The time to reopen this ticket is over. Open a follow-up: it will be linked to this one."
        ),
        "workflow.bad_definition": _("This workflow cannot work: %(detail)s."),
    }
)


def label(table: dict[str, Label], code: str | None) -> str:
    """The name of ``code``; the code itself when an installation added one without a name."""
    return str(table.get(code or "", code or ""))
