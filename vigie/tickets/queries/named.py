"""Who and which teams facts name. A fact keeps a team and the name it had; its reader sees the name in its own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Value
from django.utils.translation import get_language

from vigie.accounts.models import Person, Team
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written

PEOPLE, TEAMS = stand_in(1), stand_in(2)
Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """Names by id: those of people, and those of teams in the reader's language."""

    people: Mapping[int, str]
    teams: Mapping[int, str]


def names_in(facts: Sequence[Fact]) -> Named:
    """Names of the people and teams that facts (with ``before`` and ``after``) mention, in one statement."""
    people, teams = sorted(_ids(facts, "assignee", "person")), sorted(_ids(facts, "team"))
    found: dict[str, dict[int, str]] = {"people": {}, "teams": {}}
    if people or teams:
        is_english = (get_language() or "fr").startswith("en")
        statement = _names_statement("name_en" if is_english else "name_fr")
        for row in rows_of(statement, {PEOPLE: people, TEAMS: teams}):
            found[row["part"]][row["id"]] = row["label"]
    return Named(**found)


def with_team_names(facts: Iterable[Fact], named: Named) -> list[dict[str, Any]]:
    """``facts`` with ``team_name`` as ``named`` has it; a team that is gone keeps the name that was written down."""
    return [{**fact, "after": _renamed(fact["after"] or {}, named.teams)} for fact in facts]


def _renamed(after: Mapping[str, Any], teams: Mapping[int, str]) -> Mapping[str, Any]:
    name = teams.get(after.get("team") or 0)
    return {**after, "team_name": name} if name else after


def _ids(facts: Sequence[Fact], *keys: str) -> set[int]:
    sides = (side or {} for fact in facts for side in (fact["before"], fact["after"]))
    return {value for side in sides for key, value in side.items() if key in keys and isinstance(value, int)}


@kept
def _names_statement(name: str) -> Written | None:
    people = Person.objects.filter(pk__any_of=[PEOPLE]).annotate(part=Value("people"), label=F("name"))
    teams = Team.objects.filter(pk__any_of=[TEAMS]).annotate(part=Value("teams"), label=F(name))
    columns = ("part", "id", "label")
    return written(people.order_by().values(*columns).union(teams.order_by().values(*columns), all=True))
