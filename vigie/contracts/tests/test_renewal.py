"""When a contract ends, until when one may decide, and when somebody is reminded."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.renewal import (
    STEPS,
    decision_deadline,
    months_after,
    renewed,
    runs_until,
    step_due,
)

D = dt.date
DAY = dt.timedelta(days=1)


def test_r8_8_decision_deadline_is_the_last_day_less_the_notice() -> None:
    assert decision_deadline(D(2027, 1, 1), 3) == D(2026, 9, 30)


@pytest.mark.parametrize(
    ("last_day", "months", "deadline"),
    [
        (D(2026, 5, 31), 3, D(2026, 2, 28)),
        (D(2028, 5, 31), 3, D(2028, 2, 29)),
        (D(2026, 12, 31), 0, D(2026, 12, 31)),
        (D(2026, 1, 15), 1, D(2025, 12, 15)),
    ],
)
def test_months_clamp_to_the_last_day_of_the_month(last_day: D, months: int, deadline: D) -> None:
    assert decision_deadline(last_day + DAY, months) == deadline


@given(st.dates(D(2000, 1, 1), D(2100, 1, 1)), st.integers(0, 60))
def test_a_notice_is_never_after_the_last_day_and_grows_earlier(ends_on: D, months: int) -> None:
    assert decision_deadline(ends_on, months + 1) < decision_deadline(ends_on, months) <= ends_on - DAY


def test_a_tacit_renewal_ends_only_once_notice_was_given() -> None:
    end = D(2027, 1, 1)
    assert runs_until(end, tacit=True, notice_given=False) is None
    assert runs_until(end, tacit=True, notice_given=True) == end
    assert runs_until(end, tacit=False, notice_given=False) == end


def test_terms_follow_one_another_without_drifting() -> None:
    assert renewed(D(2026, 1, 31), 1, D(2026, 1, 30)) == D(2026, 1, 31)
    assert renewed(D(2026, 1, 31), 1, D(2026, 2, 28)) == D(2026, 3, 31)
    assert renewed(D(2024, 1, 1), 12, D(2026, 6, 1)) == D(2027, 1, 1)


@given(st.dates(D(2000, 1, 1), D(2100, 1, 1)), st.integers(1, 36), st.integers(0, 4000))
def test_the_term_renewed_holds_today(ends_on: D, months: int, later: int) -> None:
    today = ends_on + later * DAY
    assert months_after(today, 0) < renewed(ends_on, months, today) <= months_after(today, months) + 4 * DAY


class TestReminders:
    DUE = D(2026, 9, 30)

    def told(self, days: list[dt.date]) -> list[int]:
        """The steps told by a job that runs on these days."""
        last: int | None = None
        found = []
        for day in days:
            step = step_due(self.DUE, day, last)
            if step is not None:
                last = step
                found.append(step)
        return found

    def test_each_step_once_by_a_job_that_never_misses(self) -> None:
        assert self.told([self.DUE + n * DAY for n in range(-90, 15)]) == [60, 30, 0, -7, -14]

    def test_of_several_missed_only_the_latest(self) -> None:
        assert self.told([self.DUE - 10 * DAY, self.DUE + 20 * DAY]) == [30, -14]

    @given(st.lists(st.integers(-100, 60), max_size=40))
    def test_never_twice_whatever_the_days(self, days: list[int]) -> None:
        found = self.told([self.DUE + n * DAY for n in sorted(days)])
        assert found == sorted(set(found), reverse=True)
        assert all(step in STEPS or step % 7 == 0 for step in found)
