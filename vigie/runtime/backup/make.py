"""Making a backup, and remembering when."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

import vigie
from vigie.runtime import environment
from vigie.runtime.backup import archive, tools
from vigie.runtime.backup.sums import row_sums
from vigie.toolkit.backups import remember
from vigie.toolkit.files import ALL_STAY


@dataclass(frozen=True, slots=True)
class Made:
    """The backup, and the files that rows name but the disk no longer holds (their SHA-256): no backup can hold them."""

    file: Path
    lost: tuple[str, ...]


def make(folder: Path, public_key: str) -> Made:
    """One backup into ``folder``; nothing of it is left when it fails."""
    key = archive.recipient(public_key)
    folder.mkdir(parents=True, exist_ok=True)
    started = dt.datetime.now(dt.UTC)
    target = folder / f"vigie-{started:%Y%m%dT%H%M%SZ}.tar.age"
    scratch_folder = tempfile.TemporaryDirectory(dir=environment.data_folder(), prefix=".backup-")
    with _every_file_stays(), scratch_folder as scratch:
        dump = Path(scratch) / "database.dump"
        manifest = _dump(dump) | {"vigie": vigie.__version__, "made_at": started.isoformat()}
        stored = _stored_files()
        manifest["files"] = {path.name: path.stat().st_size for path in stored}
        lost = tuple(sorted(set(manifest["named"]) - manifest["files"].keys()))

        def fill(tar: tarfile.TarFile) -> None:
            _add_bytes(tar, archive.MANIFEST, json.dumps(manifest).encode())
            tar.add(dump, archive.DATABASE)
            _add_bytes(tar, archive.KEY, os.environ["VIGIE_SECRET_KEY"].encode())
            for path in stored:
                tar.add(path, archive.FILES + path.name)

        archive.write(target, key, fill)
    facts = {"at": started.isoformat(), "file": target.name, "bytes": target.stat().st_size}
    remember(environment.data_folder(), "backup", facts)
    return Made(target, lost)


@contextmanager
def _every_file_stays() -> Iterator[None]:
    """No file is removed between the moment the rows are dumped and the moment the last file is copied."""
    with psycopg.connect(tools.address(), autocommit=True) as link:
        link.execute("select pg_advisory_lock(%s)", [ALL_STAY])
        yield


def _dump(target: Path) -> dict[str, Any]:
    """The dump and the sums of its very snapshot."""
    with psycopg.connect(tools.address(), autocommit=True) as link, link.transaction():
        link.execute("set transaction isolation level repeatable read, read only")
        row = link.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        version = link.info.server_version
        command = [
            tools.program("pg_dump", version), "--format=custom", "--compress=6", "--no-owner",
            f"--snapshot={row[0]}", f"--file={target}", f"--dbname={tools.address()}",
        ]  # fmt: skip
        tools.run(command, "The dump of the database")
        return {"postgresql": version, "sums": row_sums(link), "named": _named(link)}


NAMING: dict[str, LiteralString] = {
    "tickets_attachment": "select distinct sha256 from tickets_attachment",
    "contracts_contractfile": "select distinct sha256 from contracts_contractfile",
}


def _named(link: psycopg.Connection) -> list[str]:
    """The files that rows of this snapshot name."""
    found: set[str] = set()
    for table, named in NAMING.items():
        there = link.execute("select to_regclass(%s) is not null", [table]).fetchone()
        if there is not None and there[0]:
            found |= {str(row[0]) for row in link.execute(named)}
    return sorted(found)


def _stored_files() -> list[Path]:
    root = environment.data_folder() / "files"
    return sorted(path for path in root.glob("??/??/*") if path.is_file())


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))
