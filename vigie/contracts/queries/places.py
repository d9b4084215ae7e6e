"""Holidays of the places where clients work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from babel import Locale

from vigie.contracts.rules.holiday_sets import named_days, part_names, set_days
from vigie.kernel.refusal import Refusal


def check_holidays(country: str, subdivision: str) -> None:
    """Refuse (``tenancy.holidays_unknown``) a place whose public holidays are not known."""
    place = f"{country}-{subdivision}" if subdivision else country
    try:
        set_days(place, 2024)
    except Refusal:
        raise Refusal(
            "tenancy.holidays_unknown", field="subdivision" if subdivision else "country", place=place
        ) from None


def place_name(code: str, language: str) -> str:
    """A set of holidays as a reader knows it: ``FR`` France, ``CA-QC`` Canada (Québec), ``FR-67`` France (67)."""
    country, _, part = code.partition("-")
    name = str(Locale.parse(language).territories.get(country.upper(), country))
    return f"{name} ({part_names(country).get(part, part)})" if part else name


def next_holiday(place: str, after: dt.date, language: str) -> tuple[dt.date, str] | None:
    """The first public holiday of a place from a day on, with its name."""
    try:
        days = {**named_days(place, after.year, language), **named_days(place, after.year + 1, language)}
    except (Refusal, NotImplementedError):
        return None
    day = min((day for day in days if day >= after), default=None)
    return (day, days[day]) if day else None


def named_sets(codes: Iterable[str], year: int, language: str) -> list[tuple[dt.date, str, str]]:
    """``(day, name, sets)`` of a year, by day; a day of several sets comes once."""
    found: dict[dt.date, tuple[str, list[str]]] = {}
    for code in codes:
        for day, name in named_days(code, year, language).items():
            found.setdefault(day, (name, []))[1].append(code)
    return [(day, name, ", ".join(sets)) for day, (name, sets) in sorted(found.items())]
