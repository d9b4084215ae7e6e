"""The hours of a promise in words, so that anybody can count again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from vigie.contracts.queries.hours_told import hours_told
from vigie.contracts.queries.places import place_name
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.promise import Target, Unit
from vigie.contracts.tests.samples import K1, K4, K7, PARIS, terms

SHUT = Calendar.weekly(
    PARIS,
    WEEKDAYS[:5],
    ("08:00", "18:00"),
    holiday_sets=["FR"],
    holidays=["--12-24"],
    dates={"2026-12-31": []},
)


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (K1, "K1: Mon–Fri 08:00-18:00 (Europe/Paris time; closed on public holidays: France)"),
        (K4, "K4: day and night, every day (Europe/Paris time; open on public holidays)"),
        (
            K7,
            "K7: Mon–Fri 08:00-18:00 (Asia/Singapore time; open on public holidays)"
            " + Mon–Fri 08:00-18:00 (Europe/Paris time; open on public holidays)"
            " + Mon–Fri 08:00-18:00 (America/Toronto time; open on public holidays)",
        ),
        (
            SHUT,
            "Mon–Fri 08:00-18:00 (Europe/Paris time; closed on public holidays: France; closed too on: 24 Dec;"
            " 31 Dec 2026 closed)",
        ),
    ],
)
def test_a_calendar_in_words(calendar: Calendar, words: str) -> None:
    with translation.override("en"):
        assert hours_told(terms(calendar)) == words


def test_the_name_that_people_gave_it_comes_first() -> None:
    with translation.override("fr"):
        told = hours_told(terms(K1), "Heures ouvrées").replace("\u00a0", " ").replace("\u202f", " ")
    assert (
        told
        == "Heures ouvrées : lun.–ven. 08:00-18:00 (fuseau Europe/Paris ; fermé les jours fériés : France)"
    )


def test_a_promise_in_plain_time_counts_day_and_night() -> None:
    plain = replace(terms(K1), target=Target(3600, Unit.CALENDAR_TIME))
    with translation.override("en"):
        assert hours_told(plain) == "day and night, every day"


@pytest.mark.parametrize(
    ("code", "name"),
    [("FR", "France"), ("CA-QC", "Canada (Québec)"), ("FR-57", "France (Moselle)"), ("FR-67", "France (67)"), ("GB-SCT", "Royaume-Uni (Scotland)")],
)  # fmt: skip
def test_holidays_are_named_after_their_place(code: str, name: str) -> None:
    assert place_name(code, "fr_FR") == name
