"""What the form of a new request offers to a client's person, and what would be promised."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.accounts import access as accounts_access
from vigie.accounts.actors import active_affiliations
from vigie.accounts.models import Affiliation, Person
from vigie.catalog import access as catalog_access
from vigie.contracts.queries import promise_book
from vigie.contracts.queries.book import Scope
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.tenancy import access as tenancy_access
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.opening import at_once, is_vip_on, priority_for, promised
from vigie.tickets.models import Draft
from vigie.tickets.queries.customer import Promised
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name

PEOPLE_LIMIT = 8
FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be chosen: services of the client, its sites, and the colleague chosen so far."""

    services: list[Any]
    sites: list[Any]
    colleague: dict[str, Any] | None


def offer(actor: Actor, today: dt.date, colleague_id: int | None) -> Offer:
    """Every choice that the form proposes and checks, in narrow queries. ``colleague_id``: for whom it is, if told."""
    services = catalog_access.visible(actor).order_by("criticality", "id")
    sites = tenancy_access.visible_sites(actor).filter(is_active=True).order_by(by_name("name"))
    return Offer(
        services=list(services.values("id", "name_fr", "name_en", "icon")),
        sites=list(sites.values("id", "name")),
        colleague=_colleague(actor, colleague_id, today) if colleague_id else None,
    )


def own_site(actor: Actor) -> int | None:
    """The id of the person's own site, where it has one."""
    held = accounts_access.visible_affiliations(actor).filter(person_id=actor.person_id or 0)
    return held.values_list("site_id", flat=True).first()


def readers(actor: Actor) -> dict[str, str]:
    """Names of the two sides that will read a request: ``provider`` and ``client``."""
    sides = Organisation.objects.filter(Q(kind="provider") | Q(pk=actor.organisation_id))
    return dict(sides.values_list("kind", "name"))


def colleagues_named(actor: Actor, words: str, today: dt.date) -> list[dict[str, Any]]:
    """A few colleagues whose name holds every word; nobody for less than two letters: this is no directory."""
    words = words.replace("\x00", "").strip()
    if len(words) < FEWEST_LETTERS:
        return []
    found = _colleagues(actor, today)
    if wanted := holding(words, "name"):
        found = found.filter(wanted)
    return [{**row} for row in found.order_by(by_name("name")).values("id", "name")[:PEOPLE_LIMIT]]


def _colleague(actor: Actor, person_id: int, today: dt.date) -> dict[str, Any] | None:
    found = _colleagues(actor, today).filter(pk=person_id).values("id", "name").first()
    return {**found} if found else None


def _colleagues(actor: Actor, today: dt.date) -> QuerySet[Person]:
    """Other active people of the actor's client."""
    present = Affiliation.objects.filter(
        Q(active_from__isnull=True) | Q(active_from__lte=today),
        Q(active_until__isnull=True) | Q(active_until__gt=today),
        person_id=OuterRef("pk"),
        organisation_id=actor.organisation_id or 0,
    )
    return Person.objects.filter(Exists(present), is_active=True).exclude(pk=actor.person_id or 0)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What of a request not sent yet decides its promise."""

    ticket_type: str
    impact: int
    urgency: int
    service_id: int | None = None
    site_id: int | None = None
    beneficiary_id: int | None = None


def would_promise(actor: Actor, sketch: Sketch, now: dt.datetime) -> list[Promised]:
    """The promises as if the request were sent now, the response first. Empty where nothing is promised."""
    organisation_id = actor.organisation_id
    if organisation_id is None:
        return []
    person_id = sketch.beneficiary_id or actor.person_id or 0
    held = [a for a in active_affiliations(person_id, now.date()) if a.organisation_id == organisation_id]
    is_vip = bool(held) and is_vip_on(held[0], now.date())
    site_id = sketch.site_id or (held[0].site_id if held else None)
    scope = Scope(
        ticket_type=sketch.ticket_type,
        priority=priority_for(organisation_id, sketch.impact, sketch.urgency, is_vip),
        service_id=sketch.service_id,
        category_id=None,
        site_id=site_id,
        is_vip=is_vip,
        opened_at=now.replace(microsecond=0),
        beneficiary_id=person_id or None,
    )
    instant = epoch(now)
    start = [ClockFact(FactKind.START, instant)]
    chosen = at_once(promised(promise_book(organisation_id), scope))
    found = [Promised(str(kind), read_clock(terms, start, instant)) for kind, terms in chosen.items()]
    return sorted(found, key=lambda one: one.kind != "response")


def draft_at(actor: Actor, place: str) -> dict[str, Any]:
    """What the person was typing at ``place``, or nothing."""
    kept = (
        Draft.objects.filter(person_id=actor.person_id or 0, place=place)
        .values_list("content", flat=True)
        .first()
    )
    return dict(kept or {})
