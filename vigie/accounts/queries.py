"""Reads about people, teams and roles. The actor first; narrow rows; nothing out of sight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from vigie.accounts import access
from vigie.accounts.actors import active_affiliations
from vigie.accounts.models import Affiliation, Agent, Person, Role, Skill, Team, TeamMember
from vigie.kernel.actor import Actor
from vigie.tenancy import access as tenancy
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit.jinja import local_name
from vigie.toolkit.models import JournalEntry
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, capped_count, page_of

PAGE = 50


def holders(grant: str, organisation_id: int) -> dict[int, str]:
    """Agents who hold the grant and see this client: names by id, in the order of names."""
    sees = Q(agent__all_clients=True) | Q(agent__clients__organisation_id=organisation_id)
    rows = Person.objects.filter(sees, agent__roles__role__grants__contains=[grant], is_active=True)
    return dict(rows.distinct().order_by("name", "pk").values_list("pk", "name"))


BY_NAME = Order(("name_key", "id"))
FIELDS = ("id", "name", "email", "side", "job_title", "is_active")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of people is narrowed to; empty means all."""

    words: str = ""
    side: str = ""
    organisation_id: int | None = None
    active: str = "yes"  # yes, no, all


def _rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in found]


class _HoldsEvery(Func):
    """Name and e-mail hold every word, accents and capitals aside. The text of a row is folded once."""

    template = "vigie_fold(%(expressions)s::text[]) w))"
    arg_joiner = (
        ") like all (array(select '%%' || replace(replace(replace(vigie_fold(w), '\\', '\\\\'), '%%', '\\%%'),"
        " '_', '\\_') || '%%' from unnest("
    )
    output_field = BooleanField()


def matching(actor: Actor, filters: Filters) -> QuerySet[Person]:
    """People in sight that fit the filters. Words may be in any order, accents and capitals do not matter."""
    people = access.visible(actor)
    if filters.active != "all":
        people = people.filter(is_active=filters.active == "yes")
    if filters.side in Person.Side.values:
        people = people.filter(side=filters.side)
    if filters.organisation_id is not None:
        at = access.visible_affiliations(actor).filter(
            person_id=OuterRef("pk"), organisation_id=filters.organisation_id
        )
        people = people.filter(Exists(at))
    words = filters.words.replace("\x00", " ").split()[:6]
    if words:
        text = Concat("name", Value(" "), Coalesce("email", Value("")), output_field=CharField())
        short = [word[:60] for word in words]
        people = people.filter(_HoldsEvery(text, Value(short, output_field=ArrayField(CharField()))))
    return people


def people_page(
    actor: Actor, filters: Filters, *, today: dt.date, cursor: str | None, size: int = PAGE
) -> Page:
    """One page of people by name, each with the clients (in sight) or the teams it belongs to.

    A VIP status that expired acts no more: it is not shown.
    """
    people = matching(actor, filters).annotate(name_key=by_name("name"))
    page = page_of(people, BY_NAME, fields=FIELDS, size=size, cursor=cursor)
    ids = [row["id"] for row in page.rows]
    clients: dict[int, list[str]] = {}
    vips: set[int] = set()
    for person_id, name, is_vip, until in (
        access.visible_affiliations(actor)
        .filter(person_id__in=ids)
        .order_by(by_name("organisation__name"))
        .values_list("person_id", "organisation__name", "is_vip", "vip_until")
    ):
        clients.setdefault(person_id, []).append(name)
        if is_vip and until is not None and until > today:
            vips.add(person_id)
    teams: dict[int, list[Any]] = {}
    for member in (
        TeamMember.objects.filter(agent_id__in=ids)
        .order_by("team__level", by_name("team__name_fr"))
        .values("agent_id", name_fr=F("team__name_fr"), name_en=F("team__name_en"))
    ):
        teams.setdefault(member["agent_id"], []).append(member)
    for row in page.rows:
        row.update(clients=clients.get(row["id"], []), teams=teams.get(row["id"], []), vip=row["id"] in vips)
    return page


def affiliations_of(actor: Actor, person_id: int) -> list[dict[str, Any]]:
    """What a person is at each client in sight, those in force first."""
    return _rows(
        access.visible_affiliations(actor)
        .filter(person_id=person_id)
        .order_by(F("active_until").desc(nulls_first=True), "organisation__name")
        .values(
            "id", "roles", "is_vip", "vip_reason", "vip_approver", "vip_until", "active_from", "active_until",
            "organisation_id", client=F("organisation__name"), code=F("organisation__code"),
            site_name=F("site__name"), entity_name=F("entity__name"),
        )
    )  # fmt: skip


def agent_profile(actor: Actor, person_id: int) -> dict[str, Any] | None:
    """Roles, teams, skills and authorised clients of a colleague; ``None`` for anybody else."""
    agent = Agent.objects.filter(pk=person_id).first() if actor.is_provider else None
    if agent is None:
        return None
    return {
        "all_clients": agent.all_clients,
        "clients": list(
            tenancy.visible(actor)
            .filter(agentclient__agent_id=person_id)
            .order_by(by_name("name"))
            .values("id", "name")
        ),
        "roles": list(
            Role.objects.filter(rolegiven__agent_id=person_id)
            .order_by(by_name("name_fr"))
            .values("id", "code", "name_fr", "name_en")
        ),
        "teams": list(
            TeamMember.objects.filter(agent_id=person_id)
            .order_by("team__level", by_name("team__name_fr"))
            .values("team_id", "is_lead", name_fr=F("team__name_fr"), name_en=F("team__name_en"))
        ),
        "skills": list(
            agent.skills.order_by("-level", by_name("skill__name_fr")).values(
                "skill_id", "level", name_fr=F("skill__name_fr"), name_en=F("skill__name_en")
            )
        ),
    }


def sessions_of(actor: Actor, person_id: int) -> list[dict[str, Any]]:
    """Open sessions of a person, newest first: for who may end them."""
    actor.demand("people:manage")
    return _rows(
        UserSession.objects.filter(user_id=person_id)
        .order_by("-created_at")
        .values("created_at", "ip", "user_agent")[:20]
    )


def history_of(actor: Actor, person_id: int, *, size: int = 50) -> list[dict[str, Any]]:
    """What was changed about a person and its affiliations in sight, newest first."""
    affiliations = list(
        access.visible_affiliations(actor).filter(person_id=person_id).values_list("pk", "organisation__name")
    )
    about = Q(subject="accounts.person", subject_id=person_id) | Q(
        subject="accounts.agent", subject_id=person_id
    )
    about |= Q(subject="accounts.affiliation", subject_id__in=[pk for pk, _ in affiliations])
    names = dict(affiliations)
    rows = _rows(
        JournalEntry.objects.filter(about)
        .order_by("-id")
        .values("at", "actor_name", "subject", "subject_id", "verb", "before", "after")[:size]
    )
    for row in rows:
        row["client"] = names.get(row["subject_id"], "") if row["subject"] == "accounts.affiliation" else ""
    return rows


def history_of_subject(
    actor: Actor, subject: str, subject_id: int, *, size: int = 50
) -> list[dict[str, Any]]:
    """What was changed about a team or a role, newest first."""
    rows = JournalEntry.objects.filter(subject=subject, subject_id=subject_id).order_by("-id")
    return [
        {**row, "client": ""}
        for row in rows.values("at", "actor_name", "subject", "subject_id", "verb", "before", "after")[:size]
    ]


def teams(actor: Actor) -> list[dict[str, Any]]:
    """Every team with its number of members and its leads, those in use first."""
    return _rows(
        Team.objects.order_by("-is_active", "level", by_name("name_fr")).values(
            "id", "code", "name_fr", "name_en", "level", "timezone", "is_active",
            people=Count("members"),
            leads=ArrayAgg("members__agent__person__name", filter=Q(members__is_lead=True), default=Value([])),
        )
    )  # fmt: skip


def members_of(actor: Actor, team_id: int) -> dict[int, bool]:
    """``{person: is a lead}`` of a team."""
    return dict(TeamMember.objects.filter(team_id=team_id).values_list("agent_id", "is_lead"))


def team_people(team_id: int) -> list[dict[str, Any]]:
    """Members of a team by name, leads first."""
    members = TeamMember.objects.filter(team_id=team_id).order_by("-is_lead", by_name("agent__person__name"))
    return _rows(
        members.values(
            "agent_id", "is_lead", name=F("agent__person__name"), job_title=F("agent__person__job_title")
        )
    )


def colleagues(actor: Actor) -> list[dict[str, Any]]:
    """Active agents by name, for pickers."""
    return _rows(
        access.visible(actor)
        .filter(side=Person.Side.PROVIDER, is_active=True, agent__isnull=False)
        .order_by(by_name("name"))
        .values("id", "name", "job_title")
    )


def roles(actor: Actor) -> list[dict[str, Any]]:
    """Every role with its grants and the number of its holders."""
    return _rows(
        Role.objects.order_by(by_name("name_fr")).values(
            "id", "code", "name_fr", "name_en", "grants", people=Count("rolegiven")
        )
    )


def skills() -> list[dict[str, Any]]:
    return _rows(
        Skill.objects.order_by(by_name("name_fr")).values(
            "id", "name_fr", "name_en", people=Count("agentskill")
        )
    )


def client_choices(actor: Actor) -> list[tuple[int, str]]:
    """Clients in sight, for pickers."""
    return list(tenancy.visible(actor).order_by(by_name("name")).values_list("pk", "name"))


def site_choices(actor: Actor, organisation_id: int) -> list[tuple[int, str]]:
    """Sites in use of a client in sight, for pickers."""
    sites = tenancy.visible_sites(actor).filter(organisation_id=organisation_id, is_active=True)
    return list(sites.order_by(by_name("name")).values_list("pk", "name"))


def entity_choices(actor: Actor, organisation_id: int) -> list[tuple[int, str]]:
    """Entities of a client in sight, for pickers."""
    entities = tenancy.visible_entities(actor).filter(organisation_id=organisation_id)
    return list(entities.order_by(by_name("name")).values_list("pk", "name"))


def named(record: Team | Role) -> str:
    """The name of a team or a role in the reader's language."""
    return local_name(record)


def own_affiliations(actor: Actor, today: dt.date) -> list[Affiliation]:
    """One's own affiliations in force, through the wall's ``own_account`` gate: they are one's own to see."""
    if not actor.is_client or actor.person_id is None:
        return []
    with past_the_wall("own_account"):
        return active_affiliations(actor.person_id, today)


def total(actor: Actor, filters: Filters, page: Page) -> int:
    """How many people fit, counted up to a cap; a list that fits on one page is not counted again."""
    if page.next is None and page.previous is None:
        return len(page.rows)
    return capped_count(matching(actor, filters))
