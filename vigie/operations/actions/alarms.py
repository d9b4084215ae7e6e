"""Alarms: raised once, told to administrators, gone when all is well again.

Looked at by the worker each minute and by the web process too, since a dead worker cannot tell of itself.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from vigie.accounts.models import Agent
from vigie.notifications.actions import Message, notify
from vigie.operations.models import Alarm
from vigie.operations.queries.figures import vitals
from vigie.operations.rules import alarms


def look(now: dt.datetime) -> None:
    """Compare what is wrong with what was told."""
    wrong = alarms(vitals(now))
    known = set(Alarm.objects.values_list("code", flat=True))
    if known - wrong:
        Alarm.objects.filter(code__in=known - wrong).delete()
    for code in sorted(wrong - known):
        _raise(code, now)


@transaction.atomic
def _raise(code: str, now: dt.datetime) -> None:
    _, is_new = Alarm.objects.get_or_create(code=code, defaults={"raised_at": now})
    if is_new:
        administrators = Agent.objects.filter(roles__role__grants__contains=["operations:view"])
        notify(
            administrators.values_list("pk", flat=True).distinct(),
            Message(code, None, "installation", 0, {"reference": "Vigie"}),
            now=now,
        )
