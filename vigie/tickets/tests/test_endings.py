"""How waits and tickets end: at the instant of what ended them, with the words of that very step."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps

from tests.world import START, World, report
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.tickets.actions import handling, lifecycle, sweep
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Clock, Fact, Message, Ticket
from vigie.workflow.models import WorkflowVersion
from vigie.workflow.queries import current_version, machine_of
from vigie.workflow.rules.defaults import INCIDENT
from vigie.workflow.rules.machine import machine_from

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
SOLVED = Given(resolution_code="solved_permanently", text="<p>Routeur remplacé.</p>")


def started(world: World, **more: object) -> Ticket:
    ticket = report(world, **more)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=START)
    return ticket


def waiting(world: World, until: dt.datetime | None = None, reason: str = "client_info") -> Ticket:
    ticket = started(world)
    given = Given(pending_reason=reason, text="<p>Quel poste ?</p>", follow_up_at=until)
    take_step(world.actor(world.agent), ticket.pk, "wait", given, now=START + HOUR)
    return ticket


def child_of(world: World, parent: Ticket, child: Ticket) -> Ticket:
    handling.set_parent(world.actor(world.agent), child.pk, parent.reference, now=START + HOUR)
    return child


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.exclude(state="cancelled").get(ticket=ticket, kind="resolution")


def last_word(ticket: Ticket) -> Message:
    return Message.objects.filter(ticket=ticket, audience="public").order_by("created_at", "id").last()  # type: ignore[return-value]


# -- what a parent brings its children ---------------------------------------------


def test_children_read_the_words_of_the_resolution_and_no_other(world: World) -> None:
    parent, agent = report(world), world.actor(world.agent)
    child = child_of(world, parent, report(world, replace(world.a, user=world.a.colleague)))
    take_step(agent, parent.pk, "resolve", SOLVED, now=START + 2 * HOUR)
    reply(world.actor(world.a.user), parent.pk, Said("<p>Mon code est 1234</p>"), now=START + 3 * HOUR)
    reply(agent, parent.pk, Said("<p>Pour vous seule</p>"), now=START + 3 * HOUR)
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + 4 * HOUR) == 1
    assert last_word(child).body == "<p>Routeur remplacé.</p>"


def test_the_words_of_a_client_who_solved_it_alone_stay_its_own(world: World) -> None:
    parent = report(world)
    child = child_of(world, parent, report(world, replace(world.a, user=world.a.colleague)))
    world.a.colleague.language = "en"
    world.a.colleague.save()
    alone = Given(text="<p>J’ai demandé à Paul</p>")
    take_step(world.actor(world.a.user), parent.pk, "resolve", alone, now=START + 2 * HOUR)
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + 2 * HOUR) == 1
    assert last_word(child).body.startswith("The incident that yours came from is resolved")


@pytest.mark.parametrize("kind", ["request", "question"])
def test_only_incidents_follow_an_incident(world: World, kind: str) -> None:
    parent = report(world)
    other = child_of(world, parent, report(world, ticket_type=kind))
    if kind == "request":
        take_step(world.actor(world.agent), other.pk, "start", Given(), now=START + HOUR)
    take_step(world.actor(world.agent), parent.pk, "resolve", SOLVED, now=START + 2 * HOUR)
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + 2 * HOUR) == 0
    other.refresh_from_db()
    assert other.phase == "active"


def test_a_childs_clock_and_pause_end_with_the_parents(world: World) -> None:
    parent, late = report(world), START + 6 * HOUR
    running, paused = child_of(world, parent, started(world)), child_of(world, parent, waiting(world))
    take_step(world.actor(world.agent), parent.pk, "resolve", SOLVED, now=START + 2 * HOUR)
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=late) == 2
    for child, used in ((running, 2 * 3600), (paused, 3600)):
        child.refresh_from_db()
        clock = resolution(child)
        assert (child.resolved_at, clock.stopped_at) == (START + 2 * HOUR, START + 2 * HOUR)
        assert (clock.state, clock.used_seconds) == ("met", used)
        fact = Fact.objects.get(ticket=child, kind="state", after__verb="resolve")
        assert (fact.at, fact.recorded_at) == (START + 2 * HOUR, late)


def test_a_child_reopened_since_is_left_to_people(world: World) -> None:
    parent = report(world)
    child = child_of(world, parent, started(world))
    take_step(world.actor(world.agent), parent.pk, "resolve", SOLVED, now=START + 2 * HOUR)
    lifecycle.resolve_children(SYSTEM, parent.pk, now=START + 2 * HOUR)
    again = Given(reason="Toujours en panne", text="<p>Toujours en panne</p>")
    take_step(world.actor(world.a.user), child.pk, "reopen", again, now=START + 3 * HOUR)
    assert lifecycle.resolve_children(SYSTEM, parent.pk, now=START + 4 * HOUR) == 0


# -- follow-up dates ---------------------------------------------------------------


def test_a_follow_up_ends_the_pause_at_its_date_however_late_it_is_seen(world: World) -> None:
    ticket = waiting(world, until=START + 3 * HOUR)
    assert sweep.resume_followed_up(START + 3 * HOUR - dt.timedelta(seconds=1)) == 0
    assert sweep.resume_followed_up(START + 7 * HOUR) == 1
    ticket.refresh_from_db()
    assert (ticket.state, ticket.follow_up_at) == ("in_progress", None)
    assert Fact.objects.get(ticket=ticket, after__verb="resume").at == START + 3 * HOUR
    assert resolution(ticket).used_seconds == 5 * 3600  # one hour before the pause, four since its end


def test_a_date_before_the_wait_ends_it_where_it_began(world: World) -> None:
    ticket = waiting(world, until=START - HOUR)
    assert sweep.resume_followed_up(START + 2 * HOUR) == 1
    assert resolution(ticket).used_seconds == 2 * 3600


def test_what_cannot_resume_keeps_nobody_behind_it_waiting(world: World) -> None:
    ready = waiting(world, until=START + 3 * HOUR)
    definition = WorkflowVersion.objects.get(pk=current_version("incident")).definition
    steps = [{**s, "who": ["agent"]} if s["verb"] == "resume" else s for s in definition["steps"]]
    WorkflowVersion.objects.create(
        ticket_type="incident", version=90, definition={**definition, "steps": steps}, published_at=START
    )
    for _ in range(3):
        waiting(world, until=START + 2 * HOUR)
    assert sweep.resume_followed_up(START + 4 * HOUR, batch=2) == 1
    ready.refresh_from_db()
    assert ready.state == "in_progress"


# -- duplicates, reopening, the table ----------------------------------------------


def test_resolved_as_a_duplicate_names_its_master(world: World) -> None:
    master, ticket = report(world), report(world, replace(world.a, user=world.a.colleague))
    agent = world.actor(world.agent)
    given = Given(resolution_code="duplicate", text="<p>Voir l’autre</p>")
    with pytest.raises(Refusal) as refused:
        take_step(agent, ticket.pk, "resolve", given, now=START)
    assert refused.value.code == "tickets.duplicate_needs_master"
    with pytest.raises(Refusal) as refused:
        take_step(agent, ticket.pk, "cancel", Given(reason="duplicate"), now=START)
    assert refused.value.code == "tickets.duplicate_needs_master"
    named = Given(resolution_code="duplicate", text="<p>Voir l’autre</p>", master=master.reference)
    take_step(agent, ticket.pk, "resolve", named, now=START)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.duplicate_of_id) == ("resolved", master.pk)
    assert master.watchers.filter(person=world.a.colleague).exists()
    again = Given(reason="Non", text="<p>Non</p>")
    take_step(agent, ticket.pk, "reopen", again, now=START + HOUR)
    ticket.refresh_from_db()
    assert ticket.duplicate_of_id is None


def test_a_service_that_fails_again_was_not_restored(world: World) -> None:
    ticket, agent = started(world), world.actor(world.agent)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + HOUR)
    take_step(
        world.actor(world.a.user),
        ticket.pk,
        "reopen",
        Given(reason="x", text="<p>x</p>"),
        now=START + 2 * HOUR,
    )
    ticket.refresh_from_db()
    assert (ticket.restored_at, ticket.first_resolved_at) == (None, START + HOUR)
    take_step(agent, ticket.pk, "resolve", SOLVED, now=START + 3 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.restored_at, ticket.resolved_at) == (START + 3 * HOUR, START + 3 * HOUR)


def test_nothing_waits_before_somebody_works_on_it(world: World) -> None:
    waits = {
        (step.source, step.target) for step in INCIDENT.steps if INCIDENT.phase(step.target) == "waiting"
    }
    assert waits == {("in_progress", "pending")}
    with pytest.raises(Refusal) as refused:
        take_step(
            world.actor(world.agent), report(world).pk, "wait", Given(pending_reason="supplier"), now=START
        )
    assert refused.value.code == "workflow.no_such_step"


def test_the_table_is_published_again_and_older_tickets_keep_theirs(world: World) -> None:
    publish = import_module("vigie.workflow.migrations.0003_wait_from_work_alone").publish
    now_in_force = WorkflowVersion.objects.get(pk=current_version("incident"))
    early = {"from": "new", "to": "pending", "verb": "wait", "who": ["agent"], "needs": ["pending_reason"]}
    definition = {
        **now_in_force.definition,
        "steps": [early, *now_in_force.definition["steps"]],
        "close_days": 9,
    }
    WorkflowVersion.objects.create(
        ticket_type="incident", version=now_in_force.version + 1, definition=definition, published_at=START
    )
    old = report(world)
    for _ in range(2):  # the second time there is nothing to do
        publish(apps, None)
    newest = WorkflowVersion.objects.get(pk=current_version("incident"))
    assert newest.version == now_in_force.version + 2
    machine = machine_from(newest.definition)
    assert (machine.step_named("new", "wait", "agent"), machine.close_days) == (None, 9)
    assert machine.step_named("in_progress", "wait", "agent") is not None
    take_step(world.actor(world.agent), old.pk, "wait", Given(pending_reason="supplier"), now=START)
    old.refresh_from_db()
    assert old.state == "pending"
    assert machine_of(old.workflow_version_id).step_named("new", "wait", "agent") is not None
