"""Names stand where a French reader looks for them, whoever sorts: the database or the page."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.world import World
from vigie.accounts.models import Person
from vigie.toolkit.ordering import by_name, name_key

READ = [
    "adèle Zola", "Ædes", "Élise Aubry", "Emile Aubry", "Étienne", "Group 5", "Group 47", "group 1234567890",
    "Œuvre", "Œuvrée", "Zoé",
]  # fmt: skip


def keys(names: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select vigie_name_key(one) from unnest(%s::text[]) with ordinality as t(one, n) order by n",
            [names],
        )
        return [key for (key,) in cursor.fetchall()]


def test_names_stand_as_they_are_read() -> None:
    assert sorted([*READ[6:], *READ[:6]], key=name_key) == READ


@pytest.mark.django_db
def test_the_database_sorts_as_the_page_does(world: World) -> None:
    assert keys(READ) == [name_key(name) for name in READ]
    people = list(Person.objects.order_by("pk")[:4])
    for person, name in zip(people, ["Zoé", "Group 47", "Élise", "Group 5"], strict=True):
        Person.objects.filter(pk=person.pk).update(name=name)
    chosen = Person.objects.filter(pk__in=[person.pk for person in people])
    assert list(chosen.order_by(by_name("name")).values_list("name", flat=True)) == [
        "Élise", "Group 5", "Group 47", "Zoé",
    ]  # fmt: skip


LATIN = st.text("abzAZéÉèçÇàÀüŒœÆæñ 0123456789-’²", max_size=9)


@pytest.mark.django_db
@given(st.lists(LATIN, max_size=20))
def test_both_give_one_key(names: list[str]) -> None:
    assert keys(names) == [name_key(name) for name in names]
