"""The reckoning: what the ledger says beside what Vigie holds, line by line, each with what it must be."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.ledger import Ledger, Sent
from faults.site import Site

TOKEN = "ZQ[0-9]{6}"
PICKED_UP_WITHIN, GOOD_AFTER_DATABASE, GOOD_MAIL_WITHIN = 90.0, 15.0, 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """``bound`` None: told, not judged."""

    what: str
    value: str
    bound: str | None = None
    good: bool = True


def _at_most(what: str, values: list[float], bound: float, unit: str = "s") -> Line:
    """The largest of the values against a bound; none at all is not a proof."""
    if not values:
        return Line(what, "not measured", f"≤ {bound:g} {unit}")
    shown = f"p50 {quantile(values, 0.5):.1f}, p95 {quantile(values, 0.95):.1f}, max {max(values):.1f} {unit} ({len(values)})"
    return Line(what, shown, f"≤ {bound:g} {unit}", max(values) <= bound)


def quantile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _none(what: str, found: Iterable[object]) -> Line:
    """Must be nothing; the first few are named."""
    those = sorted(str(one)[:120] for one in found)
    return Line(what, f"{len(those)}" + (f"  {', '.join(those[:6])}" if those else ""), "0", not those)


class Reckoning:
    """Reads ledger and database once, when nothing moves any more."""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        self.site, self.ledger = site, ledger
        self.sent = ledger.all_sent()
        self.tickets = Counter(
            row[0]
            for row in site.ask(f"select substring(title from '{TOKEN}') from tickets_ticket")
            if row[0]
        )
        self.inbound: dict[str, list[tuple[str, str, str, bool]]] = defaultdict(list)
        for sha256, *rest in site.ask(
            "select sha256, state, outcome, detail, encode(sha256(raw), 'hex') = sha256 and length(raw) = size"
            " from mail_inboundmail"
        ):
            self.inbound[sha256].append(tuple(rest))

    def lines(self) -> list[Line]:
        return [
            *self._ways(),
            *self._in(),
            *self._out(),
            *self._jobs(),
            *self._times(),
        ]

    # -- in ----------------------------------------------------------------------------------------

    def _stored(self, one: Sent) -> bool:
        return one.token in self.tickets if one.way == "form" else bool(self.inbound.get(one.sha256))

    def _ways(self) -> list[Line]:
        lines = []
        for way in ("imap", "folder", "pipe", "form"):
            mine = [one for one in self.sent if one.way == way]
            told = sum(one.told_at is not None for one in mine)
            stored = sum(map(self._stored, mine))
            lines.append(Line(f"{way}: sent / accepted / stored", f"{len(mine)} / {told} / {stored}"))
        return lines

    def _in(self) -> list[Line]:
        tokens = {one.token for one in self.sent}
        hashes = {one.sha256 for one in self.sent}
        mails = [one for one in self.sent if one.way != "form"]
        good = [one for one in mails if one.kind == "good" and one.told_at]
        bad = [one for one in mails if one.kind != "good"]
        poisons = [one for one in bad if one.kind == "poison"]
        return [
            _none("lost: told accepted, not stored", (o.token for o in self.sent if o.told_at and not self._stored(o))),
            _none("never accepted", (o.token for o in self.sent if not o.told_at)),
            _none("doubled tickets", (token for token, n in self.tickets.items() if n > 1)),
            _none("doubled mails", (sha256 for sha256, rows in self.inbound.items() if len(rows) > 1)),
            _none("ghosts", (set(self.tickets) - tokens) | (set(self.inbound) - hashes)),
            _none("good mails without a ticket", map(self._story, self._not_ticketed(good))),
            Line("hostile mails / poisons", f"{len(bad) - len(poisons)} / {len(poisons)}"),
            _none("poisons not in quarantine", (o.token for o in poisons if self._state(o) != "quarantined")),
            _none("mails still being read", (o.token for o in mails if self._state(o) == "received")),
            _none("stored bytes that differ", (sha for sha, rows in self.inbound.items() if not rows[0][3])),
            _none("files missing or spoiled", self._spoiled_files()),
        ]  # fmt: skip

    def _state(self, one: Sent) -> str:
        rows = self.inbound.get(one.sha256)
        return rows[0][0] if rows else "absent"

    def _not_ticketed(self, good: list[Sent]) -> list[Sent]:
        return [one for one in good if one.token not in self.tickets]

    def _story(self, one: Sent) -> str:
        rows = self.inbound.get(one.sha256)
        return f"{one.token} {rows[0][:3] if rows else 'absent'}"

    def _spoiled_files(self) -> list[str]:
        """Attachments whose file is not there with the bytes of its name."""
        root = Path(self.site.variables["VIGIE_DATA"]) / "files"
        found = []
        for sha256, size in self.site.ask("select distinct sha256, size from tickets_attachment"):
            path = root / sha256[:2] / sha256[2:4] / sha256
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                found.append(f"{sha256[:12]} ({size} bytes)")
        return found

    # -- out ---------------------------------------------------------------------------------------

    def _out(self) -> list[Line]:
        rows = self.site.ask("select state, header_id from notifications_delivery where channel = 'mail'")
        states = Counter(state for state, _ in rows)
        sent = {header.strip("<>") for state, header in rows if state == "sent"}
        arrived = Counter(filter(None, (_message_id(one.data) for one in self.site.sink.taken)))
        doubles = sum(arrived.values()) - len(arrived)
        kills = (
            len(self.ledger.kills()) + len(self.ledger.faults()) + len(self.ledger.measures("connection cut"))
        )
        known = {header.strip("<>") for _, header in rows}
        return [
            Line(
                "mails out: rows by state", ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
            ),
            Line("mails out: arrived, different / in all", f"{len(arrived)} / {sum(arrived.values())}"),
            _none("mails out: sent, never arrived", sent - set(arrived)),
            _none("mails out: arrived, of no delivery", set(arrived) - known),
            Line("mails out: doubled, same Message-ID", str(doubles), f"≤ {kills} breaks", doubles <= kills),
            Line("mails out: still waiting", str(states["waiting"]), "0", not states["waiting"]),
        ]

    # -- jobs and times ----------------------------------------------------------------------------

    def _jobs(self) -> list[Line]:
        left = self.site.ask(
            "select task_name || ' ' || status from procrastinate_jobs where task_name not like 'faults.%'"
            " and (status in ('failed', 'aborted') or (status = 'doing' and not exists (select from"
            " procrastinate_workers w where w.id = worker_id and w.last_heartbeat > now() - interval '30 seconds')))"
        )
        bad = self.site.ask(
            "select task_name, status::text, attempts from procrastinate_jobs where task_name like 'faults.%'"
        )
        lines = [_none("jobs failed, or in dead hands", (row[0] for row in left))]
        for name, status, attempts in bad:
            lines.append(Line(f"{name}: ends as failed", f"{status} after {attempts} deaths", "failed, ≤ 5",
                              status == "failed" and attempts <= 5))  # fmt: skip
        return lines

    def _times(self) -> list[Line]:
        lines = [
            _at_most("killed job picked up after", self._pickups(), PICKED_UP_WITHIN),
            _at_most("good mail becomes a ticket, poison one in ten", self._delays(lambda o: o.phase == "poison"), GOOD_MAIL_WITHIN),
        ]  # fmt: skip
        if restarts := self.ledger.measures("page after database"):
            lines.append(_at_most("good page after database", restarts, GOOD_AFTER_DATABASE))
        if freed := self.ledger.measures("page after disk"):
            lines.append(_at_most("good page after room on disk", freed, 60.0))
        every = self._delays(lambda o: True)
        if every:
            lines.append(
                Line(
                    "every good mail, faults included",
                    f"p50 {quantile(every, 0.5):.1f}, p95 {quantile(every, 0.95):.1f}, max {max(every):.1f} s",
                )
            )
        again, full, failed = (len(self.ledger.measures(f"answered {status}")) for status in (503, 422, 500))
        lines.append(Line("forms answered 503 (try again) / 422 (no room for a file)", f"{again} / {full}"))
        lines.append(Line("forms answered 500 (an error of ours)", str(failed), "0", not failed))
        return lines

    def _delays(self, wanted: Callable[[Sent], bool]) -> list[float]:
        """Seconds from the mail at its server to the end of the job that settled it, by the clock of the database."""
        ended = dict(
            self.site.ask(
                "select m.sha256, extract(epoch from min(e.at))::float from mail_inboundmail m"
                " join procrastinate_jobs j on j.task_name = 'mail.settle' and (j.args->>'inbound_id')::bigint = m.id"
                " join procrastinate_events e on e.job_id = j.id and e.type = 'succeeded' group by 1"
            )
        )
        return [
            ended[one.sha256] - one.sent_at
            for one in self.sent
            if one.kind == "good" and one.sha256 in ended and wanted(one)
        ]

    def _pickups(self) -> list[float]:
        """For each job that was handed back: from the last death of the worker before it was begun again, to that beginning."""
        deaths = [at for at, who, _ in self.ledger.kills() if who == "worker"]
        events: dict[int, list[tuple[str, float]]] = defaultdict(list)
        for job, kind, at in self.site.ask(
            "select job_id, type::text, extract(epoch from at)::float from procrastinate_events order by id"
        ):
            events[job].append((kind, at))
        return [again for story in events.values() for again in _begun_again(story, deaths)]


def _begun_again(story: list[tuple[str, float]], deaths: list[float]) -> Iterator[float]:
    """Of one job's events in their order: the waits between a death of its worker and its next beginning."""
    begun, handed_back = 0.0, False
    for kind, at in story:
        if kind == "started":
            between = [death for death in deaths if begun - 1 < death < at]
            if handed_back and between:
                yield at - max(between)
            begun, handed_back = at, False
        handed_back = handed_back or kind == "deferred_for_retry"


def _message_id(data: bytes) -> str:
    found = re.search(rb"(?im)^message-id:\s*<([^>]+)>", data[:8000])
    return found[1].decode(errors="replace") if found else ""


def table(lines: list[Line]) -> str:
    rows = []
    for one in lines:
        mark = "    " if one.bound is None else "ok  " if one.good else "FAIL"
        rows.append(f"{mark} {one.what:<46} {one.value}" + (f"   [{one.bound}]" if one.bound else ""))
    return "\n".join(rows)
