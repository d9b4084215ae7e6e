"""Mail in and out through real servers on loopback: ``python -m bench.mail`` (`--mails` for the size).

In: committed (a fetch by hand, no worker), then turned into tickets (the worker), small and with a file of 100 KB, all at once
and then ten a second. Out: to a healthy server, then with one domain of three that never answers. Beside it an agent's queue
page. CPU counts more than the clock.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from bench.http import cpu_below, descendants
from faults.counts import quantile
from faults.ledger import Ledger
from faults.mails import SENTENCES
from faults.site import Site, open_site

SIZES = {"small": 0, "100 KB": 100_000}
PATIENCE = 600.0
A_SECOND = 4
IN_A_SECOND, FLOWS = 10, 40
QUEUE = "/tickets/?status=live&sort=newest"
AGAIN = "update notifications_delivery set state = 'waiting', attempts = 0, next_try_at = now(), claimed_until = null, sent_at = null"


def letter(number: int, size: int, site: Site) -> bytes:
    """A person's mail in French; ``size`` bytes of a file that does not compress."""
    mail = EmailMessage(policy=SMTP)
    addresses = site.prepared.addresses
    mail["From"] = f"Camille Dupont <{addresses[number % len(addresses)]}>"
    mail["Subject"], mail["Message-ID"] = f"Essai {size} {number}", f"<b{size}-{number}@client.example>"
    mail.set_content(f"Bonjour,\n\n{SENTENCES[number % len(SENTENCES)]}\n\nCordialement,\nCamille\n")
    if size:
        data = random.Random(number).randbytes(size)
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="journal.bin")
    return mail.as_bytes()


class Pages(threading.Thread):
    """Asks for the queue ``A_SECOND`` times a second; ``times`` in seconds."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site, self.times, self.ended = site, [], threading.Event()

    def run(self) -> None:
        headers = {"Cookie": self.site.prepared.agent, "Accept": "text/html"}
        while not self.ended.wait(1 / A_SECOND):
            web = http.client.HTTPConnection("127.0.0.1", self.site.web_port, timeout=60)
            began = time.perf_counter()
            web.request("GET", QUEUE, headers=headers)
            assert web.getresponse().read()
            self.times.append(time.perf_counter() - began)
            web.close()


@contextmanager
def watched_pages(site: Site, what: str) -> Iterator[None]:
    pages = Pages(site)
    pages.start()
    yield
    pages.ended.set()
    pages.join()
    shown = f"p50 {1000 * quantile(pages.times, 0.5):.0f} ms, p95 {1000 * quantile(pages.times, 0.95):.0f} ms"
    print(f"queue page {what:<28} {shown} ({len(pages.times)})", flush=True)


def until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > ends:
            raise SystemExit("not done in time")
        time.sleep(0.2)


def worker(site: Site, wanted: bool) -> None:
    """Start or stop it, and wait until it is so."""
    kept = site.keeper.kept["worker"]
    kept.wanted = wanted
    if not wanted and kept.process is not None:
        kept.process.terminate()
    until(lambda: (kept.process is not None) == wanted)


def committed(site: Site, mails: int, size: int) -> None:
    assert site.imap_server is not None, "Dovecot is needed: make machine"
    with site.imap_server.client("imap0") as client:
        for number in range(mails):
            client.append("INBOX", letter(number, size, site))
    (before,) = site.ask("select count(*) from mail_inboundmail")[0]
    began, database, children = time.monotonic(), cpu_below(site.postmaster), _children()
    until(lambda: site.vigie("mail", "fetch", "--mailbox", "imap0@nord.example", patience=120) == 0)
    took = time.monotonic() - began
    (after,) = site.ask("select count(*) from mail_inboundmail")[0]
    spent = cpu_below(site.postmaster) - database
    print(
        f"committed: {after - before} in {took:.1f} s, {(after - before) / took:.1f}/s (the command's start included),"
        f" CPU each: command {1000 * (_children() - children) / mails:.0f} ms, database {1000 * spent / mails:.0f} ms",
        flush=True,
    )


def _children() -> float:
    """CPU seconds of the commands that ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def ticketed(site: Site) -> None:
    """What waits becomes tickets: from the first job's start to the last one's end, by the database's clock."""
    (last_job,) = site.ask("select coalesce(max(id), 0) from procrastinate_jobs where status <> 'todo'")[0]
    (waiting,) = site.ask("select count(*) from mail_inboundmail where state = 'received'")[0]
    worker(site, True)
    process = site.keeper.kept["worker"].process
    assert process is not None
    peak, database = 0.0, cpu_below(site.postmaster)

    def done() -> bool:
        nonlocal peak
        peak = max([peak, *map(peak_memory, descendants(process.pid)[1:])])
        return site.ask("select count(*) from mail_inboundmail where state = 'received'")[0][0] == 0

    until(done)
    (took,) = site.ask(
        "select extract(epoch from max(e.at) - min(e.at))::float from procrastinate_events e join procrastinate_jobs j"
        " on j.id = e.job_id where j.task_name = 'mail.settle' and e.type in ('started', 'succeeded') and j.id > %s",
        [last_job],
    )[0]
    spent, reading = cpu_below(process.pid), cpu_below(site.postmaster) - database
    print(
        f"ticketed: {waiting} in {took:.1f} s, {waiting / took:.1f}/s, CPU each: worker {1000 * spent / waiting:.0f} ms,"
        f" database {1000 * reading / waiting:.0f} ms; largest reader {peak:.0f} MB", flush=True
    )  # fmt: skip


def flowing(site: Site, size: int) -> None:
    """Mails at the rate that is asked of an installation, fetched and settled by its worker as they come."""
    assert site.imap_server is not None
    (before,) = site.ask("select count(*) from mail_inboundmail where state <> 'received'")[0]
    worker(site, True)
    began = time.monotonic()
    with site.imap_server.client("imap0") as client:
        for number in range(IN_A_SECOND * FLOWS):
            client.append("INBOX", letter(1_000_000 + number, size, site))
            time.sleep(max(0.0, began + (number + 1) / IN_A_SECOND - time.monotonic()))
    (after,) = site.ask("select count(*) from mail_inboundmail where state <> 'received'")[0]
    print(f"flowing: {IN_A_SECOND} mails/s for {FLOWS} s, {after - before} settled meanwhile", flush=True)


def peak_memory(pid: int) -> float:
    """MB of a reading process at its highest; 0 for any other."""
    try:
        if b"reader_child" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return 0
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def sent(site: Site, what: str, *, without: str = "") -> float:
    """All mails once more, the caps on automatic ones forgotten; mails a second over the domains but ``without``."""
    worker(site, False)
    site.ask("delete from mail_automaticanswer")
    site.ask(AGAIN)
    worker(site, True)
    counted = "from notifications_delivery where lane <> %s"
    until(lambda: site.ask(f"select count(*) {counted} and state = 'waiting'", [without])[0][0] == 0)
    mails, took = site.ask(
        f"select count(*), extract(epoch from max(sent_at) - min(sent_at))::float {counted} and state = 'sent'",
        [without],
    )[0]
    process = site.keeper.kept["worker"].process
    spent = cpu_below(process.pid) if process else 0.0
    print(
        f"out, {what}: {mails} in {took:.1f} s, {mails / took:.1f}/s,"
        f" worker CPU {1000 * spent / mails:.0f} ms each (its start included)", flush=True
    )  # fmt: skip
    return float(mails / took)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mails", type=int, default=400, help="of each size")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--no-out", action="store_true", help="mail in alone")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    ledger = Ledger(folder / "ledger.sqlite")
    with open_site(ledger, boxes=1, small_disks=False, seed=1) as site:
        worker(site, False)
        if site.await_page(180) is None:
            raise SystemExit("Vigie does not answer")
        with watched_pages(site, "at rest"):
            time.sleep(20)
        for name in options.sizes:
            print(f"-- {options.mails} mails, {name}", flush=True)
            committed(site, options.mails, SIZES[name])
            with watched_pages(site, "while mails become tickets"):
                ticketed(site)
            with watched_pages(site, f"while {IN_A_SECOND} mails/s come in"):
                flowing(site, SIZES[name])
            worker(site, False)
        if options.no_out:
            return 0
        healthy = sent(site, "every domain healthy", without="gamma.example")
        site.sink.at_recipient["gamma.example"] = "hang"
        slowed = sent(site, "one of three hangs", without="gamma.example")
        print(f"one dead domain costs the others × {healthy / slowed:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
