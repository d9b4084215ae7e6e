"""The faults, one function each. Every one leaves the site whole again, and writes in the ledger what it broke and when."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from faults.ledger import Ledger
from faults.site import Site
from vigie.runtime.processes import sign_of_life

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
UP_PATIENCE = 90.0


@contextmanager
def fault(ledger: Ledger, what: str) -> Iterator[None]:
    """A time in which the whole chain may stand still."""
    ledger.begins(what)
    try:
        yield
    finally:
        ledger.ends(what)


class Breaker:
    """Breaks one site. ``until`` is the instant (monotonic) after which nothing new is broken."""

    def __init__(self, site: Site, ledger: Ledger, chance: random.Random) -> None:
        self.site, self.ledger, self.chance = site, ledger, chance
        self.skipped: list[str] = []

    # -- processes ---------------------------------------------------------------------------------

    def strike_points(self, points: list[str], times: int, until: float) -> dict[str, int]:
        """Every point in turn, ``times`` rounds; how often somebody died at each."""
        struck = dict.fromkeys(points, 0)
        for _ in range(times):
            self.chance.shuffle(points)
            for name in points:
                if time.monotonic() > until:
                    return struck
                if self.site.armed.strike(name, patience=25, going_on=lambda: time.monotonic() < until):
                    struck[name] += 1
                    self.ledger.measured(f"point {name}", 0)
                    self.await_worker(until)
        return struck

    def kill_worker(self) -> None:
        self.site.keeper.kept["worker"].kill()

    def kill_web(self) -> None:
        """The web server, or only the process in it that holds Django."""
        web = self.site.keeper.kept["web"]
        if self.chance.random() < 0.5:
            web.kill()
        elif web.kill_child("", self.chance.choice):
            self.ledger.killed("web's child")

    def kill_reader(self) -> None:
        if self.site.keeper.kept["worker"].kill_child("reader_child", self.chance.choice):
            self.ledger.killed("reader")

    def await_worker(self, until: float) -> None:
        """Until the worker gives signs of life again: a worker killed at its start proves nothing."""
        sign = Path(self.site.variables["VIGIE_DATA"]) / "run" / sign_of_life("worker").name
        began = time.time()
        while time.monotonic() < until:
            process = self.site.keeper.kept["worker"].process
            if process is not None and sign.exists() and sign.stat().st_mtime > began:
                return
            time.sleep(0.2)

    def keep_killing(self, act: Callable[[], None], every: float, until: float) -> threading.Thread:
        """``act`` again and again beside everything else."""

        def run() -> None:
            while time.monotonic() < until:
                time.sleep(self.chance.uniform(0.6, 1.4) * every)
                act()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def queue_bad_jobs(self) -> None:
        """One job that hangs and one that kills its worker."""
        self.site.ask(
            "insert into procrastinate_jobs (queue_name, task_name)"
            " values ('default', 'faults.hang'), ('default', 'faults.kill')"
        )

    # -- database ----------------------------------------------------------------------------------

    def restart_database(self, way: str) -> None:
        """``fast`` or ``immediate``, then up again; how long until a page is good, from the database's first answer."""
        with fault(self.ledger, "database"):
            pid = self.site.postmaster
            os.kill(pid, signal.SIGINT if way == "fast" else signal.SIGQUIT)
            while Path(f"/proc/{pid}").exists() and self.site.server.answers():
                time.sleep(0.02)
            self.site.revive()
            self._time_to_page("page after database")

    def _time_to_page(self, what: str) -> None:
        seconds = self.site.await_page(UP_PATIENCE)
        self.ledger.measured(what, UP_PATIENCE if seconds is None else seconds)

    def cut_connections(self, rate: float, until: float) -> int:
        """``pg_terminate_backend`` of one at random, ``rate`` a second; how many."""
        count = 0
        while time.monotonic() < until:
            try:
                with self.site.link() as link:
                    while time.monotonic() < until:
                        row = link.execute(
                            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                            " and usename = current_user order by random() limit 1"
                        ).fetchone()
                        count += bool(row and row[0])
                        time.sleep(1 / rate)
            except psycopg.Error:
                time.sleep(0.5)
        return count

    # -- lines -------------------------------------------------------------------------------------

    def break_lines(self, mode: str, seconds: float) -> None:
        """Both lines in one mode for so long."""
        lines = [one for one in (self.site.smtp, self.site.imap) if one is not None]
        with fault(self.ledger, f"lines {mode}"):
            for one in lines:
                one.mode = mode
            time.sleep(seconds)
            for one in lines:
                one.mode = "open"

    def refuse_mails(self, seconds: float) -> None:
        """The outside server says "later" to one domain, breaks off on another and answers a third never."""
        told = self.site.sink.at_content
        told.update({"alpha.example": "451 later", "beta.example": "drop", "gamma.example": "hang"})
        time.sleep(seconds)
        told.clear()

    # -- disk --------------------------------------------------------------------------------------

    def fill_disk(self, name: str, seconds: float) -> None:
        """Not a byte left on one of the small disks for so long, then room again."""
        disk = self.site.disks.get(name)
        if disk is None:
            self.skipped.append(f"disk full ({name}): only root can mount a small disk")
            return
        with fault(self.ledger, f"disk {name}"):
            ballast = disk / "ballast"
            _fill(ballast)
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                if name == "journal":
                    self._use_journal_up()
                time.sleep(1)
            ballast.unlink()
            began = time.monotonic()
            self.site.revive()
            if self.site.await_page(UP_PATIENCE) is not None:
                self.ledger.measured("page after disk", time.monotonic() - began)

    def _use_journal_up(self) -> None:
        """Segments made in advance would last for minutes."""
        try:
            self.site.ask(
                "create table if not exists faults_ballast as select repeat('x', 1000) from generate_series(1, 9000)"
            )
            self.site.ask("drop table if exists faults_ballast")
        except psycopg.Error:
            return

    # -- time --------------------------------------------------------------------------------------

    def jump_clock(self, who: str, jump: str, seconds: float) -> None:
        """One process lives for so long at another time, and then again at the right one."""
        if not FAKETIME.exists():
            self.skipped.append("clock jumps: libfaketime is not here (apt-get install faketime)")
            return
        kept = self.site.keeper.kept[who]
        with fault(self.ledger, f"clock of {who} {jump}"):
            kept.extra = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": jump, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            kept.kill()
            time.sleep(seconds)
            kept.extra = {}
            kept.kill()

    def stop_worker_for_hours(self, seconds: float) -> None:
        """No worker for so long, and every row that tells when something was last done set back by three hours."""
        kept = self.site.keeper.kept["worker"]
        with fault(self.ledger, "no worker for 3 h"):
            kept.wanted = False
            kept.kill()
            time.sleep(seconds)
            for statement in _THREE_HOURS_AGO:
                self.site.ask(statement)
            kept.wanted = True
            self.await_worker(time.monotonic() + 60)


_THREE_HOURS_AGO = (
    "update procrastinate_workers set last_heartbeat = last_heartbeat - interval '3 hours'",
    "update procrastinate_periodic_defers set defer_timestamp = defer_timestamp - 10800",
    "update mail_mailbox set polled_at = polled_at - interval '3 hours', succeeded_at = succeeded_at - interval '3 hours',"
    " retry_at = retry_at - interval '3 hours', asked_at = asked_at - interval '3 hours'",
    "update notifications_delivery set next_try_at = next_try_at - interval '3 hours' where state = 'waiting'",
)


def _fill(ballast: Path) -> None:
    """Write until the disk is full."""
    with ballast.open("wb", buffering=0) as out:
        for size in (1 << 20, 4096):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue
