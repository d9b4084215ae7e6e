"""What roles mean: grants as data, and how far a contact sees inside its own client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

# What any contact may do; what it may see is a matter of scope, not of grants.
CLIENT_GRANTS = frozenset({"tickets:open", "tickets:reply", "tickets:confirm"})

# Who holds this decides who holds what; one active person always does.
ADMINISTRATION = "access:manage"

# What each action may set, whatever it is given.
IDENTITY_FIELDS = frozenset({"name", "email", "phone", "job_title", "language", "timezone"})
PREFERENCE_FIELDS = frozenset({"name", "phone", "language", "timezone", "theme"})
TEAM_FIELDS = frozenset({"code", "name_fr", "name_en", "level", "timezone", "is_active"})
AFFILIATION_FIELDS = frozenset(
    {
        "entity_id",
        "site_id",
        "roles",
        "is_vip",
        "vip_reason",
        "vip_approver",
        "vip_until",
        "active_from",
        "active_until",
    }
)

# ITIL defaults: role code -> (French, English, grants). Installations edit the table, not this.
DEFAULT_ROLES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "agent": (
        "Agent",
        "Agent",
        (
            "tickets:view",
            "tickets:open",
            "tickets:reply",
            "tickets:note",
            "tickets:work",
            "tickets:assign",
            "clients:view",
            "people:view",
            "catalog:view",
            "contracts:view",
            "workflow:view",
            "rota:view",
            "escalation:view",
        ),
    ),
    "dispatcher": (
        "Coordinateur",
        "Dispatcher",
        ("tickets:override_priority", "tickets:correct", "mail:triage", "rota:manage"),
    ),
    "desk_manager": (
        "Responsable de centre de services",
        "Desk manager",
        (
            "tickets:override_priority",
            "tickets:correct",
            "tickets:correct_late",
            "views:share",
            "replies:share",
            "people:manage",
            "compliance:view",
            "compliance:propose",
            "compliance:approve",
            "escalation:manage",
            "mail:triage",
            "rota:manage",
        ),
    ),
    "delivery_manager": (
        "Responsable de contrats de services",
        "Service delivery manager",
        (
            "tickets:override_priority",
            "tickets:correct",
            "tickets:correct_late",
            "contracts:manage",
            "compliance:view",
            "compliance:propose",
            "compliance:approve",
            "escalation:manage",
            "clients:manage",
            "people:manage",
            "views:share",
            "replies:share",
        ),
    ),
    "administrator": (
        "Administrateur",
        "Administrator",
        (
            "clients:view",
            "clients:manage",
            "people:view",
            "people:manage",
            "access:manage",
            "catalog:view",
            "catalog:manage",
            "contracts:view",
            "contracts:manage",
            "workflow:view",
            "workflow:manage",
            "escalation:view",
            "escalation:manage",
            "views:share",
            "mail:manage",
            "mail:triage",
            "operations:view",
            "operations:run",
            "replies:share",
        ),
    ),
}


def grants_of_roles(grant_lists: Iterable[Iterable[str]]) -> frozenset[str]:
    """Union of the grants of several roles."""
    return frozenset(grant for grants in grant_lists for grant in grants)


def client_scope(roles: frozenset[str]) -> Literal["company", "sites", "own"]:
    """How far a contact sees: a client manager the company, a key user its sites, anyone else its own."""
    if "client_manager" in roles:
        return "company"
    if "key_user" in roles:
        return "sites"
    return "own"
