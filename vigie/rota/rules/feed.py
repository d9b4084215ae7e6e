"""A plan as iCalendar text (RFC 5545): events of a person, in UTC. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST = 75  # octets of a line, its end apart


@dataclass(frozen=True, slots=True)
class Event:
    """``key`` is the same for the same thing at each reading, so that a program replaces it."""

    key: str
    start: int
    end: int
    summary: str
    place: str = ""


def digest_of(token: str) -> str:
    """What is kept of a secret address."""
    return hashlib.sha256(token.encode()).hexdigest()


def calendar(name: str, events: Iterable[Event], now: datetime) -> str:
    """The whole file, lines folded and ended as the standard wants."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Vigie//Rota//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
             f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"]  # fmt: skip
    stamp = _instant(int(now.timestamp()))
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{event.key}@vigie", f"DTSTAMP:{stamp}", f"DTSTART:{_instant(event.start)}",
                  f"DTEND:{_instant(event.end)}", f"SUMMARY:{_text(event.summary)}"]  # fmt: skip
        if event.place:
            lines.append(f"LOCATION:{_text(event.place)}")
        lines += ["TRANSP:OPAQUE", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(words: str) -> str:
    for sign in ("\\", ";", ","):
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")


def _folded(line: str) -> Iterable[str]:
    """Cut after at most 75 octets, never inside a character; what goes on begins with a space."""
    part, size = "", 0
    for sign in line:
        more = len(sign.encode())
        if size + more > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + more
    yield part
