"""Vigie as it runs for real, on loopback, in a folder of its own: database, web, worker, a mail server on either side."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.http import descendants
from faults.inside import Prepared
from faults.keeper import Keeper, Kept
from faults.ledger import Ledger
from faults.line import Line, line
from faults.points import Armed
from vigie.channels.mail.tests.servers import DOVECOT, ImapServer, dovecot, free_port
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.runtime.embedded import NOBODY, EmbeddedServer
from vigie.runtime.trouble import Trouble

ROOT = Path(__file__).resolve().parents[1]
SMALL_DISK = "1500m"


@dataclass(slots=True)
class Site:
    """What the faults are done to. ``disks`` are the small file systems, by what they hold (empty: not root)."""

    folder: Path
    server: EmbeddedServer
    variables: dict[str, str]
    web_port: int
    prepared: Prepared
    keeper: Keeper
    armed: Armed
    sink: Sink
    smtp: Line
    imap: Line | None
    imap_server: ImapServer | None
    disks: dict[str, Path] = field(default_factory=dict)

    @property
    def postmaster(self) -> int:
        return int((self.server.cluster / "postmaster.pid").read_text().split()[0])

    def link(self) -> psycopg.Connection:
        """A connection of the harness's own."""
        return psycopg.connect(self.variables["DATABASE_URL"], autocommit=True, connect_timeout=5)

    def ask(self, statement: str, values: list[object] | None = None) -> list[tuple]:
        with self.link() as link:
            cursor = link.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def vigie(self, *arguments: str, given: bytes | None = None, patience: float = 60) -> int:
        """A command of Vigie; its exit code, negative when it was killed."""
        with (self.folder / "commands.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "vigie", *arguments],
                env=self.variables, stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
            with suppress(BrokenPipeError):
                try:
                    child.communicate(given, timeout=patience)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.communicate()
            return child.wait()

    def page(self, path: str = "/portal/", patience: float = 10) -> int:
        """The status of a page for somebody signed in; 0: no answer."""
        web = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=patience)
        try:
            web.request("GET", path, headers={"Cookie": self.prepared.cookies[0], "Accept": "text/html"})
            return web.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            web.close()

    def await_page(self, patience: float) -> float | None:
        """Seconds until the page is good; None: it was not."""
        began = time.monotonic()
        while time.monotonic() < began + patience:
            if self.page(patience=5) == 200:
                return time.monotonic() - began
            time.sleep(0.1)
        return None

    def revive(self, patience: float = 120) -> None:
        """Start the database again, as ``vigie up`` does, however often it takes."""
        ends = time.monotonic() + patience
        while True:
            try:
                self.server.revive()
                return
            except Trouble:
                if time.monotonic() > ends:
                    raise
                time.sleep(1)


@contextmanager
def open_site(ledger: Ledger, *, boxes: int, small_disks: bool, seed: int) -> Iterator[Site]:
    """Everything up and filled with people; everything ended and removed after the block.

    The database runs as it does for real: without ``fsync`` and ``synchronous_commit`` a restart may forget what was told.
    """
    folder = Path(tempfile.mkdtemp(prefix="vigie-faults-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            server = stack.enter_context(EmbeddedServer(folder / "data"))
            disks = stack.enter_context(_small_disks(server)) if small_disks else {}
            sink = stack.enter_context(open_sink())
            smtp = stack.enter_context(line(sink.port, seed))
            mails = stack.enter_context(dovecot()) if DOVECOT else None
            imap = stack.enter_context(line(mails.tls_port, seed + 1)) if mails else None
            variables = _variables(folder, server, smtp, mails)
            prepared = _prepare(variables, imap.port if imap else 0, boxes)
            web_port = free_port()
            keeper = Keeper(_processes(web_port, variables, folder), _counted(ledger))
            stack.callback(keeper.close)
            yield Site(
                folder, server, variables, web_port, prepared, keeper, Armed(Path(variables["VIGIE_CRASH_FOLDER"])),
                sink, smtp, imap, mails, disks,
            )  # fmt: skip
    finally:
        if os.environ.get("FAULTS_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)


def _variables(folder: Path, server: EmbeddedServer, smtp: Line, mails: ImapServer | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "faults.settings",
        "DATABASE_URL": server.dsn(),
        "VIGIE_DATA": str(folder / "data"),
        "VIGIE_SECRET_KEY": "faults" * 10,
        "VIGIE_CRASH_FOLDER": str(folder / "crash"),
        "VIGIE_SMTP_HOST": "127.0.0.1",
        "VIGIE_SMTP_PORT": str(smtp.port),
        "VIGIE_SMTP_SECURITY": "none",
        "VIGIE_MAIL_CA_FILE": str(mails.certificate.authority) if mails else "",
    }


def _prepare(variables: dict[str, str], imap_port: int, boxes: int) -> Prepared:
    done = subprocess.run(
        [sys.executable, "-m", "faults.inside"],
        env=variables | {"FAULTS_IMAP_PORT": str(imap_port), "FAULTS_BOXES": str(boxes)},
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return Prepared(**json.loads(done.stdout.splitlines()[-1]))


def _processes(web_port: int, variables: dict[str, str], folder: Path) -> list[Kept]:
    web = ["web", "--host", "127.0.0.1", "--port", str(web_port)]
    return [
        Kept("web", web, variables, folder / "web.log"),
        Kept("worker", ["worker"], variables, folder / "worker.log"),
    ]


def _counted(ledger: Ledger):
    """Deaths of the two processes, however they came."""

    def died(name: str, code: int, at: float) -> None:
        ledger.killed(name, "" if code == -9 else f"exit {code}")

    return died


@contextmanager
def _small_disks(server: EmbeddedServer) -> Iterator[dict[str, Path]]:
    """File systems of their own for the database's journal and for the files, where root may mount them."""
    wal, files = server.folder / "small-wal", server.folder / "files"
    mounted: list[Path] = []
    try:
        for place, size in ((wal, SMALL_DISK), (files, "48m")):
            place.mkdir(exist_ok=True)
            if subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "vigie-faults", str(place)],
                capture_output=True,
            ).returncode:
                yield {}
                return
            mounted.append(place)
        _move_journal(server, wal)
        yield {"journal": wal, "files": files}
    finally:
        server.stop()
        for place in mounted:
            subprocess.run(["umount", "-l", str(place)], capture_output=True)


def _move_journal(server: EmbeddedServer, disk: Path) -> None:
    server.stop()
    journal, target = server.cluster / "pg_wal", disk / "pg_wal"
    owner = journal.stat()
    shutil.move(journal, target)
    journal.symlink_to(target)
    for path in (disk, target, *target.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    assert owner.st_uid in (NOBODY, os.geteuid())
    server.start()


def below(process: int) -> list[int]:
    """The processes under one, without it."""
    return descendants(process)[1:]


def in_background(name: str, run) -> threading.Thread:
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
