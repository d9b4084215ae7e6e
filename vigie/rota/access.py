"""The one door to rotas. They are the provider's own: no client reads any of it."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from vigie.accounts.access import offered_teams
from vigie.accounts.models import Team, TeamMember
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound
from vigie.rota.models import Absence, Handover, HandoverLine, Override, Rotation, ShiftPattern, Swap
from vigie.tenancy.walls import Internal, TableClass
from vigie.tickets import access as tickets_access

GRANTS = ("rota:view", "rota:manage")
M = TypeVar("M", bound=Model)

TABLES: dict[str, TableClass] = {
    "rota_hub": Internal(),
    "rota_shiftpattern": Internal(),
    "rota_shiftplace": Internal(),
    "rota_shiftchange": Internal(),
    "rota_absence": Internal(),
    "rota_calendaraddress": Internal(),
    "rota_rotation": Internal(),
    "rota_rotationmember": Internal(),
    "rota_override": Internal(),
    "rota_swap": Internal(),
    "rota_callout": Internal(),
    "rota_handover": Internal(),
    "rota_handoverline": Internal(),
}


def visible(actor: Actor) -> QuerySet[Team]:
    """Teams whose plan the actor may read: all those in use with somebody to plan, for the provider's staff."""
    if not actor.is_provider or not actor.can("rota:view"):
        return Team.objects.none()
    return offered_teams(Team.objects.filter(is_active=True))


def one(actor: Actor, team_id: int) -> Team:
    """The team with this id, or :class:`NotFound`."""
    return _found(visible(actor), team_id)


def leads(actor: Actor, team_id: int) -> bool:
    """May the actor decide about this team's plan: by grant, or as its lead?"""
    if not actor.is_provider:
        return False
    if actor.can("rota:manage"):
        return True
    return TeamMember.objects.filter(team_id=team_id, agent_id=actor.me, is_lead=True).exists()


def led(actor: Actor, team_id: int, *, lock: bool = False) -> Team:
    """The team, for whoever decides about its plan; locked, so that two changes at once cannot overlap."""
    team = one(actor, team_id)
    if not leads(actor, team_id):
        raise NotAllowed("access.not_granted", grant="rota:manage")
    return Team.objects.select_for_update().get(pk=team.pk) if lock else team


def leads_person(actor: Actor, person_id: int) -> bool:
    """Oneself, or somebody of a team that the actor decides about."""
    if not actor.is_provider:
        return False
    if actor.can("rota:manage") or actor.person_id == person_id:
        return True
    mine = TeamMember.objects.filter(agent_id=actor.me, is_lead=True).values("team_id")
    return TeamMember.objects.filter(team_id__in=mine, agent_id=person_id).exists()


def pattern(actor: Actor, pattern_id: int) -> ShiftPattern:
    found = ShiftPattern.objects.filter(team__in=visible(actor)).select_related("team")
    return _found(found, pattern_id)


def rotation(actor: Actor, rotation_id: int) -> Rotation:
    return _found(Rotation.objects.filter(team__in=visible(actor)).select_related("team"), rotation_id)


def override(actor: Actor, override_id: int) -> Override:
    return _found(Override.objects.filter(team__in=visible(actor)).select_related("team"), override_id)


def swap(actor: Actor, swap_id: int) -> Swap:
    """The swap with this id, locked for a decision."""
    return _found(Swap.objects.select_for_update(of=("self",)).filter(team__in=visible(actor)), swap_id)


def visible_absences(actor: Actor) -> QuerySet[Absence]:
    """Absences of colleagues. What kind they are is shown to the person and the lead alone."""
    if not actor.is_provider or not actor.can("rota:view"):
        return Absence.objects.none()
    return Absence.objects.filter(withdrawn_at=None)


def absence(actor: Actor, absence_id: int) -> Absence:
    """An absence of oneself or of somebody whom the actor leads; otherwise it is not found."""
    found = _found(visible_absences(actor).select_for_update(), absence_id)
    if not leads_person(actor, found.person_id):
        raise NotFound()
    return found


def visible_handovers(actor: Actor) -> QuerySet[Handover]:
    teams = visible(actor)
    return Handover.objects.filter(Q(team__in=teams) | Q(to_team__in=teams))


def handover(actor: Actor, handover_id: int, *, lock: bool = False) -> Handover:
    found = visible_handovers(actor).select_related("team", "to_team", "author", "acknowledged_by")
    return _found(found.select_for_update(of=("self",)) if lock else found, handover_id)


def visible_lines(actor: Actor, handover_id: int) -> QuerySet[HandoverLine]:
    """Lines of a note whose tickets the actor may see."""
    tickets = tickets_access.visible(actor).values("pk")
    return HandoverLine.objects.filter(handover_id=handover_id, ticket__in=tickets)


def _found(rows: QuerySet[M], pk: int) -> M:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found
