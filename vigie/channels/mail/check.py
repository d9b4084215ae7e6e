"""``vigie mail check DIR…``: read folders of mails as the service does and say what came of each; needs no database."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vigie.channels.mail.expectations import Statement, not_asked, statements
from vigie.channels.mail.reader import Reader
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.channels.mail.stated_otherwise import reason_for

EXPECTED = "expected.json"
_SHOWN = 70  # characters of a value in a line


@dataclass(slots=True)
class Count:
    """Of one set. ``lost``: neither read nor refused with a reason, or a file of the disk that cannot be opened."""

    name: str
    mails: int = 0
    read: int = 0
    quarantined: int = 0
    lost: int = 0
    hold: int = 0
    by_choice: Counter[str] = field(default_factory=Counter)
    differ: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_name: str = ""

    def add(self, other: Count) -> None:
        self.mails += other.mails
        self.read += other.read
        self.quarantined += other.quarantined
        self.lost += other.lost
        self.hold += other.hold
        self.by_choice += other.by_choice
        self.differ += other.differ
        self.not_asked += other.not_asked
        if other.slowest >= self.slowest:
            self.slowest, self.slowest_name = other.slowest, other.slowest_name


def main(paths: list[str]) -> int:
    """Print one line a mail and the counts; 1 where a mail is lost or there is none. Differences are told, not judged."""
    reader, whole = Reader(), Count("all")
    sets = [folder for path in paths for folder in _sets(Path(path))]
    try:
        for folder in sets:
            count = _check_set(folder, reader)
            whole.add(count)
            print("\n".join(_summary(count)))
    finally:
        reader.close()
    if len(sets) != 1:
        print("\n".join(_summary(whole)) if sets else "There is no mail in these folders.")
    return 1 if whole.lost or not whole.mails else 0


def _sets(path: Path) -> Iterator[Path]:
    """A folder of mails, or the folders in it."""
    inside = sorted(one for one in path.iterdir() if one.is_dir()) if path.is_dir() else []
    if path.is_dir() and (
        not inside or any(one.is_file() and one.suffix == ".eml" for one in path.iterdir())
    ):
        yield path
    else:
        yield from inside


def _check_set(folder: Path, reader: Reader) -> Count:
    count = Count(folder.name)
    for path, expected in _mails(folder):
        count.mails += 1
        print(_check_mail(path, expected, reader, count))
    return count


def _mails(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """(file, what is stated about it)."""
    listed = folder / EXPECTED
    if listed.exists():
        for entry in json.loads(listed.read_text(encoding="utf-8")):
            yield folder.parent / entry["file"], entry.get("expected") or {}
    else:
        for path in sorted(one for one in folder.iterdir() if one.is_file()):
            yield path, {}


def _check_mail(path: Path, expected: dict[str, Any], reader: Reader, count: Count) -> str:
    """The line of a mail, its outcome counted."""
    name = f"{path.parent.name}/{path.name}"
    try:
        raw = as_mail(path)
    except OSError as fault:
        count.lost += 1
        return f"lost         {name}: {fault.strerror}"
    before = time.monotonic()
    result = reader.read(raw)
    seconds = time.monotonic() - before
    if seconds >= count.slowest:
        count.slowest, count.slowest_name = seconds, name
    if isinstance(result, Unreadable):
        if result.code == "crashed":
            count.lost += 1
            return f"lost         {name}: {result.detail}"
        count.quarantined += 1
        return f"quarantined  {name}: {result.code} ({result.detail})  {seconds * 1000:.0f} ms"
    count.read += 1
    wrong = _compare(path, result, expected, count)
    verdict = f"differs      {name}: {'; '.join(wrong)}" if wrong else f"ok           {name}"
    return f"{verdict}  {seconds * 1000:.0f} ms"


def _compare(path: Path, mail: ParsedMail, expected: dict[str, Any], count: Count) -> list[str]:
    """What differs, in words."""
    folder, wrong = path.parent.name, []
    count.not_asked.update(not_asked(folder, expected))
    for one in statements(folder, mail, expected):
        if one.holds:
            count.hold += 1
        elif reason := reason_for(f"{folder}/{path.name}", one.what):
            count.by_choice[reason] += 1
            wrong.append(f"{one.what} (choice: {reason})")
        else:
            count.differ["file" if one.what.startswith("file ") else one.what] += 1
            wrong.append(_difference(one))
    return wrong


def _difference(one: Statement) -> str:
    told, got = (" ".join(text.split()) for text in (one.told, one.got))
    return f"{one.what}: {_short(told)!r} is stated, {_short(got)!r} is read"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _summary(count: Count) -> Iterator[str]:
    choices, others = count.by_choice.total(), count.differ.total()
    yield (
        f"{count.name}: {count.mails} mails, {count.read} read, {count.quarantined} quarantined, {count.lost} lost; "
        f"slowest {count.slowest * 1000:.0f} ms ({count.slowest_name})"
    )
    if stated := count.hold + choices + others:
        yield f"  {stated} statements: {count.hold} hold, {choices} differ by choice, {others} differ"
    for reason, times in count.by_choice.most_common():
        yield f"  choice {times:4d}  {reason}"
    for what, times in count.differ.most_common():
        yield f"  differs {times:3d}  {what}"
    if count.not_asked:
        told = ", ".join(f"{name} {times}" for name, times in count.not_asked.most_common())
        yield f"  not asked, because reading a mail does not decide it: {told}"


def as_mail(path: Path) -> bytes:
    """The bytes of a mail; where a set holds only bodies or packets, a mail around one."""
    data = path.read_bytes()
    if path.suffix == ".tnef":
        head = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return head + base64.encodebytes(data)
    if path.suffix in (".txt", ".html"):
        kind = b"html" if path.suffix == ".html" else b"plain"
        return b"Content-Type: text/" + kind + b"; charset=utf-8\r\n\r\n" + data
    return data
