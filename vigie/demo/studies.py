"""What if, in the demonstration: three variants of a contract replayed, and a wait put right after a call with the client."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from vigie.accounts.actors import actor_of
from vigie.compliance.rules import month_of
from vigie.contracts.models import Contract
from vigie.demo.settle import Settled
from vigie.replay.actions import carry_out
from vigie.replay.models import Study
from vigie.replay.queries.variants import commitments_in
from vigie.tickets.actions.correcting import correct, decide
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.models import AskedCorrection, Ticket
from vigie.tickets.rules.corrections import MOVED, Correction, points

CLIENT, MANAGER, DESK = "VALMONT", "Sophie Lefèvre", "Nathalie Caron"
EARLIER = dt.timedelta(minutes=40)


def replay_variants(settled: Settled, anchor: dt.datetime) -> None:
    """Asked this morning, before the committee of the month."""
    contract = Contract.objects.select_related("organisation").get(organisation__code=CLIENT)
    rows = [
        row
        for row in commitments_in(contract, anchor.date())
        if row.kind == "resolution" and row.target_seconds
    ]
    shorter = {str(row.pk): f"{max((row.target_seconds or 0) * 3 // 4 // 60, 1)} min" for row in rows}
    study = Study.objects.create(
        organisation_id=contract.organisation_id, contract=contract, month=month_of(anchor, contract.organisation.timezone),
        variants=[
            {"name": "Délais réduits d’un quart", "targets": shorter},
            {"name": "Service de 7 h à 20 h", "hours": [["07:00", "20:00"]], "days": ["mon", "tue", "wed", "thu", "fri"]},
            {"name": "Fournisseur suspensif", "pauses": {"supplier": True}},
        ],
        asked_by=settled.staff[MANAGER], asked_at=anchor,
    )  # fmt: skip
    carry_out(study.pk, now=anchor)


def correct_a_wait(settled: Settled, anchor: dt.datetime) -> None:
    """The client had answered by telephone before the ticket was resumed: asked late by one, accepted by another. A second one
    waits for a decision."""
    manager, desk = (actor_of(settled.staff[name], today=anchor.date()) for name in (MANAGER, DESK))
    assert manager is not None
    assert desk is not None
    asked_already = 0
    recent = Ticket.objects.filter(
        organisation__code=CLIENT, is_confidential=False, resolved_at__lt=anchor - dt.timedelta(days=40), ticket_type="incident",
    )  # fmt: skip
    for ticket in recent.filter(facts__after__reason="client_info").order_by("-resolved_at", "pk")[:20]:
        known = points(load_rows(ticket.pk))
        for start, end in pairwise(known):
            if (start.role, end.role) == ("pause", "resume") and end.at - start.at > 2 * EARLIER:
                asked = Correction(MOVED, of=end.id, at=end.at - EARLIER)
                why = "Réponse donnée par téléphone au centre de services ; relevé d’appel joint au compte rendu du comité."
                row = correct(desk, ticket.pk, asked, why, now=anchor)
                if isinstance(row, AskedCorrection) and not asked_already:
                    grounds = "Relevé d’appel vérifié avec Philippe Garnier."
                    decide(manager, row.pk, accepted=True, grounds=grounds, now=anchor)
                asked_already += 1
                break
        if asked_already == 2:
            return
