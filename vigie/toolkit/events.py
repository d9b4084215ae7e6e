"""Announcing facts: one queued job per subscriber and a live wake-up, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app as jobs

from vigie.kernel.events import Event

_subscribers: dict[type[Event], list[str]] = {}


def _no_wall(reason: str) -> AbstractContextManager[None]:
    return nullcontext()


_gate: Callable[[str], AbstractContextManager[None]] = _no_wall


def open_gate_with(gate: Callable[[str], AbstractContextManager[None]]) -> None:
    """Tell how announcements leave a walled transaction (set once by ``tenancy``)."""
    global _gate
    _gate = gate


def subscribe(event: type[Event], task_name: str) -> None:
    """Run the task ``task_name`` (idempotent, fields of the event as arguments) after each ``event``."""
    names = _subscribers.setdefault(event, [])
    if task_name not in names:
        names.append(task_name)


def announce(event: Event) -> None:
    """Queue the subscribers' jobs and wake the live topics. Both vanish if the transaction rolls back."""
    arguments: dict[str, Any] = asdict(event)
    with _gate("announce"):
        for name in _subscribers.get(type(event), ()):
            jobs.configure_task(name).defer(**arguments)
        wake(event.topics)


def wake(topics: Iterable[str]) -> None:
    """Wake live pages that watch one of ``topics`` once the transaction commits."""
    listed = list(topics)
    if not listed:
        return
    payload = json.dumps({"topics": listed})
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('vigie_live', %s)", [payload])
