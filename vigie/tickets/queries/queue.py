"""The queue: which tickets, in which order, how many, and the names that its rows show. Narrow reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import CharField, DateTimeField, F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import get_language

from vigie.accounts.access import visible_teams
from vigie.accounts.models import Person
from vigie.catalog.models import Service
from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.tickets import access
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.queries.meters import clock_that_matters
from vigie.tickets.rules.filters import Filters
from vigie.toolkit.paging import COUNT_CAP, Order, Page, Walk, page_from, walk
from vigie.toolkit.search import matching
from vigie.toolkit.written import PRESENT, Written, counted, kept, rows_of, stand_in, written

SOON = dt.timedelta(hours=4)
# A ticket may be entered some time after it was received; the index is on the latter.
BACKDATED = dt.timedelta(days=2)
PAGE_SIZE = 50
PHASES: Mapping[str, tuple[str, ...]] = {
    "live": ("active", "waiting"),
    "active": ("active",),
    "waiting": ("waiting",),
    "done": ("done",),
    "replied": ("done",),
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
    "assignee_id", "opened_at", "updated_at", "client_name", "requester_name", "assignee_name", "team_name",
    "service_name", "clock", "due_at", "due_kind",
)  # fmt: skip
# The names that a row shows, looked up for the rows of the page alone (a join would be made before the sort).
_NAMED = {
    "client_name": "select x.name from tenancy_organisation x where x.id = tickets_ticket.organisation_id",
    "requester_name": "select x.name from accounts_person x where x.id = tickets_ticket.requester_id",
    "assignee_name": "select x.name from accounts_person x where x.id = tickets_ticket.assignee_id",
    "team_name": "select x.{name} from accounts_team x where x.id = tickets_ticket.team_id",
    "service_name": "select x.{name} from catalog_service x where x.id = tickets_ticket.service_id",
}
PEOPLE, CODES = stand_in(1), stand_in(2)


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


def _label() -> str:
    return "name_en" if (get_language() or "fr").startswith("en") else "name_fr"


@kept
def _names_statement(actor: Actor, name: str, narrow: bool) -> Written | None:
    def part(kind: str, rows: QuerySet[Any], column: str) -> Any:
        if narrow:
            rows = rows.annotate(low=Lower("code")).filter(low__any_of=[CODES])
        return (
            rows.order_by().annotate(part=Value(kind), label=F(column)).values("part", "id", "code", "label")
        )

    clients = part("clients", visible_clients(actor), "name")
    others = (part("teams", visible_teams(actor), name), part("services", Service.objects.all(), name))
    return written(clients.union(*others, all=True))


def names_in_sight(actor: Actor, codes: Iterable[str] | None = None) -> Names:
    """Every client, team and service that the actor may see, or those of ``codes`` alone, in one statement."""
    wanted = None if codes is None else sorted({code.lower() for code in codes})
    if wanted == []:
        return Names()
    found: dict[str, dict[int, tuple[str, str]]] = {"clients": {}, "teams": {}, "services": {}}
    for row in rows_of(_names_statement(actor, _label(), wanted is not None), {CODES: wanted}):
        found[row["part"]][row["id"]] = (row["code"], row["label"])
    return Names(**found)


@kept
def _people_statement() -> Written | None:
    return written(Person.objects.filter(pk__any_of=[PEOPLE]).values("id", "name"))


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of the people that rows already in sight refer to."""
    wanted = sorted({pk for pk in ids if pk})
    if not wanted:
        return {}
    return {row["id"]: row["name"] for row in rows_of(_people_statement(), {PEOPLE: wanted})}


def with_names(tickets: QuerySet[Ticket], name: str) -> QuerySet[Ticket]:
    """``tickets`` with what a row shows beside its own columns; ``name`` is the reader's column of bilingual names."""
    named = {
        column: RawSQL(f"({sql.format(name=name)})", [], output_field=CharField())  # noqa: S611 (no value in it)
        for column, sql in _NAMED.items()
    }
    return tickets.annotate(clock=clock_that_matters(), **named)


def rows_for_list(tickets: QuerySet[Ticket]) -> list[dict[str, Any]]:
    """Rows (:data:`ROW_FIELDS`) of tickets already in sight, in no order."""
    return [dict(row) for row in with_names(tickets, _label()).values(*ROW_FIELDS)]


def filtered(actor: Actor, filters: Filters, names: Names, *, now: dt.datetime) -> QuerySet[Ticket]:
    """Tickets in sight that pass ``filters``. A code or person out of sight matches nothing."""
    tickets = access.visible(actor)
    if filters.status in PHASES:
        tickets = tickets.filter(phase__in=PHASES[filters.status])
    if filters.status == "replied":
        tickets = tickets.filter(awaiting_reply_since__isnull=False)
    if filters.for_me:
        ours = Q(team_id__any_of=sorted(actor.team_ids)) | Q(team_id=None)
        tickets = tickets.filter(Q(assignee_id=actor.person_id) | (Q(assignee_id=None) & ours))
    if filters.assignee:
        who = _person_id(actor, filters.assignee)
        tickets = tickets.filter(assignee_id=who)
    if filters.requester:
        tickets = tickets.filter(requester_id=int(filters.requester))
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


Ids = tuple[tuple[int, ...], ...]


def ids_of(filters: Filters, names: Names) -> Ids:
    """What the codes of ``filters`` stand for: ids of clients, teams and services."""
    kinds = ("clients", "teams", "services")
    return tuple(tuple(names.ids(kind, getattr(filters, kind))) for kind in kinds)


def filtered_by_ids(actor: Actor, filters: Filters, ids: Ids) -> QuerySet[Ticket]:
    """:func:`filtered` where ``ids`` stand for the codes; of the present, a stand-in."""
    clients, teams, services = ({pk: (str(pk), "") for pk in part} for part in ids)
    coded = replace(
        filters,
        clients=tuple(str(pk) for pk in clients) or filters.clients,
        teams=tuple(str(pk) for pk in teams) or filters.teams,
        services=tuple(str(pk) for pk in services) or filters.services,
    )
    return filtered(actor, coded, Names(clients, teams, services), now=PRESENT)


@kept
def _page_statement(
    actor: Actor, filters: Filters, ids: Ids, name: str, cursor: str | None, size: int
) -> tuple[Written | None, Walk]:
    tickets = with_names(filtered_by_ids(actor, filters, ids), name)
    rows, how = walk(tickets, ORDERS[filters.order], fields=ROW_FIELDS, size=size, cursor=cursor)
    return written(rows), how


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
    statement, how = _page_statement(actor, filters, ids_of(filters, names), _label(), cursor, size)
    return page_from(how, rows_of(statement, now=now))


def fresh_count(actor: Actor, filters: Filters, names: Names, *, since: dt.datetime, now: dt.datetime) -> int:
    """How many tickets that pass ``filters`` came in after ``since`` (counted up to 100)."""
    recent = filtered(actor, filters, names, now=now).filter(
        opened_at__gte=since - BACKDATED, created_at__gt=since
    )
    return recent.order_by()[:100].count()


@kept
def count_statement(actor: Actor, filters: Filters, ids: Ids, cap: int) -> Written | None:
    """The tickets that pass ``filters``, no further than one past ``cap``."""
    return written(filtered_by_ids(actor, filters, ids).order_by().values("id")[: cap + 1])


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
        cap = (caps or {}).get(key, COUNT_CAP)
        statement = count_statement(actor, filters, ids_of(filters, names), cap)
        if statement is not None:
            keys.append(key)
            parts.append(f"({counted(statement)})")
            values.extend(statement.filled({}, now))
    if not parts:
        return dict.fromkeys(wanted, 0)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts)}", values)
        row = cursor.fetchone() or ()
    return {**dict.fromkeys(wanted, 0), **dict(zip(keys, row, strict=True))}
