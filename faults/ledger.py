"""The ledger: outside Vigie, what was sent is written before it is sent, and what the sender was told once it was told.

Two processes never share it; every line is committed before the act it stands for.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
create table sent (
    token text primary key, way text not null, kind text not null, sha256 text not null default '',
    place text not null default '', phase text not null, sent_at real not null, told_at real, tries integer not null default 0
);
create table kill (at real not null, who text not null, point text not null);
create table fault (began real not null, ended real, what text not null);
create table measure (what text not null, seconds real not null);
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A token: ``way`` imap, folder, pipe or form; ``kind`` good, hostile or poison; ``told_at`` None: never accepted."""

    token: str
    way: str
    kind: str
    sha256: str
    place: str
    phase: str
    sent_at: float
    told_at: float | None
    tries: int


class Ledger:
    """Safe from any thread. ``phase`` is written on what is sent from then on."""

    def __init__(self, path: Path) -> None:
        self._link = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._link.execute("pragma journal_mode = wal")
        self._link.executescript(_TABLES)
        self._lock = threading.Lock()
        self._last = 0
        self.phase = "start"

    def next_token(self) -> str:
        with self._lock:
            self._last += 1
            return f"ZQ{self._last:06d}"

    def sending(self, token: str, way: str, *, kind: str = "good", sha256: str = "", place: str = "") -> None:
        """Before the first byte leaves."""
        self._write(
            "insert into sent (token, way, kind, sha256, place, phase, sent_at) values (?, ?, ?, ?, ?, ?, ?)",
            (token, way, kind, sha256, place, self.phase, time.time()),
        )

    def placed(self, token: str, place: str, sha256: str = "") -> None:
        """Where the mail stands at its server (a number, a path), and the hash of what stands there when it differs."""
        self._write(
            "update sent set place = ?, sha256 = coalesce(nullif(?, ''), sha256) where token = ?",
            (place, sha256, token),
        )

    def tried(self, token: str) -> None:
        self._write("update sent set tries = tries + 1 where token = ?", (token,))

    def told(self, token: str) -> None:
        """The sender was told that it was accepted."""
        self._write("update sent set told_at = ? where token = ? and told_at is null", (time.time(), token))

    def killed(self, who: str, point: str = "") -> None:
        self._write("insert into kill values (?, ?, ?)", (time.time(), who, point))

    def measured(self, what: str, seconds: float) -> None:
        self._write("insert into measure values (?, ?)", (what, seconds))

    def begins(self, what: str) -> None:
        self._write("insert into fault (began, what) values (?, ?)", (time.time(), what))

    def ends(self, what: str) -> None:
        self._write("update fault set ended = ? where what = ? and ended is null", (time.time(), what))

    def all_sent(self) -> list[Sent]:
        return [Sent(*row) for row in self._read("select * from sent order by token")]

    def kills(self) -> list[tuple[float, str, str]]:
        return self._read("select at, who, point from kill order by at")

    def faults(self) -> list[tuple[float, float, str]]:
        return self._read("select began, coalesce(ended, began), what from fault order by began")

    def measures(self, what: str) -> list[float]:
        return [row[0] for row in self._read("select seconds from measure where what = ?", (what,))]

    def count(self, way: str = "%") -> int:
        return int(self._read("select count(*) from sent where way like ?", (way,))[0][0])

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock:
            self._link.execute(statement, values)

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple]:
        with self._lock:
            return self._link.execute(statement, values).fetchall()
