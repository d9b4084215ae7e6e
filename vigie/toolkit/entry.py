"""Every page says who it is for. A page that does not is refused, and the tests name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from django.http import HttpRequest, HttpResponseBase

from vigie.kernel.actor import Actor

Audience = Literal["anyone", "signed_in", "agents", "customers"]
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class Request(HttpRequest):
    """A request past the entry: ``actor`` is set for every page that is not for anyone."""

    actor: Actor


def _mark(view: V, audience: Audience, grant: str | None, kind: str) -> V:
    view.audience, view.grant, view.answers = audience, grant, kind  # type: ignore[attr-defined]
    return view


def agents(grant: str | None = None, *, answers: str = "page") -> Callable[[V], V]:
    """For the provider's staff holding ``grant``."""
    return lambda view: _mark(view, "agents", grant, answers)


def customers(*, answers: str = "page") -> Callable[[V], V]:
    """For people of a client: runs behind the database wall."""
    return lambda view: _mark(view, "customers", None, answers)


def signed_in(*, answers: str = "page") -> Callable[[V], V]:
    """For anybody signed in, about oneself only. A customer is behind the wall here too."""
    return lambda view: _mark(view, "signed_in", None, answers)


def anyone(*, answers: str = "page") -> Callable[[V], V]:
    """For anybody, signed in or not: must show nothing of any client."""
    return lambda view: _mark(view, "anyone", None, answers)


def audience_of(view: Any) -> Audience | None:
    return getattr(view, "audience", None)
