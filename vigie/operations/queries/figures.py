"""The figures of an installation: its worker, its queue, its disk, its backups."""

from __future__ import annotations

import datetime as dt
import shutil
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Min
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)

from vigie.accounts import demo_mode
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.notifications.models import Delivery
from vigie.operations.rules import Vitals
from vigie.toolkit.backups import remembered

SERVERLESS_FOR = dt.timedelta(days=1)
# What a person may look at; the many jobs that went well are not counted, only purged.
SHOWN = ("todo", "doing", "failed")


def vitals(now: dt.datetime) -> Vitals:
    """Everything that readiness and alarms are judged by. Raises what the database raises."""
    disk = shutil.disk_usage(settings.DATA)
    last = last_kept("backup")
    return Vitals(
        unapplied=len(unapplied_migrations()),
        silence=_silence(now),
        longest_wait=longest_wait(now),
        disk_used=disk.used / disk.total,
        disk_free=disk.free,
        backup_age=(now - last).total_seconds() if last else None,
        backups_wanted=settings.BACKUPS_ARE_SET_UP or last is not None,
        serverless=_serverless(now),
    )


def _serverless(now: dt.datetime) -> bool:
    """Were mails of the last day left for want of a server? A demonstration without any server never meant to send."""
    skipped = Delivery.objects.filter(state=Delivery.State.SKIPPED, answer="no_server")
    if not skipped.filter(notice__created_at__gt=now - SERVERLESS_FOR).exists():
        return False
    has_server = bool(settings.EMAIL_HOST) or Mailbox.objects.exclude(smtp_host="").exists()
    return has_server or not demo_mode.is_loaded()


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def unapplied_migrations() -> list[tuple[str, str]]:
    """(area, migration) that this version ships and the database has not seen."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    return sorted(_shipped() - applied)


def _silence(now: dt.datetime) -> float | None:
    """A worker that was stopped in order leaves no line of its own, only the events of its jobs."""
    heard = ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))["last"]
    worked = ProcrastinateEvent.objects.filter(type="started").order_by("-id").values_list("at", flat=True)
    signs = [at for at in (heard, worked.first()) if at is not None]
    return max(0.0, (now - max(signs)).total_seconds()) if signs else None


def longest_wait(now: dt.datetime) -> float:
    """Seconds that the oldest job which may run has waited since it might; 0 when none waits."""
    waiting = ProcrastinateJob.objects.filter(status="todo")
    planned = waiting.filter(scheduled_at__lte=now).aggregate(since=Min("scheduled_at"))["since"]
    oldest = waiting.filter(scheduled_at=None).order_by("id").values("id")[:1]
    queued = ProcrastinateEvent.objects.filter(job_id__in=oldest).aggregate(since=Min("at"))["since"]
    since = min((at for at in (planned, queued) if at is not None), default=now)
    return max(0.0, (now - since).total_seconds())


def jobs_by_state() -> dict[str, int]:
    jobs = ProcrastinateJob.objects
    return {state: jobs.filter(status=state).count() for state in SHOWN}


def mails_by_state() -> dict[str, int]:
    return _by_state(InboundMail, InboundMail.State.values)


def outbox_by_state() -> dict[str, int]:
    return _by_state(Delivery, Delivery.State.values)


def _by_state(model: Any, states: list[str]) -> dict[str, int]:
    counted = dict(model.objects.values_list("state").annotate(Count("pk")))
    return {state: counted.get(state, 0) for state in states}


def mailboxes_in_trouble() -> int:
    return Mailbox.objects.filter(is_active=True).exclude(trouble="").count()


def last_kept(what: str) -> dt.datetime | None:
    """When the last ``backup`` or ``drill`` was made; None when none is known."""
    try:
        at = dt.datetime.fromisoformat(str(remembered(settings.DATA)[what]["at"]))
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
