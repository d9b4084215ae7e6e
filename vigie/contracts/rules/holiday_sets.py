"""Public holidays: named sets (``FR``, ``FR-57``, ``CA-QC``) and rules written by hand.

A rule is a date ``2026-05-15``, a yearly date ``--12-24``, or a span ``2026-08-03/2026-08-14`` (both closed).
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from vigie.kernel.refusal import Refusal

_YEARLY = re.compile(r"--(\d\d)-(\d\d)")
_ALIASES = {"FR-67": "FR-6AE", "FR-68": "FR-6AE", "FR-ALSACE-MOSELLE": "FR-57"}
LONGEST_SPAN_DAYS = 400

# Customs of the French Antilles that the official table does not hold: a calendar adds them as rules.
_CUSTOMS = {"Mi-Careme", "Victor Schoelcher Day"}
_LOCAL_CUSTOMS = {"FR-971": {"Good Friday"}}
# Countries where no law moves a holiday that falls on a week-end to another day for everybody.
_NOT_MOVED = {"CA"}


def _country(code: str, **options: Any) -> Mapping[date, str]:
    """The library's table of a country. Loaded at the first question: a process that asks none spares its 10 MB."""
    from holidays import country_holidays

    return country_holidays(code, **options)


@lru_cache(maxsize=4096)
def set_days(code: str, year: int) -> frozenset[date]:
    """Dates of one named set in one year. Unknown code: ``contracts.calendar_unknown_holiday_set``."""
    code = _ALIASES.get(code.upper(), code)
    country, _, part = code.partition("-")
    moved = country.upper() not in _NOT_MOVED
    try:
        days = _country(country.upper(), subdiv=part or None, years=year, observed=moved, language="en_US")
    except (NotImplementedError, KeyError, ValueError):
        raise Refusal("contracts.calendar_unknown_holiday_set", field="holiday_sets", set=code) from None
    customs = _CUSTOMS | _LOCAL_CUSTOMS.get(code, set())
    return frozenset(day for day, name in days.items() if name not in customs)


def named_days(code: str, year: int, language: str) -> dict[date, str]:
    """The same dates with their names, in that language where the set has it (its own one otherwise)."""
    country, _, part = _ALIASES.get(code.upper(), code).partition("-")
    days = _country(country.upper(), subdiv=part or None, years=year, language=language)
    return (
        dict(days.items())
        if set(days) == set(set_days(code, year))
        else dict.fromkeys(set_days(code, year), "")
    )


def part_names(country: str) -> dict[str, str]:
    """Parts of a country that have holidays of their own, with the name that people there give them."""
    aliases: Mapping[str, str] = getattr(_country(country.upper()), "subdivisions_aliases", {})
    return {code: name for name, code in aliases.items() if not name.isupper()}


def check_rule(rule: object) -> str:
    """The rule as it stands, or ``contracts.calendar_bad_holiday``."""
    if not isinstance(rule, str):
        raise Refusal("contracts.calendar_bad_holiday", field="holidays", rule=str(rule))
    try:
        for _ in rule_days(rule, 2024):
            pass
    except ValueError:
        raise Refusal("contracts.calendar_bad_holiday", field="holidays", rule=rule) from None
    return rule


def rule_days(rule: str, year: int) -> Iterator[date]:
    """Dates of one rule in one year. Raises ``ValueError`` where the text is not a rule.

    29 February of ``--02-29`` exists in leap years only.
    """
    yearly = _YEARLY.fullmatch(rule)
    if yearly:
        month, day = int(yearly[1]), int(yearly[2])
        date(2024, month, day)
        if (month, day) != (2, 29) or isleap(year):
            yield date(year, month, day)
        return
    first, _, last = rule.partition("/")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if end < start or (end - start).days > LONGEST_SPAN_DAYS:
        raise ValueError(rule)
    day_, stop = max(start, date(year, 1, 1)), min(end, date(year, 12, 31))
    while day_ <= stop:
        yield day_
        day_ += timedelta(days=1)
