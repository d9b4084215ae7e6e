"""The hours of a promise in words, so that anybody can count again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from vigie.contracts.queries.hours_told import hours_told
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
        (K1, "K1: Mon–Fri 08:00-18:00 (time of Europe/Paris; closed on public holidays: FR)"),
        (K4, "K4: day and night, every day (time of Europe/Paris; open on public holidays)"),
        (
            K7,
            "K7: Mon–Fri 08:00-18:00 (time of Asia/Singapore; open on public holidays)"
            " + Mon–Fri 08:00-18:00 (time of Europe/Paris; open on public holidays)"
            " + Mon–Fri 08:00-18:00 (time of America/Toronto; open on public holidays)",
        ),
        (
            SHUT,
            "Mon–Fri 08:00-18:00 (time of Europe/Paris; closed on public holidays: FR; closed too on: 12-24;"
            " 31 Dec 2026 closed)",
        ),
    ],
)
def test_a_calendar_in_words(calendar: Calendar, words: str) -> None:
    with translation.override("en"):
        assert hours_told(terms(calendar)) == words


def test_the_name_that_people_gave_it_comes_first() -> None:
    with translation.override("fr"):
        told = hours_told(terms(K1), "Heures ouvrées").replace("\u00a0", " ")
    assert (
        told == "Heures ouvrées : lun.–ven. 08:00-18:00 (heure de Europe/Paris; fermé les jours fériés : FR)"
    )


def test_a_promise_in_plain_time_counts_day_and_night() -> None:
    plain = replace(terms(K1), target=Target(3600, Unit.CALENDAR_TIME))
    with translation.override("en"):
        assert hours_told(plain) == "day and night, every day"
