"""The order of names as people read them: É beside E, « Group 5 » before « Group 47 », capitals beside small letters.

Alike in SQL and in Python. By a key and no collation: the embedded PostgreSQL is built without ICU.
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Func, TextField

SQL_FUNCTIONS = r"""
create or replace function vigie_numbers_padded(words text) returns text
language sql immutable strict parallel safe as $$
  select case when words ~ '[0-9]' then regexp_replace(
    regexp_replace(words, '([0-9]+)', '0000000000\1', 'g'), '0*([0-9]{10})(?![0-9])', '\1', 'g') else words end
$$;
create or replace function vigie_name_key(name text) returns text
language sql immutable strict parallel safe as $$
  select vigie_numbers_padded(lower(case when octet_length(name) = char_length(name) then name else
    regexp_replace(normalize(replace(replace(replace(replace(
      name, 'œ', 'oe'), 'Œ', 'OE'), 'æ', 'ae'), 'Æ', 'AE'), nfkd), '[\u0300-\u036f]', '', 'g') end))
$$;
"""
SQL_GONE = "drop function vigie_name_key(text); drop function vigie_numbers_padded(text);"
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
