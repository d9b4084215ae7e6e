"""Full-text search in French and English, without extensions: accents folded, references whole, compounds whole,
split ("wi", "fi") and joined ("wifi"), in the texts and in what one looks for.

Words beside the texts (who it is about) have the weight C, which nothing else has: so they can be replaced, and rank lowest.

The vectors live in ``SearchDoc``, apart from the rows they describe. The migrations install the SQL functions.

A search takes the newest ``MOST`` texts that hold the words. One index holds words and ages (an age is 32,768 objects), so
that the newest ages are asked first, and older ones only as far as they are needed: a word of every tenth text costs as
little among a million as among ten thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

MOST = 2000
INDEXED_CHARACTERS = 30_000
VECTOR_LIMIT = 200_000
WEIGHTS = "'{0.1, 0.02, 0.4, 1.0}'::real[]"
"""What a word counts in a rank: in a text (D), beside it (C), unused (B), in a title (A)."""
TEXTS = "'{a,b,d}'"
"""All weights but that of the words beside."""

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
  from (select vigie_with_compounds(vigie_fold(title)) t, vigie_with_compounds(vigie_fold(body)) b offset 0) f -- folded once
$$;

create or replace function vigie_aside(words text, tokens text) returns tsvector language sql immutable parallel safe as $$
  select setweight(vigie_doc('', coalesce(words, '')) || to_tsvector('simple', vigie_fold(coalesce(tokens, ''))), 'C')
$$;

create or replace function vigie_readings(words text) returns tsquery[] language sql stable parallel safe as $$
  select array[websearch_to_tsquery('french', f), websearch_to_tsquery('english', f),
    websearch_to_tsquery('simple', translate(regexp_replace(f, inside, ' ', 'g'), '@._/', '    ')),
    websearch_to_tsquery('simple', regexp_replace(f, inside, '', 'g'))]
  from (select vigie_fold(words) f, '(?<=[[:alnum:]])-(?=[[:alnum:]])' inside) s
$$;

create or replace function vigie_query(words text) returns tsquery language sql stable parallel safe as $$
  select r[1] || r[2] || r[3] || r[4] from (select vigie_readings(words) r) s
$$;

create or replace function vigie_newest_hits(wanted_kind text, audiences text[], clients bigint[], words text, most int)
returns table (object_id bigint, tsv tsvector) language plpgsql stable as $$
declare
  -- each different reading once: the index asks all that are named
  wanted text := (select string_agg(distinct '(' || r::text || ')', ' | ') from unnest(vigie_readings(words)) r where numnode(r) > 0);
  newest bigint := (select max(d.object_id) from toolkit_searchdoc d where d.kind = wanted_kind);
  upper_age bigint := newest >> 15;
  lower_age bigint;
  ages bigint := 1;
  missing bigint := most;
  got bigint;
begin
  while wanted <> '' and upper_age >= 0 and missing > 0 loop
    lower_age := greatest(upper_age - ages + 1, 0);
    -- with its values written in, so that the planner sees how rare the words are; + 0, lest it walk all objects in order
    return query execute format(
      'select object_id, tsv from toolkit_searchdoc where kind = %L and audience = any (%L::text[]) and tsv @@ %L::tsquery'
      ' and %s and %s order by object_id + 0 desc limit %s',
      wanted_kind, audiences, wanted,
      case when lower_age = 0 then format('object_id < %s', (upper_age + 1) << 15) else
        format('array[object_id >> 15] && %L::bigint[]', array(select generate_series(lower_age, upper_age))) end,
      case when clients is null then 'true' else format('organisation_id = any (%L::bigint[])', clients) end, missing);
    get diagnostics got = row_count;
    missing := missing - got;
    upper_age := lower_age - 1;
    ages := case when missing = most then upper_age + 1 else
      greatest(2 * ages, (((newest - (lower_age << 15) + 1) * missing * 6 / 5 / (most - missing)) >> 15) + 1) end;
  end loop;
end $$;
"""

_UPSERT = """
insert into toolkit_searchdoc as d (kind, object_id, organisation_id, audience, tsv)
values (%(kind)s, %(id)s, %(organisation)s, %(audience)s, vigie_doc(%(title)s, %(body)s) || coalesce(
  (select ts_filter(s.tsv, '{c}') from toolkit_searchdoc s where s.kind = %(kind)s and s.object_id = %(id)s limit 1), ''))
on conflict (kind, object_id, audience) do update
set tsv = case when %(replace)s then excluded.tsv
               when pg_column_size(d.tsv) > %(most)s then d.tsv
               else ts_filter(d.tsv, {TEXTS}) || excluded.tsv end
""".replace("{TEXTS}", TEXTS)


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
            {
                "kind": kind,
                "id": object_id,
                "organisation": organisation_id,
                "audience": audience,
                "title": title,
                "body": body[:INDEXED_CHARACTERS],
                "replace": replace,
                "most": VECTOR_LIMIT,
            },
        )


def find(
    kind: str, words: str, *, audiences: Sequence[str], organisations: Sequence[int] | None, limit: int
) -> list[int]:
    """Ids of the best ``limit`` objects for ``words`` among the newest ``MOST`` texts that hold them, best rank first.

    ``organisations`` narrows to those clients; ``None`` searches all. Never raises on odd words.
    """
    words = _asked(words)
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"select object_id from ({_NEWEST}) hits group by object_id"  # noqa: S608
            f" order by max(ts_rank({WEIGHTS}, tsv, (select vigie_query(%s)))) desc, object_id desc limit %s",
            [*_newest(kind, words, audiences, organisations), words, limit],
        )
        return [row[0] for row in cursor.fetchall()]


_NEWEST = "select object_id, tsv from vigie_newest_hits(%s, %s::text[], %s::bigint[], %s, %s)"


def _newest(
    kind: str, words: str, audiences: Sequence[str], organisations: Sequence[int] | None
) -> list[Any]:
    """The parameters of ``_NEWEST``."""
    return [kind, list(audiences), None if organisations is None else list(organisations), words, MOST]


def _asked(words: str) -> str:
    return words.replace("\x00", " ").strip()[:200]


def matching(
    kind: str, words: str, *, audiences: Sequence[str], organisations: Sequence[int] | None
) -> RawSQL:
    """Ids of the newest ``MOST`` objects with these words, as a subquery for a filter of a list."""
    values = _newest(kind, _asked(words), audiences, organisations)
    return RawSQL(f"select object_id from ({_NEWEST}) hits", values)  # noqa: S608, S611 (values apart)


def find_as_customer(kind: str, words: str, *, limit: int) -> list[int]:
    """The same for a request behind the client wall: one function that filters by the wall's own scope."""
    words = _asked(words)
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select * from vigie_customer_search(%s, %s, %s)", [kind, words, limit])
        return [row[0] for row in cursor.fetchall()]
