"""Role × action: what a role does not grant is refused, and nothing at all was written.

The table below names what every action of the desk asks for. An action without a row, or a row without an action, fails.
"""

from __future__ import annotations

import datetime as dt
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

import vigie.tickets.actions
from tests.world import START, World, report
from vigie.accounts.rules import CLIENT_GRANTS, DEFAULT_ROLES
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tickets.actions import (
    answering,
    approvals,
    asking,
    bulk,
    canned,
    causes,
    classifying,
    conversation,
    correcting,
    handling,
    ingest,
    lifecycle,
    opening,
    presence,
    priority_policy,
    referring,
    views,
    watching,
)
from vigie.tickets.actions.conversation import Said
from vigie.tickets.actions.lifecycle import Given
from vigie.tickets.actions.opening import NewTicket
from vigie.tickets.models import AskedCorrection, CannedReply, Ticket
from vigie.tickets.rules.corrections import ANSWERED, Correction
from vigie.tickets.rules.priority import DEFAULT_MATRIX
from vigie.tickets.tests.test_support_clocks import underpinning

pytestmark = pytest.mark.django_db
NOW = START + dt.timedelta(hours=6)
SAID = Said("<p>Bonjour</p>")
SOLVED = Given(resolution_code="solved_permanently", text="<p>Réparé</p>")


@dataclass(frozen=True)
class Ground:
    world: World
    ticket: Ticket  # P1, late since two hours
    other: Ticket  # solved
    early: Ticket
    asked: Ticket  # awaits an approval
    reply: CannedReply  # shared

    @property
    def new(self) -> NewTicket:
        person = self.world.a.user.pk
        return NewTicket(self.world.a.organisation.pk, "incident", "Panne", "<p>En panne</p>", person)


@dataclass(frozen=True)
class Row:
    """An action, the grants it asks of an agent (``client``: of a customer), a call that succeeds with them."""

    action: str
    grants: tuple[str, ...]
    call: Callable[[Actor, Ground], object]
    client: tuple[str, ...] = ()

    def asks(self, role: str) -> tuple[str, ...]:
        return self.client or self.grants if role == "customer" else self.grants

    def __str__(self) -> str:
        return f"{self.action}: {' '.join(self.grants)}"


def wrong_service(actor: Actor, g: Ground) -> object:
    return classifying.edit_ticket(
        actor, g.ticket.pk, {"service_id": None}, {}, is_error=True, reason="x", now=NOW
    )


def referred(g: Ground, outcome: str = "") -> int:
    """A ticket that is with a supplier, which answered where ``outcome`` says so."""
    agent = g.world.actor(g.world.agent)
    referring.refer(agent, g.early.pk, underpinning().pk, now=NOW)
    if outcome:
        referring.answered(agent, g.early.pk, "check", now=NOW)
    return g.early.pk


def canned_values(is_shared: bool) -> dict[str, object]:
    words = dict.fromkeys(canned.WORDS, "Merci")
    return {**words, "is_shared": is_shared, "team_id": None, "service_id": None}


TABLE = [
    Row("opening.open_ticket", ("tickets:open",), lambda a, g: opening.open_ticket(a, g.new, now=NOW)),
    Row("answering.open_typed", ("tickets:open",), lambda a, g: answering.open_typed(a, g.new, now=NOW)),
    Row("asking.ask", ("tickets:open",), lambda a, g: asking.ask(a, g.new, now=NOW)),
    Row("conversation.reply", ("tickets:reply",), lambda a, g: conversation.reply(a, g.ticket.pk, SAID, now=NOW)),
    Row("conversation.add_note", ("tickets:note",), lambda a, g: conversation.add_note(a, g.ticket.pk, SAID, now=NOW)),
    Row("conversation.upload", ("tickets:reply",),
        lambda a, g: conversation.upload(a, g.world.a.organisation.pk, "a.txt", 1, [b"a"], now=NOW)),
    Row("asking.answer", ("tickets:reply",), lambda a, g: asking.answer(a, g.ticket.pk, SAID, "", now=NOW)),
    Row("answering.answer", ("tickets:reply",),
        lambda a, g: answering.answer(a, g.ticket.pk, answering.Answer("reply", SAID), now=NOW)),
    Row("answering.answer", ("tickets:note",),
        lambda a, g: answering.answer(a, g.ticket.pk, answering.Answer("note", SAID), now=NOW)),
    Row("answering.answer", ("tickets:reply", "tickets:work"), lambda a, g: answering.answer(
        a, g.ticket.pk, answering.Answer("reply", SAID, "resolve:solved_permanently"), now=NOW), ("tickets:reply", "tickets:confirm")),
    Row("lifecycle.take_step", ("tickets:work",), lambda a, g: lifecycle.take_step(a, g.ticket.pk, "resolve", SOLVED, now=NOW),
        ("tickets:confirm",)),
    Row("lifecycle.take_step", ("tickets:assign",), lambda a, g: lifecycle.take_step(a, g.ticket.pk, "assign", Given(), now=NOW)),
    Row("asking.step", ("tickets:work",), lambda a, g: asking.step(a, g.other.pk, "close", SAID, now=NOW),
        ("tickets:confirm",)),
    Row("lifecycle.mark_duplicate", ("tickets:work",),
        lambda a, g: lifecycle.mark_duplicate(a, g.ticket.pk, g.other.reference, now=NOW)),
    Row("handling.assign", ("tickets:assign",),
        lambda a, g: handling.assign(a, g.ticket.pk, team_id=g.world.team2.pk, assignee_id=None, now=NOW)),
    Row("handling.set_priority", ("tickets:work",),
        lambda a, g: handling.set_priority(a, g.ticket.pk, impact=2, urgency=2, now=NOW)),
    Row("handling.set_priority", ("tickets:work", "tickets:override_priority"),
        lambda a, g: handling.set_priority(a, g.ticket.pk, impact=1, urgency=1, priority=4, reason="x", now=NOW)),
    Row("handling.set_priority", ("tickets:work", "tickets:correct"),
        lambda a, g: handling.set_priority(a, g.ticket.pk, impact=2, urgency=2, reason="x", is_error=True, now=NOW)),
    Row("handling.set_parent", ("tickets:work",), lambda a, g: handling.set_parent(a, g.ticket.pk, g.other.reference, now=NOW)),
    Row("handling.link_tickets", ("tickets:work",),
        lambda a, g: handling.link_tickets(a, g.ticket.pk, g.other.reference, "related", now=NOW)),
    Row("correcting.correct", ("tickets:correct",),
        lambda a, g: correcting.correct(a, g.early.pk, Correction(ANSWERED, at=START), "x", now=NOW)),
    Row("correcting.decide", ("tickets:correct_late",),
        lambda a, g: correcting.decide(a, asked_late(g), accepted=True, grounds="x", now=NOW)),
    Row("classifying.edit_ticket", ("tickets:work",),
        lambda a, g: classifying.edit_ticket(a, g.ticket.pk, {"title": "Autre"}, {}, now=NOW)),
    Row("classifying.edit_ticket", ("tickets:work", "tickets:correct"), wrong_service),
    Row("classifying.change_type", ("tickets:work",), lambda a, g: classifying.change_type(a, g.early.pk, "question", now=NOW)),
    Row("watching.add_watcher", ("tickets:work",),
        lambda a, g: watching.add_watcher(a, g.ticket.pk, g.world.a.colleague.pk, now=NOW)),
    Row("watching.remove_watcher", ("tickets:work",),
        lambda a, g: watching.remove_watcher(a, g.ticket.pk, g.world.a.manager.pk, now=NOW)),
    Row("bulk.assign_many", ("tickets:work", "tickets:assign"),
        lambda a, g: bulk.assign_many(a, [g.ticket.pk], team_id=g.world.team2.pk, assignee_id=None, now=NOW)),
    Row("bulk.take_many", ("tickets:work", "tickets:assign"), lambda a, g: bulk.take_many(a, [g.ticket.pk], now=NOW)),
    Row("bulk.step_many", ("tickets:work",), lambda a, g: bulk.step_many(a, [g.ticket.pk], "start", Given(), now=NOW)),
    Row("approvals.ask_others", ("tickets:work",), lambda a, g: approvals.ask_others(a, g.asked.pk, [g.world.a.key_user.pk], now=NOW)),
    Row("canned.save_canned", ("tickets:reply",), lambda a, g: canned.save_canned(a, None, canned_values(False), now=NOW)),
    Row("canned.save_canned", ("tickets:reply", "replies:share"),
        lambda a, g: canned.save_canned(a, None, canned_values(True), now=NOW)),
    Row("canned.delete_canned", ("tickets:reply", "replies:share"), lambda a, g: canned.delete_canned(a, g.reply.pk, now=NOW)),
    Row("presence.present", ("tickets:view",), lambda a, g: presence.present(a, g.ticket.pk, is_typing=True, now=NOW)),
    Row("views.save_view", ("views:share",), lambda a, g: views.save_view(a, "Tous", "status=all", "all")),
    Row("priority_policy.save_priority_policy", ("clients:manage",), lambda a, g: priority_policy.save_priority_policy(
        a, g.world.a.organisation.pk, DEFAULT_MATRIX, "none", now=NOW)),
    Row("priority_policy.drop_priority_policy", ("clients:manage",),
        lambda a, g: priority_policy.drop_priority_policy(a, g.world.a.organisation.pk, now=NOW)),
    Row("referring.refer", ("tickets:work",), lambda a, g: referring.refer(a, g.early.pk, underpinning().pk, now=NOW)),
    Row("referring.answered", ("tickets:work",), lambda a, g: referring.answered(a, referred(g), "check", now=NOW)),
    Row("referring.judge_answer", ("tickets:work",),
        lambda a, g: referring.judge_answer(a, referred(g, "check"), accepted=True, now=NOW)),
    Row("causes.confirm_cause", ("tickets:work",), lambda a, g: causes.confirm_cause(
        a, g.ticket.pk, g.ticket.clocks.get(kind="resolution").pk, reason="complexity", holder=f"team:{g.world.team.pk}", now=NOW)),
    Row("ingest.ingest", ("imports:run",), lambda a, g: ingest.ingest(a, g.world.a.organisation.pk, [], until=NOW)),
]  # fmt: skip


def asked_late(g: Ground) -> int:
    ticket = g.early
    row = AskedCorrection.objects.create(
        organisation_id=ticket.organisation_id, ticket=ticket, said={"what": "answered", "at": START.isoformat()}, why="x",
        asked_by=g.world.agent_all, asked_at=NOW,
    )  # fmt: skip
    return row.pk


# Actions that ask for no grant, each with the reason why.
ASK_NOTHING = {
    **dict.fromkeys(
        ("conversation.save_draft", "conversation.discard_draft", "conversation.discard_sent", "drafting.keep_words", "asking.new_place", "asking.keep_files"),
        "what a person types is its own",
    ),
    **dict.fromkeys(
        ("views.update_view", "views.delete_view", "views.order_views"), "a view is its owner's own"
    ),
    **dict.fromkeys(("presence.gone", "presence.others"), "taken back or read, once present"),
    **dict.fromkeys(
        ("lifecycle.close_if_silent", "lifecycle.resume_if_due", "lifecycle.resolve_children"), "the worker's"
    ),
    **dict.fromkeys(
        ("conversation.add_message", "conversation.claim_uploads", "conversation.keep_received", "ledger.fact_row",
         "ledger.journal", "ledger.change", "ledger.refresh_support", "lifecycle.who", "lifecycle.completed", "classifying.correction_reason",
         "telling.opened", "telling.replied", "telling.noted", "telling.assigned", "telling.stepped", "telling.approval_asked", "telling.asked_if_settled",
         "approvals.follow_step",
         "approvals.answers_for_another"),
        "a part of the actions above, which ask",
    ),
}  # fmt: skip

ROLES = {
    **{code: frozenset(grants) for code, (_, _, grants) in DEFAULT_ROLES.items()},
    "customer": CLIENT_GRANTS,
}
PAIRS = [
    (role, row) for role, grants in ROLES.items() for row in TABLE if not grants.issuperset(row.asks(role))
]


def actions() -> Iterator[str]:
    """Every public function of the actions that takes an actor first."""
    package = vigie.tickets.actions
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        module = import_module(found.name)
        for name, value in vars(module).items():
            function = inspect.unwrap(value) if callable(value) else None
            if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != found.name:
                continue
            if next(iter(inspect.signature(function).parameters), "") == "actor":
                yield f"{found.name.rpartition('.')[2]}.{name}"


def test_every_action_has_its_row() -> None:
    known = {row.action for row in TABLE} | ASK_NOTHING.keys()
    assert sorted(set(actions()) - known) == [], "say in TABLE what this action asks for"
    assert sorted(known - set(actions())) == [], "this row names no action"


@pytest.fixture
def ground(world: World) -> Ground:
    late = report(world, impact=1, urgency=1)
    watching.add_watcher(world.actor(world.agent), late.pk, world.a.manager.pk, now=START)
    solved = report(world)
    lifecycle.take_step(world.actor(world.agent), solved.pk, "resolve", SOLVED, now=START)
    asked = report(world, ticket_type="request")
    lifecycle.take_step(world.actor(world.agent), asked.pk, "ask_approval", Given(), now=START)
    reply = CannedReply.objects.create(**canned_values(True))
    return Ground(world, late, solved, report(world), asked, reply)


def acting(ground: Ground, role: str) -> Actor:
    """Somebody who holds this role alone, and sees the ticket."""
    world = ground.world
    person = world.a.user if role == "customer" else world.agent
    return replace(world.actor(person), grants=ROLES[role])


def written() -> dict[str, str]:
    """What every table of tickets, notices, journal and jobs holds, as one digest each."""
    labels = ("tickets", "notifications", "toolkit", "procrastinate", "contracts")
    tables = [m._meta.db_table for label in labels for m in apps.get_app_config(label).get_models()]
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(
                f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t"
            )
            found[table] = cursor.fetchone()[0]
    return found


def test_what_is_not_granted_is_refused_and_writes_nothing(ground: Ground) -> None:
    before = written()
    wrong = []
    for role, row in PAIRS:
        try:
            with transaction.atomic():
                report_of = row.call(acting(ground, role), ground)
            refused = isinstance(report_of, bulk.Report) and report_of.done == 0
        except Refusal:
            refused = True
        if not refused:
            wrong.append(f"{role} was allowed {row}")
        elif written() != before:
            wrong.append(f"{role} was refused {row}, which wrote all the same")
    assert wrong == []
    assert len(PAIRS) > 100


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_its_grants_are_enough(ground: Ground, row: Row) -> None:
    """The table says no more than the action asks: with these grants it goes through."""
    actor = replace(ground.world.actor(ground.world.agent), grants=frozenset(row.grants))
    try:
        row.call(actor, ground)
    except NotAllowed:
        raise
    except Refusal as refusal:
        pytest.fail(f"the call of {row} is not one that can succeed: {refusal}")
