"""The queue: what needs somebody now, in views, filters, pages and rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.tickets.queries.preview import preview_of
from vigie.tickets.queries.screen import VIEW_CAP, Screen, View, queue_pulse, queue_screen
from vigie.tickets.rules.filters import Filters, as_query, read_filters, without
from vigie.tickets.views import words
from vigie.tickets.views.rows import described_rows, table_rows
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import capped
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import STATES, label


@lru_cache(maxsize=2048)
def address(filters: Filters, **more: Any) -> str:
    """The queue's address for ``filters``."""
    query = {**as_query(filters), **{k: v for k, v in more.items() if v}}
    return f"{reverse('queue')}?{urlencode(query, safe=',')}"


def filters_from(request: Request) -> tuple[Filters, list[str]]:
    return read_filters(dict(request.GET.lists()))


@agents("tickets:view")
def queue(request: Request) -> HttpResponse:
    """The queue. An address written by a form (repeated or empty names) is first made readable."""
    filters, unknown = filters_from(request)
    view_id = request.GET.get("view", "")
    if any(len(values) > 1 or not values[0] for _key, values in request.GET.lists()):
        return HttpResponseRedirect(address(filters, view=view_id))
    now = timezone.now()
    screen = queue_screen(request.actor, filters, now=now, cursor=request.GET.get("cursor"))
    return render(request, "tickets/queue.html", _context(request, filters, screen, unknown, now))


def _context(
    request: Request, filters: Filters, screen: Screen, unknown: list[str], now: dt.datetime
) -> dict[str, Any]:
    columns = [c for c in request.session.get("queue_columns", words.DEFAULT_COLUMNS) if c in words.COLUMNS]
    shown, may_bulk = frozenset(columns), request.actor.can("tickets:work")
    saved_id = request.GET.get("view", "")
    current = _current(filters, screen.built_in, screen.saved, saved_id)
    query = urlencode(as_query(filters), safe=",")
    return {
        "title": _title(current),
        "count": capped(screen.count),
        "total": ngettext("%(number)s ticket", "%(number)s tickets", screen.count)
        % {"number": capped(screen.count)},
        "navs": navs(screen.built_in, screen.saved, current),
        "chips": [
            (name, value, address(without(filters, key), view=saved_id))
            for key, name, value in words.chips(filters, screen.names, dict(screen.people))
        ],
        "filters": filters,
        "hidden": [(k, v) for k, v in as_query(without(filters, "q")).items()],
        "columns": _headings(filters, columns, saved_id),
        "all_columns": [(code, str(word), code in columns) for code, word in words.COLUMNS.items()],
        "sorts": _sorts(filters, saved_id),
        "sort_word": words.SORTS[filters.order],
        "rows": table_rows(described_rows(screen.page.rows, screen.clocks, shown), shown, may_bulk),
        "previous": screen.page.previous and address(filters, view=saved_id, cursor=screen.page.previous),
        "next": screen.page.next and address(filters, view=saved_id, cursor=screen.page.next),
        "here": address(filters, view=saved_id),
        "again": address(filters, view=saved_id, cursor=request.GET.get("cursor")),
        "query": query,
        "since": now.isoformat(),
        "view": current.row if current else None,
        "changed": bool(current and current.row and replace(current.filters) != filters),
        "toasts": [*_unknown(unknown), *_bad_cursor(screen)],
        "may_bulk": may_bulk,
        "may_share": request.actor.can("views:share"),
    }


def _unknown(names: list[str]) -> list[dict[str, str]]:
    if not names:
        return []
    sentence_ = ngettext(
        "A filter of this address is not known and was left out: %(names)s.",
        "Some filters of this address are not known and were left out: %(names)s.",
        len(names),
    )
    return [{"text": sentence_ % {"names": ", ".join(names[:5])}, "tone": "warn"}]


def _bad_cursor(screen: Screen) -> list[dict[str, str]]:
    return [{"text": sentence(screen.bad_cursor), "tone": "warn"}] if screen.bad_cursor else []


def _current(filters: Filters, built_in: list[View], saved: list[View], saved_id: str) -> View | None:
    """The view that the address is in: the one it names, else the one that holds the same filters."""
    for view in saved:
        if view.row and str(view.row.pk) == saved_id:
            return view
    plain = replace(filters, sort="")
    return next((v for v in (*built_in, *saved) if replace(v.filters, sort="") == plain), None)


def _title(current: View | None) -> str:
    if current is None:
        return _("Tickets")
    return current.row.name if current.row else str(words.VIEWS[current.code][0])


def navs(
    built_in: list[View], saved: list[View], current: View | None
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The lists of views at the left, as the kit draws them."""
    fixed = [
        {
            "label": words.VIEWS[view.code][0],
            "icon": words.VIEWS[view.code][1],
            "href": address(view.filters),
            "current": bool(current and current.code == view.code),
            "count": capped(view.count, VIEW_CAP),
            "late": view.code == "risk" and view.count > 0,
        }
        for view in built_in
    ]
    own = [
        {
            "label": view.row.name,
            "icon": "star" if not (view.row.is_shared or view.row.team_id) else "users",
            "href": address(view.filters, view=view.row.pk),
            "current": bool(current and current.row and current.row.pk == view.row.pk),
            "count": capped(view.count, VIEW_CAP),
        }
        for view in saved
        if view.row
    ]
    return [(_("Views"), fixed), *([(_("Saved views"), own)] if own else [])]


def _headings(filters: Filters, columns: list[str], saved_id: str) -> list[dict[str, Any]]:
    headings: list[dict[str, Any]] = [{"label": _("Reference"), "kind": "ref"}, {"label": _("Subject")}]
    for code in columns:
        heading: dict[str, Any] = {
            "label": words.COLUMNS[code],
            "kind": {"left": "num", "requester": "roomy", "updated": "fit c-spare"}.get(code, "fit"),
        }
        sort = words.COLUMN_SORTS.get(code)
        if sort and (filters.is_live or sort[0] not in ("left", "priority")):
            heading["sort"] = address(replace(filters, sort=sort[0]), view=saved_id)
            if filters.order == sort[0]:
                heading["direction"] = sort[1]
        headings.append(heading)
    return headings


def _sorts(filters: Filters, saved_id: str) -> list[tuple[str, str, bool]]:
    possible = words.SORTS if filters.is_live else ("updated", "newest", "oldest")
    return [
        (str(words.SORTS[code]), address(replace(filters, sort=code), view=saved_id), filters.order == code)
        for code in possible
    ]


@agents("tickets:view", answers="fragment")
def pulse(request: Request) -> HttpResponse:
    """Counts and the "3 new" bar of an open page; the rows themselves are left alone."""
    filters, _unknown_names = filters_from(request)
    try:
        since = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        since = None
    if since is not None and since.tzinfo is None:
        since = None
    found = queue_pulse(request.actor, filters, since=since, now=timezone.now())
    current = _current(filters, found.built_in, found.saved, request.GET.get("view", ""))
    values = {
        "navs": navs(found.built_in, found.saved, current),
        "fresh": found.fresh,
        "here": address(filters, view=request.GET.get("view", "")),
    }
    return render(request, "tickets/_queue_pulse.html", values)


@agents("tickets:view", answers="fragment")
def preview(request: Request, ticket_id: int) -> HttpResponse:
    """The selected row at a glance: last message, clock, who has it."""
    found = preview_of(request.actor, ticket_id, now=timezone.now())
    values = {
        "found": found,
        "state_word": label(STATES, found.row["state"]),
        "shape": words.shape(found.row["state"], found.row["phase"]),
    }
    return render(request, "tickets/_queue_preview.html", values)


@agents("tickets:view", answers="redirect")
def columns(request: Request) -> HttpResponse:
    """Which columns this person sees, kept in the session."""
    if request.method == "POST":
        chosen = [code for code in words.COLUMNS if code in request.POST.getlist("column")]
        request.session["queue_columns"] = chosen or list(words.DEFAULT_COLUMNS)
    filters, _unknown_names = filters_from(request)
    return HttpResponseRedirect(address(filters, view=request.GET.get("view", "")))
