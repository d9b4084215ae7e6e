"""The corrections of a ticket's recorded facts, in words: what, who, why, and each clock before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.actions.effect import effect_of
from vigie.tickets.labels import CLOCKS, SUPPORT_CLOCKS
from vigie.tickets.models import AskedCorrection, Fact, Ticket
from vigie.tickets.queries.holding import holder_names
from vigie.tickets.rules import facts
from vigie.tickets.rules.corrections import ANSWERED, PAUSED, REASON
from vigie.toolkit.jinja import hms, when
from vigie.workflow.labels import PENDING_REASONS, label


@dataclass(frozen=True, slots=True)
class Turned:
    """One clock: its verdict and the seconds it counted, before and after the correction. No words: it was not, or is no more."""

    name: str
    was: str
    now: str
    used_before: int
    used_after: int

    @property
    def before(self) -> str:
        return f"{self.was} ({hms(self.used_before)})" if self.was else "—"

    @property
    def after(self) -> str:
        return f"{self.now} ({hms(self.used_after)})" if self.now else "—"


@dataclass(frozen=True, slots=True)
class Corrected:
    """One correction, ``told_at`` in words. ``clocks`` are those whose figures moved; ``grounds``: why somebody else accepted it,
    where it came late."""

    told_at: str
    who: str
    text: str
    why: str
    clocks: tuple[Turned, ...]
    grounds: str = ""


def corrections_of(actor: Actor, ticket: Ticket, *, behind: bool = False) -> list[Corrected]:
    """Oldest first; empty for almost every ticket. ``behind``: with the clocks of teams and suppliers, which no client reads."""
    rows = access.visible_facts(actor, ticket).filter(kind=facts.CORRECTED).order_by("id")
    found, moved = [], _moved_behind(actor, ticket) if behind else {}
    for at, who, was, said in rows.values_list("at", "actor_name", "before", "after"):
        before, after = was or {}, said or {}
        text, why = corrected_words(before, after), str(after.get("why", ""))
        grounds = str(after.get("grounds", ""))
        if asked_by := after.get("asked_by"):
            who = _("asked by %(asker)s, accepted by %(decider)s") % {"asker": asked_by, "decider": who}
        clocks = _between(was, said) + moved.get(at, ())
        found.append(Corrected(when(at, "long"), who, text, why, clocks, grounds))
    return found


def _moved_behind(actor: Actor, ticket: Ticket) -> dict[dt.datetime, tuple[Turned, ...]]:
    """What each correction made of the clocks of teams and suppliers, by the instant at which both were journalled."""
    rows = access.visible_facts(actor, ticket).filter(kind=facts.BEHIND_CORRECTED)
    return {at: _between(was, now) for at, was, now in rows.values_list("at", "before", "after")}


def turned_by(actor: Actor, asked: AskedCorrection, now: dt.datetime) -> tuple[Turned, ...]:
    """What a late correction would make of the clocks; of one that was accepted, what it made of them."""
    if asked.state == AskedCorrection.State.ASKED:
        found = effect_of(asked.ticket, asked.said, now)
        return turns(found.before, found.after) + turns(found.behind_before, found.behind_after)
    kinds = (facts.CORRECTED, facts.BEHIND_CORRECTED)
    rows = access.visible_facts(actor, asked.ticket).filter(kind__in=kinds).order_by("id")
    told = [
        _between(was, said)
        for at, was, said in rows.values_list("at", "before", "after")
        if at == asked.decided_at
    ]
    return tuple(turn for one in told for turn in one)


MOST = 50


def waiting_corrections(actor: Actor, among: QuerySet[Any] | None = None) -> list[dict[str, Any]]:
    """Late corrections on tickets in sight that wait for a decision, the oldest first: ``pk reference title client text asked_by
    asked_at``; at most :data:`MOST`. ``among``: ids of the tickets asked about, all without it."""
    rows = access.visible_asked_corrections(actor).filter(state=AskedCorrection.State.ASKED)
    if among is not None:
        rows = rows.filter(ticket_id__in=among)
    named = rows.select_related("ticket", "organisation", "asked_by").order_by("pk")[:MOST]
    return [
        {
            "pk": row.pk, "reference": row.ticket.reference, "title": row.ticket.title, "client": row.organisation.name,
            "text": corrected_words(row.before, row.said), "asked_by": row.asked_by.name, "asked_at": row.asked_at,
        }
        for row in named
    ]  # fmt: skip


def asked_of(actor: Actor, ticket: Ticket) -> list[AskedCorrection]:
    """The late corrections asked on the ticket, the latest first."""
    rows = access.visible_asked_corrections(actor).filter(ticket=ticket)
    return list(rows.select_related("asked_by", "decided_by").order_by("-pk"))


def corrected_among(ticket_ids: Iterable[int]) -> dict[int, str]:
    """Those of the tickets that bear a correction, each with what was corrected: ``pause`` where it was a wait, else ``fact``.

    They must be in sight.
    """
    found: dict[int, str] = {}
    rows = Fact.objects.filter(ticket_id__in=list(ticket_ids), kind=facts.CORRECTED)
    for ticket_id, before, after in rows.values_list("ticket_id", "before", "after"):
        if found.get(ticket_id) != "pause":
            found[ticket_id] = "pause" if of_a_wait(before or {}, after or {}) else "fact"
    return found


def mark_words(what: str) -> str:
    """The mark of a ticket in a list: what ``corrected_among`` says of it."""
    return {"pause": _("Pause corrected"), "fact": _("Fact corrected")}.get(what, "")


def of_a_wait(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Does the correction concern a wait: its start, its end, its reason, one that was not recorded?"""
    return after.get("what") in (PAUSED, REASON) or before.get("role") in ("pause", "resume")


def corrected_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``Start of a wait: 12 Jan 10:00:00 → 12 Jan 11:00:00``."""
    what = after["what"]
    if what == REASON:
        return _("Reason of a wait: %(before)s → %(after)s") % {
            "before": label(PENDING_REASONS, before.get("reason")),
            "after": label(PENDING_REASONS, after.get("reason")),
        }
    if what == ANSWERED:
        return _("An answer that was not recorded: %(at)s") % {"at": _at(after["at"])}
    if what == PAUSED:
        return _("A wait that was not recorded: %(reason)s, %(at)s to %(until)s") % {
            "reason": label(PENDING_REASONS, after["reason"]), "at": _at(after["at"]), "until": _at(after["until"]),
        }  # fmt: skip
    values = {
        "what": role_words(str(before.get("role"))),
        "before": _at(before["at"]),
        "after": _at(after["at"]),
    }
    return _("%(what)s: %(before)s → %(after)s") % values


def role_words(role: str) -> str:
    """What a fact that may be moved is called."""
    return {
        "answer": _("First answer"), "pause": _("Start of a wait"), "resume": _("End of a wait"), "solved": _("Resolution"),
    }.get(role, role)  # fmt: skip


def verdict_words(figures: Mapping[str, Any]) -> str:
    """Met, missed by how much, or still running."""
    beyond = figures["used"] - figures["target"]
    if beyond > 0:
        return _("Missed by %(time)s") % {"time": hms(beyond)}
    if figures["state"] == "missed" or figures["missed_at"]:
        return _("Missed under an earlier target")
    return _("Met") if figures["state"] == "met" else _("Within its time")


def turns(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Turned, ...]:
    """The clocks whose figures are other than they were; of a cycle that begins or goes, one side is a dash."""
    moved = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    holders = holder_names(rest for name in moved if ":" in (rest := _parts(name)[1]))
    return tuple(_turn(name, was.get(name), now.get(name), holders) for name in moved)


def _between(was: Mapping[str, Any] | None, said: Mapping[str, Any] | None) -> tuple[Turned, ...]:
    return turns((was or {}).get("clocks", {}), (said or {}).get("clocks", {}))


def _turn(
    name: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None, holders: Mapping[str, str]
) -> Turned:
    kind, rest = _parts(name)
    said = str({**CLOCKS, **SUPPORT_CLOCKS}.get(kind, kind))
    if rest.isdigit():
        said = f"{said} {int(rest) + 1}"
    elif rest:
        said = f"{holders[rest]} · {said}"
    first, last = (verdict_words(side) if side else "" for side in (was, now))
    return Turned(said, first, last, was["used"] if was else 0, now["used"] if now else 0)


def _parts(name: str) -> tuple[str, str]:
    """The kind of a clock, and which one of that kind: the number of a cycle, or who promised."""
    kind, _sign, rest = name.partition(":")
    return kind, rest


def _at(text: str) -> str:
    return when(dt.datetime.fromisoformat(text), "exact")
