"""Contracts of the demonstration as documents that live: prices, amendments, an internal agreement, dates, papers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from vigie.contracts.actions import commitments, course, parties, versions
from vigie.contracts.actions.contracts import change_contract, create_contract
from vigie.contracts.models import Commitment, Contract
from vigie.contracts.rules.renewal import months_after
from vigie.demo.settle import Settled
from vigie.kernel.actor import SYSTEM

HOUR = 3600
DAY = dt.timedelta(days=1)

# client, months ago, what changes, (clock, priority, seconds), policies
AMENDMENTS: tuple[tuple[str, int, str, tuple[tuple[str, int, int], ...], dict[str, Any]], ...] = (
    ("VALMONT", 9, "Avenant 1 : les tickets P5 sont résolus en 36 heures ouvrées au lieu de 40.",
     (("resolution", 5, 36 * HOUR),), {}),
    ("VALMONT", 3, "Avenant 2 : réouverture possible pendant dix jours ouvrés ; une priorité relevée par Valmont fait repartir le délai.",
     (), {"reopen_days": 10, "on_priority_change": "restart_if_client_initiated"}),
    ("HARGROVE", 6, "Amendment 1: P3 requests answered within 45 minutes, resolved within 14 service hours.",
     (("response", 3, 45 * 60), ("resolution", 3, 14 * HOUR)), {}),
)  # fmt: skip

# client, days ahead, what changes
DRAFTS: tuple[tuple[str, int, str, tuple[tuple[str, int, int], ...], dict[str, Any]], ...] = (
    ("BERTHIER", 40, "Avenant 1 : P1 résolus en 3 heures pendant les soldes, et l’attente de nos fournisseurs compte désormais.",
     (("resolution", 1, 3 * HOUR),), {"pauses": {}}),
)  # fmt: skip

# client, last day in so many months, notice, renewal; VALMONT's notice is given below so that its decision is near
TERMS = (
    ("ARTOIS", 10, 6, "express"), ("BERTHIER", 16, 3, "tacit"), ("CAPS", 22, 4, "express"), ("HARGROVE", 13, 3, "tacit"),
    ("BOREAL", 10, 2, "tacit"),
)  # fmt: skip
NEAR = ("VALMONT", 3, 25)  # client, months of notice, days until the decision

# client → our signatory, theirs (name, position, ceiling)
SIGNATORIES = {
    "ARTOIS": ("Hélène Dufour", "Directrice des achats", "90000.00"),
    "VALMONT": ("Philippe Garnier", "Directeur des systèmes d’information", "50000.00"),
    "BERTHIER": ("Catherine Lemaire", "Directrice financière", "40000.00"),
    "CAPS": ("Jean-Marc Wallaert", "Vice-président délégué au numérique", None),
    "HARGROVE": ("Margaret Ellis", "Chief operating officer", "60000.00"),
    "BOREAL": ("Geneviève Paquette", "Directrice générale", "30000.00"),
}


def amend_contracts(settled: Settled, anchor: dt.datetime) -> None:
    """What was amended in the past, before the tickets that were judged by it; and an internal agreement."""
    contracts = _contracts()
    first = anchor.date().replace(day=1)
    for code, months, words, targets, policies in AMENDMENTS:
        day = months_after(first, -months)
        signed = dt.datetime.combine(day - 20 * DAY, dt.time(9), dt.UTC)
        _draft(contracts[code], day, words, targets, {**policies, "signed_on": signed.date()}, now=signed)
        versions.put_in_force(SYSTEM, contracts[code].pk, now=signed)
    _internal(settled, months_after(first, -8), anchor)


def complete_contracts(settled: Settled, anchor: dt.datetime) -> None:
    """Dates, managers, signatories, papers, an amendment in preparation, and the reminders due by now."""
    contracts, today = _contracts(), anchor.date()
    for code, months, notice, renewal in TERMS:
        ends = months_after(today.replace(day=1), months)
        _set(contracts[code], ends_on=ends, notice_months=notice, renewal=renewal, renewal_months=12)
    code, notice, days = NEAR
    ends = months_after(today + days * DAY, notice) + DAY
    _set(contracts[code], ends_on=ends, notice_months=notice, renewal="tacit", renewal_months=12)
    for contract in contracts.values():
        _parties(settled, contract, anchor)
    for code, ahead, words, targets, policies in DRAFTS:
        _draft(contracts[code], today + ahead * DAY, words, targets, policies, now=anchor)
    course.follow_dates(anchor)


def _contracts() -> dict[str, Contract]:
    rows = Contract.objects.filter(nature=Contract.Nature.EXTERNAL).select_related("organisation")
    return {row.organisation.code: row for row in rows}


def _set(contract: Contract, **values: Any) -> None:
    """What was agreed as the contract began."""
    change_contract(
        SYSTEM, contract.pk, values, now=dt.datetime.combine(contract.starts_on, dt.time(), dt.UTC)
    )


def _draft(
    contract: Contract,
    day: dt.date,
    words: str,
    targets: tuple[tuple[str, int, int], ...],
    policies: dict[str, Any],
    *,
    now: dt.datetime,
) -> None:
    draft = versions.draft_amendment(SYSTEM, contract.pk, {"effective_on": day, "changes": words}, now=now)
    versions.change_draft(SYSTEM, contract.pk, policies, now=now)
    for kind, priority, seconds in targets:
        row = Commitment.objects.get(version=draft, kind=kind, priority=priority)
        values = {name: getattr(row, name) for name in ROW}
        commitments.change_commitment(
            SYSTEM, contract.pk, row.pk, {**values, "target_seconds": seconds}, now=now
        )


ROW = (
    "kind", "ticket_type", "priority", "service", "category", "site", "vip_only", "target_days", "calendar", "follow_site",
    "pauses", "thresholds", "on_priority_change", "on_reopen",
)  # fmt: skip


def _internal(settled: Settled, day: dt.date, anchor: dt.datetime) -> None:
    """Documents of the metropolis: an agreement between two departments rather than a contract."""
    client = next(one for one in settled.clients if one.spec.code == "CAPS")
    base = Contract.objects.get(organisation=client.organisation)
    names = {
        "reference": f"CAPS-CONV-{day.year}", "name_fr": "Convention de service documentaire", "name_en": "Document service agreement",
        "nature": Contract.Nature.INTERNAL, "starts_on": day, "ends_on": months_after(day, 12), "notice_months": 1,
        "renewal": "tacit",
    }  # fmt: skip
    now = dt.datetime.combine(day - 15 * DAY, dt.time(9), dt.UTC)
    contract = create_contract(SYSTEM, client.organisation.pk, names, now=now)
    sample = Commitment.objects.filter(version__contract=base)[0]
    for kind, seconds in (("response", 2 * HOUR), ("resolution", 30 * HOUR)):
        values = {name: getattr(sample, name) for name in ROW}
        given = {**values, "kind": kind, "priority": None, "target_seconds": seconds}
        commitments.add_commitment(SYSTEM, contract.pk, given, now=now)
    parties.set_cover(SYSTEM, contract.pk, [settled.services["documents"]], [], [], now=now)
    versions.change_draft(
        SYSTEM, contract.pk, {"changes": "Ouverture du service documentaire aux trois sites."}, now=now
    )
    lot = {"kind": "RUN", "name_fr": "Gestion documentaire", "name_en": "Document management",
           "manager": settled.staff["Stéphane Gaillard"].agent}  # fmt: skip
    parties.add_part(SYSTEM, contract.pk, "lots", lot, now=now)
    versions.put_in_force(SYSTEM, contract.pk, now=now)


def _parties(settled: Settled, contract: Contract, now: dt.datetime) -> None:
    delivery, projects = (settled.staff[name] for name in ("Sophie Lefèvre", "Stéphane Gaillard"))
    sees = settled.sees[delivery.pk]
    run = delivery if sees is None or contract.organisation_id in sees else settled.staff["Nathalie Caron"]
    lots = [("RUN", "Exploitation et centre de services", "Operations and service desk", run)]
    if contract.organisation.code in ("VALMONT", "BERTHIER"):
        lots.append(("BUILD", "Évolutions de l’ERP", "ERP evolutions", projects))
    for kind, fr, en, person in lots:
        values = {"kind": kind, "name_fr": fr, "name_en": en, "manager": person.agent}
        parties.add_part(SYSTEM, contract.pk, "lots", values, now=now)
    name, title, ceiling = SIGNATORIES[contract.organisation.code]
    for side, who, job, most in (
        ("provider", "Isabelle Vandamme", "Directrice générale", "120000.00"), ("client", name, title, ceiling),
    ):  # fmt: skip
        values = {"side": side, "name": who, "title": job, "ceiling": Decimal(most) if most else None}
        parties.add_part(SYSTEM, contract.pk, "signatories", values, now=now)
    text = f"{contract.reference} – {contract.name_fr}\n\nAnnexe 1 : horaires et délais, tels que la page du contrat les montre.\n"
    data = text.encode()
    parties.attach(SYSTEM, contract.pk, f"{contract.reference}-annexe-1.txt", len(data), [data], now=now)
