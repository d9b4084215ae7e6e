"""``column__any_of=[…]``: membership as one array parameter, so that the statement's text does not grow with the list."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.fields.related import ForeignObject
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(Lookup):
    """SQL ``column = any(array)``. An empty list matches nothing."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = any(%s)", (*parameters, array(self.rhs))


def array(values: list[Any]) -> list[Any] | str:
    """Several ids as the text of an array, which the driver writes at once and not id by id at each request.

    PostgreSQL takes it for what the column is. A list of one stays a list: it may be a stand-in (``toolkit.written``).
    """
    if len(values) > 1 and all(type(value) is int for value in values):
        return f"{{{','.join(map(str, values))}}}"
    return values


def register() -> None:
    """Called once at start. Foreign keys keep look-ups of their own."""
    Field.register_lookup(AnyOf)
    ForeignObject.register_lookup(AnyOf)
