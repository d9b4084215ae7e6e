"""Words of operation: refusals, what each job does, what each alarm means."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.toolkit import refusals

Label = str | Promise

refusals.register(
    {
        "operations.not_failed": _("This job has not failed, or no longer: there is nothing to decide."),
        "operations.same_waits": _("The same job waits already: it will do what this one left."),
        "operations.reason_needed": _("Say why: whoever looks for what this job left undone will read it."),
    }
)

# What each job does. A test demands words for every declared one.
JOBS: dict[str, Label] = {
    "accounts.send_password_link": _("Send a link to choose a password"),
    "compliance.propose_months": _("Propose the statements of the last month"),
    "escalation.fire_due_steps": _("Escalate what runs out, step by step"),
    "escalation.weigh_risks": _("Weigh what one more miss would cost"),
    "contracts.follow_dates": _("Follow the dates of contracts"),
    "contracts.read_feeds": _("Read the feeds of closed days"),
    "mail.dispatch": _("Send waiting mails"),
    "mail.fetch": _("Fetch from a mailbox"),
    "mail.schedule_fetches": _("Look which mailboxes are due"),
    "mail.refuse_stranger": _("Tell a stranger that its mail was not taken"),
    "mail.settle": _("Read a mail and put it in its place"),
    "mail.settle_left": _("Find mails that lost their job"),
    "operations.look": _("Look whether all is well"),
    "operations.purge": _("Remove finished jobs and ended sessions"),
    "replay.study": _("Replay the tickets of a contract under other terms"),
    "tickets.learn_words": _("Learn the words of texts, for searches that find nothing"),
    "tickets.purge_loose_files": _("Remove files that were never sent"),
    "tickets.follow_person": _("Find a person’s tickets by its new name"),
    "tickets.resolve_children": _("Resolve the children of a ticket"),
    "tickets.sweep_clocks": _("Announce clocks that run out"),
    "tickets.sweep_endings": _("Close, resume and remind"),
}

STATES: dict[str, Label] = {
    "failed": pgettext_lazy("state of a job", "Failed"),
    "todo": pgettext_lazy("state of a job", "Waiting"),
    "doing": pgettext_lazy("state of a job", "Running"),
    "succeeded": pgettext_lazy("state of a job", "Done"),
    "cancelled": pgettext_lazy("state of a job", "Discarded"),
    "aborted": pgettext_lazy("state of a job", "Stopped"),
}

EVENTS: dict[str, Label] = {
    "deferred": _("queued"),
    "started": _("started"),
    "deferred_for_retry": _("failed, to be tried again"),
    "failed": _("failed for good"),
    "succeeded": _("done"),
    "cancelled": _("discarded"),
    "aborted": _("stopped"),
    "scheduled": _("planned for"),
    "retried": _("run again by hand"),
}

# What an alarm means, and what to do.
ALARMS: dict[str, tuple[Label, Label]] = {
    "worker_silent": (
        _("The background worker gives no sign of life"),
        _("No mail leaves or comes in and no clock is announced. Start it again: vigie worker."),
    ),
    "queue_late": (
        _("Background jobs wait for more than five minutes"),
        _("Look at the jobs that run: one may hang, or the worker is too small for the load."),
    ),
    "disk_full": (
        _("The disk is nearly full"),
        _("Free some space: a full disk stops the database and everything with it."),
    ),
    "mail_serverless": (
        _("Mails do not leave: no outgoing server takes them"),
        _(
            "Give a mailbox in use its SMTP server, or set VIGIE_SMTP_HOST. What was not sent is listed under Outgoing mail."
        ),
    ),
    "backup_old": (
        _("There is no backup of the last two days"),
        _("Look at the timer and the log of vigie backup make, then run it by hand."),
    ),
}


def job_name(code: str) -> str:
    """What a job does, in words; its code when this version does not know it."""
    return str(JOBS.get(code, code))
