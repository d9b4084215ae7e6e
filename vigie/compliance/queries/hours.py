"""Open spans of calendars over a period, each day by the version in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise

from vigie.contracts.models import CalendarVersion
from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import wall_to_epoch
from vigie.contracts.rules.openings import Openings, openings
from vigie.kernel.spans import Span, Spans, tidy
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written

Version = tuple[dt.date, Openings]


CALENDARS = stand_in(1)


@kept
def _versions_of() -> Written | None:
    rows = CalendarVersion.objects.filter(calendar_id__any_of=[CALENDARS])
    return written(
        rows.order_by("calendar_id", "effective_on").values("calendar_id", "effective_on", "definition")
    )


class Hours:
    """The calendars asked for, read in one statement. What no calendar says (``None``) is open day and night."""

    def __init__(self, calendar_ids: Iterable[int | None]) -> None:
        wanted = {one for one in calendar_ids if one is not None}
        self._workdays: dict[tuple[int | None, dt.date, int], dt.date] = {}
        self._versions: dict[int | None, list[Version]] = {
            None: [(dt.date.min, openings(Calendar.always()))],
        }
        if not wanted:
            return
        for row in rows_of(_versions_of(), {CALENDARS: sorted(wanted)}):
            found = self._versions.setdefault(row["calendar_id"], [])
            since = row["effective_on"] if found else dt.date.min  # before the first version, the first
            found.append((since, openings(Calendar.from_json(row["definition"]))))

    def spans(self, calendar_id: int | None, start: int, end: int) -> Spans:
        """Open spans inside ``[start, end)``."""
        if start >= end:
            return ()
        versions = self._versions[calendar_id]
        found: list[Span] = []
        edges = [*(_midnight(day, hours) for day, hours in versions), end]
        for (_, hours), (low, high) in zip(versions, pairwise(edges), strict=True):
            found += hours.spans(max(low, start), min(max(high, low), end))
        return tidy(found)

    def on(self, calendar_id: int | None, day: dt.date) -> Openings:
        """The hours in force on a day."""
        return [hours for since, hours in self._versions[calendar_id] if since <= day][-1]

    def workday_after(self, calendar_id: int | None, day: dt.date, count: int) -> dt.date:
        """The count-th working day after ``day`` (before it where negative)."""
        key = calendar_id, day, count
        found = self._workdays.get(key)
        if found is None:
            found = self._workdays[key] = self.on(calendar_id, day).add_workdays(day, count)
        return found


def _midnight(day: dt.date, hours: Openings) -> int:
    return 0 if day == dt.date.min else wall_to_epoch(day.toordinal(), 0, hours.zone)
