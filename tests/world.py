"""A small world for tests: one provider, three clients, their people, a contract each. Plain rows, no magic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Affiliation, Agent, AgentClient, Person, Role, RoleGiven, Team, TeamMember
from vigie.accounts.rules import DEFAULT_ROLES
from vigie.catalog.models import Category, Service, Subscription
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, Contract, ContractVersion
from vigie.kernel.actor import SYSTEM, Actor
from vigie.tenancy.models import Organisation, Site
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Ticket
from vigie.workflow.actions import publish_defaults

UTC = dt.UTC
START = dt.datetime(2026, 1, 12, 8, 0, tzinfo=UTC)  # Monday 12 January 2026, 09:00 in Paris
PASSWORD = "a long enough password 42"

K1 = {
    "code": "K1",
    "timezone": "Europe/Paris",
    "hours": {d: [["08:00", "18:00"]] for d in ("mon", "tue", "wed", "thu", "fri")},
    "holiday_sets": ["FR"],
}


@dataclass
class ClientWorld:
    organisation: Organisation
    site: Site
    user: Person
    colleague: Person
    manager: Person
    key_user: Person
    vip: Person
    contract: Contract


@dataclass
class World:
    provider: Organisation
    roles: dict[str, Role]
    team: Team
    team2: Team
    service: Service
    category: Category
    calendar: Calendar
    a: ClientWorld
    b: ClientWorld
    c: ClientWorld
    agent: Person  # authorised for A alone
    agent_all: Person
    dispatcher: Person
    manager: Person
    admin: Person
    both: Person  # contact of A and C
    former: Person  # contact of A until yesterday
    extra: dict[str, object] = field(default_factory=dict)

    def actor(self, person: Person, organisation: Organisation | None = None) -> Actor:
        found = actor_of(
            person, today=dt.date(2026, 1, 12), organisation_id=organisation.pk if organisation else None
        )
        assert found is not None
        return found


def make_person(name: str, side: str, email: str | None = None, **more: object) -> Person:
    person = Person(name=name, side=side, email=email, created_at=START, **more)  # type: ignore[arg-type]
    person.set_password(PASSWORD)
    person.save()
    return person


def make_agent(
    name: str,
    email: str,
    role_codes: list[str],
    roles: dict[str, Role],
    *,
    clients: list[Organisation] | None,
    team: Team | None,
) -> Person:
    person = make_person(name, "provider", email)
    agent = Agent.objects.create(person=person, all_clients=clients is None)
    for client in clients or []:
        AgentClient.objects.create(agent=agent, organisation=client)
    for code in role_codes:
        RoleGiven.objects.create(agent=agent, role=roles[code])
    if team:
        TeamMember.objects.create(team=team, agent=agent)
    return person


def make_client(code: str, name: str, calendar: Calendar, service: Service) -> ClientWorld:
    organisation = Organisation.objects.create(code=code, name=name, created_at=START)
    site = Site.objects.create(organisation=organisation, name=f"{name} siège")

    def contact(who: str, roles: list[str], **vip: object) -> Person:
        person = make_person(f"{who} {name}", "client", f"{who.lower()}@{code.lower()}.example")
        Affiliation.objects.create(organisation=organisation, person=person, site=site, roles=roles, **vip)  # type: ignore[arg-type]
        return person

    contract = Contract.objects.create(
        organisation=organisation, reference=f"C-{code}", name_fr="Infogérance", name_en="Managed services",
        status="active", starts_on=dt.date(2025, 1, 1),
    )  # fmt: skip
    ContractVersion.objects.create(
        organisation=organisation, contract=contract, number=1, state="in_force", effective_on=contract.starts_on,
        created_at=START,
    )  # fmt: skip
    promise(
        contract,
        *(
            {"kind": kind, "priority": priority, "target_seconds": seconds, "calendar": calendar}
            for priority, response, resolution in (
                (1, 15, 4),
                (2, 30, 8),
                (3, 60, 16),
                (4, 120, 24),
                (5, 240, 40),
            )
            for kind, seconds in (("response", response * 60), ("resolution", resolution * 3600))
        ),
    )
    Subscription.objects.create(organisation=organisation, service=service)
    return ClientWorld(
        organisation, site, contact("User", ["user"]), contact("Colleague", ["user"]),
        contact("Manager", ["user", "client_manager"]), contact("Key", ["user", "key_user"]),
        contact("Vip", ["user"], is_vip=True, vip_reason="Direction", vip_until=dt.date(2030, 1, 1)), contract,
    )  # fmt: skip


@contextmanager
def rewriting() -> Iterator[None]:
    """Lets a test lay down what a contract in force always said, which nobody else may."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('vigie.erasing', 'on', true)")
        yield
        cursor.execute("select set_config('vigie.erasing', '', true)")


def promise(contract: Contract, *rows: Mapping[str, object]) -> None:
    """Commitments more in the first version of a contract, as if they had always been there."""
    version = ContractVersion.objects.get(contract=contract, number=1)
    last = Commitment.objects.filter(version=version).count()
    with rewriting():
        for line, row in enumerate(rows, last + 1):
            Commitment.objects.create(
                organisation_id=contract.organisation_id, version=version, line=line, **row
            )


def build_world() -> World:
    publish_defaults(SYSTEM, now=START)
    provider = Organisation.objects.create(
        kind="provider", code="NORD", name="Nord Infogérance", created_at=START
    )
    roles = {
        code: Role.objects.create(code=code, name_fr=fr, name_en=en, grants=list(grants))
        for code, (fr, en, grants) in DEFAULT_ROLES.items()
    }
    team = Team.objects.create(code="n1", name_fr="Centre de services N1", name_en="Service desk L1", level=1)
    team2 = Team.objects.create(code="n2", name_fr="Systèmes N2", name_en="Systems L2", level=2)
    service = Service.objects.create(
        code="mail", name_fr="Messagerie", name_en="Mail", criticality=2, default_team=team
    )
    category = Category.objects.create(code="mail", name_fr="Messagerie", name_en="Mail", path="mail")
    calendar = Calendar.objects.create(code="k1", name_fr="Heures ouvrées", name_en="Service hours")
    CalendarVersion.objects.create(
        calendar=calendar, effective_on=dt.date(2025, 1, 1), definition=K1, created_at=START
    )
    a = make_client("ALPHA", "Alpha", calendar, service)
    b = make_client("BETA", "Beta", calendar, service)
    c = make_client("GAMMA", "Gamma", calendar, service)
    both = make_person("Both", "client", "both@alpha.example")
    for client in (a, c):
        Affiliation.objects.create(
            organisation=client.organisation, person=both, site=client.site, roles=["user"]
        )
    former = make_person("Former", "client", "former@alpha.example")
    Affiliation.objects.create(
        organisation=a.organisation,
        person=former,
        site=a.site,
        roles=["user"],
        active_until=dt.date(2026, 1, 1),
    )
    return World(
        provider, roles, team, team2, service, category, calendar, a, b, c,
        agent=make_agent("Agent A", "agent@nord.example", ["agent"], roles, clients=[a.organisation], team=team),
        agent_all=make_agent("Agent All", "agent.all@nord.example", ["agent"], roles, clients=None, team=team),
        dispatcher=make_agent("Dispatcher", "dispatch@nord.example", ["agent", "dispatcher"], roles, clients=None, team=team),
        manager=make_agent("Delivery", "sdm@nord.example", ["agent", "delivery_manager"], roles, clients=[a.organisation], team=None),
        admin=make_agent("Admin", "admin@nord.example", ["administrator"], roles, clients=None, team=None),
        both=both,
        former=former,
    )  # fmt: skip


def report(
    world: World, client: ClientWorld | None = None, *, now: dt.datetime = START, **more: object
) -> Ticket:
    """A ticket reported by the client's user through the portal."""
    client = client or world.a
    values: dict[str, object] = {
        "organisation_id": client.organisation.pk, "ticket_type": "incident", "title": "Messagerie en panne",
        "body": "<p>Plus de messagerie depuis ce matin.</p>", "requester_id": client.user.pk, "service_id": world.service.pk,
    }  # fmt: skip
    values.update(more)
    return open_ticket(world.actor(client.user), NewTicket(**values), now=now)  # type: ignore[arg-type]
