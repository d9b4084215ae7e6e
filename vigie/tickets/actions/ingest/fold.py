"""A history folded in memory through the rules that the actions use: the rows it leaves, nothing written yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vigie.contracts.rules.instants import epoch
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets.actions import approvals, handling, lifecycle, opening, promises
from vigie.tickets.actions.conversation import check_body, resumed_by_client
from vigie.tickets.actions.course import course_of
from vigie.tickets.actions.ingest import events
from vigie.tickets.actions.ingest.clocks import ClockFold
from vigie.tickets.actions.ingest.ground import Ground
from vigie.tickets.actions.ledger import FactRow, NewFact, fact_row
from vigie.tickets.actions.scope import scope_of
from vigie.tickets.labels import TYPES
from vigie.tickets.models import Message, Referral, SupportClock, Ticket, Watcher
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import answer_changes
from vigie.toolkit import richtext
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step

FindTicket = Callable[[str], Ticket]


@dataclass(slots=True)
class Fold:
    """One ticket being folded. ``texts`` are (audience, title, text) to make findable."""

    ground: Ground
    find: FindTicket
    ticket: Ticket = field(init=False)
    machine: Machine = field(init=False)
    clocks: ClockFold = field(init=False)
    facts: list[FactRow] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    watchers: dict[int, Watcher] = field(default_factory=dict)
    texts: list[tuple[str, str, str]] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    behind: list[SupportClock] = field(default_factory=list)

    # -- opening -------------------------------------------------------------

    def open(self, history: events.History) -> None:
        """As ``opening.open_ticket``."""
        new, now, by = history.new, history.created_at, history.by
        title = opening.clean_title(new.title)
        if new.ticket_type not in TYPES:
            raise Refusal("tickets.unknown_type", field="ticket_type", ticket_type=new.ticket_type)
        check_body(new.body, new.is_html)
        known = self._known(new, now)
        self.ticket = opening.ticket_row(new, known, title, now)
        self.ticket.pk, self.ticket.source = self.ground.ticket_ids(), history.source
        if self.ticket.opened_at > now:
            raise Refusal("tickets.opened_after_recorded", field="opened_at")
        if self.ticket.team_id:
            self.ticket.team = self.ground.teams[self.ticket.team_id]
        self.machine = machine_of(self.ticket.workflow_version_id)
        self._promise(by, now)
        self._message(
            by, new.body, "description", "public", self.ticket.opened_at, new.is_html,
            author_id=new.requester_id if by.is_provider else None,
        )  # fmt: skip

    def _known(self, new: opening.NewTicket, now: dt.datetime) -> opening.Known:
        ground = self.ground
        beneficiary = ground.contact(new.beneficiary_id or new.requester_id, now.date())
        if beneficiary is None or ground.contact(new.requester_id, now.date()) is None:
            raise Refusal("tickets.not_a_contact", field="requester", name=str(new.requester_id))
        service = ground.services.get(new.service_id) if new.service_id else None
        if new.service_id and (service is None or service.pk not in ground.subscriptions):
            raise Refusal("tickets.service_not_subscribed", field="service")
        if new.category_id and new.category_id not in ground.categories:
            raise NotFound()
        site_id = new.site_id or beneficiary.site_id
        if site_id and site_id not in ground.book.sites:
            raise Refusal("tickets.site_of_another", field="site")
        is_vip = opening.is_vip_on(beneficiary, opening.received_at(new, now).date())
        impact = opening.impact_of(new, service)
        return opening.Known(
            reference=ground.next_reference(new.ticket_type),
            version_id=ground.versions[new.ticket_type],
            service=service,
            category_id=new.category_id,
            site=ground.book.sites[site_id] if site_id else None,
            beneficiary_id=beneficiary.person_id,
            is_vip=is_vip,
            priority=opening.priority_under(ground.policy, impact, new.urgency, is_vip),
            team_id=ground.subscriptions[service.pk] if service else None,
        )

    def _promise(self, by: Actor, now: dt.datetime) -> None:
        scope = scope_of(self.ticket)
        version = self.ground.book.version_for(scope)
        self.ticket.contract_id = version.contract_id if version else None
        terms = opening.promised(self.ground.book, scope)
        self.clocks = ClockFold(self.ticket, self.ground, opening.at_once(terms), self.facts)
        stamped = opening.cycle_promises(self.ticket, terms, self.ground.stamps.of(terms.values()))
        self._journal(by, [*opening.opening_facts(self.ticket), *stamped], now)
        self.clocks.refreshed.append(now)

    # -- writing in memory ---------------------------------------------------

    def _journal(self, by: Actor, new_facts: Iterable[NewFact], now: dt.datetime) -> None:
        self.facts.extend(fact_row(by, self.ticket, fact, now) for fact in new_facts)

    def _change(
        self,
        by: Actor,
        changes: Mapping[str, Any],
        new_facts: Iterable[NewFact],
        now: dt.datetime,
        *,
        moves_clock: bool = True,
    ) -> None:
        """As ``ledger.change``."""
        for name, value in changes.items():
            setattr(self.ticket, name, value)
        self.ticket.updated_at = now
        self.ticket.version += 1
        self._journal(by, new_facts, now)
        if moves_clock:
            self.clocks.refreshed.append(now)

    def _message(
        self,
        by: Actor,
        body: str,
        kind: str,
        audience: str,
        at: dt.datetime,
        is_html: bool,
        author_id: int | None = None,
    ) -> Message:
        """As ``conversation.add_message``."""
        body = body.replace("\x00", "")
        author, name, side = by.person_id, by.name, str(by.side)
        if author_id is not None and author_id != by.person_id:
            person = self.ground.people[author_id]
            author, name, side = person.pk, person.name, person.side
        message = Message(
            id=self.ground.message_ids(), organisation_id=self.ticket.organisation_id, ticket_id=self.ticket.pk,
            author_id=author, author_name=name, side=side, kind=kind, audience=audience, body=body, is_html=is_html,
            created_at=at,
        )  # fmt: skip
        self.messages.append(message)
        title = f"{self.ticket.reference} {self.ticket.title}" if kind == "description" else ""
        self.texts.append((audience, title, richtext.to_text(body) if is_html else body))
        return message

    # -- what followed -------------------------------------------------------

    def take(self, event: events.Event) -> None:
        """Fold one event. Raises the refusal that its action would raise."""
        TAKERS[type(event)](self, event)

    def _said(self, event: events.Said) -> None:
        if self.ticket.phase == "ended" and not event.is_note:
            raise Refusal("tickets.closed")
        check_body(event.body, event.is_html)
        kind, audience = ("note", "internal") if event.is_note else ("reply", "public")
        message = self._message(event.by, event.body, kind, audience, event.at, event.is_html)
        said = [NewFact(facts.MESSAGE, {"message": message.pk}, audience=audience)]
        if event.is_note:
            self._change(event.by, {}, said, event.at, moves_clock=False)
            return
        side = "client" if event.by.is_client else "provider"
        changes = answer_changes(self.ticket, side, event.at)
        if "first_response_at" in changes:
            said.append(NewFact(facts.RESPONDED, {"message": message.pk}))
        if side == "client":
            resumed, fact = resumed_by_client(self.ticket, event.at)
            changes.update(resumed)
            said.extend(fact)
        self._change(event.by, changes, said, event.at)

    def _assigned(self, event: events.Assigned) -> None:
        if self.ticket.phase == "ended":
            raise Refusal("tickets.closed")
        if (self.ticket.team_id, self.ticket.assignee_id) == (event.team_id, event.assignee_id):
            return
        team = self.ground.teams[event.team_id] if event.team_id else None
        changes, new_facts = handling.assigned(self.ticket, team, event.assignee_id)
        self._change(event.by, changes, new_facts, event.at)

    def _stepped(self, event: events.Stepped) -> None:
        step = self.machine.step_named(self.ticket.state, event.verb, lifecycle.who(event.by))
        if step is None:
            raise Refusal("workflow.no_such_step", source=self.ticket.state, target=event.verb)
        given = lifecycle.completed(event.by, self.ticket, step, event.given)
        allowed = "reopen_window" in step.needs and event.at <= self._reopen_until()
        lifecycle.check_step(self.ticket, self.machine, step, given, reopen_allowed=allowed)
        changes: dict[str, Any] = {}
        new_facts: list[NewFact] = []
        if lifecycle.says_something(given):
            message = self._message(event.by, given.text, "reply", "public", event.at, given.is_html)
            new_facts.append(NewFact(facts.MESSAGE, {"message": message.pk}, audience="public"))
            if event.by.side == "provider" and self.ticket.first_response_at is None:
                changes["first_response_at"] = event.at
                new_facts.append(NewFact(facts.RESPONDED, {"message": message.pk}))
        master = self.find(given.master) if lifecycle.ends_as_duplicate(step, given) else None
        in_place = approvals.answers_for_another(event.by, step, given.reason)
        answers_for: list[str] | None = [] if in_place else None  # a history asks nobody here
        moved, fact = lifecycle.step_taken(
            self.ticket, self.machine, step, given, event.at, master, answers_for
        )
        self._change(event.by, {**changes, **moved}, [*new_facts, fact], event.at)
        if master is not None:
            self._follow_master(master, event.at)

    def _referred(self, event: events.Referred) -> None:
        self.referrals.append(
            Referral(
                organisation_id=self.ticket.organisation_id, ticket_id=self.ticket.pk,
                supplier_contract_id=event.contract_id, reference=event.reference, note=event.note,
                referred_at=event.at, referred_by_id=event.by.person_id,
            )
        )  # fmt: skip
        told = {
            "contract": event.contract_id, "supplier": event.supplier, "reference": event.reference, "note": event.note,
        }  # fmt: skip
        self._change(event.by, {}, [NewFact(facts.REFERRED, told)], event.at, moves_clock=False)

    def _answered(self, event: events.Answered) -> None:
        if not self.referrals:
            raise Refusal("tickets.no_answer_awaited")
        last = self.referrals[-1]
        last.state = Referral.State.ACCEPTED if event.accepted else Referral.State.OPEN
        last.answered_at = event.at
        told = {"contract": last.supplier_contract_id, "note": event.note}
        told["supplier"] = next(f.after["supplier"] for f in reversed(self.facts) if f.kind == facts.REFERRED)
        judged = NewFact(facts.JUDGED, {**told, "note": "", "accepted": event.accepted})
        self._change(event.by, {}, [NewFact(facts.ANSWERED, told), judged], event.at, moves_clock=False)

    def end_referrals(self) -> None:
        """As ``support.end_referrals``."""
        for referral in self.referrals:
            if referral.state == Referral.State.OPEN:
                referral.state = Referral.State.ENDED

    def _reopen_until(self) -> dt.datetime:
        assert self.ticket.resolved_at is not None
        terms = self.clocks.terms.get("resolution")
        course = course_of(terms)
        days = course.delays.reopen_days or self.machine.reopen_days
        end = course.hours.business_days_eod(epoch(self.ticket.resolved_at), days)
        return dt.datetime.fromtimestamp(end, dt.UTC)

    def _prioritised(self, event: events.Prioritised) -> None:
        ticket = self.ticket
        handling.check_priority_moves(ticket)
        computed = opening.priority_under(self.ground.policy, event.impact, event.urgency, ticket.is_vip)
        changes, before = handling.priority_changes(
            ticket, event.impact, event.urgency, computed, event.priority
        )
        wanted = changes["priority"]
        if wanted not in (computed, ticket.priority) and not event.reason.strip():
            raise Refusal("tickets.override_needs_reason", field="reason")
        fact = handling.priority_fact(changes, before, event.reason)
        if fact is None:
            return
        new_facts = [fact]
        if wanted != ticket.priority:
            terms = opening.promised(self.ground.book, scope_of(ticket, priority=wanted))
            ids = self.ground.stamps.of(terms.values())
            clocks = self.clocks.now()
            if event.is_error:
                running = [clock for clock in clocks if clock.stopped_at is None]
                new_facts += promises.corrections(running, terms, ids, self.clocks.supposing(event.at))
            else:
                new_facts += promises.promises_changed(clocks, terms, ids, "priority", "provider")
            cause = "correction" if event.is_error else "priority"
            new_facts += promises.cycles_changed(promises.repeated(self.clocks.rows()), terms, ids, cause)
        self._change(event.by, changes, new_facts, event.at)

    def _duplicated(self, event: events.Duplicated) -> None:
        given = lifecycle.Given(reason=lifecycle.DUPLICATE, master=event.master)
        self._stepped(events.Stepped(event.at, event.by, "cancel", given))

    def _follow_master(self, master: Ticket, at: dt.datetime) -> None:
        mine, theirs = (
            {self.ticket.requester_id, self.ticket.beneficiary_id},
            {master.requester_id, master.beneficiary_id},
        )
        for person_id in mine - theirs:
            self._watch(master, person_id, at)

    def _watch(self, ticket: Ticket, person_id: int, at: dt.datetime) -> bool:
        if person_id in self.watchers:
            return False
        self.watchers[person_id] = Watcher(
            organisation_id=ticket.organisation_id, ticket_id=ticket.pk, person_id=person_id, added_at=at
        )
        return True

    def _parented(self, event: events.Parented) -> None:
        parent = self.find(event.parent)
        before = {"parent": self.ticket.parent_id}
        after = {"parent": parent.pk, "reference": parent.reference}
        fact = NewFact(facts.LINKED, after, before)
        self._change(event.by, {"parent_id": parent.pk}, [fact], event.at, moves_clock=False)

    def _watched(self, event: events.Watched) -> None:
        if self._watch(self.ticket, event.person_id, event.at):
            fact = NewFact(facts.WATCHED, {"person": event.person_id})
            self._change(event.by, {}, [fact], event.at, moves_clock=False)

    def _kept(self, event: events.Kept) -> None:
        """No action does this: the source's word is taken, with our workflow's own effects of the arrival."""
        if event.values:
            self._change(event.by, {}, [NewFact(facts.IMPORTED, event.values)], event.at, moves_clock=False)
        if not event.state or event.state == self.ticket.state:
            return
        if event.state not in self.machine.states:
            raise Refusal("workflow.no_such_step", source=self.ticket.state, target=event.state)
        for state in self._path_to(event.state):
            step = self._step_to(state)
            changes, fact = lifecycle.step_taken(self.ticket, self.machine, step, event.given, event.at)
            self._change(event.by, changes, [fact], event.at)

    def _path_to(self, state: str) -> list[str]:
        """Where the source jumped, the states in between: a clock stops when a ticket is done, not when it ends."""
        machine, here, there = self.machine, self.ticket.phase, self.machine.phase(state)
        done = next(name for name, phase in machine.states.items() if phase == "done")
        back = next(step.target for step in machine.steps if step.verb == "reopen")
        path: list[str] = []
        if (here == "ended" and there != "done") or (state == "closed" and here != "done"):
            path.append(done)
        if there == "waiting" and here in ("done", "ended"):
            path.append(back)
        return [*path, state]

    def _step_to(self, state: str) -> Step:
        """The workflow's step to ``state``, or the move that the source made without one."""
        for step in self.machine.steps:
            if step.source == self.ticket.state and step.target == state:
                return step
        was_over = self.ticket.phase in ("done", "ended")
        back = was_over and self.machine.phase(state) in ("active", "waiting")
        return Step(self.ticket.state, state, "reopen" if back else "import", frozenset())


TAKERS: Mapping[type[events.Event], Callable[[Fold, Any], None]] = {
    events.Said: Fold._said,
    events.Assigned: Fold._assigned,
    events.Stepped: Fold._stepped,
    events.Referred: Fold._referred,
    events.Answered: Fold._answered,
    events.Prioritised: Fold._prioritised,
    events.Duplicated: Fold._duplicated,
    events.Parented: Fold._parented,
    events.Watched: Fold._watched,
    events.Kept: Fold._kept,
}
