"""All clocks of the demonstration at once: news and replies promised, tickets at suppliers, causes of what was missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Exists, OuterRef

from vigie.accounts.actors import actor_of
from vigie.contracts.models import SupplierContract
from vigie.demo.scenarios import french
from vigie.demo.settle import Settled
from vigie.tickets.actions import referring
from vigie.tickets.actions.causes import confirm_cause
from vigie.tickets.actions.ingest import Answered, Event, History, Referred, Stepped
from vigie.tickets.models import Clock, Fact, Ticket
from vigie.tickets.queries.clock_story import story

CONFIRMED, LEFT_OPEN = 14, 4
GIVEN = dt.timedelta(minutes=25)
REASONS = (
    "late_start",
    "complexity",
    "volume_peak",
    "skill_missing",
    "wrong_routing",
    "no_workaround",
    "forgotten",
)
NOTES = {
    "supplier_late": "Relancé deux fois ; pénalité demandée au fournisseur.",
    "late_start": "File du matin trop chargée, repris après la mêlée.",
    "wrong_routing": "Parti d’abord à la mauvaise équipe, faute de catégorie.",
}  # fmt: skip


class Suppliers:
    """Which supplier stands behind a service, as its contracts say."""

    def __init__(self) -> None:
        contracts = SupplierContract.objects.select_related("supplier").prefetch_related("services")
        self.by_service = {
            service.pk: (contract.pk, contract.supplier.name, contract.reference)
            for contract in contracts.order_by("-pk")
            for service in contract.services.all()
        }
        self.calls = 0

    def referred(self, histories: Iterable[History]) -> list[History]:
        """The same lives, where a wait for a supplier is a referral to the one that covers the service."""
        return [
            replace(history, events=tuple(self._events(history, *self.by_service[history.new.service_id])))
            if history.new.service_id in self.by_service
            else history
            for history in histories
        ]

    def _events(self, history: History, contract_id: int, supplier: str, reference: str) -> Iterable[Event]:
        is_there = False
        for event in history.events:
            if isinstance(event, Stepped):
                waits = event.verb == "wait" and event.given.pending_reason == "supplier"
                if is_there and not waits:
                    yield Answered(event.at, event.by)
                if waits and not is_there:
                    self.calls += 1
                    number = f"{reference}-{4100 + self.calls}"
                    yield Referred(event.at, event.by, contract_id, supplier, number)
                is_there = waits
            yield event


def explain_misses(settled: Settled, anchor: dt.datetime) -> None:
    """The last promises missed, explained by the one who answers for the contracts; the latest ones still to be."""
    who = actor_of(settled.staff["Nathalie Caron"], today=anchor.date())
    assert who is not None
    missed = Clock.objects.filter(state=Clock.State.MISSED, kind="resolution").order_by("-stopped_at", "pk")
    rows = list(missed.values_list("pk", "ticket_id", "stopped_at")[LEFT_OPEN : LEFT_OPEN + CONFIRMED])
    for order, (clock_id, ticket_id, stopped_at) in enumerate(rows):
        miss = next(miss for miss in story(who, ticket_id, now=anchor).misses if miss.clock.id == clock_id)
        by_supplier = miss.proposed.startswith("supplier:")
        reason = "supplier_late" if by_supplier else REASONS[order % len(REASONS)]
        at = min((stopped_at or anchor) + dt.timedelta(days=1), anchor)
        confirm_cause(
            who, ticket_id, clock_id, reason=reason, holder=miss.proposed, note=NOTES.get(reason, ""), now=at
        )  # fmt: skip


def refer_today(settled: Settled, anchor: dt.datetime) -> None:
    """A ticket of the day that its technician has just given to a supplier, with the number that supplier gave it."""
    by_service = Suppliers().by_service
    at = anchor - GIVEN
    quiet = ~Exists(Fact.objects.filter(ticket=OuterRef("pk"), recorded_at__gt=at))
    rows = Ticket.objects.filter(quiet, phase="active", service__in=by_service, opened_at__lt=at)
    ticket = rows.exclude(assignee=None).order_by("priority", "-opened_at", "pk").first()
    actor = actor_of(ticket.assignee, today=anchor.date()) if ticket and ticket.assignee else None
    if ticket is None or actor is None or ticket.service_id is None:
        return
    contract_id, _supplier, reference = by_service[ticket.service_id]
    words = "Diagnostic fait de notre côté, journaux joints ; premier retour attendu dans l’heure."
    referring.refer(actor, ticket.pk, contract_id, reference=f"{reference}-4999", note=french(words), now=at)
