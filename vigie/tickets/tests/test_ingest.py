"""A history written at once equals the same history lived action by action, row for row."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import START, World, rewriting
from vigie.accounts.models import Affiliation
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, StampedTerms
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets.actions import handling, lifecycle, sweep, watching
from vigie.tickets.actions.conversation import Said as Spoken
from vigie.tickets.actions.conversation import add_note, reply
from vigie.tickets.actions.ingest import (
    Assigned,
    Duplicated,
    Event,
    History,
    Kept,
    Parented,
    Prioritised,
    Said,
    Stepped,
    Watched,
    ingest,
)
from vigie.tickets.actions.lifecycle import Given
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Clock, Counter, Fact, Message, Ticket, Watcher
from vigie.tickets.tests.test_repeated_promises import promise

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


# -- the same history, lived ------------------------------------------------------


def sweep_until(limit: dt.datetime) -> None:
    """The worker, which sees each threshold one second after it was reached."""
    while True:
        nexts = [at for at in Clock.objects.values_list("next_announce_at", flat=True) if at]
        moment = min(nexts, default=None)
        if moment is None or moment + dt.timedelta(seconds=1) > limit:
            return
        sweep.announce_due_clocks(moment + dt.timedelta(seconds=1))


def live(histories: list[History], until: dt.datetime, refused: dict[int, Refusal]) -> None:
    """Each event as its action; ``refused`` tells which events of a history were not possible."""
    tickets: dict[str, Ticket] = {}
    moments: list[tuple[dt.datetime, int, int, History]] = []
    for order, history in enumerate(histories):
        moments.append((history.created_at, order, -1, history))
        moments += [(event.at, order, rank, history) for rank, event in enumerate(history.events)]
    for at, _, rank, history in sorted(moments, key=lambda m: m[:3]):
        sweep_until(at)
        try:
            if rank < 0:
                tickets[history.key] = open_ticket(history.by, history.new, now=at)
            else:
                act(tickets, tickets[history.key].pk, history.events[rank])
        except Refusal as refusal:
            refused[rank] = refusal
    sweep_until(until)


def act(tickets: dict[str, Ticket], pk: int, event: Event) -> None:
    by, now = event.by, event.at
    if isinstance(event, Said):
        (add_note if event.is_note else reply)(by, pk, Spoken(event.body, event.is_html), now=now)
    elif isinstance(event, Assigned):
        handling.assign(by, pk, team_id=event.team_id, assignee_id=event.assignee_id, now=now)
    elif isinstance(event, Stepped):
        lifecycle.take_step(by, pk, event.verb, event.given, now=now)
    elif isinstance(event, Prioritised):
        handling.set_priority(
            by, pk, impact=event.impact, urgency=event.urgency, priority=event.priority, reason=event.reason,
            is_error=event.is_error, now=now,
        )  # fmt: skip
    elif isinstance(event, Duplicated):
        lifecycle.mark_duplicate(by, pk, tickets[event.master].reference, now=now)
    elif isinstance(event, Parented):
        handling.set_parent(by, pk, tickets[event.parent].reference, now=now)
    elif isinstance(event, Watched):
        watching.add_watcher(by, pk, event.person_id, now=now)


# -- rows as values: ids replaced by what they stand for ---------------------------


def rows(model: type, **filters: Any) -> list[dict[str, Any]]:
    return list(model.objects.filter(**filters).order_by("pk").values())  # type: ignore[attr-defined]


def dump() -> dict[str, Any]:
    references = dict(Ticket.objects.values_list("pk", "reference"))
    digests = dict(StampedTerms.objects.values_list("pk", "digest"))
    kinds = dict(Clock.objects.values_list("pk", "kind"))
    found: dict[str, Any] = {"counters": list(Counter.objects.order_by("pk").values_list("pk", "last"))}
    bodies = {m["id"]: f"{references[m['ticket_id']]} {m['created_at']} {m['body']}" for m in rows(Message)}
    for row in rows(Ticket):
        pk = row.pop("id")
        for name in ("parent_id", "duplicate_of_id"):
            row[name] = references.get(row[name])
        row["facts"] = []
        for fact in Fact.objects.filter(ticket_id=pk).order_by("at", "id").values():
            after = dict(fact["after"] or {})
            for name, meaning in (
                ("message", bodies),
                ("clock_id", kinds),
                ("terms_id", digests),
                ("parent", references),
            ):
                if after.get(name) in meaning:
                    after[name] = meaning[after[name]]
            row["facts"].append({**fact, "id": None, "ticket_id": None, "after": after})
        row["messages"] = [{**m, "id": None, "ticket_id": None} for m in rows(Message, ticket_id=pk)]
        row["clocks"] = [
            {**c, "id": None, "ticket_id": None, "terms_id": digests[c["terms_id"]]}
            for c in sorted(rows(Clock, ticket_id=pk), key=lambda c: (c["kind"], c["cycle"], c["id"]))
        ]
        row["watchers"] = sorted(Watcher.objects.filter(ticket_id=pk).values_list("person_id", "added_at"))
        row["words"] = words(pk)
        found[row["reference"]] = row
    return found


def words(pk: int) -> list[tuple[str, str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select d.audience, t.lexeme, array(select distinct w from unnest(t.weights) w order by w)
            from toolkit_searchdoc d, unnest(d.tsv) t where d.kind = 'ticket' and d.object_id = %s order by 1, 2""",
            [pk],
        )
        return cursor.fetchall()


def both(histories: list[History], until: dt.datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    point = transaction.savepoint()
    refused: dict[int, Refusal] = {}
    live(histories, until, refused)
    assert refused == {}
    lived = dump()
    transaction.savepoint_rollback(point)
    organisation = histories[0].new.organisation_id
    done = ingest(SYSTEM, organisation, histories, until=until)
    assert [str(refusal) for _, refusal in done.refused] == []
    return lived, dump()


def opened(world: World, key: str = "t", at: dt.datetime = START, **more: Any) -> History:
    new = {
        "organisation_id": world.a.organisation.pk, "ticket_type": "incident", "title": "Messagerie en panne",
        "body": "<p>Plus de messagerie depuis ce matin.</p>", "requester_id": world.a.user.pk,
        "service_id": world.service.pk, "opened_at": at,
    }  # fmt: skip
    events = more.pop("events", ())
    by = more.pop("by", world.actor(world.a.user))
    return History(new=NewTicket(**{**new, **more}), by=by, created_at=at, events=tuple(events), key=key)


@pytest.fixture(autouse=True)
def repeated(world: World) -> None:
    """News every two hours and a reply within one are promised too."""
    promise(world, "update", 120)
    promise(world, "reply", 60, priority=2)
    promise(world, "reply", 90, priority=4)


# -- examples -----------------------------------------------------------------------


def test_a_whole_life_equals_its_actions(world: World) -> None:
    agent, user = world.actor(world.agent_all), world.actor(world.a.user)
    events = [
        Assigned(START + 5 * MINUTE, agent, world.team2.pk, world.agent_all.pk),
        Said(START + 6 * MINUTE, agent, "<p>Vu avec l’équipe réseau.</p>", is_note=True),
        Stepped(START + 10 * MINUTE, agent, "start"),
        Stepped(
            START + 3 * HOUR, agent, "wait", Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
        ),
        Said(START + 26 * HOUR, user, "<p>Le poste 12.</p>"),
        Prioritised(START + 27 * HOUR, world.actor(world.dispatcher), 2, 1, 2, "Site entier"),
        Watched(START + 28 * HOUR, agent, world.a.manager.pk),
        Stepped(
            START + 75 * HOUR,
            agent,
            "resolve",
            Given(resolution_code="solved_permanently", text="<p>Réparé.</p>"),
        ),
        Stepped(START + 80 * HOUR, user, "reopen", Given(reason="Encore", text="<p>Encore en panne.</p>")),
        Stepped(
            START + 100 * HOUR,
            agent,
            "resolve",
            Given(resolution_code="solved_workaround", text="<p>Voilà.</p>"),
        ),
        Stepped(START + 101 * HOUR, user, "close"),
    ]
    lived, written = both([opened(world, events=events)], START + 300 * HOUR)
    assert written == lived
    ticket = written["INC-ALPHA-1"]
    assert (ticket["state"], ticket["reopen_count"], ticket["priority"], ticket["has_breach"]) == (
        "closed",
        1,
        2,
        True,
    )
    assert {fact["kind"] for fact in ticket["facts"]} >= {
        "warned",
        "breached",
        "promised",
        "priority",
        "watched",
    }


def test_an_outage_with_parent_and_duplicate_equals_its_actions(world: World) -> None:
    agent = world.actor(world.agent_all)
    histories = [
        opened(world, "outage", impact=1, urgency=1),
        opened(world, "child", START + MINUTE, events=[Parented(START + 9 * MINUTE, agent, "outage")]),
        opened(
            world, "again", START + 2 * MINUTE, requester_id=world.a.colleague.pk,
            by=world.actor(world.a.colleague), events=[Duplicated(START + 9 * MINUTE, agent, "outage")],
        ),
    ]  # fmt: skip
    lived, written = both(histories, START + 2 * HOUR)
    assert written == lived
    assert written["INC-ALPHA-2"]["parent_id"] == "INC-ALPHA-1"
    assert written["INC-ALPHA-3"]["duplicate_of_id"] == "INC-ALPHA-1"
    assert written["INC-ALPHA-1"]["watchers"] == [(world.a.colleague.pk, START + 9 * MINUTE)]


def test_a_running_ticket_is_warned_as_far_as_the_clock_went(world: World) -> None:
    for hours in (0, 1, 2, 9, 30, 60, 90):
        history = opened(world, f"at {hours}")
        point = transaction.savepoint()
        lived, written = both([history], START + hours * HOUR)
        assert written == lived, hours
        transaction.savepoint_rollback(point)


def test_requests_and_vip_and_phone_equal_their_actions(world: World) -> None:
    # a history asks nobody here to approve: it was asked elsewhere
    Affiliation.objects.filter(organisation=world.a.organisation).update(roles=["user"])
    agent = world.actor(world.agent_all)
    events = [
        Stepped(START + MINUTE, agent, "ask_approval"),
        Stepped(START + 5 * HOUR, agent, "approve", Given(reason="Accord au téléphone")),
        Stepped(START + 6 * HOUR, agent, "start"),
        Stepped(
            START + 30 * HOUR,
            agent,
            "resolve",
            Given(resolution_code="solved_permanently", text="<p>Fait.</p>"),
        ),
    ]
    histories = [
        opened(
            world,
            "r",
            ticket_type="request",
            requester_id=world.a.vip.pk,
            by=agent,
            channel="phone",
            tags=("B", "a"),
            events=events,
        ),
        opened(
            world,
            "q",
            ticket_type="question",
            by=agent,
            channel="email",
            team_id=world.team2.pk,
            assignee_id=world.agent_all.pk,
            is_html=False,
        ),
    ]
    lived, written = both(histories, START + 200 * HOUR)
    assert written == lived
    assert written["REQ-ALPHA-1"]["is_vip"] is True


# -- random small histories -----------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.integers(0, 40 * 3600),
        st.sampled_from(
            [
                "reply",
                "answer",
                "note",
                "assign",
                "start",
                "wait",
                "supplier",
                "resume",
                "resolve",
                "reopen",
                "close",
                "cancel",
                "priority",
                "error",
            ]
        ),
        st.integers(1, 3),
        st.integers(1, 3),
    ),
    max_size=9,
)


def events_of(world: World, steps: list[tuple[int, str, int, int]]) -> list[Event]:
    agent, user, boss = world.actor(world.agent_all), world.actor(world.a.user), world.actor(world.dispatcher)
    at, found = START, []
    given = {
        "wait": Given(pending_reason="client_info", text="<p>Pouvez-vous préciser ?</p>"),
        "supplier": Given(pending_reason="supplier"),
        "resolve": Given(resolution_code="solved_permanently", text="<p>C’est réparé.</p>"),
        "reopen": Given(reason="encore", text="<p>Non.</p>"),
        "cancel": Given(reason="entered_in_error"),
    }
    for gap, what, x, y in steps:
        at += dt.timedelta(seconds=gap)
        event: Event
        if what in ("reply", "answer", "note"):
            event = Said(
                at, user if what == "answer" else agent, f"<p>Texte {x}{y}</p>", is_note=what == "note"
            )
        elif what == "assign":
            event = Assigned(
                at,
                agent,
                [world.team.pk, world.team2.pk, None][x - 1],
                [world.agent_all.pk, None, world.agent.pk][y - 1],
            )
        elif what in ("priority", "error"):
            event = Prioritised(at, boss, x, y, reason="revu", is_error=what == "error")
        else:
            verb = "wait" if what == "supplier" else what
            event = Stepped(
                at, user if what in ("reopen", "close") else agent, verb, given.get(what, Given())
            )
        found.append(event)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, tail=st.integers(0, 400), kind=st.sampled_from(["incident", "request", "question"]))
def test_any_history_equals_its_actions(world: World, steps: list[Any], tail: int, kind: str) -> None:
    """Events that the actions refuse are dropped; ``ingest`` refuses the first of them with the same code."""
    point = transaction.savepoint()
    events = events_of(world, steps)
    until = (events[-1].at if events else START) + tail * HOUR
    refused: dict[int, Refusal] = {}
    live([opened(world, ticket_type=kind, events=events)], until, refused)
    lived = dump()
    transaction.savepoint_rollback(point)
    if refused:
        first = min(refused)
        done = ingest(
            SYSTEM,
            world.a.organisation.pk,
            [opened(world, ticket_type=kind, events=events[: first + 1])],
            until=until,
        )
        assert [r.code for _, r in done.refused] == [refused[first].code]
    kept = [event for order, event in enumerate(events) if order not in refused]
    done = ingest(
        SYSTEM, world.a.organisation.pk, [opened(world, ticket_type=kind, events=kept)], until=until
    )
    assert [str(r) for _, r in done.refused] == []
    assert dump() == lived
    transaction.savepoint_rollback(point)


# -- what only an import brings ---------------------------------------------------------


def test_what_the_source_says_is_kept_even_where_the_workflow_has_no_such_step(world: World) -> None:
    agent = world.actor(world.agent_all)
    events = [
        Kept(
            START + HOUR,
            agent,
            {"incident_state": "Resolved"},
            "resolved",
            Given(resolution_code="solved_permanently"),
        ),
        Kept(
            START + 2 * HOUR,
            agent,
            {"incident_state": "Awaiting User Info"},
            "pending",
            Given(pending_reason="client_info"),
        ),
        Kept(START + 3 * HOUR, agent, {"sys_mod_count": "7"}),
        Kept(START + 4 * HOUR, agent, {"incident_state": "Closed"}, "closed"),
    ]
    done = ingest(SYSTEM, world.a.organisation.pk, [opened(world, events=events)], until=START + 9 * HOUR)
    ticket = Ticket.objects.get(pk=done["t"])
    assert (ticket.state, ticket.phase, ticket.reopen_count) == ("closed", "ended", 1)
    kept = Fact.objects.filter(ticket=ticket, kind="imported").order_by("id").values_list("after", flat=True)
    assert [*kept] == [event.values for event in events]
    assert Clock.objects.get(ticket=ticket, kind="resolution").used_seconds == 3600


def test_a_known_source_changes_nothing_and_a_bad_history_leaves_nothing(world: World) -> None:
    good = opened(world, "good")
    good = History(good.new, good.by, good.created_at, (), "good", "other:1")
    stranger = opened(world, "bad", requester_id=world.b.user.pk)
    first = ingest(SYSTEM, world.a.organisation.pk, [good, stranger], until=START)
    assert ([r.code for _, r in first.refused], [*first]) == (["tickets.not_a_contact"], ["good"])
    before = dump()
    again = ingest(SYSTEM, world.a.organisation.pk, [good], until=START + HOUR)
    assert (dict(again), dump()) == ({}, before)
    later = ingest(SYSTEM, world.a.organisation.pk, [opened(world, "next")], until=START)
    assert Ticket.objects.get(pk=later["next"]).reference == "INC-ALPHA-2"


def test_the_planner_is_told_of_the_first_tickets(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("analyze tickets_ticket")  # empty: what an earlier test told it outlives its rollback
    ingest(SYSTEM, world.a.organisation.pk, [opened(world, str(n)) for n in range(3)], until=START)
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where oid = 'tickets_ticket'::regclass")
        assert cursor.fetchone() == (Ticket.objects.count(),)


def test_only_who_may_import_writes_histories(world: World) -> None:
    limited: Actor = world.actor(world.agent)
    with pytest.raises(Refusal) as refused:
        ingest(limited, world.a.organisation.pk, [opened(world)], until=START)
    assert refused.value.code == "access.not_granted"
    assert Affiliation.objects.exists()
    assert not Ticket.objects.exists()


def test_its_promises_follow_a_calendar_changed_meanwhile(world: World) -> None:
    """Two versions of a calendar: each ticket is stamped with the one of its day."""
    CalendarVersion.objects.create(
        calendar=Calendar.objects.get(code="k1"), effective_on=dt.date(2026, 1, 13), created_at=START,
        definition={"timezone": "Europe/Paris", "hours": {"wed": [["10:00", "12:00"]]}},
    )  # fmt: skip
    with rewriting():
        Commitment.objects.filter(organisation=world.a.organisation, kind="response").update(
            target_days=1, target_seconds=None
        )
    lived, written = both([opened(world, "a"), opened(world, "b", START + 30 * HOUR)], START + 400 * HOUR)
    assert written == lived
    assert written["INC-ALPHA-1"]["clocks"][1]["terms_id"] != written["INC-ALPHA-2"]["clocks"][1]["terms_id"]
