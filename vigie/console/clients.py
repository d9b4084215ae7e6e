"""The page of a client: everything known of it, from every area, each part by that area's own query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vigie.accounts import access as accounts_access
from vigie.accounts.history import told_about
from vigie.accounts.models import Affiliation, Agent
from vigie.catalog import queries as catalog
from vigie.contracts.queries import contracts
from vigie.contracts.queries.places import next_holiday
from vigie.kernel.actor import Actor
from vigie.tenancy import access, labels
from vigie.tenancy import queries as tenancy
from vigie.tickets import access as tickets_access
from vigie.tickets.labels import IMPACTS, URGENCIES
from vigie.tickets.models import PriorityPolicy
from vigie.tickets.rules.priority import DEFAULT_MATRIX
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

ROLES = ("client_manager", "approver", "key_user", "vip")
MOST_CONTACTS = 12


@agents("clients:view")
@require_safe
def client(request: Request, organisation_id: int) -> HttpResponse:
    """Identity, contract, tickets, places, people, services, priorities, who may see it, what changed."""
    actor, now = request.actor, timezone.now()
    found = access.one(actor, organisation_id)
    sites = tenancy.sites_of(actor, organisation_id, now=now)
    entities = tenancy.entity_tree(actor, organisation_id)
    agreements = (
        contracts.contracts_of(actor, organisation_id, today=timezone.localdate(now))
        if actor.can("contracts:view")
        else []
    )
    policy = PriorityPolicy.objects.filter(pk=organisation_id).first()
    context: dict[str, Any] = {
        "client": found, "may_manage": actor.can("clients:manage"), "may_contract": actor.can("contracts:manage"),
        "statuses": labels.STATUSES, "natures": labels.NATURES, "confidentialities": labels.CONFIDENTIALITIES,
        "sites": with_holidays(sites, now), "entities": entities, "contracts": agreements,
        "counts": live_counts(actor, organisation_id) if actor.can("tickets:view") else None,
        "people": people_by_role(actor, organisation_id) if actor.can("people:view") else None,
        "contact_roles": {**dict(Affiliation.ContactRole.choices), "vip": _("VIP")},
        "services": catalog.services_of(actor, organisation_id) if actor.can("catalog:view") else [],
        "policy": policy, "matrix": policy.matrix if policy else DEFAULT_MATRIX, "impacts": IMPACTS, "urgencies": URGENCIES,
        "agents": agents_of(organisation_id) if actor.can("people:view") else [],
    }  # fmt: skip
    if context["may_manage"]:
        context["history"] = told_about(
            {"tenancy.organisation": [organisation_id], "tickets.prioritypolicy": [organisation_id],
             "tenancy.site": [s["id"] for s in sites], "tenancy.entity": [e["id"] for e in entities],
             "contracts.contract": [c["id"] for c in agreements]},
            {"tenancy.site": _("Site"), "tenancy.entity": _("Entity"), "contracts.contract": _("Contract"),
             "tickets.prioritypolicy": _("Priorities")},
        )  # fmt: skip
    return render(request, "console/client.html", context)


def live_counts(actor: Actor, organisation_id: int) -> dict[str, int]:
    """Live tickets in the actor's sight: all, nobody's, waiting, beyond their promise, urgent."""
    live = tickets_access.visible(actor).filter(
        organisation_id=organisation_id, phase__in=["active", "waiting"]
    )
    return live.order_by().aggregate(
        live=Count("pk"),
        unassigned=Count("pk", filter=Q(assignee=None)),
        waiting=Count("pk", filter=Q(phase="waiting")),
        late=Count("pk", filter=Q(due_at__lt=timezone.now())),
        critical=Count("pk", filter=Q(priority__lte=2)),
    )


def with_holidays(sites: list[dict[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """The sites, each with the next public holiday of its place."""
    language = "en_US" if (get_language() or "fr").startswith("en") else "fr"
    known: dict[str, tuple[dt.date, str] | None] = {}
    rows = []
    for site in sites:
        place = f"{site['country']}-{site['subdivision']}" if site["subdivision"] else site["country"]
        if place not in known:
            known[place] = next_holiday(place, timezone.localdate(now), language)
        rows.append({**site, "place": place, "holiday": known[place]})
    return rows


def people_by_role(actor: Actor, organisation_id: int) -> dict[str, Any]:
    """Contacts that have a say, role by role, and how many people the client has in all."""
    today = timezone.localdate()
    rows = accounts_access.visible_affiliations(actor).filter(
        organisation_id=organisation_id, person__is_active=True
    )
    rows = rows.filter(Q(active_until=None) | Q(active_until__gt=today))
    total = rows.count()
    named = rows.filter(Q(roles__overlap=list(ROLES)) | Q(is_vip=True, vip_until__gt=today))
    people = named.order_by(by_name("person__name")).values(
        "person_id", "person__name", "person__job_title", "roles", "is_vip", "site__name"
    )
    found: dict[str, list[Mapping[str, Any]]] = {role: [] for role in ROLES}
    for row in people[:400]:
        for role in ROLES:
            if role in row["roles"] or (role == "vip" and row["is_vip"]):
                found[role].append(row)
    roles = [(role, rows[:MOST_CONTACTS], len(rows)) for role, rows in found.items() if rows]
    return {"total": total, "roles": roles}


def agents_of(organisation_id: int) -> list[dict[str, Any]]:
    """Agents authorised for this client by name (those who see every client are counted apart)."""
    sees = Q(clients__organisation_id=organisation_id) | Q(all_clients=True)
    rows = accounts_access.offered_agents(Agent.objects.filter(sees))
    rows = rows.order_by("all_clients", by_name("person__name")).distinct()
    return [{**row} for row in rows.values("person_id", "person__name", "all_clients")]
