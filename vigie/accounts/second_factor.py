"""The border with the sign-in library: what a person does to its own second factors is journalled."""

from __future__ import annotations

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.utils import timezone

from vigie.kernel.actor import Actor
from vigie.toolkit import journal


def listen() -> None:
    """Called once at start. The library tells its changes by signals alone: nowhere else does Vigie use any."""
    signals.authenticator_added.connect(_added, dispatch_uid="journal")
    signals.authenticator_removed.connect(_removed, dispatch_uid="journal")
    signals.authenticator_reset.connect(_renewed, dispatch_uid="journal")


def _added(user: Any, authenticator: Authenticator, **_more: Any) -> None:
    _record(user, "factor_added", after=_told(authenticator))


def _removed(user: Any, authenticator: Authenticator, **_more: Any) -> None:
    told = _told(authenticator)
    _record(user, "factor_removed", before=told, after=dict.fromkeys(told))


def _renewed(user: Any, authenticator: Authenticator, **_more: Any) -> None:
    _record(user, "factor_renewed", after=_told(authenticator))


def _told(authenticator: Authenticator) -> dict[str, str]:
    """Which factor, and the name that its holder gave it. Never a secret."""
    told = {"factor": str(authenticator.type)}
    if name := authenticator.data.get("name"):
        told["factor_name"] = str(name)
    return told


def _record(user: Any, verb: str, **values: Any) -> None:
    oneself = Actor(side=user.side, person_id=user.pk, organisations=frozenset(), name=user.name)
    journal.record(oneself, verb, user, now=timezone.now(), **values)
