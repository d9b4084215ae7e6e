"""Commitments of the demonstration that are not tickets: availabilities, deliveries, reports, surveys, and what was recorded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person
from vigie.catalog.models import Service
from vigie.compliance import rules
from vigie.compliance.actions import credits, exclusions, records, terms
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import CreditRequest, Outage
from vigie.contracts.models import Calendar, Contract
from vigie.contracts.rules.instants import zone_of
from vigie.kernel.actor import SYSTEM, Actor

BANDS = [["99.9", "0"], ["99.5", "5"], ["99", "10"], ["0", "15"]]
NOTHING: dict[str, Any] = {"formula": "none", "terms": {}}
REPORT = {
    "kind": "report",
    "calendar": "k8-18",
    "measured": {"days": 5},
    "formula": "per_day",
    "terms": {"daily": "80", "cap": "400"},
}
SURVEY = {"kind": "satisfaction", "target": Decimal(85), "n_min": 10, "allowed_misses": 2, **NOTHING}


def _available(service: str, calendar: str, target: str, base: str, **measured: Any) -> dict[str, Any]:
    return {
        "kind": "availability", "service": service, "calendar": calendar, "target": Decimal(target), "base": Decimal(base),
        "formula": "bands", "terms": {"bands": BANDS}, "measured": {"notice_hours": 72, **measured},
    }  # fmt: skip


PARTS = [["Passerelle", "99.95", 1], ["Serveurs de boîtes", "99", 2], ["Liaison Internet", "99.97", 1]]
PROMISED: dict[str, tuple[dict[str, Any], ...]] = {
    "VALMONT": (
        _available("messagerie", "k7-19", "99.9", "5200", quota_hours=6, parts=PARTS), REPORT, SURVEY,
        {"kind": "delivery", "formula": "lateness", "terms": {"divisor": 1000}},
    ),
    "HARGROVE": (
        _available("documents", "suivi-du-soleil", "99.8", "4100", users=55), REPORT, SURVEY,
        {"kind": "backlog", "calendar": "k8-18", "measured": {"days": 20}, "target": Decimal(80), **NOTHING},
    ),
    "BERTHIER": (
        _available("caisses", "k7-19", "99.9", "8400"), REPORT,
        {"kind": "volume", "measured": {"forecast": 45, "low": 25, "high": 20}, **NOTHING},
        {"kind": "delivery", "formula": "lateness", "terms": {"divisor": 1000}},
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Of a client, some months ago: on its n-th weekday, at an hour, for so many hours. ``users`` or ``weight`` were hit."""

    client: str
    ago: int
    day: int
    hour: int
    hours: float
    title: str
    weight: int = 100
    users: int | None = None
    excluded: bool = False


OUTAGES = (
    Event("VALMONT", 4, 6, 10, 0.2, "Connecteur de messagerie bloqué"),
    Event("VALMONT", 3, 9, 14, 3.5, "Serveur de boîtes arrêté après une saturation du stockage"),
    Event("VALMONT", 2, 4, 9, 1.5, "Lenteur générale de la messagerie", weight=30),
    Event("VALMONT", 1, 12, 17, 2.5, "Coupure électrique du site de Roubaix", excluded=True),
    Event("HARGROVE", 3, 7, 11, 2, "Search index rebuilt during the day", users=22),
    Event("HARGROVE", 1, 3, 15, 1.25, "Document store read-only", users=55),
    Event("BERTHIER", 3, 11, 18, 0.5, "Terminaux de paiement injoignables à Nantes", weight=25),
    Event("BERTHIER", 2, 15, 10, 4.75, "Encaissement arrêté dans tous les magasins"),
    Event("BERTHIER", 2, 15, 12, 1, "Caisses de Lille sans réseau"),
)
WORKS = (
    Event("VALMONT", 3, 14, 7, 2, "Mise à jour des serveurs de boîtes"),
    Event("VALMONT", 1, 16, 7, 2, "Renouvellement des certificats"),
    Event("HARGROVE", 2, 10, 8, 3, "Storage migration"),
    Event("BERTHIER", 1, 18, 7, 1.5, "Nouvelle version de l’encaissement"),
)
AHEAD = (("VALMONT", "Bascule de la passerelle de messagerie"), ("HARGROVE", "Yearly failover test"))
# client, months ago, weekday agreed, days late, value, what
DELIVERIES = (
    ("VALMONT", 4, 15, 0, "9600", "Dossier d’architecture de la messagerie"),
    ("VALMONT", 2, 10, 12, "18000", "Recette de la reprise des archives"),
    ("VALMONT", 0, 20, 0, "24000", "Mise en service de la messagerie hébergée"),
    ("BERTHIER", 3, 18, 4, "7500", "Interface avec le site marchand"),
    ("BERTHIER", 1, 12, 0, "5200", "Formation des référents de magasin"),
)
# client, months ago → the business day on which its report came
REPORT_DAYS = {("VALMONT", 3): 7, ("HARGROVE", 2): 6}
ANSWERS = {
    "VALMONT": ((46, 41), (38, 35), (41, 34), (52, 47)),
    "HARGROVE": ((18, 17), (21, 18), (9, 8), (16, 15)),
}
# once approved, this outage turned out shorter: the next statement says so
CORRECTED = ("VALMONT", 3, 2.25)


def promise_measures(contract: Contract, code: str, month: dt.date, anchor: dt.datetime) -> None:
    """What the contract promises beside its rates, from a month on."""
    for promised in PROMISED[code]:
        values = {
            "ticket_type": "", "priority": None, "service": None, "calendar": None, "measured": {}, "target": Decimal(100),
            "n_min": 0, "allowed_misses": 0, "base": None, "cause": "", "bonus_from": None, "bonus_percent": Decimal(0),
            **promised,
        }  # fmt: skip
        values["service"] = values["service"] and Service.objects.get(code=values["service"])
        values["calendar"] = values["calendar"] and Calendar.objects.get(code=values["calendar"])
        terms.add_rate(SYSTEM, contract.pk, values, month, now=anchor)


def record_measures(contract: Contract, code: str, desk: Actor, anchor: dt.datetime) -> None:
    """What happened: outages, maintenance, deliveries, readings of the last months."""
    service = Service.objects.get(code=next(one["service"] for one in PROMISED[code] if "service" in one))
    current = rules.month_of(anchor, contract.organisation.timezone)
    for event in (one for one in OUTAGES if one.client == code):
        _outage(contract, service, event, current, desk)
    for event in (one for one in WORKS if one.client == code):
        start = _at(contract, rules.later(current, -event.ago), event.day, event.hour)
        _work(contract, service, event.title, start, event.hours, desk)
    for client, title in AHEAD:
        if client == code:
            start = anchor.replace(hour=18) + dt.timedelta(days=6)
            _work(contract, service, title, start, 2, desk, announced=anchor - dt.timedelta(days=2))
    _deliveries(contract, code, current, desk, anchor)
    _readings(contract, code, current, desk, anchor)


def _outage(contract: Contract, service: Service, event: Event, current: dt.date, desk: Actor) -> None:
    start = _at(contract, rules.later(current, -event.ago), event.day, event.hour)
    end = start + dt.timedelta(hours=event.hours)
    values = {
        "service": service, "title": event.title, "starts_at": start, "ends_at": end, "weight": event.weight, "users": event.users,
        "source": "monitoring", "reference": "",
    }  # fmt: skip
    row = records.save_outage(desk, contract.organisation_id, values, now=end + dt.timedelta(minutes=20))
    if event.excluded:
        subject = exclusions.record_to_exclude(desk, "outage", row.pk)
        plea = Plea(
            "client_access",
            "Alimentation électrique du site, hors de notre périmètre.",
            "Constat d’Enedis transmis par le client.",
        )
        exclusions.ask_about(desk, subject, plea, now=end + dt.timedelta(days=1))


def _work(
    contract: Contract, service: Service, title: str, start: dt.datetime, hours: float, desk: Actor,
    announced: dt.datetime | None = None,
) -> None:  # fmt: skip
    announced = announced or start - dt.timedelta(days=8)
    values = {
        "service": service, "title": title, "announced_at": announced, "starts_at": start,
        "ends_at": start + dt.timedelta(hours=hours), "finished_at": None,
    }  # fmt: skip
    records.save_maintenance(desk, contract.organisation_id, values, now=announced)


def _deliveries(contract: Contract, code: str, current: dt.date, desk: Actor, anchor: dt.datetime) -> None:
    for client, ago, day, late, value, title in DELIVERIES:
        if client != code:
            continue
        agreed = _weekday(rules.later(current, -ago), day)
        done = agreed + dt.timedelta(days=late) if ago else None
        values = {"title": title, "value": Decimal(value), "agreed_on": agreed, "delivered_on": done}
        records.save_delivery(desk, contract.pk, values, now=anchor)


def _readings(contract: Contract, code: str, current: dt.date, desk: Actor, anchor: dt.datetime) -> None:
    since = rules.later(contract.starts_on.replace(day=1))
    month = since
    while month < current:
        ago = (current.year - month.year) * 12 + current.month - month.month
        day = _weekday(rules.later(month), REPORT_DAYS.get((code, ago), 3))
        if day <= anchor.date():
            values = {"delivered_on": day, "source": "E-mail au client, déposé sur le portail"}
            records.save_reading(desk, contract.pk, ("report", None, month), values, now=anchor)
        month = rules.later(month)
    for ago, (answers, satisfied) in enumerate(ANSWERS.get(code, ()), start=1):
        values = {"answers": answers, "satisfied": satisfied, "source": "Enquête de clôture, relevé mensuel"}
        scope = ("satisfaction", None, rules.later(current, -ago))
        records.save_reading(desk, contract.pk, scope, values, now=anchor)


def correct(contract: Contract, code: str, ago: int, desk: Actor, now: dt.datetime) -> None:
    """After the month was approved, its outage is found to have been shorter."""
    if (code, ago) != CORRECTED[:2]:
        return
    event = next(one for one in OUTAGES if (one.client, one.ago) == (code, ago))
    row = Outage.objects.get(organisation_id=contract.organisation_id, title=event.title)
    values = {
        "service": row.service, "title": row.title, "starts_at": row.starts_at,
        "ends_at": row.starts_at + dt.timedelta(hours=CORRECTED[2]), "weight": row.weight, "users": row.users, "source": row.source,
        "reference": "",
    }  # fmt: skip
    records.save_outage(desk, contract.organisation_id, values, row.pk, now=now)


def answer_credits(contract: Contract, manager: Actor, anchor: dt.datetime) -> None:
    """The oldest credit was agreed by silence and noted; the newest is contested and waits."""
    rows = list(CreditRequest.objects.filter(statement__contract=contract).order_by("statement__month"))
    if len(rows) < 2:
        return
    over = rows[0].asked_at + dt.timedelta(days=20)
    if over <= anchor:
        credits.note(manager, rows[0].pk, f"AV-{rows[0].asked_at:%Y}-{contract.pk:03d}", now=over)
    person = Person.objects.get(email="philippe.garnier@valmont.example")
    client = actor_of(person, today=anchor.date())
    assert client is not None
    credits.answer(
        client, rows[-1].pk, contested=True, now=rows[-1].asked_at + dt.timedelta(days=3),
        reason="Nous relevons une coupure plus longue sur le site de Strasbourg : relevés de supervision joints au comité.",
    )  # fmt: skip


def _weekday(month: dt.date, count: int) -> dt.date:
    """The count-th weekday of the month, or its last one."""
    days = [month + dt.timedelta(days=n) for n in range(28)]
    return [day for day in days if day.weekday() < 5][min(count, 20) - 1]


def _at(contract: Contract, month: dt.date, day: int, hour: int) -> dt.datetime:
    found = _weekday(month, day)
    zone = zone_of(contract.organisation.timezone)
    return dt.datetime(found.year, found.month, found.day, hour, tzinfo=zone).astimezone(dt.UTC)
