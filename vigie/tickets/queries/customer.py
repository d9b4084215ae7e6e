"""What a client's people read of their tickets: lists, one ticket, its conversation and its promises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest

from vigie.accounts.models import Person
from vigie.contracts.rules.reading import Reading
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access
from vigie.tickets.actions.ledger import load_rows, reading_of
from vigie.tickets.labels import CLOCKS
from vigie.tickets.models import Approval, Attachment, Clock, Fact, Message, Ticket
from vigie.tickets.queries.queue import people_names
from vigie.tickets.rules import cycles, facts
from vigie.toolkit import search
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, Walk, page_from, page_of, walk
from vigie.toolkit.written import CUSTOMER, Written, kept, of, rows_of, written

PAGE_SIZE = 20
FOUND_LIMIT = 200
TO_APPROVE_LIMIT = 20
NEWEST = Order(("-updated_at", "-id"))
FIELDS = (
    "id", "reference", "title", "ticket_type", "state", "phase", "pending_reason", "opened_at", "updated_at",
    "requester_id", "beneficiary_id", "first_response_at", "service__name_fr", "service__name_en",
)  # fmt: skip
LISTED = (*FIELDS, "last_line_at")
STORY = (facts.OPENED, facts.STATE, facts.REMINDED)
Show = Literal["open", "closed", "all"]
PHASES: dict[Show, tuple[str, ...]] = {"open": ("active", "waiting", "done"), "closed": ("ended",)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list of the portal shows: open tickets, closed ones or both, one's own or all in sight, by words."""

    show: Show = "open"
    company: bool = False
    words: str = ""


def _lined(tickets: QuerySet[Ticket]) -> QuerySet[Any]:
    """With ``last_line_at``: the last line of the conversation as a client reads it.

    The row itself also moves by what no client is told: an assignment, a note, an alarm of a clock. The database reads
    it for the rows of the page alone, once they are sorted and cut.
    """
    said = Message.objects.filter(ticket_id=OuterRef("pk"), audience="public").order_by("-created_at")
    done = Fact.objects.filter(ticket_id=OuterRef("pk"), audience="public", kind__in=STORY).order_by("-at")
    return tickets.annotate(
        last_line_at=Greatest(
            F("opened_at"), Subquery(said.values("created_at")[:1]), Subquery(done.values("at")[:1])
        )
    )


@kept
def _own_statement(show: Show, size: int) -> tuple[Written | None, Walk]:
    tickets = _lined(_in_phase(access.own(CUSTOMER), show))
    rows, how = walk(tickets, NEWEST, fields=LISTED, size=size, cursor=None)
    return written(rows), how


def _in_phase(tickets: QuerySet[Ticket], show: Show) -> QuerySet[Ticket]:
    return tickets.filter(phase__in=PHASES[show]) if show in PHASES else tickets


def listed(actor: Actor, wish: Wish, cursor: str | None, *, size: int = PAGE_SIZE) -> Page:
    """One page of tickets as a client reads them, the last to have moved first."""
    if wish == Wish(show=wish.show) and cursor is None:
        statement, how = _own_statement(wish.show, size)
        return _named(page_from(how, rows_of(statement, of(actor))))
    tickets = _in_phase(access.visible(actor) if wish.company else access.own(actor), wish.show)
    if wish.words:
        tickets = tickets.filter(pk__in=search.find_as_customer("ticket", wish.words, limit=FOUND_LIMIT))
    return _named(page_of(_lined(tickets), NEWEST, fields=LISTED, size=size, cursor=cursor))


def _named(page: Page) -> Page:
    """With who asked; in the order of the dates that are shown."""
    page.rows.sort(key=lambda row: row["last_line_at"], reverse=True)
    names = people_names(row["requester_id"] for row in page.rows)
    for row in page.rows:
        row["requester"] = names.get(row["requester_id"], "")
    return page


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Names of people in sight; those who left the client are simply absent."""
    return dict(Person.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def found(actor: Actor, words: str, *, limit: int = 5) -> list[dict[str, Any]]:
    """The tickets in sight that answer ``words`` best."""
    ids = search.find_as_customer("ticket", words, limit=50)
    if not ids:
        return []
    rows = {row["id"]: row for row in access.visible(actor).filter(pk__in=ids).values(*FIELDS)}
    return [rows[pk] for pk in ids if pk in rows][:limit]


def one(actor: Actor, ticket_id: int) -> Ticket:
    """The ticket with its service and site, or :class:`NotFound`."""
    ticket = access.visible(actor).select_related("service", "site").filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound()
    return ticket


def to_approve(actor: Actor) -> list[dict[str, Any]]:
    """Tickets that await the actor's approval, the oldest first, with who asked for them."""
    rows = rows_of(_put_to_statement(), of(actor))
    return [{**row, "requester": row["requester__name"]} for row in rows]


@kept
def _put_to_statement() -> Written | None:
    found = _lined(access.put_to(CUSTOMER).filter(phase="waiting").exclude(requester_id=CUSTOMER.me))
    return written(found.order_by("opened_at", "id").values(*LISTED, "requester__name")[:TO_APPROVE_LIMIT])


def awaited(ticket: Ticket) -> dict[int, str]:
    """Whose approval the ticket awaits: names by id."""
    rows = Approval.objects.filter(ticket_id=ticket.pk, verdict="").order_by(by_name("approver__name"))
    return dict(rows.values_list("approver_id", "approver__name"))


def conversation(actor: Actor, ticket: Ticket) -> list[Any]:
    """Public messages, oldest first, each with its files."""
    files: dict[int, list[Any]] = {}
    attached = Attachment.objects.filter(ticket_id=ticket.pk, audience="public", message__isnull=False)
    for row in attached.order_by("id").values("message_id", "name", "token", "size", "content_type"):
        files.setdefault(row["message_id"], []).append(row)
    messages: list[Any] = list(
        access.visible_messages(actor, ticket)
        .order_by("created_at", "id")
        .values(
            "id", "author_id", "author_name", "side", "kind", "body", "is_html", "created_at", "via", "trust"
        )
    )
    for message in messages:
        shown = [f for f in files.get(message["id"], []) if f["token"] not in message["body"]]
        message["files"] = shown
    return messages


def steps_taken(actor: Actor, ticket: Ticket) -> list[Any]:
    """The opening, the changes of state and the reminders, oldest first."""
    return list(
        access.visible_facts(actor, ticket)
        .filter(kind__in=STORY)
        .order_by("at", "id")
        .values("at", "kind", "actor_id", "actor_name", "side", "after", "before")
    )


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise of a ticket and what its clock says. ``kept``: of a promise kept again and again, how many cycles
    ended in time, and how many ended."""

    kind: str
    reading: Reading
    kept: tuple[int, int] | None = None


def promises(actor: Actor, ticket: Ticket, now: dt.datetime) -> list[Promised]:
    """The ticket's live promises, the response first, read from the journal at ``now``; of cycles the last one."""
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED)
    last: dict[str, Clock] = {}
    ended: dict[str, list[str]] = {}
    for clock in live.order_by("cycle", "id"):
        last[clock.kind] = clock
        if clock.stopped_at is not None:
            ended.setdefault(clock.kind, []).append(clock.state)
    if not last:
        return []
    rows = load_rows(ticket.pk)
    read = [
        Promised(clock.kind, reading_of(clock, rows, now), _kept(clock, ended)) for clock in last.values()
    ]
    order = list(CLOCKS)
    return sorted(read, key=lambda promised: order.index(promised.kind))


def _kept(clock: Clock, ended: Mapping[str, list[str]]) -> tuple[int, int] | None:
    if clock.kind not in cycles.KINDS:
        return None
    states = ended.get(clock.kind, [])
    return states.count(Clock.State.MET), len(states)
