"""Files that were never sent are removed, and never a byte that somebody may still read."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from tests.world import World, report
from vigie.tickets.actions.conversation import save_draft, upload
from vigie.tickets.actions.loose import purge
from vigie.tickets.models import Attachment
from vigie.toolkit import files
from vigie.toolkit.files import path_of

OLD = dt.timedelta(days=3)


@pytest.fixture
def now(settings: Any, tmp_path: Path) -> dt.datetime:
    settings.FILES = tmp_path / "files"
    return timezone.now()


def loose(world: World, now: dt.datetime, content: bytes = b"note", age: dt.timedelta = OLD) -> Attachment:
    """A file uploaded ``age`` ago and not sent."""
    user, organisation = world.actor(world.a.user), world.a.organisation.pk
    row = upload(user, organisation, "note.txt", len(content), [content], now=now - age)
    written = (now - age).timestamp()
    os.utime(path_of(row.sha256), (written, written))
    return row


def test_a_file_that_was_never_sent_goes_after_two_days(world: World, now: dt.datetime) -> None:
    old, young = loose(world, now, b"old"), loose(world, now, b"young", dt.timedelta(hours=47))
    assert purge(now) == 1
    assert list(Attachment.objects.values_list("pk", flat=True)) == [young.pk]
    assert not path_of(old.sha256).exists()
    assert path_of(young.sha256).read_bytes() == b"young"


def test_a_file_that_was_sent_stays(world: World, now: dt.datetime) -> None:
    row = loose(world, now)
    report(world, world.a, uploads=[row.token])
    assert purge(now) == 0
    assert path_of(row.sha256).exists()


def test_a_file_that_a_draft_shows_stays(world: World, now: dt.datetime) -> None:
    row = loose(world, now)
    save_draft(world.actor(world.a.user), "reply:1", {"body": f'<img src="/files/{row.token}">'}, now=now)
    save_draft(world.actor(world.a.colleague), "reply:1", {"body": "x"}, now=now)
    assert purge(now) == 0
    assert path_of(row.sha256).exists()


def test_bytes_that_another_row_names_stay(world: World, now: dt.datetime) -> None:
    sent = loose(world, now, b"same")
    report(world, world.a, uploads=[sent.token])
    again = loose(world, now, b"same")
    assert again.sha256 == sent.sha256
    assert purge(now) == 1
    assert path_of(sent.sha256).read_bytes() == b"same"


def test_bytes_whose_row_is_on_its_way_stay(world: World, now: dt.datetime) -> None:
    """The file of a second upload is written, its row is not there yet."""
    row = loose(world, now, b"same")
    stored = files.store([b"same"], "again.txt")
    assert purge(now) == 1
    assert not Attachment.objects.filter(pk=row.pk).exists()
    assert path_of(stored.sha256).read_bytes() == b"same"


def test_bytes_that_are_stored_again_during_the_removal_stay(world: World, now: dt.datetime) -> None:
    row = loose(world, now, b"same")

    def stored_meanwhile(sha256: str) -> bool:
        files.store([b"same"], "again.txt")
        return False

    assert files.remove(row.sha256, stored_meanwhile, before=now)
    assert path_of(row.sha256).read_bytes() == b"same"


def test_a_removal_that_was_cut_short_is_undone(world: World, now: dt.datetime) -> None:
    row = loose(world, now, age=dt.timedelta(hours=1))
    with pytest.raises(KeyboardInterrupt):
        files.remove(row.sha256, _cut, before=now)
    assert not path_of(row.sha256).exists()
    purge(now)
    assert path_of(row.sha256).read_bytes() == b"note"


def _cut(sha256: str) -> bool:
    raise KeyboardInterrupt


def test_no_file_goes_while_a_backup_runs(world: World, now: dt.datetime, embedded_url: str) -> None:
    row = loose(world, now)
    with psycopg.connect(embedded_url, dbname=connection.settings_dict["NAME"], autocommit=True) as backup:
        backup.execute("select pg_advisory_lock(%s)", [files.ALL_STAY])
        assert purge(now) == 0
        assert path_of(row.sha256).exists()
        backup.execute("select pg_advisory_unlock(%s)", [files.ALL_STAY])
        assert purge(now) == 1


def test_a_quotation_mark_in_a_name_stays_one(world: World, now: dt.datetime) -> None:
    row = upload(
        world.actor(world.a.user), world.a.organisation.pk, "capture %22finale%22.txt", 1, [b"a"], now=now
    )
    assert row.name == 'capture "finale".txt'
