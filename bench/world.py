"""The world of the bench: 200 clients, 20,000 people, 60 agents, their services and contracts."""

from __future__ import annotations

import datetime as dt
import json
import random

from bench.bulk import Link, copy

CLIENTS, PEOPLE, AGENTS, TEAMS, SERVICES = 200, 20_000, 60, 6, 15
FIRST_CLIENT = 2  # organisation 1 is the provider
BUSY = (1, 3)  # agents whose own tickets fill a page of the queue
PORTAL = range(
    AGENTS + 1, AGENTS + 11
)  # people of the first client whose open tickets fill the portal's home
HELD = 55  # live tickets of each busy agent, eleven of each of those people
NOW = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
WORDS = [
    "messagerie", "imprimante", "réseau", "VPN", "poste", "écran", "serveur", "sauvegarde", "accès", "mot", "de",
    "passe", "partage", "dossier", "facture", "paie", "logiciel", "erreur", "lenteur", "blocage", "téléphone",
    "visioconférence", "certificat", "antivirus", "mise", "à", "jour", "licence", "Outlook", "Excel", "session",
    "profil", "compte", "badge", "scanner", "étiquette", "entrepôt", "caisse", "borne", "wifi", "switch", "baie",
    "disque", "mémoire", "batterie", "printer", "mailbox", "password", "access", "laptop", "network", "outage",
    "slow", "update", "license",
]  # fmt: skip
CALENDAR = {
    "code": "K1", "timezone": "Europe/Paris", "holiday_sets": ["FR"],
    "hours": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}  # fmt: skip


def clients() -> range:
    return range(FIRST_CLIENT, FIRST_CLIENT + CLIENTS)


def contacts() -> range:
    return range(AGENTS + 1, AGENTS + PEOPLE + 1)


def client_of(person: int) -> int:
    """A few large clients, many small: the first has a tenth of everybody."""
    n = person % 1000
    if n < 100:
        return FIRST_CLIENT
    return FIRST_CLIENT + 1 + (n * 7919 + person) % (CLIENTS - 1)


def organisations(link: Link) -> None:
    columns = (
        "id, kind, code, name, legal_name, nature, status, confidentiality, language, timezone, currency, "
        "fiscal_year_start, accent, created_at"
    )
    same = ("", "external", "active", "standard", "fr", "Europe/Paris", "EUR", 1, "#2b5c8a", NOW)
    copy(link, "tenancy_organisation", columns, [(1, "provider", "NORD", "Nord", *same)])
    copy(
        link,
        "tenancy_organisation",
        columns,
        ((c, "client", f"C{c}", f"Client {c}", *same) for c in clients()),
    )
    copy(
        link, "tenancy_site",
        "id, organisation_id, name, timezone, country, subdivision, address, access_notes, is_active",
        ((c, c, "Siège", "Europe/Paris", "FR", "", "", "", True) for c in clients()),
    )  # fmt: skip


def people(link: Link) -> None:
    rng = random.Random(0)
    columns = "id, side, email, name, password, phone, job_title, language, timezone, theme, is_active, created_at, external_ref"
    same = ("!", "", "", "fr", "Europe/Paris", "system", True, NOW, "")
    copy(
        link, "accounts_person", columns,
        ((i, "provider", f"agent{i}@nord.example", f"Agent {i}", *same) for i in range(1, AGENTS + 1)),
    )  # fmt: skip
    copy(
        link, "accounts_person", columns,
        ((i, "client", f"p{i}@c.example", f"Personne {i} {rng.choice(WORDS)}", *same) for i in contacts()),
    )  # fmt: skip
    copy(
        link, "accounts_affiliation", "organisation_id, person_id, site_id, roles, is_vip, vip_reason, vip_approver",
        ((client_of(i), i, client_of(i), ["user"], False, "", "") for i in contacts()),
    )  # fmt: skip


def agents(link: Link) -> None:
    """Every second agent sees all clients; the others sixty."""
    copy(
        link, "accounts_team", "id, code, name_fr, name_en, level, timezone, is_active",
        ((i, f"t{i}", f"Équipe {i}", f"Team {i}", 1, "Europe/Paris", True) for i in range(1, TEAMS + 1)),
    )  # fmt: skip
    agents = range(1, AGENTS + 1)
    copy(link, "accounts_agent", "person_id, all_clients, signature", ((i, i % 2 == 0, "") for i in agents))
    copy(
        link, "accounts_agentclient", "agent_id, organisation_id",
        ((i, client) for i in agents if i % 2 for client in clients()[:60]),
    )  # fmt: skip
    copy(
        link, "accounts_teammember", "team_id, agent_id, is_lead", ((i % TEAMS + 1, i, False) for i in agents)
    )


def catalogue(link: Link) -> None:
    services = range(1, SERVICES + 1)
    copy(
        link, "catalog_service",
        "id, code, name_fr, name_en, description_fr, description_en, criticality, default_team_id, icon, is_active",
        ((i, f"s{i}", f"Service {i}", f"Service {i}", "", "", 2, i % TEAMS + 1, "server", True) for i in services),
    )  # fmt: skip
    copy(
        link, "catalog_subscription", "organisation_id, service_id, is_active",
        ((client, service, True) for client in clients() for service in services),
    )  # fmt: skip


def contracts(link: Link) -> None:
    """One contract a client, the same hours and targets for all."""
    link.execute(
        "insert into contracts_calendar (id, code, name_fr, name_en) values (1, 'k1', 'Ouvré', 'Service hours')"
    )
    link.execute(
        "insert into contracts_calendarversion (id, calendar_id, effective_on, definition, created_at)"
        " values (1, 1, '2020-01-01', %s, now())",
        [json.dumps(CALENDAR)],
    )
    since = dt.date(2020, 1, 1)
    copy(
        link, "contracts_contract",
        "id, organisation_id, reference, name_fr, name_en, nature, status, starts_on, notice_months, renewal, renewal_months, "
        "notice_reference",
        ((c, c, f"K{c}", "Infogérance", "Managed services", "external", "active", since, 3, "tacit", 12, "") for c in clients()),
    )  # fmt: skip
    copy(
        link, "contracts_contractversion",
        "id, organisation_id, contract_id, number, state, effective_on, changes, created_at, on_priority_change, on_reopen, "
        "pauses, silence_days",
        ((c, c, c, 1, "draft", since, "", since, "carry_over", "resume", "{}", []) for c in clients()),
    )  # fmt: skip
    copy(
        link, "contracts_commitment",
        "organisation_id, version_id, line, kind, ticket_type, priority, vip_only, target_seconds, calendar_id, follow_site, "
        "pauses, thresholds, on_priority_change, on_reopen",
        (
            (c, c, 2 * p + order, kind, "", p, False, seconds * p, 1, False, "{}", [50, 75, 90, 100], "", "")
            for c in clients() for p in range(1, 6)
            for order, (kind, seconds) in enumerate((("response", 1800), ("resolution", 14400)), -1)
        ),
    )  # fmt: skip
    link.execute("update contracts_contractversion set state = 'in_force'")


def settle(link: Link) -> None:
    """Everything but the tickets: a few ten thousand rows."""
    for part in (organisations, people, agents, catalogue, contracts):
        part(link)
