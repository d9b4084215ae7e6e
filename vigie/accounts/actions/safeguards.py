"""What no change may break."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vigie.accounts.models import Person, Role, RoleGiven
from vigie.accounts.rules import ADMINISTRATION
from vigie.kernel.refusal import Refusal


@contextmanager
def administrator_kept() -> Iterator[None]:
    """Refuse (and so roll back) a change that leaves nobody to decide who may do what.

    Changes of this kind wait for one another on the roles concerned. Where there was nobody before (a new
    installation), there is nothing to keep.
    """
    list(
        Role.objects.select_for_update().filter(grants__contains=[ADMINISTRATION]).order_by("pk").values("pk")
    )
    had = _holders()
    yield
    if had and not _holders():
        raise Refusal("accounts.last_administrator")


def _holders() -> bool:
    return RoleGiven.objects.filter(
        role__grants__contains=[ADMINISTRATION],
        agent__person__is_active=True,
        agent__person__side=Person.Side.PROVIDER,
    ).exists()
