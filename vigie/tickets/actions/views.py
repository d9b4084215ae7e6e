"""Saved views of the queue: made, renamed, shared, ordered, deleted by who owns them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.models import SavedView
from vigie.tickets.rules.filters import as_query, read_filters

NAME_LIMIT = 60
QUERY_LIMIT = 600
MOST_OWN = 40
EVERYBODY = "all"


def _name(name: str) -> str:
    clean = " ".join(name.replace("\x00", "").split())
    if not clean:
        raise Refusal("tickets.view_no_name", field="name")
    return clean[:NAME_LIMIT]


def _query(query: str) -> str:
    """The query in its readable form; whatever means nothing is left out."""
    filters, _ = read_filters(parse_qs(query.replace("\x00", "")))
    text = urlencode(as_query(filters), safe=",")
    if len(text) > QUERY_LIMIT:
        raise Refusal("tickets.view_too_long")
    return text


def _sharing(actor: Actor, share: str) -> dict[str, object]:
    """``share`` is empty (only me), ``all`` or the id of one of the actor's teams."""
    if share == "":
        return {"is_shared": False, "team_id": None}
    actor.demand("views:share")
    if share == EVERYBODY:
        return {"is_shared": True, "team_id": None}
    if not share.isdigit() or int(share) not in actor.team_ids:
        raise NotFound()
    return {"is_shared": False, "team_id": int(share)}


def _mine(actor: Actor, view_id: int) -> SavedView:
    """A view that the actor may change: its own, or a shared one with the grant to share."""
    view = access.visible_views(actor).select_for_update().filter(pk=view_id).first()
    if view is None:
        raise NotFound()
    if view.owner_id != actor.person_id and not actor.can("views:share"):
        raise NotAllowed("tickets.view_of_another")
    return view


@transaction.atomic
def save_view(actor: Actor, name: str, query: str, share: str = "") -> SavedView:
    """Keep the filters of ``query`` under ``name``, after the actor's other views."""
    values = {"name": _name(name), "query": _query(query), **_sharing(actor, share)}
    own = SavedView.objects.filter(owner_id=actor.person_id).count()
    if own >= MOST_OWN:
        raise Refusal("tickets.too_many_views", limit=MOST_OWN)
    return SavedView.objects.create(owner_id=actor.person_id, position=own, **values)


@transaction.atomic
def update_view(
    actor: Actor, view_id: int, *, name: str | None = None, query: str | None = None, share: str | None = None
) -> SavedView:
    """Change what is given, leave the rest."""
    view = _mine(actor, view_id)
    if name is not None:
        view.name = _name(name)
    if query is not None:
        view.query = _query(query)
    if share is not None and share != sharing_of(view):
        for column, value in _sharing(actor, share).items():
            setattr(view, column, value)
    view.save()
    return view


def sharing_of(view: SavedView) -> str:
    """Who sees the view, as forms write it: empty, ``all`` or a team's id."""
    return EVERYBODY if view.is_shared else str(view.team_id or "")


@transaction.atomic
def delete_view(actor: Actor, view_id: int) -> None:
    _mine(actor, view_id).delete()


@transaction.atomic
def order_views(actor: Actor, view_ids: Sequence[int]) -> None:
    """Put the actor's own views in this order; those not named keep theirs, after."""
    own = {view.pk: view for view in SavedView.objects.select_for_update().filter(owner_id=actor.person_id)}
    named = [own.pop(pk) for pk in dict.fromkeys(view_ids) if pk in own]
    rest = sorted(own.values(), key=lambda view: (view.position, view.pk))
    for position, view in enumerate([*named, *rest]):
        view.position = position
    SavedView.objects.bulk_update([*named, *rest], ["position"])
