"""What stands behind the promises of the demonstration: three suppliers, what each team promises, what two clients asked.

True on purpose: the publisher of the ERP promises too little for priority 1, and one agreed wish became no commitment.
"""
# ruff: noqa: E501

from __future__ import annotations

import datetime as dt

from vigie.accounts.actors import actor_of
from vigie.catalog.models import Service
from vigie.contracts.actions import requirements as wishes
from vigie.contracts.actions.calendars import create_calendar
from vigie.contracts.actions.commitments import read_commitment_target
from vigie.contracts.actions.support import add_support, save_supplier, save_supplier_contract
from vigie.contracts.models import Calendar, Commitment, Contract, Requirement
from vigie.contracts.queries.support import Holder
from vigie.contracts.rules.promise import Audience
from vigie.demo.house import DAYS, WEEK
from vigie.demo.settle import HISTORY, Settled
from vigie.kernel.actor import SYSTEM, Actor

TEAMS, DAY_AND_NIGHT, OFFICE = "equipes", "k24x7", "editeur"
LILLE = {
    "code": "lille",
    "timezone": "Europe/Paris",
    "hours": {d: [["07:00", "19:00"]] for d in DAYS[:6]},
    "holiday_sets": ["FR"],
}
MONTREAL = {
    "code": "montreal",
    "timezone": "America/Toronto",
    "hours": {d: [["08:00", "18:00"]] for d in WEEK},
    "holiday_sets": ["CA-QC"],
}
CALENDARS = (
    (TEAMS, "Équipes de Lille et de Montréal", "Teams in Lille and Montréal", {"timezone": "Europe/Paris", "union": [LILLE, MONTREAL]}),
    (OFFICE, "Éditeur, jours ouvrés 9 h – 17 h", "Publisher, working days 9:00–17:00",
     {"timezone": "Europe/Paris", "hours": {d: [["09:00", "17:00"]] for d in WEEK}, "holiday_sets": ["FR"]}),
)  # fmt: skip

# priority → taken in hand, work, hours
AGREED = {
    1: ("10 min", "2h", DAY_AND_NIGHT), 2: ("20 min", "4h", DAY_AND_NIGHT), 3: ("45 min", "8h", TEAMS),
    4: ("1h30", "14h", TEAMS), 5: ("3h", "24h", TEAMS),
}  # fmt: skip

Contact = tuple[str, str, str, str]
# code, name, trade, criticality, contacts, contract (reference, French, English, services, days to its end, notice in months), promises
SUPPLIERS: tuple[tuple[str, str, str, int, tuple[Contact, ...], tuple[str, str, str, tuple[str, ...], int, int], tuple[tuple[int | None, str, str], ...]], ...] = (
    ("fibrenord", "Fibre Nord Télécom", "Liens des sites et téléphonie", 1,
     (("Centre de supervision", "Pannes, jour et nuit", "noc@fibrenord.example", "+33 3 20 00 01 10"),
      ("Damien Vasseur", "Contrat et facturation", "d.vasseur@fibrenord.example", "")),
     ("FN-2291", "Liens des sites avec garantie de rétablissement", "Site links with guaranteed restoration", ("reseau", "telephonie", "acces-distant"), 131, 3),
     ((1, "2h", DAY_AND_NIGHT), (2, "3h", DAY_AND_NIGHT), (None, "6h", DAY_AND_NIGHT))),
    ("copietech", "Copietech Maintenance", "Imprimantes et copieurs", 3,
     (("Accueil technique", "Demandes d’intervention", "intervention@copietech.example", "+33 3 20 00 02 20"),),
     ("CT-0417", "Maintenance du parc d’impression", "Maintenance of printers", ("impression",), 260, 2),
     ((1, "2h", DAY_AND_NIGHT), (2, "2h", TEAMS), (None, "6h", TEAMS))),
    ("orialog", "Orialog", "Éditeur de l’ERP", 2,
     (("Support premium", "Anomalies", "support@orialog.example", "+33 1 00 00 03 30"),
      ("Nadia Ferrand", "Suivi de compte", "nadia.ferrand@orialog.example", "+33 1 00 00 03 31")),
     ("ORI-5508", "Support de l’ERP", "Support of the ERP", ("erp",), 47, 3),
     ((1, "4h", OFFICE), (2, "1h", TEAMS), (None, "4h", OFFICE))),
)  # fmt: skip

# client, French, English, service, measure, wished, who, days ago, steps (state, reason), clock and priorities it became
Wish = tuple[
    str, str, str, str, str, str, str, int, tuple[tuple[str, str], ...], tuple[str, tuple[int, ...]] | None
]
WISHES: tuple[Wish, ...] = (
    ("VALMONT", "Prise en charge rapide de toute demande", "Every request taken in hand quickly", "", "response", "15 min à 4 h selon la priorité",
     "Philippe Garnier", 480, (("negotiation", ""), ("agreed", "")), ("response", (1, 2, 3, 4, 5))),
    ("VALMONT", "Retour de la production en une demi-journée", "Production back within half a day", "erp", "resolution", "4 h en priorité 1, 8 h en priorité 2",
     "Julien Mercier", 474, (("negotiation", ""), ("agreed", "")), ("resolution", (1, 2))),
    ("VALMONT", "Point de situation toutes les heures pendant une panne critique", "A word every hour during a critical outage", "", "update", "1 h en priorité 1",
     "Isabelle Roche", 64, (("negotiation", ""), ("agreed", "")), None),
    ("VALMONT", "Technicien sur place la nuit à Strasbourg", "A technician on site at night in Strasbourg", "poste", "response", "1 h, jour et nuit",
     "Julien Mercier", 120, (("refused", "Le coût d’une présence de nuit dépasse le budget ; l’astreinte à distance suffit, d’accord avec Philippe Garnier."),), None),
    ("HARGROVE", "Réponse en un quart d’heure aux associés", "Partners answered within a quarter of an hour", "", "response", "15 min",
     "Margaret Ellis", 468, (("agreed", ""),), ("response", (1,))),
    ("HARGROVE", "Dossiers disponibles pendant les audiences", "Matters available during hearings", "documents", "availability", "99.9 %, 08:00–20:00",
     "Margaret Ellis", 33, (("negotiation", ""),), None),
)  # fmt: skip


def stand_behind(settled: Settled, anchor: dt.datetime) -> None:
    """Suppliers, team agreements and requirements, as they were written down since the contracts began."""
    since = anchor - HISTORY
    for code, french, english, definition in CALENDARS:
        values = {"code": code, "name_fr": french, "name_en": english, "organisation": None}
        create_calendar(SYSTEM, values, definition, since.date(), now=since)
    calendars = {calendar.code: calendar for calendar in Calendar.objects.filter(organisation=None)}
    for team in settled.teams.values():
        for priority, (own, work, hours) in AGREED.items():
            for kind, target in (("ola_own", own), ("ola_work", work)):
                _promise((Audience.OLA, team.pk), kind, priority, target, calendars[hours], since)
    for row in SUPPLIERS:
        _supply(settled, row, calendars, since, anchor)
    for wish in WISHES:
        _ask(settled, wish, anchor)


def _promise(
    holder: Holder, kind: str, priority: int | None, target: str, calendar: Calendar, since: dt.datetime
) -> None:
    values: dict[str, object] = {
        "kind": kind, "service": None, "ticket_type": "", "priority": priority, "calendar": calendar, "thresholds": [],
        **read_commitment_target(target),
    }  # fmt: skip
    add_support(SYSTEM, holder, values, since.date(), now=since)


def _supply(
    settled: Settled, row: tuple, calendars: dict[str, Calendar], since: dt.datetime, anchor: dt.datetime
) -> None:
    code, name, trade, criticality, people, terms, promises = row
    reference, french, english, services, ends_in, notice = terms
    values = {
        "code": code,
        "name": name,
        "trade": trade,
        "criticality": criticality,
        "notes": "",
        "is_active": True,
    }
    contacts = [dict(zip(("name", "purpose", "email", "phone"), one, strict=True)) for one in people]
    supplier = save_supplier(SYSTEM, None, values, contacts, now=since)
    period = {
        "reference": reference, "name_fr": french, "name_en": english, "starts_on": since.date(), "notice_months": notice,
        "ends_on": anchor.date() + dt.timedelta(days=ends_in), "renewal": "tacit", "renewal_months": 12,
    }  # fmt: skip
    covered = [settled.services[service] for service in services]
    contract = save_supplier_contract(SYSTEM, supplier.pk, None, period, covered, now=since)
    for priority, target, hours in promises:
        _promise((Audience.UC, contract.pk), "uc", priority, target, calendars[hours], since)


def _ask(settled: Settled, wish: Wish, anchor: dt.datetime) -> None:
    client, french, english, service, measure, wished, who, ago, steps, became = wish
    contract = Contract.objects.get(organisation__code=client, nature=Contract.Nature.EXTERNAL)
    at = anchor - dt.timedelta(days=ago)
    values = {
        "title_fr": french, "title_en": english, "service": _service(settled, service), "measure": measure, "wished": wished,
        "asked_by": who, "asked_on": at.date(),
    }  # fmt: skip
    manager = _manager(settled, anchor)
    row: Requirement = wishes.ask(manager, contract.pk, values, now=at)
    for order, (state, reason) in enumerate(steps, 1):
        wishes.decide(manager, row.pk, state, reason, now=at + dt.timedelta(days=7 * order))
    if became is not None:
        kind, priorities = became
        rows = Commitment.objects.filter(version__contract=contract, kind=kind, priority__in=priorities)
        wishes.trace(manager, row.pk, rows.values_list("pk", flat=True), now=at + dt.timedelta(days=21))


def _service(settled: Settled, code: str) -> Service | None:
    return settled.services[code] if code else None


def _manager(settled: Settled, anchor: dt.datetime) -> Actor:
    found = actor_of(settled.staff["Sophie Lefèvre"], today=anchor.date())
    assert found is not None
    return found
