"""Words near those that found nothing ("did you mean"), and words that one has begun to type, by their trigrams. No
extension is needed.

The provider's staff is proposed words of a table that a job fills, each with the clients whose texts hold it. A customer is
proposed words of texts in its own sight alone, read as it asks: the table is closed to the client's role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

SHORTEST, LONGEST, MOST_WORDS = 4, 30, 6
MOST_ENDINGS = 5
LIKE_ENOUGH = 0.4

SQL_FUNCTIONS = r"""
create or replace function vigie_trigrams(word text) returns text[] language sql immutable parallel safe strict
return (select array_agg(distinct substr('  ' || word || ' ', n, 3)) from generate_series(1, length(word) + 1) n);
"""

_FILL = """
insert into toolkit_searchword (word, organisations, uses)
select s.word, array_agg(o.organisation_id order by o.organisation_id), sum(s.ndoc)
from (select distinct organisation_id from toolkit_searchdoc where kind = %(kind)s) o
cross join lateral ts_stat(format(
    'select tsv from toolkit_searchdoc where kind = %%L and organisation_id = %%L and object_id not in (%%s)',
    %(kind)s, o.organisation_id, %(left_out)s)) s
where length(s.word) between %(shortest)s and %(longest)s and s.word !~ '[^[:alpha:]]'
group by s.word
"""
_OF_ALL = "select word, uses, trigrams from toolkit_searchword"
_OF_CLIENTS = f"{_OF_ALL} where organisations && %(organisations)s::bigint[]"
_OF_TEXTS = """
select word, count(*) as uses, vigie_trigrams(word) as trigrams
from toolkit_searchdoc d cross join unnest(tsvector_to_array(d.tsv)) word
where d.kind = %(kind)s and d.object_id = any (%(ids)s)
  and length(word) between %(shortest)s and %(longest)s and word !~ '[^[:alpha:]]'
group by word
"""
_NEAREST = """
with asked as materialized (select a.word, vigie_fold(a.word) as flat, vigie_trigrams(vigie_fold(a.word)) as trigrams
               from unnest(%(words)s::text[]) a (word))
select a.word, near.word from asked a cross join lateral (
    select k.word, k.uses, c.shared / (cardinality(k.trigrams) + cardinality(a.trigrams) - c.shared) as likeness
    from ({known}) k
    cross join lateral (select count(*)::real as shared from unnest(k.trigrams) t where t = any (a.trigrams)) c
    where k.trigrams && a.trigrams and length(k.word) between length(a.flat) - 2 and length(a.flat) + 2
    order by likeness desc, k.uses desc, k.word limit 1) near
where near.likeness >= %(enough)s and near.word <> a.flat
"""
# What is indexed of "imprimantes" is the word and its stems, "imprim": one that no text holds is shown as its most used word.
_OF_STEM = """
select k.word, k.uses from ({known}) k
where k.trigrams @> %(start)s and (k.word = %(word)s
  or ts_lexize('french_stem', k.word) = array[%(word)s] or ts_lexize('english_stem', k.word) = array[%(word)s])
"""
_BEGUN = """
select k.word from ({known}) k cross join (select vigie_fold(%(last)s) as last) typed
where k.trigrams @> (select array_agg(substr('  ' || typed.last, n, 3)) from generate_series(1, length(typed.last)) n)
  and starts_with(k.word, typed.last) and k.word <> typed.last
order by k.uses desc, k.word limit %(most)s
"""
_LAST = re.compile(rf"(?<![^\W\d_])[^\W\d_]{{3,{LONGEST}}}$")
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST},{LONGEST}}}")


@transaction.atomic
def rebuild(kind: str, *, left_out: str) -> None:
    """Fill the table again from the texts of ``kind``, but those of the objects that the SQL ``left_out`` gives."""
    with connection.cursor() as cursor:
        cursor.execute("delete from toolkit_searchword")
        cursor.execute(_FILL, {"kind": kind, "left_out": left_out, "shortest": SHORTEST, "longest": LONGEST})


def nearest(text: str, organisations: Sequence[int] | None) -> str:
    """``text`` with the words of these clients' texts (``None``: of all) that are nearest; empty when none is near."""
    return _corrected(text, *_known(organisations))


def endings(text: str, organisations: Sequence[int] | None) -> str:
    """A search for ``text`` with its last word gone on as the words that begin so; empty when none does."""
    last = _LAST.search(text)
    before = text[: last.start()] if last else ""
    if last is None or '"' in text or before.endswith("-"):
        return ""
    known, values = _known(organisations)
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN.format(known=known), {**values, "last": last[0], "most": MOST_ENDINGS})
        return " or ".join(f"{before}{word}" for (word,) in cursor.fetchall())


def _known(organisations: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    if organisations is None:
        return _OF_ALL, {}
    return _OF_CLIENTS, {"organisations": list(organisations)}


def nearest_within(text: str, kind: str, ids: Sequence[int]) -> str:
    """The same with the words of these objects' texts, in the sight of whoever asks."""
    return _corrected(
        text, _OF_TEXTS, {"kind": kind, "ids": list(ids), "shortest": SHORTEST, "longest": LONGEST}
    )


def _corrected(text: str, known: str, values: dict[str, Any]) -> str:
    words = list(dict.fromkeys(_WORD.findall(text)))[:MOST_WORDS]
    if not words:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST.format(known=known), {**values, "words": words, "enough": LIKE_ENOUGH})
        near = {asked: _as_written(word, known, values) for asked, word in cursor.fetchall()}
    return _WORD.sub(lambda found: near.get(found[0], found[0]), text) if near else ""


def _as_written(stem: str, known: str, values: dict[str, Any], *, again: bool = True) -> str:
    """A word that somebody wrote: ``stem`` itself when texts hold it beyond the words that it stands for.

    The stem of one language may stand for that of the other: "imprim" for "imprimant" for "imprimantes".
    """
    start = [f"  {stem}"[at : at + 3] for at in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(_OF_STEM.format(known=known), {**values, "word": stem, "start": start})
        uses = dict(cursor.fetchall())
    alone = uses.pop(stem, 0)
    if not uses or alone > sum(uses.values()):
        return stem
    longer: str = max(uses, key=lambda word: (uses[word], word))
    return _as_written(longer, known, values, again=False) if again else longer
