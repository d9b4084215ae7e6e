"""All that a ticket's page shows, in five narrow statements whatever the length of the conversation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from vigie.accounts.models import Affiliation, Person
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets import access
from vigie.tickets.models import Attachment, Clock, Draft, Message, Ticket, TicketLink, Watcher
from vigie.tickets.queries.clock_view import ClockView, clock_views
from vigie.tickets.queries.told import Told, tell
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row
from vigie.toolkit import richtext
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step

MESSAGE_LIMIT = 200
FACT_LIMIT = 400
RELATED_LIMIT = 20
SETTING_FACTS = "setting:facts"

COLUMNS = (
    "id", "reference", "former_references", "ticket_type", "workflow_version_id", "state", "phase", "pending_reason",
    "follow_up_at", "title", "impact", "urgency", "computed_priority", "priority", "is_vip", "is_confidential", "channel",
    "tags", "resolution_code", "cancel_reason", "opened_at", "resolved_at", "updated_at", "version", "organisation_id",
    "organisation__name", "organisation__code", "service_id", "service__name_fr", "service__name_en", "category_id",
    "category__name_fr", "category__name_en", "site_id", "site__name", "site__timezone", "contract_id",
    "contract__reference", "contract__name_fr", "contract__name_en", "requester_id", "requester__name",
    "requester__language", "requester__timezone", "requester__phone", "requester__email", "beneficiary_id",
    "beneficiary__name", "beneficiary__timezone", "team_id", "team__name_fr", "team__name_en", "assignee_id",
    "assignee__name", "parent_id", "duplicate_of_id", "reopen_count",
)  # fmt: skip

THREAD_KINDS = (
    facts.STATE, facts.RESPONDED, facts.PRIORITY, facts.TYPE, facts.ASSIGNED, facts.EDITED, facts.LINKED, facts.WATCHED,
    facts.WARNED, facts.BREACHED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the thread: a message or a thin line. ``key`` orders and names it."""

    at: dt.datetime
    key: str
    message: Mapping[str, Any] | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """What the page's templates read."""

    row: dict[str, Any]
    machine: Machine
    steps: list[Step]
    clocks: list[ClockView]
    items: list[Item]
    related: list[dict[str, Any]]
    watchers: list[dict[str, Any]]
    drafts: dict[str, str]
    show_facts: bool
    earlier: bool
    last_message: int
    last_fact: int


def ticket_page(actor: Actor, ticket_id: int, *, now: dt.datetime, everything: bool = False) -> TicketPage:
    """The page of one ticket in sight, or :class:`NotFound`."""
    row = _ticket(actor, ticket_id)
    messages = _messages(actor, ticket_id, None if everything else MESSAGE_LIMIT)
    journal = _journal(actor, ticket_id)
    machine = machine_of(row["workflow_version_id"])
    drafts = dict(row["drafts"])
    since = messages[0]["created_at"] if len(messages) == MESSAGE_LIMIT and not everything else None
    return TicketPage(
        row=row,
        machine=machine,
        steps=machine.steps_from(row["state"], "agent"),
        clocks=clock_views(row["live_clocks"], clock_rows(journal), now),
        items=thread(messages, journal, _names(journal), since),
        related=_related(actor, row),
        watchers=sorted(row["followers"], key=lambda w: str(w["name"])),
        drafts={
            kind: str(drafts.get(f"{kind}:{ticket_id}", {}).get("body", "")) for kind in ("reply", "note")
        },
        show_facts=bool(drafts.get(SETTING_FACTS, {}).get("shown", True)),
        earlier=since is not None,
        last_message=max((m["id"] for m in messages), default=0),
        last_fact=max((f["id"] for f in journal), default=0),
    )


def _ticket(actor: Actor, ticket_id: int) -> dict[str, Any]:
    """The ticket's own columns with the names they point at, and its small lists, in one statement."""
    places = [f"reply:{ticket_id}", f"note:{ticket_id}", SETTING_FACTS]
    clocks = Clock.objects.filter(ticket_id=OuterRef("pk")).exclude(state="cancelled").order_by("kind")
    watchers = Watcher.objects.filter(ticket_id=OuterRef("pk"))
    drafts = Draft.objects.filter(person_id=actor.person_id or 0, place__in=places)
    vip = Affiliation.objects.filter(
        organisation_id=OuterRef("organisation_id"), person_id=OuterRef("beneficiary_id")
    )
    found = (
        access.visible(actor)
        .filter(pk=ticket_id)
        .annotate(
            live_clocks=ArraySubquery(
                clocks.values(json=JSONObject(id="id", kind="kind", terms_id="terms_id", state="state"))
            ),
            followers=ArraySubquery(
                watchers.values(json=JSONObject(id="person_id", name="person__name", side="person__side"))
            ),
            drafts=ArraySubquery(drafts.values(json=JSONObject(place="place", content="content"))),
            vip_reason=Subquery(vip.values("vip_reason")[:1]),
        )
        .values(*COLUMNS, "live_clocks", "followers", "drafts", "vip_reason")
        .first()
    )
    if found is None:
        raise NotFound()
    found["drafts"] = [(d["place"], d["content"] or {}) for d in found["drafts"]]
    return dict(found)


def _messages(actor: Actor, ticket_id: int, limit: int | None, after: int = 0) -> list[dict[str, Any]]:
    """Messages with their files, oldest first; the newest ``limit`` of them."""
    files = Attachment.objects.filter(message_id=OuterRef("pk")).order_by("id")
    rows = (
        access.visible_messages(actor, Ticket(pk=ticket_id))
        .annotate(
            files=ArraySubquery(
                files.values(json=JSONObject(name="name", type="content_type", size="size", token=F("token")))
            )
        )
        .order_by("-created_at", "-id")
        .values(
            "id",
            "author_id",
            "author_name",
            "side",
            "kind",
            "audience",
            "is_automatic",
            "body",
            "is_html",
            "created_at",
            "files",
        )
    )
    if after:
        rows = rows.filter(pk__gt=after)
    found = [dict(row) for row in (rows[:limit] if limit else rows)]
    found.reverse()
    for row in found:
        _prepare(row)
    return found


def _prepare(row: dict[str, Any]) -> None:
    """What the template shows of a message: safe text, the folded quotation, files that are not pictures of the text."""
    row["tone"] = "note" if row["audience"] == "internal" else ("in" if row["side"] == "client" else "out")
    row["text"], row["quoted"] = (
        richtext.shown_folded(row["body"]) if row["is_html"] else richtext.plain_folded(row["body"])
    )
    row["files"] = [f for f in row["files"] if f"/files/{f['token']}" not in row["text"]]


def _journal(actor: Actor, ticket_id: int, after: int = 0) -> list[dict[str, Any]]:
    """The facts that the clocks and the thin lines are made of, oldest first."""
    wanted = {*CLOCK_KINDS, *THREAD_KINDS}
    rows = access.visible_facts(actor, Ticket(pk=ticket_id)).filter(kind__in=sorted(wanted), id__gt=after)
    found = rows.order_by("at", "id").values("id", "at", "kind", "actor_name", "side", "before", "after")
    return [dict(row) for row in found]


def clock_rows(journal: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [
        Row(f["id"], f["at"], f["kind"], f["after"] or {}, f["before"] or {})
        for f in journal
        if f["kind"] in CLOCK_KINDS
    ]


def _names(journal: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Names of the people that facts mention, in one statement."""
    wanted: set[int] = set()
    for fact in journal:
        for side in (fact["before"], fact["after"]):
            wanted.update(
                v for k, v in (side or {}).items() if k in ("assignee", "person") and isinstance(v, int)
            )
    return dict(Person.objects.filter(pk__in=wanted).values_list("pk", "name"))


def thread(
    messages: list[dict[str, Any]],
    journal: list[dict[str, Any]],
    names: Mapping[int, str],
    since: dt.datetime | None,
) -> list[Item]:
    """Messages and thin lines in the order in which they happened."""
    items = [Item(m["created_at"], f"m{m['id']}", message=m) for m in messages]
    lines = [f for f in journal if f["kind"] in THREAD_KINDS and (since is None or f["at"] >= since)]
    for fact in lines[-FACT_LIMIT:]:
        told = tell(fact, names)
        if told is not None:
            items.append(Item(fact["at"], f"f{fact['id']}", told=told))
    items.sort(key=lambda item: (item.at, item.message is None))
    return items


def _related(actor: Actor, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parent, children, duplicates, links and the requester's other open tickets, in one statement."""
    me = row["id"]
    mine = access.visible(actor).filter(organisation_id=row["organisation_id"]).exclude(pk=me)

    def part(role: str, tickets: QuerySet[Ticket]) -> QuerySet[Ticket, Any]:
        return tickets.values("id", "reference", "title", "state", "phase", role=Value(role))[:RELATED_LIMIT]

    def linked(kind: str, here: str, there: str) -> Q:
        return Q(pk__in=TicketLink.objects.filter(**{here: me}, kind=kind).values(there))

    live = ("active", "waiting")
    parts = [
        part("parent", mine.filter(pk=row["parent_id"] or 0)),
        part("child", mine.filter(parent_id=me)),
        part("master", mine.filter(pk=row["duplicate_of_id"] or 0)),
        part("duplicate", mine.filter(duplicate_of_id=me)),
        part(
            "related",
            mine.filter(linked("related", "source", "target") | linked("related", "target", "source"))[:50],
        ),
        part("follows", mine.filter(linked("follow_up", "source", "target"))),
        part("followed_by", mine.filter(linked("follow_up", "target", "source"))),
        part("requester", mine.filter(requester_id=row["requester_id"], phase__in=live)),
    ]
    return list(parts[0].union(*parts[1:], all=True))


def news(actor: Actor, ticket_id: int, *, after_message: int, after_fact: int) -> tuple[list[Item], int, int]:
    """Lines that came after those a page already shows, and the new last ids."""
    access.one(actor, ticket_id)
    messages = (
        _messages(actor, ticket_id, None, after_message)
        if after_message
        else _messages(actor, ticket_id, MESSAGE_LIMIT)
    )
    journal = _journal(actor, ticket_id, after_fact)
    items = thread(messages, journal, _names(journal), None)
    last_message = max([after_message, *(m["id"] for m in messages)])
    return items, last_message, max([after_fact, *(f["id"] for f in journal)])


def newer_messages(actor: Actor, ticket_id: int, seen: int) -> list[dict[str, Any]]:
    """Messages of others that came after the last one a page showed."""
    rows = Message.objects.filter(ticket_id=ticket_id, pk__gt=seen).exclude(author_id=actor.person_id)
    return [
        dict(row) for row in rows.order_by("pk").values("id", "author_name", "created_at", "audience")[:20]
    ]


def last_editor(actor: Actor, ticket_id: int, field: str) -> str:
    """Who changed this field last, for a conflict to name."""
    rows = access.visible_facts(actor, Ticket(pk=ticket_id)).filter(kind=facts.EDITED, after__has_key=field)
    return str(rows.order_by("-at", "-id").values_list("actor_name", flat=True).first() or "")
