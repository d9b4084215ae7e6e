"""A backup gives back every row and every file, opens with its key alone, and a bad one changes nothing."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from vigie.runtime.backup import archive, make, restore, tools
from vigie.runtime.backup.sums import differing, row_sums
from vigie.runtime.trouble import Trouble
from vigie.toolkit.backups import remembered


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_url: str) -> Iterator[Path]:
    """An installation of its own: a data folder with two files, a database with rows of every awkward kind."""
    name = f"test_backup_{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("VIGIE_DATA", str(tmp_path))
    monkeypatch.setenv("VIGIE_SECRET_KEY", "the key of this installation, long enough")
    (tmp_path / "secret_key").write_text("the key of this installation, long enough\n")
    with tools.maintenance() as link:
        link.execute(f'create database "{name}"')
    monkeypatch.setenv("DATABASE_URL", tools.address(name))
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute(
            "create table person (id bigint primary key, name text, photo bytea, at timestamptz, rate float8)"
        )
        link.execute(
            "insert into person select n, 'é' || n, decode(md5(n::text), 'hex'), now(), n / 3.0 from generate_series(1, 500) n"
        )
        link.execute("create table person_empty (id int)")
    for content in (b"one", b"two" * 100_000):
        digest = hashlib.sha256(content).hexdigest()
        path = tmp_path / "files" / digest[:2] / digest[2:4] / digest
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    yield tmp_path
    with tools.maintenance() as link:
        for (found,) in link.execute(
            "select datname from pg_database where datname like 'vigie_before%'"
        ).fetchall():
            link.execute(f'drop database "{found}" with (force)')
        link.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture
def key(home: Path) -> Path:
    path = home / "operator.key"
    os.environ["VIGIE_BACKUP_RECIPIENT"] = archive.new_key(path)
    yield path
    del os.environ["VIGIE_BACKUP_RECIPIENT"]


def made(home: Path) -> Path:
    return make.make(home / "backups", os.environ["VIGIE_BACKUP_RECIPIENT"]).file


def sums() -> dict[str, list[int]]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        return row_sums(link)


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "files").glob("??/??/*")}


def test_everything_comes_back_and_what_stood_there_is_kept(home: Path, key: Path) -> None:
    rows, stored = sums(), files(home)
    backup = made(home)
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute("update person set name = 'lost' where id = 7")
        link.execute("drop table person_empty")
    for path in (home / "files").glob("??/??/*"):
        path.unlink()
    done = restore.restore(backup, key)
    assert sums() == rows
    assert files(home) == stored
    assert (done.rows, done.files) == (500, 2)
    with psycopg.connect(tools.address(done.former)) as link:
        assert link.execute("select name from person where id = 7").fetchone() == ("lost",)


def test_the_drill_proves_and_changes_nothing(home: Path, key: Path) -> None:
    backup = made(home)
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute("delete from person where id > 100")
    after = sums()
    assert restore.drill(backup, key).rows == 500
    assert sums() == after
    with tools.maintenance() as link:
        assert not link.execute("select 1 from pg_database where datname like 'vigie_drill%'").fetchone()
    assert remembered(home).keys() == {"backup", "drill"}


def test_a_backup_opens_with_its_own_key_alone(home: Path, key: Path) -> None:
    backup = made(home)
    assert b"person" not in backup.read_bytes()
    assert backup.stat().st_mode & 0o077 == 0
    other = home / "other.key"
    archive.new_key(other)
    with pytest.raises(Trouble, match="another key"):
        restore.drill(backup, other)


@pytest.mark.parametrize("damage", ["cut", "flipped", "not a backup"])
def test_a_damaged_backup_is_said_and_changes_nothing(home: Path, key: Path, damage: str) -> None:
    backup, rows = made(home), sums()
    content = backup.read_bytes()
    middle = len(content) // 2
    changed = {
        "cut": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "not a backup": b"hello",
    }[damage]
    backup.write_bytes(changed)
    with pytest.raises(Trouble, match=r"damaged|not a backup"):
        restore.restore(backup, key)
    assert sums() == rows


def test_a_key_is_never_replaced_and_stays_private(home: Path) -> None:
    path = home / "k"
    archive.new_key(path)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Trouble, match="never replaced"):
        archive.new_key(path)


def test_a_database_in_use_is_not_replaced(home: Path, key: Path) -> None:
    backup = made(home)
    (home / "secret_key").write_text("the key of today\n")
    with psycopg.connect(os.environ["DATABASE_URL"]), pytest.raises(Trouble, match="stop it"):
        restore.restore(backup, key)
    assert (home / "secret_key").read_text() == "the key of today\n", "a refused restore changes nothing"
    assert sums()["person"][0] == 500


def test_a_failed_backup_leaves_no_file(home: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        make, "_add_bytes", lambda *_: (_ for _ in ()).throw(OSError("No space left on device"))
    )
    with pytest.raises(OSError, match="No space"):
        made(home)
    assert list((home / "backups").iterdir()) == []


def test_a_file_that_rows_name_and_the_disk_lost_is_told(home: Path, key: Path) -> None:
    kept = next(iter(files(home)))
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute("create table tickets_attachment (sha256 text)")
        link.execute("insert into tickets_attachment values (%s), (%s), (%s)", [kept, kept, "f" * 64])
    done = make.make(home / "backups", os.environ["VIGIE_BACKUP_RECIPIENT"])
    assert done.lost == ("f" * 64,)
    assert restore.drill(done.file, key).rows == 503


def test_sums_see_every_change_whatever_the_order_of_rows(home: Path) -> None:
    before = sums()
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute("update person set rate = rate where id < 200")  # moves rows, changes nothing
    assert sums() == before
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        link.execute("update person set photo = set_byte(photo, 3, 0) where id = 300")
    assert differing(before, sums())[0].startswith("person:")
