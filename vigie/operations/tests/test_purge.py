"""What is old goes, what may still be asked for stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from tests.world import World
from vigie.operations.actions import purge
from vigie.operations.tests.conftest import put_job
from vigie.toolkit.models import JobFailure

NOW = timezone.now()


def ago(**how_long: int) -> dt.datetime:
    return NOW - dt.timedelta(**how_long)


@pytest.mark.parametrize(
    ("state", "days", "stays"),
    [
        ("succeeded", 6, True),
        ("succeeded", 8, False),
        ("failed", 8, True),
        ("failed", 31, False),
        ("aborted", 29, True),
        ("aborted", 31, False),
        ("todo", 400, True),
        ("doing", 400, True),
    ],
)
def test_finished_jobs_go_in_time(state: str, days: int, stays: bool) -> None:
    job = put_job(state=state, since=ago(days=days))
    JobFailure.objects.create(job_id=job, error="x", place="", at=NOW)
    purge.jobs(NOW)
    assert ProcrastinateJob.objects.exists() is stays
    assert ProcrastinateEvent.objects.exists() is stays
    assert JobFailure.objects.exists() is stays


def test_more_than_a_batch_goes(monkeypatch: Any) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    for _ in range(10):
        put_job(state="succeeded", since=ago(days=8))
    assert purge.jobs(NOW) == 10


def test_ended_sessions_go_with_what_was_shown_of_them(world: World) -> None:
    for key, left in (("ended", -1), ("alive", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=NOW + dt.timedelta(minutes=left))
        UserSession.objects.create(
            user=world.agent, ip="127.0.0.1", session_key=key, user_agent="", created_at=ago(days=1)
        )
    UserSession.objects.create(
        user=world.agent, ip="127.0.0.1", session_key="being made", user_agent="", created_at=ago(minutes=1)
    )
    assert purge.sessions(NOW) == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"alive", "being made"}
