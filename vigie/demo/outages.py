"""Outages: one parent, the tickets of those who noticed, the duplicates."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from vigie.contracts.rules.instants import epoch
from vigie.demo.lives import Fate, Teller, actor_for
from vigie.demo.phrases import NOTICED, SOLVED
from vigie.demo.scenarios import Scenario, paragraphs, scenarios, told
from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions.ingest import Duplicated, Event, History, Parented, Stepped
from vigie.tickets.actions.lifecycle import Given


def outage(teller: Teller) -> list[History]:
    """One outage of the client's main site, some months before the anchor."""
    chance, language = teller.chance, "en" if teller.client.spec.english > 0.5 else "fr"
    scenario = next(s for s in scenarios() if s.code == ("link-down" if language == "en" else "site-coupe"))
    day = teller.anchor - dt.timedelta(days=chance.randrange(20, 300))
    while day.weekday() > 3:
        day -= dt.timedelta(days=1)
    start = day.replace(
        hour=14 if teller.client.spec.code == "BOREAL" else 9, minute=chance.randrange(60), second=7
    )
    parent = teller.tell("outage", scenario, 1, start, Fate(0.3, chance.uniform(0.4, 0.9), confirms=False))
    solved = next(e.at for e in parent.events if isinstance(e, Stepped) and e.verb == "resolve")
    children = [
        _noticed(teller, scenario, n, start + dt.timedelta(minutes=3 + 4 * n), solved, language)
        for n in range(chance.randrange(6, 11))
    ]
    return [parent, *children]


def _noticed(
    teller: Teller, scenario: Scenario, n: int, opened: dt.datetime, solved: dt.datetime, language: str
) -> History:
    who = 8 + n * 2 if len(teller.client.contacts) > 30 + n * 2 else 5 + n
    plain = teller.tell(f"outage{n}", scenario, who, opened, Fate(0.1, 0.1, stop_at=1, unassigned=True))
    person, name, _ = teller._agent("n1-lille", opened)
    agent = actor_for(person, name, "provider")
    at = min(opened + dt.timedelta(minutes=6 + n), solved - dt.timedelta(minutes=2))
    slots = teller._slots(scenario, who)
    title, body = (told(text, slots, language, teller.chance) for text in NOTICED[language])
    events: list[Event]
    if n % 4 == 3:
        events = [Duplicated(at, agent, "outage")]
    else:
        text = paragraphs(told(SOLVED[language], slots, language, teller.chance))
        given = Given(resolution_code="solved_by_supplier", text=text)
        end = dt.datetime.fromtimestamp(epoch(solved) + 60 + n, dt.UTC)
        events = [Parented(at, agent, "outage"), Stepped(end, SYSTEM, "resolve", given)]
    new = replace(plain.new, title=title, body=paragraphs(body), impact=3, urgency=1)
    past = tuple(event for event in events if event.at <= teller.anchor)
    return History(new, plain.by, opened, past, f"outage{n}")
