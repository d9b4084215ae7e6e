"""A contract's month as a paper to sign: its statement, and the promises behind each rate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from vigie.compliance import labels
from vigie.compliance.models import Statement
from vigie.compliance.queries import behind
from vigie.compliance.queries.behind import Only, Wanted
from vigie.compliance.queries.detail import PRINTED, Behind, Detail, detail_of
from vigie.compliance.queries.names import names_of
from vigie.compliance.queries.reckoning import reckoned, records_reckoned, terms_told
from vigie.compliance.queries.sheet import MeasureRow, Row, Sheet, sheet_of
from vigie.compliance.queries.terms import Terms, terms_in
from vigie.contracts.models import Contract
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import Actor
from vigie.tickets.queries.corrected import mark_words
from vigie.tickets.queries.paper import signatures
from vigie.toolkit.jinja import hms, local_name, locale, when

MOST_ROWS = 1500
"""Rows of a paper, whatever the month: a page is set in memory. Missed and excluded promises come first."""
END = {"end": True}
UNSIGNED = {
    "simulated": gettext_lazy("Simulation: these figures still move and are not to be signed"),
    "proposed": gettext_lazy("Proposed and not approved yet: not to be signed"),
}
ORDER: tuple[Only, ...] = ("missed", "excluded", "met")


def month_paper(
    actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime
) -> tuple[str, dict[str, Any]]:
    """``(file name, values)`` of the paper, in the language in force."""
    sheet = sheet_of(actor, contract, month, now=now)
    terms = terms_in(actor, contract, [month])[month]
    client = contract.organisation
    values: dict[str, Any] = {
        "title": _("Compliance, %(month)s") % {"month": sheet.words},
        "subtitle": contract.reference,
        "head": client.name,
        "foot": _("Read on %(at)s.") % {"at": _at(now, client.timezone)},
        "facts": _facts(sheet, client.timezone),
        "sections": [
            _rates(sheet), *_measures(sheet), *_corrections(sheet), *_reckoning(sheet, terms), *_settlement(sheet),
            *_lists(actor, contract, sheet, now), *_records(actor, contract, sheet, terms, now),
        ],
    }  # fmt: skip
    if sheet.state == Statement.State.FROZEN:
        values["sign"] = signatures(client.name)
    else:
        values["stamp"] = str(UNSIGNED[sheet.state])
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
    names = names_of([statement.proposed_by_id, statement.approved_by_id])
    who = names.get(statement.proposed_by_id or 0, "Vigie")
    rows = [(_("Proposed"), f"{who}, {_at(statement.proposed_at, zone)}")]
    if statement.approved_by_id and statement.approved_at:
        rows.append(
            (
                pgettext("state", "Approved"),
                f"{names[statement.approved_by_id]}, {_at(statement.approved_at, zone)}",
            )
        )
    return rows


def _rates(sheet: Sheet) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {"label": _("Commitment"), "grows": True}, {"label": _("Population"), **END, "mm": 19},
        {"label": pgettext("clocks", "Met"), **END, "mm": 12}, {"label": pgettext("clocks", "Missed"), **END, "mm": 15},
        {"label": pgettext("clocks", "Excluded"), **END, "mm": 15}, {"label": _("Rate"), **END, "mm": 14},
        {"label": _("Rate without exclusions"), **END, "mm": 19}, {"label": _("To reach"), **END, "mm": 17},
        {"label": _("Verdict"), "mm": 23}, {"label": _("Penalty"), **END, "mm": 19},
    ]  # fmt: skip
    section: dict[str, Any] = {"title": _("Figures"), "after": _beside(sheet)}
    if sheet.rows:
        section["table"] = {"columns": columns, "rows": [_rate(row) for row in sheet.rows]}
    else:
        section["paragraphs"] = [_("No rate is promised for this month")]
    return section


def _rate(row: Row) -> list[str]:
    counts = (row.measure.adjusted.population, row.measure.met, row.measure.missed, row.measure.excluded)
    verdict = _verdict(row)
    penalty = row.penalty
    if row.bonus:
        penalty = f"{penalty} ({_('bonus %(amount)s') % {'amount': row.bonus}})"
    return [row.scope, *map(str, counts), row.rate, row.raw, row.target, verdict, penalty]


def _verdict(row: Row | MeasureRow) -> str:
    return f"{row.verdict} ({row.small})" if row.small else row.verdict


def _beside(sheet: Sheet) -> list[str]:
    """What the rates do not say by themselves."""
    found = [_late(sheet)]
    if sheet.weighted:
        found.append(_("Weighted by priority: %(rate)s.") % {"rate": sheet.weighted})
    if sheet.waiting:
        words = ngettext(
            "%(num)s exclusion waits for a decision and counts as missed until then.",
            "%(num)s exclusions wait for a decision and count as missed until then.",
            sheet.waiting,
        )
        found.append(words % {"num": sheet.waiting})
    return found


def _late(sheet: Sheet) -> str:
    if not sheet.open_late:
        return _("None was open and late at the end.")
    words = ngettext(
        "%(num)s promise open and late at the end",
        "%(num)s promises open and late at the end",
        sheet.open_late,
    )
    return f"{words % {'num': sheet.open_late}}."


def _measures(sheet: Sheet) -> list[dict[str, Any]]:
    """The commitments that are no tickets."""
    if not sheet.measures:
        return []
    columns: list[dict[str, Any]] = [
        {"label": _("Commitment"), "grows": True}, {"label": _("What was measured"), "grows": True},
        {"label": pgettext("measure", "Result"), **END, "mm": 18}, {"label": _("Without exclusions"), **END, "mm": 20},
        {"label": _("To reach"), **END, "mm": 18}, {"label": _("Verdict"), "mm": 22}, {"label": _("Penalty"), **END, "mm": 20},
    ]  # fmt: skip
    rows = [
        [row.scope, row.told or _("nothing to measure"), row.rate, row.raw, row.target, _verdict(row), row.penalty]
        for row in sheet.measures
    ]  # fmt: skip
    title = _("Other commitments, %(month)s") % {"month": sheet.words}
    return [{"title": title, "table": {"columns": columns, "rows": rows}}]


def _corrections(sheet: Sheet) -> list[dict[str, Any]]:
    """What earlier frozen months say today, line by line."""
    if not sheet.corrections:
        return []
    columns: list[dict[str, Any]] = [
        {"label": _("Month")}, {"label": _("Commitment"), "grows": True}, {"label": _("Before"), "mm": 42},
        {"label": _("After"), "mm": 42},
        {"label": _("Difference"), **END},
    ]  # fmt: skip
    rows: list[list[str]] = []
    for one in sheet.corrections:
        amounts = [one.amount, *[""] * len(one.lines)]
        lines = one.lines or (("", "", ""),)
        rows += [[one.words, *line, amount] for line, amount in zip(lines, amounts, strict=False)]
    return [{"title": _("Corrections of earlier months"), "table": {"columns": columns, "rows": rows}}]


def _reckoning(sheet: Sheet, terms: Terms) -> list[dict[str, Any]]:
    """The terms in force, and how each line comes to its amount."""
    if not sheet.costs:
        return []
    currency = _currency(sheet)
    columns: list[dict[str, Any]] = [
        {"label": _("Commitment"), "mm": 34}, {"label": _("What a miss costs"), "grows": True},
        {"label": _("Reckoned"), "grows": True}, {"label": _("Penalty"), **END, "mm": 20},
    ]  # fmt: skip
    rows = [[one.scope, one.formula, one.sum, one.amount] for one in reckoned(sheet, terms, currency)]
    facts = [[str(name), words] for name, words in terms_told(terms, currency)]
    return [
        {
            "title": _("How the penalties are reckoned"),
            "facts": facts,
            "table": {"columns": columns, "rows": rows},
        }
    ]


def _currency(sheet: Sheet) -> str:
    return sheet.statement.currency if sheet.statement else sheet.contract.organisation.currency


def _settlement(sheet: Sheet) -> list[dict[str, Any]]:
    """Every line that costs, their sum, and each step from it to the credit, with what it comes from."""
    if not sheet.costs:
        return []
    lines: list[Row | MeasureRow] = [*sheet.rows, *sheet.measures]
    rows = [[row.scope, row.penalty] for row in lines if row.due]
    rows.append([_("Sum of the penalties"), sheet.gross])
    for step in sheet.steps:
        rows.append([f"{step.words} ({step.why})" if step.why else step.words, step.amount])
        rows += [[f"– {part.words}{_(': ')}{part.amount}", ""] for part in step.parts]
    columns: list[dict[str, Any]] = [
        {"label": pgettext("settlement", "What"), "grows": True},
        {"label": pgettext("settlement", "Amount"), **END},
    ]
    total = [_("Credit of the month, before tax"), sheet.total]
    table = {"columns": columns, "rows": rows, "total": total}
    return [{"title": _("Settlement"), "table": table, "after": _since(sheet)}]


def _since(sheet: Sheet) -> list[str]:
    """What the clocks and records say since, where it is something else."""
    if sheet.today is None:
        return []
    words = _("What is known today would give %(total)s: see the corrections of a later month.")
    return [words % {"total": sheet.today.total}]


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
    columns: list[dict[str, Any]] = [
        {"label": _("Reference")}, {"label": _("Subject"), "grows": True}, {"label": _("Priority")}, {"label": _("On"), "mm": 22},
        {"label": _("Used"), **END}, {"label": _("Promised"), **END}, {"label": _("Verdict"), "mm": 24},
    ]  # fmt: skip
    if any(line[-1] for line in rows):
        columns.append({"label": _("Penalty"), **END})
    rows = [line[: len(columns)] for line in rows]
    whole = row.measure.adjusted.population + row.measure.excluded
    cut = _(
        "%(shown)s of %(whole)s promises are printed, the missed and the excluded first; Vigie shows them all."
    )
    after = [cut % {"shown": len(rows), "whole": whole}] if len(rows) < whole else []
    title = _("Behind the rate: %(scope)s") % {"scope": row.scope}
    return {"title": title, "table": {"columns": columns, "rows": rows}, "after": after}


def _records(
    actor: Actor, contract: Contract, sheet: Sheet, terms: Terms, now: dt.datetime
) -> list[dict[str, Any]]:
    """For each measure the records behind it."""
    promises = {one.key: one for one in terms.promises()}
    details = (
        detail_of(actor, contract, sheet.month, row.id, now=now, size=PRINTED) for row in sheet.measures
    )
    return [
        _recorded(one, records_reckoned(actor, one.records, promises[one.row.id], _currency(sheet)))
        for one in details
        if one.records
    ]


def _recorded(detail: Detail, sums: list[str]) -> dict[str, Any]:
    by_day, timed = detail.row.kind in ("delivery", "report"), detail.row.kind in ("availability", "backlog")
    first, last = (_("Agreed for"), _("Delivered on")) if by_day else (_("From"), _("To"))
    columns: list[dict[str, Any]] = [
        {"label": _("Record"), "mm": 28}, {"label": pgettext("record", "What"), "grows": True}
    ]  # fmt: skip
    if by_day or timed:
        count = _("Days late this month") if by_day else _("Counted")
        columns += [{"label": first, "mm": 24}, {"label": last, "mm": 24}, {"label": count, **END, "mm": 20}]
    if by_day:
        columns += [{"label": _("Reckoned"), "mm": 32}, {"label": _("Penalty"), **END, "mm": 20}]
    after: list[str] = []
    more = detail.total - len(detail.records)
    if more:
        after = [ngettext("and %(num)s more", "and %(num)s more", more) % {"num": more}]
    title = _("Behind the rate: %(scope)s") % {"scope": detail.row.scope}
    zone = detail.contract.organisation.timezone
    rows = [
        (_delivered(one, told) if by_day else _record(one, zone))[: len(columns)]
        for one, told in zip(detail.records, sums, strict=True)
    ]
    return {"title": title, "table": {"columns": columns, "rows": rows}, "after": after}


def _record(one: Behind, zone: str) -> list[str]:
    """A record of an availability or of a backlog: between which instants, how much of it counts."""
    timed = one.nature in ("outage", "maintenance", "overrun")
    start = _at(one.starts_at, zone) if one.starts_at else ""
    end = _at(one.ends_at, zone) if one.ends_at else _("still lasts") if one.nature == "outage" else ""
    return [one.kind, _what(one), start, end, one.counted if timed else ""]


def _delivered(one: Behind, told: str) -> list[str]:
    """What was agreed for a day: that day, the day it came, the days late and what these cost."""
    done = when(one.done_on) if one.done_on else _("not yet")
    days = ngettext("%(num)s day", "%(num)s days", one.days) % {"num": one.days} if one.days else ""
    return [one.kind, _what(one), str(when(one.due_on)), str(done), days, told, one.amount]


def _what(one: Behind) -> str:
    return f"{one.title} ({one.why})" if one.why else one.title


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
        f"P{row['priority']}",
        _at(row["at"], contract.organisation.timezone),
        hms(row["used_seconds"]),
        hms(row["target_seconds"]),
        " · ".join(filter(None, (verdict, mark_words(row["corrected"])))),
        "" if amount is None else labels.money(amount, contract.organisation.currency),
    ]


def _at(at: dt.datetime, zone: str) -> str:
    return str(format_datetime(at, "d MMM y HH:mm:ss", tzinfo=zone_of(zone), locale=locale()))
