"""Words near those that found nothing ("did you mean"), by the trigrams they share. No extension is needed.

The provider's staff is proposed words of a table that a job fills, each with the clients whose texts hold it. A customer is
proposed words of texts in its own sight alone, read as it asks: the table is closed to the client's role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

SHORTEST, LONGEST, MOST_WORDS = 4, 30, 6
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
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST},{LONGEST}}}")


@transaction.atomic
def rebuild(kind: str, *, left_out: str) -> None:
    """Fill the table again from the texts of ``kind``, but those of the objects that the SQL ``left_out`` gives."""
    with connection.cursor() as cursor:
        cursor.execute("delete from toolkit_searchword")
        cursor.execute(_FILL, {"kind": kind, "left_out": left_out, "shortest": SHORTEST, "longest": LONGEST})


def nearest(text: str, organisations: Sequence[int] | None) -> str:
    """``text`` with the words of these clients' texts (``None``: of all) that are nearest; empty when none is near."""
    if organisations is None:
        return _corrected(text, _OF_ALL, {})
    return _corrected(text, _OF_CLIENTS, {"organisations": list(organisations)})


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
        near = dict(cursor.fetchall())
    return _WORD.sub(lambda found: near.get(found[0], found[0]), text) if near else ""
