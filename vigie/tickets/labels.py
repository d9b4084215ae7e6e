"""Names of ticket codes in the reader's language, and the sentences of refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.toolkit import refusals
from vigie.workflow.labels import TYPES as TYPES

Label = str | Promise

PRIORITIES: dict[int, Label] = {1: _("Critical"), 2: _("High"), 3: _("Medium"), 4: _("Low"), 5: _("Planned")}
IMPACTS: dict[int, Label] = {
    1: p("impact", "Extensive: a whole client or site"),
    2: p("impact", "Significant: several people"),
    3: p("impact", "Limited: one person"),
}
URGENCIES: dict[int, Label] = {
    1: p("urgency", "Immediate: work is stopped"),
    2: p("urgency", "Normal: work goes on with difficulty"),
    3: p("urgency", "Can wait"),
}
CHANNELS: dict[str, Label] = {
    "phone": _("Phone"),
    "email": _("E-mail"),
    "portal": _("Portal"),
    "chat": _("Chat"),
    "visit": _("Visit"),
    "monitoring": _("Monitoring"),
    "api": _("API"),
    "internal": _("Internal"),
    "import": _("Import"),
}
CLOCKS: dict[str, Label] = {
    "response": _("Response"),
    "resolution": _("Resolution"),
    "update": p("clock", "Update"),
    "reply": p("clock", "Reply"),
}
SUPPORT_CLOCKS: dict[str, Label] = {
    "ola_own": p("clock", "Taken in hand by the team"),
    "ola_work": p("clock", "Work of the team"),
    "uc": p("clock", "Answer of the supplier"),
}
# Why a promise was missed, as a person confirms it.
BREACH_REASONS: dict[str, Label] = {
    "late_start": p("breach", "Taken in hand too late"),
    "wrong_routing": p("breach", "Sent to the wrong team"),
    "skill_missing": p("breach", "Skill missing"),
    "supplier_late": p("breach", "Supplier late"),
    "part_delay": p("breach", "Part delivered late"),
    "no_workaround": p("breach", "No workaround"),
    "complexity": p("breach", "Complexity"),
    "volume_peak": p("breach", "Peak of volume"),
    "tool_failure": p("breach", "Failure of a tool"),
    "forgotten": p("breach", "Forgotten"),
    "client_late_but_not_paused": p("breach", "Client late, the ticket was not on hold"),
    "priority_error": p("breach", "Error of priority"),
    "force_majeure": p("breach", "Force majeure"),
    "other": p("breach", "Other reason"),
}
CLOCK_STATES: dict[str, Label] = {
    "running": p("clock", "running"),
    "paused": p("clock", "suspended"),
    "met": p("clock", "met"),
    "missed": p("clock", "missed"),
    "cancelled": p("clock", "cancelled"),
}

# Why a mail's sender is not verified (codes of ``Trust.detail``).
FOLDED: dict[str, Label] = {
    "quotation": _("Quoted text"),
    "signature": _("Signature"),
    "both": _("Signature and quoted text"),
}
UNVERIFIED: dict[str, Label] = {
    "dmarc_fail": _("the domain it names disowns it (DMARC)"),
    "dkim_fail": _("its signature does not hold (DKIM)"),
    "spf_fail": _("it left from a server that its domain does not use (SPF)"),
    "no_pass": _("no check of our mail server succeeded"),
    "foreign_above": _("it carries verdicts that are not of our mail server"),
    "two_from": _("it names two senders"),
    "many_senders": _("it names several senders"),
    "no_from": _("it names no sender"),
    "nul_in_header": _("its head holds characters that hide its sender"),
    "group_in_from": _("it names a group as its sender"),
    "address_in_name": _("the sender's name is an address, and not the sender's own"),
}


def unverified_words(detail: str) -> Label:
    """Why a sender is not verified; for codes without words, that nobody vouches for it."""
    return UNVERIFIED.get(detail, _("nothing proves who wrote it"))


def message_mark(message: Mapping[str, Any]) -> Label | None:
    """What the head of a message says of it, beside its author: the most telling alone."""
    if message["is_automatic"]:
        return _("automatic")
    if message["via"] == "mail":
        return _("by e-mail")
    return _("opening message") if message["kind"] == "description" else None


refusals.register(
    {
        "tickets.already_referred": _(
            "This ticket is with a supplier already: record its answer before you refer it again."
        ),
        "tickets.refer_while_waiting": _("This ticket waits for something else: resume it first."),
        "tickets.refer_after_resolution": _("This ticket is resolved: reopen it before you call a supplier."),
        "tickets.supplier_contract_not_in_force": _("This contract of a supplier is not in force today."),
        "tickets.no_answer_awaited": _("No answer of a supplier is awaited on this ticket."),
        "tickets.no_answer_to_judge": _("There is no answer of a supplier to accept or to reject."),
        "tickets.rejection_needs_reason": _("Say why the answer is rejected: the supplier will ask."),
        "tickets.clock_not_missed": _("This promise was not missed: there is nothing to explain."),
        "tickets.unknown_breach_reason": _("Choose why the promise was missed."),
        "tickets.unknown_holder": _("Choose among those who had the ticket in hand."),
        "tickets.opened_after_recorded": _(
            "It cannot be recorded before it was received: correct the opening date."
        ),
        "tickets.history_out_of_order": _(
            "Its history goes back in time at %(at)s: put its events in order."
        ),
        "tickets.no_title": _("Say in a few words what it is about."),
        "tickets.no_body": _("Write something first: the message is empty."),
        "tickets.body_too_long": _(
            "This message is longer than %(limit)s characters. Attach it as a file: your text was kept."
        ),
        "tickets.title_too_long": _(
            "The subject is longer than %(limit)s characters. Shorten it; the rest goes in the description."
        ),
        "tickets.unknown_type": _("“%(ticket_type)s” is not a type of ticket."),
        "tickets.not_a_contact": _("%(name)s is not a contact of this client."),
        "tickets.service_not_subscribed": _("This client does not subscribe to this service."),
        "tickets.site_of_another": _("This site belongs to another client."),
        "tickets.not_an_agent": _("This person cannot take this ticket: it is not an agent of this client."),
        "tickets.stale": _(
            "Somebody changed this ticket while you were typing. Both versions are shown: keep the one you want."
        ),
        "tickets.closed": _("This ticket is closed for good. Open a follow-up: it will be linked to it."),
        "tickets.type_after_resolution": _("The type can change only before the resolution."),
        "tickets.priority_after_resolution": _(
            "This ticket is resolved: its priority no longer changes. Reopen it first."
        ),
        "tickets.override_needs_reason": _("Say why the priority differs from what impact and urgency give."),
        "tickets.not_your_approval": _(
            "Only the people asked to approve it may answer, and never its requester: ask the service desk to ask you."
        ),
        "tickets.approval_for_another": _("Say who approved or refused, and how: you answer in their place."),
        "tickets.own_approval": _("The requester cannot approve this request: choose somebody else."),
        "tickets.approver_of_another": _("Choose among the contacts of this client."),
        "tickets.no_approval_awaited": _(
            "No approval is awaited on this ticket any more: open it again to see who answered."
        ),
        "tickets.canned_needs_both": _("Write the title and the text in both languages."),
        "tickets.unknown_place": _("Nothing fills “%(name)s”: use one of the places that are listed."),
        "tickets.correction_needs_reason": _("Say what was wrong: a correction is kept with its reason."),
        "tickets.client_may_only_raise": _("A client may only raise the priority."),
        "tickets.other_client": _("Both tickets must belong to the same client."),
        "tickets.loop": _("A ticket cannot be above or a duplicate of itself, directly or through others."),
        "tickets.parent_too_deep": _("A parent may not itself have a parent."),
        "tickets.duplicate_needs_master": _("Name the ticket that this one duplicates."),
        "tickets.crossed_message": _(
            "%(who)s wrote on this ticket after you opened the page. Read it first; your text is kept."
        ),
        "tickets.crossed_typing": _("%(who)s is typing a reply right now. Your text is kept."),
        "tickets.reply_or_reopen": _(
            "This request was solved. Say whether you only add a word or whether it must be opened again:"
            " your text is kept."
        ),
        "tickets.correction_before_opening": _("This is before the ticket was opened."),
        "tickets.correction_changes_nothing": _(
            "This changes nothing: it is recorded so already, or an earlier answer stands."
        ),
        "tickets.correction_ends_before_start": _("A wait ends after its start."),
        "tickets.correction_in_future": _("This has not happened yet."),
        "tickets.correction_needs_instant": _("Say when it really happened."),
        "tickets.correction_needs_cause": _("Choose what was really waited for."),
        "tickets.correction_needs_why": _("Say who says so and on what evidence: the client reads it."),
        "tickets.correction_out_of_order": _(
            "This would turn the order of what happened round: correct the other instant first."
        ),
        "tickets.correction_already_asked": _("A correction of this ticket already waits for a decision."),
        "tickets.correction_decided": _("This correction is already decided."),
        "tickets.correction_no_grounds": _("Say on what grounds: the client reads it."),
        "tickets.correction_own": _("You asked for this correction: somebody else decides."),
        "tickets.correction_unknown": _("This fact is not one that can be put right."),
        "tickets.choose_person": _("Choose a person first."),
        "tickets.unknown_field": _("“%(name)s” cannot be changed here."),
        "tickets.already_there": _("This was already sent: nothing was done twice."),
        "tickets.upload_no_room": _(
            "%(name)s could not be kept: the server’s disk is full. Your text was kept: send it without the file, or try again later."
        ),
        "tickets.upload_too_large": _(
            "%(name)s is larger than %(limit)s MB. Your text was kept: share the file another way."
        ),
        "tickets.upload_no_client": _("Choose the client first: the file will be its own."),
        "tickets.upload_empty": _("%(name)s is empty."),
        "tickets.upload_refused": _("%(name)s is a program, which is not accepted: send it in another form."),
        "tickets.unknown_filter": _("The filter “%(name)s” is not known: it was left out."),
        "tickets.bad_reference": _("No ticket %(reference)s in your sight."),
        "tickets.none_chosen": _("Choose at least one ticket."),
        "tickets.nobody_chosen": _("Choose a team or a person."),
        "tickets.view_no_name": _("Give the view a name."),
        "tickets.view_too_long": _("These filters are too many to be kept as a view."),
        "tickets.view_of_another": _("This view belongs to somebody else: save your own from its filters."),
        "tickets.too_many_views": _("You already have %(limit)s views: delete one first."),
        "tickets.bad_matrix": _(
            "This matrix cannot be used (%(detail)s): priorities go from 1 to 5, and more impact or urgency never lowers them."
        ),
        "tickets.unknown_vip_rule": _("Choose what a VIP changes."),
        "tickets.too_many": _("Choose at most %(limit)s tickets at a time."),
        "outside.bad_address": _("This address is not one that may be visited."),
        "outside.not_public": _("This address leads inside a network: it is not visited."),
        "outside.unreachable": _("The other machine does not answer."),
        "outside.refused": _("The other machine refuses (%(status)s)."),
        "outside.too_large": _("What stands there is too large."),
        "outside.not_a_picture": _("What stands there is not a plain picture."),
        "page.bad_cursor": _("This page link is broken. Start again from the first page."),
        "access.stale_form": _(
            "This form was open for too long. Go back, reload the page and send it again: your text is still there."
        ),
    }
)
