"""A bench data set written by COPY: 200 clients, 20,000 people, 60 agents, N tickets with ~3 messages each."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

CLIENTS, PEOPLE, AGENTS, TEAMS, SERVICES = 200, 20_000, 60, 6, 15
NOW = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
SPAN = dt.timedelta(days=730)
NEVER = "9999-12-31T00:00:00+00:00"
WORDS = [
    "messagerie",
    "imprimante",
    "réseau",
    "VPN",
    "poste",
    "écran",
    "serveur",
    "sauvegarde",
    "accès",
    "mot",
    "de",
    "passe",
    "partage",
    "dossier",
    "facture",
    "paie",
    "logiciel",
    "erreur",
    "lenteur",
    "blocage",
    "téléphone",
    "visioconférence",
    "certificat",
    "antivirus",
    "mise",
    "à",
    "jour",
    "licence",
    "Outlook",
    "Excel",
    "session",
    "profil",
    "compte",
    "badge",
    "scanner",
    "étiquette",
    "entrepôt",
    "caisse",
    "borne",
    "wifi",
    "switch",
    "baie",
    "disque",
    "mémoire",
    "batterie",
    "printer",
    "mailbox",
    "password",
    "access",
    "laptop",
    "network",
    "outage",
    "slow",
    "update",
    "license",
]


def copy(link: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """COPY rows into a table; how many."""
    count = 0
    with link.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as out:
        for row in rows:
            out.write_row(row)
            count += 1
    return count


def people(link: psycopg.Connection[Any], rng: random.Random) -> None:
    """Clients, sites, contacts, agents, teams, services, contracts: a few thousand rows."""
    copy(
        link,
        "tenancy_organisation",
        "id, kind, code, name, legal_name, nature, status, confidentiality, language, timezone, currency, fiscal_year_start, accent, created_at",
        [
            (
                1,
                "provider",
                "NORD",
                "Nord",
                "",
                "external",
                "active",
                "standard",
                "fr",
                "Europe/Paris",
                "EUR",
                1,
                "#2b5c8a",
                NOW,
            )
        ]
        + [
            (
                i,
                "client",
                f"C{i}",
                f"Client {i}",
                "",
                "external",
                "active",
                "standard",
                "fr",
                "Europe/Paris",
                "EUR",
                1,
                "#2b5c8a",
                NOW,
            )
            for i in range(2, CLIENTS + 2)
        ],
    )
    copy(
        link,
        "tenancy_site",
        "id, organisation_id, name, timezone, country, subdivision, address, access_notes, is_active",
        ((i, i, "Siège", "Europe/Paris", "FR", "", "", "", True) for i in range(2, CLIENTS + 2)),
    )
    columns = "id, password, email, name, side, phone, job_title, language, timezone, theme, is_active, created_at, external_ref"
    copy(
        link,
        "accounts_person",
        columns,
        [
            (
                i,
                "!",
                f"agent{i}@nord.example",
                f"Agent {i}",
                "provider",
                "",
                "",
                "fr",
                "Europe/Paris",
                "system",
                True,
                NOW,
                "",
            )
            for i in range(1, AGENTS + 1)
        ]
        + [
            (
                i,
                "!",
                f"p{i}@c.example",
                f"Personne {i} {rng.choice(WORDS)}",
                "client",
                "",
                "",
                "fr",
                "Europe/Paris",
                "system",
                True,
                NOW,
                "",
            )
            for i in range(AGENTS + 1, AGENTS + PEOPLE + 1)
        ],
    )
    copy(
        link,
        "accounts_affiliation",
        "organisation_id, person_id, site_id, roles, is_vip, vip_reason, vip_approver",
        (
            (client_of(i), i, client_of(i), ["user"], False, "", "")
            for i in range(AGENTS + 1, AGENTS + PEOPLE + 1)
        ),
    )
    copy(
        link,
        "accounts_team",
        "id, code, name_fr, name_en, level, timezone, is_active",
        ((i, f"t{i}", f"Équipe {i}", f"Team {i}", 1, "Europe/Paris", True) for i in range(1, TEAMS + 1)),
    )
    copy(
        link,
        "accounts_agent",
        "person_id, all_clients, signature",
        ((i, i % 2 == 0, "") for i in range(1, AGENTS + 1)),
    )
    # odd agents are limited to 60 clients
    copy(
        link,
        "accounts_agentclient",
        "agent_id, organisation_id",
        ((a, c) for a in range(1, AGENTS + 1, 2) for c in range(2, 62)),
    )
    copy(
        link,
        "accounts_teammember",
        "team_id, agent_id, is_lead",
        ((i % TEAMS + 1, i, False) for i in range(1, AGENTS + 1)),
    )
    copy(
        link,
        "catalog_service",
        "id, code, name_fr, name_en, description_fr, description_en, criticality, default_team_id, icon, is_active",
        (
            (i, f"s{i}", f"Service {i}", f"Service {i}", "", "", 2, i % TEAMS + 1, "server", True)
            for i in range(1, SERVICES + 1)
        ),
    )
    copy(
        link,
        "catalog_subscription",
        "organisation_id, service_id, is_active",
        ((c, s, True) for c in range(2, CLIENTS + 2) for s in range(1, SERVICES + 1)),
    )


def client_of(person: int) -> int:
    """A few large clients, many small: client 2 has a tenth of everybody."""
    n = person % 1000
    if n < 100:
        return 2
    return 3 + (n * 7919 + person) % (CLIENTS - 1)


CALENDAR = {
    "code": "K1", "timezone": "Europe/Paris", "holiday_sets": ["FR"],
    "hours": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}  # fmt: skip


def contracts(link: psycopg.Connection[Any]) -> None:
    link.execute(
        "insert into contracts_calendar (id, code, name_fr, name_en) values (1, 'k1', 'Ouvré', 'Service hours')"
    )
    link.execute(
        "insert into contracts_calendarversion (id, calendar_id, effective_on, definition, created_at) values (1, 1, '2020-01-01', %s, now())",
        [json.dumps(CALENDAR)],
    )
    copy(
        link,
        "contracts_contract",
        "id, organisation_id, reference, name_fr, name_en, nature, status, starts_on",
        (
            (c, c, f"K{c}", "Infogérance", "Managed services", "external", "active", dt.date(2020, 1, 1))
            for c in range(2, CLIENTS + 2)
        ),
    )
    copy(
        link, "contracts_commitment",
        "organisation_id, contract_id, kind, ticket_type, priority, vip_only, target_seconds, calendar_id, follow_site, pauses, thresholds, on_priority_change, on_reopen, valid_from",
        (
            (c, c, kind, "", p, False, seconds * p, 1, False, "{}", [50, 75, 90, 100], "carry_over", "resume", dt.date(2020, 1, 1))
            for c in range(2, CLIENTS + 2) for p in range(1, 6) for kind, seconds in (("response", 1800), ("resolution", 14400))
        ),
    )  # fmt: skip


TICKET_COLUMNS = (
    "id, organisation_id, reference, former_references, ticket_type, workflow_version_id, state, phase, pending_reason, title, impact, urgency, "
    "computed_priority, priority, is_vip, is_confidential, channel, service_id, site_id, contract_id, requester_id, beneficiary_id, "
    "team_id, assignee_id, tags, resolution_code, cancel_reason, opened_at, created_at, updated_at, first_response_at, restored_at, "
    "resolved_at, first_resolved_at, closed_at, reopen_count, reassignment_count, due_at, due_kind, has_breach, source, submission, version"
)


def ticket_rows(total: int, version_id: int) -> Iterator[tuple[Any, ...]]:
    """Tickets by opening date; the last 1.7 % are live."""
    rng = random.Random(1)
    step = SPAN / total
    live_from = int(total * 0.983)
    numbers: dict[int, int] = {}
    for i in range(1, total + 1):
        person = AGENTS + 1 + rng.randrange(PEOPLE)
        client = client_of(person)
        numbers[client] = numbers.get(client, 0) + 1
        opened = NOW - SPAN + step * i
        live = i > live_from
        priority = rng.choices((1, 2, 3, 4, 5), (2, 8, 40, 40, 10))[0]
        title = " ".join(rng.sample(WORDS, 5))
        answered = opened + dt.timedelta(minutes=rng.randrange(5, 120))
        resolved = None if live else min(opened + dt.timedelta(hours=rng.randrange(1, 60)), NOW)
        state, phase = ("in_progress", "active") if live else ("closed", "ended")
        due = (NOW + dt.timedelta(minutes=rng.randrange(-3000, 6000))) if live else NEVER
        yield (
            i, client, f"INC-C{client}-{numbers[client]}", [], "incident", version_id, state, phase, "", title, 3, 2,
            priority, priority, False, False, "portal", rng.randrange(1, SERVICES + 1), client, client, person, person,
            rng.randrange(1, TEAMS + 1), rng.randrange(1, AGENTS + 1) if rng.random() < 0.9 else None, [], "" if live else "solved_permanently", "",
            opened, opened, resolved or answered, answered, resolved, resolved, resolved, resolved, 0, 0, due, "resolution" if live else "",
            rng.random() < 0.06, "", "", 3,
        )  # fmt: skip


def message_rows(tickets: Iterable[tuple[int, int, int, dt.datetime]]) -> Iterator[tuple[Any, ...]]:
    """Three messages a ticket, ten on every hundredth."""
    rng = random.Random(2)
    for pk, client, person, opened in tickets:
        for n in range(10 if pk % 100 == 0 else 3):
            agent = n % 2 == 1
            body = "<p>" + " ".join(rng.choices(WORDS, k=40)) + "</p>"
            yield (
                client, pk, (pk % AGENTS + 1) if agent else person, "Agent" if agent else "Personne", "provider" if agent else "client",
                "description" if n == 0 else "reply", "public", False, body, True, opened + dt.timedelta(minutes=10 * n), "",
            )  # fmt: skip


def fact_rows(
    tickets: Iterable[tuple[int, int, int, dt.datetime]], live_from: int
) -> Iterator[tuple[Any, ...]]:
    for pk, client, person, opened in tickets:
        started = opened + dt.timedelta(minutes=12)
        opening = {"type": "incident", "state": "new", "phase": "active", "priority": 3}
        yield (
            client,
            pk,
            opened,
            opened,
            "opened",
            person,
            "Personne",
            "client",
            "public",
            None,
            json.dumps(opening),
        )
        yield (
            client,
            pk,
            started,
            started,
            "responded",
            pk % AGENTS + 1,
            "Agent",
            "provider",
            "public",
            None,
            "{}",
        )
        yield (
            client,
            pk,
            started,
            started,
            "state",
            pk % AGENTS + 1,
            "Agent",
            "provider",
            "public",
            json.dumps({"state": "new", "phase": "active"}),
            json.dumps({"state": "in_progress", "phase": "active", "verb": "start"}),
        )
        if pk <= live_from:
            ended = started + dt.timedelta(hours=3)
            yield (
                client,
                pk,
                ended,
                ended,
                "state",
                pk % AGENTS + 1,
                "Agent",
                "provider",
                "public",
                json.dumps({"state": "in_progress", "phase": "active"}),
                json.dumps({"state": "resolved", "phase": "done", "verb": "resolve"}),
            )


def clock_rows(
    tickets: Iterable[tuple[int, int, int, dt.datetime]], terms: dict[tuple[int, str], int], live_from: int
) -> Iterator[tuple[Any, ...]]:
    for pk, client, _, opened in tickets:
        answered = opened + dt.timedelta(minutes=12)
        yield (
            client,
            pk,
            "response",
            terms[client, "response"],
            "met",
            opened,
            answered,
            5400,
            720,
            opened + dt.timedelta(hours=2),
            0,
            None,
        )
        live = pk > live_from
        due = opened + dt.timedelta(hours=30)
        yield (
            client,
            pk,
            "resolution",
            terms[client, "resolution"],
            "running" if live else "met",
            opened,
            None if live else answered + dt.timedelta(hours=3),
            43200,
            9000,
            due,
            0,
            due if live else None,
        )


def build(dsn: str, total: int, *, version_id: int, stamp: Any, say: Any = print) -> None:
    """Fill an empty migrated database. ``stamp(client_id)`` gives the ids of its stamped terms by kind."""
    rng = random.Random(0)
    with psycopg.connect(dsn, autocommit=False) as link:
        started = time.monotonic()
        people(link, rng)
        contracts(link)
        link.commit()
        terms = {(c, kind): pk for c in range(2, CLIENTS + 2) for kind, pk in stamp(c).items()}
        live_from = int(total * 0.983)
        brief: list[tuple[int, int, int, dt.datetime]] = []

        def tickets() -> Iterator[tuple[Any, ...]]:
            for row in ticket_rows(total, version_id):
                brief.append((row[0], row[1], row[20], row[27]))
                yield row

        copy(link, "tickets_ticket", TICKET_COLUMNS, tickets())
        say(f"  tickets {time.monotonic() - started:.0f} s")
        copy(
            link,
            "tickets_message",
            "organisation_id, ticket_id, author_id, author_name, side, kind, audience, is_automatic, body, is_html, created_at, submission",
            message_rows(brief),
        )
        copy(
            link,
            "tickets_fact",
            "organisation_id, ticket_id, at, recorded_at, kind, actor_id, actor_name, side, audience, before, after",
            fact_rows(brief, live_from),
        )
        copy(
            link,
            "tickets_clock",
            "organisation_id, ticket_id, kind, terms_id, state, started_at, stopped_at, target_seconds, used_seconds, due_at, announced, next_announce_at",
            clock_rows(brief, terms, live_from),
        )
        say(f"  messages, facts, clocks {time.monotonic() - started:.0f} s")
        link.execute(
            "insert into tickets_counter (organisation_id, last) select organisation_id, count(*) from tickets_ticket group by 1"
        )
        link.execute(
            "insert into toolkit_searchdoc (kind, object_id, organisation_id, audience, tsv)"
            " select 'ticket', t.id, t.organisation_id, 'public', vigie_doc(t.reference || ' ' || t.title, '') from tickets_ticket t"
        )
        for table in (
            "tenancy_organisation",
            "tenancy_site",
            "accounts_person",
            "accounts_team",
            "catalog_service",
            "contracts_calendar",
            "contracts_calendarversion",
            "contracts_contract",
            "tickets_ticket",
        ):
            link.execute(
                f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"
            )
        link.commit()
        say(f"  search documents {time.monotonic() - started:.0f} s")
        link.autocommit = True
        link.execute("vacuum analyze")
        say(f"  vacuum {time.monotonic() - started:.0f} s")
