"""The order of names as people read them: É beside E, « Group 5 » before « Group 47 », capitals beside small letters.

Alike in SQL and in Python. By a key and no collation: the embedded PostgreSQL is built without ICU.
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Func, TextField

# Of pg_catalog alone, so that an index may hold it. Letters of ASCII need nothing but their case.
SQL_FUNCTION = r"""
create or replace function vigie_name_key(name text) returns text language sql immutable strict parallel safe as $$
  select case when name ~ '[^ -/:-~]' then regexp_replace(regexp_replace(lower(regexp_replace(normalize(
      replace(replace(replace(replace(name, 'œ', 'oe'), 'Œ', 'OE'), 'æ', 'ae'), 'Æ', 'AE'), nfkd),
    '[\u0300-\u036f]', '', 'g')), '([0-9]+)', '0000000000\1', 'g'), '0*([0-9]{10})(?![0-9])', '\1', 'g')
  else lower(name) end
$$;
"""
SQL_GONE = "drop function vigie_name_key(text)"
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


class NameKey(Func):
    """What a column of names is sorted by."""

    function = "vigie_name_key"
    template = '%(function)s(%(expressions)s) collate "C"'
    output_field = TextField()


def by_name(column: str) -> NameKey:
    """For ``order_by``: the names of a column, as people read them."""
    return NameKey(column)


def name_key(name: str) -> str:
    """The same key for names sorted here. Numbers of more than ten digits are read as words."""
    parts = unicodedata.normalize("NFKD", name.translate(_LIGATURES))
    plain = "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f").lower()
    return re.sub("[0-9]+", lambda digits: digits[0].zfill(10), plain)
