"""The order of a run: load all the time, one kind of fault after the other, then silence until nothing moves."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from faults import senders
from faults.breaks import Breaker, fault
from faults.counts import GOOD_MAIL_WITHIN, Line, Reckoning
from faults.ledger import Ledger
from faults.mails import Post
from faults.points import declared
from faults.site import Site, open_site

HURRY = (
    "update notifications_delivery set next_try_at = now() where state = 'waiting' and next_try_at > now()"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of each part, and how much of everything. ``wanted`` kills, mails and posts must be reached."""

    poison: float
    kills: float
    rounds: int
    restarts: int
    cuts: float
    lines: float
    disk: float
    clock: float
    away: float
    drain: float
    rates: dict[str, float]
    boxes: int
    wanted: dict[str, int]


LONG = Plan(
    poison=90, kills=300, rounds=12, restarts=10, cuts=30, lines=15, disk=10, clock=12, away=15, drain=200,
    rates={"form": 4, "imap": 1.7, "folder": 1.5, "pipe": 0.1}, boxes=4,
    wanted={"kills": 100, "mails": 2000, "posts": 2000, "times": 2},
)  # fmt: skip
SHORT = Plan(
    poison=5, kills=14, rounds=1, restarts=1, cuts=0, lines=0, disk=0, clock=0, away=0, drain=240,
    rates={"form": 3, "imap": 2, "folder": 1, "pipe": 0.05}, boxes=2,
    wanted={"kills": 3, "mails": 20, "posts": 20, "times": 0},
)  # fmt: skip


class Run:
    """One run with a seed. ``say`` is told what is going on."""

    def __init__(self, site: Site, ledger: Ledger, plan: Plan, seed: int, say) -> None:
        self.site, self.ledger, self.plan, self.seed, self.say = site, ledger, plan, seed, say
        self.chance = random.Random(seed)
        self.breaker = Breaker(site, ledger, random.Random(seed + 1))
        self.struck: Counter[str] = Counter()
        self.troubles: list[str] = []

    def go(self) -> list[Line]:
        self._await_start()
        addresses = self.site.prepared.addresses
        posts = iter(range(10))
        loaders = senders.load(
            self.site,
            self.ledger,
            lambda: Post(addresses, random.Random(self.seed + 10 + next(posts))),
            self.plan.rates,
        )
        for part in (
            self._poison,
            self._kills,
            self._database,
            self._lines,
            self._disk,
            self._clock,
            self._away,
        ):
            self.ledger.phase = part.__name__.strip("_")
            began = time.monotonic()
            part()
            self.say(
                f"{self.ledger.phase}: {time.monotonic() - began:.0f} s, {self.ledger.count()} sent, {len(self.ledger.kills())} kills"
            )
        self.troubles += senders.end(loaders, self.plan.drain)
        self._drain()
        return [*self._own_lines(), *Reckoning(self.site, self.ledger).lines()]

    def _await_start(self) -> None:
        if self.site.await_page(180) is None:
            raise SystemExit(f"Vigie does not answer: read {self.site.folder}/web.log")
        self.breaker.await_worker(time.monotonic() + 180)

    # -- parts -------------------------------------------------------------------------------------

    def _poison(self) -> None:
        """Nothing breaks but what mails hold; what follows waits for the last of them, so that it delays none."""
        time.sleep(self.plan.poison)
        self.ledger.phase = "after poison"
        ends = time.monotonic() + GOOD_MAIL_WITHIN
        poison = {one.sha256 for one in self.ledger.all_sent() if one.way != "form" and one.phase == "poison"}
        while time.monotonic() < ends and self._unsettled(poison):
            time.sleep(1)

    def _unsettled(self, hashes: set[str]) -> int:
        settled = self.site.ask("select sha256 from mail_inboundmail where state <> 'received'")
        return len(hashes - {row[0] for row in settled})

    def _kills(self) -> None:
        until = time.monotonic() + self.plan.kills
        if self.plan.cuts:
            self.breaker.queue_bad_jobs()
        by_hand = senders.HandFetcher("by hand", self.site, self.ledger, 0.2)
        by_hand.start()
        pauses = self.plan.kills / 60
        others = [
            self.breaker.keep_killing(self.breaker.kill_web, pauses * 1.5, until),
            self.breaker.keep_killing(self.breaker.kill_reader, pauses * 2, until),
        ]
        self.breaker.kill_worker()
        self.struck.update(self.breaker.strike_points(declared(), self.plan.rounds, until))
        by_hand.ended.set()
        for one in (*others, by_hand):
            one.join(60)
        self.troubles += by_hand.failed

    def _database(self) -> None:
        for number in range(self.plan.restarts):
            for way in ("fast", "immediate"):
                self.breaker.restart_database(way)
                time.sleep(self.chance.uniform(0.5, 2) if number else 0)
        if self.plan.cuts:
            with fault(self.ledger, "connections cut"):
                cut = self.breaker.cut_connections(5, time.monotonic() + self.plan.cuts)
            for _ in range(cut):
                self.ledger.measured("connection cut", 0)

    def _lines(self) -> None:
        if self.plan.lines:
            for mode in ("slow", "dead", "cut", "shut"):
                self.breaker.break_lines(mode, self.plan.lines / (2 if mode == "shut" else 1))
            self.breaker.refuse_mails(self.plan.lines)

    def _disk(self) -> None:
        if self.plan.disk:
            self.breaker.fill_disk("files", self.plan.disk)
            self.breaker.fill_disk("journal", self.plan.disk)

    def _clock(self) -> None:
        if self.plan.clock:
            for who, jump in (("worker", "+1d"), ("worker", "-10m"), ("web", "+1h"), ("web", "-1h")):
                self.breaker.jump_clock(who, jump, self.plan.clock)

    def _away(self) -> None:
        if self.plan.away:
            self.breaker.stop_worker_for_hours(self.plan.away)

    # -- the end -----------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Until everything is read, settled and gone. The waits of the back-off for mail out (1 to 60 minutes) are skipped."""
        began = time.monotonic()
        while time.monotonic() < began + self.plan.drain:
            senders.read_back(self.site, self.ledger)
            self.site.ask(HURRY)
            ((mails,),) = self.site.ask("select count(*) from mail_inboundmail where state = 'received'")
            ((waiting,),) = self.site.ask(
                "select count(*) from notifications_delivery where state = 'waiting' and channel = 'mail'"
            )
            untold = sum(one.told_at is None for one in self.ledger.all_sent())
            ((bad,),) = self.site.ask(
                "select count(*) from procrastinate_jobs where task_name like 'faults.%' and status <> 'failed'"
            )
            if not (mails or waiting or untold or bad):
                break
            time.sleep(1)
        self.say(f"drained in {time.monotonic() - began:.0f} s")

    def _own_lines(self) -> list[Line]:
        """What the run itself had to reach to prove anything."""
        wanted, kills = self.plan.wanted, self.ledger.kills()
        mails, posts = self.ledger.count() - self.ledger.count("form"), self.ledger.count("form")
        by_point = ", ".join(f"{name} {n}" for name, n in sorted(self.struck.items()))
        rare = [name for name in declared() if self.struck[name] < wanted["times"]]
        return [
            Line("mails sent", str(mails), f"≥ {wanted['mails']}", mails >= wanted["mails"]),
            Line("forms posted", str(posts), f"≥ {wanted['posts']}", posts >= wanted["posts"]),
            Line(
                "kills",
                f"{len(kills)} ({_by_who(kills)})",
                f"≥ {wanted['kills']}",
                len(kills) >= wanted["kills"],
            ),
            Line("kills at crash points", by_point),
            Line(
                f"points killed at less than {wanted['times']} times",
                ", ".join(rare) or "none",
                "none",
                not rare,
            ),
            *(Line("skipped", what) for what in self.breaker.skipped),
            *(Line("trouble of a sender", what) for what in sorted(set(self.troubles))[:8]),
        ]


def _by_who(kills: list[tuple[float, str, str]]) -> str:
    return ", ".join(f"{who} {n}" for who, n in Counter(who for _, who, _ in kills).most_common())


def run(plan: Plan, seed: int, say) -> list[Line]:
    """Build everything, break it, count. The ledger lies in a folder that Vigie does not know."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-ledger-"))
    try:
        ledger = Ledger(folder / "ledger.sqlite")
        with open_site(ledger, boxes=plan.boxes, small_disks=plan.disk > 0, seed=seed) as site:
            say(f"up in {site.folder}")
            return Run(site, ledger, plan, seed, say).go()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
