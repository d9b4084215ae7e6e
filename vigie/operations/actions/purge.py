"""What nobody looks at any more goes, a batch at a time, so that no statement holds others up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

BATCH = 1000
# How long a job is kept after the last thing that happened to it.
DONE = dt.timedelta(days=7)
NOT_DONE = dt.timedelta(days=30)
# A session and what is shown of it are not written at one time.
BEING_MADE = dt.timedelta(hours=1)

_JOBS = """
delete from procrastinate_jobs where id in (
  select j.id from procrastinate_jobs j where j.status::text = any(%s)
  and not exists (select 1 from procrastinate_events e where e.job_id = j.id and e.at >= %s)
  order by j.id limit %s for update skip locked)
"""
_FAILURES = """
delete from toolkit_jobfailure where job_id in (
  select f.job_id from toolkit_jobfailure f
  where not exists (select 1 from procrastinate_jobs j where j.id = f.job_id) limit %s)
"""
_SESSIONS = """
delete from django_session where session_key in (
  select session_key from django_session where expire_date < %s limit %s for update skip locked)
"""
_SHOWN_SESSIONS = """
delete from usersessions_usersession where id in (
  select u.id from usersessions_usersession u where u.created_at < %s
  and not exists (select 1 from django_session s where s.session_key = u.session_key) limit %s)
"""


def jobs(now: dt.datetime) -> int:
    """Jobs done a week ago, failed or discarded a month ago; the number."""
    number = _all_batches(_JOBS, [["succeeded"], now - DONE])
    number += _all_batches(_JOBS, [["failed", "cancelled", "aborted"], now - NOT_DONE])
    _all_batches(_FAILURES, [])
    return number


def sessions(now: dt.datetime) -> int:
    """Sessions that have ended, and what the page of one's sessions knew of them; the number."""
    number = _all_batches(_SESSIONS, [now])
    _all_batches(_SHOWN_SESSIONS, [now - BEING_MADE])
    return number


def _all_batches(statement: str, values: list[Any]) -> int:
    """Run a statement whose last place is the size of a batch until nothing is left; the number of rows."""
    total, batch = 0, BATCH
    while batch == BATCH:
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, BATCH])
            batch = int(cursor.rowcount)
        total += batch
    return total
