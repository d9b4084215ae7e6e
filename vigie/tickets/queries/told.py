"""A fact in words: what happened, who did it, before → after, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vigie.notifications.labels import reason_words
from vigie.tickets import labels
from vigie.tickets.queries.corrected import corrected_words
from vigie.tickets.rules import facts
from vigie.workflow.labels import CANCEL_REASONS, PENDING_REASONS, RESOLUTIONS, STATES, label


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the picture that goes with it."""

    text: str
    icon: str


VERB_ICONS = {
    "wait": "player-pause", "resolve": "circle-check", "reopen": "refresh", "cancel": "circle-x", "reject": "circle-x",
    "close": "check", "resume": "player-play", "start": "player-play", "ask_approval": "hourglass", "approve": "thumb-up",
}  # fmt: skip


def field_name(name: str) -> str:
    """The name of a column that a person may edit."""
    names = {
        "title": _("Subject"), "service_id": _("Service"), "category_id": _("Category"), "site_id": _("Site"),
        "tags": _("Tags"), "is_confidential": _("Confidential"),
    }  # fmt: skip
    return names.get(name, name)


def tell(fact: Mapping[str, Any], names: Mapping[int, str]) -> Told | None:
    """The sentence of a fact, or ``None`` for one that says nothing to a person."""
    teller = _TELLERS.get(fact["kind"])
    if teller is None:
        return None
    return teller(doer(fact), fact["before"] or {}, fact["after"] or {}, names)


def doer(fact: Mapping[str, Any]) -> str:
    """Who did it: the first team comes from the service, whoever reported."""
    by_rule = fact["kind"] == facts.ASSIGNED and fact["side"] == "client"
    return "Vigie" if by_rule else str(fact["actor_name"] or "Vigie")


Values = Mapping[str, Any]
Names = Mapping[int, str]


def _opened(who: str, before: Values, after: Values, names: Names) -> Told:
    channel = str(labels.CHANNELS.get(str(after.get("channel")), after.get("channel") or ""))
    return Told(_("%(who)s opened the ticket (%(channel)s)") % {"who": who, "channel": channel}, "plus")


def _state(who: str, before: Values, after: Values, names: Names) -> Told:
    state = label(STATES, after.get("state"))
    verb = str(after.get("verb", ""))
    values = {"who": who, "state": state}
    if after.get("reason"):
        values["reason"] = label(PENDING_REASONS, after["reason"])
        text = _("%(who)s put the ticket on hold: %(reason)s") % values
    elif after.get("resolution"):
        values["code"] = label(RESOLUTIONS, after["resolution"])
        text = _("%(who)s resolved the ticket: %(code)s") % values
    elif verb == "cancel":
        values["reason"] = label(CANCEL_REASONS, after.get("why"))
        text = _("%(who)s cancelled the ticket: %(reason)s") % values
    elif "for" in after:
        text = answered_for(who, after)
    elif verb == "reopen" and not after.get("why"):  # as another tool does
        text = _("%(who)s reopened the ticket") % values
    elif verb == "reopen":
        values["reason"] = str(after["why"])
        text = _("%(who)s reopened the ticket: %(reason)s") % values
    elif verb == "resume" and after.get("by") == "client":
        text = _("The answer of %(who)s resumed the ticket: %(state)s") % values
    else:
        text = _("%(who)s moved the ticket to “%(state)s”") % values
    return Told(text, VERB_ICONS.get(verb, "arrow-right"))


def answered_for(who: str, after: Values) -> str:
    """An approval or a refusal that ``who`` of the provider gave in the client's place, and how it was obtained."""
    values = {"who": who, "people": ", ".join(after["for"]) or _("the client"), "why": after.get("why", "")}
    if after.get("verb") == "reject":
        return _("Refused by %(who)s for %(people)s: %(why)s") % values
    return _("Approved by %(who)s for %(people)s: %(why)s") % values


def _responded(who: str, before: Values, after: Values, names: Names) -> Told:
    return Told(_("First response, by %(who)s") % {"who": who}, "message")


def _message(who: str, before: Values, after: Values, names: Names) -> Told:
    return Told(_("%(who)s wrote a message") % {"who": who}, "message")


def _priority(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "who": who,
        "was": f"P{before.get('priority')}",
        "now": f"P{after.get('priority')}",
        "why": after.get("why"),
    }
    if before.get("priority") == after.get("priority"):
        return Told(_("%(who)s changed impact or urgency; the priority stays %(now)s") % values, "flag")
    if after.get("why"):
        return Told(_("%(who)s changed the priority from %(was)s to %(now)s: %(why)s") % values, "flag")
    return Told(_("%(who)s changed the priority from %(was)s to %(now)s") % values, "flag")


def _type(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "who": who, "was": str(labels.TYPES.get(str(before.get("type")), "")), "now": str(labels.TYPES.get(str(after.get("type")), "")),
        "reference": after.get("reference", ""), "why": after.get("why"),
    }  # fmt: skip
    if after.get("why"):
        text = _("%(who)s changed the type from %(was)s to %(now)s, which undid a missed promise: %(why)s")
        return Told(text % values, "refresh")
    return Told(_("%(who)s changed the type from %(was)s to %(now)s: now %(reference)s") % values, "refresh")


def _assigned(who: str, before: Values, after: Values, names: Names) -> Told:
    team, person = str(after.get("team_name") or ""), names.get(after.get("assignee") or 0, "")
    values = {"who": who, "team": team, "person": person}
    if team and person:
        text = _("%(who)s assigned the ticket to %(person)s (%(team)s)") % values
    elif person:
        text = _("%(who)s assigned the ticket to %(person)s") % values
    elif team:
        text = _("%(who)s assigned the ticket to the team %(team)s") % values
    else:
        text = _("%(who)s removed the assignment") % values
    return Told(text, "user-check")


def _edited(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "who": who,
        "fields": ", ".join(field_name(n) for n in after if n != "why"),
        "why": after.get("why"),
    }
    if after.get("why"):
        return Told(_("%(who)s corrected an error (%(fields)s): %(why)s") % values, "edit")
    return Told(_("%(who)s changed: %(fields)s") % values, "edit")


def _promised(who: str, before: Values, after: Values, names: Names) -> Told:
    clock = str(labels.CLOCKS.get(str(after.get("clock")), after.get("clock") or ""))
    if after.get("cause") == "opening":
        return Told(_("Promised from the opening on: “%(clock)s”") % {"clock": clock}, "target")
    if "cycles" in after and after.get("terms_id") is None:
        return Told(_("No longer promised: “%(clock)s”") % {"clock": clock}, "target")
    if after.get("cause") != "correction":
        return Told(_("New promise for the clock “%(clock)s”") % {"clock": clock}, "target")
    if before.get("missed_at") and not after.get("missed_at"):
        text = _(
            "Clock “%(clock)s” measured again after a correction: its promise was missed and no longer is"
        )
    else:
        text = _("Clock “%(clock)s” measured again after a correction")
    return Told(text % {"clock": clock}, "target")


def _linked(who: str, before: Values, after: Values, names: Names) -> Told:
    other = str(after.get("other") or after.get("reference") or "")
    if other:
        return Told(_("%(who)s linked the ticket to %(other)s") % {"who": who, "other": other}, "link")
    return Told(_("%(who)s removed the parent ticket") % {"who": who}, "unlink")


def _watched(who: str, before: Values, after: Values, names: Names) -> Told:
    if "person" in after:
        return Told(_("%(person)s follows the ticket") % {"person": names.get(after["person"], "")}, "eye")
    return Told(
        _("%(person)s no longer follows the ticket") % {"person": names.get(before.get("person", 0), "")},
        "eye-off",
    )


def _warned(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "clock": str(labels.CLOCKS.get(str(after.get("clock")), after.get("clock") or "")),
        "percent": after.get("percent"),
    }
    return Told(_("%(clock)s: %(percent)s%% of the time is used") % values, "bell")


def _breached(who: str, before: Values, after: Values, names: Names) -> Told:
    if int(after.get("percent") or 100) > 100:  # a later threshold: the miss itself was told at 100
        return Told(_warned(who, before, after, names).text, "alert-triangle")
    clock = str(labels.CLOCKS.get(str(after.get("clock")), after.get("clock") or ""))
    return Told(_("%(clock)s: the promise is missed") % {"clock": clock}, "alert-triangle")


def _reminded(who: str, before: Values, after: Values, names: Names) -> Told:
    if "of" in after:
        return Told(_("The client was reminded (%(nth)s of %(of)s)") % after, "hourglass")
    if after.get("ends"):
        return Told(_("The client did not answer its reminders: the ticket is resolved"), "hourglass")
    return Told(_("The client did not answer its reminders: to be followed up"), "hourglass")


def _asked(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {"who": who, "approvers": ", ".join(after.get("approvers") or [])}
    return Told(_("%(who)s asked for the approval of %(approvers)s") % values, "hourglass")


def _imported(who: str, before: Values, after: Values, names: Names) -> Told:
    if "row" in after:
        return Told(_("Imported from another tool, row %(row)s") % {"row": after["row"]}, "database-import")
    return Told(_("Imported from another tool"), "database-import")


def _undelivered(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "person": names.get(after.get("person", 0), ""), "address": after.get("address"),
        "why": reason_words(str(after.get("why", ""))),
    }  # fmt: skip
    return Told(
        _("The mail to %(person)s (%(address)s) was not delivered: %(why)s") % values, "alert-triangle"
    )


def _referred(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {"who": who, "supplier": after.get("supplier"), "reference": after.get("reference")}
    if after.get("reference"):
        text = _("%(who)s referred the ticket to %(supplier)s (its reference: %(reference)s)") % values
    else:
        text = _("%(who)s referred the ticket to %(supplier)s") % values
    return Told(_with_note(text, after), "send")


def _answered(who: str, before: Values, after: Values, names: Names) -> Told:
    return Told(_with_note(_("%(supplier)s answered") % after, after), "message")


def _judged(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {"who": who, "supplier": after.get("supplier")}
    if after.get("accepted"):
        return Told(
            _with_note(_("%(who)s accepted the answer of %(supplier)s") % values, after), "circle-check"
        )
    return Told(_with_note(_("%(who)s rejected the answer of %(supplier)s") % values, after), "circle-x")


def _with_note(text: str, after: Values) -> str:
    note = str(after.get("note") or "")
    return _("%(text)s: %(note)s") % {"text": text, "note": note} if note else text


def _support_warned(who: str, before: Values, after: Values, names: Names) -> Told:
    clock = str(labels.SUPPORT_CLOCKS.get(str(after.get("clock")), after.get("clock") or ""))
    holder = after.get("team_name") or after.get("supplier") or ""
    values = {"clock": clock, "holder": holder, "percent": after.get("percent")}
    if int(after.get("percent") or 0) == 100:
        return Told(_("%(clock)s (%(holder)s): the promise is missed") % values, "alert-triangle")
    return Told(_("%(clock)s (%(holder)s): %(percent)s%% of the time is used") % values, "bell")


def _committed(who: str, before: Values, after: Values, names: Names) -> Told:
    clock = str(labels.SUPPORT_CLOCKS.get(str(after.get("clock")), after.get("clock") or ""))
    return Told(_("New promise for the clock “%(clock)s”") % {"clock": clock}, "target")


def _caused(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "who": who,
        "clock": str(labels.CLOCKS.get(str(after.get("clock")), after.get("clock") or "")),
        "reason": str(labels.BREACH_REASONS.get(str(after.get("reason")), after.get("reason") or "")),
    }
    text = _("%(who)s said why the promise “%(clock)s” was missed: %(reason)s") % values
    return Told(_with_note(text, after), "edit")


def _corrected(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {"who": who, "what": corrected_words(before, after)}
    return Told(_("%(who)s corrected what was recorded. %(what)s") % values, "edit")


def _any_clock(after: Values) -> str:
    """The clock of an escalation: one of the client, of a team or of a supplier."""
    kind = str(after.get("clock"))
    return str(labels.CLOCKS.get(kind) or labels.SUPPORT_CLOCKS.get(kind, kind))


def _escalated(who: str, before: Values, after: Values, names: Names) -> Told:
    values = {
        "clock": _any_clock(after), "step": after.get("step"),
        "names": ", ".join(after.get("names") or []), "n": after.get("others", 0),
    }  # fmt: skip
    if after.get("state") == "passed":
        text = _("%(clock)s: step %(step)s of the escalation was already behind") % values
    elif not after.get("names"):
        text = _("%(clock)s: step %(step)s of the escalation found nobody to tell") % values
    elif after.get("others"):
        text = _("%(clock)s: step %(step)s of the escalation told %(names)s and %(n)s more") % values
    elif after.get("climbed"):
        text = _("%(clock)s: no answer, step %(step)s of the escalation told %(names)s") % values
    else:
        text = _("%(clock)s: step %(step)s of the escalation told %(names)s") % values
    return Told(text, "speakerphone")


def _acknowledged(who: str, before: Values, after: Values, names: Names) -> Told:
    clock = _any_clock(after)
    values = {"who": who, "clock": clock, "step": after.get("step")}
    return Told(
        _("%(who)s acknowledged step %(step)s of the escalation (%(clock)s)") % values, "circle-check"
    )


_TELLERS = {
    facts.OPENED: _opened,
    facts.STATE: _state,
    facts.RESPONDED: _responded,
    facts.MESSAGE: _message,
    facts.PRIORITY: _priority,
    facts.TYPE: _type,
    facts.ASSIGNED: _assigned,
    facts.EDITED: _edited,
    facts.PROMISED: _promised,
    facts.LINKED: _linked,
    facts.WATCHED: _watched,
    facts.WARNED: _warned,
    facts.BREACHED: _breached,
    facts.REMINDED: _reminded,
    facts.ASKED: _asked,
    facts.IMPORTED: _imported,
    facts.UNDELIVERED: _undelivered,
    facts.REFERRED: _referred,
    facts.ANSWERED: _answered,
    facts.JUDGED: _judged,
    facts.SUPPORT_WARNED: _support_warned,
    facts.COMMITTED: _committed,
    facts.CAUSED: _caused,
    facts.CORRECTED: _corrected,
    facts.ESCALATED: _escalated,
    facts.ACKNOWLEDGED: _acknowledged,
}
