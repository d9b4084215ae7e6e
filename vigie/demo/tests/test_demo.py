"""The demonstration is believable, whole and the same each time."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection, transaction

from vigie.accounts import demo_mode
from vigie.accounts.models import Agent, AgentClient, Person, Team
from vigie.catalog.models import Service
from vigie.compliance.models import Exclusion, Statement, StatementClock
from vigie.contracts.models import Contract
from vigie.contracts.queries.coverage import coverage
from vigie.demo.accounts import ACCOUNTS, PASSWORD
from vigie.demo.load import load_demo
from vigie.demo.scenarios import french, scenarios, told
from vigie.escalation.models import Recipient
from vigie.kernel.actor import SYSTEM
from vigie.notifications.models import Delivery, Notice
from vigie.rota.models import Absence, CallOut, Handover, Override, ShiftPattern, ShiftPlace, Swap
from vigie.rota.queries import on_call
from vigie.rota.queries.coverage import gaps_ahead
from vigie.runtime.environment import ROOT
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.ledger import cache_reading, load_rows, reading_of
from vigie.tickets.models import Approval, Clock, Fact, Message, Referral, SupportClock, Ticket

pytestmark = pytest.mark.django_db
ANCHOR = dt.datetime(2026, 3, 11, 14, 0, tzinfo=dt.UTC)  # a Wednesday afternoon


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """Loaded once for this file, and taken away afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        point = transaction.savepoint()
        load_demo(ANCHOR)
        connection.check_constraints()  # once: what is left for later is checked again after every test
        yield
        transaction.savepoint_rollback(point)


def test_none_of_its_history_is_mailed(demo: None) -> None:
    assert Delivery.objects.exists()
    assert not Delivery.objects.exclude(state="skipped").exists()


def test_notices_are_read_in_the_order_of_time(demo: None) -> None:
    for recipient in Notice.objects.values_list("recipient", flat=True).distinct():
        read = list(
            Notice.objects.filter(recipient=recipient).order_by("-id").values_list("created_at", flat=True)
        )
        assert read == sorted(read, reverse=True)


def test_its_size_is_the_one_announced(demo: None) -> None:
    assert Organisation.objects.filter(kind="client").count() == 6
    assert 35 <= Agent.objects.count() <= 40
    assert Team.objects.count() == 5
    assert 590 <= Person.objects.filter(side="client").count() <= 610
    assert Service.objects.count() == 15
    assert 2900 <= Ticket.objects.count() <= 3200
    assert 30 <= Ticket.objects.filter(phase__in=["active", "waiting"]).count() <= 60
    languages = Counter(Ticket.objects.values_list("requester__language", flat=True))
    assert 0.25 <= languages["en"] / languages.total() <= 0.42


def test_promises_are_mostly_kept(demo: None) -> None:
    verdicts = Counter(Clock.objects.filter(kind="resolution").values_list("state", flat=True))
    assert 0.03 <= verdicts["missed"] / (verdicts["missed"] + verdicts["met"]) <= 0.09
    assert verdicts["paused"] >= 1
    assert Ticket.objects.filter(reopen_count__gt=0).count() >= 30
    assert Ticket.objects.filter(parent__isnull=False).count() >= 15
    assert Ticket.objects.filter(duplicate_of__isnull=False).count() >= 4
    assert Ticket.objects.filter(is_vip=True).count() >= 50


def test_the_day_is_alive(demo: None) -> None:
    live = Ticket.objects.filter(phase__in=["active", "waiting"])
    assert live.filter(assignee=None).count() >= 3
    assert live.filter(has_breach=True).count() >= 2
    soon = ANCHOR + dt.timedelta(hours=4)
    assert live.filter(due_at__gt=ANCHOR, due_at__lt=soon).count() >= 3
    assert not Ticket.objects.filter(opened_at__gt=ANCHOR).exists()
    assert not Fact.objects.filter(recorded_at__gt=ANCHOR).exists()


def test_each_persona_can_be_somebody_and_has_something_to_do(demo: None) -> None:
    for persona in ACCOUNTS:
        person = Person.objects.get(email=persona.email)
        assert person.check_password(PASSWORD)
        assert person.name == persona.name
    told_to = set(Notice.objects.filter(read_at=None).values_list("recipient__email", flat=True))
    assert {
        "lea.martin@nord-infogerance.example",
        "karim.benali@nord-infogerance.example",
        "claire.dubois@valmont.example",
    } <= told_to
    assert (
        not Person.objects.exclude(email__in=[p.email for p in ACCOUNTS])
        .exclude(password__startswith="!")
        .exists()
    )


def test_no_agent_worked_for_a_client_out_of_its_sight(demo: None) -> None:
    allowed = set(AgentClient.objects.values_list("agent_id", "organisation_id"))
    limited = set(Agent.objects.filter(all_clients=False).values_list("pk", flat=True))
    worked = set(Ticket.objects.filter(assignee__in=limited).values_list("assignee_id", "organisation_id"))
    assert worked
    assert worked <= allowed


def test_clocks_equal_a_replay_of_their_journal(demo: None) -> None:
    tickets = sorted(Ticket.objects.values_list("pk", flat=True))
    for pk in random.Random(1).sample(tickets, 50):
        rows = load_rows(pk)
        for clock in Clock.objects.filter(ticket_id=pk):
            kept = (clock.state, clock.stopped_at, clock.due_at, clock.breached_at, clock.target_seconds)
            cache_reading(clock, reading_of(clock, rows, ANCHOR))
            assert (
                clock.state,
                clock.stopped_at,
                clock.due_at,
                clock.breached_at,
                clock.target_seconds,
            ) == kept, pk


def test_texts_are_finished_and_well_set(demo: None) -> None:
    bodies = list(Message.objects.values_list("body", flat=True))
    assert not [body for body in bodies if any(mark in body for mark in "{}[]|")]
    assert not [body for body in bodies if " :" in body or " ?" in body or " !" in body or "'" in body]
    conversations = Counter(Message.objects.filter(kind="description").values_list("body", flat=True))
    assert conversations.most_common(1)[0][1] <= 3
    assert len(scenarios()) >= 60
    assert {s.language for s in scenarios()} == {"fr", "en"}


def test_every_service_has_an_icon_of_the_kit(demo: None) -> None:
    drawn = set(
        re.findall(r'id="([a-z0-9-]+)"', (ROOT / "vigie/toolkit/static/vigie/icons/icons.svg").read_text())
    )
    assert set(Service.objects.values_list("icon", flat=True)) <= drawn


def test_every_scenario_can_be_told(demo: None) -> None:
    codes = set(Service.objects.values_list("code", flat=True))
    assert {s.service for s in scenarios()} <= codes
    counted = Counter(s.code for s in scenarios() if s.language == "fr")
    assert max(counted.values()) == 1


def test_it_is_loaded_once_and_marked(demo: None, settings: object) -> None:
    count = Ticket.objects.count()
    assert load_demo(ANCHOR) is False
    assert Ticket.objects.count() == count
    settings.DEMO = True  # type: ignore[attr-defined]
    assert demo_mode.is_demo()


def test_choices_places_and_typography() -> None:
    chance = random.Random(3)
    text = told("Bonjour {prenom}, [oui|oui] ?", {"prenom": "Ana"}, "fr", chance)
    assert text == "Bonjour Ana, oui\u202f?"
    assert french("« l'accord » : 12 Go !") == "«\u00a0l’accord\u00a0»\u00a0: 12\u00a0Go\u202f!"


def test_approvals_are_awaited_from_the_personas_who_give_them(demo: None) -> None:
    awaited = Approval.objects.filter(verdict="").values_list("approver__email", flat=True)
    assert {"philippe.garnier@valmont.example", "margaret.ellis@hargrove.example"} <= set(awaited)
    waiting = Ticket.objects.filter(state="pending_approval")
    assert waiting.count() == waiting.filter(approvals__verdict="").distinct().count()


def test_months_are_settled_and_exclusions_are_argued(demo: None) -> None:
    rows = Statement.objects.filter(contract__reference__startswith="VALMONT").order_by("month")
    assert [row.state for row in rows] == ["frozen", "frozen", "frozen", "proposed"]
    assert all(0 <= row.total <= Decimal("28400.00") * 7 / 100 for row in rows)
    assert any(row.total for row in Statement.objects.all())
    assert set(Exclusion.objects.values_list("state", flat=True)) == {"asked", "approved", "refused"}
    refused = Exclusion.objects.get(state="refused")
    counted = StatementClock.objects.get(clock=refused.clock, is_open=False)
    assert (counted.late, counted.excluded) == (True, False)


def test_what_stands_behind_its_promises_is_true(demo: None) -> None:
    """One promise of Valmont is not held up by its supplier, one wish became no commitment, nobody promised nothing."""
    contract = Contract.objects.get(organisation__code="VALMONT")
    told = coverage(SYSTEM, contract, now=ANCHOR)
    assert [(one.what, one.priority) for one in told.with_gap("unsupported")] == [("Résolution", 1)]
    worst = told.with_gap("unsupported")[0].worst_supplier
    assert worst is not None
    assert worst.holders[-1].startswith("Orialog")
    assert [one.requirements[0].number for one in told.with_gap("uncommitted")] == [3]
    assert not told.with_gap("silent")
    assert not told.with_gap("unmeasured")


def test_teams_follow_the_sun_with_one_gap_ahead(demo: None) -> None:
    found = gaps_ahead(SYSTEM, now=ANCHOR)
    assert [gap.cause for gap in found] == ["on_call_away"]
    assert [row.state for row in Swap.objects.all()] == ["accepted"]
    assert Absence.objects.count() == 2
    away = Override.objects.get()
    assert on_call(away.team_id, away.starts_at)[0].pk == away.person_id
    note = Handover.objects.get()
    assert note.acknowledged_by is not None
    assert note.acknowledged_at > note.sent_at
    assert CallOut.objects.count() > 100


def test_nobody_works_six_days_and_every_day_has_enough_people(demo: None) -> None:
    worked: dict[int, set[int]] = {}
    for place in ShiftPlace.objects.all():
        worked.setdefault(place.person_id, set()).update(place.weekdays)
    assert max(map(len, worked.values())) == 5
    for pattern in ShiftPattern.objects.all():
        places = ShiftPlace.objects.filter(pattern=pattern)
        days = {day for place in places for day in place.weekdays}
        assert all(places.filter(weekdays__contains=[day]).count() >= pattern.people_needed for day in days)


def test_a_ticket_is_at_its_supplier_since_today_and_whoever_is_on_call_was_told(demo: None) -> None:
    given = Referral.objects.get(state="open", reference__endswith="-4999")
    assert dt.timedelta() < ANCHOR - given.referred_at < dt.timedelta(hours=1)
    assert (given.ticket.phase, given.ticket.pending_reason) == ("waiting", "supplier")
    assert SupportClock.objects.filter(ticket=given.ticket, kind="uc", state="running").exists()
    told_by_turn = Recipient.objects.filter(escalation__step__audience="on_call").select_related(
        "escalation__ticket"
    )
    assert told_by_turn
    for row in told_by_turn:
        called = on_call(row.escalation.ticket.team_id or 0, row.escalation.told_at)
        assert row.person_id in [one.pk for one in called]
