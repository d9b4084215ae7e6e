"""Everything of the demonstration but its tickets: who works for whom, where, for which promise."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from vigie.accounts.actions import publish_default_roles
from vigie.accounts.models import (
    Affiliation,
    Agent,
    AgentClient,
    AgentSkill,
    Person,
    Role,
    RoleGiven,
    Skill,
    Team,
    TeamMember,
)
from vigie.catalog.models import Category, Service, Subscription
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, Contract, ContractVersion
from vigie.demo import house
from vigie.demo.accounts import ACCOUNTS, PASSWORD
from vigie.demo.clients import CLIENTS, PERSONAS, ClientSpec
from vigie.demo.lines import news_lines, price_lines
from vigie.demo.people import Names, address_of
from vigie.kernel.actor import SYSTEM
from vigie.tenancy.models import Entity, Organisation, Site
from vigie.tickets.models import PriorityPolicy, SavedView
from vigie.workflow.actions import publish_defaults

HISTORY = dt.timedelta(days=426)  # fourteen months


@dataclass(slots=True)
class Client:
    """A client as the tickets need it: ``contacts`` with their language, in the order they were made."""

    spec: ClientSpec
    organisation: Organisation
    sites: list[Site]
    contacts: list[Person] = field(default_factory=list)
    site_of: dict[int, Site] = field(default_factory=dict)
    vips: set[int] = field(default_factory=set)
    manager: Person | None = None


@dataclass(slots=True)
class Settled:
    """``agents`` by team code, ``staff`` by name."""

    clients: list[Client]
    teams: dict[str, Team]
    services: dict[str, Service]
    categories: dict[str, Category]
    agents: dict[str, list[Person]]
    staff: dict[str, Person]
    sees: dict[int, frozenset[int] | None]


def settle(anchor: dt.datetime, chance: random.Random) -> Settled:
    """Create it all, as of fourteen months before ``anchor``."""
    since = anchor - HISTORY - dt.timedelta(days=30)
    publish_defaults(SYSTEM, now=since)
    publish_default_roles(SYSTEM, now=since)
    code, name, legal = house.PROVIDER
    Organisation.objects.create(kind="provider", code=code, name=name, legal_name=legal, created_at=since)
    teams = {
        code: Team.objects.create(code=code, name_fr=fr, name_en=en, level=level, timezone=zone)
        for code, fr, en, level, zone in house.TEAMS
    }
    services, categories = _catalogue(teams)
    calendars = _calendars(since)
    locked, known = make_password(None), make_password(PASSWORD)
    names = Names(chance, {row[0] for row in house.STAFF} | {row[0] for row in PERSONAS.values()})
    clients = [_client(spec, services, calendars, since) for spec in CLIENTS]
    for client in clients:
        _contacts(client, names, chance, since, anchor, (locked, known))
    staff, agents, sees = _staff(
        teams, {c.spec.code: c.organisation for c in clients}, since, (locked, known)
    )
    _views(teams, staff)
    return Settled(clients, teams, services, categories, agents, staff, sees)


def _catalogue(teams: dict[str, Team]) -> tuple[dict[str, Service], dict[str, Category]]:
    services = {
        code: Service.objects.create(
            code=code, name_fr=fr, name_en=en, description_fr=about_fr, description_en=about_en, criticality=criticality,
            default_team=teams[team], icon=icon,
        )
        for code, fr, en, about_fr, about_en, criticality, team, icon in house.SERVICES
    }  # fmt: skip
    categories: dict[str, Category] = {}
    for code, parent, fr, en in house.CATEGORIES:
        above = categories.get(parent)
        path = f"{above.path}/{code}" if above else code
        categories[code] = Category.objects.create(code=code, parent=above, name_fr=fr, name_en=en, path=path)
    return services, categories


def _calendars(since: dt.datetime) -> dict[str, Calendar]:
    made = {}
    for code, fr, en, definition in house.CALENDARS:
        made[code] = Calendar.objects.create(code=code, name_fr=fr, name_en=en)
        CalendarVersion.objects.create(
            calendar=made[code], effective_on=since.date(), definition=definition, created_at=since
        )
    return made


def _client(
    spec: ClientSpec, services: dict[str, Service], calendars: dict[str, Calendar], since: dt.datetime
) -> Client:
    organisation = Organisation.objects.create(
        code=spec.code, name=spec.name, legal_name=spec.legal, language=spec.language, timezone=spec.zone,
        confidentiality=spec.confidentiality, accent=spec.accent, created_at=since,
        currency="CAD" if spec.code == "BOREAL" else "EUR",
    )  # fmt: skip
    entities = [Entity.objects.create(organisation=organisation, name=name) for name in spec.entities]
    sites = [
        Site.objects.create(
            organisation=organisation, name=place.name, timezone=place.zone, country=place.country,
            subdivision=place.part, address=place.address, access_notes=place.notes, entity=entities[0] if entities else None,
        )
        for place in spec.places
    ]  # fmt: skip
    Subscription.objects.bulk_create(
        Subscription(organisation=organisation, service=services[code]) for code in spec.services
    )
    contract = Contract.objects.create(
        organisation=organisation, reference=f"{spec.code}-{since.year}-01", name_fr="Infogérance et centre de services",
        name_en="Managed services and service desk", status="active", starts_on=since.date(),
    )  # fmt: skip
    version = ContractVersion.objects.create(
        organisation=organisation, contract=contract, number=1, effective_on=contract.starts_on, created_at=since,
        pauses={"resolution": {"supplier": True}} if spec.supplier_pauses else {},
    )  # fmt: skip
    targets = [
        (kind, priority, seconds, calendars[code])
        for priority, (response, resolution, code) in spec.targets.items()
        for kind, seconds in (("response", response), ("resolution", resolution))
    ]
    Commitment.objects.bulk_create(
        Commitment(
            organisation=organisation, version=version, line=line, kind=kind, priority=priority, target_seconds=seconds,
            calendar=calendar, follow_site=spec.follow_site,
        )
        for line, (kind, priority, seconds, calendar) in enumerate(targets, 1)
    )  # fmt: skip
    news_lines(spec.code, version)
    price_lines(spec.code, version)
    version.state = ContractVersion.State.IN_FORCE
    version.save(update_fields=["state"])
    if spec.matrix:
        PriorityPolicy.objects.create(organisation=organisation, matrix=spec.matrix)
    return Client(spec, organisation, sites)


def _contacts(
    client: Client,
    names: Names,
    chance: random.Random,
    since: dt.datetime,
    anchor: dt.datetime,
    hashes: tuple[str, str],
) -> None:
    """The people of a client: the personas of the demonstration, then as many others as its size asks for."""
    locked, known = hashes
    entities = list(Entity.objects.filter(organisation=client.organisation).order_by("pk"))
    pairs = _personas(client, entities, chance, since, anchor, known)
    has_manager = any("client_manager" in affiliation.roles for _, affiliation in pairs)
    for order in range(client.spec.people - len(pairs)):
        language = "en" if chance.random() < client.spec.english else "fr"
        name, place = names.one(language), chance.randrange(len(client.spec.places))
        address, job = address_of(name, client.spec.domain), chance.choice(client.spec.jobs)
        person = _person(name, address, language, job, client.spec.places[place].zone, since, locked)
        vip = ("Direction" if language == "fr" else "Management board") if order in (2, 7, 30) else ""
        roles = _roles(order, has_manager=has_manager)
        pairs.append((person, _affiliation(client, place, entities, roles, vip, anchor, chance)))
    _keep(client, pairs)


def _personas(
    client: Client,
    entities: list[Entity],
    chance: random.Random,
    since: dt.datetime,
    anchor: dt.datetime,
    known: str,
) -> list[tuple[Person, Affiliation]]:
    places = client.spec.places
    return [
        (
            _person(name, email, language, job, places[place].zone, since, known),
            _affiliation(client, place, entities, list(roles), vip, anchor, chance),
        )
        for email, (name, code, place, roles, vip, job, language) in PERSONAS.items()
        if code == client.spec.code
    ]


def _roles(order: int, *, has_manager: bool) -> list[str]:
    """What the n-th person holds: some key users and approvers, and a manager where no persona is one."""
    roles = {"user"}
    if order % 18 == 3:
        roles.add("key_user")
    if order % 20 == 5:
        roles.add("approver")
    if order == 0 and not has_manager:
        roles |= {"client_manager", "approver"}
    return sorted(roles)


def _keep(client: Client, pairs: list[tuple[Person, Affiliation]]) -> None:
    """Write people and affiliations, and what the tickets need to know of them."""
    Person.objects.bulk_create(person for person, _ in pairs)
    for person, affiliation in pairs:
        affiliation.person = person
        client.contacts.append(person)
        assert affiliation.site is not None
        client.site_of[person.pk] = affiliation.site
        if affiliation.is_vip:
            client.vips.add(person.pk)
        if "client_manager" in affiliation.roles and client.manager is None:
            client.manager = person
    Affiliation.objects.bulk_create(affiliation for _, affiliation in pairs)


def _person(
    name: str, email: str, language: str, job: str, zone: str, since: dt.datetime, password: str
) -> Person:
    side = "provider" if email.endswith("nord-infogerance.example") else "client"
    return Person(
        name=name, email=email, side=side, language=language, timezone=zone, job_title=job, created_at=since,
        password=password,
    )  # fmt: skip


def _affiliation(
    client: Client,
    place: int,
    entities: list[Entity],
    roles: list[str],
    vip: str,
    anchor: dt.datetime,
    chance: random.Random,
) -> Affiliation:
    until = (anchor + dt.timedelta(days=chance.randrange(60, 300))).date() if vip else None
    return Affiliation(
        organisation=client.organisation, site=client.sites[place], entity=chance.choice(entities), roles=roles,
        is_vip=bool(vip), vip_reason=vip, vip_approver="Direction générale" if vip else "", vip_until=until,
    )  # fmt: skip


def _staff(
    teams: dict[str, Team], clients: dict[str, Organisation], since: dt.datetime, hashes: tuple[str, str]
) -> tuple[dict[str, Person], dict[str, list[Person]], dict[int, frozenset[int] | None]]:
    locked, known = hashes
    offered = {persona.email for persona in ACCOUNTS}
    roles = {role.code: role for role in Role.objects.all()}
    skills = [(Skill.objects.create(name_fr=fr, name_en=en), team) for fr, en, team in house.SKILLS]
    staff: dict[str, Person] = {}
    agents: dict[str, list[Person]] = {code: [] for code in teams}
    sees: dict[int, frozenset[int] | None] = {}
    for order, (name, team, lead, role_codes, limited, language, job) in enumerate(house.STAFF):
        email = address_of(name, "nord-infogerance.example")
        zone = (
            "America/Toronto" if team == house.MONTREAL or name in house.MONTREAL_PEOPLE else "Europe/Paris"
        )
        person = _person(name, email, language, job, zone, since, known if email in offered else locked)
        person.save()
        agent = Agent.objects.create(person=person, all_clients=limited is None)
        AgentClient.objects.bulk_create(
            AgentClient(agent=agent, organisation=clients[c]) for c in limited or ()
        )
        RoleGiven.objects.bulk_create(RoleGiven(agent=agent, role=roles[code]) for code in role_codes)
        AgentSkill.objects.bulk_create(
            AgentSkill(agent=agent, skill=skill, level=1 + (order + n) % 4)
            for n, (skill, of) in enumerate(skills) if of == team
        )  # fmt: skip
        if team:
            TeamMember.objects.create(team=teams[team], agent=agent, is_lead=lead)
            if role_codes == house.AGENT:
                agents[team].append(person)
        staff[name] = person
        sees[person.pk] = None if limited is None else frozenset(clients[c].pk for c in limited)
    return staff, agents, sees


def _views(teams: dict[str, Team], staff: dict[str, Person]) -> None:
    """Views that the teams share."""
    rows = (
        ("n1-lille", "À prendre à Lille", "team=n1-lille&assignee=none"),
        ("n1-lille", "Urgences à venir", "team=n1-lille&due=4h"),
        ("n1-montreal", "Montréal desk, unassigned", "team=n1-montreal&assignee=none"),
        ("n2-systemes", "Systèmes : en attente", "team=n2-systemes&status=waiting"),
        ("n2-reseau", "Réseau : P1 et P2", "team=n2-reseau&priority=1,2"),
        ("n3-applications", "Applications : ERP et patient", "team=n3-applications&service=erp,patient"),
    )
    SavedView.objects.bulk_create(
        SavedView(team=teams[team], name=name, query=query, position=order)
        for order, (team, name, query) in enumerate(rows)
    )
    SavedView.objects.bulk_create(
        [
            SavedView(
                owner=staff["Nathalie Caron"], name="En retard", query="due=late", is_shared=True, position=10
            ),
            SavedView(
                owner=staff["Karim Benali"],
                name="Sans personne",
                query="assignee=none&sort=oldest",
                position=0,
            ),
            SavedView(owner=staff["Sophie Lefèvre"], name="VIP", query="vip=yes", position=0),
        ]
    )
