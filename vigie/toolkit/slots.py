"""Places of a page that higher features fill, without the page's own feature knowing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from markupsafe import Markup

Filler = Callable[..., str]
_fillers: dict[str, list[Filler]] = {}


def fill(slot: str, filler: Filler) -> None:
    """Have ``filler(request, **about)`` give markup for ``slot``, or '' for nothing. Called once, when an app is ready."""
    known = _fillers.setdefault(slot, [])
    if filler not in known:
        known.append(filler)


def filled(slot: str, request: HttpRequest, **about: Any) -> list[Markup]:
    """What the features say there, in the order in which they came."""
    parts = (filler(request, **about) for filler in _fillers.get(slot, ()))
    return [Markup(part) for part in parts if part]  # noqa: S704 (rendered templates)
