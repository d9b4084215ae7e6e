"""Alarms: each told once to whoever runs the installation, until it is well again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.world import World
from vigie.notifications.models import Notice
from vigie.operations.actions.alarms import look
from vigie.operations.models import Alarm
from vigie.operations.rules import Vitals, alarms
from vigie.operations.tests.conftest import put_job, put_worker
from vigie.runtime import lookout
from vigie.toolkit.backups import remember

WELL = {
    "unapplied": 0, "silence": 5.0, "longest_wait": 0.0, "disk_used": 0.5, "disk_free": 10**10,
    "backup_age": 3600.0, "backups_wanted": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"silence": 120.0}, set()),
        ({"silence": 121.0}, {"worker_silent"}),
        ({"silence": None}, {"worker_silent"}),
        ({"longest_wait": 300.0}, set()),
        ({"longest_wait": 301.0}, {"queue_late"}),
        ({"disk_used": 0.85}, set()),
        ({"disk_used": 0.86}, {"disk_full"}),
        ({"serverless": True}, {"mail_serverless"}),
        ({"backup_age": 48 * 3600.0}, set()),
        ({"backup_age": 48 * 3600.0 + 1}, {"backup_old"}),
        ({"backup_age": None}, {"backup_old"}),
        ({"backup_age": None, "backups_wanted": False}, set()),
    ],
)
def test_what_is_alarming(change: dict[str, Any], expected: set[str]) -> None:
    assert alarms(Vitals(**{**WELL, **change})) == expected


def told(world: World) -> list[str]:
    assert set(Notice.objects.values_list("recipient", flat=True)) <= {world.admin.pk}
    return list(Notice.objects.order_by("id").values_list("kind", flat=True))


def test_an_alarm_is_told_once_until_it_is_cleared(world: World, data: Path) -> None:
    Notice.objects.all().delete()
    now = timezone.now()
    worker = put_worker(now - dt.timedelta(minutes=3))
    look(now)
    look(now + dt.timedelta(minutes=1))
    assert told(world) == ["worker_silent"]
    sign(worker, now + dt.timedelta(minutes=2))
    look(now + dt.timedelta(minutes=2))
    assert not Alarm.objects.exists()
    look(now + dt.timedelta(minutes=5))
    assert told(world) == ["worker_silent", "worker_silent"]


def sign(worker: int, at: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_workers set last_heartbeat = %s where id = %s", [at, worker])


def test_each_thing_that_is_wrong_is_told(world: World, data: Path, monkeypatch: Any) -> None:
    Notice.objects.all().delete()
    now = timezone.now()
    put_job(since=now - dt.timedelta(minutes=6))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("vigie.operations.queries.figures.shutil.disk_usage", lambda path: usage(100, 90, 10))
    remember(data, "backup", {"at": (now - dt.timedelta(days=3)).isoformat(), "file": "x"})
    look(now)
    assert sorted(told(world)) == ["backup_old", "disk_full", "queue_late", "worker_silent"]


def test_a_worker_that_was_stopped_in_order_is_missed_after_two_minutes(world: World, data: Path) -> None:
    now = timezone.now()
    put_job(state="succeeded", since=now - dt.timedelta(seconds=90))
    look(now)
    assert not Alarm.objects.exists()
    look(now + dt.timedelta(seconds=40))
    assert Alarm.objects.get().code == "worker_silent"


def test_the_notice_leads_to_the_page(world: World, data: Path, client: Client) -> None:
    look(timezone.now())
    client.force_login(world.admin, "allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/notices/").content.decode()
    assert 'href="/administration/status/"' in page


@pytest.mark.django_db(transaction=True)
def test_the_web_process_looks_by_itself(world: World, data: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(lookout, "ROUND", 0.01)
    looked = 0

    def looks() -> None:
        nonlocal looked
        looked += 1
        if looked == 1:
            raise OSError("the first look fails: it goes on")
        lookout_look()

    lookout_look = lookout.look
    monkeypatch.setattr(lookout, "look", looks)

    async def for_a_while() -> None:
        with ThreadPoolExecutor(1) as threads:
            task = asyncio.ensure_future(lookout.look_out(threads))
            while looked < 3:
                await asyncio.sleep(0.01)
            task.cancel()

    asyncio.run(asyncio.wait_for(for_a_while(), 20))
    assert Alarm.objects.get().code == "worker_silent"
