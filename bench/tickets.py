"""The tickets of the bench and what hangs on them, as rows to COPY. The same for the same total."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bench.world import AGENTS, BUSY, HELD, NOW, PEOPLE, PORTAL, SERVICES, TEAMS, WORDS, client_of

SPAN = dt.timedelta(days=730)
NEVER = "9999-12-31T00:00:00+00:00"
LIVE_SHARE = 0.017
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
ANSWERED = 12 * MINUTE
SOLVED = ANSWERED + 3 * HOUR

TICKETS = (
    "id, organisation_id, reference, former_references, ticket_type, workflow_version_id, state, phase, pending_reason, title, "
    "impact, urgency, computed_priority, priority, is_vip, is_confidential, channel, service_id, site_id, contract_id, "
    "requester_id, beneficiary_id, team_id, assignee_id, tags, resolution_code, cancel_reason, opened_at, created_at, "
    "updated_at, first_response_at, restored_at, resolved_at, first_resolved_at, closed_at, reopen_count, "
    "reassignment_count, due_at, due_kind, has_breach, source, submission, version"
)
MESSAGES = (
    "organisation_id, ticket_id, author_id, author_name, side, kind, audience, is_automatic, body, is_html, created_at, "
    "submission"
)
FACTS = (
    "organisation_id, ticket_id, at, recorded_at, kind, actor_id, actor_name, side, audience, before, after"
)
CLOCKS = (
    "organisation_id, ticket_id, kind, terms_id, state, started_at, stopped_at, target_seconds, used_seconds, due_at, "
    "announced, next_announce_at"
)

OPENED = json.dumps({"type": "incident", "state": "new", "phase": "active", "priority": 3})
NEW = json.dumps({"state": "new", "phase": "active"})
STARTED = json.dumps({"state": "in_progress", "phase": "active", "verb": "start"})
WORKING = json.dumps({"state": "in_progress", "phase": "active"})
RESOLVED = json.dumps({"state": "resolved", "phase": "done", "verb": "resolve"})


class Brief(NamedTuple):
    """What the other rows need of a ticket."""

    id: int
    client: int
    requester: int
    opened: dt.datetime


def live_from(total: int) -> int:
    """The last ticket that is over; those after it are live."""
    return int(total * (1 - LIVE_SHARE))


def held_by(total: int) -> dict[int, tuple[int, int]]:
    """Requester and assignee of the live tickets that the measured people hold, spread over all live ones.

    As many in every data set: what one has open does not grow with the archive, and the pages compared are equally full.
    """
    first, many = live_from(total) + 1, HELD * len(BUSY)
    step = max((total - live_from(total)) // many, 1)
    return {
        first + n * step: (PORTAL[n % len(PORTAL)], BUSY[n % len(BUSY)])
        for n in range(many)
        if first + n * step <= total
    }


def ticket_rows(total: int, version_id: int, briefs: list[Brief]) -> Iterator[tuple[Any, ...]]:
    """Tickets by opening date. ``briefs`` is filled on the way."""
    rng = random.Random(1)
    step = SPAN / total
    last_over = live_from(total)
    numbers: dict[int, int] = {}
    held = held_by(total)
    for i in range(1, total + 1):
        person = AGENTS + 1 + rng.randrange(PEOPLE)
        assignee = rng.randrange(1, AGENTS + 1) if rng.random() < 0.9 else None
        person, assignee = held.get(i, (person, assignee))
        client = client_of(person)
        numbers[client] = numbers.get(client, 0) + 1
        opened = NOW - SPAN + step * i
        live = i > last_over
        priority = rng.choices((1, 2, 3, 4, 5), (2, 8, 40, 40, 10))[0]
        title = " ".join(rng.sample(WORDS, 5))
        answered = opened + rng.randrange(5, 120) * MINUTE
        resolved = None if live else min(opened + rng.randrange(1, 60) * HOUR, NOW)
        state, phase = ("in_progress", "active") if live else ("closed", "ended")
        due = NOW + rng.randrange(-3000, 6000) * MINUTE if live else NEVER
        briefs.append(Brief(i, client, person, opened))
        yield (
            i, client, f"INC-C{client}-{numbers[client]}", [], "incident", version_id, state, phase, "", title, 3, 2,
            priority, priority, False, False, "portal", rng.randrange(1, SERVICES + 1), client, client, person, person,
            rng.randrange(1, TEAMS + 1), assignee, [],
            "" if live else "solved_permanently", "", opened, opened, resolved or answered, answered, resolved, resolved,
            resolved, resolved, 0, 0, due, "resolution" if live else "", rng.random() < 0.06, "", "", 3,
        )  # fmt: skip


def message_rows(briefs: Iterable[Brief]) -> Iterator[tuple[Any, ...]]:
    """Three messages a ticket, ten on every hundredth; bodies drawn from two thousand."""
    rng = random.Random(2)
    bodies = ["<p>" + " ".join(rng.choices(WORDS, k=40)) + "</p>" for _ in range(2000)]
    for pk, client, person, opened in briefs:
        for n in range(10 if pk % 100 == 0 else 3):
            by = (pk % AGENTS + 1, "Agent", "provider") if n % 2 else (person, "Personne", "client")
            kind = "reply" if n else "description"
            yield (
                client, pk, *by, kind, "public", False, rng.choice(bodies), True, opened + 10 * n * MINUTE, "",
            )  # fmt: skip


def fact_rows(briefs: Iterable[Brief], last_over: int) -> Iterator[tuple[Any, ...]]:
    """Opened, answered and started; resolved where the ticket is over."""
    for pk, client, person, opened in briefs:
        agent = (pk % AGENTS + 1, "Agent", "provider", "public")
        begun = opened + ANSWERED
        yield (client, pk, opened, opened, "opened", person, "Personne", "client", "public", None, OPENED)
        yield (client, pk, begun, begun, "responded", *agent, None, "{}")
        yield (client, pk, begun, begun, "state", *agent, NEW, STARTED)
        if pk <= last_over:
            ended = opened + SOLVED
            yield (client, pk, ended, ended, "state", *agent, WORKING, RESOLVED)


def clock_rows(
    briefs: Iterable[Brief], terms: Mapping[tuple[int, str], int], last_over: int
) -> Iterator[tuple[Any, ...]]:
    """A response met, and a resolution met or running. ``terms`` are the stamped terms by client and kind."""
    for pk, client, _, opened in briefs:
        live = pk > last_over
        due = opened + 30 * HOUR
        yield (
            client, pk, "response", terms[client, "response"], "met", opened, opened + ANSWERED, 5400, 720,
            opened + 2 * HOUR, 0, None,
        )  # fmt: skip
        yield (
            client, pk, "resolution", terms[client, "resolution"], "running" if live else "met", opened,
            None if live else opened + SOLVED, 43200, 9000, due, 0, due if live else None,
        )  # fmt: skip
