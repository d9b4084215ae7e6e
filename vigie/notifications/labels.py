"""The sentence of each kind of notice, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from vigie.toolkit.jinja import locale, when

Label = str | Promise

KINDS: dict[str, tuple[Label, str]] = {
    "ticket_opened": (_("%(reference)s is registered"), "ticket"),
    "ticket_assigned": (_("%(by)s assigned %(reference)s to you"), "user-check"),
    "ticket_replied": (_("%(by)s replied on %(reference)s"), "message"),
    "replied_since_solved": (_("%(by)s replied on %(reference)s, which is resolved"), "message"),
    "settled_asked": (_("Is %(reference)s settled? You wrote to us after we solved it"), "message"),
    "ticket_noted": (_("%(by)s left a note on %(reference)s"), "lock"),
    "ticket_resolved": (_("%(by)s resolved %(reference)s"), "circle-check"),
    "ticket_reopened": (_("%(by)s reopened %(reference)s"), "arrow-back-up"),
    "ticket_cancelled": (_("%(by)s cancelled %(reference)s"), "circle-x"),
    "approval_asked": (_("%(by)s asks you to approve %(reference)s"), "thumb-up"),
    "approval_given": (_("%(by)s approved %(reference)s"), "thumb-up"),
    "approval_refused": (_("%(by)s refused %(reference)s"), "thumb-down"),
    "client_reminded": (_("%(reference)s still waits for your answer"), "hourglass"),
    "client_silent": (_("The client of %(reference)s does not answer"), "hourglass"),
    "clock_warned": (_("%(clock)s of %(reference)s: %(percent)s%% of the time is used"), "clock"),
    "mailbox_troubled": (_("The mailbox %(reference)s leaves mails behind"), "mail"),
    "worker_silent": (
        _("The background worker gives no sign of life: no mail leaves or comes in"),
        "activity",
    ),
    "queue_late": (_("Background jobs wait for more than five minutes"), "hourglass"),
    "disk_full": (_("The disk of Vigie is nearly full"), "server"),
    "mail_serverless": (_("Mails do not leave: no outgoing server takes them"), "mail"),
    "backup_old": (_("There is no backup of the last two days"), "device-floppy"),
    "clock_breached": (_("%(clock)s of %(reference)s is late"), "alert-triangle"),
    "escalation_told": (_("%(clock)s of %(reference)s: step %(step)s of the escalation"), "speakerphone"),
    "escalation_asks": (
        _("%(clock)s of %(reference)s: step %(step)s of the escalation, to acknowledge"),
        "urgent",
    ),
    "exclusion_asked": (_("%(by)s asks for an exclusion on %(reference)s"), "flag"),
    "exclusion_approved": (_("%(by)s agreed to the exclusion on %(reference)s"), "circle-check"),
    "exclusion_refused": (_("%(by)s refused the exclusion on %(reference)s"), "circle-x"),
    "correction_asked": (_("%(by)s asks for a late correction of %(reference)s"), "edit"),
    "correction_accepted": (_("%(by)s accepted the correction of %(reference)s"), "circle-check"),
    "correction_refused": (_("%(by)s refused the correction of %(reference)s"), "circle-x"),
    "statement_proposed": (_("%(reference)s: %(month)s waits for approval"), "contract"),
    "statement_frozen": (_("%(by)s approved %(month)s of %(reference)s"), "circle-check"),
    "swap_asked": (_("%(by)s asks you to take a span of on-call"), "refresh"),
    "swap_accepted": (_("%(by)s accepted the swap of on-call"), "circle-check"),
    "swap_refused": (_("%(by)s refused the swap of on-call"), "circle-x"),
    "handover_sent": (_("%(by)s hands over to your team"), "send"),
    "contract_decision": (_("%(reference)s: notice can be given until %(day)s"), "contract"),
    "contract_end": (_("%(reference)s ends on %(day)s"), "contract"),
    "credit_asked": (
        _("%(reference)s: %(month)s gives a credit, to be agreed or contested"),
        "certificate",
    ),
    "credit_agreed": (_("%(by)s agreed to the credit of %(month)s, %(reference)s"), "circle-check"),
    "credit_contested": (_("%(by)s contests the credit of %(month)s, %(reference)s"), "alert-triangle"),
    "credit_decided": (
        _("%(by)s decided on the contested credit of %(month)s, %(reference)s"),
        "certificate",
    ),
    "mail_undelivered": (_("Your mail to %(name)s about %(reference)s was not delivered"), "alert-triangle"),
}
UNKNOWN: tuple[Label, str] = (_("Something happened on %(reference)s"), "bell")
LATE_KINDS = frozenset(
    {
        "clock_breached", "escalation_asks", "mail_undelivered", "mailbox_troubled",
        "worker_silent", "queue_late", "disk_full", "mail_serverless", "backup_old",
    }
)  # fmt: skip

# Why a mail was never sent, or came back without a word of the server: what ``answer`` holds then.
REASONS: dict[str, Label] = {
    "no_server": _("no outgoing mail server"),
    "no_access": _("no longer has access"),
    "own_address": _("this address is ours"),
    "suspended": _("address suspended after refusals"),
    "capped": _("enough automatic mails were sent to this address"),
    "bad_address": _("not a valid address"),
    "before_mail": _("from before mail was sent"),
    "demo": _("part of the demonstration's history"),
    "came_back.unknown_user": _("this address does not exist"),
    "came_back.unknown_host": _("no mail server for this domain"),
    "came_back.moved": _("the address has changed"),
    "came_back.no_mail": _("this domain takes no mail"),
    "came_back.mailbox_full": _("the mailbox is full"),
    "came_back.suspended": _("the account is disabled"),
    "came_back.too_big": _("the mail is too large for it"),
    "came_back.expired": _("its server could not be reached in time"),
    "came_back.spam": _("taken for unwanted mail"),
    "came_back.sender_refused": _("it does not take mails of our address"),
    "came_back.refused": _("its server refused the mail"),
    "came_back.network": _("its server could not be reached"),
    "came_back.undefined": _("its server gave no reason"),
}


def reason_words(answer: str) -> str:
    """Why a mail did not arrive: our words for a code, else the server's own."""
    return str(REASONS.get(answer, answer))


def mail_words(state: str, answer: str, sent_at: dt.datetime | None, *, tried: bool) -> str:
    """What became of a mail, in a few words."""
    if state == "sent":
        return gettext("sent %(when)s") % {"when": when(sent_at)}
    if state == "skipped":
        return gettext("not mailed: %(why)s") % {"why": reason_words(answer)}
    if state == "waiting":
        return (
            gettext("waiting, will be tried again: %(why)s") % {"why": answer}
            if tried
            else gettext("waiting")
        )
    words = gettext("came back: %(why)s") if state == "bounced" else gettext("refused: %(why)s")
    return words % {"why": reason_words(answer)}


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _clock(kind: str) -> str:
    names = {
        "response": pgettext("clock of a notice", "Response"),
        "resolution": pgettext("clock of a notice", "Resolution"),
        "update": pgettext("clock of a notice", "News to the client"),
        "reply": pgettext("clock of a notice", "Reply to the client"),
        "ola_own": pgettext("clock of a notice", "Taken in hand by the team"),
        "ola_work": pgettext("clock of a notice", "Work of the team"),
        "uc": pgettext("clock of a notice", "Answer of the supplier"),
    }
    return names.get(kind, kind)


def sentence(kind: str, params: Mapping[str, Any]) -> str:
    """What a notice says; a parameter that is missing shows as "…", never as an error."""
    values = _Params(params)
    if "clock" in values:
        values["clock"] = _clock(str(values["clock"]))
    if "day" in values:
        values["day"] = when(dt.date.fromisoformat(values["day"]))
    if "month" in values:
        month = dt.date.fromisoformat(f"{values['month']}-01")
        values["month"] = format_date(month, "LLLL yyyy", locale=locale())
    if not values.get("by"):
        values["by"] = gettext("Somebody")
    if kind == "credit_contested" and "names" in values:
        return (
            gettext("%(by)s contests the credit of %(month)s, %(reference)s. May decide: %(names)s") % values
        )
    return str(KINDS.get(kind, UNKNOWN)[0]) % values


def icon(kind: str) -> str:
    return KINDS.get(kind, UNKNOWN)[1]
