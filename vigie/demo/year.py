"""Fourteen months of work of one client, and the day in progress."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from vigie.contracts.queries import promise_book
from vigie.contracts.rules.instants import epoch, zone_of
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.promise import ClockKind
from vigie.demo.lives import Fate, Teller, actor_for
from vigie.demo.outages import outage
from vigie.demo.scenarios import Scenario, scenarios
from vigie.demo.settle import HISTORY, Client, Settled
from vigie.tickets.actions.ingest import History, Watched
from vigie.tickets.models import PriorityPolicy

TICKETS = 2950
HOURS = (0, 0, 0, 0, 0, 1, 3, 12, 34, 42, 36, 30, 14, 24, 36, 32, 24, 14, 6, 3, 2, 1, 1, 0)  # by local hour
WEEKDAYS = (28, 23, 20, 20, 17, 3, 1)
MONTHS = (1.1, 1.0, 1.05, 0.95, 0.9, 1.0, 0.75, 0.6, 1.25, 1.15, 1.1, 0.9)
LIVE_SHARE = 36  # tickets made to be alive at the anchor, over all clients
PERSONAS_FIRST = {
    "VALMONT": 4,
    "HARGROVE": 1,
}  # contacts whom a visitor may be come first in their client's list
FAVOURITES = frozenset({"Léa Martin", "Emily Tremblay"})


def histories_of(
    settled: Settled, client: Client, chance: random.Random, anchor: dt.datetime
) -> list[History]:
    """All tickets of the client in the order in which they were opened."""
    teller = Teller(
        settled, client, promise_book(client.organisation.pk), PriorityPolicy.objects.filter(pk=client.organisation.pk).first(),
        chance, anchor,
    )  # fmt: skip
    found = [past_ticket(teller, n, opened) for n, opened in enumerate(openings_of(client, chance, anchor))]
    found += outage(teller)
    live = max(3, round(LIVE_SHARE * client.spec.share))
    found += [live_ticket(teller, n) for n in range(live)]
    return sorted(found, key=lambda history: (history.created_at, history.key))


def openings_of(client: Client, chance: random.Random, anchor: dt.datetime) -> list[dt.datetime]:
    """When people asked: their weekdays and hours, the season, up to a few days ago (the rest is the live day)."""
    zone, count = zone_of(client.spec.zone), round(TICKETS * client.spec.share)
    days = [(anchor - HISTORY + dt.timedelta(days=n)).astimezone(zone) for n in range(HISTORY.days)]
    weights = [WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] for day in days]
    found = []
    for day in chance.choices(days, weights, k=count):
        hour = chance.choices(range(24), HOURS)[0]
        local = day.replace(
            hour=hour, minute=chance.randrange(60), second=chance.randrange(60), microsecond=0
        )
        found.append(local.astimezone(dt.UTC))
    return sorted(at for at in found if at < anchor - dt.timedelta(hours=2))


def pick(teller: Teller, language: str, *, kind: str = "") -> Scenario:
    """A scenario in the requester's language, of a service that the client uses, by its weight."""
    spec = teller.client.spec
    fitting = [
        s for s in scenarios()
        if s.language == language and s.service in spec.services and (not s.clients or spec.code in s.clients)
        and (not kind or s.ticket_type == kind) and s.code not in ("site-coupe", "link-down")
    ]  # fmt: skip
    return teller.chance.choices(fitting, [s.weight for s in fitting])[0]


def requester(teller: Teller) -> int:
    """Some people ask more than others; those whom visitors may be ask a little more still."""
    contacts = teller.client.contacts
    if teller.client.spec.code in ("VALMONT", "HARGROVE") and teller.chance.random() < 0.07:
        return teller.chance.randrange(4 if teller.client.spec.code == "VALMONT" else 1)
    return min(int(teller.chance.betavariate(1.0, 1.8) * len(contacts)), len(contacts) - 1)


def past_ticket(teller: Teller, n: int, opened: dt.datetime) -> History:
    chance, who = teller.chance, requester(teller)
    scenario = pick(teller, teller.client.contacts[who].language)
    late = chance.random() < 0.055
    fate = Fate(
        response=chance.uniform(1.05, 1.6) if chance.random() < 0.02 else chance.uniform(0.05, 0.75),
        resolution=chance.uniform(1.05, 1.7) if late else min(chance.lognormvariate(-1.35, 0.6), 0.93),
        reopens=chance.random() < 0.045 and scenario.ticket_type == "incident",
        confirms=chance.random() < 0.55,
    )
    return teller.tell(f"{n:05d}", scenario, who, opened, fate)


# share of the resolution target used at the anchor; turns told; unassigned
STAGES = (
    (0.02, 1, True), (0.05, 1, True), (0.1, 2, False), (0.3, 3, False), (0.55, 3, False), (0.8, 3, False), (0.93, 4, False),
    (0.985, 3, False), (1.03, 3, False), (0.4, 4, False), (0.2, 2, False), (0.01, 1, True), (0.65, 4, False), (0.995, 2, False),
)  # fmt: skip


def live_ticket(teller: Teller, n: int) -> History:
    """A ticket of the day in progress, placed so that its clock stands where we want it at the anchor."""
    chance, who = teller.chance, requester(teller)
    who = n if n < PERSONAS_FIRST.get(teller.client.spec.code, 0) else who
    share, told, unassigned = STAGES[(n + len(teller.client.spec.code)) % len(STAGES)]
    scenario = pick(teller, teller.client.contacts[who].language, kind="incident" if n % 3 else "")
    told = min(
        max(told, 2) if n < PERSONAS_FIRST.get(teller.client.spec.code, 0) else told, len(scenario.turns) - 1
    )
    unassigned = unassigned and told < 2
    opened = opened_for(teller, scenario, who, share * chance.uniform(0.97, 1.0))
    fate = Fate(chance.uniform(0.05, 0.5), max(share * 0.6, 0.05), stop_at=told, unassigned=unassigned)
    teller.favourites = FAVOURITES if n % 3 == 0 else frozenset()
    history = teller.tell(f"live{n:03d}", scenario, who, opened, fate)
    teller.favourites = frozenset()
    return _watched(teller, history) if share > 0.9 else history


def _watched(teller: Teller, history: History) -> History:
    """The coordinator follows what is about to be late, and so does the one who answers for the contract."""
    coordinator, delivery = (teller.settled.staff[name] for name in ("Karim Benali", "Sophie Lefèvre"))
    at = history.events[-1].at if history.events else history.created_at
    by = actor_for(coordinator.pk, coordinator.name, "provider")
    sees = teller.settled.sees[delivery.pk]
    people = [coordinator, *([delivery] if sees is None or teller.client.organisation.pk in sees else [])]
    return replace(history, events=(*history.events, *(Watched(at, by, person.pk) for person in people)))


def opened_for(teller: Teller, scenario: Scenario, who: int, share: float) -> dt.datetime:
    """When to open a ticket so that ``share`` of its resolution target is used at the anchor."""
    new = teller._new(scenario, who, teller.anchor)
    terms = teller._clocks(new).get(ClockKind.RESOLUTION)
    if terms is None:
        return teller.anchor - dt.timedelta(hours=1)
    hours = openings(terms.calendar)
    back = hours.back(epoch(teller.anchor), max(int(terms.target.value * share), 120))
    return dt.datetime.fromtimestamp(back, dt.UTC)
