"""Days by which a contract that renews itself must be decided."""

from __future__ import annotations

import calendar
from datetime import date


def months_later(day: date, months: int) -> date:
    """The same day some months later (earlier if negative), held back to the month's last day: 31 May - 3 = 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def decide_by(ends_on: date | None, notice_months: int) -> date | None:
    """The last day on which notice can still be given: the end less the notice. ``None`` without an end."""
    return months_later(ends_on, -notice_months) if ends_on else None


def term_after(ends_on: date, renewal_months: int, today: date) -> date:
    """The last day of the term that runs today, for a contract that renews itself for some months at each end."""
    terms = 0
    while renewal_months > 0 and months_later(ends_on, terms * renewal_months) < today:
        terms += 1
    return months_later(ends_on, terms * renewal_months)
