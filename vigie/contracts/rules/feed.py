"""Closed days that somebody publishes as a calendar (iCalendar, RFC 5545): a client's own closures, a country's holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from icalendar import Calendar, Component

from vigie.kernel.refusal import Refusal

MOST = 400


def closed_days(data: bytes) -> dict[str, str]:
    """Rules of closed days (``2026-12-26``, ``2026-08-03/2026-08-14``, each year ``--12-24``) with their names.

    Only whole-day events close a day; an event that comes back otherwise than each year is left out.
    Refuses what is no calendar (``contracts.feed_unreadable``), holds no such day (``contracts.feed_empty``) or more than
    ``MOST`` (``contracts.feed_too_long``).
    """
    try:
        found = dict(_days(Calendar.from_ical(data)))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise Refusal("contracts.feed_unreadable") from error
    if not found:
        raise Refusal("contracts.feed_empty")
    if len(found) > MOST:
        raise Refusal("contracts.feed_too_long", most=MOST)
    return dict(sorted(found.items()))


def _days(calendar: Calendar) -> Iterator[tuple[str, str]]:
    for event in calendar.walk("VEVENT"):
        if str(event.get("STATUS", "")).upper() != "CANCELLED" and (rule := _rule(event)):
            yield rule, " ".join(str(event.get("SUMMARY", "")).split())[:120]


def _rule(event: Component) -> str:
    """Empty where it closes no whole day, or comes back in a way that is not told here."""
    first = event.decoded("DTSTART")
    if not isinstance(first, date) or isinstance(first, datetime):
        return ""
    after = event.decoded("DTEND") if "DTEND" in event else first + timedelta(days=1)
    last = max(first, after - timedelta(days=1))
    again = event.get("RRULE")
    if again is None:
        return first.isoformat() if last == first else f"{first.isoformat()}/{last.isoformat()}"
    is_yearly = list(map(str, again.get("FREQ", []))) == ["YEARLY"] and not set(again) - {"FREQ", "INTERVAL"}
    every = [int(one) for one in again.get("INTERVAL", [1])]
    return f"--{first:%m-%d}" if is_yearly and every == [1] and last == first else ""
