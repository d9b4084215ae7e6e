"""All that one page of the queue shows, read together: rows, names, clocks, views and their counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from vigie.accounts.access import visible as visible_people
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.models import SavedView
from vigie.tickets.queries.meters import Meter, meters
from vigie.tickets.queries.queue import PEOPLE, Names, counts, fresh_count, names_in_sight, queue_page
from vigie.tickets.rules.filters import TO_HANDLE, Filters, read_filters
from vigie.toolkit.paging import Page
from vigie.toolkit.written import Written, columns_of, kept, models_of, rows_of, written

BUILT_IN: Mapping[str, Filters] = {
    "to_handle": TO_HANDLE,
    "replied": Filters(status="replied", for_me=True),
    "mine": Filters(assignee="me"),
    "unassigned": Filters(assignee="none"),
    "risk": Filters(due="4h"),
    "waiting": Filters(status="waiting"),
    "open": Filters(),
    "all": Filters(status="all"),
}
MOST_VIEWS = 60
VIEW_CAP = 999  # beyond, a view says "999+": nobody reads further, and it costs ten times less
HERE = "here"


@dataclass(frozen=True, slots=True)
class View:
    """A view of the list at the left: built in (``code``) or saved (``row``), and how many tickets it holds."""

    filters: Filters
    count: int
    code: str = ""
    row: SavedView | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of the queue with all that its rows and its frame name."""

    page: Page
    count: int
    names: Names
    people: Mapping[int, str]
    clocks: Mapping[int, Meter]
    built_in: list[View]
    saved: list[View]
    bad_cursor: Refusal | None


def filters_of(query: str) -> Filters:
    """The filters of a saved query."""
    return read_filters(parse_qs(query))[0]


@kept
def _saved_statement(actor: Actor) -> Written | None:
    rows = access.visible_views(actor).order_by("position", "name", "id")
    return written(rows.values(*columns_of(SavedView))[:MOST_VIEWS])


def saved_views(actor: Actor) -> dict[SavedView, Filters]:
    """Saved views in sight: one's own first, in the order chosen, then those of teams and of everybody."""
    rows = sorted(
        models_of(SavedView, _saved_statement(actor)), key=lambda view: view.owner_id != actor.person_id
    )
    return {row: filters_of(row.query) for row in rows}


def queue_screen(actor: Actor, filters: Filters, *, now: dt.datetime, cursor: str | None) -> Screen:
    """The page of the queue for ``filters``. A broken cursor gives the first page and says so."""
    kept = saved_views(actor)
    names = names_in_sight(actor, [code for one in (filters, *kept.values()) for code in one.codes])
    bad_cursor = None
    try:
        page = queue_page(actor, filters, names, now=now, cursor=cursor)
    except Refusal as refusal:
        bad_cursor = refusal
        page = queue_page(actor, filters, names, now=now, cursor=None)
    people = people_in_sight(actor, filters.people)
    built_in, saved, count = _views(actor, kept, names, filters, now)
    return Screen(page, count, names, people, meters(page.rows, now=now), built_in, saved, bad_cursor)


@kept
def _people_statement(actor: Actor) -> Written | None:
    return written(visible_people(actor).filter(pk__any_of=[PEOPLE]).values("id", "name"))


def people_in_sight(actor: Actor, ids: list[int]) -> dict[int, str]:
    """Names of those of ``ids`` that the actor may see: an address may hold anybody's."""
    if not ids:
        return {}
    return {row["id"]: row["name"] for row in rows_of(_people_statement(actor), {PEOPLE: ids})}


def _views(
    actor: Actor, kept: Mapping[SavedView, Filters], names: Names, here: Filters | None, now: dt.datetime
) -> tuple[list[View], list[View], int]:
    wanted: dict[str, Filters] = {code: _counted(filters) for code, filters in BUILT_IN.items()}
    wanted.update((str(row.pk), _counted(filters)) for row, filters in kept.items())
    if here is not None:
        wanted[HERE] = _counted(here)
    found = _count_distinct(actor, wanted, names, now)
    built_in = [View(filters, found[code], code=code) for code, filters in BUILT_IN.items()]
    saved = [View(filters, found[str(row.pk)], row=row) for row, filters in kept.items()]
    return built_in, saved, found.get(HERE, 0)


def _counted(filters: Filters) -> Filters:
    return replace(filters, sort="")


def _count_distinct(
    actor: Actor, wanted: Mapping[str, Filters], names: Names, now: dt.datetime
) -> dict[str, int]:
    """Views that hold the same thing are counted once."""
    distinct = {filters: key for key, filters in wanted.items()}
    caps = {key: VIEW_CAP for key in distinct.values() if key != HERE}
    found = counts(actor, {key: filters for filters, key in distinct.items()}, names, now=now, caps=caps)
    return {key: found[distinct[filters]] for key, filters in wanted.items()}


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes quietly while a queue page stays open."""

    built_in: list[View]
    saved: list[View]
    fresh: int


def queue_pulse(actor: Actor, filters: Filters, *, since: dt.datetime | None, now: dt.datetime) -> Pulse:
    """Counts of the views, and how many tickets came into this one since the page was read."""
    kept = saved_views(actor)
    names = names_in_sight(actor, [code for one in (filters, *kept.values()) for code in one.codes])
    built_in, saved, _ = _views(actor, kept, names, None, now)
    fresh = fresh_count(actor, filters, names, since=since, now=now) if since else 0
    return Pulse(built_in, saved, fresh)


def rows_by_id(actor: Actor, ticket_ids: Iterable[int], *fields: str) -> list[dict[str, Any]]:
    """Narrow rows of the tickets in sight among ``ticket_ids``, in the order given."""
    wanted = list(dict.fromkeys(ticket_ids))
    found = {
        row["id"]: dict(row) for row in access.visible(actor).filter(pk__in=wanted).values("id", *fields)
    }
    return [found[pk] for pk in wanted if pk in found]
