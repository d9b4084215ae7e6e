"""The command line: a failure is one sentence that says what to do; the platform starts, heals and stops."""

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from vigie.runtime import cli, environment
from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.environment import ROOT
from vigie.runtime.tests.running import Running, eventually, free_port, variables
from vigie.runtime.trouble import Trouble


def vigie(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vigie", *arguments],
        env=variables(data, **more),
        cwd=data if data.is_dir() else ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )


def assert_one_sentence(ran: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ran.returncode != 0
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    for word in words:
        assert word in ran.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        yield holder.getsockname()[1]


def test_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    ran = vigie(tmp_path, "up", "--port", str(taken_port))
    assert_one_sentence(ran, f"Port {taken_port}", "is taken", "PORT=")
    assert not (tmp_path / "pg18").exists()


def test_a_second_run_on_the_same_folder(tmp_path: Path) -> None:
    with (tmp_path / "up.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        first.write("4242\n")
        first.flush()
        ran = vigie(tmp_path, "up", "--port", str(free_port()))
    assert_one_sentence(ran, "already runs", "4242", "VIGIE_DATA")


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder that even root cannot write")
def test_a_folder_that_cannot_be_written() -> None:
    assert_one_sentence(vigie(Path("/proc/vigie"), "up"), "/proc/vigie", "cannot be written", "VIGIE_DATA")


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    assert_one_sentence(vigie(tmp_path / "data", "migrate"), "cannot be written")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=12_000_000))
    with pytest.raises(Trouble, match="12 MB left"):
        environment.check_disk(tmp_path)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://vigie:hidden@127.0.0.1:1/vigie", "cannot be reached"),
        ("mysql://vigie:hidden@127.0.0.1/vigie", "not a PostgreSQL address"),
        ("postgresql://vigie:hidden@[/vigie", "DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("command", ["up", "migrate", "check"])
def test_a_broken_database_address(tmp_path: Path, url: str, words: str, command: str) -> None:
    arguments = ["up", "--port", str(free_port())] if command == "up" else [command]
    ran = vigie(tmp_path, *arguments, DATABASE_URL=url)
    said = ran.stderr + ran.stdout
    assert ran.returncode != 0
    assert words in said
    assert "hidden" not in said
    assert "Traceback" not in said
    if command != "check":
        assert_one_sentence(ran, words)


def test_a_settings_file_gives_defaults_and_a_wrong_line_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIE_KEPT", "from the environment")
    monkeypatch.delenv("VIGIE_NEW", raising=False)
    (tmp_path / "vigie.env").write_text('# comment\nVIGIE_KEPT=from the file\nVIGIE_NEW="a = b"\n')
    environment.read_settings_file()
    assert os.environ["VIGIE_KEPT"] == "from the environment"
    assert os.environ.pop("VIGIE_NEW") == "a = b"
    (tmp_path / "vigie.env").write_text("\nexport nothing\n")
    with pytest.raises(Trouble, match="line 2"):
        environment.read_settings_file()


def test_the_secret_key_is_drawn_once_and_kept_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = []
    for _ in range(2):
        monkeypatch.setenv("VIGIE_SECRET_KEY", "")
        environment.secret_key(tmp_path)
        keys.append(os.environ["VIGIE_SECRET_KEY"])
    assert keys[0] == keys[1]
    assert len(keys[0]) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def listed(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser and those of all commands and verbs below it that `--help` lists."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield from listed(action.choices[choice.dest])


@pytest.mark.parametrize("parser", list(listed(cli._parser())), ids=lambda parser: parser.prog)
def test_help_says_what_each_command_does_and_what_each_argument_is(parser: argparse.ArgumentParser) -> None:
    said = parser.format_help()
    assert f"usage: {parser.prog}" in said
    assert parser.description
    for action in parser._actions:
        assert action.help or action.metavar in {"COMMAND", "VERB", "WHAT"}, action.dest
    takes = [action for action in parser._actions if action.required or not action.option_strings]
    if takes and parser.prog != "vigie":
        assert f"vigie {parser.prog.removeprefix('vigie ')} " in said.partition("\n\n")[2], (
            "an example to type"
        )


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads processes in /proc")
@pytest.mark.long
def test_the_whole_platform_starts_heals_and_stops(tmp_path: Path) -> None:
    first = Running(tmp_path)
    assert 200 <= first.status() < 500
    server = EmbeddedServer(tmp_path)
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        link.execute("create table kept as select 1 as number")
    ran = vigie(tmp_path, "up", "--port", str(free_port()))
    assert_one_sentence(ran, "already runs", f"process {first.process.pid}")

    for name in ("web", "worker"):
        for pid in first.processes("vigie", name):
            os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: 200 <= first.status() < 500 and first.processes("vigie", "worker"))

    for pid in first.processes("postgres", "-D"):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: first.processes("postgres", "-D") and 200 <= first.status() < 500)

    first.process.kill()
    first.process.wait()
    assert eventually(lambda: not first.processes("vigie", "web") + first.processes("vigie", "worker"), 5)

    second = Running(tmp_path)
    assert 200 <= second.status() < 500
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        assert link.execute("select number from kept").fetchall() == [(1,)]
    second.process.send_signal(signal.SIGTERM)
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(30) == 0
    assert eventually(lambda: not second.processes(), 5)


SHAPE = (
    "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema = 'public'",
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'public'::regnamespace and contype <> 'n'",  # before PostgreSQL 18 the columns alone tell it
    "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    "select tablename, policyname, roles::text, cmd, qual, with_check from pg_policies",
)


@pytest.mark.long
@pytest.mark.django_db
def test_a_new_database_has_the_shape_that_the_migrations_give_one_by_one(tmp_path: Path) -> None:
    """The supervisor's messages are lines; and the quick way is the way: the tests' own database went the usual one."""
    child = vigie(tmp_path, "prepare", "--no-demo")
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout.splitlines()[-1]) == {"demo": False, "accounts": [], "password": ""}
    with EmbeddedServer(tmp_path) as server, psycopg.connect(server.dsn()) as link:
        quick = [set(link.execute(question).fetchall()) for question in SHAPE]
    with connection.cursor() as cursor:
        for question, found in zip(SHAPE, quick, strict=True):
            cursor.execute(question)
            assert found == set(cursor.fetchall())
            assert found
