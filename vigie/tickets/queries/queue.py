"""The queue: which tickets, in which order, how many, and the names that its rows show. Narrow reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import get_language

from vigie.accounts.access import visible_teams
from vigie.accounts.models import Person
from vigie.catalog.models import Service
from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.tickets import access
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules.filters import Filters
from vigie.toolkit.paging import COUNT_CAP, Order, Page, page_of
from vigie.toolkit.search import matching

SOON = dt.timedelta(hours=4)
# A ticket may be entered some time after it was received; the index is on the latter.
BACKDATED = dt.timedelta(days=2)
PAGE_SIZE = 50
PHASES: Mapping[str, tuple[str, ...]] = {
    "live": ("active", "waiting"),
    "active": ("active",),
    "waiting": ("waiting",),
    "done": ("done",),
    "closed": ("ended",),
}
ORDERS: Mapping[str, Order] = {
    "left": Order(("due_at", "id")),
    "newest": Order(("-opened_at", "-id")),
    "oldest": Order(("opened_at", "id")),
    "updated": Order(("-updated_at", "-id")),
    "priority": Order(("priority", "due_at", "id")),
}
ROW_FIELDS = (
    "id", "reference", "ticket_type", "title", "tags", "state", "phase", "priority", "is_vip", "is_confidential",
    "organisation_id", "requester_id", "team_id", "assignee_id", "service_id", "due_at", "due_kind", "has_breach",
    "opened_at", "updated_at", "awaiting_reply_since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Names of clients, teams and services by id, in the reader's language, with their codes both ways."""

    clients: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    teams: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    services: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def ids(self, kind: str, codes: Iterable[str]) -> list[int]:
        """Ids of ``codes``; a code that is unknown or out of sight has none."""
        wanted = {code.lower() for code in codes}
        table: Mapping[int, tuple[str, str]] = getattr(self, kind)
        return [pk for pk, (code, _) in table.items() if code.lower() in wanted]


def names_in_sight(actor: Actor) -> Names:
    """Every client, team and service that the actor may see, in one statement."""
    label = "name_en" if (get_language() or "fr").startswith("en") else "name_fr"

    def part(kind: str, rows: QuerySet[Any], name: str) -> Any:
        return (
            rows.order_by()
            .annotate(part=Value(kind), label=F(name))
            .values_list("part", "id", "code", "label")
        )

    found: dict[str, dict[int, tuple[str, str]]] = {"clients": {}, "teams": {}, "services": {}}
    clients = part("clients", visible_clients(actor), "name")
    others = (part("teams", visible_teams(actor), label), part("services", Service.objects.all(), label))
    for kind, pk, code, name in clients.union(*others, all=True):
        found[kind][pk] = (code, name)
    return Names(**found)


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of the people that rows already in sight refer to."""
    wanted = {pk for pk in ids if pk}
    return dict(Person.objects.filter(pk__any_of=sorted(wanted)).values_list("pk", "name")) if wanted else {}


def filtered(actor: Actor, filters: Filters, names: Names, *, now: dt.datetime) -> QuerySet[Ticket]:
    """Tickets in sight that pass ``filters``. A code or person out of sight matches nothing."""
    tickets = access.visible(actor)
    if filters.status in PHASES:
        tickets = tickets.filter(phase__in=PHASES[filters.status])
    if filters.for_me:
        ours = Q(team_id__any_of=sorted(actor.team_ids)) | Q(team_id=None)
        tickets = tickets.filter(Q(assignee_id=actor.person_id) | (Q(assignee_id=None) & ours))
    if filters.assignee:
        who = _person_id(actor, filters.assignee)
        tickets = tickets.filter(assignee_id=who)
    if filters.due:
        tickets = tickets.filter(due_at__lt=now + (SOON if filters.due == "4h" else dt.timedelta()))
    if filters.breached:
        tickets = tickets.filter(pk__in=_breached_in(filters.breached))
    for column, values in _in(filters, names):
        tickets = tickets.filter(**{f"{column}__in": values})
    if filters.vip:
        tickets = tickets.filter(is_vip=True)
    if filters.tag:
        tickets = tickets.filter(tags__contains=[filters.tag]).exclude(tags=[])
    if filters.q:
        organisations = None if actor.organisations is None else sorted(actor.organisations)
        found = matching("ticket", filters.q, audiences=("public", "internal"), organisations=organisations)
        tickets = tickets.filter(pk__in=found)
    return tickets


def _breached_in(month: str) -> QuerySet[Clock, Any]:
    """Tickets of which a clock ran out in ``month`` ("2026-11"), as the reader's zone counts months."""
    first = dt.date.fromisoformat(f"{month}-01")
    after = (first + dt.timedelta(days=31)).replace(day=1)
    clocks = Clock.objects.filter(breached_at__gte=_fixed(first), breached_at__lt=_fixed(after))
    return clocks.exclude(state=Clock.State.CANCELLED).order_by().values("ticket_id")


def _fixed(day: dt.date) -> Cast:
    """The start of ``day`` written as text: among the parameters an instant follows the present (``counts``)."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
    return Cast(Value(start.isoformat()), DateTimeField())


def _person_id(actor: Actor, assignee: str) -> int | None:
    if assignee == "me":
        return actor.person_id
    return int(assignee) if assignee.isdigit() else None


def _in(filters: Filters, names: Names) -> list[tuple[str, Sequence[Any]]]:
    """``(column, values)`` of the filters that name several values."""
    wanted: list[tuple[str, Sequence[Any]]] = []
    if filters.types:
        wanted.append(("ticket_type", filters.types))
    if filters.priorities:
        wanted.append(("priority", filters.priorities))
    if filters.clients:
        wanted.append(("organisation_id", names.ids("clients", filters.clients)))
    if filters.teams:
        wanted.append(("team_id", names.ids("teams", filters.teams)))
    if filters.services:
        wanted.append(("service_id", names.ids("services", filters.services)))
    return wanted


def queue_page(
    actor: Actor,
    filters: Filters,
    names: Names,
    *,
    now: dt.datetime,
    cursor: str | None,
    size: int = PAGE_SIZE,
) -> Page:
    """One page of the queue, after or before ``cursor``."""
    tickets = filtered(actor, filters, names, now=now)
    return page_of(tickets, ORDERS[filters.order], fields=ROW_FIELDS, size=size, cursor=cursor)


def fresh_count(actor: Actor, filters: Filters, names: Names, *, since: dt.datetime, now: dt.datetime) -> int:
    """How many tickets that pass ``filters`` came in after ``since`` (counted up to 100)."""
    recent = filtered(actor, filters, names, now=now).filter(
        opened_at__gte=since - BACKDATED, created_at__gt=since
    )
    return recent.order_by()[:100].count()


# Counts are asked at every page: their SQL is written once, with this instant in place of the present.
_SOME_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@lru_cache(maxsize=1024)
def _count_sql(
    actor: Actor, filters: Filters, ids: tuple[tuple[int, ...], ...], cap: int
) -> tuple[str, tuple[Any, ...]] | None:
    """The capped count as a scalar subquery; ``None`` when nothing can match. ``ids``: what the codes stand for."""
    clients, teams, services = ({pk: (str(pk), "") for pk in part} for part in ids)
    coded = replace(
        filters,
        clients=tuple(str(pk) for pk in clients) or filters.clients,
        teams=tuple(str(pk) for pk in teams) or filters.teams,
        services=tuple(str(pk) for pk in services) or filters.services,
    )
    tickets = filtered(actor, coded, Names(clients, teams, services), now=_SOME_DAY)
    try:
        sql, params = tickets.order_by().values("pk")[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"(select count(*) from ({sql}) t)", tuple(params)  # noqa: S608 (written by the ORM)


def counts(
    actor: Actor,
    wanted: Mapping[str, Filters],
    names: Names,
    *,
    now: dt.datetime,
    caps: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """How many tickets each of the filters holds, all in one statement, no further than one past its cap.

    ``caps`` gives a key's own cap; the others have ``COUNT_CAP``.
    """
    parts: list[str] = []
    values: list[Any] = []
    keys: list[str] = []
    for key, filters in wanted.items():
        ids = tuple(
            tuple(names.ids(kind, getattr(filters, kind))) for kind in ("clients", "teams", "services")
        )
        written = _count_sql(actor, filters, ids, (caps or {}).get(key, COUNT_CAP))
        if written is None:
            continue
        keys.append(key)
        parts.append(written[0])
        values.extend(now + (v - _SOME_DAY) if isinstance(v, dt.datetime) else v for v in written[1])
    if not parts:
        return dict.fromkeys(wanted, 0)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts)}", values)
        row = cursor.fetchone() or ()
    return {**dict.fromkeys(wanted, 0), **dict(zip(keys, row, strict=True))}
