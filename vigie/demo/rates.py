"""Rates and penalties of the demonstration: three months approved, one proposed, exclusions agreed, refused and waiting."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from vigie.accounts.actors import actor_of
from vigie.compliance import rules
from vigie.compliance.actions import exclusions, statements, terms
from vigie.compliance.actions.exclusions import Plea
from vigie.contracts.models import Contract
from vigie.demo import measures
from vigie.demo.settle import Settled
from vigie.kernel.actor import SYSTEM, Actor
from vigie.tickets.models import Clock

APPROVED_MONTHS = 3
FEES = {"VALMONT": "28400.00", "HARGROVE": "16900.00", "BERTHIER": "21500.00"}

# clock, priority, rate to reach, formula and what fills it
RATES: tuple[tuple[str, int | None, str, str, dict[str, Any]], ...] = (
    ("response", None, "97", "bands", {"bands": [["97", "0"], ["95", "1"], ["90", "3"], ["0", "5"]]}),
    ("resolution", None, "95", "per_point", {"percent": "0.5", "started": True}),
    ("resolution", 2, "90", "per_ticket", {"hourly": "40", "cap": "300"}),
)

# client, months ago, what is asked, what is decided (None: it waits)
Asked = tuple[str, int, Plea, tuple[bool, str] | None]
ASKED: tuple[Asked, ...] = (
    ("VALMONT", 3, Plea("client_access", "Poste de garde fermé, aucun accès au site malgré le rendez-vous.",
                        "Rendez-vous confirmé par e-mail la veille ; compte rendu du technicien sur place."),
     (True, "Accord de Philippe Garnier au comité mensuel.")),
    ("VALMONT", 2, Plea("mass_event", "Vague d’appels après la mise à jour de l’ERP décidée par le client.",
                        "Volume de la semaine supérieur de 30 % à l’hypothèse du contrat."),
     (False, "Contesté par Philippe Garnier : la mise à jour était au calendrier partagé depuis un mois.")),
    ("VALMONT", 1, Plea("client_freeze", "Gel des changements demandé pendant l’inventaire.",
                        "E-mail de la direction logistique fixant la période de gel."), None),
    ("HARGROVE", 2, Plea("client_access", "The partner was travelling and could not be reached to test the fix.",
                         "Three calls and two messages without an answer, logged on the ticket."),
     (True, "Agreed by Margaret Ellis at the monthly review.")),
)  # fmt: skip


def settle_rates(settled: Settled, anchor: dt.datetime) -> None:
    """Terms since the first full month of the contracts, then the last months as they would have been settled."""
    today = anchor.date()
    manager, desk = (_actor(settled, name, today) for name in ("Sophie Lefèvre", "Nathalie Caron"))
    for client in settled.clients:
        code = client.spec.code
        contract = Contract.objects.get(organisation=client.organisation, nature=Contract.Nature.EXTERNAL)
        if code in FEES:
            _promise(contract, FEES[code], anchor)
            measures.promise_measures(contract, code, _first_month(contract), anchor)
            measures.record_measures(contract, code, desk, anchor)
            _settle_months(contract, code, manager, desk, anchor)
            if code == "VALMONT":
                measures.answer_credits(contract, manager, anchor)


def _actor(settled: Settled, name: str, today: dt.date) -> Actor:
    found = actor_of(settled.staff[name], today=today)
    assert found is not None
    return found


def _first_month(contract: Contract) -> dt.date:
    """The first full month of the contract."""
    return rules.later(contract.starts_on.replace(day=1))


def _promise(contract: Contract, fee: str, anchor: dt.datetime) -> None:
    month = _first_month(contract)
    values = {"kind": "resolved", "fee": Decimal(fee), "month_cap": Decimal(7), "year_cap": Decimal(5),
              "franchise": Decimal(0), "earn_back_after": 3}  # fmt: skip
    terms.set_penalty_terms(SYSTEM, contract.pk, values, month, now=anchor)
    for kind, priority, target, formula, filling in RATES:
        rate = {
            "kind": kind, "ticket_type": "", "priority": priority, "target": Decimal(target), "n_min": 20, "allowed_misses": 1,
            "formula": formula, "terms": filling, "base": None, "cause": "resolution" if kind == "resolution" else "",
            "bonus_from": None, "bonus_percent": Decimal(0),
        }  # fmt: skip
        terms.add_rate(SYSTEM, contract.pk, rate, month, now=anchor)


def _settle_months(contract: Contract, code: str, manager: Actor, desk: Actor, anchor: dt.datetime) -> None:
    """Each month is proposed on its first morning; all but the last are approved a few days later, exclusions decided."""
    zone = contract.organisation.timezone
    current = rules.month_of(anchor, zone)
    for ago in range(APPROVED_MONTHS + 1, 0, -1):
        month = rules.later(current, -ago)
        start, end = rules.span_of(month, zone)
        decided = min(end + dt.timedelta(days=4), anchor)
        for of, months, plea, verdict in ASKED:
            if (of, months) == (code, ago):
                _exclude(contract, (start, end), plea, verdict, manager, desk, decided)
        row = statements.propose(SYSTEM, contract.pk, month, now=decided)
        if ago > 1:
            statements.approve(manager, row.pk, now=decided)
            measures.correct(contract, code, ago, desk, decided)


def _exclude(
    contract: Contract, month: tuple[dt.datetime, dt.datetime], plea: Plea, verdict: tuple[bool, str] | None,
    manager: Actor, desk: Actor, now: dt.datetime,
) -> None:  # fmt: skip
    """On the month's first missed resolution, where there is one."""
    missed = Clock.objects.filter(
        ticket__contract=contract, ticket__is_confidential=False, kind="resolution", state="missed",
        stopped_at__gte=month[0], stopped_at__lt=month[1],
    )  # fmt: skip
    clock = missed.order_by("stopped_at", "ticket__reference").first()
    if clock is None:
        return
    row = exclusions.ask(desk, clock.pk, plea, now=now)
    if verdict is not None:
        exclusions.decide(manager, row.pk, approved=verdict[0], grounds=verdict[1], now=now)
