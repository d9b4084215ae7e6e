"""All that a ticket's page shows, in five narrow statements whatever the length of the conversation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.db.models import JSONField, Q, QuerySet
from django.db.models.expressions import RawSQL

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.notifications.queries import Mailed, mailed, mails_of
from vigie.tickets import access
from vigie.tickets.labels import unverified_words
from vigie.tickets.models import Fact, Message, Ticket
from vigie.tickets.queries.acting import is_plain
from vigie.tickets.queries.clock_view import ClockView, clock_views, support_views
from vigie.tickets.queries.named import names_in, with_team_names
from vigie.tickets.queries.said import prepare
from vigie.tickets.queries.told import Told, tell
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row
from vigie.tickets.rules.noted import noted_by
from vigie.tickets.rules.support import KINDS as SUPPORT_KINDS
from vigie.toolkit import richtext
from vigie.toolkit.jinja import local_name
from vigie.toolkit.ordering import name_key
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step

MESSAGE_LIMIT = 200
FACT_LIMIT = 400
RELATED_LIMIT = 100
SETTING_FACTS = "setting:facts"
TICKET, REQUESTER, LINKED, AFTER = (stand_in(n) for n in range(1, 5))

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

RELATED_COLUMNS = (
    "id", "reference", "title", "state", "phase", "parent_id", "duplicate_of_id", "requester_id", "organisation_id",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "id", "author_id", "author_name", "side", "kind", "audience", "is_automatic", "body", "is_html", "via", "trust",
    "trust_detail", "rest", "rest_kind", "created_at",
)  # fmt: skip

THREAD_KINDS = (
    facts.STATE, facts.RESPONDED, facts.PRIORITY, facts.TYPE, facts.ASSIGNED, facts.EDITED, facts.LINKED, facts.WATCHED,
    facts.WARNED, facts.BREACHED, facts.REMINDED, facts.ASKED, facts.UNDELIVERED, facts.REFERRED, facts.ANSWERED,
    facts.JUDGED, facts.SUPPORT_WARNED, facts.CAUSED, facts.CORRECTED,
)  # fmt: skip
# What a clock writes by itself: it may fill a screen between two messages.
CLOCK_LINES = (facts.WARNED, facts.BREACHED, facts.SUPPORT_WARNED)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the thread: a message or a thin line. ``key`` orders and names it.

    ``folded`` are the lines of clocks just before it, which it stands for until they are asked.
    """

    at: dt.datetime
    key: str
    message: Mapping[str, Any] | None = None
    told: Told | None = None
    folded: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketPage:
    """What the page's templates read."""

    row: dict[str, Any]
    machine: Machine
    steps: list[Step]
    plain: frozenset[str]
    clocks: list[ClockView]
    cycles: dict[str, tuple[int, int]]
    support: list[ClockView]
    referral: dict[str, Any] | None
    may_refer: bool
    items: list[Item]
    related: list[dict[str, Any]]
    watchers: list[dict[str, Any]]
    proposed: list[dict[str, Any]]
    awaited: list[str]
    drafts: dict[str, str]
    versions: dict[str, str]
    beside: dict[str, str]
    show_facts: bool
    earlier: bool
    last_message: int
    last_fact: int


def ticket_page(actor: Actor, ticket_id: int, *, now: dt.datetime, everything: bool = False) -> TicketPage:
    """The page of one ticket in sight, or :class:`NotFound`."""
    row = _ticket(actor, ticket_id)
    messages = _messages(actor, ticket_id, None if everything else MESSAGE_LIMIT)
    journal = _journal(actor, ticket_id)
    opening = next((fact for fact in journal if fact["kind"] == facts.OPENED), None)
    for message in messages:
        message["noted_by"] = noted_by(message, opening)
    machine = machine_of(row["workflow_version_id"])
    lists = row["lists"]
    drafts = lists["drafts"]
    row["vip_reason"], row["unverified"] = lists["vip_reason"], _unverified(lists["unverified"])
    steps = machine.steps_from(row["state"], "agent")
    since = messages[0]["created_at"] if len(messages) == MESSAGE_LIMIT and not everything else None
    return TicketPage(
        row=row,
        machine=machine,
        steps=steps,
        plain=frozenset(step.verb for step in steps if is_plain(machine, step)),
        clocks=clock_views(lists["clocks"], clock_rows(journal), now),
        cycles={kind: (met, ended) for kind, (met, ended) in lists["cycles"].items()},
        support=_support(lists["support"], journal, now),
        referral=_referral(lists["referral"]),
        may_refer=lists["suppliers"] and row["phase"] in ("active", "waiting"),
        items=thread(messages, journal, since),
        related=_related(actor, row),
        watchers=sorted(lists["watchers"], key=lambda w: name_key(w["name"])),
        proposed=sorted(lists["proposed"], key=lambda w: name_key(w["name"])),
        awaited=list(lists["awaited"]),
        drafts=_drafted(drafts, ticket_id, "body"),
        versions=_drafted(drafts, ticket_id, "version"),
        beside=_drafted(drafts, ticket_id, "beside"),
        show_facts=bool(drafts.get(SETTING_FACTS, {}).get("shown", True)),
        earlier=since is not None,
        last_message=max((m["id"] for m in messages), default=0),
        last_fact=max((f["id"] for f in journal), default=0),
    )


def _drafted(drafts: Mapping[str, Any], ticket_id: int, part: str) -> dict[str, str]:
    """One part of the drafts of a ticket, by the kind of message."""
    return {kind: str(drafts.get(f"{kind}:{ticket_id}", {}).get(part, "")) for kind in ("reply", "note")}


def _support(
    clocks: list[dict[str, Any]], journal: list[dict[str, Any]], now: dt.datetime
) -> list[ClockView]:
    """What teams and suppliers promised and that runs now."""
    named = [{**clock, "holder": clock["supplier"] or local_name(clock)} for clock in clocks]
    return support_views(named, clock_rows(journal, SUPPORT_KINDS), now) if named else []


def _referral(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The referral to a supplier under way, with ``at`` as an instant."""
    return {**found, "at": dt.datetime.fromtimestamp(found["at"], dt.UTC)} if found else None


def _unverified(found: list[Any] | None) -> dict[str, Any] | None:
    """The first message whose sender is not verified: ``{"message": id, "why": words}``."""
    return {"message": found[0], "why": unverified_words(found[1])} if found else None


# The small lists that hang on a ticket, as one JSON object: cheaper to prepare than a query each.
_LISTS = """jsonb_build_object(
  'clocks', (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'terms_id', c.terms_id,
      'cycle', c.cycle, 'start', floor(extract(epoch from c.started_at))::bigint, 'stop', null)), '[]')
    from tickets_clock c where c.ticket_id = tickets_ticket.id and c.state <> 'cancelled'
      and (c.kind not in ('update', 'reply') or c.stopped_at is null)),
  'cycles', (select coalesce(jsonb_object_agg(k.kind, jsonb_build_array(k.met, k.ended)), '{}') from (
      select c.kind, count(*) filter (where c.state = 'met') met, count(*) ended from tickets_clock c
      where c.ticket_id = tickets_ticket.id and c.kind in ('update', 'reply') and c.state in ('met', 'missed')
      group by c.kind) k),
  'support', (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'kind', s.kind, 'terms_id', s.terms_id,
      'holder_id', coalesce(s.team_id, s.supplier_contract_id), 'name_fr', m.name_fr, 'name_en', m.name_en,
      'supplier', u.name)), '[]')
    from tickets_supportclock s left join accounts_team m on m.id = s.team_id
      left join contracts_suppliercontract k on k.id = s.supplier_contract_id
      left join contracts_supplier u on u.id = k.supplier_id
    where s.ticket_id = tickets_ticket.id and s.stopped_at is null and s.state <> 'cancelled'),
  'referral', (select jsonb_build_object('supplier', u.name, 'contract', k.reference, 'reference', r.reference,
      'note', r.note, 'state', r.state, 'at', floor(extract(epoch from r.referred_at))::bigint)
    from tickets_referral r join contracts_suppliercontract k on k.id = r.supplier_contract_id
      join contracts_supplier u on u.id = k.supplier_id
    where r.ticket_id = tickets_ticket.id and r.state in ('open', 'answered')),
  'suppliers', exists(select 1 from contracts_suppliercontract),
  'watchers', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name)), '[]')
    from tickets_watcher w join accounts_person p on p.id = w.person_id where w.ticket_id = tickets_ticket.id),
  'proposed', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name)), '[]')
    from tickets_proposedwatcher w join accounts_person p on p.id = w.person_id where w.ticket_id = tickets_ticket.id),
  'awaited', (select coalesce(jsonb_agg(p.name order by p.name), '[]')
    from tickets_approval w join accounts_person p on p.id = w.approver_id
    where w.ticket_id = tickets_ticket.id and w.verdict = ''),
  'links', (select coalesce(jsonb_agg(jsonb_build_array(l.source_id, l.target_id, l.kind)), '[]')
    from tickets_ticketlink l where tickets_ticket.id in (l.source_id, l.target_id)),
  'drafts', (select coalesce(jsonb_object_agg(d.place, d.content), '{}')
    from tickets_draft d where d.person_id = %s
      and d.place in ('reply:' || tickets_ticket.id, 'note:' || tickets_ticket.id, %s)),
  'unverified', (select jsonb_build_array(m.id, m.trust_detail) from tickets_message m
    where m.ticket_id = tickets_ticket.id and m.trust = 'unverified' order by m.created_at, m.id limit 1),
  'vip_reason', (select a.vip_reason from accounts_affiliation a
    where a.organisation_id = tickets_ticket.organisation_id and a.person_id = tickets_ticket.beneficiary_id))"""
_FILES = """(select coalesce(jsonb_agg(jsonb_build_object(
  'name', f.name, 'type', f.content_type, 'size', f.size, 'token', f.token) order by f.id), '[]')
  from tickets_attachment f where f.message_id = tickets_message.id)"""


@kept
def _ticket_statement(actor: Actor) -> Written | None:
    lists = RawSQL(_LISTS, [actor.person_id, SETTING_FACTS], output_field=JSONField())  # noqa: S611
    return written(access.visible(actor).filter(pk=TICKET).annotate(lists=lists).values(*COLUMNS, "lists"))


def _ticket(actor: Actor, ticket_id: int) -> dict[str, Any]:
    """The ticket's own columns with the names they point at, and its small lists, in one statement."""
    for row in rows_of(_ticket_statement(actor), {TICKET: ticket_id}):
        return row
    raise NotFound()


@kept
def _messages_statement(actor: Actor, limit: int | None) -> Written | None:
    rows = (
        access.visible_messages(actor, Ticket(pk=TICKET))
        .filter(pk__gt=AFTER)
        .annotate(files=RawSQL(_FILES, [], output_field=JSONField()))  # noqa: S611
        .annotate(mails=mails_of("tickets_message.id"))
        .order_by("-created_at", "-id")
        .values(*MESSAGE_COLUMNS, "files", "mails")
    )
    return written(rows[:limit] if limit else rows)


def _messages(actor: Actor, ticket_id: int, limit: int | None, after: int = 0) -> list[dict[str, Any]]:
    """Messages with their files, oldest first; the newest ``limit`` of them."""
    found = rows_of(_messages_statement(actor, limit), {TICKET: ticket_id, AFTER: after})
    found.reverse()
    for row in found:
        prepare(row)
    return found


@kept
def _journal_statement(actor: Actor) -> Written | None:
    wanted = sorted({*CLOCK_KINDS, *SUPPORT_KINDS, *THREAD_KINDS})
    rows = access.visible_facts(actor, Ticket(pk=TICKET)).filter(kind__in=wanted, id__gt=AFTER)
    return written(
        rows.order_by("at", "id").values(
            "id", "at", "kind", "actor_id", "actor_name", "side", "before", "after"
        )
    )


def _journal(actor: Actor, ticket_id: int, after: int = 0) -> list[dict[str, Any]]:
    """The facts that the clocks and the thin lines are made of, oldest first."""
    return rows_of(_journal_statement(actor), {TICKET: ticket_id, AFTER: after})


def clock_rows(journal: Iterable[Mapping[str, Any]], kinds: Iterable[str] = CLOCK_KINDS) -> list[Row]:
    return [
        Row(f["id"], f["at"], f["kind"], f["after"] or {}, f["before"] or {}, f["side"])
        for f in journal
        if f["kind"] in kinds
    ]


def thread(
    messages: list[dict[str, Any]],
    journal: list[dict[str, Any]],
    since: dt.datetime | None,
) -> list[Item]:
    """Messages and thin lines in the order in which they happened; of clock lines in a row the last one stands."""
    items = [Item(m["created_at"], f"m{m['id']}", message=m) for m in messages]
    lines = [f for f in journal if f["kind"] in THREAD_KINDS and (since is None or f["at"] >= since)]
    named = names_in(lines[-FACT_LIMIT:])
    for fact in with_team_names(lines[-FACT_LIMIT:], named):
        told = tell(fact, named.people)
        if told is not None:
            key = "c" if fact["kind"] in CLOCK_LINES else "f"
            items.append(Item(fact["at"], f"{key}{fact['id']}", told=told))
    items.sort(key=lambda item: (item.at, item.message is None))
    return _folded(items)


def _folded(items: list[Item]) -> list[Item]:
    found: list[Item] = []
    for is_clock, group in groupby(items, key=lambda item: item.key.startswith("c")):
        run = list(group)
        found += [replace(run[-1], folded=tuple(run[:-1]))] if is_clock else run
    return found


@kept
def _related_statement(actor: Actor) -> Written | None:
    tied = Q(pk__any_of=[LINKED]) | Q(parent_id=TICKET) | Q(duplicate_of_id=TICKET)
    others = Q(requester_id=REQUESTER, phase__in=("active", "waiting"))
    rows = access.visible(actor).filter(tied | others)
    return written(rows.values(*RELATED_COLUMNS)[:RELATED_LIMIT])


def _related(actor: Actor, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parent, children, duplicates, links and the requester's other open tickets, in one statement."""
    me = row["id"]
    links = {
        (target if source == me else source): (kind, source == me)
        for source, target, kind in row["lists"]["links"]
    }
    wanted = [*links, *(pk for pk in (row["parent_id"], row["duplicate_of_id"]) if pk)]
    given = {TICKET: me, REQUESTER: row["requester_id"], LINKED: wanted}
    found = []
    for other in rows_of(_related_statement(actor), given):
        if other["id"] != me and other["organisation_id"] == row["organisation_id"]:
            found += [{**other, "role": role} for role in _roles(row, other, links)]
    return sorted(found, key=lambda other: -int(other["id"]))


def _roles(
    row: Mapping[str, Any], other: Mapping[str, Any], links: Mapping[int, tuple[str, bool]]
) -> list[str]:
    """What another ticket is to this one; it may be several things at once."""
    kind, outward = links.get(other["id"], ("", False))
    tests = {
        "parent": other["id"] == row["parent_id"],
        "child": other["parent_id"] == row["id"],
        "master": other["id"] == row["duplicate_of_id"],
        "duplicate": other["duplicate_of_id"] == row["id"],
        "related": kind == "related",
        "follows": kind == "follow_up" and outward,
        "followed_by": kind == "follow_up" and not outward,
        "requester": other["requester_id"] == row["requester_id"] and other["phase"] in ("active", "waiting"),
    }
    return [role for role, holds in tests.items() if holds]


def news(actor: Actor, ticket_id: int, *, after_message: int, after_fact: int) -> tuple[list[Item], int, int]:
    """Lines that came after those a page already shows, and the new last ids."""
    access.one(actor, ticket_id)
    messages = (
        _messages(actor, ticket_id, None, after_message)
        if after_message
        else _messages(actor, ticket_id, MESSAGE_LIMIT)
    )
    journal = _journal(actor, ticket_id, after_fact)
    items = thread(messages, journal, None)
    last_message = max([after_message, *(m["id"] for m in messages)])
    return items, last_message, max([after_fact, *(f["id"] for f in journal)])


def mails_of_message(actor: Actor, ticket_id: int, message_id: int) -> list[Mailed]:
    """How a public message of a ticket in sight was mailed."""
    ticket = access.one(actor, ticket_id)
    messages = access.visible_messages(actor, ticket).filter(pk=message_id, audience="public")
    found = messages.annotate(mails=mails_of("tickets_message.id")).values_list("mails", flat=True).first()
    return mailed(found or [])


def newer_messages(actor: Actor, ticket_id: int, seen: int) -> list[dict[str, Any]]:
    """Messages of others that came after the last one a page showed."""
    rows = Message.objects.filter(ticket_id=ticket_id, pk__gt=seen).exclude(author_id=actor.person_id)
    return [
        dict(row) for row in rows.order_by("pk").values("id", "author_name", "created_at", "audience")[:20]
    ]


def last_editor(actor: Actor, ticket_id: int, field: str) -> str:
    """Who changed this field last, for a conflict to name."""
    edits = access.visible_facts(actor, Ticket(pk=ticket_id)).filter(kind=facts.EDITED, after__has_key=field)
    return _last_doer(edits)


def last_to(actor: Actor, ticket_id: int, kind: str) -> str:
    """Who last made a fact of this kind."""
    return _last_doer(access.visible_facts(actor, Ticket(pk=ticket_id)).filter(kind=kind))


def _last_doer(rows: QuerySet[Fact]) -> str:
    return str(rows.order_by("-at", "-id").values_list("actor_name", flat=True).first() or "")


def images_elsewhere(actor: Actor, ticket_id: int, message_id: int) -> list[str]:
    """Addresses of the pictures of one message that stand on other machines, as its sender wrote them."""
    ticket = access.one(actor, ticket_id)
    found = (
        access.visible_messages(actor, ticket).filter(pk=message_id).values_list("body", "is_html").first()
    )
    if found is None:
        raise NotFound()
    body, is_html = found
    return richtext.remote_images(body) if is_html else []
