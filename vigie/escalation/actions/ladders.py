"""Changes of ladders and their steps. A whole ladder is checked at each change, with those that lead to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from vigie.accounts.models import TeamMember
from vigie.escalation import access
from vigie.escalation.models import Ladder, Step, SupportWatch, Watch
from vigie.escalation.queries.ladders import (
    commitments_of,
    owner_of,
    rungs_of,
    scope_of,
    steps_of,
    targets_of,
)
from vigie.escalation.queries.people import authorised, holders
from vigie.escalation.rules.ladder import chain, check_kind, check_ladder, check_tie, leads_all, may_follow
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal

SCOPE = (
    "whose",
    "organisation_id",
    "contract_id",
    "kind",
    "priorities",
    "vip_only",
    "is_active",
    "continues_with_id",
)
POINT = ("unit", "value", "calendar_id")
# What each audience names; the other columns are emptied.
NAMES = {
    "leads": "team",
    "team": "team",
    "on_call": "team",
    "role": "role",
    "person": "person",
    "assignee": "",
}
TAKERS = ("team", "on_call", "person")
ASIDE = 10_000


@transaction.atomic
def save_ladder(
    actor: Actor, ladder_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Ladder:
    """A new ladder, or other names, scope or continuation of one. What was behind before is not told again."""
    known = _locked()
    ladder = Ladder(since=now) if ladder_id is None else access.one(actor, ladder_id)
    if ladder_id is not None:
        access.demand_owner(actor, ladder.organisation_id)
    wanted = _owned(values)
    owner = wanted["organisation"]
    access.demand_owner(actor, owner.pk if owner else None)
    if ladder_id is not None and wanted.get("continues_with") == ladder:
        raise Refusal("escalation.circular", field="continues_with")
    before = [getattr(ladder, name) for name in SCOPE]
    saved = journal.write(actor, ladder, wanted, now=now)
    _check_scope(saved, known, now)
    try:
        _check_sound(saved, {**{row.pk: row for row in known}, saved.pk: saved}, now)
    except Refusal as found:
        # each ladder is in order by itself: it is where one goes on from the other that is not
        if found.code == "escalation.out_of_order" and saved.continues_with_id:
            raise Refusal("escalation.then_out_of_order", field="continues_with") from found
        raise
    if before != [getattr(saved, name) for name in SCOPE]:
        Step.objects.filter(ladder=saved).update(since=now)
        Ladder.objects.filter(pk=saved.pk).update(since=now)
    _look_again()
    return saved


def _locked() -> list[Ladder]:
    """Every ladder, held: ties and circles are a matter of all of them, and they are few."""
    return list(Ladder.objects.select_for_update().order_by("pk"))


def _owned(values: Mapping[str, Any]) -> dict[str, Any]:
    """A contract brings its client along."""
    contract, organisation = values.get("contract"), values.get("organisation")
    if contract is None:
        return dict(values)
    if organisation is None:
        return {**values, "organisation": contract.organisation}
    if contract.organisation_id != organisation.pk:
        raise Refusal("escalation.contract_of_another", field="contract")
    return dict(values)


def _check_scope(ladder: Ladder, known: list[Ladder], now: dt.datetime) -> None:
    check_kind(ladder.whose, ladder.kind)
    own, then = owner_of(ladder), ladder.continues_with
    if then is not None and not (
        may_follow(own, owner_of(then)) and leads_all(scope_of(ladder), scope_of(then))
    ):
        raise Refusal("escalation.then_narrower", field="continues_with")
    before = [row for row in known if row.continues_with_id == ladder.pk]
    if not all(may_follow(owner_of(row), own) for row in before):
        raise Refusal("escalation.in_use", field="contract" if ladder.contract_id else "organisation")
    if not all(leads_all(scope_of(row), scope_of(ladder)) for row in before):
        raise Refusal("escalation.in_use", field="priorities" if ladder.priorities else "vip_only")
    of_client = ladder.whose == Ladder.Whose.CLIENT
    if of_client and ladder.contract_id and not commitments_of(ladder, now.date()).exists():
        raise Refusal("escalation.no_such_promise", field="kind")
    if ladder.is_active:
        others = [scope_of(row) for row in known if row.is_active and row.pk != ladder.pk]
        check_tie(scope_of(ladder), others)


def _check_sound(ladder: Ladder, known: Mapping[int, Ladder], now: dt.datetime) -> None:
    """The ladder with those it continues with, and every ladder that leads to it."""
    following = {pk: row.continues_with_id for pk, row in known.items()}
    for start in known:
        climbed = chain(start, following)
        if ladder.pk in climbed:
            rungs = [rung for pk in climbed for rung in rungs_of(steps_of(known[pk]), now)]
            check_ladder(rungs, targets_of(known[start], now.date()))


def _look_again() -> None:
    """The sweep reads every clock again."""
    for watches in (Watch, SupportWatch):
        watches._default_manager.update(version=0)


@transaction.atomic
def save_step(
    actor: Actor, ladder_id: int, step_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> Step:
    """A step more, or other terms of one. ``values["position"]`` is its place from 1; those after it move up."""
    known = {row.pk: row for row in _locked()}
    ladder = access.one(actor, ladder_id)
    access.demand_owner(actor, ladder.organisation_id)
    steps = steps_of(ladder)
    step = Step(ladder=ladder, since=now) if step_id is None else _among(steps, step_id)
    wanted = _normal(values)
    place = min(max(wanted.pop("position") or len(steps) + 1, 1), len(steps) + 1)
    before = [getattr(step, name) for name in POINT]
    others = [one for one in steps if one.pk != step.pk]
    Step.objects.filter(ladder=ladder, is_removed=False).update(position=F("position") + ASIDE)
    saved = journal.write(actor, step, {**wanted, "position": place}, now=now)
    if step_id is not None and before != [getattr(saved, name) for name in POINT]:
        Step.objects.filter(pk=saved.pk).update(since=now)
    others.insert(place - 1, saved)
    _place(others)
    _check_told(saved, ladder, now)
    _check_sound(ladder, known, now)
    _look_again()
    return saved


@transaction.atomic
def remove_step(actor: Actor, ladder_id: int, step_id: int, *, now: dt.datetime) -> None:
    """The step fires no more; what it fired stays."""
    known = {row.pk: row for row in _locked()}
    ladder = access.one(actor, ladder_id)
    access.demand_owner(actor, ladder.organisation_id)
    steps = steps_of(ladder)
    journal.write(actor, _among(steps, step_id), {"is_removed": True}, now=now)
    _place([one for one in steps if one.pk != step_id])
    _check_sound(ladder, known, now)
    _look_again()


def _among(steps: list[Step], step_id: int) -> Step:
    found = next((step for step in steps if step.pk == step_id), None)
    if found is None:
        raise NotFound()
    return found


def _place(steps: list[Step]) -> None:
    """Number them from 1, those already in place moved out of the way first: no two steps ever share a place."""
    low = Step.objects.filter(pk__in=[step.pk for step in steps], position__lt=ASIDE)
    low.update(position=F("position") + 2 * ASIDE)
    for place, step in enumerate(steps, 1):
        Step.objects.filter(pk=step.pk).update(position=place)


def _normal(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the audience uses, the others empty."""
    wanted = dict(values)
    name = NAMES[wanted["audience"]]
    for column in ("team", "role", "person"):
        if column != name:
            wanted[column] = None
    if name in ("role", "person") and wanted.get(name) is None:
        raise Refusal("escalation.who", field=name)
    if wanted["mode"] == Step.Mode.FUNCTIONAL:
        names_one = wanted["audience"] in TAKERS and not (
            wanted["audience"] == "team" and wanted["team"] is None
        )
        if not names_one:
            raise Refusal("escalation.needs_taker", field="audience")
    if wanted["unit"] == Step.Unit.PERCENT and wanted.get("calendar") is not None:
        raise Refusal("escalation.percent_no_calendar", field="calendar")
    return wanted


def _check_told(step: Step, ladder: Ladder, now: dt.datetime) -> None:
    """Refuse a step that tells nobody. Who is in charge, or in the ticket's own team, is known with the ticket alone."""
    if step.audience == Step.Audience.ASSIGNEE or (NAMES[step.audience] == "team" and step.team_id is None):
        return
    if step.audience == Step.Audience.ON_CALL:
        members = TeamMember.objects.filter(team_id=step.team_id or 0).values("agent_id")
        found = authorised(ladder.organisation_id).filter(pk__in=members).exists()
    else:
        found = bool(holders(step, None, ladder.organisation_id, now))
    if not found:
        raise Refusal("escalation.nobody", field=NAMES[step.audience])
