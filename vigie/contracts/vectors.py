"""Check the clock against files of vectors: ``vigie clock check FILE…``.

A file holds ``{"vectors": [...]}``. A vector has ``id``, ``op``, ``calendar``, the inputs of its operation,
the answer ``expected``, and ``plain_reading``: false where that is a habit of the product it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from vigie.contracts.rules.calendar import Calendar, read_hours
from vigie.contracts.rules.clock_facts import ClockFact, FactKind
from vigie.contracts.rules.instants import epoch, moment
from vigie.contracts.rules.openings import Openings, openings
from vigie.contracts.rules.promise import ClockKind, Target, Terms
from vigie.contracts.rules.reading import Reading
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.refusal import Refusal
from vigie.kernel.spans import Span, subtraction, tidy, total

Vector = Mapping[str, Any]

CHOICES = {
    "biz-s006": "days are counted, the landing instant is not moved into open hours",
    "biz-s019": "time that runs out at closing is due at closing",
    "zammad-s008": "time that runs out at closing is due at closing",
    "zammad-s016": "23:59 is 23:59; the end of a day is written 24:00",
    "glpi-s027": "a count of days is not moved by pauses; a J+n promise is a budget of service time",
    "moment_business_time-s006": "the closing instant is closed",
    "working_hours-s004": "the first working day after a holiday is one day after it",
    "working_hours-s057": "a day of clock change lasts its real 25 hours",
}


def main(paths: list[str]) -> int:
    """Print one line a vector and a closing count; 0 if every plain reading agrees, else 1."""
    if not paths:
        print("Give at least one file of vectors.")
        return 1
    counts = {"vectors": 0, "ok": 0, "choices": 0, "wrong": 0, "files": 0}
    for path in paths:
        try:
            vectors = read(path)
        except ValueError as fault:
            print(fault)
            counts["files"] += 1
            continue
        for vector in vectors:
            outcome, line = judge(vector)
            counts["vectors"] += 1
            counts[outcome] += 1
            print(line)
    print(
        f"{counts['vectors']} vectors: {counts['ok']} ok, {counts['choices']} differ by choice, "
        f"{counts['wrong']} wrong" + (f"; {counts['files']} files not read" if counts["files"] else "")
    )
    return 1 if counts["wrong"] or counts["files"] else 0


def read(path: str) -> list[Vector]:
    """The vectors of a file; ``ValueError`` with one clear sentence where it holds none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as fault:
        raise ValueError(f"{path}: cannot be read ({fault.strerror}).") from fault
    except ValueError as fault:
        raise ValueError(f"{path}: is not JSON ({fault}).") from fault
    vectors = data.get("vectors") if isinstance(data, dict) else None
    if isinstance(vectors, list) and all(isinstance(v, dict) and {"id", "op"} <= v.keys() for v in vectors):
        return vectors
    raise ValueError(f'{path}: holds no list "vectors" of objects with "id" and "op".')


def judge(vector: Vector) -> tuple[str, str]:
    """(``ok``, ``choices`` or ``wrong``; the line to print)."""
    name, expected = vector["id"], vector.get("expected")
    try:
        got, agrees = answer(vector)
    except Refusal as refusal:
        got, agrees = f"refused, {refusal}", False
    except (KeyError, TypeError, ValueError) as fault:
        return "wrong", f"differs  {name}: cannot be asked ({fault!r})"
    if agrees:
        return "ok", f"ok       {name}"
    line = f"differs  {name}: got {got}, expected {expected}"
    if vector.get("plain_reading", True):
        return "wrong", line
    choice = CHOICES.get(name) or vector.get("note") or "a habit of the product it comes from"
    return "choices", f"{line}  (choice: {choice})"


def answer(vector: Vector) -> tuple[object, bool]:
    """Our answer as written in a file, and whether it is the expected one (instants compare as instants)."""
    ask = _OPERATIONS.get(vector["op"])
    if ask is None:
        raise ValueError(f"unknown op {vector['op']}")
    calendar = calendar_of(vector["calendar"])
    got = ask(vector, openings(calendar))
    return _written(got, calendar.zone), _same(got, vector["expected"])


def calendar_of(data: Vector) -> Calendar:
    """The calendar of a vector: ours, plus ``breaks`` cut out of the hours of their dates."""
    calendar = Calendar.from_json({key: value for key, value in data.items() if key != "breaks"})
    special = dict(calendar.special)
    for text, breaks in (data.get("breaks") or {}).items():
        day = date.fromisoformat(text)
        special[day] = subtraction(calendar.hours_on(day), read_hours(breaks, text))
    return replace(calendar, special=tuple(sorted(special.items())))


# -- one function an operation: inputs as written, answer as int (instant or seconds), bool, date or spans --


class _Instant(int):
    """An instant among the answers, to be told from a number of seconds."""


def _at(text: str) -> int:
    return epoch(datetime.fromisoformat(text))


def _add(vector: Vector, hours: Openings) -> _Instant:
    start, seconds = _at(vector["start"]), vector["seconds"]
    return _Instant(hours.back(start, -seconds) if seconds < 0 else hours.due(start, seconds))


def _elapsed(vector: Vector, hours: Openings) -> int:
    start, end = _at(vector["start"]), _at(vector["end"])
    if end < start:  # ours is 0; some products sign it
        return -hours.elapsed(end, start) if vector["expected"] < 0 else hours.elapsed(start, end)
    return _clock(vector, hours, 1, end).used_seconds


def _sla(vector: Vector, hours: Openings) -> _Instant:
    pauses = _pauses(vector)
    end = max([_at(vector["start"]), *(pause[1] for pause in pauses)])
    paused = total(tuple(span for pause in pauses for span in hours.spans(*pause)))
    if paused != vector.get("expected_paused_seconds", paused):
        raise ValueError(f"{paused} paused seconds")
    due = _clock(vector, hours, vector["seconds"], end).due_at
    assert due is not None
    return _Instant(due)


def _clock(vector: Vector, hours: Openings, seconds: int, now: int) -> Reading:
    """The whole clock, with the pauses of the vector as facts."""
    terms = Terms(
        ClockKind.RESOLUTION, Target(seconds), hours.calendar, pause_reasons=frozenset({"client_info"})
    )
    facts = [ClockFact(FactKind.START, _at(vector["start"]))]
    for start, end in _pauses(vector):
        facts.append(ClockFact(FactKind.PAUSE, start, reason="client_info"))
        facts.append(ClockFact(FactKind.RESUME, end, order=1))
    return read_clock(terms, facts, now)


def _pauses(vector: Vector) -> tuple[Span, ...]:
    return tidy((_at(start), _at(end)) for start, end in vector.get("pauses") or [])


def _add_days(vector: Vector, hours: Openings) -> date | _Instant:
    start, days = vector["start"], vector["days"]
    if "T" not in start:
        return hours.add_workdays(date.fromisoformat(start), days)
    local = datetime.fromisoformat(start).astimezone(hours.zone)
    landed = hours.add_workdays(local.date(), days)
    if vector.get("end_of_working_day"):
        midnight = datetime.combine(landed + timedelta(1), time(), hours.zone)
        return _Instant(hours.prev_open(epoch(midnight)))
    return _Instant(epoch(local.replace(year=landed.year, month=landed.month, day=landed.day)))


def _closing(vector: Vector, hours: Openings) -> _Instant | None:
    closing = hours.closing(_at(vector["at"]))
    return None if closing is None else _Instant(closing)


def _day(vector: Vector, hours: Openings) -> date:
    if "date" in vector:
        return date.fromisoformat(vector["date"])
    return moment(_at(vector["at"]), hours.calendar.zone).date()


def _intervals(vector: Vector, hours: Openings) -> list[Span]:
    return list(islice(hours.intervals(_at(vector["start"])), vector["count"]))


_OPERATIONS: dict[str, Callable[[Vector, Openings], object]] = {
    "add": _add,
    "elapsed": _elapsed,
    "sla": _sla,
    "add_days": _add_days,
    "next_open": lambda vector, hours: _Instant(hours.next_open(_at(vector["at"]))),
    "prev_open": lambda vector, hours: _Instant(hours.prev_open(_at(vector["at"]))),
    "closing": _closing,
    "is_open": lambda vector, hours: hours.is_open(_at(vector["at"])),
    "is_workday": lambda vector, hours: hours.is_workday(_day(vector, hours)),
    "is_holiday": lambda vector, hours: hours.calendar.is_holiday(_day(vector, hours)),
    "intervals": _intervals,
}


def _same(got: object, expected: Any) -> bool:
    if isinstance(got, _Instant):
        return isinstance(expected, str) and "T" in expected and _at(expected) == got
    if isinstance(got, date):
        return bool(got.isoformat() == expected)
    if isinstance(got, list):
        return bool(got == [(_at(start), _at(end)) for start, end in expected])
    return type(got) is type(expected) and bool(got == expected)


def _written(got: object, zone: str) -> object:
    if isinstance(got, _Instant):
        return moment(got, zone).isoformat()
    if isinstance(got, list):
        return [[moment(start, zone).isoformat(), moment(end, zone).isoformat()] for start, end in got]
    return got.isoformat() if isinstance(got, date) else got
