"""The replay: what changes nothing gives the stored figures, to the unit; what changes is judged by the same clock."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.world import START, World, report
from vigie.compliance import rules as compliance
from vigie.compliance.actions import exclusions, statements
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries import figures
from vigie.compliance.tests.scene import (
    KEPT,
    MISSED,
    THEN,
    change_terms,
    rated,
    resolution,
    second_manager,
    solved,
)
from vigie.compliance.tests.test_records import available, late_delivery, measured, out
from vigie.contracts.actions import commitments, versions
from vigie.contracts.models import Commitment, Contract, ContractVersion
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.replay import actions
from vigie.replay.models import ChangedClock, Study
from vigie.replay.queries import told as page
from vigie.replay.queries.outcome import Replay, ground_of
from vigie.replay.queries.variants import commitments_in
from vigie.replay.rules import Change, MonthOf
from vigie.tickets.actions.handling import set_priority
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Clock, Fact, Ticket

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def replayed(world: World, *changes: Change, now: dt.datetime = THEN) -> Replay:
    contract = world.a.contract
    month = compliance.month_of(now, contract.organisation.timezone)
    found = Replay(ground_of(contract, month, now=now), changes, now)
    for _ in found.run():
        pass
    return found


def lived(world: World) -> None:
    """Two months of tickets: kept, missed, paused, reprioritised, reopened, still open and late, excluded."""
    agent = world.actor(world.agent_all)
    for n in range(3):
        solved(world, KEPT, now=START + n * DAY)
    for n in range(3):
        solved(world, MISSED, now=START + 2 * n * DAY)
    waiting = report(world, now=START)
    take_step(agent, waiting.pk, "start", Given(), now=START + HOUR)
    given = Given(text="<p>Quel poste ?</p>", pending_reason="client_info")
    take_step(agent, waiting.pk, "wait", given, now=START + 2 * HOUR)
    report(world, now=START + DAY)  # nobody answers
    late = solved(world, MISSED, now=START + HOUR)
    plea = Plea("client_access", "Absent", "Courriel")
    asked = exclusions.ask(agent_of(world), resolution(late).pk, plea, now=THEN)
    exclusions.decide(world.actor(second_manager(world)), asked.pk, approved=True, grounds="Oui", now=THEN)


def agent_of(world: World) -> Any:
    return world.actor(world.manager)


def same_month(told: MonthOf, world: World, now: dt.datetime) -> None:
    simulated = figures.simulated(SYSTEM, world.a.contract, told.month, now=now)
    rates = RateCommitment.objects.exclude(kind__in=RateCommitment.Measure.values).values_list(
        "pk", flat=True
    )
    assert told.lines == tuple(line for line in simulated.lines if line.key in set(rates))
    assert told.together == simulated.together
    assert told.open_late == simulated.open_late
    assert told.settlement == simulated.settlement


@pytest.mark.parametrize("method", ["resolved", "opened", "due"])
def test_before_is_what_the_stored_clocks_say(world: World, method: str) -> None:
    rated(world, formula="bands", terms={"bands": [["95", "0"], ["0", "10"]]})
    change_terms(world, kind=method)
    lived(world)
    statements.propose(SYSTEM, world.a.contract.pk, dt.date(2026, 1, 1), now=THEN)
    for now in (THEN, THEN + 40 * DAY):
        found = replayed(world, now=now)
        told = found.ground.told(found.before)
        assert [one.month for one in told][-2:] == [compliance.later(told[-1].month, -1), told[-1].month]
        assert sum(one.together.met + one.together.missed for one in told) >= 6
        for one in told:
            same_month(one, world, now)


def test_a_penalty_by_the_ticket_is_the_stored_one(world: World) -> None:
    rated(world, formula="per_ticket", terms={"hourly": "50", "cap": "500"})
    lived(world)
    found = replayed(world)
    january = found.ground.told(found.before)[-2]
    assert january.settlement.gross > 0
    same_month(january, world, THEN)


def test_what_is_no_ticket_costs_the_same_before_and_after(world: World) -> None:
    """Six hours without mail and a late lot cost what the month's sheet says, whatever the targets of tickets."""
    rated(world)
    lived(world)
    available(world)
    out(world)
    measured(world, "delivery", target=Decimal(100), formula="lateness", terms={"divisor": 1000})
    late_delivery(world)
    found = replayed(world, Change(week=(((0, 1440),),) * 7))
    before, after = found.ground.told(found.before), found.ground.told(found.after[0])
    for told in before:
        same_month(told, world, THEN)
    january = [told[-2] for told in (before, after)]
    of_clocks = [sum((line.penalty for line in told.lines), Decimal(0)) for told in january]
    apart = [told.settlement.gross - money for told, money in zip(january, of_clocks, strict=True)]
    assert apart[0] == apart[1] > 0


def test_a_month_whose_facts_moved_since_its_statement_says_what_the_statement_says(world: World) -> None:
    rated(world)
    for _ in range(4):
        solved(world, KEPT)
    statements.propose(SYSTEM, world.a.contract.pk, dt.date(2026, 1, 1), now=THEN)
    target = Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=4)
    variant = {"name": "1 h", "targets": {str(target.pk): "1h"}}
    manager = world.actor(world.manager)
    study = actions.ask(manager, world.a.contract.pk, [variant], now=THEN)
    assert page.told(manager, study, None).stated == {}
    assert study.result is not None
    study.result["stated"]["2026-01-01"] = study.result["own"]["2026-01-01"] = "190.00"
    assert "190" in page.told(manager, study, None).stated[dt.date(2026, 1, 1)]
    assert page.told(manager, study, RateCommitment.objects.get().pk).stated == {}


def test_r4_6_a_change_that_changes_nothing_gives_the_same_months(world: World) -> None:
    """Every clock is read again: a pause that no ticket had makes all terms others without moving anything."""
    rated(world)
    lived(world)
    found = replayed(world, Change(pauses={"problem": True}))
    assert found.ground.told(found.after[0]) == found.ground.told(found.before)


def test_a_shorter_target_misses_more_and_costs_more(world: World) -> None:
    rated(world)
    for _ in range(4):
        solved(world, KEPT)
    target = Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=4)
    variant = {"name": "1 h", "targets": {str(target.pk): "1h"}}
    facts = Fact.objects.count()
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    assert study.state == Study.State.DONE
    january = next(month for month in study.result["before"] if month["month"] == "2026-01-01")
    then = next(month for month in study.result["variants"][0]["months"] if month["month"] == "2026-01-01")
    assert (january["met"], january["missed"], Decimal(january["total"])) == (4, 0, 0)
    assert (then["met"], then["missed"]) == (0, 4)
    assert Decimal(then["total"]) == Decimal("700.00")  # 90 points at 1 % of 10,000, capped at 7 %
    assert study.result["variants"][0]["to_missed"] == 4
    changed = ChangedClock.objects.get(study=study, ticket=Ticket.objects.first())
    assert (changed.was, changed.then, changed.used_after, changed.target_after) == (
        "met",
        "missed",
        7200,
        3600,
    )
    assert Fact.objects.count() == facts
    assert Clock.objects.filter(kind="resolution", state="met").count() == 4


def test_hours_of_the_night_count_in_another_calendar(world: World) -> None:
    rated(world)
    solved(world, 14 * HOUR)  # 09:00 to 23:00 in Paris: 9 h of service
    day_and_night = Change(week=(((0, 1440),),) * 7)
    found = replayed(world, day_and_night)
    assert found.after[0].beyond == found.before.beyond
    target = Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=4)
    study = actions.ask(
        world.actor(world.manager), world.a.contract.pk,
        [{"name": "24/7", "hours": [["00:00", "24:00"]], "days": ["mon", "tue"], "targets": {str(target.pk): "10h"}}],
        now=THEN,
    )  # fmt: skip
    changed = ChangedClock.objects.get(study=study)
    assert (changed.used_before, changed.used_after) == (9 * 3600, 14 * 3600)


def test_a_change_of_priority_keeps_its_own_changed_target(world: World) -> None:
    rated(world)
    ticket = report(world, now=START)
    agent = world.actor(world.dispatcher)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    set_priority(agent, ticket.pk, impact=1, urgency=1, now=START + HOUR)
    given = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    take_step(agent, ticket.pk, "resolve", given, now=START + 3 * HOUR)
    p1 = Commitment.objects.get(version__contract=world.a.contract, kind="resolution", priority=1)
    variant = {"name": "P1", "targets": {str(p1.pk): "2h"}}
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    changed = ChangedClock.objects.get(study=study)
    assert (changed.was, changed.then, changed.target_before, changed.target_after) == (
        "met",
        "missed",
        14400,
        7200,
    )


def drafted(world: World, **policies: Any) -> ContractVersion:
    """The draft of an amendment of A's contract, from March on."""
    day = dt.date(2026, 3, 1)
    draft = versions.draft_amendment(
        SYSTEM, world.a.contract.pk, {"effective_on": day, "changes": "Délais"}, now=THEN
    )
    return versions.change_draft(SYSTEM, world.a.contract.pk, policies, now=THEN) if policies else draft


def rewritten(draft: ContractVersion, kind: str, priority: int, /, **values: Any) -> None:
    """A commitment of the draft, changed."""
    row = Commitment.objects.get(version=draft, kind=kind, priority=priority)
    names = (
        "kind", "ticket_type", "priority", "service", "category", "site", "vip_only", "target_seconds", "target_days", "calendar",
        "follow_site", "pauses", "thresholds", "on_priority_change", "on_reopen",
    )  # fmt: skip
    kept = {name: getattr(row, name) for name in names}
    commitments.change_commitment(SYSTEM, draft.contract_id, row.pk, {**kept, **values}, now=THEN)


def test_as_it_is_are_the_terms_of_today_not_those_of_tomorrow(world: World) -> None:
    draft = drafted(world)
    rewritten(draft, "resolution", 2, target_seconds=4 * 3600)
    versions.put_in_force(SYSTEM, world.a.contract.pk, now=THEN)

    def p2(day: dt.date) -> int | None:
        rows = commitments_in(world.a.contract, day)
        return next(row.target_seconds for row in rows if (row.kind, row.priority) == ("resolution", 2))

    assert (p2(dt.date(2026, 2, 28)), p2(dt.date(2026, 3, 1))) == (8 * 3600, 4 * 3600)


def of_priority_2(world: World, *hours: int) -> list[Ticket]:
    """P2 tickets (8 h promised), all opened on a Monday at 09:00, solved after so many hours of service."""
    agent, found = world.actor(world.dispatcher), []
    for n, length in enumerate(hours):
        now = START + n * DAY
        ticket = report(world, now=now)
        set_priority(agent, ticket.pk, impact=1, urgency=2, now=now)
        take_step(agent, ticket.pk, "start", Given(), now=now)
        given = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
        found.append(take_step(agent, ticket.pk, "resolve", given, now=now + length * HOUR))
    return found


def test_a_draft_that_lowers_p2_gives_the_breaches_counted_by_hand(world: World) -> None:
    """Solved after 2, 3, 4, 5 and 6 h: promised in 8 h none is late; in 4 h, those of 5 and 6 h are."""
    rated(world)
    tickets = of_priority_2(world, 2, 3, 4, 5, 6)
    assert {ticket.priority for ticket in Ticket.objects.all()} == {2}
    solved(world, KEPT)  # of another priority: untouched
    draft = drafted(world)
    rewritten(draft, "resolution", 2, target_seconds=4 * 3600)
    before = list(
        Clock.objects.order_by("pk").values_list("state", "used_seconds", "target_seconds", "terms_id")
    )
    variant = {"name": "Avenant", "version": draft.pk}
    study = actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    told = study.result["variants"][0]
    assert (told["to_missed"], told["to_met"], told["other"]) == (2, 0, 0)
    moved = ChangedClock.objects.filter(study=study).order_by("ticket_id")
    assert [row.ticket_id for row in moved] == [tickets[3].pk, tickets[4].pk]
    assert {(row.kind, row.was, row.then, row.target_before, row.target_after) for row in moved} == {
        ("resolution", "met", "missed", 8 * 3600, 4 * 3600)
    }
    january, then = study.result["before"][-2], told["months"][-2]
    assert (january["met"], january["missed"], then["met"], then["missed"]) == (6, 0, 4, 2)
    assert study.variants[0]["left_out"] == 0
    after = list(
        Clock.objects.order_by("pk").values_list("state", "used_seconds", "target_seconds", "terms_id")
    )
    assert after == before
    assert Contract.objects.get(pk=draft.contract_id).versions.get(pk=draft.pk).state == "draft"


def test_a_draft_brings_what_suspends_its_clocks(world: World) -> None:
    """Two hours of eight waited for a supplier; the amendment suspends them and promises 6 h 30."""
    rated(world)
    agent = world.actor(world.agent_all)
    ticket = report(world, now=START)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    wait = Given(text="<p>Pièce commandée.</p>", pending_reason="supplier")
    take_step(agent, ticket.pk, "wait", wait, now=START + HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + 3 * HOUR)
    given = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    take_step(agent, ticket.pk, "resolve", given, now=START + 7 * HOUR)
    draft = drafted(world, pauses={"resolution": {"supplier": True}}, reopen_days=3)
    rewritten(draft, "resolution", ticket.priority, target_seconds=4 * 3600)
    study = actions.ask(
        world.actor(world.manager), world.a.contract.pk,
        [{"name": "Avenant", "version": draft.pk}, {"name": "Et 6 h", "version": draft.pk, "targets": of_line(draft, "6h")}],
        now=THEN,
    )  # fmt: skip
    changed = ChangedClock.objects.get(study=study)
    assert (changed.variant, changed.used_before, changed.used_after, changed.then) == (
        0,
        7 * 3600,
        5 * 3600,
        "missed",
    )


def of_line(draft: ContractVersion, typed: str) -> dict[str, str]:
    """A target typed over that of the draft."""
    return {str(Commitment.objects.get(version=draft, kind="resolution", priority=4).pk): typed}


def test_what_a_draft_adds_is_told_as_left_out(world: World) -> None:
    draft = drafted(world)
    rewritten(draft, "resolution", 2, priority=None, ticket_type="request")
    study = actions.ask(
        world.actor(world.manager), world.a.contract.pk, [{"name": "x", "version": draft.pk}], now=THEN
    )
    assert study.variants[0]["left_out"] == 1


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ([], "replay.no_variant"),
        ([{"name": "Vide"}], "replay.nothing_changed"),
        ([{"name": "x", "pauses": {"supplier": True}}] * 4, "replay.too_many_variants"),
        ([{"name": "x", "targets": {"0": "4h"}}], "replay.commitment_of_another"),
        ([{"name": "x", "calendar": 9_999_999}], "replay.calendar_of_another"),
        ([{"name": "x", "version": 9_999_999}], "replay.version_of_another"),
        ([{"name": "x", "pauses": {"weather": True}}], "contracts.pause_unknown_reason"),
    ],
)
def test_what_cannot_be_replayed_is_refused(world: World, variants: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        actions.ask(world.actor(world.manager), world.a.contract.pk, variants, now=THEN)
    assert refused.value.code == code
    assert not Study.objects.exists()


def test_a_target_that_cannot_be_read_is_refused(world: World) -> None:
    target = Commitment.objects.filter(version__contract=world.a.contract).first()
    assert target is not None
    variant = {"name": "x", "targets": {str(target.pk): "1 jour"}}
    with pytest.raises(Refusal) as refused:
        actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN)
    assert refused.value.code == "contracts.target_ambiguous"


def test_the_oldest_studies_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "KEPT", 2)
    variant = {"name": "x", "pauses": {"supplier": True}}
    for n in range(3):
        actions.ask(world.actor(world.manager), world.a.contract.pk, [variant], now=THEN + n * HOUR)
    assert list(Study.objects.values_list("asked_at", flat=True).order_by("asked_at")) == [
        THEN + HOUR,
        THEN + 2 * HOUR,
    ]
