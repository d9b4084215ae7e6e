"""Instants as people read them, in both languages."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone, translation

from vigie.toolkit.jinja import ago, duration, near, wall, when


@pytest.mark.parametrize(("language", "day"), [("fr", "1er nov. 2019"), ("en", "1 Nov 2019")])
def test_the_first_of_a_month(language: str, day: str) -> None:
    with translation.override(language):
        assert when(dt.date(2019, 11, 1)) == day
        assert day in when(dt.datetime(2019, 11, 1, 12, tzinfo=dt.UTC))
        assert day.rpartition(" ")[0] in wall(dt.datetime(2019, 11, 1, 12, tzinfo=dt.UTC))
        assert when(dt.date(2019, 11, 11)).startswith("11 ")


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today 10:15"), (1, "tomorrow 10:15"), (-1, "yesterday 10:15")]
)
def test_what_is_due_is_told_by_its_day(days: int, words: str) -> None:
    with translation.override("en"):
        local = timezone.localtime().replace(hour=10, minute=15) + dt.timedelta(days=days)
        assert f">{words}</time>" in near(local)
        assert near(None) == ""


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (35, "35 min"),
        (130, "2 h 10"),
        (1441, "24 h"),
        (26 * 60 + 37, "26 h"),
        (44 * 60 + 3, "44 h"),
        (96 * 60, "4 j"),
    ],
)
def test_beyond_a_day_minutes_are_not_said(minutes: int, words: str) -> None:
    with translation.override("fr"):
        said = str(ago(timezone.now() - dt.timedelta(minutes=minutes, seconds=1)))
        assert f">il y a {words}<" in said.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", {"2 h 05 min ago", "in 2 h 05 min"}), ("fr", {"il y a 2 h 05", "dans 2 h 05"})],
)
def test_hours_and_minutes_as_each_language_says_them(language: str, words: set[str]) -> None:
    now, far = timezone.now(), dt.timedelta(hours=2, minutes=5, seconds=20)
    with translation.override(language):
        told = {re.sub("<.*?>", "", str(ago(at))) for at in (now - far, now + far)}
    assert {one.replace("\u202f", " ").replace("\xa0", " ") for one in told} == words


def test_less_than_nothing_is_told_with_a_minus_sign() -> None:
    """As amounts are: a hyphen is no sign."""
    assert [duration(seconds) for seconds in (-6000, -300, 0, 6000)] == ["−1:40", "−0:05", "0:00", "1:40"]
