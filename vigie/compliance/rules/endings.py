"""A contract that is over: its last month, and what no later statement can take."""

from __future__ import annotations

import datetime as dt


def is_over(until: dt.date | None, today: dt.date) -> bool:
    """``until``: the first day without its promises; ``None`` where no end is known."""
    return until is not None and until <= today


def last_month(until: dt.date) -> dt.date:
    """The month that holds the last day."""
    return (until - dt.timedelta(days=1)).replace(day=1)
