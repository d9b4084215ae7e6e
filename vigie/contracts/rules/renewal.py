"""When a contract ends, until when one may decide, and when to say so. Pure.

``ends_on`` is the first day on which a contract no longer runs; its last day is the day before.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange

STEPS = (60, 30, 0)
AGAIN = 7
"""Days before a date at which it is told; past the date, every so many days until it is acknowledged."""


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later (earlier if negative), or the last day of that month where it has none such."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(ends_on: dt.date | None) -> dt.date | None:
    """The last day of what ends on a day: the one before, which people read; none without an end."""
    return ends_on - dt.timedelta(days=1) if ends_on else None


def decision_deadline(ends_on: dt.date, notice_months: int) -> dt.date:
    """The last day to give notice: the contract's last day, less the notice."""
    return months_after(ends_on - dt.timedelta(days=1), -notice_months)


def runs_until(ends_on: dt.date | None, *, tacit: bool, notice_given: bool) -> dt.date | None:
    """The first day without promises. A tacit renewal has none until notice is given."""
    return None if tacit and not notice_given else ends_on


def renewed(ends_on: dt.date, months: int, today: dt.date) -> dt.date:
    """The end of the term that runs today, each as long as the other; ``ends_on`` while it is to come."""
    terms = 0
    while months_after(ends_on, terms * months) <= today:
        terms += 1
    return months_after(ends_on, terms * months)


def step_due(due_on: dt.date, today: dt.date, told: int | None) -> int | None:
    """Which reminder is due, in days before the date (negative past it); ``None`` where it was told already.

    Of several missed ones only the latest is told, and each once.
    """
    left = (due_on - today).days
    if left < 0:
        reached: int | None = -(-left // AGAIN * AGAIN)
    else:
        reached = min((step for step in STEPS if step >= left), default=None)
    if reached is None or (told is not None and told <= reached):
        return None
    return reached
