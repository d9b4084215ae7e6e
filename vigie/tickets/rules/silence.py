"""When a client that does not answer is reminded, and when its silence ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vigie.contracts.rules.openings import Openings


def next_stage(hours: Openings, since: int, days: Sequence[int], told: Sequence[int]) -> int | None:
    """When the next stage of a silence that began at ``since`` is due; ``None`` after the last.

    ``days`` are the stages in business days (the last one ends the silence), ``told`` the instants at which the first
    ones were told. A stage told late, after hours of absence, pushes the next ones: nobody is given less time to
    answer than the days between two stages.
    """
    stage = len(told)
    if stage >= len(days):
        return None
    due = hours.business_days_eod(since, days[stage])
    if not told:
        return due
    gap = days[stage] - days[stage - 1]
    # told after the closing of its day, a stage counts from the next one: that day is one of the gap
    return max(due, hours.business_days_eod(told[-1], gap - 1))
