"""Asking "what if", and carrying the replay out. Tickets, clocks and statements are read and never written."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs

from vigie.compliance import rules as compliance
from vigie.contracts.actions.versions import today_of
from vigie.contracts.models import Contract, ContractVersion
from vigie.contracts.rules.penalties import StepKind
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.replay import access
from vigie.replay.models import ChangedClock, Study
from vigie.replay.queries import stream
from vigie.replay.queries.outcome import Ground, Moved, Replay, ground_of, window
from vigie.replay.queries.reach import check_reach
from vigie.replay.queries.variants import Variant, change_of, changes_something, left_out
from vigie.replay.rules import MonthOf, Place

STUDY = "replay.study"
MOST_VARIANTS = 3
KEPT = 20
"""Studies kept per contract: the oldest go."""
AT_ONCE = 1500
"""Up to that many tickets the answer comes with the page; beyond, a job replays them."""
IN_MEMORY = 4 * 1024 * 1024
"""Bytes of changed clocks held before they go to a file on disk, until they are written."""


@transaction.atomic
def ask(actor: Actor, contract_id: int, variants: Sequence[Variant], *, now: dt.datetime) -> Study:
    """Replay the last twelve months of the contract under each variant. Refuses what changes nothing and what would never
    fall due; the field of a refusal is ``<place of the variant from 0>.<what>``."""
    actor.demand("compliance:propose")
    contract = access.contract(actor, contract_id)
    if not variants:
        raise Refusal("replay.no_variant")
    if len(variants) > MOST_VARIANTS:
        raise Refusal("replay.too_many_variants")
    for place, variant in enumerate(variants):
        try:
            _check(contract, variant, today_of(contract, now))
        except Refusal as refusal:
            refusal.field = f"{place}.{refusal.field}"
            raise
    month = compliance.month_of(now, contract.organisation.timezone)
    study = Study.objects.create(
        organisation_id=contract.organisation_id, contract=contract, month=month,
        variants=[_kept(contract, v, today_of(contract, now)) for v in variants],
        asked_by_id=actor.me, asked_at=now,
    )  # fmt: skip
    old = Study.objects.filter(contract=contract).order_by("-asked_at", "-pk")[KEPT:]
    Study.objects.filter(pk__in=[row.pk for row in old]).delete()
    if _size(contract, month) <= AT_ONCE:
        carry_out(study.pk, now=now)
        study.refresh_from_db()
    else:
        jobs.configure_task(STUDY).defer(study_id=study.pk)
    return study


def _check(contract: Contract, variant: Variant, day: dt.date) -> None:
    if not changes_something(variant):
        raise Refusal("replay.nothing_changed", field="name", name=str(variant.get("name", "")))
    check_reach(contract, variant, change_of(contract, variant), day)


def _kept(contract: Contract, variant: Variant, day: dt.date) -> dict[str, Any]:
    """The variant with how much of its version no replay can tell."""
    if not variant.get("version"):
        return dict(variant)
    version = ContractVersion.objects.get(contract=contract, pk=variant["version"])
    return {**variant, "left_out": left_out(contract, version, day)}


def _size(contract: Contract, month: dt.date) -> int:
    start, end = (
        compliance.span_of(one, contract.organisation.timezone) for one in (window(contract, month)[0], month)
    )
    return len(stream.tickets_of(contract, start[0], end[1]))


def carry_out(study_id: int, *, now: dt.datetime) -> None:
    """Replay a study that is not done; its progress is told on the way, its answer written at the end."""
    study = Study.objects.select_related("contract__organisation").filter(pk=study_id).first()
    if study is None or study.state in (Study.State.DONE, Study.State.REFUSED):
        return
    try:
        changes = [change_of(study.contract, variant) for variant in study.variants]
    except Refusal as refusal:
        _write(study, state=Study.State.REFUSED, refusal=refusal.code, done_at=now)
        return
    ground = ground_of(study.contract, study.month, now=study.asked_at)
    replay = Replay(ground, changes, study.asked_at)
    changed = [{"to_met": 0, "to_missed": 0, "other": 0} for _ in changes]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as listed:
        for moved in replay.run():
            listed.writelines(_counted(study, ground, moved, changed))
            _write(study, state=Study.State.RUNNING, progress=replay.done * 100 // max(replay.tickets, 1))
        listed.seek(0)
        with transaction.atomic():
            ChangedClock.objects.filter(study=study).delete()
            _copy(listed)
            _write(
                study, state=Study.State.DONE, progress=100, tickets=replay.tickets, done_at=now,
                result=result_of(replay, changed),
            )  # fmt: skip


def _write(study: Study, **values: Any) -> None:
    Study.objects.filter(pk=study.pk).update(**values)


COLUMNS = (
    "study_id", "variant", "ticket_id", "kind", "month", "was", "then", "used_before", "target_before", "used_after",
    "target_after",
)  # fmt: skip


def _copy(listed: IO[bytes]) -> None:
    """Write the changed clocks, in the order of their tickets: numbers, days and codes, nothing to escape."""
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {ChangedClock._meta.db_table} ({names}) from stdin") as copy,
    ):
        while part := listed.read(1024 * 1024):
            copy.write(part)


def _counted(
    study: Study, ground: Ground, moved: Iterable[Moved], changed: list[dict[str, int]]
) -> Iterator[bytes]:
    """Count what moved; each as a line of the table."""
    for one in moved:
        was, then = _verdict(one.was), _verdict(one.then)
        sums = changed[one.variant]
        sums[{"met": "to_met", "missed": "to_missed"}[then] if then and was and then != was else "other"] += 1
        yield _line(study, ground, one, was, then)


def _line(study: Study, ground: Ground, one: Moved, was: str, then: str) -> bytes:
    """The values of ``COLUMNS``."""
    stood, clock = one.stood, one.clock
    month = ground.months.first[(one.then or one.was)[0].month]
    values = (
        study.pk, one.variant, clock.ticket_id, clock.subject.kind, month, was, then, clock.stood.used, clock.stood.target,
        stood.used, stood.target,
    )  # fmt: skip
    return "\t".join(map(str, values)).encode() + b"\n"


def _verdict(places: Sequence[Place]) -> str:
    return ("missed" if places[0].late else "met") if places else ""


def result_of(replay: Replay, changed: Sequence[dict[str, int]]) -> dict[str, Any]:
    """The months before and under each variant, as plain values."""
    ground = replay.ground
    return {
        "whole": True,  # every changed clock is listed
        "before": _months(ground.told(replay.before)),
        "stated": {month.isoformat(): str(total) for month, total in ground.stated.items()},
        "own": {month.isoformat(): str(total) for month, total in ground.stated_own.items()},
        "apart": [
            {
                "month": one.month.isoformat(),
                "amount": str(one.amount),
                "told_in": one.told_in and one.told_in.isoformat(),
            }
            for one in ground.apart
        ],
        "variants": [
            {"months": _months(ground.told(board)), **sums}
            for board, sums in zip(replay.after, changed, strict=True)
        ],
    }


def _months(months: Sequence[MonthOf]) -> list[dict[str, Any]]:
    return [
        {
            "month": one.month.isoformat(),
            "met": one.together.met, "missed": one.together.missed, "excluded": one.together.excluded,
            "open_late": one.open_late,
            "gross": str(one.settlement.gross), "total": str(one.settlement.total), "own": str(one.settlement.own),
            "carried": str(one.settlement.step(StepKind.CARRIED_OUT)),
            "lines": [
                {
                    "key": line.key, "met": line.measure.met, "missed": line.measure.missed,
                    "excluded": line.measure.excluded, "verdict": str(line.verdict), "penalty": str(line.penalty),
                }
                for line in one.lines
            ],
        }
        for one in months
    ]  # fmt: skip
