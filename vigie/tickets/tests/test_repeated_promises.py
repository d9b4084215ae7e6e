"""Promises kept again and again, through actions: news every so often, an answer to each message."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World, report
from tests.world import promise as promise_more
from vigie.kernel.refusal import Refusal
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions import classifying, handling, sweep
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.ledger import load_rows, reading_of
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Clock, Fact, Ticket

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
SOLVED = Given(resolution_code="solved_permanently", text="<p>Réparé.</p>")


def promise(world: World, kind: str, minutes: int, **more: object) -> None:
    row = {"kind": kind, "target_seconds": minutes * 60, "calendar": world.calendar, **more}
    promise_more(world.a.contract, row)


def cycles(ticket: Ticket, kind: str) -> list[tuple[int, str, int]]:
    rows = Clock.objects.filter(ticket=ticket, kind=kind).order_by("cycle")
    return [(row.cycle, row.state, row.used_seconds // 60) for row in rows]


def say(world: World, ticket: Ticket, minutes: int, client: bool = False) -> None:
    actor = world.actor(world.a.user if client else world.agent)
    reply(actor, ticket.pk, Said("<p>Où en est-on ?</p>"), now=START + minutes * MINUTE)


def test_w29_updates_through_actions(world: World) -> None:
    """First response at 70 min of the opening, news after 45, 70 and 45 min, resolved 50 min later."""
    promise(world, "update", 60)
    ticket = report(world)
    assert not Clock.objects.filter(ticket=ticket, kind="update").exists()
    for minutes in (70, 115):
        say(world, ticket, minutes)
    add_note(world.actor(world.agent), ticket.pk, Said("<p>vu</p>"), now=START + 150 * MINUTE)
    sweep.announce_due_clocks(START + 176 * MINUTE)  # 61 min after the last news
    assert cycles(ticket, "update") == [(0, "met", 45), (1, "running", 61)]
    ticket.refresh_from_db()
    assert (ticket.due_kind, ticket.has_breach) == ("update", True)
    for minutes in (185, 230):
        say(world, ticket, minutes)
    take_step(world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=START + 280 * MINUTE)
    assert cycles(ticket, "update") == [(0, "met", 45), (1, "missed", 70), (2, "met", 45), (3, "met", 50)]
    ticket.refresh_from_db()
    assert (ticket.due_kind, ticket.has_breach) == ("", True)
    told = Fact.objects.filter(ticket=ticket, kind="breached", after__clock="update")
    assert [fact.after["percent"] for fact in told] == [100]


def test_a_reply_is_awaited_from_the_first_message_on_and_given_once(world: World) -> None:
    promise(world, "reply", 30)
    ticket = report(world)
    say(world, ticket, 5, client=True)  # nobody has answered yet: the response counts
    say(world, ticket, 10)
    assert cycles(ticket, "reply") == []
    with client_wall(world.actor(world.a.user)):
        say(world, ticket, 20, client=True)
        say(world, ticket, 40, client=True)
    assert cycles(ticket, "reply") == [(0, "running", 20)]
    say(world, ticket, 51)
    say(world, ticket, 60, client=True)
    take_step(world.actor(world.agent), ticket.pk, "resolve", SOLVED, now=START + 70 * MINUTE)
    say(world, ticket, 80, client=True)
    assert cycles(ticket, "reply") == [(0, "missed", 31), (1, "met", 10)]
    user = world.actor(world.a.user)
    take_step(user, ticket.pk, "reopen", Given(reason="encore", text="<p>Non.</p>"), now=START + 90 * MINUTE)
    assert cycles(ticket, "reply")[2:] == [(2, "running", 0)]


def test_words_of_an_unverified_sender_await_no_reply(world: World) -> None:
    promise(world, "reply", 30)
    ticket = report(world)
    say(world, ticket, 10)
    doubtful = Said("<p>Moi</p>", via="mail", trust="unverified", trust_detail="no_pass")
    reply(world.actor(world.a.user), ticket.pk, doubtful, now=START + 20 * MINUTE)
    assert cycles(ticket, "reply") == []


def test_waiting_for_the_client_suspends_news_and_never_the_reply(world: World) -> None:
    promise(world, "update", 60)
    promise(world, "reply", 30)
    ticket = report(world)
    say(world, ticket, 10)
    say(world, ticket, 20, client=True)
    wait = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START + 21 * MINUTE)
    take_step(agent, ticket.pk, "wait", wait, now=START + 30 * MINUTE)
    assert cycles(ticket, "update") == [(0, "met", 20), (1, "paused", 0)]
    say(world, ticket, 130, client=True)
    say(world, ticket, 180)
    assert cycles(ticket, "update") == [(0, "met", 20), (1, "met", 50), (2, "running", 0)]
    assert cycles(ticket, "reply") == [(0, "met", 10), (1, "missed", 50)]


def test_another_priority_replaces_the_promise_of_the_cycle_that_runs_and_of_those_to_come(
    world: World,
) -> None:
    promise(world, "update", 60)
    promise(world, "update", 20, priority=1)
    ticket = report(world)
    say(world, ticket, 10)
    say(world, ticket, 40)
    handling.set_priority(
        world.actor(world.dispatcher), ticket.pk, impact=1, urgency=1, now=START + 70 * MINUTE
    )
    assert cycles(ticket, "update") == [(0, "met", 30), (1, "running", 30)]
    running = Clock.objects.get(ticket=ticket, kind="update", cycle=1)
    assert (running.target_seconds, running.breached_at) == (1200, START + 70 * MINUTE)
    say(world, ticket, 75)
    say(world, ticket, 100)
    assert cycles(ticket, "update")[1:] == [(1, "missed", 35), (2, "missed", 25), (3, "running", 0)]


def test_another_type_keeps_the_cycles_that_ended_and_takes_up_its_own_promises(world: World) -> None:
    promise(world, "update", 60, ticket_type="incident")
    promise(world, "reply", 30, ticket_type="request")
    ticket = report(world)
    for minutes in (10, 30):
        say(world, ticket, minutes)
    agent = world.actor(world.agent)
    classifying.change_type(agent, ticket.pk, "request", now=START + 40 * MINUTE)
    assert cycles(ticket, "update") == [(0, "met", 20), (1, "cancelled", 10)]
    say(world, ticket, 50, client=True)
    say(world, ticket, 60)
    assert cycles(ticket, "reply") == [(0, "met", 10)]
    assert len(cycles(ticket, "update")) == 2


def test_a_missed_cycle_is_not_undone_by_another_type_without_the_right_to_correct(world: World) -> None:
    promise(world, "update", 60, ticket_type="incident")
    ticket = report(world)
    say(world, ticket, 10)
    with pytest.raises(Refusal) as refused:
        classifying.change_type(world.actor(world.agent), ticket.pk, "request", now=START + 90 * MINUTE)
    assert refused.value.code == "access.not_granted"


def test_a_cancelled_ticket_has_no_cycle_left(world: World) -> None:
    promise(world, "update", 60)
    ticket = report(world)
    say(world, ticket, 10)
    given = Given(reason="entered_in_error")
    take_step(world.actor(world.agent), ticket.pk, "cancel", given, now=START + 20 * MINUTE)
    assert cycles(ticket, "update") == [(0, "cancelled", 10)]


def test_replaying_the_journal_gives_the_stored_cycles(world: World) -> None:
    promise(world, "update", 60)
    promise(world, "reply", 30)
    ticket = report(world)
    for minutes, client in ((10, False), (25, True), (50, False), (200, True)):
        say(world, ticket, minutes, client)
    now, rows = START + 200 * MINUTE, load_rows(ticket.pk)
    for clock in Clock.objects.filter(ticket=ticket):
        reading = reading_of(clock, rows, now)
        assert (str(reading.state), reading.used_seconds) == (clock.state, clock.used_seconds)


def test_a_ticket_without_such_promises_has_nothing_of_them(world: World) -> None:
    ticket = report(world)
    say(world, ticket, 10)
    say(world, ticket, 20, client=True)
    assert set(Clock.objects.filter(ticket=ticket).values_list("kind", flat=True)) == {
        "response",
        "resolution",
    }
    assert not Fact.objects.filter(ticket=ticket, kind="promised").exists()
