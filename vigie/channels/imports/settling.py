"""Who and what the tickets of an import speak of: the client, its contract, places, people, teams, categories.

Made once, found again by name at the next import. Nobody made here can sign in: no address, no usable password.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from vigie.accounts.models import Affiliation, Agent, AgentClient, Person, Team, TeamMember
from vigie.catalog.models import Category
from vigie.channels.imports.rules.lives import Life
from vigie.channels.imports.rules.mapping import TicketMap
from vigie.contracts.actions.calendars import create_calendar
from vigie.contracts.actions.commitments import add_commitment
from vigie.contracts.actions.contracts import create_contract
from vigie.contracts.actions.versions import put_in_force
from vigie.contracts.models import Calendar
from vigie.kernel.actor import Actor
from vigie.tenancy.actions import create_client
from vigie.tenancy.models import Organisation, Site
from vigie.toolkit import journal


@dataclass(slots=True)
class Settled:
    """Ids by the names that the source uses; ``made`` counts what was created, by word."""

    organisation: Organisation
    sites: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)
    teams: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)


def slug(*words: str) -> str:
    """A code of at most 40 characters; two names never share one."""
    text = "-".join(words)
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{plain[:31].strip('-')}-{digest}"


def _ref(*words: str) -> str:
    text = ":".join(words)
    return text if len(text) <= 120 else f"{text[:80]}#{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def settle(
    actor: Actor, mapping: TicketMap, code: str, lives: Iterable[Life], *, now: dt.datetime
) -> Settled:
    """Find or create all that these lives name, in the caller's transaction."""
    lives = list(lives)
    made: dict[str, int] = {}
    organisation = _client(actor, mapping, code, made, now)
    sites = _sites(mapping, organisation, {life.site for life in lives} - {""}, made)
    contacts = _contacts(mapping, organisation, lives, sites, made, now)
    members = {(m.team, m.assignee) for life in lives for m in life.moments}
    names = {assignee for _, assignee in members}
    if mapping.actor_is_agent:
        names |= {moment.by for life in lives for moment in life.moments}
    teams = _teams(mapping, {team for team, _ in members} - {""}, made)
    agents = _agents(mapping, organisation, names - {""}, made, now)
    _members({(teams[t], agents[a]) for t, a in members if t and a})
    categories = _categories(mapping, {life.category for life in lives}, made)
    if made:
        journal.record(actor, "imported", organisation, now=now, after={"map": mapping.name, **made})
    return Settled(organisation, sites, contacts, agents, teams, categories, made)


def _client(
    actor: Actor, mapping: TicketMap, code: str, made: dict[str, int], now: dt.datetime
) -> Organisation:
    found = Organisation.objects.filter(kind="client", code=code).first()
    if found is not None:
        return found
    given = mapping.client
    name = given.name if code == given.code else code
    values = {"code": code, "name": name, "language": given.language, "timezone": given.timezone}
    organisation = create_client(actor, values, now=now)
    made["clients"] = 1
    if mapping.contract is not None:
        _contract(actor, mapping, organisation, made, now)
    return organisation


def _contract(
    actor: Actor, mapping: TicketMap, organisation: Organisation, made: dict[str, int], now: dt.datetime
) -> None:
    promised = mapping.contract
    assert promised is not None
    definition = dict(promised.calendar)
    titles = {"name_fr": promised.name_fr, "name_en": promised.name_en}
    calendar = Calendar.objects.filter(code=definition["code"]).first() or create_calendar(
        actor, {"code": definition["code"], **titles}, definition, promised.starts_on, now=now
    )
    values = {"reference": promised.reference, **titles, "starts_on": promised.starts_on}
    contract = create_contract(actor, organisation.pk, values, now=now)
    for kind, targets in promised.targets.items():
        for priority, seconds in targets.items():
            wanted = {
                "kind": kind, "priority": int(priority), "target_seconds": seconds, "target_days": None,
                "calendar": calendar, "follow_site": False, "pauses": {}, "thresholds": [],
            }  # fmt: skip
            add_commitment(actor, contract.pk, wanted, now=now)
    put_in_force(actor, contract.pk, now=now, taken_over=True)
    made["contracts"] = 1


def _sites(
    mapping: TicketMap, organisation: Organisation, names: set[str], made: dict[str, int]
) -> dict[str, int]:
    short = {name: name[:120] for name in names}
    known = dict(Site.objects.filter(organisation=organisation).values_list("name", "id"))
    fresh = sorted(set(short.values()) - known.keys())
    zone, country = mapping.client.timezone, mapping.client.country
    created = Site.objects.bulk_create(
        Site(organisation=organisation, name=name, timezone=zone, country=country) for name in fresh
    )
    known.update({site.name: site.pk for site in created})
    _count(made, "sites", fresh)
    return {name: known[short[name]] for name in names}


def _people(refs: Mapping[str, str], side: str, mapping: TicketMap, now: dt.datetime) -> dict[str, Person]:
    """The people of these references (reference → name) who do not exist yet, created."""
    known = set(Person.objects.filter(external_ref__in=list(refs)).values_list("external_ref", flat=True))
    locked = make_password(None)
    fresh = [
        Person(
            name=" ".join(name.split())[:150], side=side, external_ref=ref, password=locked, created_at=now,
            language=mapping.client.language, timezone=mapping.client.timezone,
        )
        for ref, name in refs.items() if ref not in known
    ]  # fmt: skip
    return {person.external_ref: person for person in Person.objects.bulk_create(fresh, batch_size=2000)}


def _ids(refs: Mapping[str, str]) -> dict[str, int]:
    found = dict(Person.objects.filter(external_ref__in=list(refs)).values_list("external_ref", "id"))
    return {name: found[ref] for ref, name in refs.items()}


def _contacts(
    mapping: TicketMap,
    organisation: Organisation,
    lives: list[Life],
    sites: Mapping[str, int],
    made: dict[str, int],
    now: dt.datetime,
) -> dict[str, int]:
    """Requesters, users of the client at the site of their first ticket."""
    places: dict[str, int | None] = {}
    for life in lives:
        places.setdefault(life.requester, sites.get(life.site))
    refs = {_ref(mapping.name, organisation.code, "contact", name): name for name in places}
    fresh = _people(refs, "client", mapping, now)
    Affiliation.objects.bulk_create(
        [
            Affiliation(organisation=organisation, person=p, site_id=places[refs[ref]], roles=["user"])
            for ref, p in fresh.items()
        ],
        batch_size=2000,
    )
    _count(made, "contacts", fresh)
    return _ids(refs)


def _agents(
    mapping: TicketMap, organisation: Organisation, names: set[str], made: dict[str, int], now: dt.datetime
) -> dict[str, int]:
    """Those who worked on the tickets: agents limited to this client, with no role."""
    refs = {_ref(mapping.name, "agent", name): name for name in sorted(names)}
    fresh = _people(refs, "provider", mapping, now)
    Agent.objects.bulk_create(Agent(person=person, all_clients=False) for person in fresh.values())
    ids = _ids(refs)
    AgentClient.objects.bulk_create(
        [AgentClient(agent_id=pk, organisation=organisation) for pk in ids.values()], ignore_conflicts=True
    )
    _count(made, "agents", fresh)
    return ids


def _teams(mapping: TicketMap, names: set[str], made: dict[str, int]) -> dict[str, int]:
    codes = {name: slug(mapping.name, name) for name in names}
    known = dict(Team.objects.filter(code__in=codes.values()).values_list("code", "id"))
    fresh = sorted(name for name in names if codes[name] not in known)
    created = Team.objects.bulk_create(
        Team(
            code=codes[n], name_fr=n[:100], name_en=n[:100], timezone=mapping.client.timezone, is_imported=True
        )
        for n in fresh
    )  # fmt: skip
    known.update({team.code: team.pk for team in created})
    _count(made, "teams", fresh)
    return {name: known[code] for name, code in codes.items()}


def _members(pairs: set[tuple[int, int]]) -> None:
    TeamMember.objects.bulk_create(
        [TeamMember(team_id=team, agent_id=agent) for team, agent in sorted(pairs)], ignore_conflicts=True
    )


def _categories(
    mapping: TicketMap, paths: set[tuple[str, ...]], made: dict[str, int]
) -> dict[tuple[str, ...], int]:
    """The branches of the category tree, out of the sight of clients."""
    wanted = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    codes = {path: slug(mapping.name, *path) for path in wanted}
    known = {c.code: c for c in Category.objects.filter(code__in=codes.values())}
    fresh = [path for path in wanted if codes[path] not in known]
    for path in sorted(fresh, key=lambda path: (len(path), path)):
        above = known[codes[path[:-1]]] if len(path) > 1 else None
        name = path[-1][:120]
        code = codes[path]
        known[code] = Category.objects.create(
            code=code, parent=above, name_fr=name, name_en=name, is_public=False,
            path=f"{above.path}/{code}" if above else code,
        )  # fmt: skip
    _count(made, "categories", fresh)
    return {path: known[code].pk for path, code in codes.items()}


def _count(made: dict[str, int], word: str, fresh: Iterable[object]) -> None:
    number = sum(1 for _ in fresh)
    if number:
        made[word] = made.get(word, 0) + number
