"""From a life in plain words to the history that the ingest of tickets writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vigie.channels.imports.rules.lives import Life, Moment
from vigie.channels.imports.rules.mapping import TicketMap
from vigie.channels.imports.settling import Settled
from vigie.kernel.actor import Actor
from vigie.tickets.actions.ingest import Assigned, Event, History, Kept, Prioritised
from vigie.tickets.actions.lifecycle import Given
from vigie.tickets.actions.opening import NewTicket
from vigie.workflow.rules.machine import Machine

OVERRIDE = "priority of the source"


@dataclass(slots=True)
class Historian:
    """Knows the ids and the workflows; makes one history a life."""

    mapping: TicketMap
    settled: Settled
    machines: Mapping[str, Machine]
    _actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Who the source says acted. Where it does not say, the import itself."""
        if name not in self._actors:
            person = self.settled.agents.get(name) if self.mapping.actor_is_agent else None
            shown = (name or self.mapping.title)[:150]
            self._actors[name] = Actor(side="provider", person_id=person, organisations=None, name=shown)
        return self._actors[name]

    def history(self, life: Life) -> History:
        first = life.moments[0]
        new = NewTicket(
            organisation_id=self.settled.organisation.pk, ticket_type=life.ticket_type, title=life.title,
            body=life.body, requester_id=self.settled.contacts[life.requester],
            category_id=self.settled.categories.get(life.category), site_id=self.settled.sites.get(life.site),
            impact=first.impact or 3, urgency=first.urgency or 2, channel=life.channel,
            team_id=self.settled.teams.get(first.team), assignee_id=self.settled.agents.get(first.assignee),
            tags=life.tags, is_html=False, opened_at=life.opened,
        )  # fmt: skip
        trail = _Trail(self, life, self.machines[life.ticket_type])
        for moment in life.moments:
            trail.take(moment)
        return History(
            new,
            self.actor(first.by),
            life.created,
            tuple(trail.events),
            source=source_of(self.mapping, life.key),
        )


def source_of(mapping: TicketMap, key: str) -> str:
    return f"{mapping.name}:{key}"


@dataclass(slots=True)
class _Trail:
    """Follows a ticket as the ingest will, to send only what its workflow can hear."""

    by: Historian
    life: Life
    machine: Machine
    events: list[Event] = field(default_factory=list)
    state: str = field(init=False)
    reason: str = ""
    handled: tuple[str, str] = field(init=False)
    weight: tuple[int, int] = field(init=False)
    priority: int | None = None

    def __post_init__(self) -> None:
        first = self.life.moments[0]
        self.state = self.machine.initial
        self.handled = (first.team, first.assignee)
        self.weight = (first.impact or 3, first.urgency or 2)

    @property
    def phase(self) -> str:
        return self.machine.phase(self.state)

    def take(self, moment: Moment) -> None:
        moment = replace(moment, at=max(moment.at, self.life.created))
        state = self._state(moment)
        if state and self.machine.phase(state) in ("active", "waiting"):
            self._move(moment, state)
            self._handle(moment)
        else:
            self._handle(moment)
            self._move(moment, state)

    def _state(self, moment: Moment) -> str:
        """The state to go to in this type's workflow; empty when the ticket stays where it is."""
        wanted = moment.state
        if wanted in ("new", "assigned"):
            if self.phase == "active" and self.state in (self.machine.initial, "assigned"):
                return "" if wanted == "new" or "assigned" not in self.machine.states else "assigned"
            wanted = "assigned"
        if wanted == "resolved":
            return next(name for name, phase in self.machine.states.items() if phase == "done")
        if wanted in self.machine.states or not wanted:
            return wanted
        return next(step.target for step in self.machine.steps if step.verb == "reopen")

    def _move(self, moment: Moment, state: str) -> None:
        by = self.by.actor(moment.by)
        waits = bool(state) and self.machine.phase(state) == "waiting"
        given = Given(
            pending_reason=(moment.reason or "other_team") if waits else "",
            resolution_code=self.life.resolution if self._resolves(state) else "",
            reason=moment.reason if state == "cancelled" else "",
        )
        values = moment.values
        if waits and state == self.state and given.pending_reason != self.reason:
            back = next(step.target for step in self.machine.steps if step.verb == "resume")
            self.events.append(Kept(moment.at, by, values, back, given))
            values = {}
        self.events.append(Kept(moment.at, by, values, state, given))
        if state:
            self.state, self.reason = state, given.pending_reason

    def _resolves(self, state: str) -> bool:
        """Does the way to ``state`` pass through the resolution?"""
        there = self.machine.phase(state) if state else ""
        return there == "done" or (there == "ended" and self.phase != "done")

    def _handle(self, moment: Moment) -> None:
        if self.phase == "ended":
            return
        by = self.by.actor(moment.by)
        self._prioritise(moment, by)
        handled = (moment.team or self.handled[0], moment.assignee or self.handled[1])
        if handled == self.handled:
            return
        self.handled = handled
        settled = self.by.settled
        self.events.append(
            Assigned(moment.at, by, settled.teams.get(handled[0]), settled.agents.get(handled[1]))
        )
        if self.state == self.machine.initial and handled[0] and self._assigns():
            self.state = "assigned"

    def _assigns(self) -> bool:
        return self.machine.step_named(self.state, "assign", "agent") is not None

    def _prioritise(self, moment: Moment, by: Actor) -> None:
        """Impact, urgency and the source's own priority, where the workflow still lets them change."""
        if self.phase not in ("active", "waiting"):
            return
        weight = (moment.impact or self.weight[0], moment.urgency or self.weight[1])
        priority = moment.priority or self.priority
        first = not self.events or (self.events[0].at == moment.at and self.priority is None)
        if weight == self.weight and priority == self.priority:
            return
        self.weight, self.priority = weight, priority
        self.events.append(
            Prioritised(
                moment.at, by, weight[0], weight[1], priority, OVERRIDE if priority else "", is_error=first
            )
        )
