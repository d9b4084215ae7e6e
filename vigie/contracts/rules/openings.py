"""Opening spans of a calendar, precomputed by years, and the questions asked of them.

Instants are UTC epoch seconds, durations are seconds of service time. The two primitives are ``elapsed`` and
``due``; everything else in the rules is written with them. A table covers whole years of the calendar's zone;
it is replaced by a wider one when a question leaves it, so an ``Openings`` may be shared between threads.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import DAY, local_day, wall_span, wall_to_epoch, zone_of
from vigie.kernel.refusal import Refusal
from vigie.kernel.spans import Span, Spans, tidy

LONGEST_CLOSURE = 400 * DAY
FIRST_YEAR, LAST_YEAR = 1902, 2199
_STEP = 2
_MARGIN = 3


class _Table(NamedTuple):
    """Answers between ``low`` and ``high`` (instants, both included) are exact."""

    first: int  # years
    last: int
    low: int
    high: int
    starts: list[int]
    ends: list[int]
    sums: list[int]  # sums[i] = service seconds of the spans before the i-th
    days: list[int]  # ordinals of the local dates that open
    closings: list[int]  # last closing of each of them


class Openings:
    """The calendar as a function of time. Get one with ``openings(calendar)``: they are kept."""

    __slots__ = ("_table", "calendar", "zone")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = zone_of(calendar.zone)
        self._table = _Table(0, -1, 0, -1, [], [], [0], [], [])

    # -- the two primitives, and the bounds of "in time" --

    def elapsed(self, a: int, b: int) -> int:
        """Service seconds in ``[a, b)``; 0 where ``b <= a``."""
        if b <= a:
            return 0
        table = self._table
        if a < table.low or b > table.high:
            table = self._covering(a, b)
        _, _, _, _, starts, ends, sums, _, _ = table  # written out: asked a million times a replay
        i = bisect_right(ends, a)
        j = bisect_right(ends, b, i)
        found = sums[j] - sums[i]
        if i < len(ends) and a > starts[i]:
            found -= a - starts[i]
        if j < len(ends) and b > starts[j]:
            found += b - starts[j]
        return found

    def due(self, a: int, d: int) -> int:
        """The earliest instant ``u >= a`` with ``elapsed(a, u) == d``; ``a`` itself where ``d <= 0``."""
        if d <= 0:
            return a
        while True:
            _, _, low, high, starts, ends, sums, _, _ = self._table
            if low <= a <= high:
                i = bisect_right(ends, a)
                if i < len(ends):
                    start = starts[i]
                    want = sums[i] + d if a <= start else sums[i] + d + a - start
                    j = bisect_left(sums, want, i) - 1
                    if j < len(ends):
                        due = starts[j] + want - sums[j]
                        if due <= high:
                            return due
                self._grow_right()
            else:
                self._covering(a, a)

    def last_ok(self, a: int, d: int) -> int:
        """The latest instant at which the time elapsed since ``a`` is still ``d``."""
        return self.next_open(self.due(a, d))

    def back(self, a: int, d: int) -> int:
        """Backwards: the latest instant ``u <= a`` with ``elapsed(u, a) == d``; ``a`` where ``d <= 0``."""
        if d <= 0:
            return a
        while True:
            table = self._covering(a, a)
            want = _measure(table, a) - d
            if want >= 0:
                j = bisect_right(table.sums, want) - 1
                back = table.starts[j] + want - table.sums[j]
                if back >= table.low:
                    return back
            self._grow_left()

    # -- open or closed --

    def is_open(self, at: int) -> bool:
        """Does service time run at that instant? The closing instant is closed."""
        table = self._covering(at, at + 1)
        i = bisect_right(table.ends, at)
        return i < len(table.starts) and table.starts[i] <= at

    def next_open(self, at: int) -> int:
        """First open instant from ``at``."""
        while True:
            table = self._covering(at, at)
            i = bisect_right(table.ends, at)
            if i < len(table.starts):
                opening = max(at, table.starts[i])
                if opening <= table.high:
                    return opening
            self._grow_right()

    def prev_open(self, at: int) -> int:
        """Up to when service last ran before ``at``: ``at`` itself inside or at the end of a span."""
        while True:
            table = self._covering(at, at)
            i = bisect_left(table.starts, at) - 1
            if i >= 0:
                closing = min(at, table.ends[i])
                if closing >= table.low:
                    return closing
            self._grow_left()

    def check(self, now: int) -> None:
        """Refuse (``contracts.calendar_never_opens``) where nothing opens in the 400 days from ``now``."""
        if self.next_open(now) - now > LONGEST_CLOSURE:
            raise Refusal("contracts.calendar_never_opens", field="hours", calendar=self.calendar.code)

    def closing(self, at: int) -> int | None:
        """End of the open span that holds ``at`` or follows it; ``None`` if over 400 days away."""
        opening = self.next_open(at)
        table = self._covering(opening, opening + LONGEST_CLOSURE)
        end = table.ends[bisect_right(table.ends, opening)]
        return end if end <= opening + LONGEST_CLOSURE else None

    def spans(self, a: int, b: int) -> Spans:
        """Open spans inside ``[a, b)``."""
        if b <= a:
            return ()
        table = self._covering(a, b)
        first, last = bisect_right(table.ends, a), bisect_left(table.starts, b)
        found = list(zip(table.starts[first:last], table.ends[first:last], strict=True))
        if found:  # only the first and the last may reach beyond
            found[0] = max(a, found[0][0]), found[0][1]
            found[-1] = found[-1][0], min(b, found[-1][1])
        return tuple(found)

    def intervals(self, at: int) -> Iterator[Span]:
        """Open spans from ``at`` on, one after the other; the first starts at ``at`` where it is open.

        Ends where a span never closes.
        """
        while (closing := self.closing(at)) is not None:
            yield self.next_open(at), closing
            at = closing

    # -- days --

    def given(self, a: int, b: int) -> tuple[int, int]:
        """What opens between two instants: service seconds, and the largest n whose J+n from ``a`` ends by ``b``."""
        table = self._covering(a, b)
        today = local_day(a, self.zone)
        i = bisect_left(table.days, today)
        if i < len(table.days) and table.days[i] == today and a >= table.closings[i]:
            i += 1
        return _measure(table, b) - _measure(table, a), max(0, bisect_right(table.closings, b) - 1 - i)

    def business_days_eod(self, a: int, n: int) -> int:
        """Last closing of the n-th open day after J, in days of the calendar's zone.

        J is the local date of ``a`` if ``a`` is before the last closing of that date, else the next open one.
        """
        today = local_day(a, self.zone)
        while True:
            table = self._covering(a, a)
            i = bisect_left(table.days, today)
            if i < len(table.days) and table.days[i] == today and a >= table.closings[i]:
                i += 1
            if i + n < len(table.days):
                return table.closings[i + n]
            self._grow_right()

    def is_workday(self, day: date) -> bool:
        """Does service open on that local date?"""
        days = self._days_around(day)
        i = bisect_left(days, day.toordinal())
        return i < len(days) and days[i] == day.toordinal()

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working date after ``day`` (before it if ``n < 0``; ``day`` itself if ``n == 0``)."""
        if n == 0:
            return day
        while True:
            days = self._days_around(day)
            at = day.toordinal()
            i = bisect_right(days, at) - 1 + n if n > 0 else bisect_left(days, at) + n
            if 0 <= i < len(days):
                return date.fromordinal(days[i])
            if n > 0:
                self._grow_right()
            else:
                self._grow_left()

    # -- the table --

    def _days_around(self, day: date) -> list[int]:
        noon = wall_to_epoch(day.toordinal(), DAY // 2, self.zone)
        return self._covering(noon, noon).days

    def _covering(self, a: int, b: int) -> _Table:
        table = self._table
        if table.low <= a and b <= table.high:
            return table
        first, last = datetime.fromtimestamp(a, self.zone).year, datetime.fromtimestamp(b, self.zone).year
        if table.first <= table.last:
            first, last = min(first, table.first), max(last, table.last)
        return self._build(first, last)

    def _grow_right(self) -> None:
        table = self._table
        if len(self._build(table.first, table.last + _STEP).days) == len(table.days):
            raise Refusal("contracts.calendar_never_opens", calendar=self.calendar.code)

    def _grow_left(self) -> None:
        table = self._table
        if len(self._build(table.first - _STEP, table.last).days) == len(table.days):
            raise Refusal("contracts.calendar_never_opens", calendar=self.calendar.code)

    def _build(self, first: int, last: int) -> _Table:
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise Refusal("contracts.instant_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
        start, stop = date(first, 1, 1).toordinal(), date(last + 1, 1, 1).toordinal()
        opened = list(_opened(self.calendar, start - _MARGIN, stop + _MARGIN))
        low, high = wall_to_epoch(start, 0, self.zone), wall_to_epoch(stop, 0, self.zone)
        spans = [s for s in tidy(span for _, spans in opened for span in spans) if s[0] < high and s[1] > low]
        closing_of: dict[int, int] = {}
        for day, day_spans in opened:
            if start <= day < stop:
                closing_of[day] = max(closing_of.get(day, day_spans[-1][1]), day_spans[-1][1])
        days = sorted(closing_of)
        sums = [0]
        for opening, closing in spans:
            sums.append(sums[-1] + closing - opening)
        starts, ends = [span[0] for span in spans], [span[1] for span in spans]
        closings = [closing_of[day] for day in days]
        self._table = table = _Table(first, last, low, high, starts, ends, sums, days, closings)
        return table


@lru_cache(maxsize=512)
def openings(calendar: Calendar) -> Openings:
    """The one ``Openings`` of a calendar: equal calendars share it."""
    return Openings(calendar)


def check_opens(calendar: Calendar, now: int) -> None:
    """Refuse (``contracts.calendar_never_opens``) a calendar with no opening in the 400 days from ``now``."""
    openings(calendar).check(now)


def _measure(table: _Table, at: int) -> int:
    """Service seconds of the table before ``at``."""
    i = bisect_right(table.ends, at)
    if i == len(table.ends):
        return table.sums[i]
    start = table.starts[i]
    return table.sums[i] + at - start if at > start else table.sums[i]


def _opened(calendar: Calendar, first: int, stop: int) -> Iterator[tuple[int, list[Span]]]:
    """Each local date (ordinal) that opens in ``[first, stop)`` with its spans, then those of each part."""
    zone = zone_of(calendar.zone)
    special = dict(calendar.special)
    closed: frozenset[date] = frozenset()
    year = 0
    for ordinal in range(first, stop):
        day = date.fromordinal(ordinal)
        if day.year != year and not calendar.works_on_holidays:
            year, closed = day.year, calendar.holidays_in(day.year)
        hours = special.get(day)
        if hours is None:
            hours = () if day in closed else calendar.week[day.weekday()]
        found = (wall_span(ordinal, start * 60, end * 60, zone) for start, end in tidy(hours))
        spans = [span for span in found if span is not None]
        if spans:
            yield ordinal, spans
    for part in calendar.parts:
        yield from _opened(part, first, stop)
