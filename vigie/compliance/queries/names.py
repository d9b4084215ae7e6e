"""Who did something, by name: nothing else of a person is read, so that a client's page may ask too."""

from __future__ import annotations

from collections.abc import Iterable

from vigie.accounts.models import Person


def people_of(ids: Iterable[int | None]) -> dict[int, tuple[str, str]]:
    """Name and side by id."""
    wanted = {pk for pk in ids if pk is not None}
    rows = Person.objects.filter(pk__in=wanted).values_list("pk", "name", "side")
    return {pk: (name, side) for pk, name, side in rows}


def names_of(ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id."""
    wanted = {pk for pk in ids if pk is not None}
    return dict(Person.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
