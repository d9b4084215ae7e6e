"""Closed days from a feed: read often, taken over only when somebody says so. A feed that fails changes nothing."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from vigie.contracts import access
from vigie.contracts.actions.calendars import may_write, publish_hours
from vigie.contracts.models import Calendar, CalendarVersion, ClosedDaysFeed
from vigie.contracts.queries.feeds import feed_of, unlike
from vigie.contracts.rules import feed as rules
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal, outside

LARGEST = 1024 * 1024


@transaction.atomic
def follow(actor: Actor, calendar_id: int, url: str, *, now: dt.datetime) -> None:
    """Follow the feed at ``url``, or none any more where it is empty. Hours published so far stay as they are."""
    calendar = _writable(actor, calendar_id)
    feed = feed_of(calendar_id) or ClosedDaysFeed(calendar=calendar)
    if feed.url != url:
        journal.write(actor, feed, {"url": url, "days": {}, "failure": None, "checked_at": None}, now=now)


def read(calendar_id: int, *, now: dt.datetime) -> ClosedDaysFeed:
    """Look at the feed. What cannot be read or is no calendar leaves the days known before, and says why."""
    feed = feed_of(calendar_id)
    if feed is None or not feed.url:
        raise NotFound()
    values: dict[str, object] = {"checked_at": now}
    try:
        found = outside.fetch(feed.url, largest=LARGEST, accept="text/calendar")
        values |= {"days": rules.closed_days(found.data), "succeeded_at": now, "failure": None}
    except Refusal as refusal:
        values["failure"] = {"code": refusal.code, **refusal.params}
    ClosedDaysFeed.objects.filter(pk=feed.pk, url=feed.url).update(**values)
    feed.refresh_from_db()
    return feed


def read_now(actor: Actor, calendar_id: int, *, now: dt.datetime) -> ClosedDaysFeed:
    """The same, because somebody asked."""
    _writable(actor, calendar_id)
    return read(calendar_id, now=now)


@transaction.atomic
def take_over(actor: Actor, calendar_id: int, effective_on: dt.date, *, now: dt.datetime) -> CalendarVersion:
    """New hours from a day on: those in force, with the closed days of the feed as they were last read.

    Days that an earlier look brought and that the feed has no more are left out; those written by hand stay.
    """
    _writable(actor, calendar_id)
    feed = ClosedDaysFeed.objects.select_for_update().filter(calendar_id=calendar_id).first()
    last = CalendarVersion.objects.filter(calendar_id=calendar_id).order_by("-effective_on").first()
    if feed is None or last is None:
        raise NotFound()
    if not unlike(feed, last.definition):
        raise Refusal("contracts.feed_nothing_new")
    by_hand = [rule for rule in last.definition.get("holidays", ()) if rule not in feed.taken]
    days = [rule for rule in feed.days if rule not in by_hand]
    definition = {**last.definition, "holidays": [*by_hand, *days]}
    version = publish_hours(actor, calendar_id, definition, effective_on, now=now)
    ClosedDaysFeed.objects.filter(pk=feed.pk).update(taken=days)
    return version


def read_all(now: dt.datetime) -> int:
    """Look at every feed; the number of those that failed."""
    followed = ClosedDaysFeed.objects.exclude(url="").order_by("pk").values_list("calendar_id", flat=True)
    return sum(bool(read(calendar_id, now=now).failure) for calendar_id in followed)


def tomorrow(now: dt.datetime) -> dt.date:
    return timezone.localdate(now) + dt.timedelta(days=1)


def _writable(actor: Actor, calendar_id: int) -> Calendar:
    actor.demand("contracts:manage")
    calendar = access.one_calendar(actor, calendar_id)
    may_write(actor, calendar.organisation)
    return calendar
