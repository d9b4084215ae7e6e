"""What machines may ask, and how little a stranger learns from it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.world import World
from vigie.operations import probes
from vigie.operations.queries import figures
from vigie.operations.rules import asks_from_this_machine
from vigie.operations.tests.conftest import put_job, put_worker
from vigie.toolkit.backups import remember

pytestmark = pytest.mark.django_db
ALL = ["database", "migrations", "worker", "queue", "disk"]
HERE = {"HTTP_HOST": "127.0.0.1:8000"}


def ready(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()


def test_ready_when_everything_is_well(client: Client, worker: int, data: Path) -> None:
    assert ready(client) == (200, dict.fromkeys(ALL, "ok"))


@pytest.mark.parametrize("seconds", [61, 600])
def test_a_silent_worker_is_not_ready(client: Client, db: None, data: Path, seconds: int) -> None:
    put_worker(timezone.now() - dt.timedelta(seconds=seconds))
    assert ready(client) == (503, {**dict.fromkeys(ALL, "ok"), "worker": "not ok"})


def test_no_worker_at_all_is_not_ready(client: Client, db: None, data: Path) -> None:
    assert ready(client)[1]["worker"] == "not ok"


def test_a_job_that_waits_too_long_is_not_ready(client: Client, worker: int, data: Path) -> None:
    put_job(since=timezone.now() - dt.timedelta(seconds=290))
    assert ready(client)[0] == 200
    put_job(since=timezone.now() - dt.timedelta(seconds=310))
    assert ready(client)[0] == 200, "the first in the queue tells how late the queue is"
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_events set at = now() - interval '6 minutes'")
    assert ready(client) == (503, {**dict.fromkeys(ALL, "ok"), "queue": "not ok"})


def test_a_job_planned_for_later_does_not_wait(worker: int, data: Path) -> None:
    now = timezone.now()
    job = put_job(since=now - dt.timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute(
            "update procrastinate_jobs set scheduled_at = now() + interval '1 minute' where id = %s", [job]
        )
    assert figures.longest_wait(now) == 0
    assert figures.longest_wait(now + dt.timedelta(minutes=3)) == pytest.approx(120, abs=5)


def test_a_migration_that_is_missing_is_not_ready(client: Client, worker: int, data: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'tickets'")
    assert ready(client) == (503, {**dict.fromkeys(ALL, "ok"), "migrations": "not ok"})


def test_a_full_disk_is_not_ready(client: Client, worker: int, data: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("vigie.operations.rules.LEAST_FREE", 10**18)
    assert ready(client) == (503, {**dict.fromkeys(ALL, "ok"), "disk": "not ok"})


def test_a_database_that_is_away_is_not_ready(
    client: Client, worker: int, data: Path, monkeypatch: Any
) -> None:
    def away(now: dt.datetime) -> None:
        raise probes.Error("password of postgresql://vigie:secret@db")

    monkeypatch.setattr(figures, "vitals", away)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert b"secret" not in answer.content


def test_metrics_are_for_this_machine_or_for_the_token(client: Client, settings: Any, data: Path) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert client.get("/metrics", **HERE).status_code == 200
    assert client.get("/metrics", **HERE, REMOTE_ADDR="10.0.0.9").status_code == 404
    assert client.get("/metrics", **HERE, HTTP_X_FORWARDED_FOR="10.0.0.9").status_code == 404
    assert client.get("/metrics", HTTP_HOST="vigie.example.org").status_code == 404
    settings.METRICS_TOKEN = "known to the collector"
    far = {"REMOTE_ADDR": "10.0.0.9", "HTTP_HOST": "vigie.example.org"}
    for sent in ("", "Bearer ", "Bearer wrong", "known to the collector"):
        assert client.get("/metrics", **far, HTTP_AUTHORIZATION=sent).status_code == 404
    assert (
        client.get("/metrics", **far, HTTP_AUTHORIZATION="Bearer known to the collector").status_code == 200
    )
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", **far, HTTP_AUTHORIZATION="Bearer ").status_code == 404


def test_what_passes_for_this_machine() -> None:
    assert asks_from_this_machine("::1", "[::1]:8000", frozenset())
    assert asks_from_this_machine("127.0.0.1", "localhost", frozenset({"accept"}))
    assert not asks_from_this_machine("127.0.0.1", "localhost.example", frozenset())
    assert not asks_from_this_machine("127.0.0.1", "localhost", frozenset({"x-real-ip"}))


def test_metrics_say_what_was_asked_for(client: Client, world: World, worker: int, data: Path) -> None:
    client.get("/account/login/?next=/secret-address")
    client.get("/no/such/page/secret-address")
    put_job(state="failed")
    put_job(since=timezone.now() - dt.timedelta(seconds=30))
    remember(data, "backup", {"at": (timezone.now() - dt.timedelta(hours=2)).isoformat(), "file": "x"})
    text = client.get("/metrics", **HERE).content.decode()
    assert "secret-address" not in text
    found = {
        (sample.name, *sorted((k, v) for k, v in sample.labels.items() if k != "process")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert (
        found["vigie_requests_total", ("method", "GET"), ("route", "account_login"), ("status", "200")] >= 1
    )
    assert found["vigie_request_seconds_count", ("route", "account_login")] >= 1
    assert found["vigie_jobs", ("state", "failed")] == 1
    assert found["vigie_jobs", ("state", "todo")] == 1
    assert found["vigie_jobs_longest_wait_seconds",] == pytest.approx(30, abs=10)
    assert found["vigie_inbound_mails", ("state", "held")] == 0
    assert found["vigie_outbox", ("state", "waiting")] == 0
    assert found["vigie_mailboxes_in_trouble",] == 0
    assert found["vigie_last_backup_age_seconds",] == pytest.approx(7200, abs=60)
    assert found["vigie_database_up",] == 1
    assert {"vigie_pool_waiting", "vigie_disk_used_ratio", "vigie_worker_silence_seconds"} <= {
        n[0] for n in found
    }
