"""The command line: a failure is one sentence that says what to do; the platform starts, heals and stops."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigie.runtime import cli, environment, processes
from vigie.runtime.environment import ROOT
from vigie.runtime.trouble import Trouble

OURS = ("VIGIE_", "DATABASE_URL", "DJANGO_", "PYTEST_")


def variables(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"VIGIE_DATA": str(data), "PYTHONPATH": str(ROOT)} | more


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


@pytest.mark.parametrize(
    "command", ["", "up", "web", "worker", "migrate", "demo", "import", "check", "user", "clock"]
)
def test_help_of_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([*command.split(), "--help"])
    assert left.value.code == 0
    assert "usage: vigie" in capsys.readouterr().out


class Running:
    """A real `vigie up` in a folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        environment_of = variables(data) | {processes.PARENT: str(os.getpid())}  # ends with a killed test run
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vigie", "up", "--no-demo", "--port", str(self.port)],
            env=environment_of,
            cwd=data,
            stdout=subprocess.PIPE,
            stderr=(data / "errors").open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"Vigie is ready: http://localhost:{self.port}\n", (data / "errors").read_text()

    def status(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def processes(self, *words: str) -> list[int]:
        """Processes of this installation, found by its data folder in their environment or arguments."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().decode()
                known = (entry / "environ").read_bytes().decode(errors="replace") + arguments
            except OSError:
                continue
            if str(self.data) in known and all(word in arguments for word in words) and arguments:
                found.append(int(entry.name))
        return found


def eventually(check: object, seconds: float = 20) -> bool:
    assert callable(check)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.1)
    return bool(check())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads processes in /proc")
@pytest.mark.long
def test_the_whole_platform_starts_heals_and_stops(tmp_path: Path) -> None:
    first = Running(tmp_path)
    assert 200 <= first.status() < 500

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
    second.process.send_signal(signal.SIGTERM)
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(30) == 0
    assert eventually(lambda: not second.processes(), 5)


@pytest.mark.long
def test_supervisor_messages_are_lines_not_tracebacks(tmp_path: Path) -> None:
    child = vigie(tmp_path, "prepare", "--no-demo")
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout.splitlines()[-1]) == {"demo": False, "accounts": [], "password": ""}
