"""Opening a ticket: who, what, which priority, which promise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction

from vigie.accounts import access as accounts_access
from vigie.accounts.actors import active_affiliations
from vigie.accounts.models import Affiliation
from vigie.catalog import access as catalog_access
from vigie.catalog.models import Service, Subscription
from vigie.contracts.actions import stamp_many
from vigie.contracts.queries import PromiseBook, promise_book, terms_of
from vigie.contracts.queries.book import SITE, Scope
from vigie.contracts.rules.cycles import CYCLE_KINDS
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tenancy import access as tenancy_access
from vigie.tenancy.models import Organisation, Site
from vigie.tenancy.walls import past_the_wall
from vigie.tickets.actions import telling
from vigie.tickets.actions.conversation import add_message, check_body, claim_uploads
from vigie.tickets.actions.findable import index_opening
from vigie.tickets.actions.ledger import (
    FactRow,
    NewFact,
    cache_reading,
    due_columns,
    fact_row,
    journal,
    refresh_support,
)
from vigie.tickets.actions.scope import scope_of
from vigie.tickets.events import TicketOpened
from vigie.tickets.labels import TYPES
from vigie.tickets.models import Clock, Fact, PriorityPolicy, Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row, clock_facts
from vigie.tickets.rules.priority import DEFAULT_MATRIX, computed_priority
from vigie.tickets.rules.reference import reference
from vigie.toolkit.events import announce
from vigie.workflow.queries import current_version, machine_of

TITLE_LIMIT = 250
_NEXT = """insert into tickets_counter (organisation_id, last) values (%s, 1)
on conflict (organisation_id) do update set last = tickets_counter.last + 1 returning last"""
TARGETED = (ClockKind.RESPONSE, ClockKind.RESOLUTION, *CYCLE_KINDS)


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a form, an import or a mail gives. ``opened_at`` when it was received, else now.

    ``acknowledge`` is False when a machine asks: answering it would talk to nobody, or to another machine.
    ``mail``: the ``conversation.mail_columns`` of the opening message when it came by mail.
    """

    organisation_id: int
    ticket_type: str
    title: str
    body: str
    requester_id: int
    beneficiary_id: int | None = None
    service_id: int | None = None
    category_id: int | None = None
    site_id: int | None = None
    impact: int | None = None
    urgency: int = 2
    channel: str = "portal"
    team_id: int | None = None
    assignee_id: int | None = None
    tags: tuple[str, ...] = ()
    is_confidential: bool = False
    is_html: bool = True
    opened_at: dt.datetime | None = None
    uploads: Sequence[str] = field(default=())
    submission: str = ""
    acknowledge: bool = True
    mail: Mapping[str, str] | None = None


@transaction.atomic
def open_ticket(actor: Actor, new: NewTicket, *, now: dt.datetime) -> Ticket:
    """Open a ticket with its promise stamped. The same ``submission`` twice gives the same ticket.

    Raises ``tickets.*`` refusals for bad input and :class:`NotFound` for a client out of sight.
    """
    actor.demand("tickets:open")
    if new.submission and (already := _already(actor, new)):
        return already
    title = _check(actor, new)
    organisation = _organisation(actor, new.organisation_id)
    beneficiary = _contact(actor, organisation, new.beneficiary_id or new.requester_id, now)
    if new.beneficiary_id and new.beneficiary_id != new.requester_id:
        _contact(actor, organisation, new.requester_id, now)
    ticket = _build(actor, new, organisation, beneficiary, title, now)
    clocks, opening = _promise(actor, ticket, organisation.timezone, now)
    try:
        with transaction.atomic():
            ticket.save(force_insert=True)
    except IntegrityError as error:
        if new.submission and (already := _already(actor, new)):
            return already
        raise error
    for clock in clocks:
        clock.ticket_id = ticket.pk
    Clock.objects.bulk_create(clocks)
    message = add_message(
        actor, ticket, new.body, kind="description", audience="public", is_html=new.is_html, at=ticket.opened_at,
        author_id=new.requester_id if actor.is_provider else actor.person_id, mail=new.mail,
    )  # fmt: skip
    claim_uploads(actor, ticket, message, new.uploads)
    with past_the_wall("notify"):  # all four cross it: once is enough
        index_opening(ticket, message)
        _journal(actor, ticket, opening, now)
        announce(TicketOpened(ticket.pk, ticket.organisation_id))
        telling.opened(actor, ticket, acknowledge=new.acknowledge, now=now)
    return ticket


def _already(actor: Actor, new: NewTicket) -> Ticket | None:
    return Ticket.objects.filter(requester_id=new.requester_id, submission=new.submission).first()


def _check(actor: Actor, new: NewTicket) -> str:
    """The trimmed title, once everything that needs no table was checked."""
    title = clean_title(new.title)
    if new.ticket_type not in TYPES:
        raise Refusal("tickets.unknown_type", field="ticket_type", ticket_type=new.ticket_type)
    check_body(new.body, new.is_html, may_be_empty=bool(new.mail))
    if actor.is_client and new.requester_id != actor.person_id:
        raise NotFound()
    return title


def clean_title(title: str) -> str:
    """The title on one line; refused when nothing is left of it or when it is too long."""
    title = " ".join(title.replace("\x00", "").split())
    if not title:
        raise Refusal("tickets.no_title", field="title")
    if len(title) > TITLE_LIMIT:
        raise Refusal("tickets.title_too_long", field="title", limit=TITLE_LIMIT)
    return title


def _organisation(actor: Actor, organisation_id: int) -> Organisation:
    columns = ("id", "code", "name", "timezone", "language", "kind")
    found = tenancy_access.visible(actor).filter(pk=organisation_id).only(*columns).first()
    if found is None:
        raise NotFound()
    return found


def _contact(actor: Actor, organisation: Organisation, person_id: int, now: dt.datetime) -> Affiliation:
    """The person's affiliation in force at this client, or a refusal naming who is not one (if in sight)."""
    for affiliation in active_affiliations(person_id, now.date()):
        if affiliation.organisation_id == organisation.pk:
            return affiliation
    name = accounts_access.visible(actor).filter(pk=person_id).values_list("name", flat=True).first()
    raise Refusal("tickets.not_a_contact", field="requester", name=name or person_id)


def is_vip_on(affiliation: Affiliation, day: dt.date) -> bool:
    """VIP status acts until its end date, never beyond."""
    return affiliation.is_vip and affiliation.vip_until is not None and day <= affiliation.vip_until


def _service(actor: Actor, new: NewTicket) -> tuple[Service | None, Subscription | None]:
    if new.service_id is None:
        return None, None
    subscribed = Subscription.objects.filter(
        organisation_id=new.organisation_id,
        service_id=new.service_id,
        service__is_active=True,
        is_active=True,
    )
    found = subscribed.select_related("service__default_team", "team").first()
    if found is None:
        catalog_access.one(actor, new.service_id)
        raise Refusal("tickets.service_not_subscribed", field="service")
    return found.service, found


def _site(new: NewTicket, affiliation: Affiliation) -> Site | None:
    wanted = new.site_id or affiliation.site_id
    if wanted is None:
        return None
    site = Site.objects.filter(pk=wanted, organisation_id=new.organisation_id).only(*SITE).first()
    if site is None:
        raise Refusal("tickets.site_of_another", field="site")
    return site


def next_reference(organisation: Organisation, ticket_type: str) -> str:
    """The client's next ticket number, taken under its row's lock. Gaps are possible, doubles are not."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [organisation.pk])
        last: int = cursor.fetchone()[0]
    return reference(ticket_type, organisation.code, last)


def priority_for(organisation_id: int, impact: int, urgency: int, is_vip: bool) -> int:
    """The computed priority under the client's own matrix, where it has one."""
    policy = PriorityPolicy.objects.filter(pk=organisation_id).first()
    return priority_under(policy, impact, urgency, is_vip)


def priority_under(policy: PriorityPolicy | None, impact: int, urgency: int, is_vip: bool) -> int:
    """The computed priority under ``policy``; the ITIL default without one."""
    if policy is None:
        return computed_priority(impact, urgency, matrix=DEFAULT_MATRIX, is_vip=is_vip)
    return computed_priority(impact, urgency, matrix=policy.matrix, is_vip=is_vip, vip_rule=policy.vip_rule)


def _build(
    actor: Actor,
    new: NewTicket,
    organisation: Organisation,
    beneficiary: Affiliation,
    title: str,
    now: dt.datetime,
) -> Ticket:
    service, subscription = _service(actor, new)
    category = None
    if new.category_id is not None:
        category = catalog_access.visible_categories(actor).filter(pk=new.category_id).first()
        if category is None:
            raise NotFound()
    site = _site(new, beneficiary)
    is_vip = is_vip_on(beneficiary, received_at(new, now).date())
    impact = impact_of(new, service)
    known = Known(
        reference=next_reference(organisation, new.ticket_type),
        version_id=current_version(new.ticket_type),
        service=service,
        category_id=category.pk if category else None,
        site=site,
        beneficiary_id=beneficiary.person_id,
        is_vip=is_vip,
        priority=priority_for(organisation.pk, impact, new.urgency, is_vip),
        team_id=subscription.team_id if subscription else None,
    )
    ticket = ticket_row(new, known, title, now)
    for team in (subscription.team if subscription else None, service.default_team if service else None):
        if team is not None and team.pk == ticket.team_id:
            ticket.team = team
    return ticket


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say of a new ticket; ``team_id`` is the team that handles this client's service."""

    reference: str
    version_id: int
    service: Service | None
    category_id: int | None
    site: Site | None
    beneficiary_id: int
    is_vip: bool
    priority: int
    team_id: int | None


def received_at(new: NewTicket, now: dt.datetime) -> dt.datetime:
    """When the provider received it, to the second; never after now, whatever another clock said."""
    return min(new.opened_at or now, now).replace(microsecond=0)


def impact_of(new: NewTicket, service: Service | None) -> int:
    """The impact given, else the one that the service's criticality proposes."""
    return new.impact or (min(service.criticality + 1, 3) if service else 3)


def ticket_row(new: NewTicket, known: Known, title: str, now: dt.datetime) -> Ticket:
    """The ticket as it stands when it opens (not saved). Pure."""
    machine = machine_of(known.version_id)
    service = known.service
    return Ticket(
        organisation_id=new.organisation_id,
        reference=known.reference,
        ticket_type=new.ticket_type,
        workflow_version_id=known.version_id,
        state=machine.initial,
        phase=machine.phase(machine.initial),
        title=title,
        impact=impact_of(new, service),
        urgency=new.urgency,
        computed_priority=known.priority,
        priority=known.priority,
        is_vip=known.is_vip,
        is_confidential=new.is_confidential,
        channel=new.channel,
        service=service,
        category_id=known.category_id,
        site=known.site,
        requester_id=new.requester_id,
        beneficiary_id=known.beneficiary_id,
        team_id=new.team_id or known.team_id or (service.default_team_id if service else None),
        assignee_id=new.assignee_id,
        tags=sorted({tag.strip().lower()[:40] for tag in new.tags if tag.strip()}),
        opened_at=received_at(new, now),
        created_at=now,
        updated_at=now,
        submission=new.submission,
    )


def promised(book: PromiseBook, scope: Scope) -> dict[ClockKind, Terms]:
    """The promises that a ticket of the desk carries."""
    return {kind: terms for kind, terms in book.terms_for(scope).items() if kind in TARGETED}


def at_once(terms: Mapping[ClockKind, Terms]) -> dict[ClockKind, Terms]:
    """Those whose clock starts with the ticket; the others wait for its first response."""
    return {kind: promise for kind, promise in terms.items() if kind not in CYCLE_KINDS}


def cycle_promises(
    ticket: Ticket, terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int]
) -> list[NewFact]:
    """The facts that stamp at its opening what is promised again and again. Pure."""
    return [
        NewFact(
            facts.PROMISED,
            {"cycles": str(kind), "clock": str(kind), "terms_id": ids[promise], "cause": "opening"},
            at=ticket.opened_at,
        )
        for kind, promise in terms.items()
        if kind in CYCLE_KINDS
    ]


def _promise(actor: Actor, ticket: Ticket, zone: str, now: dt.datetime) -> tuple[list[Clock], list[NewFact]]:
    """Stamp the terms and start the clocks of a ticket about to be written; the clocks and the facts of its opening (not saved).

    Before the ticket is: a row written again is written again in each of its indexes.
    """
    book = promise_book(ticket.organisation_id, zone=zone, sites=[ticket.site] if ticket.site else [])
    scope = scope_of(ticket)
    version = book.version_for(scope)
    ticket.contract_id = version.contract_id if version else None
    terms = promised(book, scope)
    ids = stamp_many(ticket.organisation_id, terms.values())
    opening = [*opening_facts(ticket), *cycle_promises(ticket, terms, ids)]
    rows = _rows(fact_row(actor, ticket, fact, now) for fact in opening)
    clocks = []
    for kind, stamped in at_once(terms).items():
        clock = Clock(organisation_id=ticket.organisation_id, kind=str(kind), terms_id=ids[stamped])
        # a new clock has no retargeting fact yet: no other terms are asked for
        started = clock_facts(str(kind), None, rows, terms_of)
        cache_reading(clock, read_clock(stamped, started, epoch(now)))
        clocks.append(clock)
    due_columns(ticket, clocks)
    return clocks, opening


def _journal(actor: Actor, ticket: Ticket, opening: Sequence[NewFact], now: dt.datetime) -> None:
    """Journal the opening, and begin the clocks of those behind the ticket."""
    written = journal(actor, ticket, opening, now=now)
    if ticket.team_id is not None:
        refresh_support(actor, ticket, now, _rows(written))


def _rows(made: Iterable[Fact | FactRow]) -> list[Row]:
    """Facts as a clock reads them; those not saved yet are numbered in their order."""
    return [Row(f.id or n, f.at, f.kind, f.after or {}, f.before or {}, f.side) for n, f in enumerate(made)]


def opening_facts(ticket: Ticket) -> list[NewFact]:
    """The facts of an opening: the ticket itself, and the team that receives it."""
    opened = NewFact(
        facts.OPENED,
        {
            "type": ticket.ticket_type,
            "state": ticket.state,
            "phase": ticket.phase,
            "priority": ticket.priority,
            "impact": ticket.impact,
            "urgency": ticket.urgency,
            "channel": ticket.channel,
            "service": ticket.service_id,
            "site": ticket.site_id,
            "vip": ticket.is_vip,
        },
        at=ticket.opened_at,
    )
    if ticket.team_id is None:
        return [opened]
    name = ticket.team.name_fr if ticket.team else ""
    team = {"team": ticket.team_id, "team_name": name, "assignee": ticket.assignee_id}
    return [opened, NewFact(facts.ASSIGNED, team, {}, at=ticket.opened_at)]
