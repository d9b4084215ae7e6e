"""Giving a backup back, and the drill that proves it can be given back without touching anything."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from vigie.runtime import environment
from vigie.runtime.backup import archive, tools
from vigie.runtime.backup.sums import differing, row_sums
from vigie.runtime.trouble import Trouble
from vigie.toolkit.backups import remember

_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was given back. ``former`` is the name under which the database that stood there is kept, if any."""

    made_at: str
    rows: int
    files: int
    seconds: float
    former: str = ""


def drill(source: Path, key: Path) -> Restored:
    """Restore into a database and a folder that are thrown away, and compare every sum. Raises when one differs."""
    began = dt.datetime.now(dt.UTC)
    with (
        tempfile.TemporaryDirectory(dir=environment.data_folder(), prefix=".drill-") as folder,
        _restored(source, key, Path(folder), f"vigie_drill_{os.getpid()}") as (manifest, _),
    ):
        result = _result(manifest, began)
    facts = {"at": began.isoformat(), "file": source.name, "seconds": result.seconds}
    remember(environment.data_folder(), "drill", facts)
    return result


def restore(source: Path, key: Path) -> Restored:
    """Put the backup in the place of the present database, which is kept under another name; files are added.

    Everything is restored and compared beside what stands there first: a backup that is no good changes nothing.
    """
    began = dt.datetime.now(dt.UTC)
    stamp = f"{began:%Y%m%d_%H%M%S}"
    data = environment.data_folder()
    with (
        tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as folder,
        _restored(source, key, Path(folder), f"vigie_restore_{stamp}") as (manifest, scratch),
    ):
        _bring_files(Path(folder), data / "files")  # only ever added: harmless without the rows
        former = _take_the_place(scratch, f"vigie_before_{stamp}")
        _bring_secret_key(Path(folder), data / "secret_key")
    return _result(manifest, began, former)


def _result(manifest: dict[str, Any], began: dt.datetime, former: str = "") -> Restored:
    rows = sum(count for count, _ in manifest["sums"].values())
    seconds = (dt.datetime.now(dt.UTC) - began).total_seconds()
    return Restored(manifest["made_at"], rows, len(manifest["files"]), seconds, former)


@contextmanager
def _restored(source: Path, key: Path, folder: Path, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The backup unpacked into ``folder`` and restored into the scratch database ``name``, all compared."""
    manifest = _unpack(source, key, folder)
    with tools.scratch(name) as scratch:
        with psycopg.connect(scratch, autocommit=True) as link:
            version = link.info.server_version
        command = [
            tools.program("pg_restore", version), "--exit-on-error", "--no-owner", "--single-transaction",
            f"--dbname={scratch}", str(folder / archive.DATABASE),
        ]  # fmt: skip
        tools.run(command, "The restore of the database")
        with psycopg.connect(scratch) as link:
            wrong = differing(manifest["sums"], row_sums(link))
        if wrong:
            raise Trouble("The restored rows are not those of the backup: " + "; ".join(wrong[:5]))
        yield manifest, name


def _unpack(source: Path, key: Path, folder: Path) -> dict[str, Any]:
    """The manifest; dump, key and files stand in ``folder``, each file proven by its own name."""
    manifest: dict[str, Any] = {}
    found: set[str] = set()
    with archive.reading(source, archive.identity(key)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None:
                continue
            if member.name == archive.MANIFEST:
                manifest = json.load(content)
            elif member.name in (archive.DATABASE, archive.KEY):
                _copy(content, folder / member.name)
            elif member.name.startswith(archive.FILES):
                found.add(_take_file(member, content, folder))
    if not manifest or not (folder / archive.DATABASE).exists():
        raise Trouble(f"{source} is not a whole backup of Vigie.")
    missing = manifest["files"].keys() - found
    if missing:
        raise Trouble(f"{source} lacks {len(missing)} of its files ({min(missing)[:12]}…).")
    return manifest


def _take_file(member: tarfile.TarInfo, content: IO[bytes], folder: Path) -> str:
    name = member.name.removeprefix(archive.FILES)
    if not _NAME.fullmatch(name):
        raise Trouble(f"The backup holds a file with a strange name ({name[:40]}): it is not used.")
    if _copy(content, folder / "files" / name) != name:
        raise Trouble(f"The file {name[:12]}… of the backup is damaged.")
    return name


def _copy(content: IO[bytes], target: Path) -> str:
    """Write it; its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _bring_files(folder: Path, root: Path) -> None:
    """Files are added to those that stand there: under its hash, each is what it was."""
    for path in sorted((folder / "files").glob("*")):
        target = root / path.name[:2] / path.name[2:4] / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(path, target)


def _bring_secret_key(folder: Path, target: Path) -> None:
    """The key that closed the stored secrets comes back too; one that stands there is kept beside it."""
    restored = (folder / archive.KEY).read_text()
    if target.exists():
        if target.read_text().strip() == restored.strip():
            return
        os.replace(target, target.with_name("secret_key.before"))
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(restored.strip() + "\n")


def _take_the_place(scratch: str, former: str) -> str:
    """Rename: the present database steps aside, the restored one takes its name. In use, it is refused."""
    own = tools.own_name()
    with tools.maintenance() as link:
        try:
            with link.transaction():  # both names change, or none
                link.execute(f'alter database "{own}" rename to "{former}"')
                link.execute(f'alter database "{scratch}" rename to "{own}"')
        except psycopg.errors.ObjectInUse as error:
            raise Trouble("Vigie still uses its database: stop it, then restore again.") from error
    return former
