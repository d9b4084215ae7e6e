"""How the installation is, on one page."""

from __future__ import annotations

import datetime as dt
import platform
from typing import Any

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateWorker

import vigie
from vigie.channels.mail import queries as mail
from vigie.channels.mail.outgoing.queries import figures as outbox_figures
from vigie.kernel.actor import Actor
from vigie.operations.labels import ALARMS
from vigie.operations.models import Alarm
from vigie.operations.queries import figures, jobs
from vigie.toolkit.backups import remembered


def status(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Everything the page shows; mailboxes and mails are those of the clients in sight."""
    return {
        "alarms": _alarms(),
        "versions": _versions(),
        "unapplied": figures.unapplied_migrations(),
        "workers": list(
            ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True)
        ),
        "vitals": figures.vitals(now),
        "jobs": jobs.counts(actor),
        "mailboxes": [row for row in mail.mailboxes(actor, now) if row["health"] != "off"],
        "outbox": outbox_figures(actor, now),
        "backup": _kept("backup"),
        "drill": _kept("drill"),
    }


def _alarms() -> list[dict[str, Any]]:
    found = Alarm.objects.order_by("raised_at")
    return [
        {"title": ALARMS[one.code][0], "text": ALARMS[one.code][1], "at": one.raised_at}
        for one in found
        if one.code in ALARMS
    ]


def _versions() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version'), pg_database_size(current_database())")
        server, size = cursor.fetchone()
    return {
        "vigie": vigie.__version__,
        "python": platform.python_version(),
        "postgresql": server,
        "size": size,
    }


def _kept(what: str) -> dict[str, Any]:
    """The last ``backup`` or ``drill``: ``at``, and the file's name."""
    facts = remembered(settings.DATA).get(what)
    return {"at": figures.last_kept(what), "file": facts.get("file", "") if isinstance(facts, dict) else ""}
