"""Tickets in plain words: where one stands, what happens next, and instants as people say them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from babel.dates import format_date
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.tickets.queries.told import answered_for
from vigie.tickets.rules import facts
from vigie.toolkit.jinja import locale, when

Words = str | Promise
Turn = Literal["ours", "yours", "confirm", "over"]

ASKS: dict[str, Words] = {
    "incident": _("Report a problem"),
    "request": _("Ask for something"),
    "question": _("Ask a question"),
}
STEPS: dict[str, Words] = {
    "close": _("Yes, it is solved"),
    "reopen": _("No, open it again"),
    "resolve": _("I solved it myself"),
    "cancel": _("I no longer need it"),
    "approve": _("Approve"),
    "reject": _("Decline"),
}
DONE: dict[str, Words] = {
    "close": _("Thank you. The request is closed."),
    "reopen": _("The request is open again. We have your message."),
    "resolve": _("Thank you for telling us. The request is marked as solved."),
    "cancel": _("The request is withdrawn."),
    "approve": _("Your approval is recorded."),
    "reject": _("Your refusal is recorded."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ticket stands for its requester: whose turn, the state in a few words, what happens next."""

    turn: Turn
    label: Words
    following: Words
    icon: str


_RECEIVED = Standing(
    "ours",
    _("Received"),
    _("Your request is with us. Somebody will take it in hand and answer you here."),
    "inbox",
)
_WORKING = Standing(
    "ours",
    _("We are working on it"),
    _("Nothing is expected from you. We write here as soon as there is something new."),
    "tool",
)
_SOLVED = Standing(
    "confirm",
    _("Solved, please confirm"),
    _(
        "Tell us whether it works for you. Without news from you, the request closes by itself after a few days."
    ),
    "circle-check",
)
ANSWERED = Standing(
    "confirm",
    _("Solved, or not yet?"),
    _("You wrote to us after we solved it. Say in one click which it is: until then it does not close."),
    "message",
)
_CLOSED = Standing(
    "over", p("request", "Closed"), _("This request is over. If you need us again, open a new one."), "check"
)

_WAITING: dict[str, Standing] = {
    "client_info": Standing(
        "yours",
        _("We wait for your answer"),
        _("Answer below: work goes on as soon as you write."),
        "message",
    ),
    "client_validation": Standing(
        "yours", _("We wait for you to check"), _("Tell us below whether it suits you."), "user-check"
    ),
    "client_availability": Standing(
        "yours",
        _("We wait for an appointment"),
        _("Tell us below when we can reach you or come."),
        "calendar-event",
    ),
    "client_third_party": Standing(
        "yours", _("We wait for your supplier"), _("Tell us below when your supplier has answered."), "users"
    ),
    "client_approval": Standing(
        "yours",
        _("An approval is expected on your side"),
        _("Work starts as soon as it is approved."),
        "certificate",
    ),
    "change_window": Standing(
        "ours", _("Planned for an agreed date"), _("We do the work at the date agreed with you."), "calendar"
    ),
    "supplier": Standing(
        "ours",
        _("We wait for our supplier"),
        _("Nothing is expected from you. We keep asking and write here."),
        "hourglass",
    ),
    "internal_part": Standing(
        "ours",
        _("We wait for a part"),
        _("Nothing is expected from you. We write here when it arrives."),
        "hourglass",
    ),
    "problem": Standing(
        "ours",
        _("We look for the root cause"),
        _("Nothing is expected from you. We write here as soon as it is found."),
        "search",
    ),
    "other_team": Standing(
        "ours",
        _("Another of our teams works on it"),
        _("Nothing is expected from you. We write here as soon as there is something new."),
        "users",
    ),
}
_ENDED: dict[str, Standing] = {
    "cancelled": Standing(
        "over", _("Withdrawn"), _("This request is over. If you need us again, open a new one."), "circle-x"
    ),
    "rejected": Standing(
        "over", _("Declined"), _("This request was not approved. The conversation below says why."), "ban"
    ),
}


def standing(row: Any) -> Standing:
    """Where a ticket (row or object) stands, in the words of its requester."""
    get: Callable[[str], Any] = (
        row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
    )
    phase, state = get("phase"), get("state")
    if phase == "ended":
        return _ENDED.get(state, _CLOSED)
    if phase == "done":
        return _SOLVED
    if phase == "waiting":
        return _WAITING.get(get("pending_reason"), _WORKING)
    if state in ("new", "submitted") and get("first_response_at") is None:
        return _RECEIVED
    return _WORKING


TURNS: dict[Turn, Words] = {
    "ours": p("turn", "With us"),
    "yours": p("turn", "With you"),
    "confirm": p("turn", "To confirm"),
    "over": p("turn", "Over"),
}

HAPPENED: dict[str, Words] = {
    "start": _("Taken in hand"),
    "assign": _("Handed to a team"),
    "resume": _("Work goes on"),
    "resolve": _("Solved"),
    "reopen": _("Opened again"),
    "close": p("request", "Closed"),
    "cancel": _("Withdrawn"),
    "ask_approval": _("Approval asked"),
    "approve": _("Approved"),
    "reject": _("Declined"),
}


def happened(fact: Mapping[str, Any]) -> Words | None:
    """What a change of state or a reminder means for the requester; ``None`` for one that says nothing to it."""
    after = fact["after"] or {}
    if fact["kind"] == facts.OPENED:
        return None
    if fact["kind"] == facts.REMINDED:
        return _("We reminded you that your answer is expected")
    if "for" in after:
        return answered_for(str(fact["actor_name"]), after)
    if after.get("verb") == "wait":
        return _WAITING.get(after.get("reason", ""), _WORKING).label
    return HAPPENED.get(after.get("verb", ""))


# -- instants ----------------------------------------------------------------


def clock_time(at: dt.datetime) -> str:
    """``10:15``, as everywhere else; ``10 h 15`` is a duration."""
    return when(at, "time")


def day_name(at: dt.datetime, now: dt.datetime) -> str:
    """``Thursday 15 January``, with the year when it is another one; ``mardi 1er décembre`` in French."""
    local = timezone.localtime(at)
    first = local.day == 1 and not (get_language() or "fr").startswith("en")
    pattern = "EEEE d'er' MMMM" if first else "EEEE d MMMM"
    return format_date(
        local, pattern if local.year == timezone.localtime(now).year else f"{pattern} y", locale()
    )


def _days_away(at: dt.datetime, now: dt.datetime) -> int:
    return (timezone.localtime(at).date() - timezone.localtime(now).date()).days


def spoken(at: dt.datetime, now: dt.datetime) -> str:
    """An instant as people say it: "today at 10:15", "Thursday 15 January at 10:15"."""
    days, values = _days_away(at, now), {"time": clock_time(at)}
    if days == 0:
        return gettext("today at %(time)s") % values
    if days == 1:
        return gettext("tomorrow at %(time)s") % values
    if days == -1:
        return gettext("yesterday at %(time)s") % values
    return gettext("%(day)s at %(time)s") % {**values, "day": day_name(at, now)}


_BEFORE: dict[str, tuple[Words, Words, Words]] = {
    "response": (
        _("We will answer you today before %(time)s."),
        _("We will answer you by %(time)s tomorrow."),
        _("We will answer you before %(day)s, %(time)s."),
    ),
    "resolution": (
        _("It will be solved today before %(time)s."),
        _("It will be solved by %(time)s tomorrow."),
        _("It will be solved before %(day)s, %(time)s."),
    ),
    "update": (
        _("We will give you news today before %(time)s."),
        _("We will give you news by %(time)s tomorrow."),
        _("We will give you news before %(day)s, %(time)s."),
    ),
    "reply": (
        _("We will answer your message today before %(time)s."),
        _("We will answer your message by %(time)s tomorrow."),
        _("We will answer your message before %(day)s, %(time)s."),
    ),
    "wish": (
        _("It will be done today before %(time)s."),
        _("It will be done by %(time)s tomorrow."),
        _("It will be done before %(day)s, %(time)s."),
    ),
}


def promise_sentence(kind: str, ticket_type: str, due: dt.datetime, now: dt.datetime) -> str:
    """The promise in words: "We will answer you by 10:15 tomorrow."."""
    sentences = _BEFORE["wish" if kind == "resolution" and ticket_type != "incident" else kind]
    days = _days_away(due, now)
    chosen = sentences[days] if days in (0, 1) else sentences[2]
    return str(chosen) % {"time": clock_time(due), "day": day_name(due, now)}
