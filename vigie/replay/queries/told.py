"""A study as its page tells it: before and each variant side by side, month by month, commitment by commitment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from vigie.compliance import access as compliance_access
from vigie.compliance import labels
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries.measured import is_measure
from vigie.contracts.models import Contract
from vigie.contracts.rules.compliance import Tally
from vigie.contracts.rules.penalties import NOTHING
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.replay import access
from vigie.replay.models import ChangedClock, Study
from vigie.tickets import access as tickets_access
from vigie.tickets.queries.corrected import corrected_among
from vigie.toolkit.paging import Order, Page, page_of
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written

WIDTH, HEIGHT, TOP, FOOT, LEFT, RIGHT = 720, 200, 12, 172, 52, 696

DASHES = ("", "8 5", "2 4", "12 4 2 4")
SIZE = 50
BY_TICKET = Order(("id",))


def studies_of(actor: Actor, contract: Contract, *, most: int = 20) -> list[dict[str, Any]]:
    """The latest questions asked of a contract, with who asked and the names of their variants."""
    found = rows_of(_latest(actor, most), {CONTRACT: contract.pk})
    return [{**row, "names": [variant["name"] for variant in row["variants"]]} for row in found]


CONTRACT = stand_in(1)


@kept
def _latest(actor: Actor, most: int) -> Written | None:
    rows = access.visible(actor).filter(contract_id=CONTRACT).order_by("-asked_at", "-pk")
    return written(rows.values("id", "variants", "state", "progress", "asked_at", "asked_by__name")[:most])


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a scenario: counts, the rate in words, its cost; ``moved`` where it differs from before."""

    met: int
    missed: int
    rate: str
    cost: str
    moved: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """Before (``number`` is ``None``) or a variant: its sums over the months, and its stroke in the drawing.

    ``left``: what its last month carries over, in words, '' for nothing."""

    number: int | None
    name: str
    total: Cell
    to_met: int
    to_missed: int
    dash: str
    lines: tuple[str, ...]
    dots: tuple[tuple[int, int], ...]
    left: str


@dataclass(frozen=True, slots=True)
class Told:
    """``rows``: ``(month, its words, a cell per scenario)``. ``stated``: money of statements that say otherwise than before.
    ``apart``: corrections of these months, which no month adds, in words: month, amount, the statement that told it or ''.
    ``floor`` is the percent at the foot of the drawing; ``ticks``: values of its axis and their heights; ``under``: where each
    month stands, and its name."""

    scenarios: tuple[Scenario, ...]
    rows: tuple[tuple[dt.date, str, tuple[Cell, ...]], ...]
    commitments: tuple[tuple[int, str], ...]
    floor: int
    costs: bool
    stated: Mapping[dt.date, str]
    apart: tuple[tuple[str, str, str], ...]
    ticks: tuple[tuple[int, str], ...]
    under: tuple[tuple[int, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT


def told(actor: Actor, study: Study, rate_id: int | None) -> Told:
    """The study that is done; of one commitment where ``rate_id`` names it."""
    result: Mapping[str, Any] = study.result or {}
    known = {
        row.pk: row for row in compliance_access.visible_commitments(actor).filter(contract=study.contract)
    }
    if rate_id is not None and rate_id not in known:
        raise NotFound()
    scenarios = [result["before"], *(one["months"] for one in result["variants"])]
    picked = [[_picked(month, rate_id) for month in months] for months in scenarios]
    months = [dt.date.fromisoformat(month["month"]) for month in result["before"]]
    currency = study.contract.organisation.currency
    target = known[rate_id].target if rate_id is not None else None
    rates = [[_tally(one).rate for one in months] for months in picked]
    floor = _floor([rate for row in rates for rate in row if rate is not None])
    cells = [
        [_cell(one, first, currency, target) for one, first in zip(row, picked[0], strict=True)]
        for row in picked
    ]
    rows = tuple(
        (month, labels.month_words(month), tuple(row[n] for row in cells)) for n, month in enumerate(months)
    )
    names = [_("As it was"), *(variant["name"] for variant in study.variants)]
    totals = [_sum(row) for row in picked]
    shown = tuple(
        Scenario(
            n - 1 if n else None, names[n], _cell(totals[n], totals[0], currency, target),
            *(_turned(result["variants"][n - 1]) if n else (0, 0)),
            DASHES[n], _strokes(rates[n], floor), _dots(rates[n], floor),
            _left(scenarios[n], currency) if rate_id is None else "",
        )
        for n in range(len(picked))
    )  # fmt: skip
    measured = {line["key"] for month in result["before"] for line in month["lines"]}
    commitments = tuple((pk, labels.scope_words(row)) for pk, row in known.items() if pk in measured)
    counts = (row for pk, row in known.items() if pk in measured or (rate_id is None and is_measure(row)))
    costs = any(row.formula != RateCommitment.Formula.NONE for row in counts)
    stated, apart = ({}, ()) if rate_id is not None else (_stated(result, currency), _apart(result, currency))
    return Told(shown, rows, commitments, floor, costs, stated, apart, _ticks(floor), _under(months))


def _left(months: Sequence[Mapping[str, Any]], currency: str) -> str:
    carried = Decimal(months[-1].get("carried", 0)) if months else Decimal(0)
    return labels.money(carried, currency) if carried else ""


def _stated(result: Mapping[str, Any], currency: str) -> dict[dt.date, str]:
    """What the statements come to, in words, where a month read today differs; what they told of these months is apart."""
    stated: Mapping[str, str] = result.get("stated", {})
    own: Mapping[str, str] = result.get(
        "own", {}
    )  # a comparison made before months carried anything over has none
    return {
        dt.date.fromisoformat(month["month"]): labels.money(Decimal(stated[month["month"]]), currency)
        for month in result["before"]
        if month["month"] in own and Decimal(own[month["month"]]) != Decimal(month["own"])
    }


def _apart(result: Mapping[str, Any], currency: str) -> tuple[tuple[str, str, str], ...]:
    """The corrections that stand beside the months."""
    return tuple(
        (
            labels.month_words(dt.date.fromisoformat(one["month"])),
            labels.money(Decimal(one["amount"]), currency),
            labels.month_words(dt.date.fromisoformat(one["told_in"])) if one["told_in"] else "",
        )
        for one in result.get("apart", ())
    )


def _turned(variant: Mapping[str, Any]) -> tuple[int, int]:
    return variant["to_met"], variant["to_missed"]


def _picked(month: Mapping[str, Any], rate_id: int | None) -> tuple[int, int, Decimal]:
    """Met, missed, cost: of all clocks of the month, or of one commitment."""
    if rate_id is None:
        return month["met"], month["missed"], Decimal(month["total"])
    line = next((one for one in month["lines"] if one["key"] == rate_id), None)
    return (line["met"], line["missed"], Decimal(line["penalty"])) if line else (0, 0, NOTHING)


def _sum(months: Sequence[tuple[int, int, Decimal]]) -> tuple[int, int, Decimal]:
    return sum(m[0] for m in months), sum(m[1] for m in months), sum((m[2] for m in months), NOTHING)


def _tally(month: tuple[int, int, Decimal]) -> Tally:
    return Tally(month[0], month[0] + month[1])


def _cell(
    month: tuple[int, int, Decimal],
    before: tuple[int, int, Decimal],
    currency: str,
    target: Decimal | None,
) -> Cell:
    met, missed, cost = month
    words = labels.rate_words(_tally(month), target)
    return Cell(met, missed, words, labels.money(cost, currency), month != before)


# -- the drawing ----------------------------------------------------------------------------------------------------


def _floor(rates: Sequence[Fraction]) -> int:
    return min([90, *(int(rate * 10) * 10 for rate in rates if rate < 1)])


def _strokes(rates: Sequence[Fraction | None], floor: int) -> tuple[str, ...]:
    """Broken where a month has no measure."""
    strokes: list[list[str]] = [[]]
    for n, rate in enumerate(rates):
        if rate is None:
            strokes.append([])
        else:
            strokes[-1].append("{},{}".format(*_point(n, len(rates), rate, floor)))
    return tuple(" ".join(stroke) for stroke in strokes if len(stroke) > 1)


def _dots(rates: Sequence[Fraction | None], floor: int) -> tuple[tuple[int, int], ...]:
    return tuple(_point(n, len(rates), rate, floor) for n, rate in enumerate(rates) if rate is not None)


def _point(place: int, count: int, rate: Fraction, floor: int) -> tuple[int, int]:
    return _across(place, count), _height(rate * 100, floor)


def _across(place: int, count: int) -> int:
    return LEFT + (RIGHT - LEFT) * place // max(count - 1, 1)


def _height(percent: Fraction | int, floor: int) -> int:
    return TOP + int((1 - Fraction(percent - floor, 100 - floor)) * (FOOT - TOP))


def _ticks(floor: int) -> tuple[tuple[int, str], ...]:
    """The foot, the middle and the whole."""
    values = (floor, (floor + 100) // 2, 100)
    return tuple((_height(value, floor), labels.percent_words(Decimal(value))) for value in values)


def _under(months: Sequence[dt.date]) -> tuple[tuple[int, str], ...]:
    return tuple(
        (_across(n, len(months)), labels.month_words(month, short=True)) for n, month in enumerate(months)
    )


# -- the tickets ----------------------------------------------------------------------------------------------------


def changed(
    actor: Actor,
    study: Study,
    variant: int,
    *,
    then: str = "",
    month: dt.date | None = None,
    cursor: str | None = None,
) -> Page:
    """The clocks that a variant judges otherwise, in the order of their tickets; ``title`` is empty out of sight."""
    rows = ChangedClock.objects.filter(study=study, variant=variant)
    rows = rows.filter(then=then) if then else rows
    rows = rows.filter(month=month) if month else rows
    names = (
        "ticket_id",
        "kind",
        "month",
        "was",
        "then",
        "used_before",
        "target_before",
        "used_after",
        "target_after",
    )
    page = page_of(
        rows.annotate(reference=F("ticket__reference"), priority=F("ticket__priority")), BY_TICKET,
        fields=(*names, "reference", "priority"), size=SIZE, cursor=cursor,
    )  # fmt: skip
    ids = {row["ticket_id"] for row in page.rows}
    titles = dict(tickets_access.visible(actor).filter(pk__in=ids).values_list("pk", "title"))
    corrected = corrected_among(titles)
    for row in page.rows:
        row["corrected"] = corrected.get(row["ticket_id"], "")
        row["in_sight"] = row["ticket_id"] in titles
        row["title"] = titles.get(row["ticket_id"], "")
    return page
