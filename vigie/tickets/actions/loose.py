"""Files that were uploaded and never sent: kept for two days, longer while a draft shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from vigie.contracts.models import ContractFile
from vigie.tickets.models import Attachment
from vigie.toolkit import files

KEPT = dt.timedelta(days=2)
# From the writing of a file to its row: seconds in truth.
ON_ITS_WAY = dt.timedelta(hours=1)
BATCH = 500

_DELETE = """
delete from tickets_attachment where id in (
  select a.id from tickets_attachment a
  where a.message_id is null and a.created_at < %s and not exists (
    select 1 from tickets_draft d
    where d.person_id = a.uploaded_by_id and d.content::text like '%%' || a.token || '%%')
  order by a.created_at limit %s for update skip locked)
returning sha256
"""


def purge(now: dt.datetime) -> int:
    """Remove their rows, then the bytes that no other row names; the number of rows. Nothing while a backup runs."""
    removed = 0
    with _may_remove() as may:
        if not may:
            return 0
        files.bring_back()
        while hashes := _rows_removed(now - KEPT):
            removed += len(hashes)
            for sha256 in sorted(set(hashes)):
                files.remove(sha256, _is_named, before=now - ON_ITS_WAY)
    return removed


def _rows_removed(before: dt.datetime) -> list[str]:
    """The hashes of a batch of rows that are gone."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [before, BATCH])
        return [sha256 for (sha256,) in cursor.fetchall()]


def _is_named(sha256: str) -> bool:
    named = (Attachment, ContractFile)
    return any(model._default_manager.filter(sha256=sha256).exists() for model in named)


@contextmanager
def _may_remove() -> Iterator[bool]:
    """False while somebody needs every file to stay."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [files.ALL_STAY])
        (free,) = cursor.fetchone()
        try:
            yield free
        finally:
            if free:
                cursor.execute("select pg_advisory_unlock(%s)", [files.ALL_STAY])
