"""The programs of PostgreSQL that fit the server, and its scratch databases."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vigie.runtime import reach
from vigie.runtime.embedded import binary
from vigie.runtime.trouble import Trouble


def program(name: str, server_version: int) -> str:
    """``name`` (``pg_dump``, ``pg_restore``) of the server's own major version, else the newest that we carry.

    An archive goes back only into the version that wrote it or a later one; the server's own programs always fit.
    """
    major = server_version // 10000
    installed = Path(f"/usr/lib/postgresql/{major}/bin/{name}")
    for found in (str(installed) if installed.exists() else None, shutil.which(name)):
        if found and _major(found) == major:
            return found
    return str(binary(name))


def _major(path: str) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    words = [word for word in said.split() if word[0].isdigit()]
    return int(words[0].split(".")[0]) if words else 0


def run(command: list[str], doing: str) -> None:
    """Run a program of PostgreSQL; its own words are kept when it fails, passwords are never among them."""
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PGAPPNAME": "vigie backup"}
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-600:]
        raise Trouble(f"{doing} failed ({said}).")


def address(database: str | None = None) -> str:
    """DATABASE_URL, with another database name where one is given."""
    own = os.environ["DATABASE_URL"]
    return make_conninfo(own, dbname=database) if database is not None else own


def own_name() -> str:
    return str(conninfo_to_dict(os.environ["DATABASE_URL"]).get("dbname") or "vigie")


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """A connection beside Vigie's database, to create, rename and drop databases."""
    last: Exception | None = None
    for name in ("postgres", "template1"):
        try:
            link = psycopg.connect(address(name), autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            last = error
            continue
        with link:
            yield link
            return
    raise Trouble(
        f"No connection beside Vigie's own database (postgres or template1) is allowed: {reach.ADVICE}"
    ) from last


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """An empty database called ``name``, dropped afterwards unless it was renamed; its address."""
    with maintenance() as link:
        try:
            link.execute(f'create database "{name}" template template0')
        except psycopg.errors.InsufficientPrivilege as error:
            raise Trouble("The role of DATABASE_URL may not create a database: give it CREATEDB.") from error
        link.execute(
            "do $$ begin create role vigie_portal nologin; exception when duplicate_object then null; end $$"
        )
    try:
        yield address(name)
    finally:
        with maintenance() as link:
            link.execute(f'drop database if exists "{name}" with (force)')
