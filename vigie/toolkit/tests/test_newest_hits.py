"""A search takes the newest texts that hold the words, and is asked age by age: what it finds is what one walk would find."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie.toolkit import search
from vigie.toolkit.models import SearchDoc

pytestmark = pytest.mark.django_db
AGE = 1 << 15
WALK = """
select object_id, audience from toolkit_searchdoc
where kind = %s and audience = any (%s) and (%s::bigint[] is null or organisation_id = any (%s)) and tsv @@ vigie_query(%s)
order by object_id desc limit %s
"""
WORDS = ("imprimante", "réseau", "poste", "de", "passe")

# the newest and the oldest object of an age, and some within
places = st.builds(
    lambda age, within: age * AGE + within,
    st.integers(0, 12),
    st.sampled_from((1, 2, 3, 500, AGE - 2, AGE - 1)),
)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
docs = st.dictionaries(places, st.tuples(texts, st.sampled_from((1, 2, 3))), max_size=25)


def put(found: dict[int, tuple[str, int]], kind: str = "ticket", audience: str = "public") -> None:
    for place, (text, client) in found.items():
        search.index_text(kind, place, client, audience, text, "")


def by_walking(
    kind: str, audiences: list[str], clients: list[int] | None, words: str, most: int
) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(WALK, [kind, audiences, clients, clients, words, most])
        return [row[0] for row in cursor.fetchall()]


def by_age(kind: str, audiences: list[str], clients: list[int] | None, words: str, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select object_id from vigie_newest_hits(%s, %s::text[], %s::bigint[], %s, %s)",
            [kind, audiences, clients, words, most],
        )
        return [row[0] for row in cursor.fetchall()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    docs,
    st.sampled_from((None, [1], [2, 3])),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
    st.integers(1, 12),
)
def test_age_by_age_finds_what_a_walk_finds(
    found: dict[int, tuple[str, int]], clients: list[int] | None, words: list[str], most: int
) -> None:
    SearchDoc.objects.all().delete()
    put(found)
    asked = " ".join(words)
    assert by_age("ticket", ["public"], clients, asked, most) == by_walking(
        "ticket", ["public"], clients, asked, most
    )


def test_other_kinds_audiences_and_odd_words_find_nothing() -> None:
    put({5: ("imprimante", 1), 3 * AGE: ("imprimante", 2)}, audience="internal")
    put({9 * AGE: ("imprimante", 1)}, kind="article")
    assert by_age("ticket", ["public"], None, "imprimante", 10) == []
    assert by_age("ticket", ["internal"], None, "imprimante", 10) == [3 * AGE, 5]
    assert by_age("nothing", ["public"], None, "imprimante", 10) == []
    assert by_age("ticket", ["internal"], [], "imprimante", 10) == []
    assert search.find("ticket", "'%L\\ & | ! (", audiences=["internal"], organisations=None, limit=10) == []


def test_the_best_come_first_among_the_newest() -> None:
    search.index_text("ticket", 1, 1, "public", "imprimante réseau", "")
    search.index_text("ticket", 4 * AGE, 1, "public", "", "imprimante en panne")
    search.index_text("ticket", 4 * AGE, 1, "internal", "imprimante", "imprimante")
    found = search.find("ticket", "imprimante", audiences=["public", "internal"], organisations=[1], limit=10)
    assert found == [4 * AGE, 1]
    assert search.find("ticket", "imprimante", audiences=["public"], organisations=[1], limit=10) == [
        1,
        4 * AGE,
    ]
