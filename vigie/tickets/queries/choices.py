"""What may be chosen on a ticket's forms: agents, teams, services, categories, sites, contacts. Narrow and limited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vigie.accounts import access as accounts_access
from vigie.accounts.actors import active_affiliations
from vigie.accounts.models import Affiliation, Agent, AgentClient, Person, TeamMember
from vigie.catalog import access as catalog_access
from vigie.catalog.models import Category, Service
from vigie.contracts.queries import promise_book
from vigie.contracts.queries.book import Scope
from vigie.contracts.queries.support import supplier_contracts_for
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access as tenancy_access
from vigie.tenancy.models import Site
from vigie.tickets import access
from vigie.tickets.actions.approvals import usual_approvers
from vigie.tickets.actions.conversation import step_place
from vigie.tickets.actions.ledger import moment
from vigie.tickets.actions.opening import at_once, is_vip_on, priority_for, promised
from vigie.tickets.models import Draft, Referral, Ticket
from vigie.tickets.rules import facts
from vigie.toolkit.jinja import local_name
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name, name_key

FEWEST_LETTERS = 2
CONTACT = ("person_id", "is_vip", "site__name", "name", "email")
LIMIT = 20
Choices = list[tuple[int, str]]


def teams(actor: Actor, held_by: Iterable[int | None] = ()) -> Choices:
    """Teams that may be given a ticket; those that have it already (``held_by``) stay among them."""
    visible = accounts_access.visible_teams(actor)
    offered = accounts_access.offered_teams(visible).values("pk")
    kept = Q(pk__in=offered) | Q(pk__in=[pk for pk in held_by if pk])
    rows = visible.filter(kept).values("id", "level", "name_fr", "name_en")
    ordered = sorted(rows, key=lambda row: (row["level"], name_key(local_name(row))))
    return [(row["id"], local_name(row)) for row in ordered]


def agents(actor: Actor, organisation_id: int, held_by: int | None = None) -> list[dict[str, Any]]:
    """Active agents authorised for the client, with the teams each belongs to; who has the ticket stays among them."""
    allowed = AgentClient.objects.filter(agent_id=OuterRef("pk"), organisation_id=organisation_id)
    authorised = Agent.objects.filter(Q(all_clients=True) | Exists(allowed), person__is_active=True)
    offered = accounts_access.offered_agents(authorised).values("pk")
    found = authorised.filter(Q(pk__in=offered) | Q(pk=held_by or 0))
    members: dict[int, list[int]] = {}
    for agent_id, team_id in TeamMember.objects.values_list("agent_id", "team_id"):
        members.setdefault(agent_id, []).append(team_id)
    rows = found.order_by(by_name("person__name")).values_list("person_id", "person__name")
    return [{"id": pk, "name": name, "teams": members.get(pk, [])} for pk, name in rows]


def services(actor: Actor, organisation_id: int) -> Choices:
    """Services that the client subscribes to."""
    held = catalog_access.visible_subscriptions(actor).filter(
        organisation_id=organisation_id, service_id=OuterRef("pk"), is_active=True
    )
    rows = catalog_access.visible(actor).filter(Exists(held)).values("id", "name_fr", "name_en")
    return sorted(((row["id"], local_name(row)) for row in rows), key=lambda c: name_key(c[1]))


def categories(actor: Actor) -> Choices:
    """The tree as lines: "Mail › Calendar"."""
    rows = list(
        catalog_access.visible_categories(actor)
        .order_by("path")
        .values("id", "code", "path", "name_fr", "name_en")
    )
    names = {row["code"]: local_name(row) for row in rows}
    return [(row["id"], " › ".join(names.get(code, code) for code in row["path"].split("/"))) for row in rows]


def sites(actor: Actor, organisation_id: int) -> Choices:
    rows = tenancy_access.visible_sites(actor).filter(organisation_id=organisation_id, is_active=True)
    return list(rows.order_by(by_name("name")).values_list("id", "name"))


def clients(actor: Actor) -> Choices:
    """Clients in sight that are not closed, by name."""
    return list(
        tenancy_access.visible(actor)
        .exclude(status="closed")
        .order_by(by_name("name"))
        .values_list("id", "name")
    )


def contacts(actor: Actor, organisation_id: int, words: str, today: dt.date) -> list[dict[str, Any]]:
    """Contacts of one client whose name or address holds every word, active today."""
    if not actor.sees(organisation_id):
        raise NotFound()
    found = _contacts(actor, words, today).filter(organisation_id=organisation_id)
    return [dict(row) for row in found[:LIMIT]]


def callers(actor: Actor, words: str, today: dt.date) -> list[dict[str, Any]]:
    """The same of every client in sight that is not closed, each with its client; nobody for less than two letters."""
    if len(words.strip()) < FEWEST_LETTERS:
        return []
    found = _contacts(actor, words, today).exclude(organisation__status="closed")
    return [dict(row) for row in found.values(*CONTACT, "organisation_id", "organisation__name")[:LIMIT]]


def _contacts(actor: Actor, words: str, today: dt.date) -> QuerySet[Any, dict[str, Any]]:
    rows = accounts_access.visible_affiliations(actor).filter(
        Q(active_from__isnull=True) | Q(active_from__lte=today),
        Q(active_until__isnull=True) | Q(active_until__gt=today),
        person__is_active=True,
    )
    if wanted := holding(words, "person__name", "person__email"):
        rows = rows.filter(wanted)
    named = rows.annotate(name=F("person__name"), email=F("person__email"))
    found: QuerySet[Any, dict[str, Any]] = named.order_by(by_name("person__name"), "id").values(*CONTACT)
    return found


def approvers(organisation_id: int, requester_id: int, now: dt.datetime) -> Choices:
    """Who of the client is usually asked to approve, by name."""
    ids = usual_approvers(organisation_id, requester_id, now)
    return list(Person.objects.filter(pk__in=ids).order_by(by_name("name")).values_list("id", "name"))


def contact_name(actor: Actor, organisation_id: int, person_id: int) -> str:
    """The name of a contact of the client, empty when it is not one."""
    rows = accounts_access.visible_affiliations(actor).filter(
        organisation_id=organisation_id, person_id=person_id
    )
    return str(rows.values_list("person__name", flat=True).first() or "")


def followers(actor: Actor, organisation_id: int, words: str, today: dt.date) -> list[dict[str, Any]]:
    """Who may follow a ticket: the client's contacts and the agents authorised for it."""
    people = contacts(actor, organisation_id, words, today)
    found = [{"value": c["person_id"], "label": c["name"], "more": c["email"] or ""} for c in people]
    wanted = words.casefold().split()
    for agent in agents(actor, organisation_id):
        if all(word in agent["name"].casefold() for word in wanted) and len(found) < 2 * LIMIT:
            found.append({"value": agent["id"], "label": agent["name"], "more": ""})
    return found


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a ticket not opened yet would get: its priority, and when each promise falls due."""

    priority: int
    is_vip: bool
    due: Mapping[str, dt.datetime]


def outlook(actor: Actor, values: Mapping[str, Any], now: dt.datetime) -> Outlook | None:
    """The priority and promise of the form's present values; ``None`` before a client is chosen."""
    organisation_id = values.get("organisation")
    if not organisation_id:
        return None
    if not actor.sees(organisation_id):
        raise NotFound()
    held = _affiliation(values.get("beneficiary") or values.get("requester"), organisation_id, now.date())
    is_vip = held is not None and is_vip_on(held, now.date())
    impact = values.get("impact") or _proposed_impact(values.get("service"))
    priority = priority_for(organisation_id, impact, values.get("urgency") or 2, is_vip)
    scope = Scope(
        ticket_type=values.get("ticket_type") or "incident",
        priority=priority,
        service_id=values.get("service"),
        category_id=values.get("category"),
        site_id=values.get("site") or (held.site_id if held else None),
        is_vip=is_vip,
        opened_at=now.replace(microsecond=0),
        beneficiary_id=held.person_id if held else None,
    )
    at = epoch(now)
    start = [ClockFact(FactKind.START, at)]
    terms = at_once(promised(promise_book(organisation_id), scope))
    dues = {str(kind): moment(read_clock(term, start, at).due_at) for kind, term in terms.items()}
    return Outlook(priority, is_vip, {kind: due for kind, due in dues.items() if due is not None})


def _affiliation(person_id: int | None, organisation_id: int, today: dt.date) -> Affiliation | None:
    if not person_id:
        return None
    return next(
        (a for a in active_affiliations(person_id, today) if a.organisation_id == organisation_id), None
    )


def _proposed_impact(service_id: int | None) -> int:
    """As opening does: a critical service proposes a wider impact."""
    if not service_id:
        return 3
    criticality = Service.objects.filter(pk=service_id).values_list("criticality", flat=True).first()
    return min((criticality or 3) + 1, 3)


def draft_at(actor: Actor, place: str) -> dict[str, Any]:
    """What the person was typing at ``place``, or nothing."""
    kept = (
        Draft.objects.filter(person_id=actor.person_id or 0, place=place)
        .values_list("content", flat=True)
        .first()
    )
    return dict(kept or {})


def step_draft(actor: Actor, ticket_id: int, verb: str) -> dict[str, Any]:
    """What was typed in the form of a step; in the form of another one, the message alone follows."""
    kept = draft_at(actor, step_place(ticket_id))
    typed = kept if kept.pop("verb", "") == verb else {"text": kept.get("text", "")}
    return {name: value for name, value in typed.items() if value}


def last_step(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Who brought the ticket to its present state, and when: ``actor_name``, ``at``; ``None`` at its opening."""
    taken = access.visible_facts(actor, ticket).filter(kind=facts.STATE).order_by("-at", "-id")
    found = taken.values("actor_name", "at").first()
    return {**found} if found else None


def names_of_values(facts: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, str]]:
    """Names of the services, categories and sites that facts mention by id."""
    wanted: dict[str, set[int]] = {"service_id": set(), "category_id": set(), "site_id": set()}
    for fact in facts:
        for side in (fact["before"], fact["after"]):
            for column, ids in wanted.items():
                if isinstance(value := (side or {}).get(column), int):
                    ids.add(value)
    found: dict[str, dict[int, str]] = {}
    for column, model in (("service_id", Service), ("category_id", Category)):
        rows = model.objects.filter(pk__in=wanted[column]).values("id", "name_fr", "name_en")
        found[column] = {row["id"]: local_name(row) for row in rows}
    found["site_id"] = dict(Site.objects.filter(pk__in=wanted["site_id"]).values_list("id", "name"))
    return found


def supplier_contracts(service_id: int | None, on: dt.date) -> list[tuple[int, str]]:
    """Supplier contracts in force: those that cover the service first, then the others."""
    covering = {contract.pk for contract in supplier_contracts_for(service_id, on)} if service_id else set()
    found = sorted(supplier_contracts_for(None, on), key=lambda contract: contract.pk not in covering)
    return [(one.pk, f"{one.supplier.name} · {one.reference} · {local_name(one)}") for one in found]


def referral_state(ticket_id: int) -> str:
    """Of the referral under way: ``open`` or ``answered``; "" without one. The ticket is in sight."""
    under_way = Referral.objects.filter(ticket_id=ticket_id, state__in=["open", "answered"])
    return under_way.values_list("state", flat=True).first() or ""
