"""Full-text search in French and English, without extensions: accents folded, references whole, compounds whole,
split ("wi", "fi") and joined ("wifi"), in the texts and in what one looks for.

The vectors live in ``SearchDoc``, apart from the rows they describe. The migrations install the SQL functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet

from vigie.toolkit.models import SearchDoc

INDEXED_CHARACTERS = 30_000
VECTOR_LIMIT = 200_000

SQL_FUNCTIONS = r"""
create or replace function vigie_fold(t text) returns text language sql immutable parallel safe strict
return replace(replace(replace(replace(replace(replace(translate(
  lower(regexp_replace(normalize(t, NFKD), '[\u0300-\u036f]', '', 'g')), U&'\2018\2019\02BC\2010', '''''''-'),
  'œ','oe'),'æ','ae'),'ß','ss'),'ø','o'),'ł','l'),'đ','d');

create or replace function vigie_with_compounds(t text) returns text language sql immutable parallel safe strict as $$
  select concat_ws(' ', t, string_agg(replace(m[1], '-', ''), ' '))
  from regexp_matches(t, '([[:alnum:]]+(?:-[[:alnum:]]+)+)', 'g') m
$$;

create or replace function vigie_doc(title text, body text) returns tsvector language sql immutable parallel safe as $$
  select setweight(to_tsvector('french', f.t) || to_tsvector('english', f.t)
           || to_tsvector('simple', translate(f.t, '@._/-', '     ')), 'A')
      || to_tsvector('french', f.b) || to_tsvector('english', f.b)
      || to_tsvector('simple', translate(f.b, '@._/-', '     '))
  from (select vigie_with_compounds(vigie_fold(title)) t, vigie_with_compounds(vigie_fold(body)) b) f
$$;

create or replace function vigie_query(words text) returns tsquery language sql stable parallel safe as $$
  select websearch_to_tsquery('french', f) || websearch_to_tsquery('english', f)
      || websearch_to_tsquery('simple', translate(regexp_replace(f, inside, ' ', 'g'), '@._/', '    '))
      || websearch_to_tsquery('simple', regexp_replace(f, inside, '', 'g'))
  from (select vigie_fold(words) f, '(?<=[[:alnum:]])-(?=[[:alnum:]])' inside) s
$$;
"""

_UPSERT = """
insert into toolkit_searchdoc as d (kind, object_id, organisation_id, audience, tsv)
values (%s, %s, %s, %s, vigie_doc(%s, %s))
on conflict (kind, object_id, audience) do update
set tsv = case when %s then excluded.tsv
               when pg_column_size(d.tsv) > %s then d.tsv
               else d.tsv || excluded.tsv end
"""


def index_text(
    kind: str,
    object_id: int,
    organisation_id: int | None,
    audience: str,
    title: str,
    body: str,
    *,
    replace: bool = False,
) -> None:
    """Make a text findable, in the same transaction as the row; adds to what is there unless ``replace``."""
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            [
                kind,
                object_id,
                organisation_id,
                audience,
                title,
                body[:INDEXED_CHARACTERS],
                replace,
                VECTOR_LIMIT,
            ],
        )


def find(
    kind: str, words: str, *, audiences: Sequence[str], organisations: Sequence[int] | None, limit: int
) -> list[int]:
    """Ids of the best ``limit`` objects for ``words``: newest 2,000 matches, best rank first.

    The query is a subselect, so that it is made once and looked up in the index of words: written as a plain call, it
    was made again for each row of a walk over all texts.

    ``organisations`` narrows to those clients; ``None`` searches all. Never raises on odd words.
    """
    words = words.replace("\x00", " ").strip()[:200]
    if not words:
        return []
    scope = "" if organisations is None else "and organisation_id = any(%(orgs)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            with hits as (
                select object_id, tsv from toolkit_searchdoc
                where kind = %(kind)s and audience = any(%(audiences)s) {scope}
                  and tsv @@ (select vigie_query(%(words)s))
                order by object_id desc limit 2000)
            select object_id from hits
            group by object_id
            order by max(ts_rank(tsv, (select vigie_query(%(words)s)))) desc, object_id desc limit %(limit)s
            """,  # noqa: S608
            {
                "kind": kind,
                "audiences": list(audiences),
                "orgs": list(organisations or ()),
                "words": words,
                "limit": limit,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def matching(
    kind: str, words: str, *, audiences: Sequence[str], organisations: Sequence[int] | None
) -> QuerySet[SearchDoc, int]:
    """Ids of the newest 2,000 objects with these words, as a subquery for a filter of a list."""
    docs = SearchDoc.objects.filter(kind=kind, audience__in=list(audiences))
    if organisations is not None:
        docs = docs.filter(organisation_id__in=list(organisations))
    docs = docs.extra(where=["tsv @@ (select vigie_query(%s))"], params=[words.replace("\x00", " ")[:200]])
    return docs.order_by("-object_id").values_list("object_id", flat=True)[:2000]


def find_as_customer(kind: str, words: str, *, limit: int) -> list[int]:
    """The same for a request behind the client wall: one function that filters by the wall's own scope."""
    words = words.replace("\x00", " ").strip()[:200]
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select * from vigie_customer_search(%s, %s, %s)", [kind, words, limit])
        return [row[0] for row in cursor.fetchall()]
