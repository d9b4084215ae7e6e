"""A contract's month as a paper to sign: its statement, and the promises behind each rate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from vigie.compliance import labels
from vigie.compliance.models import Statement
from vigie.compliance.queries import behind
from vigie.compliance.queries.behind import Only, Wanted
from vigie.compliance.queries.sheet import Row, Sheet, sheet_of
from vigie.contracts.labels import KINDS
from vigie.contracts.models import Contract
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import Actor
from vigie.tickets.queries.corrected import mark_words
from vigie.tickets.queries.paper import signatures
from vigie.toolkit.jinja import hms, local_name, locale

MOST_ROWS = 1500
"""Rows of a paper, whatever the month: a page is set in memory. Missed and excluded promises come first."""
ORDER: tuple[Only, ...] = ("missed", "excluded", "met")


def month_paper(
    actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime
) -> tuple[str, dict[str, Any]]:
    """``(file name, values)`` of the paper, in the language in force."""
    sheet = sheet_of(actor, contract, month, now=now)
    client = contract.organisation
    values = {
        "title": _("Compliance, %(month)s") % {"month": sheet.words},
        "subtitle": contract.reference,
        "head": client.name,
        "foot": _("Read on %(at)s.") % {"at": _at(now, client.timezone)},
        "facts": _facts(sheet, client.timezone),
        "sections": [_rates(sheet), *_settlement(sheet), *_lists(actor, contract, sheet, now)],
        "sign": signatures(client.name),
    }
    return f"{contract.reference}-{month.isoformat()[:7]}.pdf", values


def _facts(sheet: Sheet, zone: str) -> list[list[str]]:
    statement = sheet.statement
    rows = [
        (_("Client"), sheet.contract.organisation.name),
        (_("Contract"), f"{sheet.contract.reference} · {local_name(sheet.contract)}"),
        (_("Month"), f"{sheet.words} ({zone})"),
        (_("Population"), sheet.method),
        (pgettext("paper", "State"), str(labels.STATES[sheet.state])),
        *(_signed(statement, zone) if statement else ()),
    ]
    return [[str(name), str(words)] for name, words in rows]


def _signed(statement: Statement, zone: str) -> list[tuple[str, str]]:
    who = statement.proposed_by.name if statement.proposed_by else "Vigie"
    rows = [(_("Proposed"), f"{who}, {_at(statement.proposed_at, zone)}")]
    if statement.approved_by and statement.approved_at:
        rows.append((_("Approved"), f"{statement.approved_by.name}, {_at(statement.approved_at, zone)}"))
    return rows


def _rates(sheet: Sheet) -> dict[str, Any]:
    end = {"end": True}
    columns: list[dict[str, Any]] = [
        {"label": _("Commitment"), "grows": True}, {"label": _("Population"), **end}, {"label": pgettext("clocks", "Met"), **end},
        {"label": pgettext("clocks", "Missed"), **end}, {"label": pgettext("clocks", "Excluded"), **end},
        {"label": _("Rate"), **end}, {"label": _("Rate without exclusions"), **end}, {"label": _("To reach"), **end},
        {"label": _("Verdict")}, {"label": _("Penalty"), **end},
    ]  # fmt: skip
    section: dict[str, Any] = {"title": _("Figures"), "after": [_late(sheet)]}
    if sheet.rows:
        section["table"] = {"columns": columns, "rows": [_rate(row) for row in sheet.rows]}
    else:
        section["paragraphs"] = [_("No rate is promised for this month")]
    return section


def _rate(row: Row) -> list[str]:
    counts = (row.measure.adjusted.population, row.measure.met, row.measure.missed, row.measure.excluded)
    return [row.scope, *map(str, counts), row.rate, row.raw, row.target, row.verdict, row.penalty]


def _late(sheet: Sheet) -> str:
    if not sheet.open_late:
        return _("None was open and late at the end.")
    words = ngettext(
        "%(num)s promise open and late at the end",
        "%(num)s promises open and late at the end",
        sheet.open_late,
    )
    return f"{words % {'num': sheet.open_late}}."


def _settlement(sheet: Sheet) -> list[dict[str, Any]]:
    if not sheet.costs:
        return []
    facts = [[_("Sum of the penalties"), sheet.gross], *map(list, sheet.steps)]
    facts.append([_("Credit of the month, before tax"), sheet.total])
    return [{"title": _("Settlement"), "facts": facts}]


def _lists(actor: Actor, contract: Contract, sheet: Sheet, now: dt.datetime) -> list[dict[str, Any]]:
    """For each commitment its promises, the missed ones first, until the paper is full."""
    left = MOST_ROWS
    found: list[dict[str, Any]] = []
    for row in sheet.rows:
        commitment = behind.commitment_of(actor, contract, row.id)
        rows: list[list[str]] = []
        for only in ORDER:
            wanted = Wanted(contract, sheet.month, commitment, only)
            page = behind.behind(actor, wanted, now=now, size=left) if left > 0 else None
            added = [_line(one, contract) for one in page.rows] if page else []
            left -= len(added)
            rows += added
        found.append(_list(row, rows))
    return found


def _list(row: Row, rows: list[list[str]]) -> dict[str, Any]:
    end = {"end": True}
    columns: list[dict[str, Any]] = [
        {"label": _("Reference")}, {"label": _("Subject"), "grows": True}, {"label": _("Priority")}, {"label": _("On")},
        {"label": _("Used"), **end}, {"label": _("Promised"), **end}, {"label": _("Verdict")}, {"label": _("Penalty"), **end},
    ]  # fmt: skip
    whole = row.measure.adjusted.population + row.measure.excluded
    cut = _(
        "%(shown)s of %(whole)s promises are printed, the missed and the excluded first; Vigie shows them all."
    )
    after = [cut % {"shown": len(rows), "whole": whole}] if len(rows) < whole else []
    title = _("Behind the rate: %(scope)s") % {"scope": row.scope}
    return {"title": title, "table": {"columns": columns, "rows": rows}, "after": after}


def _line(row: dict[str, Any], contract: Contract) -> list[str]:
    verdict = pgettext("promise", "Met")
    if row["excluded"]:
        verdict = pgettext("promise", "Excluded")
    elif row["late"]:
        verdict = pgettext("promise", "Missed")
    amount = row["amount"]
    return [
        row["reference"],
        row["title"] or _("Confidential ticket"),
        f"P{row['priority']} · {KINDS[row['kind']]}",
        _at(row["at"], contract.organisation.timezone),
        hms(row["used_seconds"]),
        hms(row["target_seconds"]),
        " · ".join(filter(None, (verdict, mark_words(row["corrected"])))),
        "" if amount is None else labels.money(amount, contract.organisation.currency),
    ]


def _at(at: dt.datetime, zone: str) -> str:
    return str(format_datetime(at, "d MMM y HH:mm:ss", tzinfo=zone_of(zone), locale=locale()))
