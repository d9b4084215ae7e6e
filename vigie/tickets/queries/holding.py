"""Names of those who had a ticket in hand (``tickets.rules.holders``), in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from vigie.accounts.models import Team
from vigie.contracts.labels import PAUSES
from vigie.contracts.models import SupplierContract
from vigie.tickets.rules.holders import CLIENT, DONE, NOBODY, THIRD_PARTY
from vigie.toolkit.jinja import local_name
from vigie.workflow.labels import label


def holder_names(holders: Iterable[str]) -> dict[str, str]:
    """The name of each holder, in at most two statements. "" once the ticket is resolved."""
    wanted = set(holders)
    teams = {pk for pk in (_id(holder, "team") for holder in wanted) if pk}
    contracts = {pk for pk in (_id(holder, "supplier") for holder in wanted) if pk}
    named = {f"team:{team.pk}": str(local_name(team)) for team in Team.objects.filter(pk__in=teams)}
    found = SupplierContract.objects.filter(pk__in=contracts).values_list("pk", "supplier__name")
    named.update((f"supplier:{pk}", str(name)) for pk, name in found)
    named.update((holder, _plain(holder)) for holder in wanted - named.keys())
    return named


def _id(holder: str, kind: str) -> int:
    name, _sign, pk = holder.partition(":")
    return int(pk) if name == kind and pk.isdigit() else 0


def _plain(holder: str) -> str:
    words = {
        CLIENT: _("The client"),
        THIRD_PARTY: _("The client's supplier"),
        NOBODY: _("Nobody yet"),
        DONE: "",
        "": _("Nobody yet"),
    }
    if holder in words:
        return words[holder]
    kind, _sign, rest = holder.partition(":")
    if kind == "wait":
        return label(PAUSES, rest)
    return _("Our supplier") if kind == "supplier" else "—"
