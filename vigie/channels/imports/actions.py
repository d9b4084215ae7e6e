"""Importing the tickets of a file: read all, settle people and places, then write batch by batch.

Each batch is one transaction of whole tickets. An import that was cut short goes on where it stopped, because a
ticket whose source is known is left alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from django.db import transaction

from vigie.channels.imports import labels as labels
from vigie.channels.imports.histories import Historian, source_of
from vigie.channels.imports.refused import RefusedRow
from vigie.channels.imports.rules.lives import Life, Reader, RowRefused, group_rows
from vigie.channels.imports.rules.mapping import KEEP, TicketMap, outcomes
from vigie.channels.imports.rules.sheet import Row, Sheet
from vigie.channels.imports.settling import settle
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.ingest import History, Ingested, fold_all, ingest
from vigie.tickets.actions.ingest.ground import ground_of
from vigie.tickets.labels import CHANNELS, TYPES
from vigie.tickets.models import Ticket
from vigie.workflow.actions import publish_defaults
from vigie.workflow.queries import current_versions, machine_of
from vigie.workflow.rules.machine import Machine

BATCH = 2000
CODE = r"[A-Z][A-Z0-9]{1,7}"
Progress = Callable[[int, int, int], None]


@dataclass(slots=True)
class Report:
    """What an import did, or would do. ``events`` counts the rows of the tickets written."""

    created: int = 0
    already: int = 0
    events: int = 0
    made: dict[str, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, rows: Sequence[Row], refusal: Refusal, at_fault: Row | None = None) -> None:
        """Refuse a ticket whole: the row at fault with its reason, the others as its siblings."""
        for row in rows:
            is_sibling = at_fault is not None and row is not at_fault
            reason = (
                Refusal("imports.sibling_refused", row=at_fault.number)
                if is_sibling and at_fault
                else refusal
            )
            self.refused.append(RefusedRow(row, reason))


def import_tickets(
    actor: Actor,
    mapping: TicketMap,
    sheet: Sheet,
    *,
    client: str = "",
    dry_run: bool = False,
    now: dt.datetime,
    progress: Progress = lambda done, total, events: None,
    batch: int = BATCH,
) -> Report:
    """Import every ticket of ``sheet`` that is not there yet. Raises ``imports.*`` when nothing can be done.

    Safe to repeat: known tickets are counted in ``already``. ``dry_run`` checks all and keeps nothing.
    """
    actor.demand("imports:run")
    code = client or mapping.client.code
    if not re.fullmatch(CODE, code):
        raise Refusal("imports.bad_client", client=code)
    report = Report()
    with transaction.atomic():
        publish_defaults(actor, now=now)  # a new installation has no workflow yet
        machines = {kind: machine_of(version) for kind, version in current_versions().items()}
        _check_codes(mapping, machines)
        lives = _lives(mapping, sheet, code, report, now)
        historian = None
        if lives:
            settled = settle(actor, mapping, code, lives, now=now)
            report.made = settled.made
            historian = Historian(mapping, settled, machines)
        if dry_run:
            if historian is not None:
                _rehearse(historian, lives, report, now)
            transaction.set_rollback(True)
            return report
    if historian is not None:
        _write(actor, historian, lives, report, now, progress, batch)
    return report


def _lives(mapping: TicketMap, sheet: Sheet, code: str, report: Report, now: dt.datetime) -> list[Life]:
    """The tickets to write; what is known is counted and what cannot be read is refused."""
    reader = Reader(mapping, sheet, now)
    groups = group_rows(sheet.rows, sheet.index(mapping.key))
    for row, refusal in sheet.odd:
        key = row.cells[sheet.index(mapping.key)].strip() if len(row.cells) > sheet.index(mapping.key) else ""
        report.refuse([row, *groups.pop(key, [])], refusal, row)
    known = _known(mapping, list(groups))
    lives: list[Life] = []
    for key, rows in groups.items():
        owner = known.get(source_of(mapping, key))
        if owner is not None and owner != code:
            report.refuse(rows, Refusal("imports.other_client", client=owner))
        elif owner is not None:
            report.already += 1
        else:
            try:
                lives.append(reader.life(key, rows))
            except RowRefused as refused:
                report.refuse(rows, refused.refusal, refused.row)
    return lives


def _known(mapping: TicketMap, keys: Sequence[str]) -> dict[str, str]:
    """The client code of each of these tickets that is already there, by source."""
    codes = dict(Organisation.objects.values_list("id", "code"))
    sources = [source_of(mapping, key) for key in keys if key]
    found: dict[str, str] = {}
    for start in range(0, len(sources), 5000):
        rows = Ticket.objects.filter(source__in=sources[start : start + 5000])
        found.update({source: codes[pk] for source, pk in rows.values_list("source", "organisation_id")})
    return found


def _write(
    actor: Actor,
    historian: Historian,
    lives: Sequence[Life],
    report: Report,
    now: dt.datetime,
    progress: Progress,
    batch: int,
) -> None:
    organisation_id = historian.settled.organisation.pk
    for start in range(0, len(lives), batch):
        part = lives[start : start + batch]
        done = ingest(
            actor, organisation_id, [historian.history(life) for life in part], until=now, batch=batch
        )
        _count(done, part, historian, report)
        progress(min(start + batch, len(lives)), len(lives), report.events)


def _rehearse(historian: Historian, lives: Sequence[Life], report: Report, now: dt.datetime) -> None:
    """Fold every history as an import would, with numbers of no table, and write none."""
    ids = [count(1).__next__ for _ in range(4)]
    ground = ground_of(historian.settled.organisation.pk, (ids[0], ids[1], ids[2], ids[3]))
    for start in range(0, len(lives), BATCH):
        part = lives[start : start + BATCH]
        done = Ingested()
        fold_all([historian.history(life) for life in part], ground, {}, done, now)
        _count(done, part, historian, report)


def _count(done: Ingested, part: Sequence[Life], historian: Historian, report: Report) -> None:
    by_source = {source_of(historian.mapping, life.key): life for life in part}
    for source in done:
        report.created += 1
        report.events += len(by_source[source].rows)
    for history, refusal in done.refused:
        report.refuse(by_source[_source(history)].rows, refusal)


def _source(history: History) -> str:
    return history.source


def _check_codes(mapping: TicketMap, machines: dict[str, Machine]) -> None:
    """Every code that the map may give must exist here: said before the first row, not at the thousandth."""
    states = {"resolved", *(state for machine in machines.values() for state in machine.states)}
    reasons = {code for m in machines.values() for code in (*m.pending_reasons, *m.cancel_reasons)}
    known: dict[str, set[str]] = {
        "ticket_type": set(TYPES) & machines.keys(),
        "channel": set(CHANNELS),
        "resolution": {code for m in machines.values() for code in m.resolution_codes},
        "impact": {"1", "2", "3"},
        "urgency": {"1", "2", "3"},
        "priority": {"1", "2", "3", "4", "5"},
    }
    for word, codes in known.items():
        for code in outcomes(getattr(mapping, word)):
            if code not in codes:
                raise Refusal("imports.unknown_code", word=word, value=code)
    for code in [*outcomes(mapping.state), *(one.state for one in mapping.milestones)]:
        state, _, reason = code.partition("/")
        waits = any(m.states.get(state) == "waiting" for m in machines.values())
        if (state not in {*states, KEEP, ""}) or (reason and reason not in reasons) or (waits and not reason):
            raise Refusal("imports.unknown_code", word="state", value=code)
