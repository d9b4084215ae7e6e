"""The clocks of a ticket as a paper that two sides can sign: every stretch, to the second, and nothing internal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_datetime
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vigie.contracts.rules.instants import zone_of
from vigie.contracts.rules.promise import Audience
from vigie.kernel.actor import Actor
from vigie.tenancy.models import Organisation
from vigie.tickets import access, labels
from vigie.tickets.models import Ticket
from vigie.tickets.queries import clock_view
from vigie.tickets.queries.clock_view import Explained, Stretch
from vigie.tickets.queries.corrected import corrections_of
from vigie.toolkit.jinja import hms, locale

TEMPLATE = "toolkit/typst/sheet.typ"


def ticket_paper(actor: Actor, ticket_id: int, *, now: dt.datetime) -> tuple[str, dict[str, Any]]:
    """``(file name, values)`` of the paper, in the language in force."""
    ticket = access.one(actor, ticket_id)
    client = Organisation.objects.get(pk=ticket.organisation_id)
    clocks = [
        one
        for one in clock_view.explained(actor, ticket_id, now=now)
        if one.clock.reading.terms.audience == Audience.SLA
    ]
    zone = clocks[0].hours if clocks else client.timezone
    with timezone.override(zone_of(zone)):
        values = _values(actor, ticket, client, clocks, zone, now)
    return f"{ticket.reference}.pdf", values


def _values(
    actor: Actor, ticket: Ticket, client: Organisation, clocks: list[Explained], zone: str, now: dt.datetime
) -> dict[str, Any]:
    """Every time in the zone in which the promise is counted."""
    return {
        "title": _("Statement of the time counted"),
        "subtitle": ticket.reference,
        "head": client.name,
        "foot": _("Read on %(at)s. Anybody can recalculate it from the periods above.")
        % {"at": _at(now, zone)},
        "facts": _facts(ticket, client, clocks, zone),
        "sections": [
            *([_section(one, zone) for one in clocks] or [_nothing()]),
            *_corrections(actor, ticket),
        ],
        "sign": signatures(client.name),
    }


def signatures(client: str) -> dict[str, Any]:
    """Where both sides sign."""
    lines = [_("Name:"), _("Date:"), _("Signature:")]
    return {
        "title": _("Read and approved"),
        "text": _("Both sides agree on the facts and on the figures above."),
        "boxes": [
            {"who": _("For %(client)s") % {"client": client}, "lines": lines},
            {"who": _("For the provider"), "lines": lines},
        ],
    }


def _facts(ticket: Ticket, client: Organisation, clocks: list[Explained], zone: str) -> list[list[str]]:
    contracts = sorted({one.contract for one in clocks if one.contract})
    rows = [
        (_("Ticket"), f"{ticket.reference} · {ticket.title}"),
        (_("Client"), client.name),
        (pgettext("paper", "Type"), f"{labels.TYPES[ticket.ticket_type]} · P{ticket.priority}"),
        (_("Opened"), _at(ticket.opened_at, zone)),
        (_("Times"), _("all in %(zone)s time") % {"zone": zone}),
        (_("Contract"), ", ".join(contracts)),
    ]
    return [[str(name), str(words)] for name, words in rows if words]


def _corrections(actor: Actor, ticket: Ticket) -> list[dict[str, Any]]:
    """What was recorded first, and the verdict that it gave, beside what stands now."""
    found = corrections_of(actor, ticket)
    if not found:
        return []
    columns: list[dict[str, Any]] = [
        {"label": _("What was corrected"), "grows": True}, {"label": _("By")}, {"label": _("Clock")}, {"label": _("First verdict")},
        {"label": _("Verdict now")},
    ]  # fmt: skip
    rows = []
    for one in found:
        said = [f"{one.text} — {one.why}", f"{one.who}, {one.told_at}"]
        rows += [[*said, clock.name, clock.before, clock.after] for clock in one.clocks]
        rows += [] if one.clocks else [[*said, "", "", _("No clock changed.")]]
    return [{"title": _("Corrections"), "table": {"columns": columns, "rows": rows}}]


def _nothing() -> dict[str, Any]:
    return {"title": _("No promise"), "paragraphs": [_("No delay is promised for this ticket.")]}


def _section(one: Explained, zone: str) -> dict[str, Any]:
    clock = one.clock
    facts = [
        (_("Promised"), f"{clock.target_words} ({hms(clock.target)})"),
        (_("Hours counted"), one.calendar),
        (_("Suspended while awaiting"), ", ".join(one.pauses)),
        (_("Due"), _at(clock.due_at, zone) if clock.due_at else ""),
        (_("Stopped"), _at(clock.stopped_at, zone) if clock.stopped_at else ""),
        (_("Beyond the promise since"), _at(clock.breached_at, zone) if clock.breached_at else ""),
        (_("Counted"), hms(clock.used)),
        (_("Verdict"), verdict_words(one)),
    ]
    return {
        "title": clock.name,
        "facts": [[str(name), str(words)] for name, words in facts if words],
        "table": {"columns": _columns(), "rows": [_row(part, zone) for part in one.stretches], "total": _total(one)},
        "after": [_("Elapsed = outside hours + not counted + counted, to the second.")],
    }  # fmt: skip


def verdict_words(one: Explained) -> str:
    """Met, missed by how much, or not known yet."""
    clock = one.clock
    if clock.used > clock.target:
        return _("Missed by %(time)s") % {"time": hms(clock.used - clock.target)}
    if clock.state == "missed":
        return _("Missed: an earlier promise of this ticket was not kept")
    if clock.state == "met":
        return _("Met, %(time)s left") % {"time": hms(clock.target - clock.used)}
    return _("Not ended, %(time)s left") % {"time": hms(clock.target - clock.used)}


def _columns() -> list[dict[str, Any]]:
    end = {"end": True}
    return [
        {"label": _("From")}, {"label": _("To")}, {"label": _("What happened"), "grows": True},
        {"label": _("Elapsed"), **end}, {"label": _("Outside hours"), **end}, {"label": _("Not counted"), **end},
        {"label": _("Counted"), **end},
    ]  # fmt: skip


def _row(part: Stretch, zone: str) -> list[str]:
    why = f"{part.why} — {part.closed_why}" if part.closed_why else part.why
    held, counted = (0, part.seconds) if part.counted else (part.seconds, 0)
    spans = (part.elapsed, part.closed, held, counted)
    return [_at(part.start, zone), _at(part.end, zone), why, *map(hms, spans)]


def _total(one: Explained) -> list[str]:
    return [_("Total"), "", "", *map(hms, (one.elapsed, one.closed, one.held, one.clock.used))]


def _at(at: dt.datetime, zone: str) -> str:
    """To the second, with its year, in the zone of the promise: a paper does not know its reader's."""
    return str(format_datetime(at, "d MMM y HH:mm:ss", tzinfo=zone_of(zone), locale=locale()))
