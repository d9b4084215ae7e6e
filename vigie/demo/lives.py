"""How the tickets of the demonstration went: each turn of a scenario gets an author and an instant."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field, replace

from vigie.accounts.models import Person
from vigie.contracts.queries import PromiseBook
from vigie.contracts.queries.book import Scope
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import Openings, openings
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.demo.phrases import ACKNOWLEDGED, CALLED, REOPENED, SIGNED
from vigie.demo.scenarios import Scenario, Turn, paragraphs, told
from vigie.demo.settle import Client, Settled
from vigie.demo.slots import slots_of
from vigie.kernel.actor import SYSTEM, Actor
from vigie.tickets.actions.course import FALLBACK
from vigie.tickets.actions.ingest import Assigned, Event, History, Said, Stepped
from vigie.tickets.actions.lifecycle import Given
from vigie.tickets.actions.opening import NewTicket, priority_under
from vigie.tickets.models import PriorityPolicy
from vigie.workflow.rules.defaults import DEFAULTS

AGENT_GRANTS = frozenset({"tickets:open", "tickets:reply", "tickets:note", "tickets:work", "tickets:assign"})
# Ways in by which the caller writes; elsewhere an agent notes what is said.
OWN_WORDS = ("portal", "email")


@dataclass(frozen=True, slots=True)
class Fate:
    """What is decided before the ticket is told: shares of its targets, who waits, how it ends."""

    response: float
    resolution: float
    reopens: bool = False
    confirms: bool = True
    stop_at: int = 99  # turns told
    unassigned: bool = False


def actor_for(person_id: int, name: str, side: str, organisation_id: int | None = None) -> Actor:
    """Somebody of the past, as the journal will name them."""
    return Actor(
        side="client" if side == "client" else "provider", person_id=person_id, name=name, grants=AGENT_GRANTS,
        organisations=None if organisation_id is None else frozenset({organisation_id}), organisation_id=organisation_id,
    )  # fmt: skip


@dataclass(slots=True)
class Teller:
    """Tells tickets of one client. ``policy`` is its own priority matrix."""

    settled: Settled
    client: Client
    book: PromiseBook
    policy: PriorityPolicy | None
    chance: random.Random
    anchor: dt.datetime
    favourites: frozenset[str] = frozenset()
    _events: list[Event] = field(default_factory=list)

    # -- one ticket ---------------------------------------------------------------

    def tell(
        self, key: str, scenario: Scenario, requester_index: int, opened: dt.datetime, fate: Fate
    ) -> History:
        """The whole history; what lies after the anchor has not happened."""
        self._events = []
        requester = self.client.contacts[requester_index]
        new = self._new(scenario, requester_index, opened)
        clocks = self._clocks(new)
        handler = self._agent(self._team_of(scenario), opened)
        user = actor_for(requester.pk, requester.name, "client", self.client.organisation.pk)
        by = user if new.channel in OWN_WORDS else actor_for(handler[0], handler[1], "provider")
        pace = Pace(clocks, opened, fate, self.chance)
        self._open(scenario, handler, pace, fate)
        story = Story(self, scenario, new, user, handler, pace, self._slots(scenario, requester_index))
        story.go(scenario.turns[1 : fate.stop_at], fate)
        signed = self.chance.choice(SIGNED[scenario.language])
        said, end = story.text(scenario.turns[0].text), story.text(signed)
        body = paragraphs(said + (story.text(CALLED[scenario.language]) if new.channel == "phone" else end))
        new = replace(new, title=story.text(scenario.title), body=body)
        events = tuple(event for event in self._events if event.at <= self.anchor)
        return History(new=new, by=by, created_at=opened, events=events, key=key)

    def _new(self, scenario: Scenario, index: int, opened: dt.datetime) -> NewTicket:
        requester = self.client.contacts[index]
        channel = self.chance.choices(("portal", "phone", "email", "chat"), (50, 30, 15, 5))[0]
        if "supervision" in scenario.turns[0].text or "Monitoring" in scenario.turns[0].text:
            channel = "monitoring"
        return NewTicket(
            organisation_id=self.client.organisation.pk, ticket_type=scenario.ticket_type, title="", body="",
            requester_id=requester.pk, service_id=self.settled.services[scenario.service].pk,
            category_id=self.settled.categories[scenario.category].pk, site_id=self.client.site_of[requester.pk].pk,
            impact=scenario.impact, urgency=scenario.urgency, channel=channel, opened_at=opened,
            tags=(self.chance.choice(("migration", "inventaire", "formation")),) if self.chance.random() < 0.08 else (),
        )  # fmt: skip

    def _clocks(self, new: NewTicket) -> dict[ClockKind, Terms]:
        priority = priority_under(
            self.policy, new.impact or 3, new.urgency, new.requester_id in self.client.vips
        )
        assert new.opened_at is not None
        scope = Scope(
            new.ticket_type, priority, new.service_id, new.category_id, new.site_id, False, new.opened_at
        )
        return self.book.terms_for(scope)

    def _team_of(self, scenario: Scenario) -> str:
        team = self.settled.services[scenario.service].default_team
        assert team is not None
        return team.code

    def _agent(self, team: str, at: dt.datetime) -> tuple[int, str, str]:
        """Somebody of the team who may see the client; at night in Paris, Montréal answers for Lille."""
        hour = (at.hour + 1) % 24
        if team == "n1-lille" and (self.client.spec.code == "BOREAL" or hour >= 18 or hour < 7):
            team = "n1-montreal"
        specialist = self.settled.staff["Emily Tremblay"]
        if self.favourites and self._sees(specialist) and team != "n3-applications":
            return specialist.pk, specialist.name, "n2-systemes"
        seen = [agent for agent in self.settled.agents[team] if self._sees(agent)]
        known = [agent for agent in seen if agent.name in self.favourites]
        agent = self.chance.choice(known or seen)
        return agent.pk, agent.name, team

    def _sees(self, agent: Person) -> bool:
        limit = self.settled.sees[agent.pk]
        return limit is None or self.client.organisation.pk in limit

    def _open(self, scenario: Scenario, handler: tuple[int, str, str], pace: Pace, fate: Fate) -> None:
        if fate.unassigned:
            return
        person, name, team = handler
        by = actor_for(person, name, "provider")
        at = pace.forward(fate.response * 0.6, of="response")
        self._events.append(Assigned(at, by, self.settled.teams[team].pk, person))
        if scenario.turns[1:2] != () and scenario.turns[1].what != "P":
            at = pace.forward(fate.response * 0.25, of="response")
            self._events.append(Stepped(at, by, "start"))

    def _slots(self, scenario: Scenario, index: int) -> dict[str, str]:
        others = [c for c in self.client.contacts if c.language == scenario.language] or self.client.contacts
        requester = self.client.contacts[index]
        return slots_of(
            self.chance, scenario.language, requester=requester.name, colleague=self.chance.choice(others).name,
            site=self.client.site_of[requester.pk].name, code=self.client.spec.code,
        )  # fmt: skip


@dataclass(slots=True)
class Pace:
    """Where the ticket is in time: service seconds are spent on its own calendar, waits on the wall."""

    clocks: dict[ClockKind, Terms]
    at: dt.datetime
    fate: Fate
    chance: random.Random
    spent: int = 0

    @property
    def hours(self) -> Openings:
        terms = self.clocks.get(ClockKind.RESOLUTION)
        return openings(terms.calendar if terms else FALLBACK)

    def target(self, of: str) -> int:
        terms = self.clocks.get(ClockKind(of))
        return terms.target.value if terms else 8 * 3600

    def forward(self, share: float, of: str = "resolution") -> dt.datetime:
        """Spend a share of a target; the instant reached."""
        return self.spend(int(share * self.target(of)))

    def spend(self, seconds: int) -> dt.datetime:
        seconds = max(seconds, 20)
        self.at = dt.datetime.fromtimestamp(self.hours.due(epoch(self.at), seconds), dt.UTC)
        self.spent += seconds
        return self.at

    def left(self) -> int:
        """Service seconds that remain until the end that the fate wants."""
        return max(int(self.fate.resolution * self.target("resolution")) - self.spent, 60)

    def wait(self) -> dt.datetime:
        """The client's time: minutes to two days, in daylight."""
        pause = dt.timedelta(
            minutes=int(
                self.chance.choice((12, 25, 50, 95, 180, 300, 1100, 1500, 2900))
                * self.chance.uniform(0.6, 1.3)
            )
        )
        later = epoch(self.at + pause)
        self.at = dt.datetime.fromtimestamp(
            later if self.hours.is_open(later) else self.hours.next_open(later), dt.UTC
        )
        return self.at


@dataclass(slots=True)
class Story:
    """The turns of one ticket, told one after the other."""

    teller: Teller
    scenario: Scenario
    new: NewTicket
    user: Actor
    handler: tuple[int, str, str]
    pace: Pace
    slots: dict[str, str]
    waiting: bool = False

    def text(self, text: str) -> str:
        return told(text, self.slots, self.scenario.language, self.teller.chance)

    def add(self, event: Event) -> None:
        self.teller._events.append(event)

    @property
    def agent(self) -> Actor:
        return actor_for(self.handler[0], self.handler[1], "provider")

    def go(self, turns: tuple[Turn, ...], fate: Fate) -> None:
        if turns and not fate.unassigned:
            turns = self._first_answer(turns)
        work = sum(1 for turn in turns if turn.what in "ANRTS") or 1
        for turn in turns:
            if turn.what in "ANRT" and not (turn.what == "R" and work == 1):
                share = self.pace.left() / work * self.teller.chance.uniform(0.5, 1.3)
                self.pace.spend(
                    self.pace.left() if turn.what == "R" else int(min(share, self.pace.left() * 0.8))
                )
                work -= 1
            elif turn.what == "R":
                self.pace.spend(self.pace.left())
            getattr(self, f"_{turn.what.lower()}")(turn)
        if turns and turns[-1].what == "R":
            self._end(fate)

    def _first_answer(self, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """The provider's first words come in time for the response; what the scenario has, else an acknowledgement."""
        self.pace.forward(self.pace.fate.response * 0.15, of="response")
        if turns[0].what == "A":
            self._a(turns[0])
            return turns[1:]
        at, texts = self.pace.at, ACKNOWLEDGED[self.scenario.language]
        self.add(Said(at, self.agent, paragraphs(self.text(self.teller.chance.choice(texts)))))
        return turns

    def _a(self, turn: Turn) -> None:
        self._resume()
        self.add(Said(self.pace.at, self.agent, paragraphs(self.text(turn.text))))

    def _c(self, turn: Turn) -> None:
        at = self.pace.wait() if self.waiting else self.pace.spend(self.teller.chance.randrange(60, 1500))
        self.waiting = False
        self.add(Said(at, self.user, paragraphs(self.text(turn.text))))

    def _n(self, turn: Turn) -> None:
        self.add(Said(self.pace.at, self.agent, paragraphs(self.text(turn.text)), is_note=True))

    def _t(self, turn: Turn) -> None:
        self._resume()
        before = self.agent
        self.handler = self.teller._agent(turn.code, self.pace.at)
        self.add(Assigned(self.pace.at, before, self.teller.settled.teams[turn.code].pk, self.handler[0]))

    def _w(self, turn: Turn) -> None:
        self.pace.spend(int(self.pace.left() * self.teller.chance.uniform(0.15, 0.5)))
        self._resume()
        given = Given(pending_reason=turn.code, text=paragraphs(self.text(turn.text)))
        self.add(Stepped(self.pace.at, self.agent, "wait", given))
        self.waiting = turn.code.startswith("client_")
        if not self.waiting:
            self.pace.spend(int(self.pace.left() * 0.3))

    def _s(self, turn: Turn) -> None:
        self.pace.spend(int(self.pace.left() * 0.1))
        self._resume()
        self.add(Stepped(self.pace.at, self.agent, "wait", Given(pending_reason=turn.code)))

    def _resume(self) -> None:
        """An agent who goes on with a ticket that waited takes it up again first."""
        last = next((e for e in reversed(self.teller._events) if isinstance(e, Stepped)), None)
        answered = any(
            isinstance(e, Said) and e.by.is_client for e in self.teller._events[self._index(last) :]
        )
        if (
            last is not None
            and last.verb == "wait"
            and not (answered and last.given.pending_reason.startswith("client_"))
        ):
            self.add(Stepped(self.pace.at, self.agent, "resume"))

    def _index(self, event: Event | None) -> int:
        return self.teller._events.index(event) if event is not None else 0

    def _p(self, turn: Turn) -> None:
        self.add(Stepped(self.pace.spend(300), self.agent, "ask_approval"))

    def _y(self, turn: Turn) -> None:
        manager = self.teller.client.manager
        assert manager is not None
        by = actor_for(manager.pk, manager.name, "client", self.teller.client.organisation.pk)
        self.add(Stepped(self.pace.wait(), by, "approve"))
        self.add(Stepped(self.pace.spend(900), self.agent, "start"))

    def _r(self, turn: Turn) -> None:
        self._resume()
        given = Given(resolution_code=self.scenario.resolution, text=paragraphs(self.text(turn.text)))
        self.add(Stepped(self.pace.at, self.agent, "resolve", given))

    # -- after the resolution --------------------------------------------------------

    def _end(self, fate: Fate) -> None:
        if fate.reopens:
            asked, answered, noted = REOPENED[self.scenario.language]
            given = Given(
                reason="Le problème est revenu" if self.scenario.language == "fr" else "It came back",
                text=paragraphs(self.text(asked)),
            )
            self.add(Stepped(self.pace.spend(2 * 3600), self.user, "reopen", given))
            self.pace.spend(int(self.pace.target("resolution") * self.teller.chance.uniform(0.05, 0.2)))
            self.add(Said(self.pace.at, self.agent, paragraphs(self.text(noted)), is_note=True))
            given = Given(resolution_code="solved_permanently", text=paragraphs(self.text(answered)))
            self.add(Stepped(self.pace.spend(600), self.agent, "resolve", given))
        if fate.confirms:
            self.add(Stepped(self.pace.wait(), self.user, "close"))
            return
        days = DEFAULTS[self.scenario.ticket_type].close_days
        end = self.pace.hours.business_days_eod(epoch(self.pace.at), days)
        lag = self.teller.chance.randrange(20, 300)  # the worker looks every five minutes
        self.add(Stepped(dt.datetime.fromtimestamp(end + lag, dt.UTC), SYSTEM, "close"))
