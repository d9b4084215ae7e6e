"""The embedded database, for real: start, adopt, stop, and what a kill -9 leaves."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from vigie.runtime import embedded
from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.environment import ROOT
from vigie.runtime.privileges import private_folder
from vigie.runtime.trouble import Trouble

USER = """
import sys, time
from pathlib import Path
from vigie.runtime.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print("in", flush=True)
sys.stdin.read()
server.stop()
"""
WRITER = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as link:
    for number in range(10**9):
        link.execute("insert into kept values (%s)", (number,))
        print(number, flush=True)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with EmbeddedServer(folder):
        return folder


@pytest.fixture
def server(cluster: Path) -> Iterator[EmbeddedServer]:
    """Whatever a test leaves running is adopted here, and ends."""
    one = EmbeddedServer(cluster)
    with one:
        yield one
    if one._someone_alive():  # a test failed while it held the server
        one._shut_down()


def postmaster(server: EmbeddedServer) -> int:
    pid = server._pid()
    assert pid is not None
    return pid


def one_value(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.dsn()) as link:
        row = link.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def user_process(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    return child


def test_the_role_of_vigie_is_no_superuser_and_orders_text_the_same_everywhere(
    server: EmbeddedServer,
) -> None:
    assert one_value(server, "select current_user::text") == "vigie"
    rights = "select array[rolsuper, rolcreatedb, rolcreaterole] from pg_roles where rolname = current_user"
    assert one_value(server, rights) == [False, True, True]
    assert one_value(server, "select datlocale from pg_database where datname = 'vigie'") == "C.UTF-8"
    assert one_value(server, "select current_setting('listen_addresses')") == ""


def test_nobody_else_may_read_secrets_or_rows(server: EmbeddedServer) -> None:
    for path in (server.cluster, *server.folder.glob("pg18.*.password")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_last_user_to_leave_stops_the_server(server: EmbeddedServer) -> None:
    other = user_process(server.folder)
    server.stop()
    assert server.answers()
    other.communicate("")
    assert not server.answers()


def test_a_killed_user_leaves_a_server_that_the_next_one_adopts(server: EmbeddedServer) -> None:
    server.stop()
    victim = user_process(server.folder)
    before = postmaster(server)
    victim.kill()
    victim.wait()
    server.start()
    assert postmaster(server) == before
    assert one_value(server, "select 1") == 1


def test_a_killed_server_keeps_every_acknowledged_row(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        link.execute("create table if not exists kept (number int)")
        link.execute("truncate kept")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, server.dsn()], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(300)]
    os.kill(postmaster(server), signal.SIGKILL)
    lines += writer.stdout.read().splitlines()
    writer.wait()
    acknowledged = [int(line) for line in lines if line.strip()]
    assert server.revive()
    assert one_value(server, f"select count(*) from kept where number <= {acknowledged[-1]}") == len(
        acknowledged
    )


def test_a_stale_pid_file_naming_a_living_stranger_is_no_obstacle(server: EmbeddedServer) -> None:
    server.stop()
    assert not server._someone_alive()
    (server.cluster / "postmaster.pid").write_text(
        f"{os.getppid()}\n{server.cluster}\n0\n5432\n\n\n0 0\nready\n"
    )
    server.start()
    assert one_value(server, "select 1") == 1


def test_a_long_folder_name_gets_a_short_private_socket_folder(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    far = EmbeddedServer(tmp_path / ("x" * 120))
    place = far._socket_folder()
    assert len(str(place)) < 70
    with contextlib.suppress(FileNotFoundError):
        place.rmdir()
    private_folder(place, os.geteuid())
    assert place.stat().st_mode & 0o777 == 0o700
    place.rmdir()


def test_the_folder_of_another_user_is_refused(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(Trouble, match="belongs to user number"):
        server.start()


def test_a_failed_creation_leaves_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "shared_buffers", "rubbish")
    with pytest.raises(Trouble, match="could not be created"):
        EmbeddedServer(tmp_path, fsync=False).start()
    assert not list(tmp_path.glob("pg18.new*"))
    assert not (tmp_path / "pg18").exists()


def test_a_server_that_cannot_start_gives_its_reason(server: EmbeddedServer) -> None:
    server.stop()
    control = server.cluster / "global" / "pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    try:
        started = time.monotonic()
        with pytest.raises(Trouble, match=r"did not start: .*pg_control"):
            server.start()
        assert time.monotonic() - started < 20
    finally:
        control.write_bytes(kept)
